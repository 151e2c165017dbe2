//! The types of orders: the prices each needs, what its trigger watches, and how it trails.

use crate::{NumberError, Price, Side};

/// Which price a trigger watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
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

impl TriggerBy {
    /// All of them.
    pub const ALL: [TriggerBy; 5] = [Self::BidAsk, Self::Last, Self::Mid, Self::Mark, Self::Index];
}

/// A price that wakes an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offset {
    /// So much.
    Price(Price),
    /// A share of the price, in hundredths of a percent.
    BasisPoints(u32),
    /// So many steps of the price grid.
    Ticks(u32),
}

impl Offset {
    /// Whether it is a distance at all: more than nothing, and less than the price itself where
    /// that is known.
    pub const fn is_valid(&self) -> bool {
        match self {
            Offset::Price(price) => price.raw() > 0,
            Offset::BasisPoints(points) => *points > 0 && *points < 10_000,
            Offset::Ticks(ticks) => *ticks > 0,
        }
    }

    /// `from` moved by the distance: down for [`Side::Sell`], up for [`Side::Buy`], and outward
    /// onto the grid of `tick`.
    pub fn away(&self, from: Price, tick: Price, side: Side) -> Result<Price, NumberError> {
        let tick = i128::from(tick.raw().max(1));
        let raw = i128::from(from.raw());
        let distance = match self {
            Offset::Price(price) => i128::from(price.raw()),
            Offset::Ticks(ticks) => tick * i128::from(*ticks),
            // Rounded up: a stop is never nearer than asked for.
            Offset::BasisPoints(points) => {
                (raw.abs() * i128::from(*points) + 9_999).div_euclid(10_000)
            }
        };
        let exact = match side {
            Side::Buy => raw + distance + (tick - 1),
            Side::Sell => raw - distance,
        };
        let on_grid = exact.div_euclid(tick) * tick;
        i64::try_from(on_grid)
            .map(Price::from_raw)
            .map_err(|_| NumberError::Overflow)
    }
}

/// How a stop follows the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trail {
    /// How far behind the best price it stays.
    pub offset: Offset,
    /// It starts to follow once the market has been here; none: at once.
    pub activation: Option<Price>,
    /// What it follows, and what triggers it.
    pub by: TriggerBy,
}

/// The type of an order, with the prices that type needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// The name of an order type, without its prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OrderKindName {
    /// [`OrderKind::Market`].
    Market,
    /// [`OrderKind::Limit`].
    Limit,
    /// [`OrderKind::StopMarket`].
    StopMarket,
    /// [`OrderKind::StopLimit`].
    StopLimit,
    /// [`OrderKind::MarketToLimit`].
    MarketToLimit,
    /// [`OrderKind::MarketIfTouched`].
    MarketIfTouched,
    /// [`OrderKind::LimitIfTouched`].
    LimitIfTouched,
    /// [`OrderKind::TrailingStopMarket`].
    TrailingStopMarket,
    /// [`OrderKind::TrailingStopLimit`].
    TrailingStopLimit,
}

impl OrderKind {
    /// The name of the type.
    pub const fn name(&self) -> OrderKindName {
        match self {
            OrderKind::Market => OrderKindName::Market,
            OrderKind::Limit { .. } => OrderKindName::Limit,
            OrderKind::StopMarket { .. } => OrderKindName::StopMarket,
            OrderKind::StopLimit { .. } => OrderKindName::StopLimit,
            OrderKind::MarketToLimit => OrderKindName::MarketToLimit,
            OrderKind::MarketIfTouched { .. } => OrderKindName::MarketIfTouched,
            OrderKind::LimitIfTouched { .. } => OrderKindName::LimitIfTouched,
            OrderKind::TrailingStopMarket { .. } => OrderKindName::TrailingStopMarket,
            OrderKind::TrailingStopLimit { .. } => OrderKindName::TrailingStopLimit,
        }
    }

    /// A stop-market order that watches the touch.
    pub const fn stop_market(trigger: Price) -> Self {
        OrderKind::StopMarket {
            trigger: Trigger::at(trigger),
        }
    }

    /// The limit price, where the type has one from the start.
    pub const fn price(&self) -> Option<Price> {
        match self {
            OrderKind::Limit { price }
            | OrderKind::StopLimit { price, .. }
            | OrderKind::LimitIfTouched { price, .. } => Some(*price),
            _ => None,
        }
    }

