//! Times by pattern, with the field letters of `strftime` that vendors' files need.

use std::fmt;

use super::civil::{Date, DateTime, fraction, number, time_of_day};
use super::iso;
use crate::source::SourceError;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Literal(u8),
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    Hour12,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Offset,
}

/// A pattern, ready to read.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    text: String,
    items: Vec<Item>,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// Checks a pattern and makes it ready.
    pub(crate) fn compile(text: &str) -> Result<Self, SourceError> {
        let mut items = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                items.push(Item::Literal(byte));
                continue;
            }
            let letter = bytes.next().unwrap_or(b' ');
            items.push(field(letter).ok_or_else(|| {
                let expected = "a time pattern of %Y %y %m %d %b %H %I %p %M %S %f %z %%";
                SourceError::new(&format!("%{}", char::from(letter)), expected)
            })?);
        }
        let has = |some: &[Item]| some.iter().any(|item| items.contains(item));
        let complete = has(&[Item::Year, Item::ShortYear])
            && has(&[Item::Month, Item::MonthName])
            && has(&[Item::Day]);
        if !complete {
            return Err(SourceError::new(
                text,
                "a time pattern with year, month and day",
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            items,
        })
    }

    /// The pattern of compact times such as `20110103`, `20110103 090100`, `20110103 09:01`, if
    /// `text` is one of them between 1970 and 2199.
    pub(crate) fn for_compact(text: &[u8]) -> Option<Self> {
        let (date, clock) = text.split_at_checked(8)?;
        Date::from_compact(date).filter(|date| (1970..2200).contains(&date.year()))?;
        let shape = match clock.len() {
            0 => "%Y%m%d",
            5 => "%Y%m%d %H%M",
            6 if clock[0] == b' ' => "%Y%m%d %H:%M",
            6 => "%Y%m%d%H%M%S",
            7 => "%Y%m%d %H%M%S",
            9 => "%Y%m%d %H:%M:%S",
            _ if clock.get(7) == Some(&b'.') => "%Y%m%d %H%M%S.%f",
            _ => "%Y%m%d %H:%M:%S.%f",
        };
        let pattern = Self::compile(shape).ok()?;
        pattern.read(text).map(|_| pattern)
    }

    /// The time in `bytes`, which must follow the pattern to its last byte.
    pub(crate) fn read(&self, bytes: &[u8]) -> Option<DateTime> {
        let mut parts = Parts::default();
        let mut rest = bytes;
        for &item in &self.items {
            rest = parts.take(item, rest)?;
        }
        if rest.is_empty() {
            parts.finish()
        } else {
            None
        }
    }
}

fn field(letter: u8) -> Option<Item> {
    Some(match letter {
        b'%' => Item::Literal(b'%'),
        b'Y' => Item::Year,
        b'y' => Item::ShortYear,
        b'm' => Item::Month,
        b'b' => Item::MonthName,
        b'd' => Item::Day,
        b'H' => Item::Hour,
        b'I' => Item::Hour12,
        b'p' => Item::HalfDay,
        b'M' => Item::Minute,
        b'S' => Item::Second,
        b'f' => Item::Fraction,
        b'z' => Item::Offset,
        _ => return None,
    })
}

#[derive(Default)]
struct Parts {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    afternoon: Option<bool>,
    minute: u32,
    second: u32,
    nanos: u32,
    offset_s: Option<i32>,
}

impl Parts {
    /// Takes one item off the front and returns the rest.
    fn take<'a>(&mut self, item: Item, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let slot = match item {
            Item::Literal(byte) => return bytes.strip_prefix(&[byte]),
            Item::Year => return digits(bytes, 4, &mut self.year),
            Item::ShortYear => {
                let rest = digits(bytes, 2, &mut self.year)?;
                // POSIX: 69-99 are of the last century.
                self.year += if self.year < 69 { 2000 } else { 1900 };
                return Some(rest);
            }
            Item::MonthName => return self.month_name(bytes),
            Item::HalfDay => return self.half_day(bytes),
            Item::Fraction => {
                let end = bytes
                    .iter()
                    .position(|b| !b.is_ascii_digit())
                    .unwrap_or(bytes.len());
                self.nanos = fraction(&bytes[..end])?;
                return Some(&bytes[end..]);
            }
            Item::Offset => {
                self.offset_s = iso::offset(bytes)?;
                return Some(&[]);
            }
            Item::Month => &mut self.month,
            Item::Day => &mut self.day,
            Item::Hour | Item::Hour12 => &mut self.hour,
            Item::Minute => &mut self.minute,
            Item::Second => &mut self.second,
        };
        digits(bytes, 2, slot)
    }

    fn month_name<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (name, rest) = bytes.split_at_checked(3)?;
        let place = MONTHS
            .iter()
            .position(|month| name.eq_ignore_ascii_case(month.as_bytes()))?;
        self.month = u32::try_from(place).ok()? + 1;
        Some(rest)
    }

    fn half_day<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (word, rest) = bytes.split_at_checked(2)?;
        self.afternoon = match word.to_ascii_lowercase().as_slice() {
            b"am" => Some(false),
            b"pm" => Some(true),
            _ => return None,
        };
        Some(rest)
    }

    fn finish(self) -> Option<DateTime> {
        let hour = match self.afternoon {
            Some(_) if !(1..=12).contains(&self.hour) => return None,
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
            None => self.hour,
        };
        let date = Date::new(
            u16::try_from(self.year).ok()?,
            u8::try_from(self.month).ok()?,
            u8::try_from(self.day).ok()?,
        )?;
        let nanos = time_of_day(hour, self.minute, self.second, self.nanos)?;
        Some(DateTime {
            date,
            nanos,
            offset_s: self.offset_s,
        })
    }
}

fn digits<'a>(bytes: &'a [u8], count: usize, into: &mut u32) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(count)?;
    *into = number(head)?;
    Some(rest)
}
