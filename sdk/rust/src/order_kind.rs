//! The types of orders: the prices each needs, what its trigger watches, and how it trails.

use crate::Price;

/// Which price a trigger watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TriggerBy {
    /// The touch the order would take from: the ask for buys, the bid for sells. Where the source
    /// has no quotes, the last trade.
    #[default]
    BidAsk,
    /// The last trade.
    Last,
    /// The midpoint of bid and ask.
    Mid,
    /// The venue's mark price; without one, the midpoint or the last trade.
    Mark,
    /// The price of the index behind a derivative.
    Index,
}

/// A price that wakes an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trigger {
    /// Where it wakes.
    pub price: Price,
    /// What must get there.
    pub by: TriggerBy,
}

impl Trigger {
    /// A trigger that watches the touch.
    pub const fn at(price: Price) -> Self {
        Self {
            price,
            by: TriggerBy::BidAsk,
        }
    }
}

/// A distance from a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offset {
    /// So much.
    Price(Price),
    /// A share of the price, in hundredths of a percent.
    BasisPoints(u32),
    /// So many steps of the price grid.
    Ticks(u32),
}

/// How a stop follows the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trail {
    /// How far behind the best price it stays.
    pub offset: Offset,
    /// It starts to follow once the market has been here; none: at once.
    pub activation: Option<Price>,
    /// What it follows, and what triggers it.
    pub by: TriggerBy,
}

impl Trail {
    /// A trail that follows the touch at once.
    pub const fn by(offset: Offset) -> Self {
        Self {
            offset,
            activation: None,
            by: TriggerBy::BidAsk,
        }
    }
}

/// The type of an order, with the prices that type needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// Fills at whatever the market gives.
    Market,
    /// Fills at this price or better.
    Limit {
        /// The worst price accepted.
        price: Price,
    },
    /// Becomes a market order once the market reaches the trigger: at or above for buys, at or
    /// below for sells.
    StopMarket {
        /// Where it wakes.
        trigger: Trigger,
    },
    /// Becomes a limit order once the market reaches the trigger, like a stop.
    StopLimit {
        /// Where it wakes.
        trigger: Trigger,
        /// The worst price accepted then.
        price: Price,
    },
    /// Takes the touch; what is left rests at the price it got.
    MarketToLimit,
    /// Becomes a market order once the market is as good as the trigger: at or below for buys, at
    /// or above for sells.
    MarketIfTouched {
        /// Where it wakes.
        trigger: Trigger,
    },
    /// Becomes a limit order once the market is as good as the trigger.
    LimitIfTouched {
        /// Where it wakes.
        trigger: Trigger,
        /// The worst price accepted then.
        price: Price,
    },
    /// A stop whose trigger follows the market and never goes back; then a market order.
    TrailingStopMarket {
        /// How it follows.
        trail: Trail,
    },
    /// A stop whose trigger follows the market; then a limit order.
    TrailingStopLimit {
        /// How it follows.
        trail: Trail,
        /// How much worse than the trigger it accepts.
        limit: Offset,
    },
}

impl OrderKind {
    /// A stop-market order that watches the touch.
    pub const fn stop_market(trigger: Price) -> Self {
        Self::StopMarket {
            trigger: Trigger::at(trigger),
        }
    }

    /// The limit price, where the type has one from the start.
    pub const fn price(&self) -> Option<Price> {
        match self {
            Self::Limit { price }
            | Self::StopLimit { price, .. }
            | Self::LimitIfTouched { price, .. } => Some(*price),
            _ => None,
        }
    }

    /// The trigger, where the type has a fixed one.
    pub const fn trigger(&self) -> Option<Trigger> {
        match self {
            Self::StopMarket { trigger }
            | Self::StopLimit { trigger, .. }
            | Self::MarketIfTouched { trigger }
            | Self::LimitIfTouched { trigger, .. } => Some(*trigger),
            _ => None,
        }
    }

    /// How it trails, where it does.
    pub const fn trail(&self) -> Option<Trail> {
        match self {
            Self::TrailingStopMarket { trail } | Self::TrailingStopLimit { trail, .. } => {
                Some(*trail)
            }
            _ => None,
        }
    }

    /// The same type with another limit price, where it has one.
    #[must_use]
    pub const fn with_price(self, price: Price) -> Self {
        match self {
            Self::Limit { .. } => Self::Limit { price },
            Self::StopLimit { trigger, .. } => Self::StopLimit { trigger, price },
            Self::LimitIfTouched { trigger, .. } => Self::LimitIfTouched { trigger, price },
            other => other,
        }
    }

    /// The same type with another trigger, where it has a fixed one.
    #[must_use]
    pub const fn with_trigger(self, trigger: Trigger) -> Self {
        match self {
            Self::StopMarket { .. } => Self::StopMarket { trigger },
            Self::StopLimit { price, .. } => Self::StopLimit { trigger, price },
            Self::MarketIfTouched { .. } => Self::MarketIfTouched { trigger },
            Self::LimitIfTouched { price, .. } => Self::LimitIfTouched { trigger, price },
            other => other,
        }
    }

    /// The same type with another trail, where it has one.
    #[must_use]
    pub const fn with_trail(self, trail: Trail) -> Self {
        match self {
            Self::TrailingStopMarket { .. } => Self::TrailingStopMarket { trail },
            Self::TrailingStopLimit { limit, .. } => Self::TrailingStopLimit { trail, limit },
            other => other,
        }
    }
}
