//! The venue of the harness: moves orders through their lives and tells the strategy.

use super::{Harness, SentOrder};
use crate::{
    InstrumentId, OrderChange, OrderEvent, OrderId, OrderKind, OrderStatus, Price, Quantity, Side,
    Strategy,
};

/// Orders and cancels that one event may set off before the strategy counts as running in circles.
const MAX_ROUNDS: usize = 1_000;

impl<S: Strategy> Harness<S> {
    pub(super) fn sent(&self, order: OrderId) -> SentOrder {
        let sent = self.desk.orders.iter().find(|sent| sent.id == order);
        *sent.unwrap_or_else(|| panic!("{order:?} was never sent"))
    }

    pub(super) fn sent_mut(&mut self, order: OrderId) -> &mut SentOrder {
        let sent = self.desk.orders.iter_mut().find(|sent| sent.id == order);
        sent.unwrap_or_else(|| panic!("{order:?} was never sent"))
    }

    /// Books an execution; returns whether the order had rested.
    pub(super) fn execute(&mut self, order: OrderId, quantity: Quantity, price: Price) -> bool {
        let sent = self.sent_mut(order);
        assert!(
            quantity <= sent.remaining(),
            "{order:?} has only {} left",
            sent.remaining()
        );
        sent.filled = sent.filled + quantity;
        let new = sent.order;
        self.ledgers
            .entry(new.instrument)
            .or_default()
            .apply(new.side, quantity, price);
        matches!(new.kind, OrderKind::Limit { .. })
    }

    /// Moves an order on and tells the strategy.
    pub(super) fn change(&mut self, order: OrderId, change: OrderChange, status: OrderStatus) {
        let sent = self.sent_mut(order);
        assert!(
            !sent.status.is_closed(),
            "{order:?} is closed: {:?}",
            sent.status
        );
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
        }
        self.runner.on_order_event(&event, &mut self.desk);
        self.settle();
    }

    /// Takes the touch, and fills what it reaches, before the strategy sees the event.
    pub(super) fn move_market(&mut self, instrument: InstrumentId, bid: Price, ask: Price) {
        self.touches.insert(instrument, (bid, ask));
        if !self.setup.fills {
            return;
        }
        for sent in self.open_orders() {
            // An earlier fill may have led the strategy to cancel this one.
            if sent.order.instrument == instrument && !self.sent(sent.id).status.is_closed() {
                self.match_order(sent, true);
            }
        }
    }

    /// Deals with new orders and cancels until there are no more, if a venue plays along.
    pub(super) fn settle(&mut self) {
        if !self.setup.fills || self.settling {
            return;
        }
        self.settling = true;
        let mut rounds = 0;
        while self.settle_one() {
            rounds += 1;
            assert!(rounds < MAX_ROUNDS, "the strategy sends orders in circles");
        }
        self.settling = false;
    }

    /// Deals with the next new order or cancel; `false` when there is none.
    fn settle_one(&mut self) -> bool {
        if let Some(sent) = self.desk.orders.get(self.seen).copied() {
            self.seen += 1;
            self.change(sent.id, OrderChange::Submitted, OrderStatus::Submitted);
            if !self.sent(sent.id).status.is_closed() {
                self.receive(sent);
            }
        } else if !self.desk.cancels.is_empty() {
            let order = self.desk.cancels.remove(0);
            if !self.sent(order).status.is_closed() {
                self.confirm_cancel(order);
            }
        } else {
            return false;
        }
        true
    }

    fn receive(&mut self, sent: SentOrder) {
        if sent.order.kind == OrderKind::Market
            && !self.touches.contains_key(&sent.order.instrument)
        {
            return self.reject(sent.id);
        }
        self.accept(sent.id);
        if !self.sent(sent.id).status.is_closed() {
            self.match_order(sent, false);
        }
    }

    /// Fills an order if the touch reaches it: takers at the touch, resting limits at their price.
    fn match_order(&mut self, sent: SentOrder, resting: bool) {
        let Some(&(bid, ask)) = self.touches.get(&sent.order.instrument) else {
            return;
        };
        let touch = if sent.order.side == Side::Buy {
            ask
        } else {
            bid
        };
        let reaches = |level: Price| match sent.order.side {
            Side::Buy => touch <= level,
            Side::Sell => touch >= level,
        };
        let triggered = |level: Price| match sent.order.side {
            Side::Buy => touch >= level,
            Side::Sell => touch <= level,
        };
        let at = match sent.order.kind {
            OrderKind::Market => Some(touch),
            OrderKind::Limit { price } => {
                reaches(price).then_some(if resting { price } else { touch })
            }
            OrderKind::StopMarket { trigger } => triggered(trigger).then_some(touch),
        };
        if let Some(at) = at {
            let remaining = self.sent(sent.id).remaining();
            self.fill(sent.id, remaining, at);
        }
    }
}
