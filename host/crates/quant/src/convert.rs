//! Exact numbers into floating point, for statistics only. The way back does not exist.
#![allow(
    clippy::cast_precision_loss,
    reason = "statistics need 53 bits, not the last unit of an i128"
)]

use model::{Duration, Money, Price, Quantity, Rate, SignedQuantity};

/// Seconds in a day.
pub const SECONDS_PER_DAY: f64 = 86_400.0;

/// An amount of money in whole units of its currency.
pub fn money(amount: Money) -> f64 {
    amount.raw() as f64 / Money::SCALE as f64
}

/// A price in whole units of the quote currency.
pub fn price(price: Price) -> f64 {
    price.raw() as f64 / Price::SCALE as f64
}

/// A quantity in whole units.
pub fn quantity(quantity: Quantity) -> f64 {
    quantity.raw() as f64 / Quantity::SCALE as f64
}

/// A position in whole units, negative when short.
pub fn signed(quantity: SignedQuantity) -> f64 {
    quantity.raw() as f64 / SignedQuantity::SCALE as f64
}

/// A rate, such as 0.95.
pub fn rate(rate: Rate) -> f64 {
    rate.raw() as f64 / Rate::SCALE as f64
}

/// A length of time in seconds.
pub fn seconds(duration: Duration) -> f64 {
    duration.nanos() as f64 / 1e9
}

/// A count.
pub fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_come_out() {
        assert_eq!(money("-1234.5".parse().unwrap()), -1234.5);
        assert_eq!(price("1.10001".parse().unwrap()), 1.10001);
        assert_eq!(quantity("0.25".parse().unwrap()), 0.25);
        assert_eq!(signed("-0.25".parse().unwrap()), -0.25);
        assert_eq!(rate("0.99".parse().unwrap()), 0.99);
        assert_eq!(seconds(Duration::from_millis(1500)), 1.5);
    }
}
