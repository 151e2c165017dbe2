//! Orders of one account that meet at their venue. The book shows what others offer; an order's way
//! through it leads past the resting orders of its own account, too. They never trade with each other:
//! the venue ends one or both, or makes both smaller by what they would have traded.
//!
//! Others at a price come before the account's own there. Orders for auctions, and those that wait for a
//! trigger, meet nobody.

use super::book::Book;
use super::ladder::Resting;
use super::{Desk, ReportKind, VenueOrder};
use crate::input::SelfMatch;
use model::{Price, Quantity};

/// How far an order has come on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reach {
    /// Through all better prices than this one.
    Before(Price),
    /// Through all that is at this price, too.
    To(Price),
}

impl Book {
    /// Lets an order that comes meet those of its account that rest where it has come. Nothing remains
    /// of it where that ends it.
    pub(crate) fn meet_own(&mut self, order: &mut VenueOrder, reach: Reach, desk: &mut Desk<'_>) {
        if desk.self_match == SelfMatch::None || order.remaining.is_zero() {
            return;
        }
        for other in self.own_within(order, reach) {
            if order.remaining.is_zero() {
                return;
            }
            self.meet(order, other, desk);
        }
    }

    /// Orders of the same account on the other side, best first.
    fn own_within(&self, order: &VenueOrder, reach: Reach) -> Vec<VenueOrder> {
        let (Reach::Before(price) | Reach::To(price)) = reach;
        let reached = self.resting.up_to(order.side.opposite(), price);
        let reached = reached.into_iter().filter_map(|id| self.resting.get(id));
        let is_met = |resting: &&Resting| {
            let within = matches!(reach, Reach::To(_)) || resting.price != price;
            within && resting.order.account == order.account
        };
        reached
            .filter(is_met)
            .map(|resting| resting.order)
            .collect()
    }

    fn meet(&mut self, order: &mut VenueOrder, other: VenueOrder, desk: &mut Desk<'_>) {
        let (mode, other_id) = (desk.self_match, other.id);
        let met = ReportKind::SelfMatch {
            other: other_id,
            mode,
        };
        desk.report(order, met);
        match mode {
            SelfMatch::None => {}
            SelfMatch::CancelNewest => end(order, desk),
            SelfMatch::CancelOldest => self.cancel(other_id, desk),
            SelfMatch::CancelBoth => {
                self.cancel(other_id, desk);
                end(order, desk);
            }
            SelfMatch::DecrementAndCancel => self.decrement(order, other, desk),
        }
    }

    /// Takes from both what the smaller has left, which ends it.
    fn decrement(&mut self, order: &mut VenueOrder, mut other: VenueOrder, desk: &mut Desk<'_>) {
        let less = order.remaining.min(other.remaining);
        if other.remaining == less {
            self.cancel(other.id, desk);
        } else {
            shorten(&mut other, less);
            self.report_terms(&other, false, desk);
            self.replace_in_place(other);
        }
        if order.remaining == less {
            end(order, desk);
        } else {
            shorten(order, less);
            self.report_terms(order, false, desk);
        }
    }
}

/// Ends an order that is on no book.
fn end(order: &mut VenueOrder, desk: &mut Desk<'_>) {
    order.remaining = Quantity::ZERO;
    desk.report(order, ReportKind::Canceled);
}

fn shorten(order: &mut VenueOrder, less: Quantity) {
    order.quantity = order.quantity.saturating_sub(less);
    order.remaining = order.remaining.saturating_sub(less);
}
