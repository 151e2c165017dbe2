//! Paces quotes and order books, of each instrument, and portfolios: at most so many per second, always the latest.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// The latest of each key that waits for its turn; a key is what one of them replaces another of.
#[derive(Debug)]
pub(super) struct Conflation<K, T> {
    slots: BTreeMap<K, Slot<T>>,
    due: BTreeSet<(Instant, K)>,
}

#[derive(Debug)]
struct Slot<T> {
    free_at: Instant,
    waiting: Option<T>,
}

impl<K, T> Default for Conflation<K, T> {
    fn default() -> Self {
        Self {
            slots: BTreeMap::new(),
            due: BTreeSet::new(),
        }
    }
}

impl<K: Copy + Ord, T> Conflation<K, T> {
    /// Takes what may be told of a key every `interval`; it replaces what waits.
    pub(super) fn offer(&mut self, now: Instant, key: K, item: T, interval: Duration) {
        let slot = self.slots.entry(key).or_insert(Slot {
            free_at: now,
            waiting: None,
        });
        // A subscription that became faster need not wait out the slower one's interval.
        let free_at = slot.free_at.min(now + interval);
        if slot.waiting.replace(item).is_some() {
            self.due.remove(&(slot.free_at, key));
        }
        slot.free_at = free_at;
        self.due.insert((free_at, key));
    }

    /// When the next may be sent; `None` when none waits.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Takes one whose turn has come; its key's next may follow after `interval(key)`. What nobody wants any more
    /// (`None`) is dropped.
    pub(super) fn pop(
        &mut self,
        now: Instant,
        interval: impl Fn(K) -> Option<Duration>,
    ) -> Option<T> {
        while let Some(&(due, key)) = self.due.first()
            && due <= now
        {
            self.due.pop_first();
            let Some(slot) = self.slots.get_mut(&key) else {
                continue;
            };
            let waiting = slot.waiting.take();
            if let (Some(item), Some(interval)) = (waiting, interval(key)) {
                slot.free_at = now + interval;
                return Some(item);
            }
        }
        None
    }

    /// Forgets what waits: a snapshot holds it.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.due.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::InstrumentId;

    const INTERVAL: Duration = Duration::from_millis(100);

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
                conflation.offer(now, InstrumentId::new(instrument), sequence, INTERVAL);
            }
            while let Some(sequence) = conflation.pop(now, |_| Some(INTERVAL)) {
                out.push((ms, sequence));
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
        conflation.offer(now, InstrumentId::new(1), 1_u64, INTERVAL);
        assert_eq!(conflation.pop(now, |_| None), None);
        assert_eq!(conflation.next_due(), None);
    }
}
