//! Reconciliation: all that a venue holds for an account, beside what is known here. Executions that
//! are missing are applied, once; open orders are brought in line, asked about, taken on or
//! cancelled; what the positions then still differ by is for somebody to accept.

use super::super::Engine;
use super::state::Compared;
use crate::effect::{Effect, Ignored, Severity, Standing, VenueEvent};
use crate::outside::{Difference, Found, Seen};
use model::{
    AccountId, InstrumentId, OrderId, SignedQuantity, SnapshotExecution, Timestamp, VenueId,
    VenueOrder, VenueSnapshot,
};
use std::collections::{BTreeMap, BTreeSet};

impl Engine {
    /// A venue outside says what it holds for an account.
    pub(in crate::engine) fn on_venue_snapshot(&mut self, snapshot: &VenueSnapshot) {
        let account = snapshot.account;
        let at = self.outside.account_mut(account);
        let Some(at) = at.filter(|at| at.venue == snapshot.venue) else {
            return self.ignore(Ignored::BadReport(
                "a snapshot for an account that is at no venue outside, or at another",
            ));
        };
        let asked = at.request.filter(|(number, _)| *number == snapshot.request);
        let Some((number, asked)) = asked else {
            return self.ignore(Ignored::BadReport("a snapshot that nobody asked for"));
        };
        at.request = None;
        (at.comparing, at.flawed) = (true, false);
        for theirs in &snapshot.orders {
            self.prepare(snapshot, number, theirs);
        }
        for execution in &snapshot.executions {
            self.apply_from_snapshot(snapshot, execution);
        }
        let listed = self.compare_orders(snapshot, number);
        self.doubt_missing(snapshot, (number, asked), &listed);
        let compared = VenueEvent::Compared(account);
        self.effects.push(Effect::Venue(compared));
        let differences = self.compare_positions(snapshot);
        self.compare_balances(snapshot);
        self.conclude(snapshot, differences);
    }

    /// Takes over the terms of an order first: its executions may need the room.
    fn prepare(&mut self, snapshot: &VenueSnapshot, asked: u64, theirs: &VenueOrder) {
        let name = Some(&theirs.venue_order);
        let found = self.outside.find(snapshot.venue, theirs.order, name);
        let Found::Open(id) = found else {
            return;
        };
        let sent = self.outside.get(id);
        if sent.is_some_and(|sent| sent.account == snapshot.account && asked > sent.command) {
            self.compare_terms(id, theirs, snapshot.as_of);
        }
    }

    fn apply_from_snapshot(&mut self, snapshot: &VenueSnapshot, listed: &SnapshotExecution) {
        let (venue, account) = (snapshot.venue, snapshot.account);
        let execution = &listed.execution;
        let Some(place) = self.outside.place(venue) else {
            return;
        };
        match place
            .executions
            .seen(account, &execution.id, listed.ts_event)
        {
            // The positions will tell whether it counted.
            Seen::TooOld => return,
            Seen::Booked(booked) if execution.revision <= booked.revision => return,
            _ => {}
        }
        let name = listed.venue_order.as_ref();
        let found = self.outside.find(venue, listed.order, name);
        if listed.busted {
            let which = (&execution.id, execution.revision);
            return self.on_bust(account, found, which, listed.ts_event);
        }
        self.on_outside_execution(account, found, execution, listed.ts_event);
    }

    /// Compares open orders one by one; gives those of ours that are among them.
    fn compare_orders(&mut self, snapshot: &VenueSnapshot, asked: u64) -> BTreeSet<OrderId> {
        let mut listed = BTreeSet::new();
        for theirs in &snapshot.orders {
            if !theirs.status.is_open() {
                continue;
            }
            let name = Some(&theirs.venue_order);
            match self.outside.find(snapshot.venue, theirs.order, name) {
                Found::Open(id) => {
                    listed.insert(id);
                    self.compare_listed(id, asked, theirs, snapshot);
                }
                Found::Closed(id) => {
                    let closed = self.outside.closed(snapshot.venue, id);
                    let after = closed.is_some_and(|closed| {
                        // It was closed later than the snapshot shows, or the venue never said so.
                        closed.given_up || closed.closed <= snapshot.as_of
                    });
                    if after {
                        self.on_ghost(snapshot.account, Some(id));
                    }
                }
                Found::Forgotten(id) => self.on_ghost(snapshot.account, Some(id)),
                Found::Foreign => {
                    let (venue, account) = (snapshot.venue, snapshot.account);
                    self.on_foreign_order(venue, account, theirs, snapshot.as_of);
                    if let Found::Open(id) = self.outside.find(venue, None, name) {
                        listed.insert(id);
                    }
                }
            }
        }
        listed
    }

    fn compare_listed(
        &mut self,
        id: OrderId,
        asked: u64,
        theirs: &VenueOrder,
        snapshot: &VenueSnapshot,
    ) {
        let ours = self.outside.get(id).map(|sent| sent.account);
        if ours != Some(snapshot.account) {
            return self.contradict(snapshot.account, None);
        }
        self.recount_before(id, theirs, snapshot.as_of);
        match self.compare_order(id, asked, theirs, snapshot.as_of) {
            Compared::Agrees => {}
            Compared::FillsDiffer | Compared::Contradicts => {
                self.contradict(snapshot.account, Some(id));
                self.distrust(snapshot.account);
            }
        }
    }

