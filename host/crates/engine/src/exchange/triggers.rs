//! Orders of one book that wait for a trigger: how they fall asleep, follow the market, and wake.

use super::book::Book;
use super::references::References;
use super::waiting::Reached;
use super::{Desk, ReportKind, VenueOrder};
use model::{OrderId, OrderKind, Price};

impl Book {
    pub(crate) fn put_to_sleep(&mut self, order: VenueOrder, desk: &mut Desk<'_>) {
        desk.report(&order, ReportKind::Accepted);
        let arrival = self.next_arrival();
        if order.reduce_only {
            self.owned.remember(order.id, order.owner);
        }
        self.asleep.insert(order.id, order);
        self.waiting.add(order.id, order.side, &order.kind, arrival);
        self.wake_triggered(desk);
    }

    /// Lets trails follow the market as it is and wakes whatever it has reached.
    pub(crate) fn wake_triggered(&mut self, desk: &mut Desk<'_>) {
        if self.asleep.is_empty() {
            return;
        }
        let at = self.references();
        self.follow(&at, desk);
        while let Some(reached) = self.waiting.reached(&at) {
            self.wake(&reached, desk);
        }
    }

    /// Moves trailing triggers and tells their owners.
    pub(crate) fn follow(&mut self, at: &References, desk: &mut Desk<'_>) {
        let mut moved: Vec<(OrderId, Price)> = Vec::new();
        self.waiting
            .follow(at, self.tick, |order, trigger| moved.push((order, trigger)));
        for (id, trigger) in moved {
            if let Some(order) = self.asleep.get(&id) {
                self.report_terms(order, Some(trigger), false, desk);
            }
        }
    }

    fn wake(&mut self, reached: &Reached, desk: &mut Desk<'_>) {
        let Some(order) = self.rouse(reached, desk) else {
            return;
        };
        match order.kind {
            OrderKind::Limit { price } => self.release_limit(order, price, desk),
            _ => self.execute_market(order, desk),
        }
    }

    /// Takes an order whose trigger was reached off the waiting ones, as what it is now.
    pub(crate) fn rouse(&mut self, reached: &Reached, desk: &mut Desk<'_>) -> Option<VenueOrder> {
        let mut order = self.take_out(reached.order)?;
        desk.report(&order, ReportKind::Triggered);
        let Ok(kind) = order.kind.awake(reached.trigger, self.tick, order.side) else {
            desk.report(&order, ReportKind::Canceled);
            return None;
        };
        let known = order.kind.price() == kind.price();
        order.kind = kind;
        if !known {
            // A trailing stop's limit is known only now.
            self.report_terms(&order, None, false, desk);
        }
        Some(order)
    }

    /// A limit order that just woke; the venue has accepted it long ago.
    pub(crate) fn release_limit(&mut self, order: VenueOrder, price: Price, desk: &mut Desk<'_>) {
        let marketable = self.is_marketable(order.side, price);
        if order.post_only && marketable {
            return desk.report(&order, ReportKind::Rejected);
        }
        if self.lacks(&order, Some(price)) {
            return desk.report(&order, ReportKind::Canceled);
        }
        self.work_limit(order, price, desk);
    }
}
