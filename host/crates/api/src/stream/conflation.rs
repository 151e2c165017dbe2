//! Paces quotes: of each instrument at most so many per second, always the latest.

use model::{InstrumentId, Quote, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// A quote with its place in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) sequence: u64,
    pub(super) time: Timestamp,
    pub(super) quote: Quote,
}

/// The latest quotes that wait for their turn.
#[derive(Debug, Default)]
pub(super) struct Conflation {
    slots: BTreeMap<InstrumentId, Slot>,
    due: BTreeSet<(Instant, InstrumentId)>,
}

#[derive(Debug)]
struct Slot {
    free_at: Instant,
    waiting: Option<Placed>,
}

impl Conflation {
    /// Takes a quote that may be sent every `interval`; it replaces the one that waits.
    pub(super) fn offer(&mut self, now: Instant, placed: Placed, interval: Duration) {
        let instrument = placed.quote.instrument;
        let slot = self.slots.entry(instrument).or_insert(Slot {
            free_at: now,
            waiting: None,
        });
        // A subscription that became faster need not wait out the slower one's interval.
        let free_at = slot.free_at.min(now + interval);
        if slot.waiting.replace(placed).is_some() {
            self.due.remove(&(slot.free_at, instrument));
        }
        slot.free_at = free_at;
        self.due.insert((free_at, instrument));
    }

    /// When the next quote may be sent; `None` when none waits.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Takes one quote whose turn has come; its instrument's next may follow after
    /// `interval(instrument)`. Quotes that nobody wants any more (`None`) are dropped.
    pub(super) fn pop(
        &mut self,
        now: Instant,
        interval: impl Fn(InstrumentId) -> Option<Duration>,
    ) -> Option<Placed> {
        while let Some(&(due, instrument)) = self.due.first()
            && due <= now
        {
            self.due.pop_first();
            let Some(slot) = self.slots.get_mut(&instrument) else {
                continue;
            };
            let waiting = slot.waiting.take();
            if let (Some(placed), Some(interval)) = (waiting, interval(instrument)) {
                slot.free_at = now + interval;
                return Some(placed);
            }
        }
        None
    }

    /// Forgets quotes that wait: a snapshot holds them.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.due.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Price, Quantity};

    const INTERVAL: Duration = Duration::from_millis(100);

    fn placed(instrument: u32, sequence: u64) -> Placed {
        Placed {
            sequence,
            time: Timestamp::ZERO,
            quote: Quote {
                instrument: InstrumentId::new(instrument),
                bid: Price::ZERO,
                ask: Price::ZERO,
                bid_size: Quantity::ZERO,
                ask_size: Quantity::ZERO,
                ts_event: Timestamp::ZERO,
                ts_init: Timestamp::ZERO,
            },
        }
    }

    /// Offers quotes (milliseconds, instrument, sequence) and pops whatever is due at each
    /// millisecond; compares (milliseconds, sequence) of what came out.
    #[track_caller]
    fn check(offers: &[(u64, u32, u64)], until_ms: u64, expect: &[(u64, u64)]) {
        let start = Instant::now();
        let mut conflation = Conflation::default();
        let mut out = Vec::new();
        for ms in 0..=until_ms {
            let now = start + Duration::from_millis(ms);
            for &(_, instrument, sequence) in offers.iter().filter(|offer| offer.0 == ms) {
                conflation.offer(now, placed(instrument, sequence), INTERVAL);
            }
            while let Some(placed) = conflation.pop(now, |_| Some(INTERVAL)) {
                out.push((ms, placed.sequence));
            }
        }
        assert_eq!(out, expect);
    }

    #[test]
    fn the_first_goes_at_once_and_the_latest_when_the_interval_is_over() {
        check(
            &[(0, 1, 1), (10, 1, 2), (20, 1, 3)],
            300,
            &[(0, 1), (100, 3)],
        );
    }

    #[test]
    fn instruments_do_not_wait_for_each_other() {
        check(
            &[(0, 1, 1), (5, 2, 2), (6, 1, 3)],
            300,
            &[(0, 1), (5, 2), (100, 3)],
        );
    }

    #[test]
    fn a_quiet_instrument_speaks_at_once() {
        check(&[(0, 1, 1), (250, 1, 2)], 400, &[(0, 1), (250, 2)]);
    }

    #[test]
    fn nothing_waits_for_instruments_nobody_wants() {
        let mut conflation = Conflation::default();
        let now = Instant::now();
        conflation.offer(now, placed(1, 1), INTERVAL);
        assert_eq!(conflation.pop(now, |_| None), None);
        assert_eq!(conflation.next_due(), None);
    }
}
