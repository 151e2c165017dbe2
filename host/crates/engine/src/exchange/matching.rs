//! How quotes and trades fill orders.
//!
//! * An order that takes liquidity fills at the touch. Market orders larger than the displayed size
//!   fill the rest one tick worse: depth behind the touch is not known and must not be free.
//! * A resting limit order fills in full when the market trades through it, and at its own price by
//!   what is left there otherwise: of the opposite touch for quotes, behind the displayed queue for
//!   trades. What one of our orders takes, the next cannot take again. Of an iceberg only what it
//!   shows fills at its price, once per quote or trade; the next slice goes to the end of the line.
//! * A trigger wakes its order when the price it watches has reached it.
//!
//! These are the most that orders get; what they do get, at what price, the venue's fill model says.

use super::book::{Book, Level};
use super::ladder::Resting;
use super::offers::Offer;
use super::self_match::Reach;
use super::{Desk, Execution, ReportKind, VenueOrder};
use model::{
    Liquidity, Occasion, OrderId, OrderKind, Price, Quantity, Quote, Side, TimeInForce, Timestamp,
    Trade,
};

impl Book {
    pub(crate) fn on_quote(&mut self, quote: &Quote, desk: &mut Desk<'_>) {
        if self.depth.is_some() {
            return;
        }
        (self.quoted, self.finer, self.by_bars) = (true, true, false);
        let bid = Some(Level::new(quote.bid, quote.bid_size));
        self.show(bid, Some(Level::new(quote.ask, quote.ask_size)));
        self.auctions.opened |= self.phase.matches();
        if self.is_idle() || !self.phase.matches() {
            self.reopens &= !self.phase.matches();
            return;
        }
        self.bound_queues(quote.ts_event);
        self.open_at(|side| Some(touch_of(quote, side)), desk);
        self.fill_limits_at_touch(Side::Buy, desk);
        self.fill_limits_at_touch(Side::Sell, desk);
        self.reopens = false;
        self.wake_triggered(desk);
    }

    /// The best price of a side shows at most so much before our orders there, and nothing before
    /// those that are better.
    fn bound_queues(&mut self, ts_event: Timestamp) {
        for (side, level) in [(Side::Buy, self.bid), (Side::Sell, self.ask)] {
            if let Some(Level { price, size, .. }) = level {
                self.resting.bound_queues_to(side, price, size, ts_event);
            }
        }
    }

    fn fill_limits_at_touch(&mut self, side: Side, desk: &mut Desk<'_>) {
        let Some(Level { price: best, .. }) = *self.opposite(side) else {
            return;
        };
        for id in self.resting.up_to(side, best) {
            let (Some(touch), Some(resting)) = (*self.opposite(side), self.resting.get(id)) else {
                continue;
            };
            let price = resting.price;
            let (occasion, quantity) = if price == touch.price {
                (Occasion::Touched, resting.shown.min(touch.left))
            } else {
                (Occasion::Crossed, resting.order.remaining)
            };
            let at = if self.reopens { touch.price } else { price };
            let offer = Offer::to_rest(occasion, at, quantity, price);
            let taken = self.fill_resting(id, &offer, desk);
            if occasion == Occasion::Touched {
                self.consume(side, taken);
            }
        }
    }

    pub(crate) fn on_trade(&mut self, trade: &Trade, desk: &mut Desk<'_>) {
        self.last = Some(trade.price);
        (self.finer, self.by_bars) = (true, false);
        self.auctions.opened |= self.phase.matches();
        if !self.quoted {
            let level = Some(Level::new(trade.price, Quantity::ZERO));
            self.show(level, level);
        }
        if self.is_idle() || !self.phase.matches() {
            self.reopens &= !self.phase.matches();
            return;
        }
        self.open_at(|_| Some(trade.price), desk);
        let mut left = if trade.size.is_zero() {
            Quantity::MAX
        } else {
            trade.size
        };
        if trade.aggressor != Some(Side::Buy) {
            self.fill_limits_by_trade(Side::Buy, trade, &mut left, desk);
        }
        if trade.aggressor != Some(Side::Sell) {
            self.fill_limits_by_trade(Side::Sell, trade, &mut left, desk);
        }
        self.reopens = false;
        self.wake_triggered(desk);
    }

