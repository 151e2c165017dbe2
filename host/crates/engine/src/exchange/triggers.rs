//! Orders of one book that wait for a trigger: how they fall asleep, follow the market, and wake.

use super::book::Book;
use super::references::References;
use super::waiting::Reached;
use super::{Desk, ReportKind, VenueOrder};
use model::{OrderId, OrderKind, Price, Side};

impl Book {
    pub(crate) fn put_to_sleep(&mut self, order: VenueOrder, desk: &mut Desk<'_>) {
        desk.report(&order, ReportKind::Accepted);
        let arrival = self.next_arrival();
        self.asleep.insert(order.id, order);
        self.waiting.add(order.id, order.side, &order.kind, arrival);
        self.keep_reducing(&order, desk);
        self.wake_triggered(desk);
    }

    /// Lets trails follow the market as it is and wakes whatever it has reached. While nothing is
    /// known of the side that an order would take from, it sleeps on: woken, it would find nobody.
    pub(crate) fn wake_triggered(&mut self, desk: &mut Desk<'_>) {
        if self.asleep.is_empty() {
            return;
        }
        let at = self.references();
        self.follow(&at, desk);
        let (bid, ask) = (at.bid.is_some(), at.ask.is_some());
        let may = |side| match side {
            Side::Buy => ask,
            Side::Sell => bid,
        };
        while let Some(reached) = self.waiting.reached_by(&at, may) {
            self.wake(&reached, desk);
        }
    }

    /// Moves trailing triggers and tells their owners.
    pub(crate) fn follow(&mut self, at: &References, desk: &mut Desk<'_>) {
        let mut moved: Vec<OrderId> = Vec::new();
        self.waiting
            .follow(at, self.tick, |order, _| moved.push(order));
        for id in moved {
            if let Some(order) = self.asleep.get(&id) {
                self.report_terms(order, false, desk);
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
            self.report_terms(&order, false, desk);
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
