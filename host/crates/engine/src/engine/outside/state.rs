//! One order as its venue holds it, beside the order as it is known: what a query or a snapshot shows.

use super::super::Engine;
use crate::effect::Ambiguity;
use crate::exchange::ReportKind;
use crate::outside::Sent;
use model::{Order, OrderId, OutboundCommand, Timestamp, VenueOrder, VenueOrderStatus, VenueTerms};

/// Whether two may be the same order.
fn is_same(order: &Order, theirs: &VenueOrder) -> bool {
    (theirs.instrument, theirs.side) == (order.instrument, order.side)
}

/// What came out of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// They agree now.
    Agrees,
    /// Executions are missing here or there.
    FillsDiffer,
    /// It cannot be the same order.
    Contradicts,
}

impl Engine {
    /// The venue answers a query with the order as it is.
    pub(super) fn on_state(
        &mut self,
        id: OrderId,
        query: u64,
        theirs: &VenueOrder,
        as_of: Timestamp,
    ) {
        let Some(sent) = self.outside.get(id) else {
            return;
        };
        let account = sent.account;
        if query > self.outside.last_message() {
            return self.contradict(account, Some(id));
        }
        match self.compare_order(id, query, theirs, as_of) {
            Compared::Agrees => {}
            Compared::FillsDiffer => {
                // The executions say; the order is asked about again afterwards.
                self.begin_doubt(id, true);
                self.set_deadline(id);
                self.distrust(account);
            }
            Compared::Contradicts => self.contradict(account, Some(id)),
        }
    }

    /// Brings an order in line with what its venue said at `as_of`, asked by a message. What is still
    /// awaited is settled only where it was asked for before the question.
    pub(super) fn compare_order(
        &mut self,
        id: OrderId,
        asked: u64,
        theirs: &VenueOrder,
        as_of: Timestamp,
    ) -> Compared {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get(id)) else {
            return Compared::Agrees;
        };
        let (account, venue, conclusive) = (sent.account, sent.venue, asked > sent.command);
        if !is_same(&open.order, theirs) || !self.outside.learn(id, &theirs.venue_order) {
            return Compared::Contradicts;
        }
        if conclusive || !self.awaits_update(id) {
            self.compare_terms(id, theirs, as_of);
        }
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get(id)) else {
            return Compared::Agrees;
        };
        let order = open.order;
        let most = order.quantity.max(sent.most);
        let quantity = theirs.quantity.saturating_sub(sent.filled_before);
        if quantity > most && !open.foreign {
            return Compared::Contradicts;
        }
        let filled = theirs.filled.checked_sub(sent.filled_before);
        let later = self.outside.place(venue);
        let later = later.map_or(0, |place| place.executions.filled_after(account, id, as_of));
        let ours = u128::from(order.filled.raw()).checked_sub(later);
        if filled.ok().map(|filled| u128::from(filled.raw())) != ours {
            return Compared::FillsDiffer;
        }
        if theirs.status.is_open() {
            self.compare_open(id, theirs, as_of, conclusive);
        } else {
            self.compare_closed(id, theirs, as_of);
        }
        if conclusive && let Some(sent) = self.outside.get_mut(id) {
            sent.told = sent.told.max(as_of);
            if let Some(doubt) = &mut sent.doubt {
                doubt.needs_state = false;
            }
        }
        self.look_at_answers(id);
        Compared::Agrees
    }

    fn compare_open(
        &mut self,
        id: OrderId,
        theirs: &VenueOrder,
        as_of: Timestamp,
        conclusive: bool,
    ) {
        self.imply_ack(id, Ambiguity::AckLost, as_of);
        if let Some(open) = self.orders.get(id)
            && theirs.status == VenueOrderStatus::Triggered
            && open.order.kind.waits()
            && !super::has_woken(open)
        {
            self.take_outside(id, ReportKind::Triggered, as_of);
        }
        if !conclusive {
            return;
        }
        if self.awaits_update(id) {
            self.take_outside(id, ReportKind::UpdateRejected, as_of);
        }
        let Some(sent) = self.outside.get_mut(id) else {
            return;
        };
        sent.lapsed = false;
        sent.implied = None;
        if sent.cancelling {
            self.cancel_again(id);
        }
    }

    fn awaits_update(&self, id: OrderId) -> bool {
        let open = self.orders.get(id);
        open.is_some_and(|open| open.update.is_some())
    }

    /// Takes over an order's terms as its venue tells them, unless later ones are known. Executions
    /// that those make room for may come after.
    pub(super) fn compare_terms(&mut self, id: OrderId, theirs: &VenueOrder, as_of: Timestamp) {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get(id)) else {
            return;
        };
        if as_of < sent.terms_told || !is_same(&open.order, theirs) {
            return;
        }
        let terms = VenueTerms {
            quantity: theirs.quantity,
            price: theirs.kind.price(),
            trigger: theirs.kind.trigger().map(|trigger| trigger.price),
        };
        match super::updated(open, sent, &terms) {
            Some(terms) if terms.answers || !super::is_as_known(open, &terms) => {
                self.imply_ack(id, Ambiguity::AckLost, as_of);
                self.take_outside(id, ReportKind::Updated(terms), as_of);
            }
            _ => {}
        }
    }

    /// The venue still holds an order whose cancel was not answered: the cancel is sent again, which
    /// can do no harm.
    fn cancel_again(&mut self, id: OrderId) {
        let Some(Sent { venue, account, .. }) = self.outside.get(id) else {
            return;
        };
        let (venue, account) = (*venue, *account);
        let venue_order = self.name_of(venue, id);
        let order = Some(id).filter(|id| !self.is_foreign(*id));
        let number = self.post(
            venue,
            account,
            OutboundCommand::Cancel { order, venue_order },
        );
        self.await_answer(id, number);
    }

    fn compare_closed(&mut self, id: OrderId, theirs: &VenueOrder, as_of: Timestamp) {
        let Some(open) = self.orders.get(id) else {
            return;
        };
        let untouched = open.order.filled.is_zero();
        if let Some(sent) = self.outside.get_mut(id) {
            sent.told = sent.told.max(as_of);
        }
        let kind = match theirs.status {
            VenueOrderStatus::Rejected if untouched => ReportKind::Rejected,
            VenueOrderStatus::Expired => {
                self.imply_ack(id, Ambiguity::AckLost, as_of);
                ReportKind::Expired
            }
            // All executions are known, so what is left here is nothing there.
            _ => ReportKind::Canceled,
        };
        self.take_outside(id, kind, as_of);
    }
}
