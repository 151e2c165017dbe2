//! Where the time of inputs comes from. The engine itself reads no clock; this is the port.

use model::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// A source of wall-clock time.
pub trait Clock: Send + Sync {
    /// Now. May go back; whoever stamps inputs makes it monotonic.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let nanos = since_epoch.map_or(0, |passed| passed.as_nanos());
        Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// A clock that a test sets.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.nanos()))
    }

    /// Sets it, forwards or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.nanos(), Ordering::Release);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Acquire))
    }
}

/// What stamps inputs.
#[derive(Clone)]
pub(crate) enum TimeSource {
    /// A clock, held back where it would go back.
    Wall(Arc<dyn Clock>),
    /// The market data itself, as in a replay of files; nothing else moves time.
    Events,
}

impl TimeSource {
    /// The time of the next input, never before `last`. `event` is the time market data carries.
    pub(crate) fn stamp(&self, event: Option<Timestamp>, last: Timestamp) -> Timestamp {
        match self {
            Self::Wall(clock) => clock.now().max(last),
            Self::Events => event.map_or(last, |event| event.max(last)),
        }
    }

    /// The clock, where there is one.
    pub(crate) fn wall(&self) -> Option<&dyn Clock> {
        match self {
            Self::Wall(clock) => Some(clock.as_ref()),
            Self::Events => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_is_held_back() {
        let at = Timestamp::from_nanos;
        let clock = Arc::new(ManualClock::at(at(5)));
        let source = TimeSource::Wall(Arc::clone(&clock) as Arc<dyn Clock>);
        assert_eq!(source.stamp(None, at(3)), at(5));
        clock.set(at(2));
        assert_eq!(source.stamp(Some(at(9)), at(5)), at(5));
        assert_eq!(TimeSource::Events.stamp(Some(at(9)), at(5)), at(9));
        assert_eq!(TimeSource::Events.stamp(None, at(5)), at(5));
    }
}
