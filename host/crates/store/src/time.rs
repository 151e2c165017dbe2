//! Times as files write them, to nanoseconds UTC: epoch counts, ISO texts, patterns, and
//! milliseconds of a day whose date stands elsewhere.

mod civil;
mod iso;
mod pattern;

use model::Timestamp;
use model::number::Excess;
use model::time::NANOS_PER_DAY;

pub use civil::Date;
use civil::DateTime;
use pattern::Pattern;

use crate::decimal::parse_units;
use crate::error::RowProblem;
use crate::source::SourceError;

/// Reads a date or an ISO 8601 moment; without an offset it is UTC. `None` for anything else.
pub fn parse_iso(text: &str) -> Option<Timestamp> {
    iso::read(text.as_bytes())?.utc(0)
}

/// How times are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// Told from the first row: digits are an epoch count whose length tells the unit (up to 11
    /// seconds, 14 milliseconds, 17 microseconds, more nanoseconds) or a date `yyyymmdd`; anything
    /// else is ISO. Every row must then be of the same form.
    #[default]
    Auto,
    /// Seconds since the epoch, with or without a fraction.
    Seconds,
    /// Milliseconds since the epoch.
    Millis,
    /// Microseconds since the epoch.
    Micros,
    /// Nanoseconds since the epoch.
    Nanos,
    /// `2017-11-04T23:02:00Z`, `2013-01-01 22:00:00.295000+00:00`, `2014-05-07`.
    Iso,
    /// Text with the fields `%Y %y %m %d %b %H %I %p %M %S %f %z`, as `%Y%m%d %H%M%S`.
    Pattern(String),
    /// Milliseconds since midnight of a date, by default the one at the start of the file's name.
    MillisOfDay {
        /// The date, in the file's own clock.
        date: Option<Date>,
    },
}

impl std::str::FromStr for TimeFormat {
    type Err = SourceError;

    /// Reads `auto`, `s`, `ms`, `us`, `ns`, `iso`, `ms-of-day`, `ms-of-day:2014-05-07`, or a
    /// pattern with `%`.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let wrong = || SourceError::new(text, "auto, s, ms, us, ns, iso, ms-of-day or a pattern");
        Ok(match text {
            "auto" => TimeFormat::Auto,
            "s" | "seconds" => TimeFormat::Seconds,
            "ms" | "millis" => TimeFormat::Millis,
            "us" | "micros" => TimeFormat::Micros,
            "ns" | "nanos" => TimeFormat::Nanos,
            "iso" => TimeFormat::Iso,
            "ms-of-day" => TimeFormat::MillisOfDay { date: None },
            _ => match text.strip_prefix("ms-of-day:") {
                Some(date) => TimeFormat::MillisOfDay {
                    date: Some(date.parse()?),
                },
                None if text.contains('%') => {
                    Pattern::compile(text)?;
                    TimeFormat::Pattern(text.to_owned())
                }
                None => return Err(wrong()),
            },
        })
    }
}

/// A unit of time in which files count from the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unit {
    name: &'static str,
    /// Digits of a nanosecond count behind the unit's point.
    places: u32,
    /// Digits before the point that mean this unit when it is told from the text.
    digits: (usize, usize),
}

/// Counts below these lengths are no moment after 1973 and rather a time of day or a row number.
const UNITS: [Unit; 4] = [
    Unit {
        name: "seconds since the epoch",
        places: 9,
        digits: (9, 11),
    },
    Unit {
        name: "milliseconds since the epoch",
        places: 6,
        digits: (12, 14),
    },
    Unit {
        name: "microseconds since the epoch",
        places: 3,
        digits: (15, 17),
    },
    Unit {
        name: "nanoseconds since the epoch",
        places: 0,
        digits: (18, 20),
    },
];

#[derive(Debug)]
enum Rule {
    Undecided,
    Epoch { unit: Unit, check_digits: bool },
    Iso,
    Pattern(Pattern),
    OfDay(Date),
}

/// Reads the times of one file.
#[derive(Debug)]
pub(crate) struct TimeReader {
    rule: Rule,
    utc_offset_s: i32,
    /// The date in the file's name, if it has one.
    named: Option<Date>,
}

type Problem = Box<RowProblem>;

impl TimeReader {
    /// A reader for `format`; `named` is the date in the file's name.
    pub(crate) fn new(
        format: &TimeFormat,
        utc_offset_s: i32,
        named: Option<Date>,
    ) -> Result<Self, String> {
        let epoch = |unit: usize| Rule::Epoch {
            unit: UNITS[unit],
            check_digits: false,
        };
        let rule = match format {
            TimeFormat::Auto => Rule::Undecided,
            TimeFormat::Seconds => epoch(0),
            TimeFormat::Millis => epoch(1),
            TimeFormat::Micros => epoch(2),
            TimeFormat::Nanos => epoch(3),
            TimeFormat::Iso => Rule::Iso,
            TimeFormat::Pattern(text) => {
                Rule::Pattern(Pattern::compile(text).map_err(|error| error.to_string())?)
            }
            TimeFormat::MillisOfDay { date } => Rule::OfDay(date.or(named).ok_or(
                "times are milliseconds of a day, but neither the settings nor the start of the \
                 file's name (yyyymmdd_) tell the date",
            )?),
        };
        Ok(Self {
            rule,
            utc_offset_s,
            named,
        })
    }

