//! What readers see: plain values, made from effects, never from the engine itself.

use model::{
    AccountId, Balance, Bar, BookView, CurrencyId, Fill, InstrumentId, Money, Order, OrderUpdate,
    PluginHash, PositionId, PositionState, Price, Quote, StrategyId, Timestamp,
};
mod build;
mod care;
mod happened;
mod pipeline;
mod venue;
mod vitals;

pub use build::{BuildOutcome, BuildView};
pub(crate) use care::CareNews;
pub use care::{RestartOutcome, RestartView};
pub use happened::{CashFlowView, LifeEventView, WhatHappened};
pub use pipeline::{KeptView, PipelineView};
use std::sync::Arc;
pub use venue::{
    DifferenceView, ModelFaultView, OutsideView, RefusalView, StandingView, TakenBackView,
    VenueView,
};
pub use vitals::{Counts, Looked, SYNC_BOUNDS_US, VitalsView, Written};

/// One change with its place in the stream; sequences count up by one without a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Its place in the stream of this run.
    pub sequence: u64,
    /// Engine time.
    pub time: Timestamp,
    /// What changed.
    pub change: Change,
}

/// What was said by those who refused something, and who they are.
pub type Words = Arc<str>;

/// What can change.
#[allow(
    clippy::large_enum_variant,
    reason = "subscribers share an update; a box would cost an allocation for each order"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A quote; conflated: under pressure only the latest of an instrument is sent.
    Quote(Quote),
    /// A finished bar.
    Bar(Bar),
    /// An order, as it is after the update; with what a custom rule or an algorithm said when it
    /// refused it.
    Order(OrderUpdate, Order, Option<Words>),
    /// An execution.
    Fill(Fill),
    /// A position.
    Position(PositionView),
    /// A balance.
    Balance(AccountId, CurrencyId, Balance),
    /// Money that came or left without a trade.
    CashFlow(CashFlowView),
    /// Something that happened to an instrument, or to an account's margin.
    LifeEvent(LifeEventView),
    /// A venue, as it is after the change.
    Venue(Arc<VenueView>),
    /// A strategy, as it is after the change.
    Strategy(Arc<StrategyView>),
    /// The engine's own state.
    Engine(EngineView),
    /// The trading state or kill latch of a scope, as it is after the change.
    Risk(ScopeView),
    /// An alert that was raised, acknowledged, escalated or resolved.
    Alert(AlertView),
    /// Risk metrics; conflated: a reader that is slow gets the latest only.
    Metrics(Arc<crate::metrics::MetricsView>),
    /// The best levels of an order book, or that it is not known any more; conflated as quotes are.
    Book(InstrumentId, Option<Arc<BookView>>),
}

/// Whether orders under a scope may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeView {
    /// Whose.
    pub scope: engine::LimitScope,
    /// The stricter of what somebody set and what escalation made of it.
    pub state: engine::TradingState,
    /// Whether its kill latch is set.
    pub killed: bool,
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertCode {
    /// A control of the gate whose limit is near or reached.
    Control(model::DenyCode),
    /// A metric that exceeds its limit.
    Metric(crate::metrics::MetricName),
    /// A version on probation was sent back.
    RollBack,
    /// A build that was dropped into the plugin folder was not taken.
    NewBuild,
    /// The plugin of a strategy broke too often, and may not run until somebody releases it.
    Quarantine,
    /// The events of a strategy cost more than they may.
    Budget,
    /// A strategy broke and waits for its restart, or is not started again.
    Restart,
    /// The journal cannot be written, so that new orders are denied.
    Journal,
}

