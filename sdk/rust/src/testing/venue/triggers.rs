//! Orders that wait for a price, at the venue or held back by the host.

use crate::testing::market::Market;
use crate::testing::{Harness, SentOrder};
use crate::{
    Instrument, Offset, OrderChange, OrderId, OrderKind, OrderStatus, Price, Side, Strategy,
};

impl<S: Strategy> Harness<S> {
    /// Lets a trail follow, and wakes the order if its trigger is reached.
    pub(super) fn check_trigger(&mut self, order: OrderId, market: &Market) {
        self.follow(order, market);
        let sent = self.sent(order);
        let (kind, side) = (sent.kind(), sent.order.side);
        let by = match (kind.trigger(), kind.trail()) {
            (Some(trigger), _) => trigger.by,
            (None, Some(trail)) => trail.by,
            (None, None) => return,
        };
        let (Some(trigger), Some(at)) = (sent.trigger, market.watched(by, side)) else {
            return;
        };
        let reached = if wakes_on_rise(kind, side) {
            at >= trigger
        } else {
            at <= trigger
        };
        if reached {
            self.wake(&sent, trigger);
        }
    }

    /// Moves the trigger of an order that trails, and tells.
    fn follow(&mut self, order: OrderId, market: &Market) {
        let sent = self.sent(order);
        let side = sent.order.side;
        let Some(trail) = sent.kind().trail() else {
            return;
        };
        let Some(at) = market.watched(trail.by, side) else {
            return;
        };
        let follows = sent.progress.follows
            || trail.activation.is_none_or(|from| match side {
                Side::Sell => at >= from,
                Side::Buy => at <= from,
            });
        self.sent_mut(order).progress.follows = follows;
        let Some(behind) = self.away(&sent, trail.offset, at).filter(|_| follows) else {
            return;
        };
        let better = sent.trigger.is_none_or(|trigger| match side {
            Side::Sell => behind > trigger,
            Side::Buy => behind < trigger,
        });
        if better {
            self.sent_mut(order).trigger = Some(behind);
            self.tell_update(order, sent.status);
        }
    }

    /// Makes a market or limit order of one whose trigger was reached.
    fn wake(&mut self, sent: &SentOrder, trigger: Price) {
        let kind = match sent.kind() {
            OrderKind::StopLimit { price, .. } | OrderKind::LimitIfTouched { price, .. } => {
                OrderKind::Limit { price }
            }
            OrderKind::TrailingStopLimit { limit, .. } => match self.away(sent, limit, trigger) {
                Some(price) => OrderKind::Limit { price },
                None => return self.cancel_now(sent.id),
            },
            _ => OrderKind::Market,
        };
        let known = sent.kind().price() == kind.price();
        let woken = self.sent_mut(sent.id);
        woken.trigger = None;
        woken.progress.woken = Some(kind);
        self.tell(sent.id, OrderChange::Triggered, OrderStatus::Triggered);
        if !known {
            self.tell_update(sent.id, OrderStatus::Triggered);
        }
        if self.would_take(&self.sent(sent.id)) {
            return self.reject_now(sent.id);
        }
        self.work(sent.id, false);
    }

    /// Begins to wait for the price that lets a held order go: from where the market is now.
    pub(super) fn start_to_wait(&mut self, order: OrderId) {
        let sent = self.sent(order);
        let Some(trigger) = sent.order.terms.hold else {
            return self.release_now(order);
        };
        let market = self.market(sent.order.instrument);
        let at = market.and_then(|market| market.watched(trigger.by, sent.order.side));
        let below = at.is_none_or(|at| at < trigger.price);
        self.sent_mut(order).progress.held_below = Some(below);
        self.check_held(order);
    }

    /// Lets a held order go if the price it waits for is reached.
    pub(super) fn check_held(&mut self, order: OrderId) {
        let sent = self.sent(order);
        let (Some(trigger), Some(below)) = (sent.order.terms.hold, sent.progress.held_below) else {
            return;
        };
        let market = self.market(sent.order.instrument);
        let at = market.and_then(|market| market.watched(trigger.by, sent.order.side));
        let reached = |at| {
            if below {
                at >= trigger.price
            } else {
                at <= trigger.price
            }
        };
        if at.is_some_and(reached) {
            self.release_now(order);
        }
    }

    fn release_now(&mut self, order: OrderId) {
        self.sent_mut(order).progress.held_below = None;
        self.tell(order, OrderChange::Released, OrderStatus::Released);
        self.tell(order, OrderChange::Submitted, OrderStatus::Submitted);
        self.arrive(order);
    }

    /// `from` moved by an offset to where a stop of the order's side lies, outward onto the grid.
    fn away(&self, sent: &SentOrder, offset: Offset, from: Price) -> Option<Price> {
        let instrument = self.setup.instrument_of(sent.order.instrument)?;
        let price = away(instrument, offset, from, sent.order.side)?;
        (price > Price::ZERO).then_some(price)
    }
}

fn away(instrument: &Instrument, offset: Offset, from: Price, side: Side) -> Option<Price> {
    let distance = match offset {
        Offset::Price(price) => price,
        Offset::Ticks(ticks) => instrument.tick.checked_mul(i64::from(ticks))?,
        // Rounded up: a stop is never nearer than asked for.
        Offset::BasisPoints(points) => {
            let exact = i128::from(from.raw()) * i128::from(points);
            Price::from_raw(i64::try_from((exact + 9_999).div_euclid(10_000)).ok()?)
        }
    };
    Some(match side {
        Side::Sell => from.checked_sub(distance)?.floor(instrument.tick),
        Side::Buy => from.checked_add(distance)?.ceil(instrument.tick),
    })
}

/// Whether the market must rise to the trigger for an order to wake.
const fn wakes_on_rise(kind: OrderKind, side: Side) -> bool {
    let touched = matches!(
        kind,
        OrderKind::MarketIfTouched { .. } | OrderKind::LimitIfTouched { .. }
    );
    matches!(side, Side::Buy) != touched
}
