//! One instrument's top of book, the orders resting on it, and how orders come and go.

use super::ladder::{LadderKind, Ladders};
use super::{Desk, ReportKind, VenueOrder};
use crate::input::Slippage;
use model::{
    Fees, Instrument, InstrumentId, OrderId, OrderKind, Price, Quantity, Side, TimeInForce,
};

/// The best price of one side and what is left to take there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) price: Price,
    /// [`Quantity::MAX`] when the source gives no sizes.
    pub(crate) left: Quantity,
    /// Size as displayed.
    pub(crate) size: Quantity,
}

impl Level {
    pub(crate) fn new(price: Price, size: Quantity) -> Self {
        let left = if size.is_zero() { Quantity::MAX } else { size };
        Self { price, left, size }
    }
}

/// A simulated book fed by quotes, trades or bars.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) instrument: InstrumentId,
    pub(crate) tick: Price,
    pub(crate) multiplier: Quantity,
    pub(crate) fees: Fees,
    pub(crate) slippage: Slippage,
    pub(crate) bid: Option<Level>,
    pub(crate) ask: Option<Level>,
    /// Whether quotes were ever seen; then trades no longer move the touch.
    pub(crate) quoted: bool,
    pub(crate) resting: Ladders,
}

impl Book {
    pub(crate) fn new(id: InstrumentId, instrument: &Instrument, slippage: Slippage) -> Self {
        Self {
            instrument: id,
            tick: instrument.tick,
            multiplier: instrument.multiplier,
            fees: instrument.fees,
            slippage,
            bid: None,
            ask: None,
            quoted: false,
            resting: Ladders::default(),
        }
    }

    /// The level an order of `side` takes from.
    pub(crate) fn opposite(&mut self, side: Side) -> &mut Option<Level> {
        match side {
            Side::Buy => &mut self.ask,
            Side::Sell => &mut self.bid,
        }
    }

    pub(crate) fn remaining(&self, order: OrderId) -> Option<Quantity> {
        self.resting
            .get(order)
            .map(|resting| resting.order.remaining)
    }

    pub(crate) fn insert(&mut self, order: VenueOrder, desk: &mut Desk<'_>) {
        let Some(touch) = *self.opposite(order.side) else {
            // Nothing is known about this market yet; nobody would quote against the order.
            return desk.report(&order, ReportKind::Rejected);
        };
        match order.kind {
            OrderKind::Market => self.execute_market(order, desk),
            OrderKind::Limit { price } => {
                self.insert_limit(
                    order,
                    price,
                    is_within(touch.price, price, order.side),
                    desk,
                );
            }
            OrderKind::StopMarket { trigger } => {
                desk.report(&order, ReportKind::Accepted);
                if is_triggered(touch.price, trigger, order.side) {
                    desk.report(&order, ReportKind::Triggered);
                    self.execute_market(order, desk);
                } else {
                    self.resting.add(order, None);
                }
            }
        }
    }

    fn insert_limit(
        &mut self,
        mut order: VenueOrder,
        price: Price,
        marketable: bool,
        desk: &mut Desk<'_>,
    ) {
        let rests = matches!(order.time_in_force, TimeInForce::Gtc | TimeInForce::Day);
        let nothing_to_take = !marketable || self.lacks(&order);
        if !rests && nothing_to_take {
            return desk.report(&order, ReportKind::Canceled);
        }
        if rests {
            desk.report(&order, ReportKind::Accepted);
        }
        if marketable {
            self.take_touch(&mut order, desk);
        }
        if order.remaining.is_zero() {
            return;
        }
        if rests {
            let queue_ahead = self.queue_at(order.side, price);
            self.resting.add(order, queue_ahead);
        } else {
            desk.report(&order, ReportKind::Canceled);
        }
    }

    /// Whether a fill-or-kill order asks for more than is displayed.
    pub(crate) fn lacks(&mut self, order: &VenueOrder) -> bool {
        order.time_in_force == TimeInForce::Fok
            && self
                .opposite(order.side)
                .is_none_or(|level| level.left < order.remaining)
    }

    /// Displayed size before a new order at `price`: known at the touch, none when it improves it.
    fn queue_at(&self, side: Side, price: Price) -> Option<Quantity> {
        let own = match side {
            Side::Buy => self.bid,
            Side::Sell => self.ask,
        };
        let level = own.filter(|_| self.quoted)?;
        if price == level.price {
            Some(level.size)
        } else if is_within(level.price, price, side) {
            Some(Quantity::ZERO)
        } else {
            None
        }
    }

    pub(crate) fn cancel(&mut self, order: OrderId, desk: &mut Desk<'_>) {
        match self.resting.remove(order) {
            Some(order) => desk.report(&order, ReportKind::Canceled),
            None => desk.report_on(order, self.instrument, ReportKind::CancelRejected),
        }
    }

    pub(crate) fn expire(&mut self, order: OrderId, desk: &mut Desk<'_>) {
        if let Some(order) = self.resting.remove(order) {
            desk.report(&order, ReportKind::Expired);
        }
    }

    /// The order of a ladder that is next in line, if the market at `price` has reached it.
    pub(crate) fn reached(&self, kind: LadderKind, price: Price) -> Option<(Price, OrderId)> {
        let (level, _, order) = self.resting.first(kind)?;
        let reached = if kind.reached_by_rise() {
            level <= price
        } else {
            level >= price
        };
        reached.then_some((level, order))
    }
}

/// Whether a market at `touch` satisfies a limit of `price`.
pub(crate) fn is_within(touch: Price, price: Price, side: Side) -> bool {
    match side {
        Side::Buy => touch <= price,
        Side::Sell => touch >= price,
    }
}

/// Whether a market at `touch` has reached a stop's trigger.
fn is_triggered(touch: Price, trigger: Price, side: Side) -> bool {
    match side {
        Side::Buy => touch >= trigger,
        Side::Sell => touch <= trigger,
    }
}
