//! Exact fixed-point numbers: [`Price`], [`Quantity`], [`SignedQuantity`], [`Money`], [`Rate`].
//!
//! Every operation is checked: overflow is a [`NumberError`], never a wrap. There is no conversion
//! from or to floating point here; statistics make theirs at the edge of `quant`.

mod text;

use ethnum::{I256, U256};
use std::fmt;
use std::str::FromStr;
use text::write_decimal;
pub use text::{Excess, parse_decimal};

/// Why a number could not be made or combined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The result does not fit the type's range.
    #[error("the number is too large")]
    Overflow,
    /// The text is not a plain decimal such as `-12.5`.
    #[error("`{0}` is not a decimal number")]
    Malformed(String),
    /// The text has more digits after the point than the type holds.
    #[error("`{text}` has more than {digits} digits after the point")]
    TooPrecise {
        /// The text as given.
        text: String,
        /// How many digits the type holds.
        digits: u32,
    },
    /// A negative number where none is allowed.
    #[error("`{0}` is negative")]
    Negative(String),
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
}

/// Divides rounding half to even; the one place where money is rounded.
pub fn divide_half_even(numerator: i128, denominator: i128) -> Result<i128, NumberError> {
    if denominator == 0 {
        return Err(NumberError::DivisionByZero);
    }
    // 64-bit division is several times faster, and most amounts fit.
    let (quotient, remainder) = match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(n), Ok(d)) if d != -1 => (i128::from(n / d), i128::from(n % d)),
        _ => (
            numerator
                .checked_div(denominator)
                .ok_or(NumberError::Overflow)?,
            numerator
                .checked_rem(denominator)
                .ok_or(NumberError::Overflow)?,
        ),
    };
    let twice = remainder.unsigned_abs() * 2;
    let half = denominator.unsigned_abs();
    let away = twice > half || (twice == half && quotient % 2 != 0);
    let step = away_from_zero(numerator, denominator);
    Ok(if away { quotient + step } else { quotient })
}

/// `amount * part / whole`, rounded half to even once. Only the result has to fit.
fn multiply_divide(amount: i128, part: i128, whole: i128) -> Result<i128, NumberError> {
    if let Some(exact) = amount.checked_mul(part) {
        return divide_half_even(exact, whole);
    }
    if whole == 0 {
        return Err(NumberError::DivisionByZero);
    }
    let product = I256::from(amount) * I256::from(part);
    let quotient = product / I256::from(whole);
    let rest = product - quotient * I256::from(whole);
    let quotient = i128::try_from(quotient).map_err(|_| NumberError::Overflow)?;
    // The rest is smaller than `whole`, so its double fits.
    let twice = (rest * 2).unsigned_abs();
    let half = U256::from(whole.unsigned_abs());
    if twice < half || (twice == half && quotient % 2 == 0) {
        return Ok(quotient);
    }
    let sign = if product.is_negative() { -1 } else { 1 };
    let step = away_from_zero(sign, whole);
    quotient.checked_add(step).ok_or(NumberError::Overflow)
}

fn away_from_zero(numerator: i128, denominator: i128) -> i128 {
    if (numerator < 0) == (denominator < 0) {
        1
    } else {
        -1
    }
}

