//! Venues outside the engine: what leaves for them, and what they say. What they say is checked
//! against what is known, read by the rules of [`Ambiguity`], and then moves an order by the same
//! function as the word of a simulated venue.

mod accepting;
mod doubt;
mod fills;
mod foreign;
mod leaving;
mod revisions;
mod snapshot;
mod standing;
mod state;

use super::Engine;
use crate::effect::{Ambiguity, Effect, Ignored, Severity, VenueEvent};
use crate::exchange::{Report, ReportKind, Terms};
use crate::input::LimitScope;
use crate::orders::OpenOrder;
use crate::outside::{Found, Sent};
use model::{
    AccountId, DenyCode, Order, OrderId, OrderKind, OrderStatus, Price, Quantity, Rate, Timestamp,
    VenueId, VenueReport, VenueReportKind, VenueTerms,
};

/// How a report on an open order is to be read.
enum Reading {
    /// It moves the order.
    Take(ReportKind),
    /// It moves the order, and shows that the venue accepted it before.
    AfterAck(ReportKind),
    /// It is behind what is known.
    Late,
    /// It cannot be true.
    Contradicts,
}

impl Engine {
    /// A venue outside says something about an order or an execution.
    pub(super) fn on_venue_report(&mut self, report: &VenueReport) {
        let at = self.outside.account(report.account).map(|at| at.venue);
        if at != Some(report.venue) {
            return self.ignore(Ignored::BadReport(
                "a report for an account that is at no venue outside, or at another",
            ));
        }
        let name = report.venue_order.as_ref();
        let found = self.outside.find(report.venue, report.order, name);
        if !self.is_consistent(report, found) {
            return self.contradict(report.account, report.order);
        }
        let (account, ts_event) = (report.account, report.ts_event);
        match &report.kind {
            VenueReportKind::Filled(execution) | VenueReportKind::Corrected(execution) => {
                self.on_outside_execution(account, found, execution, ts_event);
            }
            VenueReportKind::Busted {
                execution,
                revision,
            } => {
                self.on_bust(account, found, (execution, *revision), ts_event);
            }
            kind => match found {
                Found::Open(id) => self.on_open_order(id, kind, ts_event),
                Found::Closed(id) => self.on_closed_order(report.venue, id, kind),
                Found::Forgotten(_) | Found::Foreign => self.on_unknown_order(report, found),
            },
        }
    }

    /// Whether a report is about an order that its account could have sent, under the name it has.
    fn is_consistent(&mut self, report: &VenueReport, found: Found) -> bool {
        let name = report.venue_order.as_ref();
        match found {
            Found::Open(id) => {
                let ours = self.outside.get(id).map(|sent| sent.account);
                ours == Some(report.account) && name.is_none_or(|name| self.outside.learn(id, name))
            }
            Found::Closed(id) => {
                let closed = self.outside.closed(report.venue, id);
                closed.is_some_and(|closed| closed.order.account == report.account)
            }
            // An id that was never given out, or whose order never left.
            Found::Forgotten(id) => {
                self.orders.get(id).is_none() && Some(id) <= self.orders.last_id()
            }
            Found::Foreign => true,
        }
    }

    fn on_open_order(&mut self, id: OrderId, kind: &VenueReportKind, ts_event: Timestamp) {
        let (Some(open), Some(sent)) = (self.orders.get(id), self.outside.get_mut(id)) else {
            return;
        };
        sent.told = sent.told.max(ts_event);
        let account = sent.account;
        match kind {
            VenueReportKind::Unknown { query } => return self.on_unknown_answer(id, *query),
            VenueReportKind::State { query, order } => {
                return self.on_state(id, *query, order, ts_event);
            }
            _ => {}
        }
        let reading = read(open, sent, kind, ts_event);
        if matches!(kind, VenueReportKind::Rejected { .. }) && !open.order.filled.is_zero() {
            self.rule(Ambiguity::PartialThenReject, account, Some(id));
        }
        self.quote_reason(id, kind);
        match reading {
            Reading::Take(kind) => self.take_outside(id, kind, ts_event),
            Reading::AfterAck(kind) => {
                self.imply_ack(id, Ambiguity::AckLost, ts_event);
                self.take_outside(id, kind, ts_event);
            }
            Reading::Late => {
                self.rule(Ambiguity::OutOfOrder, account, Some(id));
                self.note_answer(id, kind);
            }
            Reading::Contradicts => self.contradict(account, Some(id)),
        }
        self.look_at_answers(id);
    }

