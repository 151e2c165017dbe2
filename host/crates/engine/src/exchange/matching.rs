//! How quotes and trades fill orders.
//!
//! * An order that takes liquidity fills at the touch. Market orders larger than the displayed size
//!   fill the rest one tick worse: depth behind the touch is not known and must not be free.
//! * A resting limit order fills in full when the market trades through it, and at its own price by
//!   what is left there otherwise: of the opposite touch for quotes, behind the displayed queue for
//!   trades. What one of our orders takes, the next cannot take again.
//! * A stop wakes when the touch it would take from (without quotes: the last trade) reaches its
//!   trigger, and fills like a market order.

use super::book::{Book, Level};
use super::fees::fee;
use super::ladder::LadderKind;
use super::slippage::{slipped, worse_by};
use super::{Desk, Execution, ReportKind, VenueOrder};
use model::{Liquidity, OrderId, OrderKind, Price, Quantity, Quote, Side, Trade};

impl Book {
    pub(crate) fn on_quote(&mut self, quote: &Quote, desk: &mut Desk<'_>) {
        self.quoted = true;
        self.bid = Some(Level::new(quote.bid, quote.bid_size));
        self.ask = Some(Level::new(quote.ask, quote.ask_size));
        if self.resting.is_empty() {
            return;
        }
        self.fill_limits_at_touch(LadderKind::BuyLimit, Side::Buy, desk);
        self.fill_limits_at_touch(LadderKind::SellLimit, Side::Sell, desk);
        self.trigger_stops(LadderKind::BuyStop, quote.ask, desk);
        self.trigger_stops(LadderKind::SellStop, quote.bid, desk);
    }

    fn fill_limits_at_touch(&mut self, kind: LadderKind, side: Side, desk: &mut Desk<'_>) {
        while let Some(touch) = *self.opposite(side) {
            let Some((price, id)) = self.reached(kind, touch.price) else {
                return;
            };
            let Some(resting) = self.resting.get(id) else {
                return;
            };
            let wanted = resting.order.remaining;
            let through = price != touch.price;
            let quantity = if through {
                wanted
            } else {
                wanted.min(touch.left)
            };
            if quantity.is_zero() {
                return;
            }
            if !through {
                self.consume(side, quantity);
            }
            self.fill_resting(id, price, quantity, desk);
        }
    }

    fn trigger_stops(&mut self, kind: LadderKind, price: Price, desk: &mut Desk<'_>) {
        while let Some((_, id)) = self.reached(kind, price) {
            let Some(order) = self.resting.remove(id) else {
                return;
            };
            desk.report(&order, ReportKind::Triggered);
            self.execute_market(order, desk);
        }
    }

    pub(crate) fn on_trade(&mut self, trade: &Trade, desk: &mut Desk<'_>) {
        if !self.quoted {
            self.bid = Some(Level::new(trade.price, Quantity::ZERO));
            self.ask = self.bid;
        }
        if self.resting.is_empty() {
            return;
        }
        let mut left = if trade.size.is_zero() {
            Quantity::MAX
        } else {
            trade.size
        };
        if trade.aggressor != Some(Side::Buy) {
            self.fill_limits_by_trade(LadderKind::BuyLimit, trade.price, &mut left, desk);
        }
        if trade.aggressor != Some(Side::Sell) {
            self.fill_limits_by_trade(LadderKind::SellLimit, trade.price, &mut left, desk);
        }
        if !self.quoted {
            self.trigger_stops(LadderKind::BuyStop, trade.price, desk);
            self.trigger_stops(LadderKind::SellStop, trade.price, desk);
        }
    }