    fn fill_limits_by_trade(
        &mut self,
        side: Side,
        trade: &Trade,
        left: &mut Quantity,
        desk: &mut Desk<'_>,
    ) {
        let traded = trade.price;
        let mut passed = Quantity::ZERO;
        for id in self.resting.up_to(side, traded) {
            let Some(&Resting { order, price, .. }) = self.resting.get(id) else {
                continue;
            };
            if price != traded {
                let at = if self.reopens { traded } else { price };
                let offer = Offer::to_rest(Occasion::Crossed, at, order.remaining, price);
                self.fill_resting(id, &offer, desk);
                continue;
            }
            self.pass_queue(id, trade.ts_event, &mut passed, left);
            let resting = self.resting.get(id);
            let (shown, before) = resting.map_or((Quantity::ZERO, None), |resting| {
                (resting.shown, resting.queue_ahead)
            });
            let offer = Offer {
                queue: before.filter(|_| self.quoted),
                ..Offer::to_rest(Occasion::Traded, price, shown.min(*left), price)
            };
            let taken = self.fill_resting(id, &offer, desk);
            *left = left.saturating_sub(taken);
        }
    }

    /// Lets a trade at the order's price first fill those of others who were there before it.
    /// `passed` is what they got of this trade already, ahead of an earlier order of ours.
    fn pass_queue(
        &mut self,
        id: OrderId,
        ts_event: Timestamp,
        passed: &mut Quantity,
        left: &mut Quantity,
    ) {
        let displayed = |level: Option<Level>| level.map_or(Quantity::ZERO, |level| level.size);
        let (bid, ask, quoted) = (self.bid, self.ask, self.quoted);
        let Some(resting) = self.resting.get_mut(id) else {
            return;
        };
        let at_touch = match resting.order.side {
            Side::Buy => displayed(bid),
            Side::Sell => displayed(ask),
        };
        let unknown = if quoted { at_touch } else { Quantity::ZERO };
        let ahead = resting.ahead_of_trade(ts_event).unwrap_or(unknown);
        let now = ahead.saturating_sub(*passed).min(*left);
        *left = left.saturating_sub(now);
        // Both are parts of one trade, so their sum fits.
        *passed = passed.checked_add(now).unwrap_or(Quantity::MAX);
        resting.trade_left(ahead.saturating_sub(*passed), ts_event);
    }

    /// Lets a marketable limit order take what the touch has, or the levels up to its limit.
    pub(crate) fn take_up_to(&mut self, order: &mut VenueOrder, limit: Price, desk: &mut Desk<'_>) {
        self.take_shown(order, Some(limit), desk);
    }

    /// Lets an order take what is shown: level by level where there is depth, else at the touch.
    fn take_shown(&mut self, order: &mut VenueOrder, limit: Option<Price>, desk: &mut Desk<'_>) {
        if let Some(levels) = self.levels_within(order.side, limit, order.remaining) {
            let worst = levels.last().map(|(price, _)| *price);
            if let (TimeInForce::Fok, Some(worst)) = (order.time_in_force, worst) {
                // All or nothing, so whom it would meet later is met before it takes anything.
                self.meet_own(order, Reach::Before(worst), desk);
            }
            for (price, quantity) in levels {
                self.meet_own(order, Reach::Before(price), desk);
                let offer = Offer::to_take(price, quantity.min(order.remaining), limit);
                let taken = self.take(order, &offer, desk);
                self.take_level(order.side, price, taken);
            }
            if let Some(worst) = worst {
                self.meet_own(order, Reach::To(worst), desk);
            }
            return;
        }
        if let Some(touch) = *self.opposite(order.side) {
            self.meet_own(order, Reach::Before(touch.price), desk);
            let quantity = order.remaining.min(touch.left);
            let offer = Offer::to_take(touch.price, quantity, limit);
            let taken = self.take(order, &offer, desk);
            self.consume(order.side, taken);
            self.meet_own(order, Reach::To(touch.price), desk);
        }
    }

    /// Fills all of a market order: what is shown, and without depth the rest from behind it. What is
    /// behind known depth is not known, so the rest is cancelled there, and so is a fill-or-kill
    /// order that asks for more than is displayed.
    pub(crate) fn execute_market(&mut self, mut order: VenueOrder, desk: &mut Desk<'_>) {
        self.trim(&mut order, desk);
        let Some(touch) = (*self.opposite(order.side)).filter(|_| !self.lacks(&order, None)) else {
            return desk.report(&order, ReportKind::Canceled);
        };
        self.take_shown(&mut order, None, desk);
        if self.depth.is_none() && order.time_in_force != TimeInForce::Ioc {
            let offer = Offer {
                occasion: Occasion::Beyond,
                ..Offer::to_take(touch.price, order.remaining, None)
            };
            self.take(&mut order, &offer, desk);
        }
        if !order.remaining.is_zero() {
            desk.report(&order, ReportKind::Canceled);
        }
    }