    /// Orders that the venue should hold and does not list: each is asked about.
    fn doubt_missing(
        &mut self,
        snapshot: &VenueSnapshot,
        (number, asked): (u64, Timestamp),
        listed: &BTreeSet<OrderId>,
    ) {
        let within = self.answer_within(snapshot.venue);
        let missing = self.outside.orders().filter(|(id, sent)| {
            let older = sent.command < number && sent.told <= snapshot.as_of;
            sent.account == snapshot.account && older && !listed.contains(id)
        });
        let missing: Vec<(OrderId, bool)> = missing
            .map(|(id, sent)| (id, asked >= sent.at.after(within)))
            .collect();
        for (id, counts) in missing {
            self.begin_doubt(id, true);
            if counts {
                self.on_unknown_answer(id, number);
            }
            self.query(id);
        }
    }

    /// Positions that differ from the venue's, once all that it listed is applied.
    fn compare_positions(&mut self, snapshot: &VenueSnapshot) -> Vec<Difference> {
        let ours = self.positions_as_of(snapshot.venue, snapshot.account, snapshot.as_of);
        let theirs = snapshot.positions.iter();
        let theirs: BTreeMap<InstrumentId, _> = theirs
            .map(|position| (position.instrument, position))
            .collect();
        let instruments: BTreeSet<InstrumentId> =
            ours.keys().chain(theirs.keys()).copied().collect();
        let mut differences = Vec::new();
        for instrument in instruments {
            let ours = ours.get(&instrument).copied().unwrap_or_default();
            let position = theirs.get(&instrument);
            let held = position.map_or(0, |position| position.quantity.raw());
            // Positions are sums of 64-bit quantities: their difference fits.
            let missing = held.saturating_sub(ours);
            if missing == 0 {
                continue;
            }
            differences.push(Difference {
                instrument,
                missing: SignedQuantity::from_raw(missing),
                average_price: position.and_then(|position| position.average_price),
            });
            self.effects.push(Effect::Venue(VenueEvent::Difference {
                account: snapshot.account,
                instrument,
                ours: SignedQuantity::from_raw(ours),
                theirs: SignedQuantity::from_raw(held),
            }));
        }
        differences
    }

    /// What an account held at a moment by the venue's clock, over all its strategies, in units.
    pub(crate) fn positions_as_of(
        &self,
        venue: VenueId,
        account: AccountId,
        moment: Timestamp,
    ) -> BTreeMap<InstrumentId, i128> {
        let mut sums = BTreeMap::new();
        for (strategy, instrument, holding) in self.holdings.iter() {
            let config = self.strategies.config(strategy);
            if config.is_some_and(|config| config.account == account) {
                *sums.entry(instrument).or_insert(0_i128) += holding.position.quantity.raw();
            }
        }
        let place = self.outside.place(venue);
        let later = place.map(|place| place.executions.after(account, moment));
        for fill in later.into_iter().flatten() {
            let signed = fill.side.signed(fill.quantity).raw();
            *sums.entry(fill.instrument).or_insert(0) -= signed;
        }
        sums
    }

    /// Balances only warn: fees in other currencies, interest and transfers move them too.
    fn compare_balances(&mut self, snapshot: &VenueSnapshot) {
        let account = self.accounts.get(snapshot.account.index());
        let differs = account.is_some_and(|account| {
            let mut told = snapshot.balances.iter();
            told.any(|(currency, total)| account.balance(*currency).total != *total)
        });
        if differs {
            self.alert_account(Severity::Warning, snapshot.account);
        }
    }

    fn conclude(&mut self, snapshot: &VenueSnapshot, differences: Vec<Difference>) {
        let account = snapshot.account;
        let (doubts, differ) = (self.has_doubts(account), !differences.is_empty());
        let within = self.answer_within(snapshot.venue);
        let place = self.outside.place(snapshot.venue);
        let every = place.map(|place| place.config.reconcile_every);
        let every = every.filter(|every| every.nanos() > 0);
        let Some(at) = self.outside.account_mut(account) else {
            return;
        };
        at.comparing = false;
        let flawed = std::mem::take(&mut at.flawed);
        let again = std::mem::take(&mut at.again);
        let repeat = std::mem::take(&mut at.repeat);
        if !flawed && !differ {
            at.since = at.since.max(snapshot.as_of);
        }
        at.differences = differences;
        let (before, next) = (at.standing, at.next.take());
        if let Some(ticket) = next {
            self.agenda.remove(ticket);
        }
        let reconciled = before == Standing::Reconciled;
        let standing = if differ {
            Standing::Differs
        } else if flawed || ((again || doubts) && !reconciled) {
            // Orders in doubt do not take back what was known; they keep the rest from being known.
            Standing::Unknown
        } else {
            Standing::Reconciled
        };
        self.set_standing(account, standing);
        let soon = flawed || again || repeat || differ;
        let wait = if soon { Some(within) } else { every };
        if let Some(wait) = wait {
            self.ask_at(account, self.step_time.after(wait));
        }
    }
}
