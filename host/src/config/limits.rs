//! Limits of a scope: `[limits]` for the firm, `limits` of an account, an instrument, a strategy.
//! What is left out does not bind, but for open orders (1,000) and messages (10,000 a second).
//! What each limit means stands in `docs/risk.md`.

use super::text::{Decimal, Span};
use engine::{
    ConductLimits, DataLimits, Escalation, ExposureLimits, Limits, LossLimits, PriceLimits,
    Scaling, ShortLimits, VolumeLimits,
};
use model::{Duration, Money, Quantity, Rate};
use serde::Deserialize;

/// How the file writes a value.
trait Written<T> {
    fn value(&self) -> T;
}

impl<T: Copy> Written<T> for Decimal<T> {
    fn value(&self) -> T {
        self.0
    }
}

impl Written<Duration> for Span {
    fn value(&self) -> Duration {
        self.0
    }
}

impl Written<u32> for u32 {
    fn value(&self) -> u32 {
        *self
    }
}

impl Written<bool> for bool {
    fn value(&self) -> bool {
        *self
    }
}

/// A table of optional keys, named as the engine's fields, and what the engine makes of it.
macro_rules! table {
    ($(#[$about:meta])* $name:ident is $target:ident {
        $($(#[$field_about:meta])* $field:ident: $written:ty,)*
    } and { $($(#[$group_about:meta])* $group:ident: $table:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_about])* pub $field: Option<$written>,)*
            $($(#[$group_about])* pub $group: $table,)*
        }

        impl $name {
            /// As the engine takes it.
            pub fn limits(&self) -> $target {
                let unset = $target::default();
                $target {
                    $($field: self.$field.as_ref().map_or(unset.$field, Written::value),)*
                    $($group: self.$group.limits(),)*
                }
            }
        }
    };
}

table! {
    /// All limits of a scope.
    LimitsSection is Limits {
        /// Largest quantity of one order.
        max_order_quantity: Decimal<Quantity>,
        /// Largest value of one order.
        max_order_notional: Decimal<Money>,
        /// Most open orders.
        max_open_orders: u32,
        /// Largest position, open orders filled.
        max_position: Decimal<Quantity>,
        /// Most messages in the window.
        max_messages: u32,
        /// That window.
        message_window: Span,
        /// How long an equal order counts as a duplicate.
        duplicate_window: Span,
        /// Most messages of all to one venue in the window.
        max_venue_messages: u32,
    } and {
        /// `[limits.price]`.
        price: PriceTable,
        /// `[limits.volume]`.
        volume: VolumeTable,
        /// `[limits.exposure]`.
        exposure: ExposureTable,
        /// `[limits.loss]`.
        loss: LossTable,
        /// `[limits.conduct]`.
        conduct: ConductTable,
        /// `[limits.data]`.
        data: DataTable,
        /// `[limits.short]`.
        short: ShortTable,
        /// `[limits.escalation]`.
        escalation: EscalationTable,
        /// `[limits.scaling]`.
        scaling: ScalingTable,
    }
}

table! {
    /// Prices: of the order, and of the market it goes to.
    PriceTable is PriceLimits {
        /// Largest share of the reference price by which an order may be worse than it.
        max_distance: Decimal<Rate>,
        /// Largest move of the market within the window, as a share of its lowest price in it.
        max_drift: Decimal<Rate>,
        /// That window.
        drift_window: Span,
    } and {}
}

table! {
    /// Shares of what is there to trade.
    VolumeTable is VolumeLimits {
        /// Largest order as a share of the size at the touch.
        max_book_share: Decimal<Rate>,
        /// Largest order as a share of the average daily volume.
        max_day_share: Decimal<Rate>,
        /// Largest order as a share of what the order book shows at its limit or better.
        max_depth_share: Decimal<Rate>,
    } and {}
}

table! {
    /// Exposure at the marks, all open orders filled the worst way.
    ExposureTable is ExposureLimits {
        /// Most of longs and shorts added up.
        max_gross: Decimal<Money>,
        /// Most of longs less shorts, either way.
        max_net: Decimal<Money>,
        /// Most in one instrument, as a share of the account's equity.
        max_instrument_share: Decimal<Rate>,
        /// Most in one sector, as a share of the account's equity.
        max_sector_share: Decimal<Rate>,
    } and {}
}

table! {
    /// Losses of trading, in the scope's base currency.
    LossTable is LossLimits {
        /// Most lost since midnight UTC.
        max_daily: Decimal<Money>,
        /// Most below the best within the window.
        max_rolling: Decimal<Money>,
        /// That window.
        rolling_window: Span,
        /// Most below the best ever.
        max_drawdown: Decimal<Money>,
    } and {}
}

table! {
    /// How orders may be used.
    ConductTable is ConductLimits {
        /// Most cancels and changes of a strategy for each of its fills within the window.
        max_cancels_per_fill: u32,
        /// Cancels and changes within the window that need no fill.
        free_cancels: u32,
        /// That window.
        cancel_window: Span,
        /// How often a strategy may execute the same order within the next window.
        max_repeats: u32,
        /// That window.
        repeat_window: Span,
        /// Whether orders are denied that would trade with another of the same account.
        no_self_match: bool,
    } and {}
}

table! {
    /// What market data must be like for orders to leave.
    DataTable is DataLimits {
        /// Oldest event that still counts as the market.
        max_age: Span,
        /// Furthest an event's time may be ahead of the engine's.
        max_ahead: Span,
        /// Longest an event may have been on its way here.
        max_behind: Span,
    } and {}
}

table! {
    /// Short sales and day trades.
    ShortTable is ShortLimits {
        /// Whether orders are denied that could take a strategy's position below zero.
        no_short_sale: bool,
        /// Most day trades of an account within the days.
        max_day_trades: u32,
        /// Business days over which day trades are counted.
        day_trade_days: u32,
        /// Whether what is sold short must be located for the account.
        locate_required: bool,
    } and {}
}

table! {
    /// What happens as losses and exposure come near their limits, as shares of the limit.
    EscalationTable is Escalation {
        /// An alert is raised.
        warn: Decimal<Rate>,
        /// The scope may only reduce.
        reduce: Decimal<Rate>,
        /// The scope is halted.
        halt: Decimal<Rate>,
        /// How far below a threshold the share must fall for the step to be taken back.
        hysteresis: Decimal<Rate>,
    } and {}
}

table! {
    /// What tightens the limits by itself.
    ScalingTable is Scaling {
        /// The volatility above which an instrument's limits shrink in proportion.
        calm_volatility: Decimal<Rate>,
        /// Over which time prices are compared.
        volatility_window: Span,
        /// The share of the largest drawdown from which on the scope's limits shrink.
        drawdown_from: Decimal<Rate>,
    } and {}
}
