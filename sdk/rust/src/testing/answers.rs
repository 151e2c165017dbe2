//! What a test answers in the place of the host and the venue, one step in an order's life at a time.

use super::Harness;
use crate::{OrderChange, OrderId, OrderKind, OrderStatus, Price, Quantity, Strategy};

impl<S: Strategy> Harness<S> {
    /// The venue has the order.
    pub fn accept(&mut self, order: OrderId) {
        self.tell(order, OrderChange::Accepted, OrderStatus::Accepted);
        self.settle();
    }

    /// The venue refuses the order.
    pub fn reject(&mut self, order: OrderId) {
        self.end(order, OrderChange::Rejected, OrderStatus::Rejected);
        self.settle();
    }

    /// The host refuses the order, with the number of the control that did.
    pub fn deny(&mut self, order: OrderId, code: u8) {
        self.end(order, OrderChange::Denied(code), OrderStatus::Denied);
        self.settle();
    }

    /// The host holds the order back, for a price or a fill of another order.
    pub fn hold(&mut self, order: OrderId) {
        self.tell(order, OrderChange::Emulated, OrderStatus::Emulated);
        self.settle();
    }

    /// The host lets a held order go, for so much in all.
    pub fn release(&mut self, order: OrderId, quantity: Quantity) {
        self.sent_mut(order).order.quantity = quantity;
        self.tell(order, OrderChange::Released, OrderStatus::Released);
        self.settle();
    }

    /// The order's trigger is reached.
    pub fn trigger(&mut self, order: OrderId) {
        self.sent_mut(order).trigger = None;
        self.tell(order, OrderChange::Triggered, OrderStatus::Triggered);
        self.settle();
    }

    /// A change of the order is on its way to the venue.
    pub fn pend_update(&mut self, order: OrderId) {
        self.tell(
            order,
            OrderChange::PendingUpdate,
            OrderStatus::PendingUpdate,
        );
        self.settle();
    }

    /// A cancel of the order is on its way to the venue.
    pub fn pend_cancel(&mut self, order: OrderId) {
        self.tell(
            order,
            OrderChange::PendingCancel,
            OrderStatus::PendingCancel,
        );
        self.settle();
    }

    /// The oldest change wanted in the order is made.
    pub fn confirm_update(&mut self, order: OrderId) {
        let wanted = self.take_amendment(order);
        self.amend_order(order, wanted);
        self.tell_update(order, OrderStatus::Accepted);
        self.settle();
    }

    /// The host changes the order's quantity, because its list or its position asks for it.
    pub fn resize(&mut self, order: OrderId, quantity: Quantity) {
        let sent = self.sent_mut(order);
        sent.order.quantity = quantity;
        let status = sent.status;
        self.tell_update(order, status);
        self.settle();
    }

    /// The host refuses the oldest change wanted in the order.
    pub fn deny_update(&mut self, order: OrderId, code: u8) {
        self.take_amendment(order);
        let status = self.sent(order).status;
        self.tell(order, OrderChange::UpdateDenied(code), status);
        self.settle();
    }

    /// The venue, which has the order, refuses the oldest change wanted in the order.
    pub fn reject_update(&mut self, order: OrderId) {
        self.take_amendment(order);
        let change = OrderChange::UpdateRejected;
        self.tell(order, change, OrderStatus::Accepted);
        self.settle();
    }

    /// The order is withdrawn.
    pub fn confirm_cancel(&mut self, order: OrderId) {
        self.end(order, OrderChange::Canceled, OrderStatus::Canceled);
        self.settle();
    }

    /// The venue, which has the order, refuses to withdraw it.
    pub fn reject_cancel(&mut self, order: OrderId) {
        self.desk.cancels.retain(|other| *other != order);
        let change = OrderChange::CancelRejected;
        self.tell(order, change, OrderStatus::Accepted);
        self.settle();
    }

    /// The order's time runs out.
    pub fn expire(&mut self, order: OrderId) {
        self.end(order, OrderChange::Expired, OrderStatus::Expired);
        self.settle();
    }

    /// Some or all of the order fills.
    pub fn fill(&mut self, order: OrderId, quantity: Quantity, price: Price) {
        let maker = matches!(self.sent(order).kind(), OrderKind::Limit { .. });
        self.execute(order, quantity, price, maker);
        self.settle();
    }

    fn take_amendment(&mut self, order: OrderId) -> crate::Amendment {
        let waiting = self.desk.amendments.iter().position(|(id, _)| *id == order);
        let place = waiting.unwrap_or_else(|| panic!("no change of {order:?} was asked for"));
        self.desk.amendments.remove(place).1
    }
}
