//! Exact fixed-point numbers: [`Price`], [`Quantity`], [`Money`] and [`Rate`].
//!
//! Orders, positions and limits never touch floating point. Indicators do: [`Price::to_f64`] is the
//! way out, [`Price::nearest`] the way back, onto the instrument's grid. The operators `+`, `-` and
//! `*` stop the strategy on overflow instead of wrapping; the `checked_` methods tell.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};
use std::str::FromStr;

/// Why text is not a number of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not a plain decimal such as `-12.5`.
    #[error("`{0}` is not a decimal number")]
    Malformed(String),
    /// More digits after the point than the type holds, or too large, or negative where the type
    /// has no sign.
    #[error("`{0}` is out of range or too precise")]
    Range(String),
}

/// Parses a plain decimal into units of `10^-digits`, exactly.
fn parse_units(text: &str, digits: u32) -> Result<i128, NumberError> {
    let malformed = || NumberError::Malformed(text.to_owned());
    let range = || NumberError::Range(text.to_owned());
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return Err(malformed());
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::try_from(digits)
        .ok()
        .and_then(|digits| digits.checked_sub(fraction.len()))
        .ok_or_else(range)?;
    let zeros = std::iter::repeat_n(b'0', missing);
    let mut units: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()).chain(zeros) {
        units = units
            .checked_mul(10)
            .and_then(|units| units.checked_add(i128::from(byte - b'0')))
            .ok_or_else(range)?;
    }
    Ok(if negative { -units } else { units })
}

fn write_units(f: &mut fmt::Formatter<'_>, units: i128, digits: usize) -> fmt::Result {
    let mut text = format!("{:0width$}", units.unsigned_abs(), width = digits + 1);
    let fraction = text.split_off(text.len() - digits);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    f.pad_integral(units >= 0, "", &text)
}

/// The result of an operation, or a stop where the author wrote it: a wrapped price or quantity
/// would be worse than none.
#[track_caller]
#[allow(clippy::panic, reason = "overflow must stop the strategy, never wrap")]
fn fits<T>(result: Option<T>, what: &str) -> T {
    match result {
        Some(value) => value,
        None => panic!("{what} overflowed"),
    }
}

