//! The venue of the harness: moves orders through their lives and tells the strategy. It plays the
//! host's part too: it holds orders back, and carries out what follows from fills in a list.
//!
//! Every order fills whole, at the touch or at its own price, so that an iceberg fills like any other
//! limit order. Auctions, and mark and index prices, it does not have: orders that need them fail the
//! test with a message.

mod contingency;
mod terms;
mod triggers;

use super::market::Market;
use super::{Harness, SentOrder};
use crate::{
    Amendment, Execution, InstrumentId, Money, OrderChange, OrderEvent, OrderId, OrderKind,
    OrderStatus, Price, Quantity, Strategy, TimeInForce, Timestamp, Trigger,
};

/// Orders and cancels that one event may set off before the strategy counts as running in circles.
const MAX_ROUNDS: usize = 1_000;
/// P07: what the order does not have, or cannot be.
const UNSUPPORTED: u8 = 7;

impl<S: Strategy> Harness<S> {
    pub(super) fn sent(&self, order: OrderId) -> SentOrder {
        let sent = self.desk.orders.iter().find(|sent| sent.id == order);
        *sent.unwrap_or_else(|| panic!("{order:?} was never sent"))
    }

    pub(super) fn sent_mut(&mut self, order: OrderId) -> &mut SentOrder {
        let sent = self.desk.orders.iter_mut().find(|sent| sent.id == order);
        sent.unwrap_or_else(|| panic!("{order:?} was never sent"))
    }

    fn is_open(&self, order: OrderId) -> bool {
        !self.sent(order).status.is_closed()
    }

    fn market(&self, instrument: InstrumentId) -> Option<Market> {
        self.markets.get(&instrument).copied()
    }

    /// Moves an order on and tells the strategy.
    pub(super) fn tell(&mut self, order: OrderId, change: OrderChange, status: OrderStatus) {
        let sent = self.sent_mut(order);
        let before = sent.status;
        assert!(!before.is_closed(), "{order:?} is closed: {before:?}");
        sent.status = status;
        let event = OrderEvent {
            order,
            instrument: sent.order.instrument,
            change,
            status,
            side: sent.order.side,
            quantity: sent.order.quantity,
            filled: sent.filled,
            ts_event: self.desk.now,
        };
        if status.is_closed() {
            self.desk.cancels.retain(|other| *other != order);
            self.desk.amendments.retain(|(other, _)| *other != order);
        }
        self.runner.on_order_event(&event, &mut self.desk);
    }

    /// Ends an order that has not filled, with what follows from it.
    pub(super) fn end(&mut self, order: OrderId, change: OrderChange, status: OrderStatus) {
        self.tell(order, change, status);
        if self.setup.fills {
            self.after_close(order);
        }
    }

    fn cancel_now(&mut self, order: OrderId) {
        self.end(order, OrderChange::Canceled, OrderStatus::Canceled);
    }

    fn reject_now(&mut self, order: OrderId) {
        self.end(order, OrderChange::Rejected, OrderStatus::Rejected);
    }

    /// Books an execution, with what follows from it.
    pub(super) fn execute(
        &mut self,
        order: OrderId,
        quantity: Quantity,
        price: Price,
        maker: bool,
    ) {
        let sent = self.sent_mut(order);
        let left = sent.remaining();
        assert!(quantity <= left, "{order:?} has only {left} left");
        sent.filled = sent.filled + quantity;
        let (new, filled) = (sent.order, quantity == left);
        let ledger = self.ledgers.entry(new.instrument).or_default();
        ledger.apply(new.side, quantity, price);
        let execution = Execution {
            price,
            quantity,
            fee: Money::ZERO,
            maker,
            position: new.terms.position,
        };
        let status = if filled {
            OrderStatus::Filled
        } else {
            OrderStatus::PartiallyFilled
        };
        self.tell(order, OrderChange::Filled(execution), status);
        let position = self.position_on(new.instrument);
        self.runner.on_position(&position, &mut self.desk);
        if !self.setup.fills {
            return;
        }
        self.after_fill(order, quantity);
        if filled {
            self.after_close(order);
        }
        self.shrink_others(order);
    }