    /// Takes what the touch has and lets the rest rest at the price of the touch.
    pub(crate) fn execute_to_limit(&mut self, mut order: VenueOrder, desk: &mut Desk<'_>) {
        let Some(touch) = (*self.opposite(order.side)).filter(|_| !self.lacks(&order, None)) else {
            return desk.report(&order, ReportKind::Canceled);
        };
        if order.time_in_force.rests() {
            desk.report(&order, ReportKind::Accepted);
        }
        self.trim(&mut order, desk);
        self.take_up_to(&mut order, touch.price, desk);
        if order.remaining.is_zero() {
            return;
        }
        if !order.time_in_force.rests() {
            return desk.report(&order, ReportKind::Canceled);
        }
        order.kind = OrderKind::Limit { price: touch.price };
        self.report_terms(&order, false, desk);
        self.rest(order, touch.price, desk);
    }

    fn consume(&mut self, side: Side, quantity: Quantity) {
        if let Some(level) = self.opposite(side)
            && level.left != Quantity::MAX
        {
            level.left = level.left.saturating_sub(quantity);
        }
    }

    /// Lets a resting order get what it can of an offer; how much that is. It leaves the book when
    /// nothing remains, and goes to the end of its line when it has shown its next slice.
    pub(crate) fn fill_resting(
        &mut self,
        id: OrderId,
        offer: &Offer,
        desk: &mut Desk<'_>,
    ) -> Quantity {
        let Some(&Resting {
            mut order,
            price: limit,
            shown,
            ..
        }) = self.resting.get(id)
        else {
            return Quantity::ZERO;
        };
        let Some(answer) = self.ask(&order, offer, desk) else {
            return Quantity::ZERO;
        };
        let quantity = answer.quantity;
        self.fill(&mut order, answer.price, quantity, Liquidity::Maker, desk);
        if order.remaining.is_zero() {
            self.take_out(id);
        } else if shown <= quantity {
            self.take_out(id);
            self.rest(order, limit, desk);
        } else if let Some(resting) = self.resting.get_mut(id) {
            resting.order = order;
            resting.shown = shown.saturating_sub(quantity);
        }
        quantity
    }

    /// Executes `quantity` at `price` and reports it. Amounts beyond what can be counted, and fees
    /// that cannot be told, end the order, and a reduce-only order ends where nothing is left to
    /// reduce.
    pub(crate) fn fill(
        &mut self,
        order: &mut VenueOrder,
        price: Price,
        quantity: Quantity,
        liquidity: Liquidity,
        desk: &mut Desk<'_>,
    ) {
        if quantity.is_zero() {
            return;
        }
        let quantity = self.allowed(order, quantity);
        let value = price.notional(quantity, self.multiplier).ok();
        let value = value.filter(|_| !quantity.is_zero());
        let priced = value.and_then(|value| {
            let fee = self.charge(order, (price, quantity, value), liquidity, desk)?;
            Some((value, fee))
        });
        let Some((value, fee)) = priced else {
            order.remaining = Quantity::ZERO;
            return desk.report(order, ReportKind::Canceled);
        };
        order.remaining = order.remaining.saturating_sub(quantity);
        let id = desk.next_execution();
        let execution = Execution {
            id,
            price,
            quantity,
            value,
            fee,
            liquidity,
        };
        desk.report(order, ReportKind::Filled(execution));
        self.owned.count(order.holder(), order.side, quantity);
        self.shrink(order.holder(), Some(order.id), desk);
    }

    /// As much of a fill as the order's promise to reduce leaves.
    fn allowed(&self, order: &VenueOrder, quantity: Quantity) -> Quantity {
        if order.reduce_only {
            quantity.min(self.owned.closable(order.holder(), order.side))
        } else {
            quantity
        }
    }
}

fn touch_of(quote: &Quote, side: Side) -> Price {
    match side {
        Side::Buy => quote.ask,
        Side::Sell => quote.bid,
    }
}
