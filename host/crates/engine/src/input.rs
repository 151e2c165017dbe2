//! Everything that can reach the engine: one closed list, each with a sequence and a time.

mod custom;
mod external;
mod limits;
mod permissions;
mod succession;
mod venue;

pub use custom::{AlgorithmConfig, Judged, RuleConfig, Worked};
pub use external::{ExternalVenue, ForeignOrders};
pub use limits::{
    ConductLimits, DataLimits, Escalation, ExposureLimits, LimitScope, Limits, LossLimits,
    PriceLimits, Scaling, ShortLimits, VolumeLimits,
};
pub use permissions::{Allowed, Permissions};
pub use succession::{CanaryTerms, HandOver, Probation, SwapTerms, WhenOver};
pub use venue::{
    DrawnLatency, FillChances, Latency, Quantiles, SelfMatch, Slippage, VenueConfig, VenueModels,
};

use model::{
    AccountConfig, AccountId, AccountRules, AlgorithmCall, Amendment, Bar, BookUpdate, CurrencyId,
    FeeTier, HistoryBlock, Instrument, InstrumentId, InstrumentStatus, Intent, Lifecycle,
    MarkPrice, Money, OrderId, OrderRequest, PluginHash, Quantity, Quote, Rate, SavedState, Signal,
    StrategyId, Timestamp, Trade, VenueId, VenueReport, VenueSnapshot,
};

/// An input with its place in the journal. Sequences count up by one; times never go back.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequenced<T> {
    /// Its place.
    pub sequence: u64,
    /// Engine time while it is handled. For market data this is `ts_init`.
    pub time: Timestamp,
    /// What it is.
    pub input: T,
}

/// What happened outside. Rare variants are boxed so that a quote stays small.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Time passed and nothing else: timers, bars and orders that are due come out.
    Clock,
    /// A new best bid or ask.
    Quote(Quote),
    /// A trade between others.
    Trade(Trade),
    /// A finished bar from the source, for instruments that have nothing finer.
    Bar(Bar),
    /// The venue's mark price or the index behind a derivative.
    Mark(MarkPrice),
    /// The venue halts an instrument or lets it trade again.
    Status(InstrumentStatus),
    /// A batch of changes to an order book.
    Book(Box<BookUpdate>),
    /// Something happened to an instrument: funding, settlement, a split, a dividend.
    Lifecycle(Box<Lifecycle>),
    /// Something to set up.
    Define(Box<Definition>),
    /// Something somebody decided.
    Command(Box<Command>),
    /// A venue outside says something about an order or an execution.
    VenueReport(Box<VenueReport>),
    /// A venue outside says what it holds for an account, as it was asked to.
    VenueSnapshot(Box<VenueSnapshot>),
}

/// What the engine must know before it can trade. Handles count up in the order of definition.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// The next currency.
    Currency(String),
    /// The next venue.
    Venue(VenueConfig),
    /// The next instrument.
    Instrument(Instrument),
    /// The next account.
    Account(AccountConfig),
    /// The limits of one scope, replacing what was there.
    Limits(LimitScope, Limits),
    /// The next strategy. Without a plugin it is traded by hand.
    Strategy(StrategyConfig),
    /// What a strategy may trade from now on, replacing what it was defined with.
    Permissions(StrategyId, Permissions),
    /// What an instrument trades on an average day, replacing what was known.
    AverageVolume(InstrumentId, Quantity),
    /// The strategy, traded by hand, that takes over what its account's venue holds and nobody here
    /// sent.
    Adopter(StrategyId),
    /// Rates for accounts that trade much, by what they must have traded, lowest first; they replace
    /// what was there. Below the first the instrument's own hold.
    FeeTiers(InstrumentId, Vec<FeeTier>),
    /// What an account agrees to from now on, replacing what it did.
    AccountRules(AccountId, AccountRules),
    /// An execution algorithm, made by what is staged.
    Algorithm(AlgorithmConfig),
    /// A custom pre-trade rule, with the instance that is staged.
    Rule(RuleConfig),
    /// How much of an instrument an account may be short where that must be located, replacing what was
    /// said before.
    Locate(AccountId, InstrumentId, Quantity),
    /// What a simulated venue does from now on where orders of one account meet.
    SelfMatch(VenueId, SelfMatch),
}

/// A strategy's place in the engine; it outlives every plugin that fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyConfig {
    /// Unique name.
    pub name: String,
    /// The account it trades.
    pub account: AccountId,
    /// What becomes of its open orders when it faults.
    pub on_fault: OrdersOnFault,
    /// Whether a person trades by it: it runs from its definition on, without an instance.
    pub manual: bool,
    /// What it may trade; [`Permissions::ALL`] must be said.
    pub permissions: Permissions,
}

/// What becomes of a strategy's open orders, and of what it holds, when it faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrdersOnFault {
    /// They are cancelled.
    #[default]
    Cancel,
    /// They stay.
    Keep,
    /// They are cancelled, and what the strategy holds is closed at the market.
    Flatten,
}

/// Whether orders may leave; the later the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TradingState {
    /// All may.
    #[default]
    Active,
    /// Only those that reduce a position.
    Reducing,
    /// None; cancels still may.
    Halted,
}