macro_rules! fixed_point {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $digits:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        pub struct $name($raw);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// Units in one whole.
            pub const SCALE: $raw = (10 as $raw).pow($digits);
            /// Digits after the point.
            pub const DIGITS: u32 = $digits;

            /// From a count of the smallest unit.
            pub const fn from_raw(raw: $raw) -> Self {
                Self(raw)
            }

            /// The count of the smallest unit.
            pub const fn raw(self) -> $raw {
                self.0
            }

            /// Whether nothing is left.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// Sum, if it fits.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// Difference, if it fits.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// Product with a whole number, if it fits.
            pub fn checked_mul(self, times: $raw) -> Option<Self> {
                self.0.checked_mul(times).map(Self)
            }

            /// The value as floating point, for indicators and statistics only.
            #[allow(clippy::cast_precision_loss, reason = "indicators work in floating point")]
            pub fn to_f64(self) -> f64 {
                self.0 as f64 / Self::SCALE as f64
            }
        }

        impl Add for $name {
            type Output = Self;
            #[track_caller]
            fn add(self, other: Self) -> Self {
                fits(self.checked_add(other), stringify!($name))
            }
        }

        impl Sub for $name {
            type Output = Self;
            #[track_caller]
            fn sub(self, other: Self) -> Self {
                fits(self.checked_sub(other), stringify!($name))
            }
        }

        impl Mul<$raw> for $name {
            type Output = Self;
            #[track_caller]
            fn mul(self, times: $raw) -> Self {
                fits(self.checked_mul(times), stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = NumberError;
            fn from_str(text: &str) -> Result<Self, NumberError> {
                let units = parse_units(text, $digits)?;
                <$raw>::try_from(units).map(Self).map_err(|_| NumberError::Range(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_units(f, i128::from(self.0), $digits)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

fixed_point!(
    /// A price in the quote currency, in units of 1e-9. May be negative (spreads, some futures).
    Price, i64, 9
);
fixed_point!(
    /// An unsigned amount of an instrument, in units of 1e-8.
    Quantity, u64, 8
);
fixed_point!(
    /// An amount of one currency, in units of 1e-9.
    Money, i128, 9
);

fixed_point!(
    /// A share, in units of 1e-9; below zero for a rebate.
    Rate, i64, 9
);

impl Money {
    /// This share of the amount; what is less than a unit is dropped. `None` when it does not fit.
    #[must_use]
    pub fn share(self, rate: Rate) -> Option<Money> {
        let product = self.0.checked_mul(i128::from(rate.0))?;
        Some(Money(product / i128::from(Rate::SCALE)))
    }
}

impl Price {
    /// Halfway between two prices; an odd unit is dropped towards the lower price.
    #[must_use]
    pub const fn midpoint(self, other: Price) -> Price {
        // Written without the sum, which could overflow.
        Price((self.0 & other.0) + ((self.0 ^ other.0) >> 1))
    }

    /// The highest price on the grid of `tick` that is not above this one.
    #[must_use]
    pub fn floor(self, tick: Price) -> Price {
        if tick.0 <= 0 {
            return self;
        }
        Price(self.0 - self.0.rem_euclid(tick.0))
    }

    /// The lowest price on the grid of `tick` that is not below this one.
    #[must_use]
    pub fn ceil(self, tick: Price) -> Price {
        let floor = self.floor(tick);
        if floor == self { self } else { floor + tick }
    }

    /// How many whole ticks lie between two prices, whichever is higher.
    pub fn ticks_from(self, other: Price, tick: Price) -> u64 {
        if tick.0 <= 0 {
            0
        } else {
            self.0.abs_diff(other.0) / tick.0.unsigned_abs()
        }
    }

    /// The price on the grid of `tick` nearest to a computed value; `None` when the value is not
    /// finite or out of range.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "range checked first; the result is put back on the exact grid"
    )]
    pub fn nearest(value: f64, tick: Price) -> Option<Price> {
        if tick.0 <= 0 {
            return None;
        }
        let ticks = (value / tick.to_f64()).round();
        if !ticks.is_finite() || ticks.abs() > 9.0e15 {
            return None;
        }
        tick.checked_mul(ticks as i64)
    }
}

impl Neg for Price {
    type Output = Price;
    #[track_caller]
    fn neg(self) -> Price {
        fits(self.0.checked_neg().map(Price), "Price")
    }
}

impl Quantity {
    /// One whole unit.
    pub const ONE: Quantity = Quantity(Self::SCALE);

    /// So many whole units; stops at the largest value.
    pub const fn whole(units: u64) -> Quantity {
        Quantity(units.saturating_mul(Self::SCALE))
    }

    /// Difference, or zero when `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Quantity) -> Quantity {
        Quantity(self.0.saturating_sub(other.0))
    }

    /// The largest quantity on the grid of `lot` that is not above this one.
    #[must_use]
    pub const fn floor(self, lot: Quantity) -> Quantity {
        if lot.0 == 0 {
            self
        } else {
            Quantity(self.0 - self.0 % lot.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn text_is_read_and_written_exactly() {
        let check = |text: &str, raw: i64| {
            assert_eq!(price(text), Price::from_raw(raw));
            assert_eq!(Price::from_raw(raw).to_string(), text);
        };
        check("1.1", 1_100_000_000);
        check("-0.000000001", -1);
        check("9223372036.854775807", i64::MAX);
        assert_eq!("0.50".parse(), Ok(Quantity::from_raw(50_000_000)));
        for bad in [
            "",
            ".",
            "1,5",
            "1e5",
            "--1",
            "0.0000000001",
            "9223372036.854775808",
        ] {
            assert!(bad.parse::<Price>().is_err(), "{bad}");
        }
        assert!("-1".parse::<Quantity>().is_err());
    }

    #[test]
    fn prices_go_to_the_grid() {
        let tick = price("0.05");
        let check = |value: &str, floor: &str, ceil: &str| {
            assert_eq!(
                (price(value).floor(tick), price(value).ceil(tick)),
                (price(floor), price(ceil))
            );
        };
        check("1.07", "1.05", "1.1");
        check("1.05", "1.05", "1.05");
        check("-1.07", "-1.1", "-1.05");
        assert_eq!(Price::nearest(1.074, tick), Some(price("1.05")));
        assert_eq!(Price::nearest(f64::NAN, tick), None);
        assert_eq!(price("1.25").ticks_from(price("1.05"), tick), 4);
        assert_eq!(price("1.1").midpoint(price("1.2")), price("1.15"));
    }

    #[test]
    fn a_share_of_money_is_exact_or_none() {
        let share = |amount: &str, rate: &str| {
            let amount: Money = amount.parse().unwrap();
            amount.share(rate.parse().unwrap())
        };
        assert_eq!(share("200.5", "0.01"), Some("2.005".parse().unwrap()));
        assert_eq!(share("200.5", "-0.01"), Some("-2.005".parse().unwrap()));
        assert_eq!(Money::from_raw(i128::MAX).share(Rate::from_raw(2)), None);
    }

    #[test]
    #[should_panic(expected = "Quantity overflowed")]
    fn subtraction_below_zero_stops() {
        let _ = Quantity::ZERO - Quantity::ONE;
    }
}
