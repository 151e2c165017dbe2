//! How quotes and trades fill orders.
//!
//! * An order that takes liquidity fills at the touch. Market orders larger than the displayed size
//!   fill the rest one tick worse: depth behind the touch is not known and must not be free.
//! * A resting limit order fills in full when the market trades through it, and at its own price by
//!   what is left there otherwise: of the opposite touch for quotes, behind the displayed queue for
//!   trades. What one of our orders takes, the next cannot take again. Of an iceberg only what it
//!   shows fills at its price, once per quote or trade; the next slice goes to the end of the line.
//! * A trigger wakes its order when the price it watches has reached it.

use super::book::{Book, Level};
use super::fees::fee;
use super::ladder::Resting;
use super::slippage::{slipped, worse_by};
use super::{Desk, Execution, ReportKind, VenueOrder};
use model::{
    Liquidity, OrderId, OrderKind, Price, Quantity, Quote, Side, TimeInForce, Timestamp, Trade,
};

impl Book {
    pub(crate) fn on_quote(&mut self, quote: &Quote, desk: &mut Desk<'_>) {
        if self.depth.is_some() {
            return;
        }
        (self.quoted, self.finer, self.by_bars) = (true, true, false);
        self.bid = Some(Level::new(quote.bid, quote.bid_size));
        self.ask = Some(Level::new(quote.ask, quote.ask_size));
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
            let through = price != touch.price;
            let quantity = if through {
                resting.order.remaining
            } else {
                resting.shown.min(touch.left)
            };
            if quantity.is_zero() {
                continue;
            }
            if !through {
                self.consume(side, quantity);
            }
            let at = if self.reopens { touch.price } else { price };
            self.fill_resting(id, at, quantity, desk);
        }
    }

    pub(crate) fn on_trade(&mut self, trade: &Trade, desk: &mut Desk<'_>) {
        self.last = Some(trade.price);
        (self.finer, self.by_bars) = (true, false);
        self.auctions.opened |= self.phase.matches();
        if !self.quoted {
            self.bid = Some(Level::new(trade.price, Quantity::ZERO));
            self.ask = self.bid;
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
                self.fill_resting(id, at, order.remaining, desk);
                continue;
            }
            self.pass_queue(id, trade.ts_event, &mut passed, left);
            let shown = self.resting.get(id).map(|resting| resting.shown);
            let taken = shown.unwrap_or_default().min(*left);
            *left = left.saturating_sub(taken);
            if !taken.is_zero() {
                self.fill_resting(id, price, taken, desk);
            }
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

    /// Fills a marketable limit order with what the touch has, or the levels up to its limit.
    pub(crate) fn take_up_to(&mut self, order: &mut VenueOrder, limit: Price, desk: &mut Desk<'_>) {
        let Some(touch) = *self.opposite(order.side) else {
            return;
        };
        if let Some(got) = self.walk_depth(order.side, Some(limit), order.remaining) {
            for (price, quantity) in got {
                self.fill(order, price, quantity, Liquidity::Taker, desk);
            }
            return;
        }
        let quantity = order.remaining.min(touch.left);
        self.consume(order.side, quantity);
        self.fill(order, touch.price, quantity, Liquidity::Taker, desk);
    }

    /// Fills all of a market order: the displayed size at the touch, the rest one tick worse.
    /// A fill-or-kill order that asks for more than is displayed is cancelled.
    pub(crate) fn execute_market(&mut self, mut order: VenueOrder, desk: &mut Desk<'_>) {
        self.trim(&mut order, desk);
        let Some(touch) = (*self.opposite(order.side)).filter(|_| !self.lacks(&order, None)) else {
            return desk.report(&order, ReportKind::Canceled);
        };
        if let Some(got) = self.walk_depth(order.side, None, order.remaining) {
            return self.execute_in_depth(order, &got, desk);
        }
        let price = slipped(self.slippage, touch.price, self.tick, order.side);
        let quantity = order.remaining.min(touch.left);
        self.consume(order.side, quantity);
        self.fill(&mut order, price, quantity, Liquidity::Taker, desk);
        if order.remaining.is_zero() {
            return;
        }
        if order.time_in_force == TimeInForce::Ioc {
            return desk.report(&order, ReportKind::Canceled);
        }
        let worse = worse_by(price, self.tick.raw(), self.tick, order.side);
        let rest = order.remaining;
        self.fill(&mut order, worse, rest, Liquidity::Taker, desk);
    }

    /// Fills a market order with what it got level by level; what is behind that is not known, so
    /// the rest is cancelled.
    fn execute_in_depth(
        &mut self,
        mut order: VenueOrder,
        got: &[(Price, Quantity)],
        desk: &mut Desk<'_>,
    ) {
        for (price, quantity) in got {
            let price = slipped(self.slippage, *price, self.tick, order.side);
            self.fill(&mut order, price, *quantity, Liquidity::Taker, desk);
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

    /// Fills part of a resting order; it leaves the book when nothing remains, and goes to the end
    /// of its line when it has shown its next slice.
    pub(crate) fn fill_resting(
        &mut self,
        id: OrderId,
        price: Price,
        quantity: Quantity,
        desk: &mut Desk<'_>,
    ) {
        let Some(&Resting {
            mut order,
            price: limit,
            shown,
            ..
        }) = self.resting.get(id)
        else {
            return;
        };
        self.fill(&mut order, price, quantity, Liquidity::Maker, desk);
        if order.remaining.is_zero() {
            self.take_out(id);
        } else if shown <= quantity {
            self.take_out(id);
            self.rest(order, limit, desk);
        } else if let Some(resting) = self.resting.get_mut(id) {
            resting.order = order;
            resting.shown = shown.saturating_sub(quantity);
        }
    }

    /// Executes `quantity` at `price` and reports it. Amounts beyond what can be counted end the
    /// order instead of being cut short, and a reduce-only order ends where nothing is left to
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
        let value = price.notional(quantity, self.multiplier);
        let fee = value
            .clone()
            .and_then(|v| fee(&self.fees, liquidity, v, quantity));
        let (Ok(value), Ok(fee), false) = (value, fee, quantity.is_zero()) else {
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
        self.owned.count(order.owner, order.side, quantity);
        self.shrink(order.owner, order.id, desk);
    }

    /// As much of a fill as the order's promise to reduce leaves.
    fn allowed(&self, order: &VenueOrder, quantity: Quantity) -> Quantity {
        if order.reduce_only {
            quantity.min(self.owned.closable(order.owner, order.side))
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
