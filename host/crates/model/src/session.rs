//! When an instrument trades: one session a day, by times of day in UTC.

use crate::time::NANOS_PER_DAY;
use crate::{Duration, Timestamp};

/// A daily session. It may run past midnight; the day it belongs to is the one it opens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Time of day (UTC) at which it opens.
    pub open: Duration,
    /// Time of day (UTC) at which it closes; at or before `open` it is the next day's.
    pub close: Duration,
    /// Days on which it opens, Monday first.
    pub days: [bool; 7],
}

impl Session {
    /// From Monday to Friday.
    pub const WEEKDAYS: [bool; 7] = [true, true, true, true, true, false, false];

    /// Whether it ever opens, at times of day.
    pub fn is_valid(&self) -> bool {
        let of_day = |time: Duration| time.nanos() < NANOS_PER_DAY;
        of_day(self.open) && of_day(self.close) && self.days.contains(&true)
    }

    /// Whether it is on at `now`: from its open on, up to but not at its close.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let today = now.nanos() / NANOS_PER_DAY;
        let spans = [today.checked_sub(1), Some(today)];
        spans.into_iter().flatten().any(|day| {
            self.span(day)
                .is_some_and(|(open, close)| open <= now && now < close)
        })
    }

    /// The next moment after `now` at which it opens or closes; the end of time when there is none.
    pub fn next_change(&self, now: Timestamp) -> Timestamp {
        let today = now.nanos() / NANOS_PER_DAY;
        // A week from now every day of the pattern was seen once.
        let changes = (today.saturating_sub(1)..=today.saturating_add(8))
            .filter_map(|day| self.span(day))
            .flat_map(|(open, close)| [open, close])
            .filter(|change| *change > now);
        let is_real = |change: &Timestamp| {
            // One session that ends where the next begins does not change anything.
            self.is_open(*change) != self.is_open(change.before(Duration::from_nanos(1)))
        };
        changes.filter(is_real).min().unwrap_or(Timestamp::MAX)
    }

    /// When the session of a day (counted from the epoch) opens and closes.
    fn span(&self, day: u64) -> Option<(Timestamp, Timestamp)> {
        // The epoch was a Thursday.
        let weekday = usize::try_from((day + 3) % 7).ok()?;
        if !self.days.get(weekday).copied()? {
            return None;
        }
        let start = day.checked_mul(NANOS_PER_DAY)?;
        let open = start.checked_add(self.open.nanos())?;
        let mut close = start.checked_add(self.close.nanos())?;
        if self.close <= self.open {
            close = close.checked_add(NANOS_PER_DAY)?;
        }
        Some((Timestamp::from_nanos(open), Timestamp::from_nanos(close)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 3_600)
    }

    fn at(day: u64, hour: u64) -> Timestamp {
        Timestamp::from_nanos(day * NANOS_PER_DAY).after(hours(hour))
    }

    #[test]
    fn a_day_session_rests_over_the_weekend() {
        let session = Session {
            open: hours(14),
            close: hours(21),
            days: Session::WEEKDAYS,
        };
        // Day 1 after the epoch was a Friday.
        assert!(!session.is_open(at(1, 13)) && session.is_open(at(1, 14)));
        assert!(!session.is_open(at(1, 21)));
        assert_eq!(session.next_change(at(1, 13)), at(1, 14));
        assert_eq!(session.next_change(at(1, 14)), at(1, 21));
        assert_eq!(session.next_change(at(1, 21)), at(4, 14));
    }

    #[test]
    fn a_session_past_midnight_belongs_to_the_day_it_opens_on() {
        let mut session = Session {
            open: hours(22),
            close: hours(21),
            days: Session::WEEKDAYS,
        };
        session.days[6] = true;
        // Sunday 22:00 to Monday 21:00; Friday has a session of its own up to Saturday 21:00.
        assert!(!session.is_open(at(3, 21)) && session.is_open(at(3, 22)));
        assert!(session.is_open(at(4, 20)) && !session.is_open(at(4, 21)));
    }

    #[test]
    fn sessions_that_touch_are_one() {
        let session = Session {
            open: hours(22),
            close: hours(22),
            days: Session::WEEKDAYS,
        };
        // From Monday 22:00 (day 4) without a break to Saturday 22:00 (day 9).
        assert_eq!(session.next_change(at(4, 22)), at(9, 22));
    }
}
