//! Orders on the book: they wake at their trigger and fill, in one part or several.

use super::orders::reaches;
use super::{Executed, FakeVenue, HeldOrder, execution_name};
use model::{
    Liquidity, OrderKind, Price, Quantity, Side, TimeInForce, VenueExecution, VenueOrderStatus,
    VenueReportKind,
};

impl FakeVenue {
    /// Lets an order meet a market that trades at `price`.
    pub(super) fn work(&mut self, number: u64, price: Price) {
        self.wake(number, price);
        let Some(order) = self.orders.get(&number).filter(|order| !order.is_asleep()) else {
            return;
        };
        let kind = kind_now(order);
        let (side, limit) = (order.side, kind.price());
        let near = self.is_near(order, price);
        let at = if reaches(side, kind, price) {
            price
        } else if let Some(limit) = limit.filter(|_| near && self.dice.chance(1, 10)) {
            // Somebody comes to it.
            limit
        } else {
            return;
        };
        self.fill(number, at);
    }

    fn wake(&mut self, number: u64, price: Price) {
        let Some(order) = self
            .orders
            .get_mut(&number)
            .filter(|order| order.is_asleep())
        else {
            return;
        };
        let Some(trigger) = order.kind.trigger() else {
            return;
        };
        let reached = if order.kind.wakes_on_rise(order.side) {
            price >= trigger.price
        } else {
            price <= trigger.price
        };
        if reached {
            order.status = VenueOrderStatus::Triggered;
            self.report(number, VenueReportKind::Triggered);
            self.tick();
        }
    }

    /// Whether an order rests within five ticks of the market and is one that rests.
    fn is_near(&self, order: &HeldOrder, price: Price) -> bool {
        let Some((listing, _)) = self.listing(order.instrument) else {
            return false;
        };
        let limit = kind_now(order).price();
        let distance = limit.map(|limit| limit.raw().abs_diff(price.raw()));
        let near = distance.is_some_and(|far| far <= listing.tick.raw().unsigned_abs() * 5);
        near && order.time_in_force.rests()
    }

    fn fill(&mut self, number: u64, price: Price) {
        let parts = 1 + self.dice.below(3);
        for part in 1..=parts {
            let Some(order) = self.orders.get(&number) else {
                return;
            };
            let (instrument, possible) = (order.instrument, self.possible(order));
            if possible.is_zero() {
                // What may only reduce has nothing left to reduce.
                self.tick();
                self.close(number, VenueOrderStatus::Canceled);
                return self.report(number, VenueReportKind::Canceled);
            }
            let whole = order.time_in_force == TimeInForce::Fok
                || (part == parts && kind_now(order) == OrderKind::Market)
                || (part == parts && !self.dice.chance(1, 3));
            let quantity = if whole {
                possible
            } else {
                self.some_of(instrument, possible)
            };
            self.execute(number, price, quantity);
            if !self.open.contains(&number) {
                return;
            }
        }
        self.limit_what_is_left(number, price);
    }

    /// What the market leaves of a market-to-limit order becomes a limit order at its price.
    fn limit_what_is_left(&mut self, number: u64, price: Price) {
        let Some(order) = self.orders.get_mut(&number) else {
            return;
        };
        if order.kind == OrderKind::MarketToLimit {
            order.kind = OrderKind::Limit { price };
            let terms = order.terms();
            self.tick();
            self.report(number, VenueReportKind::Updated(terms));
        }
    }

    /// How much of an order may fill now.
    fn possible(&self, order: &HeldOrder) -> Quantity {
        let remaining = order.remaining();
        if !order.reduce_only {
            return remaining;
        }
        let key = (order.account, order.instrument);
        let held = self.positions.get(&key).copied().unwrap_or(0);
        let reducible = match order.side {
            Side::Buy => -held,
            Side::Sell => held,
        };
        let reducible = u64::try_from(reducible.max(0)).unwrap_or(u64::MAX);
        remaining.min(Quantity::from_raw(reducible))
    }

    /// A part of a quantity, in whole lots, at least one.
    fn some_of(&mut self, instrument: model::InstrumentId, quantity: Quantity) -> Quantity {
        let lot = self
            .listings
            .get(&instrument)
            .map_or(1, |each| each.lot.raw());
        let lots = quantity.raw() / lot.max(1);
        let some = 1 + self.dice.below(lots.max(1));
        Quantity::from_raw(some * lot).min(quantity)
    }

    fn execute(&mut self, number: u64, price: Price, quantity: Quantity) {
        self.tick();
        let nth = self.executions.len() + 1;
        let Some(id) = execution_name(nth) else {
            return;
        };
        let now = self.now;
        let Some(order) = self.orders.get_mut(&number) else {
            return;
        };
        let takes = order.kind.price().is_none();
        let execution = VenueExecution {
            id,
            revision: 0,
            instrument: order.instrument,
            side: order.side,
            price,
            quantity,
            fee: None,
            liquidity: if takes {
                Liquidity::Taker
            } else {
                Liquidity::Maker
            },
        };
        let signed = order.side.signed(quantity).raw();
        let key = (order.account, order.instrument);
        *self.positions.entry(key).or_default() += signed;
        order.filled = order.filled.checked_add(quantity).unwrap_or(order.filled);
        let full = order.remaining().is_zero();
        let executed = Executed {
            account: order.account,
            number,
            order: order.order,
            execution: execution.clone(),
            busted: false,
            made: now,
            revised: now,
        };
        self.executions.push(executed);
        if self.lies_from == Some(nth as u64) {
            *self.positions.entry(key).or_default() += signed;
        }
        if full {
            self.close(number, VenueOrderStatus::Filled);
        }
        self.report(number, VenueReportKind::Filled(execution));
    }
}

/// The type an order has at the moment: what woke is what it became.
fn kind_now(order: &HeldOrder) -> OrderKind {
    match order.kind {
        OrderKind::StopMarket { .. } | OrderKind::MarketIfTouched { .. } if !order.is_asleep() => {
            OrderKind::Market
        }
        OrderKind::StopLimit { price, .. } | OrderKind::LimitIfTouched { price, .. }
            if !order.is_asleep() =>
        {
            OrderKind::Limit { price }
        }
        kind => kind,
    }
}
