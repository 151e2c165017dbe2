//! A bucket of tokens, kept as one moment: that at which it will be full again (the "generic cell rate
//! algorithm" of ATM, ITU-T I.371). Each request moves the moment on by an interval; one that would move it
//! further ahead than a full bucket holds is one too many.

use model::{Duration, Timestamp};

/// The longest interval: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How often something may happen: so often at once, and then once in every interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// In nanoseconds.
    interval: u64,
    burst: u32,
}

impl Pace {
    /// `count` times in `per` on average, and `burst` times at once.
    ///
    /// # Errors
    /// What cannot be meant by them.
    pub fn new(count: u32, per: Duration, burst: u32) -> Result<Self, String> {
        if count == 0 || burst == 0 {
            return Err("must let through one request at least".to_owned());
        }
        let interval = per.nanos() / u64::from(count);
        if interval == 0 || interval > LONGEST.nanos() {
            return Err(
                "must be one request a day at least, and one a nanosecond at most".to_owned(),
            );
        }
        Ok(Self { interval, burst })
    }

    /// How many there may be at once.
    pub(super) fn burst(self) -> u32 {
        self.burst
    }

    /// How long an empty bucket takes until it is full.
    pub(super) fn whole(self) -> Duration {
        Duration::from_nanos(self.interval.saturating_mul(u64::from(self.burst)))
    }
}

/// What is left after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Requests that may follow at once.
    pub(super) requests: u64,
    /// How long until all may.
    pub(super) full_in: Wait,
}

/// A length of time that somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(Duration);

impl Wait {
    pub(super) fn of(length: Duration) -> Self {
        Self(length)
    }

    /// In seconds, at least one: who is told 0 comes at once.
    pub(super) fn whole_seconds(self) -> u64 {
        self.0.nanos().div_ceil(1_000_000_000).max(1)
    }
}

/// One bucket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    /// When it is full, in nanoseconds since the epoch.
    full_at: u64,
}

impl Bucket {
    /// Takes one out.
    ///
    /// # Errors
    /// There is none; how long until there is.
    pub(super) fn take(&mut self, pace: Pace, now: Timestamp) -> Result<Left, Wait> {
        let (now, whole) = (now.nanos(), pace.whole().nanos());
        // A clock that has gone back makes nobody wait longer than for an empty bucket.
        self.full_at = self.full_at.clamp(now, now.saturating_add(whole));
        let used = (self.full_at - now).saturating_add(pace.interval);
        if used > whole {
            return Err(Wait(Duration::from_nanos(used - whole)));
        }
        self.full_at = self.full_at.saturating_add(pace.interval);
        Ok(Left {
            requests: (whole - used) / pace.interval,
            full_in: Wait(Duration::from_nanos(used)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN_S: u64 = 1_767_312_000;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos((BEGIN_S * 1_000 + ms) * 1_000_000)
    }

    #[test]
    fn a_burst_goes_through_and_then_one_in_every_interval() {
        let pace = Pace::new(2, Duration::from_secs(1), 3).unwrap();
        let mut bucket = Bucket::default();
        for left in [2, 1, 0] {
            assert_eq!(bucket.take(pace, at(0)).unwrap().requests, left);
        }
        let wait = bucket.take(pace, at(0)).unwrap_err();
        assert_eq!(wait, Wait(Duration::from_millis(500)));
        assert_eq!(wait.whole_seconds(), 1);
        assert!(bucket.take(pace, at(499)).is_err());
        assert_eq!(bucket.take(pace, at(500)).unwrap().requests, 0);
        assert!(bucket.take(pace, at(999)).is_err());
        assert_eq!(bucket.take(pace, at(60_000)).unwrap().requests, 2);
    }

    #[test]
    fn what_is_refused_costs_nothing() {
        let pace = Pace::new(1, Duration::from_secs(1), 1).unwrap();
        let mut bucket = Bucket::default();
        assert!(bucket.take(pace, at(0)).is_ok());
        for ms in 0..1_000 {
            assert!(bucket.take(pace, at(ms)).is_err(), "{ms}");
        }
        assert!(bucket.take(pace, at(1_000)).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_makes_nobody_wait_for_ever() {
        let pace = Pace::new(1, Duration::from_secs(1), 5).unwrap();
        let mut bucket = Bucket::default();
        assert!(bucket.take(pace, at(3_600_000)).is_ok());
        let wait = bucket.take(pace, at(0)).unwrap_err();
        assert_eq!(wait, Wait(Duration::from_secs(1)));
        assert!(bucket.take(pace, at(1_000)).is_ok());
    }

    #[test]
    fn a_pace_lets_something_through() {
        let second = Duration::from_secs(1);
        assert!(Pace::new(0, second, 1).is_err());
        assert!(Pace::new(1, second, 0).is_err());
        assert!(Pace::new(u32::MAX, Duration::from_nanos(1), 1).is_err());
        assert!(Pace::new(1, Duration::from_secs(90_000), 1).is_err());
        assert!(Pace::new(1, second, u32::MAX).is_ok());
    }
}