    /// The moment written in `bytes`.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<Timestamp, Problem> {
        if matches!(self.rule, Rule::Undecided) {
            self.rule = self.decide(bytes)?;
        }
        let moment = match &self.rule {
            Rule::Epoch { unit, check_digits } => epoch(bytes, *unit, *check_digits),
            Rule::Iso => iso::read(bytes).and_then(|time| self.local(time)),
            Rule::Pattern(pattern) => pattern.read(bytes).and_then(|time| self.local(time)),
            Rule::OfDay(date) => of_day(bytes).and_then(|nanos| {
                self.local(DateTime {
                    date: *date,
                    nanos,
                    offset_s: None,
                })
            }),
            Rule::Undecided => None,
        };
        moment.ok_or_else(|| bad_time(bytes, self.expected()))
    }

    /// A moment from a column that counts `nanos` on the file's own clock.
    pub(crate) fn read_local_nanos(&self, nanos: i64) -> Option<Timestamp> {
        let utc = i128::from(nanos) - i128::from(self.utc_offset_s) * 1_000_000_000;
        u64::try_from(utc).ok().map(Timestamp::from_nanos)
    }

    fn local(&self, time: DateTime) -> Option<Timestamp> {
        time.utc(self.utc_offset_s)
    }

    fn decide(&self, first: &[u8]) -> Result<Rule, Problem> {
        let whole = first.split(|&byte| byte == b'.').next().unwrap_or(first);
        if !whole.iter().all(u8::is_ascii_digit) {
            let compact = Pattern::for_compact(first).map(Rule::Pattern);
            return Ok(compact.unwrap_or(Rule::Iso));
        }
        if let Some(date) = self.named
            && of_day(first).is_some()
        {
            return Ok(Rule::OfDay(date));
        }
        if let Some(pattern) = Pattern::for_compact(first) {
            return Ok(Rule::Pattern(pattern));
        }
        let unit = UNITS.iter().find(|unit| in_range(whole.len(), unit.digits));
        unit.map(|unit| Rule::Epoch {
            unit: *unit,
            check_digits: true,
        })
        .ok_or_else(|| {
            bad_time(
                first,
                "of a length that tells a unit; name the time format".to_owned(),
            )
        })
    }

    fn expected(&self) -> String {
        match &self.rule {
            Rule::Epoch { unit, .. } => unit.name.to_owned(),
            Rule::Iso | Rule::Undecided => {
                "an ISO time (2017-11-04T23:02:00Z) from 1970 on; name the time format".to_owned()
            }
            Rule::Pattern(pattern) => format!("of the form {pattern} from 1970 on"),
            Rule::OfDay(_) => "milliseconds since midnight, below 86400000".to_owned(),
        }
    }
}

fn in_range(length: usize, (least, most): (usize, usize)) -> bool {
    (least..=most).contains(&length)
}

fn bad_time(bytes: &[u8], expected: String) -> Problem {
    let value = String::from_utf8_lossy(bytes).into_owned();
    Box::new(RowProblem::BadTime { value, expected })
}

/// A count since the epoch. Digits below a nanosecond are cut by rounding.
fn epoch(bytes: &[u8], unit: Unit, check_digits: bool) -> Option<Timestamp> {
    if check_digits {
        let whole = bytes
            .iter()
            .position(|&byte| byte == b'.')
            .unwrap_or(bytes.len());
        if !in_range(whole, unit.digits) {
            return None;
        }
    }
    let nanos = parse_units(bytes, unit.places, Excess::Round).ok()?;
    u64::try_from(nanos).ok().map(Timestamp::from_nanos)
}