macro_rules! fixed_point {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name($raw);

        impl $name {
            /// Digits after the point.
            pub const DIGITS: u32 = $digits;
            /// Units in one whole.
            pub const SCALE: $raw = (10 as $raw).pow($digits);
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest value.
            pub const MAX: Self = Self(<$raw>::MAX);
            /// The smallest value.
            pub const MIN: Self = Self(<$raw>::MIN);

            /// From a count of the smallest unit.
            pub const fn from_raw(raw: $raw) -> Self {
                Self(raw)
            }

            /// The count of the smallest unit.
            pub const fn raw(self) -> $raw {
                self.0
            }

            /// From whole units; fails when out of range.
            pub fn whole(units: i64) -> Result<Self, NumberError> {
                let units = <$raw>::try_from(units).map_err(|_| NumberError::Overflow)?;
                units.checked_mul(Self::SCALE).map(Self).ok_or(NumberError::Overflow)
            }

            /// Parses text, rounding excess digits half to even. For vendors that print floats.
            pub fn parse_rounded(text: &str) -> Result<Self, NumberError> {
                Self::from_units(parse_decimal(text, $digits, Excess::Round)?, text)
            }

            /// Sum.
            pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
                self.0.checked_add(other.0).map(Self).ok_or(NumberError::Overflow)
            }

            /// Difference.
            pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
                self.0.checked_sub(other.0).map(Self).ok_or(NumberError::Overflow)
            }

            /// Whether nothing is left.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            fn from_units(units: i128, text: &str) -> Result<Self, NumberError> {
                <$raw>::try_from(units).map(Self).map_err(|_| {
                    if units < 0 && <$raw>::MIN == 0 {
                        NumberError::Negative(text.to_owned())
                    } else {
                        NumberError::Overflow
                    }
                })
            }
        }

        impl FromStr for $name {
            type Err = NumberError;
            fn from_str(text: &str) -> Result<Self, NumberError> {
                Self::from_units(parse_decimal(text, $digits, Excess::Refuse)?, text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_decimal(f, i128::try_from(self.0).map_err(|_| fmt::Error)?, $digits)
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
    /// An unsigned amount of an instrument, in units of 1e-8; holds up to 1.8e11.
    Quantity, u64, 8
);
fixed_point!(
    /// A position: positive is long, negative is short; units of 1e-8.
    SignedQuantity, i128, 8
);
fixed_point!(
    /// An amount of one currency, in units of 1e-9.
    Money, i128, 9
);
fixed_point!(
    /// A dimensionless ratio (a fee of 0.0002, a margin of 0.03), in units of 1e-9.
    Rate, i64, 9
);

impl Price {
    /// Whether the price lies on the grid of `tick`. A zero tick has no grid and refuses all.
    pub fn is_on_grid(self, tick: Price) -> bool {
        tick.0 > 0 && self.0 % tick.0 == 0
    }

    /// The value of `quantity` at this price with the contract `multiplier`, rounded once.
    pub fn notional(self, quantity: Quantity, multiplier: Quantity) -> Result<Money, NumberError> {
        let exact = i128::from(self.0)
            .checked_mul(i128::from(quantity.0))
            .ok_or(NumberError::Overflow)?;
        let scale = i128::from(Quantity::SCALE);
        if multiplier.0 == Quantity::SCALE {
            return divide_half_even(exact, scale).map(Money);
        }
        let exact = exact
            .checked_mul(i128::from(multiplier.0))
            .ok_or(NumberError::Overflow)?;
        divide_half_even(exact, scale * scale).map(Money)
    }

    /// How much can be had at this price for `amount` of the quote currency, in whole steps of
    /// `lot`, rounded down.
    pub fn quantity_worth(
        self,
        amount: Quantity,
        multiplier: Quantity,
        lot: Quantity,
    ) -> Result<Quantity, NumberError> {
        // amount (1e-8) over price (1e-9) times multiplier (1e-8), as a quantity (1e-8).
        let scale = i128::from(Self::SCALE) * i128::from(Quantity::SCALE);
        let value = i128::from(amount.raw())
            .checked_mul(scale)
            .ok_or(NumberError::Overflow)?;
        let unit = i128::from(self.raw()) * i128::from(multiplier.raw());
        if unit <= 0 || lot.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        let raw = u64::try_from(value / unit).map_err(|_| NumberError::Overflow)?;
        Ok(Quantity::from_raw(raw - raw % lot.raw()))
    }

    /// Halfway between two prices, rounded half to even.
    pub fn midpoint(self, other: Price) -> Price {
        let sum = i128::from(self.0) + i128::from(other.0);
        let half = sum >> 1;
        let rounded = if sum & 1 == 1 && half & 1 == 1 {
            half + 1
        } else {
            half
        };
        // The mean of two i64 always fits an i64.
        Price(i64::try_from(rounded).unwrap_or(self.0))
    }
}

impl Quantity {
    /// One whole unit.
    pub const ONE: Quantity = Quantity(Self::SCALE);

    /// Whether the quantity lies on the grid of `lot`. A zero lot has no grid and refuses all.
    pub fn is_on_grid(self, lot: Quantity) -> bool {
        lot.0 > 0 && self.0.is_multiple_of(lot.0)
    }

    /// The same amount, long.
    pub fn long(self) -> SignedQuantity {
        SignedQuantity(i128::from(self.0))
    }

    /// The same amount, short.
    pub fn short(self) -> SignedQuantity {
        SignedQuantity(-i128::from(self.0))
    }

    /// Difference, or zero when `other` is larger.
    #[must_use]
    pub fn saturating_sub(self, other: Quantity) -> Quantity {
        Quantity(self.0.saturating_sub(other.0))
    }
}

impl SignedQuantity {
    /// The amount without its sign; fails above the range of [`Quantity`].
    pub fn magnitude(self) -> Result<Quantity, NumberError> {
        u64::try_from(self.0.unsigned_abs())
            .map(Quantity)
            .map_err(|_| NumberError::Overflow)
    }

    /// Whether the position is long.
    pub const fn is_long(self) -> bool {
        self.0 > 0
    }

    /// Whether the position is short.
    pub const fn is_short(self) -> bool {
        self.0 < 0
    }
}

impl Money {
    /// The amount times a ratio, rounded half to even.
    pub fn times(self, rate: Rate) -> Result<Money, NumberError> {
        multiply_divide(self.0, i128::from(rate.0), i128::from(Rate::SCALE)).map(Money)
    }

    /// The amount times `part / whole`, rounded half to even.
    pub fn prorated(self, part: i128, whole: i128) -> Result<Money, NumberError> {
        if part == whole {
            return Ok(self);
        }
        multiply_divide(self.0, part, whole).map(Money)
    }

    /// The opposite amount.
    pub fn negated(self) -> Result<Money, NumberError> {
        self.0.checked_neg().map(Money).ok_or(NumberError::Overflow)
    }

    /// The amount without its sign.
    pub fn magnitude(self) -> Result<Money, NumberError> {
        self.0.checked_abs().map(Money).ok_or(NumberError::Overflow)
    }

    /// Converts by a price (units of the other currency for one of this), rounded half to even.
    pub fn converted(self, price: Price) -> Result<Money, NumberError> {
        self.times(Rate(price.0))
    }

    /// Converts by the inverse of a price, rounded half to even.
    pub fn converted_inverse(self, price: Price) -> Result<Money, NumberError> {
        multiply_divide(self.0, i128::from(Price::SCALE), i128::from(price.0)).map(Money)
    }

    /// The average price of `quantity` that cost this much; fails for zero quantity or overflow.
    pub fn average_price(
        self,
        quantity: SignedQuantity,
        multiplier: Quantity,
    ) -> Result<Price, NumberError> {
        let scale = i128::from(Quantity::SCALE);
        let numerator = self.0.checked_mul(scale).ok_or(NumberError::Overflow)?;
        let (numerator, denominator) = if multiplier.0 == Quantity::SCALE {
            (numerator, quantity.0)
        } else {
            (
                numerator.checked_mul(scale).ok_or(NumberError::Overflow)?,
                quantity
                    .0
                    .checked_mul(i128::from(multiplier.0))
                    .ok_or(NumberError::Overflow)?,
            )
        };
        let raw = divide_half_even(numerator, denominator)?;
        i64::try_from(raw)
            .map(Price)
            .map_err(|_| NumberError::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn text_round_trips_exactly() {
        for text in ["0", "1", "-1.5", "0.000000001", "9223372036.854775807"] {
            assert_eq!(price(text).to_string(), text);
        }
        assert_eq!(
            "100000000000".parse::<Quantity>().unwrap().to_string(),
            "100000000000"
        );
        assert_eq!(format!("{:.2}", price("1.5")), "1.50");
        assert_eq!(format!("{:.1}", price("1.25")), "1.25");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "-", ".", "1.2.3", "1e5", "NaN", " 1", "1_000", "inf"] {
            assert!(
                matches!(text.parse::<Price>(), Err(NumberError::Malformed(_))),
                "{text}"
            );
        }
        assert!(matches!(
            "-1".parse::<Quantity>(),
            Err(NumberError::Negative(_))
        ));
        assert!(matches!(
            "1.0000000001".parse::<Price>(),
            Err(NumberError::TooPrecise { .. })
        ));
        assert_eq!("1.0000000000".parse::<Price>().unwrap().raw(), Price::SCALE);
        assert_eq!(
            "99999999999999999".parse::<Price>(),
            Err(NumberError::Overflow)
        );
    }

    #[test]
    fn excess_digits_round_half_to_even() {
        let round = |text| parse_decimal(text, 1, Excess::Round).unwrap();
        assert_eq!(round("0.25"), 2);
        assert_eq!(round("0.35"), 4);
        assert_eq!(round("0.2500001"), 3);
        assert_eq!(round("-0.35"), -4);
    }

    #[test]
    fn division_rounds_half_to_even_on_both_signs() {
        assert_eq!(divide_half_even(5, 2), Ok(2));
        assert_eq!(divide_half_even(7, 2), Ok(4));
        assert_eq!(divide_half_even(-5, 2), Ok(-2));
        assert_eq!(divide_half_even(-7, 2), Ok(-4));
        assert_eq!(divide_half_even(1, 0), Err(NumberError::DivisionByZero));
        assert_eq!(
            divide_half_even(i128::from(i64::MIN), -1),
            Ok(-i128::from(i64::MIN))
        );
    }

    #[test]
    fn products_beyond_the_range_divide_as_if_they_fitted() {
        // Every case shrunk by a factor that keeps the fraction fits, and must round alike.
        let big = 10_i128.pow(30);
        for (amount, part, whole) in [
            (7, 1, 2),
            (5, 1, 2),
            (-5, 1, 2),
            (7, -1, 2),
            (10, 1, 3),
            (-11, 2, 3),
            (9, 5, 6),
        ] {
            let scale = 10_i128.pow(9);
            let (part, whole) = (part * scale, whole * scale);
            let small = divide_half_even(amount * part, whole).unwrap();
            // Adding a multiple of 2 * whole to the amount adds an even number to the result.
            let more = 2 * big * whole.signum();
            let shifted = multiply_divide(amount + more * 6, part, whole).unwrap();
            let added = more * 6 / (whole / scale) * (part / scale);
            assert_eq!(shifted, small + added, "{amount} * {part} / {whole}");
        }
        let odd = 3 * 10_i128.pow(37) + 1;
        assert_eq!(multiply_divide(2 * odd + 1, 3, 2), Ok(3 * odd + 1));
        assert_eq!(multiply_divide(2 * odd + 1, 5, 2), Ok(5 * odd + 3));
        assert_eq!(multiply_divide(i128::MAX, 3, 2), Err(NumberError::Overflow));
        // As large as they come: nothing on the way has to fit.
        let (large, odd) = (i128::MAX - 1, 3);
        assert_eq!(multiply_divide(large, odd, odd * 2), Ok(large / 2));
        assert_eq!(
            multiply_divide(i128::MIN, i128::MAX, i128::MAX),
            Ok(i128::MIN)
        );
        assert_eq!(
            multiply_divide(i128::MAX, 2, 0),
            Err(NumberError::DivisionByZero)
        );
    }

    #[test]
    fn notional_is_exact_and_checked() {
        let quantity: Quantity = "100000".parse().unwrap();
        assert_eq!(
            price("1.10001").notional(quantity, Quantity::ONE).unwrap(),
            "110001".parse().unwrap()
        );
        let future = price("4000.25").notional("3".parse().unwrap(), "50".parse().unwrap());
        assert_eq!(future.unwrap(), "600037.5".parse().unwrap());
        assert_eq!(
            Price::MAX.notional(Quantity::MAX, Quantity::whole(50).unwrap()),
            Err(NumberError::Overflow)
        );
    }

    #[test]
    fn average_price_inverts_notional() {
        let multiplier: Quantity = "50".parse().unwrap();
        let quantity: Quantity = "3".parse().unwrap();
        let cost = price("4000.25").notional(quantity, multiplier).unwrap();
        assert_eq!(
            cost.average_price(quantity.long(), multiplier).unwrap(),
            price("4000.25")
        );
        assert!(
            Money::ZERO
                .average_price(SignedQuantity::ZERO, multiplier)
                .is_err()
        );
    }

    #[test]
    fn midpoint_handles_odd_sums_and_extremes() {
        assert_eq!(
            Price::from_raw(1).midpoint(Price::from_raw(2)),
            Price::from_raw(2)
        );
        assert_eq!(
            Price::from_raw(2).midpoint(Price::from_raw(3)),
            Price::from_raw(2)
        );
        assert_eq!(Price::MAX.midpoint(Price::MAX), Price::MAX);
    }
}
