//! What trading lost: since midnight UTC, within a window, and from its best. Fed with a scope's
//! profit whenever it is reckoned; asked at the gate with the profit as it is then.

use crate::journal::codec::fields;
use model::{Duration, Money, NumberError, Timestamp};

/// Parts of the rolling window.
const PARTS: u64 = 16;
const PLACES: usize = 17;

/// The past of one scope's profit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Losses {
    /// The profit when it was last reckoned; `None` before the first time.
    last: Option<Money>,
    peak: Money,
    day: u64,
    day_open: Money,
    window: Duration,
    /// The best of the window, as of the part in which the profit was last noted.
    best: (u64, Money),
    parts: [(u64, Option<Money>); PLACES],
}

/// Losses as positive amounts, nothing where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Measures {
    pub(crate) daily: Money,
    pub(crate) rolling: Money,
    pub(crate) drawdown: Money,
}

impl Losses {
    /// Notes the profit as it is now. Another window than before starts with this moment.
    pub(crate) fn note(&mut self, gain: Money, window: Duration, now: Timestamp) {
        if self.window != window {
            (self.window, self.parts) = (window, [(0, None); PLACES]);
            self.best = (u64::MAX, gain);
        }
        let before = self.last.unwrap_or(gain);
        if self.last.is_none() {
            self.peak = gain;
        }
        if self.last.is_none() || now.day() != self.day {
            (self.day, self.day_open) = (now.day(), before);
        }
        self.peak = self.peak.max(gain);
        let number = self.part(now);
        let place = usize::try_from(number % (PARTS + 1)).unwrap_or_default();
        let best = before.max(gain);
        match self.parts.get_mut(place) {
            Some((of, Some(high))) if *of == number => *high = best.max(*high),
            Some(part) => *part = (number, Some(best)),
            None => {}
        }
        self.best = if self.best.0 == number && self.last.is_some() {
            (number, self.best.1.max(best))
        } else {
            (number, self.best_within(number, best))
        };
        self.last = Some(gain);
    }

    fn best_within(&self, number: u64, least: Money) -> Money {
        let within = |of: u64| of <= number && of + PARTS >= number;
        let parts = self.parts.iter().filter(|(of, _)| within(*of));
        parts.filter_map(|(_, high)| *high).fold(least, Money::max)
    }

    /// The losses if the profit is `gain` now.
    pub(crate) fn measures(&self, gain: Money, now: Timestamp) -> Result<Measures, NumberError> {
        let last = self.last.unwrap_or(gain);
        let open = if self.last.is_some() && now.day() == self.day {
            self.day_open
        } else {
            last
        };
        let number = self.part(now);
        let best = if self.best.0 == number && self.last.is_some() {
            self.best.1
        } else {
            self.best_within(number, last)
        };
        let peak = if self.last.is_some() { self.peak } else { gain };
        let below = |best: Money| Ok::<_, NumberError>(best.checked_sub(gain)?.max(Money::ZERO));
        Ok(Measures {
            daily: below(open)?,
            rolling: below(best)?,
            drawdown: below(peak)?,
        })
    }

    fn part(&self, now: Timestamp) -> u64 {
        now.nanos() / (self.window.nanos() / PARTS).max(1)
    }
}

fields! {
    Losses { last, peak, day, day_open, window, best, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(units: i128) -> Money {
        Money::from_raw(units)
    }

    /// Profits at hours; then the losses: daily, rolling over 16 hours, from the best.
    fn check(gains: &[(u64, i128)], now: (u64, i128), expect: [i128; 3]) {
        let hour = |hours: u64| Timestamp::from_nanos(hours * 3_600_000_000_000);
        let mut losses = Losses::default();
        for (at, gain) in gains {
            losses.note(money(*gain), Duration::from_secs(16 * 3_600), hour(*at));
        }
        let found = losses.measures(money(now.1), hour(now.0)).unwrap();
        let found = [found.daily, found.rolling, found.drawdown];
        assert_eq!(found, expect.map(money), "{gains:?} {now:?}");
    }

    #[test]
    fn losses_count_from_midnight_from_the_window_and_from_the_best() {
        check(&[], (0, -5), [0, 0, 0]);
        check(&[(0, 0)], (1, -5), [5, 5, 5]);
        check(&[(0, 0), (1, 10)], (2, -5), [5, 15, 15]);
        check(&[(0, 0), (1, 10), (2, 3)], (30, 1), [2, 2, 9]);
        check(&[(0, 0), (1, 10), (2, 3), (25, 2)], (26, 4), [0, 0, 6]);
        check(&[(5, -7)], (6, -7), [0, 0, 0]);
    }

    #[test]
    fn a_loss_over_a_silence_counts_from_what_was_before_it() {
        check(&[(0, 10), (40, 4)], (41, 4), [6, 6, 6]);
        check(&[(0, 10), (40, 4)], (60, 4), [0, 0, 6]);
    }

    #[test]
    fn losses_beyond_what_fits_are_an_error() {
        let mut losses = Losses::default();
        losses.note(Money::MAX, Duration::ZERO, Timestamp::ZERO);
        assert!(losses.measures(Money::MIN, Timestamp::ZERO).is_err());
    }

    #[test]
    fn the_best_stays_for_as_long_as_the_window_and_a_part_of_it() {
        let fall = |hours: std::ops::RangeInclusive<u64>| -> Vec<(u64, i128)> {
            let rest = hours.map(|hour| (hour, 0));
            [(0, 100)].into_iter().chain(rest).collect()
        };
        // What was there at the fall itself counts, too: a hundred until the end of the hour 1.
        check(&fall(1..=16), (16, 0), [100, 100, 100]);
        check(&fall(1..=17), (17, 0), [100, 100, 100]);
        check(&fall(1..=18), (18, 0), [100, 0, 100]);
        check(&fall(1..=18), (18, -3), [103, 3, 103]);
    }

    #[test]
    fn a_place_that_is_used_again_holds_the_new_best() {
        let gains = [(0, 100), (1, 0), (2, 0), (18, 50), (19, 0)];
        check(&gains, (20, 0), [100, 50, 100]);
    }

    #[test]
    fn the_best_of_a_moment_outlives_what_came_after_it() {
        check(&[(0, 10), (0, 3), (0, 2)], (1, 2), [8, 8, 8]);
        check(&[(0, 10), (1, 4), (40, 4)], (40, 4), [0, 0, 6]);
    }
}
