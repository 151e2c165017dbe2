//! How much an account trades at a venue: the value of its fills on the current day (UTC) and the
//! twenty-nine before it.

use crate::journal::codec::fields;
use model::{Money, Timestamp};
use std::collections::BTreeMap;

/// Days that count.
const DAYS: u64 = 30;

/// Values by day.
#[derive(Debug, Default)]
pub(crate) struct Turnover {
    days: BTreeMap<u64, Money>,
}

impl Turnover {
    /// Counts a fill. What goes beyond all that can be counted stays at the largest amount.
    pub(crate) fn count(&mut self, value: Money, now: Timestamp) {
        let first = first_day(now);
        self.days = self.days.split_off(&first);
        let day = self.days.entry(now.day()).or_default();
        *day = day.checked_add(value).unwrap_or(Money::MAX);
    }

    /// What was traded within thirty days.
    pub(crate) fn at(&self, now: Timestamp) -> Money {
        let days = self.days.range(first_day(now)..).map(|(_, value)| *value);
        days.fold(Money::ZERO, |sum, value| {
            sum.checked_add(value).unwrap_or(Money::MAX)
        })
    }
}

const fn first_day(now: Timestamp) -> u64 {
    now.day().saturating_sub(DAYS - 1)
}

fields! {
    Turnover { days }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::time::NANOS_PER_DAY;

    #[test]
    fn thirty_days_count_and_no_more() {
        let mut turnover = Turnover::default();
        let day = |day: u64| Timestamp::from_nanos(day * NANOS_PER_DAY);
        let money = |text: &str| text.parse::<Money>().unwrap();
        turnover.count(money("5"), day(100));
        turnover.count(money("7"), Timestamp::from_nanos(101 * NANOS_PER_DAY - 1));
        turnover.count(money("1"), day(101));
        assert_eq!(turnover.at(day(101)), money("13"));
        let last = Timestamp::from_nanos(130 * NANOS_PER_DAY - 1);
        assert_eq!(turnover.at(last), money("13"));
        assert_eq!(turnover.at(day(130)), money("1"));
        assert_eq!(turnover.at(day(131)), Money::ZERO);
        turnover.count(Money::MAX, day(131));
        turnover.count(money("1"), day(131));
        assert_eq!(turnover.at(day(131)), Money::MAX);
        assert_eq!(turnover.days.len(), 1);
    }
}
