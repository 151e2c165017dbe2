//! Exact decimals as text, in and out.

use super::NumberError;
use std::fmt;

/// What to do with digits beyond the type's precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Refuse them with [`NumberError::TooPrecise`] unless they are zeros.
    Refuse,
    /// Round half to even.
    Round,
}

/// Parses a plain decimal into an integer of `10^-digits` units.
///
/// Accepts an optional sign, digits, and a fraction; exponents, blanks and separators are refused.
pub fn parse_decimal(text: &str, digits: u32, excess: Excess) -> Result<i128, NumberError> {
    let malformed = || NumberError::Malformed(text.to_owned());
    let (negative, body) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut units: i128 = 0;
    let mut seen_digit = false;
    let mut fraction: Option<u32> = None;
    let mut tail = Tail::default();
    for &byte in body {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                let digit = i128::from(byte - b'0');
                match &mut fraction {
                    Some(places) if *places == digits => tail.push(byte),
                    places => {
                        if let Some(places) = places {
                            *places += 1;
                        }
                        units = units
                            .checked_mul(10)
                            .and_then(|u| u.checked_add(digit))
                            .ok_or(NumberError::Overflow)?;
                    }
                }
            }
            b'.' if fraction.is_none() => fraction = Some(0),
            _ => return Err(malformed()),
        }
    }
    if !seen_digit {
        return Err(malformed());
    }
    let missing = digits - fraction.unwrap_or(0);
    units = units
        .checked_mul(10_i128.pow(missing))
        .ok_or(NumberError::Overflow)?;
    if excess == Excess::Refuse && tail.nonzero() {
        return Err(NumberError::TooPrecise {
            text: text.to_owned(),
            digits,
        });
    }
    if tail.rounds_up(units) {
        units = units.checked_add(1).ok_or(NumberError::Overflow)?;
    }
    Ok(if negative { -units } else { units })
}

/// The digits cut off behind the last one kept, reduced to what rounding needs.
#[derive(Default)]
struct Tail {
    first: u8,
    rest_nonzero: bool,
    any: bool,
}

impl Tail {
    fn push(&mut self, byte: u8) {
        if self.any {
            self.rest_nonzero |= byte != b'0';
        } else {
            self.first = byte - b'0';
            self.any = true;
        }
    }

    fn nonzero(&self) -> bool {
        self.first != 0 || self.rest_nonzero
    }

    fn rounds_up(&self, kept: i128) -> bool {
        match self.first {
            0..=4 => false,
            5 => self.rest_nonzero || kept % 2 != 0,
            _ => true,
        }
    }
}

pub(super) fn write_decimal(f: &mut fmt::Formatter<'_>, units: i128, digits: u32) -> fmt::Result {
    let scale = 10_u128.pow(digits);
    let magnitude = units.unsigned_abs();
    let (whole, part) = (magnitude / scale, magnitude % scale);
    let mut text = whole.to_string();
    if part != 0 || f.precision().is_some() {
        let mut fraction = format!("{part:0width$}", width = digits as usize);
        match f.precision() {
            // Padding only: a shorter precision must not hide digits that are there.
            Some(places) => {
                let kept = fraction.trim_end_matches('0').len().max(places);
                while fraction.len() < kept {
                    fraction.push('0');
                }
                fraction.truncate(kept);
            }
            None => fraction.truncate(fraction.trim_end_matches('0').len()),
        }
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(&fraction);
        }
    }
    f.pad_integral(units >= 0, "", &text)
}