    /// Moves time on, and ends the orders whose time runs out on the way.
    pub(super) fn reach(&mut self, time: Timestamp) {
        while let Some((expires, order)) = self.next_expiry().filter(|(due, _)| *due <= time) {
            self.desk.now = self.desk.now.max(expires);
            self.end(order, OrderChange::Expired, OrderStatus::Expired);
            self.settle();
        }
        self.desk.now = self.desk.now.max(time);
    }

    fn next_expiry(&self) -> Option<(Timestamp, OrderId)> {
        let open = self
            .desk
            .orders
            .iter()
            .filter(|sent| !sent.status.is_closed());
        open.filter_map(|sent| Some((sent.progress.expires?, sent.id)))
            .min()
    }

    /// Moves the market, and fills and wakes what it reaches, before the strategy sees the event.
    pub(super) fn move_market(
        &mut self,
        instrument: InstrumentId,
        change: impl FnOnce(&mut Market),
    ) {
        change(self.markets.entry(instrument).or_default());
        if !self.setup.fills {
            return;
        }
        for sent in self.open_orders() {
            // An earlier fill may have ended this one.
            if sent.order.instrument == instrument && self.is_open(sent.id) {
                match sent.status {
                    OrderStatus::Initialized => {}
                    OrderStatus::Emulated => self.check_held(sent.id),
                    _ => self.work(sent.id, true),
                }
            }
        }
        self.settle();
    }

    /// Deals with new orders, changes and cancels until there are no more, if a venue plays along.
    pub(super) fn settle(&mut self) {
        if !self.setup.fills {
            return;
        }
        let mut rounds = 0;
        while self.settle_one() {
            rounds += 1;
            assert!(rounds < MAX_ROUNDS, "the strategy sends orders in circles");
        }
    }

    /// Deals with the next new order or list, change or cancel; `false` when there is none.
    fn settle_one(&mut self) -> bool {
        if let Some(sent) = self.desk.orders.get(self.seen).copied() {
            self.receive(&sent);
        } else if !self.desk.amendments.is_empty() {
            let (order, amendment) = self.desk.amendments.remove(0);
            if self.is_open(order) {
                self.amend(order, amendment);
            }
        } else if !self.desk.cancels.is_empty() {
            let order = self.desk.cancels.remove(0);
            if self.is_open(order) {
                self.withdraw(order);
            }
        } else {
            return false;
        }
        true
    }

    fn withdraw(&mut self, order: OrderId) {
        if self.sent(order).status != OrderStatus::Emulated {
            self.tell(
                order,
                OrderChange::PendingCancel,
                OrderStatus::PendingCancel,
            );
        }
        self.cancel_now(order);
    }

    /// Judges a new order, or a whole list, and sends it or holds it back.
    fn receive(&mut self, first: &SentOrder) {
        let mut orders = vec![first.id];
        orders.extend(self.others_of(first));
        self.seen += orders.len();
        for order in &orders {
            if let Err(code) = self.judge(*order) {
                return self.refuse(&orders, *order, code);
            }
        }
        orders.iter().for_each(|order| self.prepare(*order));
        // All are on their way before the venue answers the first.
        orders.iter().for_each(|order| self.launch(*order));
        for order in orders {
            if self.sent(order).status == OrderStatus::Submitted {
                self.arrive(order);
            }
        }
    }

    /// Denies orders: one for its own fault, the others because they came with it.
    fn refuse(&mut self, orders: &[OrderId], at_fault: OrderId, code: u8) {
        for order in orders {
            let code = if *order == at_fault {
                code
            } else {
                terms::LIST
            };
            self.tell(*order, OrderChange::Denied(code), OrderStatus::Denied);
        }
    }

    fn prepare(&mut self, order: OrderId) {
        let expires = self.expiry(self.sent(order).order.time_in_force);
        let new = self.sent_mut(order);
        new.progress.expires = expires;
        new.progress.full = new.order.quantity;
        new.progress.waits = new.order.links.parent.is_some();
    }

    /// Lets an order that was taken on go to the venue, or wait.
    fn launch(&mut self, order: OrderId) {
        let sent = self.sent(order);
        if !sent.progress.waits && sent.order.terms.hold.is_none() {
            return self.tell(order, OrderChange::Submitted, OrderStatus::Submitted);
        }
        self.tell(order, OrderChange::Emulated, OrderStatus::Emulated);
        if !sent.progress.waits {
            self.start_to_wait(order);
        }
    }