    /// Lets a report move an order of which its venue has told.
    fn take_outside(&mut self, id: OrderId, kind: ReportKind, ts_event: Timestamp) {
        let Some(order) = self.orders.get(id).map(|open| open.order) else {
            return;
        };
        if let Some(sent) = self.outside.get_mut(id) {
            match kind {
                ReportKind::CancelRejected => sent.cancelling = false,
                ReportKind::Accepted | ReportKind::Triggered => sent.known = true,
                ReportKind::Updated(_) => {
                    sent.known = true;
                    sent.implied = None;
                    sent.terms_told = sent.terms_told.max(ts_event);
                }
                _ => {}
            }
        }
        let report = Report {
            order: id,
            instrument: order.instrument,
            kind,
            ts_event,
        };
        if self.take_report(report).is_err() {
            self.contradict(order.account, Some(id));
        }
    }

    /// Takes an order for accepted that the venue has shown to have.
    fn imply_ack(&mut self, id: OrderId, rule: Ambiguity, ts_event: Timestamp) {
        let Some(sent) = self.outside.get(id).filter(|sent| !sent.known) else {
            return;
        };
        let account = sent.account;
        self.rule(rule, account, Some(id));
        self.take_outside(id, ReportKind::Accepted, ts_event);
    }

    /// What an answer that is late for the order may still answer.
    fn note_answer(&mut self, id: OrderId, kind: &VenueReportKind) {
        let Some(sent) = self.outside.get_mut(id) else {
            return;
        };
        match kind {
            VenueReportKind::Accepted => sent.known = true,
            VenueReportKind::Updated(_) => sent.implied = None,
            _ => {}
        }
    }

    fn on_closed_order(&mut self, venue: VenueId, id: OrderId, kind: &VenueReportKind) {
        let Some(closed) = self.outside.closed_mut(venue, id) else {
            return;
        };
        let account = closed.order.account;
        let is_open = match kind {
            VenueReportKind::Accepted
            | VenueReportKind::Triggered
            | VenueReportKind::Updated(_) => closed.given_up,
            VenueReportKind::State { query, order } => {
                order.status.is_open() && (closed.given_up || *query > closed.message)
            }
            VenueReportKind::Rejected { .. }
            | VenueReportKind::Canceled
            | VenueReportKind::Expired => {
                // The venue knew it after all, and says that it is over.
                closed.given_up = false;
                false
            }
            _ => false,
        };
        if is_open {
            self.on_ghost(account, Some(id));
        } else {
            self.rule(Ambiguity::OutOfOrder, account, Some(id));
        }
    }

    /// A report on an order that nobody here knows, or knows any longer.
    fn on_unknown_order(&mut self, report: &VenueReport, found: Found) {
        let is_open = match &report.kind {
            VenueReportKind::Accepted
            | VenueReportKind::Triggered
            | VenueReportKind::Updated(_) => true,
            VenueReportKind::State { order, .. } => order.status.is_open(),
            _ => false,
        };
        match found {
            Found::Forgotten(id) if is_open => self.on_ghost(report.account, Some(id)),
            // What it is, and what becomes of it, a snapshot will say.
            Found::Foreign if is_open => self.distrust(report.account),
            _ => self.rule(Ambiguity::OutOfOrder, report.account, report.order),
        }
    }

    /// Says which rule decided.
    fn rule(&mut self, rule: Ambiguity, account: AccountId, order: Option<OrderId>) {
        let event = VenueEvent::Ruled {
            rule,
            account,
            order,
        };
        self.effects.push(Effect::Venue(event));
    }

    /// A report that cannot be true is refused; the venue is asked what is.
    fn contradict(&mut self, account: AccountId, order: Option<OrderId>) {
        self.rule(Ambiguity::Contradiction, account, order);
        self.alert_account(Severity::Serious, account);
        match order.filter(|id| self.outside.get(*id).is_some()) {
            Some(id) => self.doubt_contradicted(id),
            None => self.distrust(account),
        }
    }

    fn alert_account(&mut self, severity: Severity, account: AccountId) {
        let scope = LimitScope::Account(account);
        self.alert(severity, DenyCode::Account, scope, Rate::ZERO);
    }

    fn quote_reason(&mut self, id: OrderId, kind: &VenueReportKind) {
        if let VenueReportKind::Rejected { reason }
        | VenueReportKind::UpdateRejected { reason }
        | VenueReportKind::CancelRejected { reason } = kind
        {
            let event = VenueEvent::Refused(id, reason.clone());
            self.effects.push(Effect::Venue(event));
        }
    }
}