/// Milliseconds since midnight, as nanoseconds.
fn of_day(bytes: &[u8]) -> Option<u64> {
    let nanos = parse_units(bytes, 6, Excess::Round).ok()?;
    u64::try_from(nanos)
        .ok()
        .filter(|nanos| *nanos < NANOS_PER_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, offset_s: i32, text: &str, expect: &str) {
        let named = Date::from_name("20140507_quote.zip");
        let named = if format.starts_with("ms-of-day") {
            named
        } else {
            None
        };
        let mut reader = TimeReader::new(&format.parse().unwrap(), offset_s, named).unwrap();
        match reader.read(text.as_bytes()) {
            Ok(moment) => assert_eq!(moment.to_string(), expect, "{format} {text}"),
            Err(problem) => {
                assert!(
                    problem.to_string().contains(expect),
                    "{format} {text}: {problem}"
                );
            }
        }
    }

    #[test]
    fn the_length_of_a_count_tells_its_unit() {
        check("auto", 0, "1315922016", "2011-09-13T13:53:36.000000000Z");
        check("auto", 0, "1315922016.25", "2011-09-13T13:53:36.250000000Z");
        check("auto", 0, "1570752011620", "2019-10-11T00:00:11.620000000Z");
        check(
            "auto",
            0,
            "1570752011620001",
            "2019-10-11T00:00:11.620001000Z",
        );
        check(
            "auto",
            0,
            "1704067200000000001",
            "2024-01-01T00:00:00.000000001Z",
        );
        check("auto", 0, "7135", "name the time format");
        check("auto", 0, "-1315922016", "name the time format");
    }

    #[test]
    fn iso_texts_of_every_vendor_are_read() {
        check(
            "auto",
            0,
            "2013-01-01 22:00:00.295000+00:00",
            "2013-01-01T22:00:00.295000000Z",
        );
        check(
            "auto",
            0,
            "2017-11-04T23:02:00Z",
            "2017-11-04T23:02:00.000000000Z",
        );
        check(
            "auto",
            0,
            "2015-09-23T20:57:42.146",
            "2015-09-23T20:57:42.146000000Z",
        );
        check("iso", 0, "2014-05-07", "2014-05-07T00:00:00.000000000Z");
        check(
            "iso",
            0,
            "2014-05-07 09:30",
            "2014-05-07T09:30:00.000000000Z",
        );
        check(
            "iso",
            0,
            "2014-05-07T09:30:00-0430",
            "2014-05-07T14:00:00.000000000Z",
        );
        check(
            "iso",
            0,
            "2014-05-07T09:30:00+02:00",
            "2014-05-07T07:30:00.000000000Z",
        );
        check("iso", 0, "2014-02-30", "is not an ISO time");
        check("iso", 0, "2014-05-07T24:30:00", "is not an ISO time");
        check("iso", 0, "2014-05-07T09:30:00Zulu", "is not an ISO time");
        check("iso", 0, "1969-12-31", "from 1970 on");
    }

    #[test]
    fn the_offset_moves_local_texts_but_no_epoch_count() {
        check(
            "iso",
            -18_000,
            "2014-05-07 09:30:00",
            "2014-05-07T14:30:00.000000000Z",
        );
        check(
            "iso",
            -18_000,
            "2014-05-07 09:30:00Z",
            "2014-05-07T09:30:00.000000000Z",
        );
        check("s", -18_000, "1315922016", "2011-09-13T13:53:36.000000000Z");
        check(
            "ms-of-day",
            -18_000,
            "1014",
            "2014-05-07T05:00:01.014000000Z",
        );
    }

    #[test]
    fn compact_dates_are_not_mistaken_for_counts() {
        check(
            "auto",
            0,
            "20110103 090100",
            "2011-01-03T09:01:00.000000000Z",
        );
        check(
            "auto",
            0,
            "20070330 00:00",
            "2007-03-30T00:00:00.000000000Z",
        );
        check("auto", 0, "20070330", "2007-03-30T00:00:00.000000000Z");
        check(
            "auto",
            0,
            "20110103090100",
            "2011-01-03T09:01:00.000000000Z",
        );
    }

    #[test]
    fn patterns_follow_their_fields() {
        check(
            "%Y%m%d %H%M%S",
            0,
            "20110103 090100",
            "2011-01-03T09:01:00.000000000Z",
        );
        check(
            "%d-%b-%y %I:%M %p",
            0,
            "07-May-14 09:30 PM",
            "2014-05-07T21:30:00.000000000Z",
        );
        check(
            "%d.%m.%Y %H:%M:%S.%f",
            0,
            "07.05.2014 09:30:01.5",
            "2014-05-07T09:30:01.500000000Z",
        );
        check("%Y%m%d", 0, "2011010", "of the form %Y%m%d");
        assert!(
            "%Q".parse::<TimeFormat>()
                .unwrap_err()
                .to_string()
                .contains("%Q")
        );
        assert!("%H:%M".parse::<TimeFormat>().is_err());
    }

    #[test]
    fn milliseconds_of_a_day_take_the_date_of_the_name() {
        check("ms-of-day", 0, "356.017", "2014-05-07T00:00:00.356017000Z");
        check(
            "ms-of-day:2020-01-02",
            0,
            "0",
            "2020-01-02T00:00:00.000000000Z",
        );
        check("ms-of-day", 0, "86400000", "below 86400000");
        let nameless = TimeReader::new(&TimeFormat::MillisOfDay { date: None }, 0, None);
        assert!(nameless.unwrap_err().contains("yyyymmdd_"));
    }

    #[test]
    fn a_file_keeps_one_unit() {
        let mut reader = TimeReader::new(&TimeFormat::Auto, 0, None).unwrap();
        assert!(reader.read(b"1315922016").is_ok());
        let problem = reader.read(b"1315922016000").unwrap_err().to_string();
        assert!(problem.contains("not seconds since the epoch"), "{problem}");
    }
}
