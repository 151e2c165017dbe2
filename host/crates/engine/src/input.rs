//! Everything that can reach the engine: one closed list, each with a sequence and a time.

use model::{
    AccountConfig, AccountId, Amendment, Bar, BookUpdate, Duration, HistoryBlock, Instrument,
    InstrumentId, InstrumentStatus, Intent, MarkPrice, Money, OrderId, OrderKindName, OrderRequest,
    PluginHash, Quantity, Quote, Rate, SavedState, StrategyId, Timestamp, Trade, VenueId,
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
    /// Something to set up.
    Define(Box<Definition>),
    /// Something somebody decided.
    Command(Box<Command>),
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
}

/// A simulated venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueConfig {
    /// Unique name.
    pub name: String,
    /// How long commands take to reach it.
    pub latency: Latency,
    /// How much worse than the touch a taker fills.
    pub slippage: Slippage,
    /// Order types it does not take. The host does the waiting for those that wait for a trigger.
    pub lacks: Vec<OrderKindName>,
}

/// How long commands take to reach a venue: a constant and a seeded, uniformly drawn part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// For new orders.
    pub insert: Duration,
    /// For cancels.
    pub cancel: Duration,
    /// For changes.
    pub modify: Duration,
    /// Up to this much more, drawn for each command.
    pub jitter: Duration,
    /// Seed of the draws.
    pub seed: u64,
}

/// How much worse than the touch an order that takes liquidity fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slippage {
    /// Not at all.
    #[default]
    None,
    /// A number of ticks.
    Ticks(u32),
    /// A share of the price, rounded up to the tick.
    Share(Rate),
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
}

/// What becomes of a strategy's open orders when it faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrdersOnFault {
    /// They are cancelled.
    #[default]
    Cancel,
    /// They stay.
    Keep,
}

/// Whom a set of limits binds. An order must pass every scope it falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitScope {
    /// Everybody; this scope always exists.
    Firm,
    /// One account.
    Account(AccountId),
    /// One strategy.
    Strategy(StrategyId),
    /// One instrument.
    Instrument(InstrumentId),
}

/// What may not be exceeded. `MAX` values do not bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest quantity of one order.
    pub max_order_quantity: Quantity,
    /// Largest notional value of one order, in the quote currency.
    pub max_order_notional: Money,
    /// Most orders open at once.
    pub max_open_orders: u32,
    /// Largest position of one strategy in one instrument, all its open orders filled.
    pub max_position: Quantity,
    /// Most messages (orders and cancels) in `message_window`.
    pub max_messages: u32,
    /// The window of `max_messages`.
    pub message_window: Duration,
    /// A second, equal order of a strategy within this time is a duplicate; zero turns it off.
    pub duplicate_window: Duration,
}

impl Default for Limits {
    /// Generous, but never without a bound on open orders and messages.
    fn default() -> Self {
        Self {
            max_order_quantity: Quantity::MAX,
            max_order_notional: Money::MAX,
            max_open_orders: 1_000,
            max_position: Quantity::MAX,
            max_messages: 10_000,
            message_window: Duration::from_secs(1),
            duplicate_window: Duration::ZERO,
        }
    }
}

/// Whether orders may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    /// Change an order, whoever's it is.
    ModifyOrder(Amendment),
    /// Withdraw an order, whoever's it is.
    CancelOrder(OrderId),
    /// Let all, only reducing, or no orders leave.
    SetTradingState(TradingState),
    /// The kill latch: once set, only cancels leave until it is cleared.
    SetKillLatch(bool),
    /// A venue's connection came or went.
    SetVenueConnected(VenueId, bool),
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
