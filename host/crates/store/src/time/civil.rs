//! Dates of the proleptic Gregorian calendar and local times, made into nanoseconds UTC.

use std::fmt;
use std::str::FromStr;

use model::Timestamp;
use model::time::{NANOS_PER_DAY, NANOS_PER_SECOND};

use super::iso;
use crate::source::SourceError;

/// A calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days)
            .contains(&day)
            .then_some(Self { year, month, day })
    }

    /// The date at the start of a file's name, as in `20140507_quote.zip`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let (digits, rest) = name.split_at_checked(8)?;
        if !rest.starts_with('_') {
            return None;
        }
        Self::from_compact(digits.as_bytes())
    }

    /// Reads `yyyymmdd`.
    pub(crate) fn from_compact(digits: &[u8]) -> Option<Self> {
        let (year, rest) = digits.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        if day.len() != 2 {
            return None;
        }
        Self::new(
            u16::try_from(number(year)?).ok()?,
            u8::try_from(number(month)?).ok()?,
            u8::try_from(number(day)?).ok()?,
        )
    }

    /// The year.
    pub(crate) const fn year(self) -> u16 {
        self.year
    }

    /// Days since 1970-01-01, negative before (H. Hinnant, "chrono-compatible low-level date
    /// algorithms", `days_from_civil`).
    pub(crate) fn days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = SourceError;

    /// Reads `2014-05-07` or `20140507`.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let bytes = text.as_bytes();
        let date = Self::from_compact(bytes).or_else(|| iso::date(bytes).map(|(date, _)| date));
        date.filter(|_| matches!(bytes.len(), 8 | 10))
            .ok_or_else(|| SourceError::new(text, "a date such as 2014-05-07"))
    }
}

/// A date and a time of day, with the offset from UTC if the text gave one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DateTime {
    pub(crate) date: Date,
    /// Nanoseconds since midnight.
    pub(crate) nanos: u64,
    /// Seconds ahead of UTC.
    pub(crate) offset_s: Option<i32>,
}

impl DateTime {
    /// The moment, taking `default_offset_s` where the text gave no offset; `None` before 1970.
    pub(crate) fn utc(self, default_offset_s: i32) -> Option<Timestamp> {
        let offset_s = i128::from(self.offset_s.unwrap_or(default_offset_s));
        let nanos = i128::from(self.date.days()) * i128::from(NANOS_PER_DAY)
            + i128::from(self.nanos)
            - offset_s * i128::from(NANOS_PER_SECOND);
        u64::try_from(nanos).ok().map(Timestamp::from_nanos)
    }
}

/// The value of a run of digits; `None` if anything else is among them or there are none.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u32::from(byte - b'0'))
    })
}

/// Nanoseconds since midnight; `None` for times no clock shows. A leap second counts as the last
/// one before it, because the epoch has none.
pub(crate) fn time_of_day(hour: u32, minute: u32, second: u32, nanos: u32) -> Option<u64> {
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second.min(59));
    Some(seconds * NANOS_PER_SECOND + u64::from(nanos))
}

/// Nanoseconds of a fraction's digits; digits beyond the ninth are cut.
pub(crate) fn fraction(digits: &[u8]) -> Option<u32> {
    let kept = &digits[..digits.len().min(9)];
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let scale = 10_u32.pow(9 - u32::try_from(kept.len()).ok()?);
    number(kept).map(|value| value * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_the_epoch() {
        let days = |text: &str| text.parse::<Date>().unwrap().days();
        assert_eq!(days("1970-01-01"), 0);
        assert_eq!(days("1969-12-31"), -1);
        assert_eq!(days("20000229"), 11_016);
        assert_eq!(days("2024-01-01"), 19_723);
    }

    #[test]
    fn dates_that_the_calendar_lacks_are_refused() {
        assert!(Date::new(1900, 2, 29).is_none());
        assert!(Date::new(2000, 2, 29).is_some());
        assert!("2014-05-07T".parse::<Date>().is_err());
        assert!(Date::from_name("20141307_quote.zip").is_none());
        assert!(Date::from_name("2014").is_none());
    }
}