/// Where an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// Nobody has said that they saw it.
    Open,
    /// Somebody has.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// An alert: one for each scope and code until it is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertView {
    /// Counts up from 1.
    pub id: u64,
    /// How bad it is, escalation included; of a resolved one, how bad it was last.
    pub severity: engine::Severity,
    /// How bad it was said to be last.
    pub raised_severity: engine::Severity,
    /// What it is about.
    pub code: AlertCode,
    /// Whose limit.
    pub scope: engine::LimitScope,
    /// How much of the limit is used; zero where there is nothing to measure.
    pub share: model::Rate,
    /// Sequence of the input during which it was raised or resolved last; zero for metrics.
    pub sequence: u64,
    /// When it was raised first.
    pub first_time: Timestamp,
    /// Sequence of the input during which that was; zero for metrics.
    pub first_sequence: u64,
    /// When it was raised or resolved last.
    pub last_time: Timestamp,
    /// Since when nobody has acknowledged it, or when it was escalated last.
    pub opened: Timestamp,
    /// How often it was raised.
    pub count: u64,
    /// Where it is.
    pub state: AlertState,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When, in engine time.
    pub acknowledged_at: Option<Timestamp>,
    /// How often it became more severe because nobody acknowledged it.
    pub escalations: u32,
}

/// The limits of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsView {
    /// Whose.
    pub scope: engine::LimitScope,
    /// As they were set; the defaults for a scope without its own.
    pub limits: engine::Limits,
    /// What they are multiplied by on command.
    pub factor: model::Rate,
    /// The regime that set this factor, if one did.
    pub regime: Option<String>,
}

/// How much of an instrument an account may be short where that must be located.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocateView {
    /// For which account.
    pub account: AccountId,
    /// Of what.
    pub instrument: InstrumentId,
    /// How much.
    pub quantity: model::Quantity,
}

/// Where the host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineState {
    /// Not yet begun, or ended.
    #[default]
    Stopped,
    /// Loading configuration and plugins.
    Starting,
    /// Handling inputs.
    Running,
    /// Ending.
    Stopping,
    /// Ended by a failure.
    Error,
}

/// The engine in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineView {
    /// Where the host is.
    pub state: EngineState,
    /// Whether orders may leave.
    pub trading_state: engine::TradingState,
    /// Whether the kill latch is set.
    pub killed: bool,
    /// Engine time.
    pub time: Timestamp,
    /// Inputs handled so far.
    pub sequence: u64,
    /// Inputs that had no effect (stale, impossible, unknown).
    pub ignored: u64,
}

/// An instrument with its latest prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentView {
    /// Its handle.
    pub id: InstrumentId,
    /// Its definition.
    pub instrument: model::Instrument,
    /// Name of its quote currency.
    pub quote_currency: String,
    /// Name of its venue.
    pub venue: String,
    /// Fee rates for accounts that trade much, lowest threshold first.
    pub fee_tiers: Vec<model::FeeTier>,
    /// The latest quote.
    pub quote: Option<Quote>,
    /// The latest trade or bar close.
    pub last: Option<Price>,
    /// The best levels of its order book, where its source has one and it is known.
    pub book: Option<Arc<BookView>>,
    /// The price at which its venue values positions, where it gives one.
    pub venue_mark: Option<Price>,
    /// The price of the index that it follows, where its venue gives one.
    pub index: Option<Price>,
    /// Whether its venue has halted it.
    pub halted: bool,
}

impl InstrumentView {
    /// What it is valued at: the middle of the quote, otherwise the latest trade or bar close.
    pub fn mark(&self) -> Option<Price> {
        let middle = self.quote.map(|quote| quote.bid.midpoint(quote.ask));
        middle.or(self.last)
    }
}

/// A position with its worth at the latest mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositionView {
    /// Whose.
    pub strategy: StrategyId,
    /// On what.
    pub instrument: InstrumentId,
    /// Which of several, on a hedging account; `None` for what they come to in all, or where there is
    /// only one.
    pub position: Option<PositionId>,
    /// Quantity, cost, realised profit, fees.
    pub state: PositionState,
    /// Profit of the open part at the mark; `None` without a price.
    pub unrealized: Option<Money>,
    /// What changed it last.
    pub change: model::PositionChange,
    /// When it last changed.
    pub ts_event: Timestamp,
}

