//! The daily session of an instrument, written as one text.

use model::Session;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;
use std::str::FromStr;

/// The names of the days, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A session as `14:30-21:00`, from Monday to Friday, or with days: `22:00-21:00 sun-thu`,
/// `08:00-12:00 mon wed fri`. Times are UTC; a close at or before the open is the next day's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionText(pub Session);

impl FromStr for SessionText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split_whitespace();
        let times = parts.next().and_then(times);
        let (open, close) = times.ok_or_else(|| {
            format!(
                "`{text}` is not a session; write when it opens and closes (UTC) and, if not from \
                 Monday to Friday, on which days, as in \"14:30-21:00\" or \"22:00-21:00 sun-thu\""
            )
        })?;
        let mut days = [false; 7];
        let mut any = false;
        for part in parts {
            any = true;
            mark_days(part, &mut days).ok_or_else(|| {
                let known = DAYS.join(", ");
                format!(
                    "`{part}` names no days; write days or ranges of {known}, as in \"mon-fri\""
                )
            })?;
        }
        if !any {
            days = Session::WEEKDAYS;
        }
        Ok(Self(Session { open, close, days }))
    }
}

fn times(text: &str) -> Option<(model::Duration, model::Duration)> {
    let (open, close) = text.split_once('-')?;
    Some((time_of_day(open)?, time_of_day(close)?))
}

/// `hh:mm` or `hh:mm:ss`.
fn time_of_day(text: &str) -> Option<model::Duration> {
    let mut parts = text.split(':');
    let mut part = |most: u64| -> Option<u64> {
        let digits = parts.next()?;
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|n| plain && *n <= most)
    };
    let (hours, minutes) = (part(23)?, part(59)?);
    let seconds = if text.len() > 5 { part(59)? } else { 0 };
    let whole = parts.next().is_none();
    whole.then(|| model::Duration::from_secs(hours * 3_600 + minutes * 60 + seconds))
}

/// Marks a day, or all days of a range, which may run over Sunday.
fn mark_days(text: &str, days: &mut [bool; 7]) -> Option<()> {
    let number = |name: &str| DAYS.iter().position(|day| *day == name);
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    let count = (last + DAYS.len() - first) % DAYS.len() + 1;
    let marked = (first..).map(|day| day % DAYS.len()).take(count);
    for day in marked {
        *days.get_mut(day)? = true;
    }
    Some(())
}

impl<'de> Deserialize<'de> for SessionText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct SessionVisitor;
        impl Visitor<'_> for SessionVisitor {
            type Value = SessionText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a session in quotes, such as \"14:30-21:00\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<SessionText, E> {
                text.parse().map_err(E::custom)
            }
        }
        from.deserialize_any(SessionVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_have_times_and_maybe_days() {
        let check = |text: &str, hours: [u64; 2], days: [u8; 7]| {
            let SessionText(session) = text.parse().unwrap();
            let times = [session.open, session.close].map(model::Duration::nanos);
            let expect = hours.map(|hours| hours * 3_600_000_000_000);
            assert_eq!((times, session.days), (expect, days.map(|day| day == 1)));
            assert!(session.is_valid(), "{text}");
        };
        check("14:00-21:00", [14, 21], [1, 1, 1, 1, 1, 0, 0]);
        check("22:00-21:00 sun-thu", [22, 21], [1, 1, 1, 1, 0, 0, 1]);
        check("08:00:00-12:00 mon wed fri", [8, 12], [1, 0, 1, 0, 1, 0, 0]);
        check("00:00-00:00 mon-sun", [0, 0], [1; 7]);
    }

    #[test]
    fn anything_else_is_told_what_would_do() {
        let check = |text: &str, expect: &str| {
            let found = text.parse::<SessionText>().unwrap_err();
            assert!(found.contains(expect), "{found}");
        };
        for text in [
            "",
            "9-17",
            "24:00-17:00",
            "09:00",
            "09:00-17:60",
            "09:00-17:00:00:00",
        ] {
            check(text, "\"14:30-21:00\"");
        }
        check("09:00-17:00 mo-fr", "`mo-fr` names no days");
        check("09:00-17:00 mon-", "`mon-` names no days");
    }
}