    /// The trigger, where the type has a fixed one.
    pub const fn trigger(&self) -> Option<Trigger> {
        match self {
            OrderKind::StopMarket { trigger }
            | OrderKind::StopLimit { trigger, .. }
            | OrderKind::MarketIfTouched { trigger }
            | OrderKind::LimitIfTouched { trigger, .. } => Some(*trigger),
            _ => None,
        }
    }

    /// How it trails, where it does.
    pub const fn trail(&self) -> Option<Trail> {
        match self {
            OrderKind::TrailingStopMarket { trail }
            | OrderKind::TrailingStopLimit { trail, .. } => Some(*trail),
            _ => None,
        }
    }

    /// Whether the type waits for a trigger before it can fill.
    pub const fn waits(&self) -> bool {
        self.trigger().is_some() || self.trail().is_some()
    }

    /// Whether the market must rise to a trigger for an order of `side` to wake.
    pub const fn wakes_on_rise(&self, side: Side) -> bool {
        let touched = matches!(
            self,
            OrderKind::MarketIfTouched { .. } | OrderKind::LimitIfTouched { .. }
        );
        matches!(side, Side::Buy) != touched
    }

    /// The same type with another limit price, where it has one.
    #[must_use]
    pub const fn with_price(self, price: Price) -> Self {
        match self {
            OrderKind::Limit { .. } => OrderKind::Limit { price },
            OrderKind::StopLimit { trigger, .. } => OrderKind::StopLimit { trigger, price },
            OrderKind::LimitIfTouched { trigger, .. } => {
                OrderKind::LimitIfTouched { trigger, price }
            }
            other => other,
        }
    }

    /// The same type with another trigger price, where it has a fixed one.
    #[must_use]
    pub const fn with_trigger(self, at: Price) -> Self {
        let Some(Trigger { by, .. }) = self.trigger() else {
            return self;
        };
        let trigger = Trigger { price: at, by };
        match self {
            OrderKind::StopMarket { .. } => OrderKind::StopMarket { trigger },
            OrderKind::StopLimit { price, .. } => OrderKind::StopLimit { trigger, price },
            OrderKind::MarketIfTouched { .. } => OrderKind::MarketIfTouched { trigger },
            OrderKind::LimitIfTouched { price, .. } => OrderKind::LimitIfTouched { trigger, price },
            other => other,
        }
    }

    /// What the order is once it woke: a market or a limit order. `at` is its trigger.
    pub fn awake(self, at: Price, tick: Price, side: Side) -> Result<Self, NumberError> {
        Ok(match self {
            OrderKind::StopMarket { .. }
            | OrderKind::MarketIfTouched { .. }
            | OrderKind::TrailingStopMarket { .. } => OrderKind::Market,
            OrderKind::StopLimit { price, .. } | OrderKind::LimitIfTouched { price, .. } => {
                OrderKind::Limit { price }
            }
            OrderKind::TrailingStopLimit { limit, .. } => OrderKind::Limit {
                price: limit.away(at, tick, side)?,
            },
            awake => awake,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn offsets_move_outward_onto_the_grid() {
        let tick = price("0.05");
        let check = |offset: Offset, side, expect: &str| {
            let got = offset.away(price("100"), tick, side).unwrap();
            assert_eq!(got, price(expect), "{offset:?} {side:?}");
        };
        check(Offset::Price(price("0.12")), Side::Sell, "99.85");
        check(Offset::Price(price("0.12")), Side::Buy, "100.15");
        check(Offset::BasisPoints(10), Side::Sell, "99.9");
        check(Offset::BasisPoints(11), Side::Buy, "100.15");
        check(Offset::Ticks(3), Side::Sell, "99.85");
    }

    #[test]
    fn stops_wake_on_a_rise_for_buys_and_touched_orders_the_other_way() {
        let trigger = Trigger::at(price("1"));
        let stop = OrderKind::StopMarket { trigger };
        let touched = OrderKind::MarketIfTouched { trigger };
        assert!(stop.wakes_on_rise(Side::Buy) && !stop.wakes_on_rise(Side::Sell));
        assert!(!touched.wakes_on_rise(Side::Buy) && touched.wakes_on_rise(Side::Sell));
    }

    #[test]
    fn an_order_that_woke_is_a_market_or_a_limit_order() {
        let trail = Trail {
            offset: Offset::Ticks(2),
            activation: None,
            by: TriggerBy::Last,
        };
        let limit = OrderKind::TrailingStopLimit {
            trail,
            limit: Offset::Ticks(1),
        };
        let awake = limit.awake(price("10"), price("0.5"), Side::Sell).unwrap();
        assert_eq!(
            awake,
            OrderKind::Limit {
                price: price("9.5")
            }
        );
    }
}
