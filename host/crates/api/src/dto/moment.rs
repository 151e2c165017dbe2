//! A moment in a request: RFC 3339, in UTC or with an offset.

use model::Timestamp;
use model::time::{NANOS_PER_DAY, NANOS_PER_SECOND, civil_from_days};
use std::fmt;
use std::str::FromStr;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Timestamp);

/// Why a text is not a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAMoment;

impl fmt::Display for NotAMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a moment after 1970 as RFC 3339, such as \"2026-01-02T00:00:00Z\"")
    }
}

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        read(text).map(Self).ok_or(NotAMoment)
    }
}

fn read(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't'])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (fraction, zone) = rest.split_at_checked(zone)?;
    let days = days(fields(date, '-', [4, 2, 2])?)?;
    let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let seconds = i64::try_from(local).ok()? - offset_seconds(zone)?;
    let nanos = u64::try_from(seconds).ok()?.checked_mul(NANOS_PER_SECOND)?;
    let moment = nanos.checked_add(nanoseconds(fraction)?)?;
    Some(Timestamp::from_nanos(moment))
}

/// Three numbers of fixed widths.
fn fields(text: &str, between: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(between);
    let mut found = [0; 3];
    for (place, width) in found.iter_mut().zip(widths) {
        *place = digits(parts.next().filter(|part| part.len() == width)?)?;
    }
    parts.next().is_none().then_some(found)
}

fn digits(text: &str) -> Option<u64> {
    let only = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| only)
}

/// Days from the epoch to a date of the calendar (H. Hinnant, `days_from_civil`).
fn days([year, month, day]: [u64; 3]) -> Option<u64> {
    let shifted_year = if month <= 2 {
        year.checked_sub(1)?
    } else {
        year
    };
    let shifted_month = if month > 2 {
        month.checked_sub(3)?
    } else {
        month + 9
    };
    let day_of_year = (153 * shifted_month + 2) / 5 + day.checked_sub(1)?;
    let whole = shifted_year * 365 + shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    let days = (whole + day_of_year).checked_sub(719_468)?;
    // What the calendar lacks, such as 31 April, comes back as another date.
    let fits = days < u64::MAX / NANOS_PER_DAY && civil_from_days(days) == (year, month, day);
    fits.then_some(days)
}

fn nanoseconds(fraction: &str) -> Option<u64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let part = fraction.strip_prefix('.').filter(|part| part.len() <= 9)?;
    digits(&format!("{part:0<9}")).filter(|_| !part.is_empty())
}

/// How far a zone's clock is ahead of UTC.
fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let part = |text: &str, most: u64| digits(text).filter(|n| text.len() == 2 && *n <= most);
    let seconds = part(hours, 23)? * 3_600 + part(minutes, 59)? * 60;
    Some(sign * i64::try_from(seconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_printed() {
        let check = |text: &str, expect: &str| {
            let Moment(moment) = text.parse().unwrap();
            assert_eq!(moment.to_string(), expect, "{text}");
        };
        check("2026-01-02T00:00:00Z", "2026-01-02T00:00:00.000000000Z");
        check("2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56.789000000Z");
        check(
            "2026-01-02T01:30:00+01:30",
            "2026-01-02T00:00:00.000000000Z",
        );
        check(
            "2025-12-31T19:00:00-05:00",
            "2026-01-01T00:00:00.000000000Z",
        );
        check("1970-01-01T00:00:00z", "1970-01-01T00:00:00.000000000Z");
    }

    #[test]
    fn anything_else_is_no_moment() {
        for text in [
            "",
            "tomorrow",
            "2026-01-02",
            "2026-01-02T00:00:00",
            "2026-01-02 00:00:00Z",
            "2026-1-2T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-02T24:00:00Z",
            "2026-01-02T00:60:00Z",
            "2026-01-02T00:00:00.Z",
            "2026-01-02T00:00:00.1234567891Z",
            "2026-01-02T00:00:00+1:00",
            "2026-01-02T00:00:00+24:00",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "9999-01-01T00:00:00Z",
            "+026-01-02T00:00:00Z",
            "2026-01-02T00:00:00ZZ",
            "２０２６-01-02T00:00:00Z",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(NotAMoment), "{text}");
        }
    }
}
