//! Orders in doubt: no answer came in time, or one that cannot be true. The venue is asked, by client
//! order id, until it answers. Nothing is sent twice meanwhile, and the exposure stays counted.

use super::super::Engine;
use crate::agenda::Due;
use crate::effect::{Ambiguity, Effect, Severity, VenueEvent};
use crate::exchange::{Report, ReportKind};
use crate::outside::Doubt;
use model::{Duration, OrderId, OrderStatus, VenueId};

/// Answers that know nothing of an order before it is given up.
const UNKNOWN_ANSWERS: u8 = 2;

impl Engine {
    pub(super) fn is_connected(&self, venue: VenueId) -> bool {
        let venue = self.venues.get(venue.index());
        venue.is_some_and(crate::exchange::Exchange::is_connected)
    }

    pub(super) fn answer_within(&self, venue: VenueId) -> Duration {
        let place = self.outside.place(venue);
        place.map_or(Duration::ZERO, |place| place.config.answer_within)
    }

    /// The answer about an order is due in a while.
    pub(super) fn set_deadline(&mut self, id: OrderId) {
        let Some(venue) = self.outside.get(id).map(|sent| sent.venue) else {
            return;
        };
        let due = self.step_time.after(self.answer_within(venue));
        let ticket = self.agenda.add(due, Due::Answer(id));
        let sent = self.outside.get_mut(id);
        if let Some(before) = sent.and_then(|sent| sent.deadline.replace(ticket)) {
            self.agenda.remove(before);
        }
    }

    /// The time of an order is over; its venue should say so.
    pub(in crate::engine) fn on_lapsed(&mut self, id: OrderId) {
        if let Some(sent) = self.outside.get_mut(id) {
            sent.lapsed = true;
            self.set_deadline(id);
        }
    }

    /// Whether the venue owes an answer about an order.
    pub(super) fn owes_answer(&self, id: OrderId) -> bool {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get(id)) else {
            return false;
        };
        let change = open.update.is_some() || sent.implied.is_some();
        !sent.known || sent.cancelling || sent.lapsed || change
    }

    /// After a report: nothing is awaited any more where all was answered.
    pub(super) fn look_at_answers(&mut self, id: OrderId) {
        if self.owes_answer(id) {
            return;
        }
        let Some(sent) = self.outside.get_mut(id) else {
            return;
        };
        if sent.doubt.is_some_and(|doubt| doubt.needs_state) {
            return;
        }
        let (deadline, doubt) = (sent.deadline.take(), sent.doubt.take());
        let account = sent.account;
        if let Some(ticket) = deadline {
            self.agenda.remove(ticket);
        }
        if doubt.is_some() {
            self.effects.push(Effect::Venue(VenueEvent::Clear(id)));
            self.look_at_standing(account);
        }
    }

    /// No answer came in time.
    pub(in crate::engine) fn on_unanswered(&mut self, id: OrderId) {
        let owed = self.owes_answer(id);
        let Some(sent) = self.outside.get_mut(id) else {
            return;
        };
        sent.deadline = None;
        let account = sent.account;
        let known = sent.doubt.is_some();
        if !owed && !known {
            return;
        }
        if !known {
            self.rule(Ambiguity::Unanswered, account, Some(id));
            self.begin_doubt(id, false);
        }
        self.query(id);
    }

    /// A report contradicts what is known of an order. It is asked about at once, but not again
    /// before the answer is due: contradictions must not become a storm of questions.
    pub(super) fn doubt_contradicted(&mut self, id: OrderId) {
        let Some(sent) = self.outside.get_mut(id) else {
            return;
        };
        if let Some(doubt) = &mut sent.doubt {
            doubt.needs_state = true;
            return;
        }
        self.begin_doubt(id, true);
        self.query(id);
    }

    pub(super) fn begin_doubt(&mut self, id: OrderId, needs_state: bool) {
        let Some(sent) = self.outside.get_mut(id) else {
            return;
        };
        match &mut sent.doubt {
            Some(doubt) => doubt.needs_state |= needs_state,
            None => {
                sent.doubt = Some(Doubt::new(needs_state));
                self.effects.push(Effect::Venue(VenueEvent::InDoubt(id)));
            }
        }
    }

    /// The venue answers that it knows no such order.
    pub(super) fn on_unknown_answer(&mut self, id: OrderId, query: u64) {
        let Some(sent) = self.outside.get_mut(id) else {
            return;
        };
        let (account, command) = (sent.account, sent.command);
        let counts = match &mut sent.doubt {
            Some(doubt) if query > command && query >= doubt.counts_from => {
                // The same answer does not count twice.
                doubt.counts_from = query + 1;
                doubt.unknown += 1;
                doubt.unknown >= UNKNOWN_ANSWERS
            }
            Some(_) => false,
            None => return self.rule(Ambiguity::OutOfOrder, account, Some(id)),
        };
        if counts {
            self.give_up(id);
        }
    }

    /// Closes an order that its venue does not know.
    pub(super) fn give_up(&mut self, id: OrderId) {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get(id)) else {
            return;
        };
        let (order, known) = (open.order, sent.known || open.foreign);
        let (venue, account) = (sent.venue, sent.account);
        self.rule(Ambiguity::UnknownOrder, account, Some(id));
        let never = !known && order.filled.is_zero();
        let report = Report {
            order: id,
            instrument: order.instrument,
            kind: if never {
                ReportKind::Rejected
            } else {
                ReportKind::Canceled
            },
            ts_event: self.now,
        };
        debug_assert!(!never || order.status.may_become(OrderStatus::Rejected));
        if let Err(why) = self.take_report(report) {
            return self.ignore(why);
        }
        if let Some(closed) = self.outside.closed_mut(venue, id) {
            closed.given_up = true;
        }
        self.effects.push(Effect::Venue(VenueEvent::Clear(id)));
        if known {
            // It was there, and what became of it is not known.
            self.alert_account(Severity::Serious, account);
            self.distrust(account);
        } else {
            self.look_at_standing(account);
        }
    }
}
