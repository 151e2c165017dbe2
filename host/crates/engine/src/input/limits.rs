//! What may not be exceeded, and by whom. `MAX` values and shares do not bind.
//!
//! A limit of a scope binds every order that falls under the scope. Sums (open orders, exposure,
//! loss) are those of the scope itself: the firm's limit binds the firm's sum.

use model::{AccountId, Duration, InstrumentId, Money, Quantity, Rate, StrategyId};

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
    /// How far from the market, and on what markets.
    pub price: PriceLimits,
    /// How much of what others trade.
    pub volume: VolumeLimits,
    /// How much in all.
    pub exposure: ExposureLimits,
    /// How much may be lost.
    pub loss: LossLimits,
    /// How orders may be used.
    pub conduct: ConductLimits,
    /// What market data must be like.
    pub data: DataLimits,
    /// Short sales and day trades.
    pub short: ShortLimits,
    /// What happens before a limit is reached.
    pub escalation: Escalation,
    /// What tightens the limits by itself.
    pub scaling: Scaling,
    /// Most messages (orders and cancels) of all strategies to the order's venue in `message_window`.
    pub max_venue_messages: u32,
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
            price: PriceLimits::default(),
            volume: VolumeLimits::default(),
            exposure: ExposureLimits::default(),
            loss: LossLimits::default(),
            conduct: ConductLimits::default(),
            data: DataLimits::default(),
            short: ShortLimits::default(),
            escalation: Escalation::default(),
            scaling: Scaling::default(),
            max_venue_messages: u32::MAX,
        }
    }
}

/// Prices: of the order, and of the market it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceLimits {
    /// Largest share of the reference price by which an order may be worse than it.
    pub max_distance: Rate,
    /// Largest move of the market within `drift_window`, as a share of its lowest price in it.
    pub max_drift: Rate,
    /// The window of `max_drift`.
    pub drift_window: Duration,
}

impl Default for PriceLimits {
    fn default() -> Self {
        Self {
            max_distance: Rate::MAX,
            max_drift: Rate::MAX,
            drift_window: Duration::ZERO,
        }
    }
}

/// Shares of what is there to trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolumeLimits {
    /// Largest order as a share of the size at the touch it would take from.
    pub max_book_share: Rate,
    /// Largest order as a share of the average daily volume.
    pub max_day_share: Rate,
    /// Largest order as a share of what the order book shows to it at its limit or better.
    pub max_depth_share: Rate,
}

impl Default for VolumeLimits {
    fn default() -> Self {
        Self {
            max_book_share: Rate::MAX,
            max_day_share: Rate::MAX,
            max_depth_share: Rate::MAX,
        }
    }
}

/// Exposure at the marks, all open orders filled the worst way. Not for one instrument's scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExposureLimits {
    /// Most of longs and shorts added up, in the scope's base currency.
    pub max_gross: Money,
    /// Most of longs less shorts, either way, in the scope's base currency.
    pub max_net: Money,
    /// Most in one instrument, as a share of the account's equity.
    pub max_instrument_share: Rate,
    /// Most in one sector, as a share of the account's equity.
    pub max_sector_share: Rate,
}

impl Default for ExposureLimits {
    fn default() -> Self {
        Self {
            max_gross: Money::MAX,
            max_net: Money::MAX,
            max_instrument_share: Rate::MAX,
            max_sector_share: Rate::MAX,
        }
    }
}

impl ExposureLimits {
    /// Whether any of them binds.
    pub(crate) fn bind(&self) -> bool {
        self.bind_sums() || self.bind_shares()
    }

    /// Whether a sum of the scope itself is bound.
    pub(crate) fn bind_sums(&self) -> bool {
        self.max_gross < Money::MAX || self.max_net < Money::MAX
    }

    /// Whether a share of an account is bound.
    pub(crate) fn bind_shares(&self) -> bool {
        self.max_instrument_share < Rate::MAX || self.max_sector_share < Rate::MAX
    }
}

/// Losses of trading: realised and open profit less fees, in the scope's base currency. Not for one
/// instrument's scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossLimits {
    /// Most lost since midnight UTC.
    pub max_daily: Money,
    /// Most below the best within `rolling_window`.
    pub max_rolling: Money,
    /// The window of `max_rolling`.
    pub rolling_window: Duration,
    /// Most below the best ever.
    pub max_drawdown: Money,
}