/// An account with its balances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// Its handle.
    pub id: AccountId,
    /// As configured.
    pub config: model::AccountConfig,
    /// Balances by currency name.
    pub balances: Vec<(CurrencyId, String, Balance)>,
    /// What it agreed to.
    pub rules: model::AccountRules,
    /// How it stood with its margin when that last changed; `None` while that never did.
    pub margin: Option<model::MarginStatus>,
}

/// A line of a strategy's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub time: Timestamp,
    /// How serious.
    pub level: model::LogLevel,
    /// What.
    pub text: String,
}

/// A fault with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultView {
    /// When.
    pub time: Timestamp,
    /// Sequence of the input during which it happened.
    pub sequence: u64,
    /// How it broke.
    pub fault: model::Fault,
}

/// A strategy as readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyView {
    /// Its handle.
    pub id: StrategyId,
    /// Its name.
    pub name: String,
    /// Whether a person trades by it and no plugin.
    pub manual: bool,
    /// The account it trades.
    pub account: AccountId,
    /// Where it is.
    pub state: engine::StrategyState,
    /// Its plugin, if it ever had one.
    pub plugin: Option<PluginView>,
    /// Whether a swap is under way, and how far it got.
    pub swap: Option<String>,
    /// Whether its version is watched, with the one before at hand.
    pub probation: Option<Box<ProbationView>>,
    /// The last time a version before took its place back.
    pub last_roll_back: Option<Box<RollBackView>>,
    /// The last time a version was let off its probation, or outlived it.
    pub last_kept: Option<Box<KeptView>>,
    /// Where the latest run of its pipeline is, since the host began.
    pub pipeline: Option<Box<PipelineView>>,
    /// What became of its plugin file when that was last looked into, where it is watched.
    pub last_build: Option<Box<BuildView>>,
    /// How far its restart after its last fault is, where it is started again by itself.
    pub restart: Option<Box<RestartView>>,
    /// Whether it was paused when it broke last.
    pub broke_paused: bool,
    /// When it saved the state from which it is started again.
    pub saved_at: Option<Timestamp>,
    /// The version that trades beside it in a copy of the engine, if one does.
    pub shadow: Option<Box<crate::shadow::ShadowView>>,
    /// The latest faults, newest last, at most 20.
    pub faults: Vec<FaultView>,
    /// The latest log lines, newest last, at most 200.
    pub log: Vec<LogLine>,
}

/// A version that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbationView {
    /// The version before, which would take its place back.
    pub before: Option<PluginView>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What sends it back.
    pub terms: engine::Probation,
    /// What it has, where the version before trades too.
    pub canary: Option<CanaryView>,
}

/// What a version has that takes over some instruments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryView {
    /// Its instruments; all others are the version before's.
    pub instruments: Vec<InstrumentId>,
    /// What becomes of it when its time is over.
    pub when_over: engine::WhenOver,
}

/// A version before that took its place back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollBackView {
    /// When.
    pub time: Timestamp,
    /// Sequence of the input during which it happened.
    pub sequence: u64,
    /// The version that left.
    pub from: Option<PluginView>,
    /// Why.
    pub reason: String,
}

/// A plugin as readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginView {
    /// Name of its bytes.
    pub hash: PluginHash,
    /// The author's name for it.
    pub name: String,
    /// The author's version.
    pub version: String,
    /// Parameters it was made with.
    pub parameters: Vec<(String, String)>,
}

/// What the host is struggling with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HealthView {
    /// Public events that wait for the engine.
    pub market_waiting: usize,
    /// Commands that wait for the engine.
    pub commands_waiting: usize,
    /// Public events dropped before the engine saw them, because it was behind and newer ones of
    /// their instrument were there.
    pub market_conflated: u64,
    /// Prices replaced by newer ones before readers saw them; normal in a fast market.
    pub prices_conflated: u64,
    /// Whether the journal can be written; orders are denied when not.
    pub journal_writable: bool,
}
