//! What a step changed, for everybody outside: projections, streams, logs. Never read back.

mod venue;

use crate::journal::codec::variants;
pub use venue::{Ambiguity, Standing, VenueEvent};

use crate::engine::Unsaved;
use crate::exchange::Broken;
use crate::input::{AlgorithmConfig, LimitScope, Probation, RuleConfig, TradingState, WhenOver};
use model::{
    AccountId, AlgorithmId, BadSignal, Balance, Bar, BookRefusal, CashFlow, CurrencyId, DenyCode,
    Fault, Fill, InstrumentId, LifeEvent, LifecycleRefusal, LogLevel, MarginStatus, ModelKind,
    Order, OrderId, OrderUpdate, Outbound, PluginHash, PositionUpdate, Rate, RuleId, SavedState,
    StrategyId, Timestamp, VenueId,
};

/// One change.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "most effects are orders, and a box would cost each of them an allocation"
)]
pub enum Effect {
    /// An order changed; the order as it is after the change.
    Order(OrderUpdate, Order),
    /// An execution.
    Fill(Fill),
    /// A position changed.
    Position(PositionUpdate),
    /// A balance changed.
    Balance(AccountId, CurrencyId, Balance),
    /// Money came to an account or left it without a trade.
    CashFlow(CashFlow),
    /// An account's margin is covered again, called, being liquidated, or it owes.
    Margin(AccountId, MarginStatus),
    /// Something happened to an instrument.
    Lifecycle(LifeEvent),
    /// A bar somebody subscribed to is finished.
    Bar(Bar),
    /// A strategy changed its state.
    Strategy(StrategyId, StrategyState),
    /// A strategy broke.
    Fault(StrategyId, Fault),
    /// A strategy said something.
    Log(StrategyId, LogLevel, String),
    /// A swap moved on.
    Swap(StrategyId, SwapStage),
    /// A shadow began or ended.
    Shadow(StrategyId, ShadowStage),
    /// A strategy's state was saved, as it stopped or was told to save.
    Saved(StrategyId, SavedState),
    /// The firm's trading was let go or held back.
    TradingState(TradingState),
    /// The firm's kill latch was set or cleared.
    KillLatch(bool),
    /// The trading of another scope was let go or held back.
    ScopeState(LimitScope, TradingState),
    /// The kill latch of another scope was set or cleared.
    ScopeKill(LimitScope, bool),
    /// A model of a venue broke; its instrument is killed.
    ModelFault(ModelFault),
    /// Somebody should look. Raised once when things get worse, and once when they get better.
    Alert(Alert),
    /// A message for a venue outside. Whoever steps the engine sends it, and only once the journal
    /// that holds it is committed. A replay makes it again: it must not be sent again then, since
    /// nobody knows whether it went out the first time. Reconnecting asks the venue instead.
    Outbound(Outbound),
    /// How things stand with a venue outside.
    Venue(VenueEvent),
    /// An algorithm broke, or refused its parameters; the order is its parent.
    AlgorithmFault(OrderId, Fault),
    /// An algorithm said something; the order is its parent.
    AlgorithmLog(OrderId, LogLevel, String),
    /// An execution algorithm is defined.
    Algorithm(AlgorithmId, AlgorithmConfig),
    /// A custom rule was set, or with `None` removed.
    Rule(RuleId, Option<RuleConfig>),
    /// A custom rule denied an order or a change of it, for this reason.
    RuleDenied(RuleId, OrderId, String),
    /// An input had no effect, and why.
    Ignored(Ignored),
}

/// A model of a simulated venue that broke, or answered what it was not offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFault {
    /// At which venue.
    pub venue: VenueId,
    /// Over which instrument.
    pub instrument: InstrumentId,
    /// Which of its models.
    pub model: ModelKind,
    /// The number of the call among those of the model; 0 for a built-in one.
    pub call: u64,
    /// How.
    pub fault: Fault,
}

impl ModelFault {
    pub(crate) fn new(venue: VenueId, instrument: InstrumentId, broken: Broken) -> Self {
        Self {
            venue,
            instrument,
            model: broken.kind,
            call: broken.call,
            fault: broken.fault,
        }
    }
}

/// What somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// How bad it is.
    pub severity: Severity,
    /// The control whose limit is near or reached.
    pub code: DenyCode,
    /// Whose limit.
    pub scope: LimitScope,
    /// How much of the limit is used; zero where there is nothing to measure.
    pub share: Rate,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is over.
    Cleared,
    /// A limit is near.
    Warning,
    /// Only reducing orders leave now.
    Serious,
    /// No orders leave until somebody lets them.
    Critical,
}

/// Where a strategy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum StrategyState {
    /// Not running.
    #[default]
    Stopped,
    /// Seeing events and trading.
    Running,
    /// Seeing events, its new orders denied.
    Paused,
    /// Broken; its instance is gone.
    Error,
}

impl StrategyState {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Error => "ERROR",
        }
    }
}

