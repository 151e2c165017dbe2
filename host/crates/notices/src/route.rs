//! A route: which notices go to a sink, in what words, and when it is to be quiet.

use crate::notice::{Kind, Level, Notice};
use crate::sink::SinkConfig;
use crate::template::Template;
use jiff::tz::TimeZone;
use model::Timestamp;
use std::time::Duration;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A route as it is configured.
#[derive(Debug, Clone)]
pub struct RouteConfig {
    /// Unique name.
    pub name: String,
    /// Where its messages go.
    pub sink: SinkConfig,
    /// Which notices.
    pub filter: Filter,
    /// When it tells the worst only.
    pub quiet: Vec<QuietHours>,
    /// The heading, where a sink has one.
    pub subject: Template,
    /// The text.
    pub text: Template,
    /// Messages that wait at most; the oldest is left out for a newer one.
    pub queue: usize,
    /// How often, and after how long, a message is tried again.
    pub retry: Retry,
}

/// Which notices a route takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Kinds of events.
    pub kinds: Vec<Kind>,
    /// From how bad on.
    pub at_least: Level,
    /// Codes of alerts; all of them when empty. Other events have to do with `kinds` only.
    pub codes: Vec<String>,
}

impl Filter {
    /// Whether a notice is to be told.
    #[must_use]
    pub fn takes(&self, notice: &Notice) -> bool {
        let is_of_code = notice.kind != Kind::Alert
            || self.codes.is_empty()
            || self.codes.contains(&notice.code);
        self.kinds.contains(&notice.kind) && notice.level >= self.at_least && is_of_code
    }
}

/// How often, and after how long, a message is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often in all.
    pub attempts: u32,
    /// The wait after the first time; twice as long after each other one.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 8,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
        }
    }
}

impl Retry {
    /// The wait after so many attempts, or that which the other side asked for, if that is longer.
    pub(crate) fn wait(&self, attempts: u32, asked: Option<Duration>) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let wait = self.first.saturating_mul(doubled);
        wait.max(asked.unwrap_or_default()).min(self.longest)
    }
}

/// A part of each day in which little is told. It may go on over midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    /// Whose clocks count.
    zone: TimeZone,
    from_minute: u16,
    until_minute: u16,
    /// What is less bad than this is not told.
    pub below: Level,
}

impl QuietHours {
    /// From a time of day such as `22:00` on, until another, in UTC.
    ///
    /// # Errors
    /// A text is no time of day, or both are the same.
    pub fn parse(from: &str, until: &str, below: Level) -> Result<Self, String> {
        let (from_minute, until_minute) = (minute_of_day(from)?, minute_of_day(until)?);
        if from_minute == until_minute {
            return Err(format!(
                "from {from} until {until} is no time; for a whole day raise `min_severity`"
            ));
        }
        Ok(Self {
            zone: TimeZone::UTC,
            from_minute,
            until_minute,
            below,
        })
    }

    /// The same by the clocks of a zone, such as `Europe/Zurich`, which are put forward and back.
    ///
    /// # Errors
    /// The system knows no such zone.
    pub fn in_zone(self, name: &str) -> Result<Self, String> {
        let zone = TimeZone::get(name).map_err(|_| {
            format!(
                "`{name}` is no time zone that this system knows; write one such as \"Europe/Zurich\", whose rules \
                 come with the package tzdata"
            )
        })?;
        Ok(Self { zone, ..self })
    }

    /// Whether a notice is not to be told at a moment.
    #[must_use]
    pub fn hushes(&self, notice: &Notice, now: Timestamp) -> bool {
        notice.level < self.below && self.covers(now)
    }

    fn covers(&self, now: Timestamp) -> bool {
        let seconds = i64::try_from(now.nanos() / NANOS_PER_SECOND).unwrap_or(i64::MAX);
        let moment = jiff::Timestamp::from_second(seconds);
        let ahead = moment.map_or(0, |moment| self.zone.to_offset(moment).seconds());
        let second = seconds
            .saturating_add(i64::from(ahead))
            .rem_euclid(SECONDS_PER_DAY);
        let minute = second / 60;
        let (from, until) = (i64::from(self.from_minute), i64::from(self.until_minute));
        if from < until {
            (from..until).contains(&minute)
        } else {
            minute >= from || minute < until
        }
    }
}