/// Reads a report beside what is known of its order.
fn read(open: &OpenOrder, sent: &Sent, kind: &VenueReportKind, ts_event: Timestamp) -> Reading {
    let order = &open.order;
    match kind {
        VenueReportKind::Accepted if sent.known => Reading::Late,
        VenueReportKind::Accepted => Reading::Take(ReportKind::Accepted),
        VenueReportKind::Triggered if !order.kind.waits() => Reading::Contradicts,
        VenueReportKind::Triggered if has_woken(open) => Reading::Late,
        VenueReportKind::Triggered => Reading::AfterAck(ReportKind::Triggered),
        VenueReportKind::Rejected { .. } if order.filled.is_zero() => {
            Reading::Take(ReportKind::Rejected)
        }
        VenueReportKind::Rejected { .. } | VenueReportKind::Canceled => {
            Reading::Take(ReportKind::Canceled)
        }
        VenueReportKind::Updated(_) if ts_event < sent.terms_told => Reading::Late,
        VenueReportKind::Updated(terms) => match updated(open, sent, terms) {
            // All that it is for now was filled before this came.
            None if is_done(open, sent, terms) => Reading::Take(ReportKind::Canceled),
            None => Reading::Contradicts,
            Some(terms) if !terms.answers && is_as_known(open, &terms) => Reading::Late,
            Some(terms) => Reading::AfterAck(ReportKind::Updated(terms)),
        },
        VenueReportKind::UpdateRejected { .. } if open.update.is_none() => match sent.implied {
            Some(before) => not_changed(open, before),
            None => Reading::Late,
        },
        VenueReportKind::UpdateRejected { .. } => Reading::Take(ReportKind::UpdateRejected),
        VenueReportKind::CancelRejected { .. } if !sent.cancelling => Reading::Late,
        VenueReportKind::CancelRejected { .. } => Reading::Take(ReportKind::CancelRejected),
        VenueReportKind::Expired => Reading::AfterAck(ReportKind::Expired),
        // These are read elsewhere.
        VenueReportKind::Filled(_)
        | VenueReportKind::Busted { .. }
        | VenueReportKind::Corrected(_)
        | VenueReportKind::Unknown { .. }
        | VenueReportKind::State { .. } => Reading::Contradicts,
    }
}

/// A change that a fill seemed to show was refused: the order is for what it was for before.
fn not_changed(open: &OpenOrder, (quantity, kind): (Quantity, OrderKind)) -> Reading {
    if open.order.filled >= quantity {
        return Reading::Take(ReportKind::Canceled);
    }
    Reading::Take(ReportKind::Updated(Terms {
        quantity,
        kind,
        trigger: open.order.trigger,
        answers: false,
    }))
}

fn is_done(open: &OpenOrder, sent: &Sent, terms: &VenueTerms) -> bool {
    let filled = open.order.filled;
    !filled.is_zero() && terms.quantity.checked_sub(sent.filled_before) == Ok(filled)
}

fn is_as_known(open: &OpenOrder, terms: &Terms) -> bool {
    let order = &open.order;
    (terms.quantity, terms.kind, terms.trigger) == (order.quantity, order.kind, order.trigger)
}

/// An order's terms as its venue tells them; `None` where it cannot have them.
fn updated(open: &OpenOrder, sent: &Sent, terms: &VenueTerms) -> Option<Terms> {
    let order: &Order = &open.order;
    let quantity = terms.quantity.checked_sub(sent.filled_before).ok()?;
    let most = order.quantity.max(sent.most);
    if quantity <= order.filled || (quantity > most && !open.foreign) {
        return None;
    }
    let mut kind = match terms.price {
        Some(price) => priced(order.kind, price)?,
        None => order.kind,
    };
    let trigger = terms.trigger.or(order.trigger).filter(|_| !has_woken(open));
    if let Some(trigger) = trigger {
        kind = kind.with_trigger(trigger);
    }
    let asked = open.update.as_ref();
    let answers = asked.is_some_and(|asked| {
        let price = asked
            .kind
            .price()
            .is_none_or(|price| kind.price() == Some(price));
        let wanted = asked.kind.trigger().map(|trigger| trigger.price);
        let trigger = wanted.is_none() || trigger.is_none() || wanted == trigger;
        quantity == asked.quantity && price && trigger
    });
    Some(Terms {
        quantity,
        kind,
        trigger,
        answers,
    })
}

/// The type an order has once its venue gives it a limit price; `None` where it can have none.
fn priced(kind: OrderKind, price: Price) -> Option<OrderKind> {
    match kind {
        // What they become.
        OrderKind::MarketToLimit | OrderKind::TrailingStopLimit { .. } => {
            Some(OrderKind::Limit { price })
        }
        kind => kind.price().map(|_| kind.with_price(price)),
    }
}

fn has_woken(open: &OpenOrder) -> bool {
    matches!(
        open.before,
        OrderStatus::Triggered | OrderStatus::PartiallyFilled
    )
}
