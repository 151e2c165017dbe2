//! One instrument's top of book, the orders resting on it, and how orders come and go.

use super::auction::{Auctions, Phase};
use super::depth::Depth;
use super::ladder::Ladders;
use super::offers::Visits;
use super::reduce_only::Owned;
use super::references::References;
use super::self_match::Reach;
use super::waiting::Waiting;
use super::{Desk, ReportKind, Terms, VenueOrder};
use crate::journal::codec::fields;
use model::{
    Fees, Instrument, InstrumentId, MarkPrice, OrderId, OrderKind, Price, Quantity, Side,
    TimeInForce,
};
use std::collections::BTreeMap;

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
    pub(crate) lot: Quantity,
    pub(crate) multiplier: Quantity,
    /// Fees that no order here exceeds.
    pub(crate) ceiling: Fees,
    pub(crate) bid: Option<Level>,
    pub(crate) ask: Option<Level>,
    pub(crate) visits: Visits,
    /// What is behind the touch, where the venue publishes that. It then decides alone about the
    /// touch; quotes are not looked at.
    pub(crate) depth: Option<Box<Depth>>,
    pub(crate) last: Option<Price>,
    mark: Option<Price>,
    index: Option<Price>,
    /// Whether quotes were ever seen; then trades no longer move the touch.
    pub(crate) quoted: bool,
    /// Whether finished bars are what the market is known by.
    pub(crate) by_bars: bool,
    /// Whether quotes or trades were ever seen; then bars are made of them and match nothing.
    pub(crate) finer: bool,
    pub(crate) phase: Phase,
    /// Whether the market opens anew, its first price still to come.
    pub(crate) reopens: bool,
    pub(crate) resting: Ladders,
    /// Orders that wait for a trigger, and what each waits for.
    pub(crate) asleep: BTreeMap<OrderId, VenueOrder>,
    pub(crate) waiting: Waiting,
    pub(crate) auctions: Auctions,
    pub(crate) owned: Owned,
    pub(crate) arrivals: u64,
}

impl Book {
    pub(crate) fn new(id: InstrumentId, instrument: &Instrument, ceiling: Fees) -> Self {
        Self {
            instrument: id,
            tick: instrument.tick,
            lot: instrument.lot,
            multiplier: instrument.multiplier,
            ceiling,
            bid: None,
            ask: None,
            visits: Visits::default(),
            depth: None,
            last: None,
            mark: None,
            index: None,
            quoted: false,
            by_bars: false,
            finer: false,
            phase: Phase::default(),
            reopens: false,
            resting: Ladders::default(),
            asleep: BTreeMap::new(),
            waiting: Waiting::default(),
            auctions: Auctions::default(),
            owned: Owned::default(),
            arrivals: 0,
        }
    }

    /// Sets the best levels.
    pub(crate) fn show(&mut self, bid: Option<Level>, ask: Option<Level>) {
        let price = |level: Option<Level>| level.map(|level| level.price);
        let moved = |from, to| price(from) != price(to);
        self.visits
            .count(moved(self.bid, bid), moved(self.ask, ask));
        (self.bid, self.ask) = (bid, ask);
    }

    /// The level an order of `side` takes from.
    pub(crate) fn opposite(&mut self, side: Side) -> &mut Option<Level> {
        match side {
            Side::Buy => &mut self.ask,
            Side::Sell => &mut self.bid,
        }
    }

    /// Whether no order of ours is here.
    pub(crate) fn is_idle(&self) -> bool {
        self.resting.is_empty() && self.asleep.is_empty() && self.auctions.is_empty()
    }

    pub(crate) fn references(&self) -> References {
        References {
            bid: self.bid.map(|level| level.price),
            ask: self.ask.map(|level| level.price),
            last: self.last,
            mark: self.mark,
            index: self.index,
        }
    }

    /// Changes last, mark and index alike.
    pub(crate) fn scale_prices(&mut self, scaled: impl Fn(Price) -> Option<Price>) {
        for price in [&mut self.last, &mut self.mark, &mut self.index] {
            *price = price.and_then(&scaled);
        }
    }

    pub(crate) fn remaining(&self, order: OrderId) -> Option<Quantity> {
        self.find(order).map(|order| order.remaining)
    }

    /// An order of ours, wherever it waits.
    pub(crate) fn find(&self, order: OrderId) -> Option<&VenueOrder> {
        let resting = self.resting.get(order).map(|resting| &resting.order);
        resting
            .or_else(|| self.asleep.get(&order))
            .or_else(|| self.auctions.get(order))
    }

    /// Takes an order out, wherever it waits.
    pub(crate) fn take_out(&mut self, id: OrderId) -> Option<VenueOrder> {
        self.waiting.remove(id);
        let order = self
            .resting
            .remove(id)
            .or_else(|| self.asleep.remove(&id))
            .or_else(|| self.auctions.remove(id))?;
        self.owned.forget(id);
        Some(order)
    }

    /// Forgets the best prices, because the market opens anew.
    pub(crate) fn forget_touch(&mut self) {
        self.show(None, None);
        self.reopens = true;
        // A book that was kept up all the time is as good as before.
        self.show_top();
    }

    /// Whether the venue has a use for an order now: somebody quotes against it, or it can wait for
    /// the first price of a market that opens.
    fn has_use_for(&mut self, order: &VenueOrder) -> bool {
        let at_once = matches!(order.kind, OrderKind::Market | OrderKind::MarketToLimit);
        let can_wait = order.time_in_force.rests() && !at_once;
        match &self.depth {
            Some(depth) if !depth.is_known() => false,
            Some(_) => self.opposite(order.side).is_some() || can_wait,
            None => self.opposite(order.side).is_some() || (self.reopens && can_wait),
        }
    }