fn minute_of_day(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is no time of day; write it as \"22:00\"");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str, below: u16| {
        let is_two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number = digits.parse::<u16>().ok();
        number
            .filter(|number| is_two && *number < below)
            .ok_or_else(wrong)
    };
    Ok(number(hour, 24)? * 60 + number(minute, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(kind: Kind, level: Level, code: &str) -> Notice {
        Notice {
            kind,
            state: "HAPPENED",
            level,
            code: code.to_owned(),
            scope: "firm".to_owned(),
            title: String::new(),
            text: String::new(),
            time: Timestamp::from_nanos(0),
            alert: None,
        }
    }

    #[test]
    fn a_route_takes_its_kinds_levels_and_codes() {
        let filter = Filter {
            kinds: vec![Kind::Alert, Kind::Fault],
            at_least: Level::Serious,
            codes: vec!["P18".to_owned()],
        };
        let check = |kind, level, code, expect: bool| {
            assert_eq!(
                filter.takes(&notice(kind, level, code)),
                expect,
                "{kind:?} {level:?} {code}"
            );
        };
        check(Kind::Alert, Level::Serious, "P18", true);
        check(Kind::Alert, Level::Critical, "P18", true);
        check(Kind::Alert, Level::Warning, "P18", false);
        check(Kind::Alert, Level::Critical, "P17", false);
        check(Kind::Fault, Level::Serious, "TRAP", true);
        check(Kind::Swap, Level::Critical, "", false);
    }

    #[test]
    fn quiet_hours_go_on_over_midnight_and_let_the_worst_through() {
        let night = QuietHours::parse("22:30", "06:00", Level::Critical).unwrap();
        let noon = QuietHours::parse("12:00", "13:00", Level::Critical).unwrap();
        let check = |quiet: &QuietHours, hour: u64, minute: u64, level, expect: bool| {
            let seconds = (40 * 24 * 60 + hour * 60 + minute) * 60;
            let now = Timestamp::from_nanos(seconds * NANOS_PER_SECOND);
            let told = notice(Kind::Kill, level, "");
            assert_eq!(
                quiet.hushes(&told, now),
                expect,
                "{hour}:{minute} {level:?}"
            );
        };
        check(&night, 22, 29, Level::Serious, false);
        check(&night, 22, 30, Level::Serious, true);
        check(&night, 0, 0, Level::Serious, true);
        check(&night, 5, 59, Level::Serious, true);
        check(&night, 6, 0, Level::Serious, false);
        check(&night, 0, 0, Level::Critical, false);
        check(&noon, 12, 0, Level::Info, true);
        check(&noon, 13, 0, Level::Info, false);
        check(&noon, 0, 0, Level::Info, false);
    }

    #[test]
    fn quiet_hours_go_by_the_clocks_of_their_zone() {
        let night = QuietHours::parse("22:00", "06:00", Level::Critical).unwrap();
        let check = |zone: &str, seconds: u64, expect: bool| {
            let quiet = night.clone().in_zone(zone).unwrap();
            let now = Timestamp::from_nanos(seconds * NANOS_PER_SECOND);
            let told = notice(Kind::Kill, Level::Serious, "");
            assert_eq!(quiet.hushes(&told, now), expect, "{zone} {seconds}");
        };
        // 2026-01-15 and 2026-07-15, 20:30 in UTC: half past nine and half past ten in the evening in Zurich.
        let (winter, summer) = (1_768_509_000, 1_784_147_400);
        check("UTC", winter, false);
        check("UTC", summer, false);
        check("Europe/Zurich", winter, false);
        check("Europe/Zurich", summer, true);
        check("Asia/Tokyo", winter, true);
        assert!(night.in_zone("Europe/Nowhere").is_err());
    }

    #[test]
    fn times_of_day_are_two_digits_twice() {
        for wrong in [
            "", "22", "24:00", "12:60", "9:00", "+1:00", "12:0", "12:00:00",
        ] {
            assert!(
                QuietHours::parse(wrong, "13:00", Level::Critical).is_err(),
                "{wrong}"
            );
        }
        assert!(QuietHours::parse("12:00", "12:00", Level::Critical).is_err());
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry::default();
        let seconds = |attempts, asked| retry.wait(attempts, asked).as_secs();
        let waits: Vec<_> = (1..=8).map(|attempts| seconds(attempts, None)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(seconds(1, Some(Duration::from_secs(30))), 30);
        assert_eq!(seconds(1, Some(Duration::from_secs(3_600))), 60);
        assert_eq!(seconds(u32::MAX, None), 60);
    }
}
