//! The executions a venue outside has reported, so that none counts twice (invariant I1).
//!
//! Memory is bounded: the oldest, by the venue's clock, are forgotten, and the latest of the forgotten
//! marks a horizon. What happened after the horizon and is not remembered was never booked. Of what
//! happened up to it nobody can say, so it is not booked; the positions decide when the account is
//! reconciled. This holds as long as a venue repeats an execution with the time it gave it first.

use crate::journal::codec::fields;
use model::{AccountId, ExecutionId, Fill, Money, OrderId, Timestamp};
use std::collections::BTreeMap;

/// An execution as it was booked last.
#[derive(Debug, Clone)]
pub(crate) struct Booked {
    pub(crate) revision: u32,
    /// What counts; none where it was taken back.
    pub(crate) fill: Option<(Fill, Money)>,
    ts_event: Timestamp,
    number: u64,
}

/// What is known of an execution.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen<'a> {
    /// It was not booked.
    Never,
    /// It was booked.
    Booked(&'a Booked),
    /// It is from before all that is remembered.
    TooOld,
}

/// The executions of one venue.
#[derive(Debug)]
pub(crate) struct Executions {
    most: usize,
    booked: BTreeMap<(AccountId, ExecutionId), Booked>,
    by_time: BTreeMap<(Timestamp, u64), (AccountId, ExecutionId)>,
    /// The time of the latest one that was forgotten.
    horizon: Option<Timestamp>,
    numbers: u64,
}

impl Executions {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX).max(1),
            booked: BTreeMap::new(),
            by_time: BTreeMap::new(),
            horizon: None,
            numbers: 0,
        }
    }

    /// A number for the next fill; they only grow.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn seen(
        &self,
        account: AccountId,
        id: &ExecutionId,
        ts_event: Timestamp,
    ) -> Seen<'_> {
        match self.booked.get(&(account, id.clone())) {
            Some(booked) => Seen::Booked(booked),
            None if self.horizon.is_some_and(|horizon| ts_event <= horizon) => Seen::TooOld,
            None => Seen::Never,
        }
    }

    /// Remembers what counts of an execution from now on, and forgets the oldest where that is one
    /// too many.
    pub(crate) fn remember(
        &mut self,
        account: AccountId,
        id: ExecutionId,
        revision: u32,
        fill: Option<(Fill, Money)>,
        ts_event: Timestamp,
    ) {
        let key = (account, id);
        let before = self.booked.get(&key);
        // A later revision keeps the place of the first, whose time is the execution's.
        let place = before.map(|before| (before.ts_event, before.number));
        let (ts_event, number) = place.unwrap_or((ts_event, self.next_number()));
        let booked = Booked {
            revision,
            fill,
            ts_event,
            number,
        };
        self.by_time.insert((ts_event, number), key.clone());
        self.booked.insert(key, booked);
        while self.booked.len() > self.most {
            let Some(((at, _), key)) = self.by_time.pop_first() else {
                return;
            };
            self.booked.remove(&key);
            self.horizon = self.horizon.max(Some(at));
        }
    }

    /// What counts of all that is remembered.
    pub(crate) fn fills(&self) -> impl Iterator<Item = &Fill> {
        let booked = self.booked.values();
        booked.filter_map(|booked| booked.fill.as_ref().map(|(fill, _)| fill))
    }

    /// What counts of an account's executions after a moment, oldest first.
    pub(crate) fn after(
        &self,
        account: AccountId,
        moment: Timestamp,
    ) -> impl Iterator<Item = &Fill> {
        let later = self.by_time.range((moment, u64::MAX)..);
        later
            .filter(move |(_, key)| key.0 == account)
            .filter_map(|(_, key)| self.booked.get(key))
            .filter_map(|booked| booked.fill.as_ref())
            .map(|(fill, _)| fill)
    }

    /// How much of an order was executed after a moment, in units.
    pub(crate) fn filled_after(
        &self,
        account: AccountId,
        order: OrderId,
        moment: Timestamp,
    ) -> u128 {
        self.after(account, moment)
            .filter(|fill| fill.order == order)
            .map(|fill| u128::from(fill.quantity.raw()))
            .sum()
    }
}

fields! {
    Booked { revision, fill, ts_event, number }
    Executions { most, booked, by_time, horizon, numbers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ExecutionId {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_forgotten_is_too_old_and_never_new() {
        let account = AccountId::new(0);
        let at = Timestamp::from_nanos;
        let mut executions = Executions::new(2);
        for (name, time) in [("a", 10), ("c", 30), ("b", 20)] {
            executions.remember(account, id(name), 0, None, at(time));
        }
        let seen = |name: &str, time| executions.seen(account, &id(name), at(time));
        assert!(matches!(seen("a", 10), Seen::TooOld));
        assert!(matches!(seen("b", 20), Seen::Booked(_)));
        assert!(matches!(seen("d", 10), Seen::TooOld));
        assert!(matches!(seen("d", 11), Seen::Never));
        let other = AccountId::new(1);
        assert!(matches!(
            executions.seen(other, &id("b"), at(20)),
            Seen::Never
        ));
    }

    #[test]
    fn a_revision_keeps_its_place() {
        let account = AccountId::new(0);
        let at = Timestamp::from_nanos;
        let mut executions = Executions::new(2);
        executions.remember(account, id("a"), 0, None, at(10));
        executions.remember(account, id("b"), 0, None, at(20));
        executions.remember(account, id("a"), 1, None, at(90));
        executions.remember(account, id("c"), 0, None, at(30));
        assert!(matches!(
            executions.seen(account, &id("a"), at(10)),
            Seen::TooOld
        ));
        assert!(matches!(
            executions.seen(account, &id("b"), at(20)),
            Seen::Booked(_)
        ));
    }
}