    /// Lets the venue take an order on.
    fn arrive(&mut self, order: OrderId) {
        let sent = self.sent(order);
        let takes = matches!(sent.kind(), OrderKind::Market | OrderKind::MarketToLimit);
        let without_market = takes && self.market(sent.order.instrument).is_none();
        let without_position = sent.order.terms.reduce_only && self.closable(&sent).is_zero();
        if without_market || without_position || self.would_take(&sent) {
            return self.reject_now(order);
        }
        self.tell(order, OrderChange::Accepted, OrderStatus::Accepted);
        self.work(order, false);
    }

    /// Whether a post-only order would take liquidity.
    fn would_take(&self, sent: &SentOrder) -> bool {
        let market = self.market(sent.order.instrument);
        match (sent.kind(), market) {
            (OrderKind::Limit { price }, Some(market)) => {
                sent.order.terms.post_only && market.is_marketable(sent.order.side, price)
            }
            _ => false,
        }
    }

    /// Does with an order at the venue what the market asks for: takers fill at the touch, resting
    /// limits at their price, and triggers that are reached wake their orders.
    fn work(&mut self, order: OrderId, resting: bool) {
        let sent = self.sent(order);
        let Some(market) = self.market(sent.order.instrument) else {
            return;
        };
        let touch = market.touch(sent.order.side);
        match sent.kind() {
            OrderKind::Market | OrderKind::MarketToLimit => self.fill_whole(&sent, touch, false),
            OrderKind::Limit { price } if market.is_marketable(sent.order.side, price) => {
                self.fill_whole(&sent, if resting { price } else { touch }, resting);
            }
            OrderKind::Limit { .. } => {
                let now = matches!(
                    sent.order.time_in_force,
                    TimeInForce::Ioc | TimeInForce::Fok
                );
                if now {
                    self.cancel_now(order);
                }
            }
            _ => self.check_trigger(order, &market),
        }
    }

    /// Fills all that is left of an order, or of what it may still reduce.
    fn fill_whole(&mut self, sent: &SentOrder, price: Price, maker: bool) {
        let mut quantity = sent.remaining();
        if sent.order.terms.reduce_only {
            quantity = quantity.min(self.closable(sent));
        }
        if !quantity.is_zero() {
            self.execute(sent.id, quantity, price, maker);
        }
        if self.is_open(sent.id) {
            self.cancel_now(sent.id);
        }
    }

    /// Deals with a change the strategy asked for.
    fn amend(&mut self, order: OrderId, wanted: Amendment) {
        let before = self.sent(order);
        if !terms::is_amendable(&before, &wanted) {
            let change = OrderChange::UpdateDenied(UNSUPPORTED);
            return self.tell(order, change, before.status);
        }
        if before.status == OrderStatus::Emulated {
            self.amend_order(order, wanted);
            return self.tell_update(order, before.status);
        }
        self.tell(
            order,
            OrderChange::PendingUpdate,
            OrderStatus::PendingUpdate,
        );
        self.amend_order(order, wanted);
        if self.would_take(&self.sent(order)) {
            let status = before.status;
            let pending = self.sent(order).status;
            *self.sent_mut(order) = SentOrder {
                status: pending,
                ..before
            };
            return self.tell(order, OrderChange::UpdateRejected, status);
        }
        self.tell_update(order, before.status);
        self.work(order, false);
    }

    /// Puts a change into effect.
    pub(super) fn amend_order(&mut self, order: OrderId, wanted: Amendment) {
        let sent = self.sent_mut(order);
        if let Some(quantity) = wanted.quantity {
            sent.order.quantity = quantity;
            sent.progress.full = quantity;
        }
        if let Some(price) = wanted.price {
            sent.order.kind = sent.order.kind.with_price(price);
            sent.progress.woken = sent.progress.woken.map(|kind| kind.with_price(price));
        }
        if let (Some(price), Some(old)) = (wanted.trigger, sent.order.kind.trigger()) {
            sent.order.kind = sent.order.kind.with_trigger(Trigger { price, ..old });
            sent.trigger = Some(price);
        }
    }

    /// Tells the terms of an order that has changed.
    pub(super) fn tell_update(&mut self, order: OrderId, status: OrderStatus) {
        let sent = self.sent(order);
        let change = OrderChange::Updated {
            price: sent.kind().price(),
            trigger: sent.trigger,
        };
        self.tell(order, change, status);
    }
}

#[cfg(test)]
mod tests;
