//! Changes to an order on the book. Less quantity keeps its place in the line; another price or more
//! quantity goes to the end of it, and may take liquidity as a new order would.

use super::book::Book;
use super::{Desk, ReportKind, VenueOrder};
use model::{Amendment, OrderKind, Quantity};

impl Book {
    pub(crate) fn amend(&mut self, amendment: &Amendment, desk: &mut Desk<'_>) {
        let id = amendment.order;
        let changed = self
            .find(id)
            .and_then(|order| self.amended(order, amendment));
        let Some((order, keeps_place)) = changed else {
            return desk.report_on(id, self.instrument, ReportKind::UpdateRejected);
        };
        if keeps_place {
            self.replace_in_place(order);
            self.answer(&order, desk);
            return self.keep_reducing(&order, desk);
        }
        if self.asleep.contains_key(&id) {
            return self.amend_asleep(order, desk);
        }
        match order.kind {
            OrderKind::Limit { price } => self.requeue(order, price, desk),
            _ => desk.report(&order, ReportKind::UpdateRejected),
        }
    }

    /// The order as it would be, and whether it keeps its place; `None` when it cannot be.
    fn amended(&self, order: &VenueOrder, amendment: &Amendment) -> Option<(VenueOrder, bool)> {
        let done = order.quantity.saturating_sub(order.remaining);
        let quantity = amendment.quantity.unwrap_or(order.quantity);
        if quantity <= done {
            return None;
        }
        let mut kind = order.kind;
        if let Some(price) = amendment.price {
            kind.price()?;
            kind = kind.with_price(price);
        }
        if let Some(trigger) = amendment.trigger {
            kind.trigger()?;
            kind = kind.with_trigger(trigger);
        }
        let same_line = kind == order.kind && quantity <= order.quantity;
        // Who waits for an auction or a trigger stands in no line, and a trail must not start anew.
        let asleep = kind == order.kind && self.asleep.contains_key(&order.id);
        let waits = asleep || self.auctions.get(order.id).is_some();
        let amended = VenueOrder {
            kind,
            quantity,
            remaining: quantity.saturating_sub(done),
            ..*order
        };
        Some((amended, same_line || waits))
    }

    fn amend_asleep(&mut self, order: VenueOrder, desk: &mut Desk<'_>) {
        self.take_out(order.id);
        let arrival = self.next_arrival();
        self.asleep.insert(order.id, order);
        self.waiting.add(order.id, order.side, &order.kind, arrival);
        self.answer(&order, desk);
        self.keep_reducing(&order, desk);
        if self.phase.matches() {
            self.wake_triggered(desk);
        }
    }

    fn requeue(&mut self, order: VenueOrder, price: model::Price, desk: &mut Desk<'_>) {
        let trades = self.phase.matches();
        if trades && order.post_only && self.is_marketable(order.side, price) {
            return desk.report(&order, ReportKind::UpdateRejected);
        }
        self.take_out(order.id);
        self.answer(&order, desk);
        if trades {
            self.work_limit(order, price, desk);
        } else {
            self.rest(order, price, desk);
        }
    }

    fn answer(&self, order: &VenueOrder, desk: &mut Desk<'_>) {
        self.report_terms(order, true, desk);
    }

    /// Puts a smaller or otherwise equal order in the place of the one with its id.
    pub(crate) fn replace_in_place(&mut self, order: VenueOrder) {
        if let Some(resting) = self.resting.get_mut(order.id) {
            resting.order = order;
            resting.shown = resting.shown.min(order.slice()).max(Quantity::ZERO);
        } else if let Some(asleep) = self.asleep.get_mut(&order.id) {
            *asleep = order;
        } else if let Some(waiting) = self.auctions.get_mut(order.id) {
            *waiting = order;
        }
    }
}
