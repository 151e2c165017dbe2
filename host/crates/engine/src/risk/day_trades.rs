//! Day trades of an account: positions opened and closed on the same day (UTC). Kept only while a
//! limit asks for them, and only as far back as one may look.

use crate::journal::codec::{fields, wrappers};
use model::{AccountId, InstrumentId, StrategyId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Business days that may be looked back.
const MOST_DAYS: usize = 64;

/// The day trades of all accounts.
#[derive(Debug, Default)]
pub(crate) struct DayTrades(BTreeMap<AccountId, Traded>);

#[derive(Debug, Default)]
struct Traded {
    /// Business days with day trades, and how many; oldest first.
    days: VecDeque<(u64, u32)>,
    /// What was opened on `today` and not closed yet: a day trade if it is.
    opened: BTreeSet<(StrategyId, InstrumentId)>,
    today: u64,
}

/// What a fill did to its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// It opened or added.
    pub(crate) opened: bool,
    /// It took away.
    pub(crate) closed: bool,
    /// Nothing is left.
    pub(crate) flat: bool,
}

impl DayTrades {
    /// Counts a fill.
    pub(crate) fn on_fill(
        &mut self,
        account: AccountId,
        place: (StrategyId, InstrumentId),
        change: Change,
        now: Timestamp,
    ) {
        let traded = self.0.entry(account).or_default();
        traded.turn(now);
        if change.closed && traded.opened.contains(&place) {
            traded.count(now);
        }
        if change.opened {
            traded.opened.insert(place);
        } else if change.flat {
            traded.opened.remove(&place);
        }
    }

    /// Day trades of the last `days` business days, and those that would come of closing today what
    /// was opened today, beside `place`.
    pub(crate) fn possible(
        &self,
        account: AccountId,
        place: (StrategyId, InstrumentId),
        days: u32,
        now: Timestamp,
    ) -> u32 {
        let Some(traded) = self.0.get(&account) else {
            return 0;
        };
        let first = (now.business_day() + 1).saturating_sub(u64::from(days));
        let recent = traded.days.iter().filter(|(day, _)| *day >= first);
        let done = recent.fold(0_u32, |sum, (_, count)| sum.saturating_add(*count));
        let mut open = 0;
        if traded.today == now.day() {
            let own = usize::from(traded.opened.contains(&place));
            open = u32::try_from(traded.opened.len() - own).unwrap_or(u32::MAX);
        }
        done.saturating_add(open)
    }
}

impl Traded {
    fn turn(&mut self, now: Timestamp) {
        if self.today != now.day() {
            self.today = now.day();
            self.opened.clear();
        }
    }

    fn count(&mut self, now: Timestamp) {
        let day = now.business_day();
        match self.days.back_mut() {
            Some((last, count)) if *last == day => *count = count.saturating_add(1),
            _ => self.days.push_back((day, 1)),
        }
        if self.days.len() > MOST_DAYS {
            self.days.pop_front();
        }
    }
}

fields! {
    Traded { days, opened, today }
}
wrappers!(DayTrades(accounts));

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: Change = Change {
        opened: true,
        closed: false,
        flat: false,
    };
    const CLOSED: Change = Change {
        opened: false,
        closed: true,
        flat: true,
    };

    fn place(n: u32) -> (StrategyId, InstrumentId) {
        (StrategyId::new(0), InstrumentId::new(n))
    }

    #[test]
    fn only_what_opens_and_closes_on_a_day_counts_and_only_for_some_days() {
        let (mut trades, account) = (DayTrades::default(), AccountId::new(0));
        let day = |day: u64| Timestamp::from_nanos(day * model::time::NANOS_PER_DAY);
        let possible = |trades: &DayTrades, days, at| trades.possible(account, place(9), days, at);
        // A Thursday; bought, and sold on Friday: no day trade.
        trades.on_fill(account, place(0), OPENED, day(0));
        assert_eq!(possible(&trades, 5, day(0)), 1);
        assert_eq!(trades.possible(account, place(0), 5, day(0)), 0);
        trades.on_fill(account, place(0), CLOSED, day(1));
        assert_eq!(possible(&trades, 5, day(1)), 0);
        trades.on_fill(account, place(1), OPENED, day(1));
        trades.on_fill(account, place(1), CLOSED, day(1));
        trades.on_fill(account, place(1), CLOSED, day(1));
        assert_eq!(possible(&trades, 5, day(1)), 1);
        // Friday, Monday to Thursday are five business days.
        assert_eq!(possible(&trades, 5, day(7)), 1);
        assert_eq!(possible(&trades, 5, day(8)), 0);
        assert_eq!(possible(&trades, 6, day(8)), 1);
    }

    #[test]
    fn day_trades_of_a_day_add_up_and_as_many_days_are_remembered_as_said() {
        let (mut trades, account) = (DayTrades::default(), AccountId::new(0));
        let week = |week: u64| Timestamp::from_nanos(7 * week * model::time::NANOS_PER_DAY);
        let trade = |trades: &mut DayTrades, at| {
            trades.on_fill(account, place(0), OPENED, at);
            trades.on_fill(account, place(0), CLOSED, at);
        };
        for _ in 0..100 {
            trade(&mut trades, week(0));
        }
        assert_eq!(trades.possible(account, place(9), 5, week(0)), 100);
        for at in 1..64 {
            trade(&mut trades, week(at));
        }
        let all = |trades: &DayTrades, at| trades.possible(account, place(9), 1_000, week(at));
        assert_eq!(all(&trades, 63), 163);
        trade(&mut trades, week(64));
        assert_eq!(all(&trades, 64), 64);
        assert_eq!(trades.possible(account, place(9), 5, week(64)), 1);
    }
}
