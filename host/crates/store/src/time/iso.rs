//! ISO 8601 / RFC 3339 as vendors write it: `T` or a blank, with or without seconds, fraction and
//! offset. A text without an offset is local to the file.

use super::civil::{Date, DateTime, fraction, number, time_of_day};

/// The date at the start of `bytes` and what follows it.
pub(crate) fn date(bytes: &[u8]) -> Option<(Date, &[u8])> {
    let (head, rest) = bytes.split_at_checked(10)?;
    if head[4] != b'-' || head[7] != b'-' {
        return None;
    }
    let year = u16::try_from(number(&head[..4])?).ok()?;
    let month = u8::try_from(number(&head[5..7])?).ok()?;
    let day = u8::try_from(number(&head[8..])?).ok()?;
    Some((Date::new(year, month, day)?, rest))
}

/// A whole date and time, or a date alone.
pub(crate) fn read(bytes: &[u8]) -> Option<DateTime> {
    let (date, rest) = date(bytes)?;
    let Some((b'T' | b't' | b' ', clock)) = rest.split_first() else {
        return rest.is_empty().then_some(DateTime {
            date,
            nanos: 0,
            offset_s: None,
        });
    };
    let (hour, rest) = two_digits(clock)?;
    let (minute, rest) = after_colon(rest)?;
    let (second, rest) = after_colon(rest).unwrap_or((0, rest));
    let (nanos, rest) = match rest {
        [b'.' | b',', tail @ ..] => {
            let end = tail
                .iter()
                .position(|b| !b.is_ascii_digit())
                .unwrap_or(tail.len());
            (fraction(&tail[..end])?, &tail[end..])
        }
        _ => (0, rest),
    };
    let nanos = time_of_day(hour, minute, second, nanos)?;
    Some(DateTime {
        date,
        nanos,
        offset_s: offset(rest)?,
    })
}

fn two_digits(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(2)?;
    Some((number(digits)?, rest))
}

fn after_colon(bytes: &[u8]) -> Option<(u32, &[u8])> {
    two_digits(bytes.strip_prefix(b":")?)
}

/// `Z`, `+02:00`, `+0200`, `+02`, or nothing. The outer `None` is a malformed offset.
pub(crate) fn offset(bytes: &[u8]) -> Option<Option<i32>> {
    let (sign, clock) = match bytes.trim_ascii_start() {
        [] => return Some(None),
        [b'Z' | b'z'] => return Some(Some(0)),
        [b'+', clock @ ..] => (1, clock),
        [b'-', clock @ ..] => (-1, clock),
        _ => return None,
    };
    let (hours, rest) = two_digits(clock)?;
    let (minutes, rest) = match rest {
        [] => (0, rest),
        [b':', tail @ ..] | tail => two_digits(tail)?,
    };
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    i32::try_from(hours * 3600 + minutes * 60)
        .ok()
        .map(|seconds| Some(sign * seconds))
}