/// A decision by an operator or by the host's own services.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Start a strategy with the instance staged for it.
    Start {
        /// Which.
        strategy: StrategyId,
        /// The plugin's bytes, named.
        plugin: PluginHash,
        /// Parameters it was made with, in order.
        parameters: Vec<(String, String)>,
        /// State to restore.
        state: Option<SavedState>,
        /// History it asked for.
        history: Vec<HistoryBlock>,
    },
    /// Deny its new orders until resumed; it keeps seeing events and stays warm.
    Pause(StrategyId),
    /// Let a paused strategy trade again.
    Resume(StrategyId),
    /// Tell it to stop, keep its state, cancel its orders.
    Stop(StrategyId),
    /// Begin a swap: the staged candidate takes over the state and starts to catch up, muted.
    SwapBegin {
        /// Which.
        strategy: StrategyId,
        /// The new plugin's bytes, named.
        plugin: PluginHash,
        /// Parameters the new one was made with.
        parameters: Vec<(String, String)>,
        /// How it takes over.
        terms: SwapTerms,
        /// History the new one asked for.
        history: Vec<HistoryBlock>,
    },
    /// Let the candidate take over between this event and the next.
    SwapCommit(StrategyId),
    /// Give the candidate up; the old instance never stopped.
    SwapAbort {
        /// Which.
        strategy: StrategyId,
        /// The stage that failed and why.
        reason: String,
    },
    /// Orders placed by hand, through the same gate as any other: one, or a list whose orders depend
    /// on each other. Their ids are assigned when the command is handled.
    PlaceOrders(StrategyId, Vec<OrderRequest>),
    /// An order placed by hand for an execution algorithm to work.
    PlaceWorked(StrategyId, Box<OrderRequest>, AlgorithmCall),
    /// Let a custom pre-trade rule judge no more.
    RemoveRule(String),
    /// Change an order, whoever's it is.
    ModifyOrder(Amendment),
    /// Withdraw an order, whoever's it is.
    CancelOrder(OrderId),
    /// Let all, only reducing, or no orders of the firm leave.
    SetTradingState(TradingState),
    /// The firm's kill latch: once set, only cancels leave until it is cleared.
    SetKillLatch(bool),
    /// A venue's connection came or went. Accounts at a venue outside are reconciled as it comes.
    SetVenueConnected(VenueId, bool),
    /// Compare all accounts at a venue outside with what it holds.
    Reconcile(VenueId),
    /// Take over what an account's venue said it holds where that differs from what is known here
    /// and nothing explains it.
    AcceptPositions(AccountId),
    /// Let all, only reducing, or no orders of a scope leave; also takes back what its escalation
    /// set. The stricter of all scopes an order falls under wins.
    SetScopeState(LimitScope, TradingState),
    /// The kill latch of a scope: its open orders are cancelled, and only cancels leave until it is
    /// cleared.
    SetScopeKill(LimitScope, bool),
    /// Let a strategy trade again that was stopped for executing the same order over and over.
    ClearRepeats(StrategyId),
    /// The source of an instrument's data lost some of it, or has caught up again.
    SetDataIntact(InstrumentId, bool),
    /// Multiply the limits of a scope by a factor from 0 to 1, until told otherwise.
    ScaleLimits(LimitScope, Rate),
    /// Give money of one currency for another, at the touch of a pair of the account's venue.
    Convert {
        /// Whose money.
        account: AccountId,
        /// What is given.
        from: CurrencyId,
        /// What is received.
        to: CurrencyId,
        /// How much is given.
        amount: Money,
    },
    /// The journal's disk takes records, or does not: then only cancels leave.
    SetJournalWritable(bool),
    /// The host begins to end the run: what it stops from here on goes on when it comes back.
    EndRun,
    /// Strategies, algorithms, rules and models save their state for a snapshot of the engine, which
    /// may be taken before the next input.
    Snapshot,
    /// Another version of a strategy trades beside it from here on, in a copy of the engine that may
    /// be taken before the next input. Nothing here depends on what it does there.
    ShadowBegin {
        /// Which.
        strategy: StrategyId,
        /// The other version's bytes, named.
        plugin: PluginHash,
        /// Parameters it was made with.
        parameters: Vec<(String, String)>,
        /// What it begins with.
        hand_over: HandOver,
    },
    /// The shadow of a strategy is over.
    ShadowEnd {
        /// Which.
        strategy: StrategyId,
        /// Why.
        reason: String,
    },
    /// The version before takes its place back between this event and the next.
    RollBack(StrategyId),
    /// The version on probation stays, and the one before is let go. Not for a canary.
    EndProbation {
        /// Which.
        strategy: StrategyId,
        /// Why.
        reason: String,
    },
    /// Begin a canary: as a swap begins, but once the staged candidate has caught up and a
    /// [`Command::SwapCommit`] comes, it takes over some instruments only.
    CanaryBegin {
        /// Which.
        strategy: StrategyId,
        /// The new plugin's bytes, named.
        plugin: PluginHash,
        /// Parameters the new one was made with.
        parameters: Vec<(String, String)>,
        /// Which instruments, and how it is watched.
        terms: CanaryTerms,
        /// History the new one asked for.
        history: Vec<HistoryBlock>,
    },
    /// The canary takes over all instruments between this event and the next.
    CanaryPromote {
        /// Which.
        strategy: StrategyId,
        /// How it is watched from here on; without, the version before is gone.
        probation: Option<Probation>,
        /// Why.
        reason: String,
    },
    /// The version before takes the canary's instruments back between this event and the next.
    CanaryEnd {
        /// Which.
        strategy: StrategyId,
        /// Why.
        reason: String,
    },
    /// The version on probation and the one before change places between this event and the next.
    Flip(StrategyId),
    /// A strategy that runs saves its state, to be started again from it should it break.
    Save(StrategyId),
    /// Tell a strategy something from outside. The text is the sender's id for it: a second one with
    /// the same is not told.
    Signal(StrategyId, String, Signal),
}

/// What a strategy's callback led to; journaled, so that replay does not need the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It wants things done.
    Intents(Vec<Intent>),
    /// It broke.
    Fault(model::Fault),
    /// It saved its state.
    Saved(SavedState),
}