impl Default for LossLimits {
    fn default() -> Self {
        Self {
            max_daily: Money::MAX,
            max_rolling: Money::MAX,
            rolling_window: Duration::ZERO,
            max_drawdown: Money::MAX,
        }
    }
}

impl LossLimits {
    /// Whether any of them binds.
    pub(crate) fn bind(&self) -> bool {
        [self.max_daily, self.max_rolling, self.max_drawdown]
            .iter()
            .any(|limit| *limit < Money::MAX)
    }
}

/// How orders may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConductLimits {
    /// Most cancels and changes of a strategy for each of its fills within `cancel_window`.
    pub max_cancels_per_fill: u32,
    /// Cancels and changes within the window that need no fill.
    pub free_cancels: u32,
    /// The window of both.
    pub cancel_window: Duration,
    /// How often a strategy may execute the same order within `repeat_window`; the one that reaches
    /// this count is its last until somebody lets it trade again.
    pub max_repeats: u32,
    /// The window of `max_repeats`.
    pub repeat_window: Duration,
    /// Whether orders are denied that would trade with another of the same account.
    pub no_self_match: bool,
}

impl Default for ConductLimits {
    fn default() -> Self {
        Self {
            max_cancels_per_fill: u32::MAX,
            free_cancels: 0,
            cancel_window: Duration::ZERO,
            max_repeats: u32::MAX,
            repeat_window: Duration::ZERO,
            no_self_match: false,
        }
    }
}

/// What market data must be like for orders to leave. Crossed data, and data that its source says
/// has a gap, never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataLimits {
    /// Oldest event that still counts as the market.
    pub max_age: Duration,
    /// Furthest an event's time may be ahead of the engine's.
    pub max_ahead: Duration,
    /// Longest an event may have been on its way here.
    pub max_behind: Duration,
}

impl Default for DataLimits {
    fn default() -> Self {
        Self {
            max_age: Duration::MAX,
            max_ahead: Duration::MAX,
            max_behind: Duration::MAX,
        }
    }
}

/// Short sales and day trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortLimits {
    /// Whether orders are denied that could take a strategy's position below zero.
    pub no_short_sale: bool,
    /// Most day trades of an account within `day_trade_days`, those that may still come included.
    pub max_day_trades: u32,
    /// Business days over which day trades are counted, this one included.
    pub day_trade_days: u32,
    /// Whether what is sold short must be located for the account.
    pub locate_required: bool,
}

impl Default for ShortLimits {
    fn default() -> Self {
        Self {
            no_short_sale: false,
            max_day_trades: u32::MAX,
            day_trade_days: 5,
            locate_required: false,
        }
    }
}

/// What happens as a scope's losses and exposure come near their limits, as shares of the limit;
/// what is `MAX` does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// An alert is raised.
    pub warn: Rate,
    /// The scope may only reduce.
    pub reduce: Rate,
    /// The scope is halted until somebody sets its state.
    pub halt: Rate,
    /// How far below a threshold the share must fall for the step to be taken back.
    pub hysteresis: Rate,
}

impl Default for Escalation {
    fn default() -> Self {
        Self {
            warn: Rate::MAX,
            reduce: Rate::MAX,
            halt: Rate::MAX,
            hysteresis: Rate::ZERO,
        }
    }
}

impl Escalation {
    /// Whether anything happens at all.
    pub(crate) fn warns(&self) -> bool {
        [self.warn, self.reduce, self.halt]
            .iter()
            .any(|threshold| *threshold < Rate::MAX)
    }
}

/// What tightens quantities, values and exposure of a scope by itself, never above what is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scaling {
    /// The volatility of an instrument, as a share of the price in `volatility_window`, above which
    /// its limits shrink in proportion.
    pub calm_volatility: Rate,
    /// Over which time prices are compared; zero turns it off.
    pub volatility_window: Duration,
    /// The share of `max_drawdown` from which on the scope's limits shrink, to nothing at all of it.
    pub drawdown_from: Rate,
}

impl Default for Scaling {
    fn default() -> Self {
        Self {
            calm_volatility: Rate::MAX,
            volatility_window: Duration::ZERO,
            drawdown_from: Rate::MAX,
        }
    }
}