    pub(crate) fn insert(&mut self, order: VenueOrder, desk: &mut Desk<'_>) {
        let late = matches!(order.time_in_force, TimeInForce::Gtd(until) if until <= desk.now);
        let reduces_nothing =
            order.reduce_only && self.owned.closable(order.holder(), order.side).is_zero();
        if late || reduces_nothing {
            return desk.report(&order, ReportKind::Rejected);
        }
        if order.time_in_force.is_auction() {
            return self.insert_for_auction(order, desk);
        }
        if !self.phase.matches() || !self.has_use_for(&order) {
            return desk.report(&order, ReportKind::Rejected);
        }
        match order.kind {
            OrderKind::Market => self.execute_market(order, desk),
            OrderKind::MarketToLimit => self.execute_to_limit(order, desk),
            OrderKind::Limit { price } => self.insert_limit(order, price, desk),
            _ => self.put_to_sleep(order, desk),
        }
    }

    fn insert_limit(&mut self, order: VenueOrder, price: Price, desk: &mut Desk<'_>) {
        let rests = order.time_in_force.rests();
        let marketable = self.is_marketable(order.side, price);
        if order.post_only && (marketable || !rests) {
            return desk.report(&order, ReportKind::Rejected);
        }
        if !rests && (!marketable || self.lacks(&order, Some(price))) {
            return desk.report(&order, ReportKind::Canceled);
        }
        if rests {
            desk.report(&order, ReportKind::Accepted);
        }
        self.work_limit(order, price, desk);
    }

    /// Takes what a limit order can take and lets the rest rest, or ends it.
    pub(crate) fn work_limit(&mut self, mut order: VenueOrder, price: Price, desk: &mut Desk<'_>) {
        if self.is_marketable(order.side, price) {
            self.trim(&mut order, desk);
            self.take_up_to(&mut order, price, desk);
        }
        self.meet_own(&mut order, Reach::To(price), desk);
        if order.remaining.is_zero() {
            return;
        }
        if order.time_in_force.rests() {
            self.rest(order, price, desk);
        } else {
            desk.report(&order, ReportKind::Canceled);
        }
    }

    /// Puts an order at the end of the line at its price.
    pub(crate) fn rest(&mut self, order: VenueOrder, price: Price, desk: &mut Desk<'_>) {
        let queue_ahead = self.queue_at(order.side, price);
        let arrival = self.next_arrival();
        self.resting.add(order, price, queue_ahead, arrival);
        self.keep_reducing(&order, desk);
    }

    pub(crate) fn next_arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    /// Whether a limit of `price` would take what the other side has.
    pub(crate) fn is_marketable(&mut self, side: Side, price: Price) -> bool {
        self.opposite(side)
            .is_some_and(|touch| is_within(touch.price, price, side))
    }

    /// Whether a fill-or-kill order asks for more than is displayed within its limit.
    pub(crate) fn lacks(&mut self, order: &VenueOrder, limit: Option<Price>) -> bool {
        if order.time_in_force != TimeInForce::Fok {
            return false;
        }
        let wanted = order.remaining;
        self.depth_lacks(order.side, limit, wanted)
            .unwrap_or_else(|| {
                let touch = self.opposite(order.side);
                touch.is_none_or(|level| level.left < wanted)
            })
    }

    /// Displayed size before a new order at `price`: known with depth; without, known at the touch,
    /// and none when the order improves it.
    fn queue_at(&self, side: Side, price: Price) -> Option<Quantity> {
        if let Some(depth) = &self.depth {
            return depth.is_known().then(|| depth.shown(side, price));
        }
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
        match self.take_out(order) {
            Some(order) => desk.report(&order, ReportKind::Canceled),
            None => desk.report_on(order, self.instrument, ReportKind::CancelRejected),
        }
    }

    pub(crate) fn expire(&mut self, order: OrderId, desk: &mut Desk<'_>) {
        if let Some(order) = self.take_out(order) {
            desk.report(&order, ReportKind::Expired);
        }
    }

    pub(crate) fn on_mark(&mut self, mark: &MarkPrice, desk: &mut Desk<'_>) {
        self.mark = mark.mark.or(self.mark);
        self.index = mark.index.or(self.index);
        if self.phase.matches() {
            self.wake_triggered(desk);
        }
    }

    /// What the venue says of an order as it is now.
    pub(crate) fn report_terms(&self, order: &VenueOrder, answers: bool, desk: &mut Desk<'_>) {
        let terms = Terms {
            quantity: order.quantity,
            kind: order.kind,
            trigger: self.waiting.trigger_of(order.id),
            answers,
        };
        desk.report(order, ReportKind::Updated(terms));
    }
}

/// Whether a market at `touch` satisfies a limit of `price`.
pub(crate) fn is_within(touch: Price, price: Price, side: Side) -> bool {
    match side {
        Side::Buy => touch <= price,
        Side::Sell => touch >= price,
    }
}

fields! {
    Level { price, left, size }
    Book {
        instrument, tick, lot, multiplier, ceiling, bid, ask, visits, depth, last, mark, index,
        quoted, by_bars, finer, phase, reopens, resting, asleep, waiting, auctions, owned,
        arrivals,
    }
}
