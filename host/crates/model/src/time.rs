//! Time as the engine knows it: nanoseconds since the Unix epoch, UTC. Nothing here reads a clock.

use std::fmt;

/// Nanoseconds in one second.
pub const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Nanoseconds in one day.
pub const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// A moment, in nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

/// A length of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(u64);

impl Timestamp {
    /// The epoch.
    pub const ZERO: Timestamp = Timestamp(0);
    /// The end of time, used where nothing is due.
    pub const MAX: Timestamp = Timestamp(u64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// This moment plus `duration`, stopping at the end of time.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }

    /// This moment less `duration`, stopping at the epoch.
    #[must_use]
    pub const fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }

    /// Time passed since `earlier`; zero when `earlier` is later.
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// Days since the epoch, UTC.
    pub const fn day(self) -> u64 {
        self.0 / NANOS_PER_DAY
    }

    /// Days from Monday to Friday since the week of the epoch, UTC; a weekend belongs to its Friday.
    pub const fn business_day(self) -> u64 {
        // The epoch was a Thursday.
        let since_monday = self.day() + 3;
        let of_week = since_monday % 7;
        since_monday / 7 * 5 + if of_week < 4 { of_week } else { 4 }
    }

    /// The next moment at which the time of day equals `offset`, strictly later than this one; the
    /// end of time when there is none.
    #[must_use]
    pub const fn next_time_of_day(self, offset: Duration) -> Self {
        let day = self.0 - self.0 % NANOS_PER_DAY;
        let today = day.saturating_add(offset.0 % NANOS_PER_DAY);
        if today > self.0 {
            Self(today)
        } else {
            Self(today.saturating_add(NANOS_PER_DAY))
        }
    }
}

impl Duration {
    /// No time.
    pub const ZERO: Duration = Duration(0);
    /// The longest there is; as a limit it does not bind.
    pub const MAX: Duration = Duration(u64::MAX);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From milliseconds, stopping at the largest value.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds, stopping at the largest value.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 with nanoseconds, as `2024-01-01T00:00:00.000000000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, of_day) = (self.0 / NANOS_PER_DAY, self.0 % NANOS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        let seconds = of_day / NANOS_PER_SECOND;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:09}Z",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            of_day % NANOS_PER_SECOND
        )
    }
}

/// Year, month and day of a count of days since the epoch (H. Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`).
pub const fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates_print() {
        let check = |nanos, expect: &str| {
            assert_eq!(Timestamp::from_nanos(nanos).to_string(), expect);
        };
        check(0, "1970-01-01T00:00:00.000000000Z");
        check(1_704_067_200_000_000_001, "2024-01-01T00:00:00.000000001Z");
        check(951_827_696_789_000_000, "2000-02-29T12:34:56.789000000Z");
    }

    #[test]
    fn a_weekend_is_no_business_day() {
        let day = |day: u64| Timestamp::from_nanos(day * NANOS_PER_DAY).business_day();
        // 1970-01-02 was a Friday.
        let week: Vec<u64> = (0..6).map(|n| day(n) - day(0)).collect();
        assert_eq!(week, [0, 1, 1, 1, 2, 3]);
    }

    #[test]
    fn the_last_day_has_no_next() {
        let offset = Duration::from_secs(86_399);
        assert_eq!(Timestamp::MAX.next_time_of_day(offset), Timestamp::MAX);
    }

    #[test]
    fn the_next_time_of_day_is_strictly_later() {
        let offset = Duration::from_secs(3600);
        let at = Timestamp::from_nanos(NANOS_PER_DAY + offset.nanos());
        assert_eq!(
            at.next_time_of_day(offset),
            at.after(Duration::from_nanos(NANOS_PER_DAY))
        );
        assert_eq!(
            at.before(Duration::from_nanos(1)).next_time_of_day(offset),
            at
        );
    }
}