/// How far a swap got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwapStage {
    /// The candidate has the state and catches up.
    Begun(PluginHash),
    /// The candidate runs.
    Committed(PluginHash),
    /// The old one goes on, for this reason.
    Aborted(String),
    /// The candidate that took over is watched until this moment; the one before, made of these bytes,
    /// stays warm.
    Probation(PluginHash, Probation, Timestamp),
    /// The one before, made of these bytes, runs again, for this reason.
    RolledBack(PluginHash, String),
    /// The one before is gone, for this reason; there is nothing to go back to.
    Kept(String),
    /// The candidate that took over has these instruments only; the one before, made of these bytes,
    /// trades all others.
    Canary(PluginHash, CanaryStage),
    /// The canary has all instruments, for this reason, and is watched on these terms until this
    /// moment; the one before stays warm.
    Promoted(Probation, Timestamp, String),
    /// The two changed places: the one made of these bytes runs, the other is warm.
    Flipped(PluginHash),
}

/// What a canary has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryStage {
    /// Its instruments, in the order of their handles.
    pub instruments: Vec<InstrumentId>,
    /// How it is watched.
    pub terms: Probation,
    /// Until when.
    pub until: Timestamp,
    /// What happens then.
    pub when_over: WhenOver,
}

/// Where a shadow is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShadowStage {
    /// This version trades beside the one that runs.
    Begun(PluginHash),
    /// It does no more, for this reason.
    Ended(String),
}

/// Why an input had no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// Market data for an instrument nobody defined.
    #[error("unknown instrument {}", .0.number())]
    UnknownInstrument(InstrumentId),
    /// Market data older than what was seen before.
    #[error("event time of instrument {} went back", .0.number())]
    StaleEvent(InstrumentId),
    /// A batch of changes to an order book that does not fit it.
    #[error("book of instrument {}: {}", .0.number(), .1)]
    Book(InstrumentId, BookRefusal),
    /// A crossed, empty or inconsistent event, or one from hours ahead.
    #[error("impossible prices on instrument {}", .0.number())]
    BadMarketData(InstrumentId),
    /// An event in the life of an instrument that could not be.
    #[error("{event} of instrument {}: {why}", instrument.number())]
    Lifecycle {
        /// Which instrument.
        instrument: InstrumentId,
        /// The event's name.
        event: &'static str,
        /// Why.
        why: LifecycleRefusal,
    },
    /// A command for an order that is not open.
    #[error("order {0} is not open")]
    UnknownOrder(OrderId),
    /// A command for a strategy that does not exist.
    #[error("unknown strategy {}", .0.number())]
    UnknownStrategy(StrategyId),
    /// A command that the strategy's state does not allow.
    #[error("strategy is {} and cannot {command}", state.name())]
    WrongState {
        /// Which.
        strategy: StrategyId,
        /// Where it is.
        state: StrategyState,
        /// What was asked.
        command: &'static str,
    },
    /// A copy of the engine was asked for that cannot be taken.
    #[error("no copy of the engine can be taken: {0}")]
    NoCopy(Unsaved),
    /// There is no version to go back to, or to let go.
    #[error(
        "the strategy is not on probation, so no earlier version is at hand; swap with `probation` to \
         keep one"
    )]
    NotOnProbation(StrategyId),
    /// There is no canary to promote, or to end.
    #[error("the strategy has no canary; begin one with POST strategies/{{name}}/canary")]
    NoCanary(StrategyId),
    /// A start or swap without an instance staged for it.
    #[error("no instance was staged for the strategy")]
    NothingStaged(StrategyId),
    /// A command for a scope that is not defined, or with a factor outside of 0 to 1.
    #[error("{0}")]
    BadCommand(&'static str),
    /// A definition that contradicts an earlier one or itself.
    #[error("{0}")]
    BadDefinition(String),
    /// An execution seen before.
    #[error("execution {0} was seen before")]
    DuplicateExecution(u64),
    /// A report that the order's status does not allow.
    #[error("order {order} cannot go from {} to {}", from.name(), to.name())]
    IllegalTransition {
        /// Which order.
        order: OrderId,
        /// Its status.
        from: model::OrderStatus,
        /// Where the report would take it.
        to: model::OrderStatus,
    },
    /// A report or snapshot that no venue outside could have made, or nobody asked for.
    #[error("{0}")]
    BadReport(&'static str),
    /// A fill whose amounts overflow what can be counted.
    #[error("order {0} could not be filled: the amounts overflow")]
    Overflow(OrderId),
    /// A signal that is none.
    #[error("{0}")]
    BadSignal(BadSignal),
    /// A signal that the strategy was told before.
    #[error("the strategy was told a signal with this id before")]
    KnownSignal(StrategyId),
    /// A signal for a strategy that hears none.
    #[error(
        "the strategy takes no signals: it has no plugin with the export `on-signal`; build it with an SDK \
         that has it"
    )]
    Deaf(StrategyId),
}

variants!(StrategyState { 0 => Stopped, 1 => Running, 2 => Paused, 3 => Error });
