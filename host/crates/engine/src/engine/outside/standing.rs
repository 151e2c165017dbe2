//! Whether an account agrees with its venue: asked when the connection comes, from time to time, when
//! somebody asks, and when a report gives reason to. While it is not known, P26 denies.

use super::super::Engine;
use crate::agenda::Due;
use crate::effect::{Effect, Ignored, Severity, Standing, VenueEvent};
use model::{AccountId, OrderId, OutboundCommand, Timestamp, VenueId};

impl Engine {
    /// A venue's connection came or went.
    pub(in crate::engine) fn set_venue_connected(&mut self, venue: VenueId, connected: bool) {
        let Some(place) = self.venues.get_mut(venue.index()) else {
            return;
        };
        let before = place.is_connected();
        place.set_connected(connected);
        if !place.is_external() {
            return;
        }
        if before != connected {
            let event = VenueEvent::Connected(venue, connected);
            self.effects.push(Effect::Venue(event));
        }
        for account in self.outside.accounts_at(venue) {
            if let Some(at) = self.outside.account_mut(account) {
                // Whatever was asked went with the connection.
                (at.request, at.again, at.repeat) = (None, false, false);
            }
            self.set_standing(account, Standing::Unknown);
            if connected {
                self.ask_snapshot(account);
            }
        }
        if connected {
            self.doubt_unanswered(venue);
        }
    }

    /// Answers that were on their way may be lost: whatever waits for one is asked about.
    fn doubt_unanswered(&mut self, venue: VenueId) {
        let at_venue = self
            .outside
            .orders()
            .filter(|(_, sent)| sent.venue == venue);
        let open: Vec<(OrderId, bool)> = at_venue
            .map(|(id, sent)| (id, sent.doubt.is_some()))
            .collect();
        for (id, in_doubt) in open {
            if in_doubt || self.owes_answer(id) {
                self.begin_doubt(id, false);
                self.query(id);
            }
        }
    }

    /// Somebody wants a venue's accounts compared with what it holds.
    pub(in crate::engine) fn reconcile_venue(&mut self, venue: VenueId) {
        if self.outside.place(venue).is_none() {
            return self.ignore(Ignored::BadCommand("only venues outside are reconciled"));
        }
        if !self.is_connected(venue) {
            return self.ignore(Ignored::BadCommand("the venue is not connected"));
        }
        for account in self.outside.accounts_at(venue) {
            match self.outside.account_mut(account) {
                // Its answer may show what was before this was asked for.
                Some(at) if at.request.is_some() => at.repeat = true,
                _ => self.ask_snapshot(account),
            }
        }
    }

    /// It is time to compare an account with its venue, or the answer is overdue.
    pub(in crate::engine) fn on_reconcile_due(&mut self, account: AccountId) {
        if let Some(at) = self.outside.account_mut(account) {
            at.next = None;
            at.request = None;
            self.ask_snapshot(account);
        }
    }

    /// Asks for all that the venue holds for an account, unless that was asked already.
    pub(super) fn ask_snapshot(&mut self, account: AccountId) {
        let now = self.step_time;
        let Some(at) = self.outside.account(account) else {
            return;
        };
        let (venue, since) = (at.venue, at.since);
        if at.request.is_some() || !self.is_connected(venue) {
            return;
        }
        let number = self.post(venue, account, OutboundCommand::Snapshot { since });
        if let Some(at) = self.outside.account_mut(account) {
            (at.request, at.asked) = (Some((number, now)), Some(now));
        }
        let overdue = now.after(self.answer_within(venue));
        self.ask_at(account, overdue);
    }

    /// Asks next at a moment, not when it would have been.
    pub(super) fn ask_at(&mut self, account: AccountId, when: Timestamp) {
        let ticket = self.agenda.add(when, Due::Reconcile(account));
        let at = self.outside.account_mut(account);
        if let Some(before) = at.and_then(|at| at.next.replace(ticket)) {
            self.agenda.remove(before);
        }
    }

    /// Something happened that the account's orders, executions and positions do not explain: P26
    /// denies until they are compared. Asked at most once in the time of an answer.
    pub(super) fn distrust(&mut self, account: AccountId) {
        let now = self.step_time;
        let Some(at) = self.outside.account_mut(account) else {
            return;
        };
        if at.comparing {
            at.flawed = true;
            return;
        }
        let (venue, asked) = (at.venue, at.asked);
        if at.standing == Standing::Reconciled {
            self.set_standing(account, Standing::Unknown);
        }
        let Some(at) = self.outside.account_mut(account) else {
            return;
        };
        if at.request.is_some() {
            // What it answers may be from before.
            at.again = true;
            return;
        }
        let soonest = asked.map(|asked| asked.after(self.answer_within(venue)));
        match soonest.filter(|soonest| *soonest > now) {
            Some(soonest) => self.ask_at(account, soonest),
            None => self.ask_snapshot(account),
        }
    }

    /// The last doubtful order of an account may have become clear.
    pub(super) fn look_at_standing(&mut self, account: AccountId) {
        let Some(at) = self.outside.account(account) else {
            return;
        };
        let waits = at.standing == Standing::Unknown && at.request.is_none() && !at.comparing;
        if waits && !self.has_doubts(account) {
            self.ask_snapshot(account);
        }
    }

    pub(super) fn has_doubts(&self, account: AccountId) -> bool {
        let mut orders = self.outside.orders();
        orders.any(|(_, sent)| sent.account == account && sent.doubt.is_some())
    }

    pub(super) fn set_standing(&mut self, account: AccountId, standing: Standing) {
        let Some(at) = self.outside.account_mut(account) else {
            return;
        };
        let before = std::mem::replace(&mut at.standing, standing);
        if before == standing {
            return;
        }
        let event = VenueEvent::Standing(account, standing);
        self.effects.push(Effect::Venue(event));
        match (before, standing) {
            (_, Standing::Differs) => self.alert_account(Severity::Critical, account),
            (Standing::Differs, _) => self.alert_account(Severity::Cleared, account),
            _ => {}
        }
    }

    /// Venues outside, and whether each is there.
    pub fn venues_outside(&self) -> impl Iterator<Item = (VenueId, bool)> {
        let venues = (0_u32..).map(VenueId::new).zip(&self.venues);
        let outside = venues.filter(|(_, venue)| venue.is_external());
        outside.map(|(id, venue)| (id, venue.is_connected()))
    }

    /// Whether an account agrees with its venue; always so at a simulated one.
    pub fn standing(&self, account: AccountId) -> Standing {
        let at = self.outside.account(account);
        at.map_or(Standing::Reconciled, |at| at.standing)
    }

    /// Whether an order's state at its venue is in doubt.
    pub fn is_in_doubt(&self, order: OrderId) -> bool {
        let sent = self.outside.get(order);
        sent.is_some_and(|sent| sent.doubt.is_some())
    }
}
