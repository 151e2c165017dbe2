//! What writing a journal costs: bytes, failures, and how long the disk takes. Counted where it happens,
//! read by anybody; a count is an atomic addition, so nobody waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the lengths of time that are told apart, in microseconds; longer ones are counted
/// beyond the last.
pub const SYNC_BOUNDS_US: [u64; 10] = [
    100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000,
];

/// Counts of one writer.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    bytes: AtomicU64,
    waiting_bytes: AtomicU64,
    failures: AtomicU64,
    syncs: AtomicU64,
    sync_ns: AtomicU64,
    by_length: [AtomicU64; SYNC_BOUNDS_US.len()],
}

/// What was written since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Bytes of whole blocks.
    pub bytes: u64,
    /// Bytes that wait in memory because the disk takes nothing.
    pub waiting_bytes: u64,
    /// How often the disk was tried and did not take what it was given.
    pub failures: u64,
    /// How often blocks were forced onto the disk.
    pub syncs: u64,
    /// How long that took in all.
    pub sync_time: Duration,
    /// How many of those took no longer than the bound in the same place of [`SYNC_BOUNDS_US`], and longer
    /// than the one before it.
    pub syncs_by_length: [u64; SYNC_BOUNDS_US.len()],
}

impl Meter {
    pub(crate) fn wrote(&self, bytes: usize) {
        add(&self.bytes, as_u64(bytes));
    }

    pub(crate) fn waits(&self, bytes: usize) {
        self.waiting_bytes.store(as_u64(bytes), Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        add(&self.failures, 1);
    }

    pub(crate) fn synced(&self, took: Duration) {
        add(&self.syncs, 1);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        add(&self.sync_ns, nanos);
        let place = SYNC_BOUNDS_US
            .iter()
            .position(|bound| took <= Duration::from_micros(*bound));
        if let Some(count) = place.and_then(|place| self.by_length.get(place)) {
            add(count, 1);
        }
    }

    pub(crate) fn read(&self) -> Written {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Written {
            bytes: read(&self.bytes),
            waiting_bytes: read(&self.waiting_bytes),
            failures: read(&self.failures),
            syncs: read(&self.syncs),
            sync_time: Duration::from_nanos(read(&self.sync_ns)),
            syncs_by_length: std::array::from_fn(|place| read(&self.by_length[place])),
        }
    }
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

fn as_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_counted_once_where_they_belong() {
        let meter = Meter::default();
        for micros in [1, 100, 101, 5_000_000, 5_000_001] {
            meter.synced(Duration::from_micros(micros));
        }
        let written = meter.read();
        assert_eq!(written.syncs, 5);
        assert_eq!(written.syncs_by_length, [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(written.sync_time, Duration::from_micros(10_000_203));
    }
}