    fn fill_limits_by_trade(
        &mut self,
        kind: LadderKind,
        traded: Price,
        left: &mut Quantity,
        desk: &mut Desk<'_>,
    ) {
        let mut passed = Quantity::ZERO;
        for id in self.resting.up_to(kind, traded) {
            let Some(resting) = self.resting.get(id) else {
                continue;
            };
            let Some((_, price)) = LadderKind::of(&resting.order) else {
                continue;
            };
            let wanted = resting.order.remaining;
            let quantity = if price == traded {
                self.pass_queue(id, &mut passed, left);
                let taken = wanted.min(*left);
                *left = left.saturating_sub(taken);
                taken
            } else {
                wanted
            };
            if !quantity.is_zero() {
                self.fill_resting(id, price, quantity, desk);
            }
        }
    }

    /// Lets a trade at the order's price first fill those of others who were there before it.
    /// `passed` is what they got of this trade already, ahead of an earlier order of ours.
    fn pass_queue(&mut self, id: OrderId, passed: &mut Quantity, left: &mut Quantity) {
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
        let ahead = resting.queue_ahead.unwrap_or(unknown);
        let now = ahead.saturating_sub(*passed).min(*left);
        *left = left.saturating_sub(now);
        // Both are parts of one trade, so their sum fits.
        *passed = passed.checked_add(now).unwrap_or(Quantity::MAX);
        resting.queue_ahead = Some(ahead.saturating_sub(*passed));
    }

    /// Fills a marketable limit order with what the touch has.
    pub(crate) fn take_touch(&mut self, order: &mut VenueOrder, desk: &mut Desk<'_>) {
        let Some(touch) = *self.opposite(order.side) else {
            return;
        };
        let quantity = order.remaining.min(touch.left);
        self.consume(order.side, quantity);
        self.fill(order, touch.price, quantity, Liquidity::Taker, desk);
    }

    /// Fills all of a market order: the displayed size at the touch, the rest one tick worse.
    /// A fill-or-kill order that asks for more than is displayed is cancelled.
    pub(crate) fn execute_market(&mut self, mut order: VenueOrder, desk: &mut Desk<'_>) {
        let Some(touch) = (*self.opposite(order.side)).filter(|_| !self.lacks(&order)) else {
            return desk.report(&order, ReportKind::Canceled);
        };
        let price = slipped(self.slippage, touch.price, self.tick, order.side);
        let quantity = order.remaining.min(touch.left);
        self.consume(order.side, quantity);
        self.fill(&mut order, price, quantity, Liquidity::Taker, desk);
        if order.remaining.is_zero() {
            return;
        }
        if order.time_in_force == model::TimeInForce::Ioc {
            return desk.report(&order, ReportKind::Canceled);
        }
        let worse = worse_by(price, self.tick.raw(), self.tick, order.side);
        let rest = order.remaining;
        self.fill(&mut order, worse, rest, Liquidity::Taker, desk);
    }

    fn consume(&mut self, side: Side, quantity: Quantity) {
        if let Some(level) = self.opposite(side)
            && level.left != Quantity::MAX
        {
            level.left = level.left.saturating_sub(quantity);
        }
    }

    /// Fills part of a resting order; it leaves the book when nothing remains.
    pub(crate) fn fill_resting(
        &mut self,
        id: OrderId,
        price: Price,
        quantity: Quantity,
        desk: &mut Desk<'_>,
    ) {
        let Some(mut order) = self.resting.get(id).map(|resting| resting.order) else {
            return;
        };
        let liquidity = match order.kind {
            OrderKind::Limit { .. } => Liquidity::Maker,
            _ => Liquidity::Taker,
        };
        self.fill(&mut order, price, quantity, liquidity, desk);
        if order.remaining.is_zero() {
            self.resting.remove(id);
        } else if let Some(resting) = self.resting.get_mut(id) {
            resting.order.remaining = order.remaining;
        }
    }

    /// Executes `quantity` at `price` and reports it. Amounts beyond what can be counted end the
    /// order instead of being cut short.
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
        let value = price.notional(quantity, self.multiplier);
        let fee = value
            .clone()
            .and_then(|v| fee(&self.fees, liquidity, v, quantity));
        let (Ok(value), Ok(fee)) = (value, fee) else {
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
    }
}
