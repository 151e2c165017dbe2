//! What trading an instrument costs, as data: rates, amounts by unit, what an order costs at least and
//! at most, and tiers by how much an account trades.

use crate::{Liquidity, Money, NumberError, Quantity, Rate};

/// What an order costs. Rates apply to notional value; a negative rate is a rebate. All amounts are
/// in the quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fees {
    /// Rate of fills of orders that rested on the book.
    pub maker: Rate,
    /// Rate of fills of orders that took liquidity.
    pub taker: Rate,
    /// Added per whole unit filled.
    pub per_contract: Money,
    /// What an order costs at least in all, once it has filled at all; zero for nothing.
    pub min_per_order: Money,
    /// What an order costs at most in all.
    pub max_per_order: Option<Money>,
    /// What an order costs at most in all, as a share of the value it has filled.
    pub max_share: Option<Rate>,
}

impl Fees {
    /// What an order costs in all, given what rates and units come to: at least the minimum, and
    /// never more than a maximum, which also cuts the minimum short.
    pub fn bounded(&self, sum: Money, value: Money) -> Result<Money, NumberError> {
        let mut fee = sum;
        if !self.min_per_order.is_zero() {
            fee = fee.max(self.min_per_order);
        }
        if let Some(most) = self.max_per_order {
            fee = fee.min(most);
        }
        if let Some(share) = self.max_share {
            fee = fee.min(value.magnitude()?.times(share)?);
        }
        Ok(fee)
    }

    /// The rate of a fill.
    pub const fn rate(&self, liquidity: Liquidity) -> Rate {
        match liquidity {
            Liquidity::Maker => self.maker,
            Liquidity::Taker => self.taker,
        }
    }

    /// What rates and units come to for a value and a quantity, at one rate.
    pub fn sum(&self, rate: Rate, value: Money, quantity: Quantity) -> Result<Money, NumberError> {
        let share = if rate.is_zero() {
            Money::ZERO
        } else {
            value.magnitude()?.times(rate)?
        };
        if self.per_contract.is_zero() {
            return Ok(share);
        }
        let units = i128::from(quantity.raw());
        let whole = i128::from(Quantity::SCALE);
        share.checked_add(self.per_contract.prorated(units, whole)?)
    }

    /// The most that an order for a value and a quantity costs, whether it rests or takes.
    pub fn most(&self, value: Money, quantity: Quantity) -> Result<Money, NumberError> {
        let sum = self.sum(self.maker.max(self.taker), value, quantity)?;
        self.bounded(sum, value)
    }

    /// Why no venue can have meant it, if none can.
    pub fn flaw(&self) -> Option<&'static str> {
        let negative = |money: Option<Money>| money.is_some_and(|money| money < Money::ZERO);
        if negative(Some(self.min_per_order)) || negative(self.max_per_order) {
            return Some("what an order costs at least or at most must not be negative");
        }
        let share = self.max_share.unwrap_or_default();
        (share < Rate::ZERO).then_some("the largest share of the value must not be negative")
    }
}

/// Rates in force for accounts that traded enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeeTier {
    /// What an account must have traded at the venue within thirty days, in its base currency.
    pub from: Money,
    /// Rate of resting orders, instead of the instrument's own.
    pub maker: Rate,
    /// Rate of taking orders, instead of the instrument's own.
    pub taker: Rate,
}

impl FeeTier {
    /// Tiers that an instrument may have.
    pub const MOST: usize = 64;

    /// Why tiers cannot be meant, if they cannot.
    pub fn flaw(tiers: &[FeeTier]) -> Option<&'static str> {
        if tiers.len() > Self::MOST {
            Some("there are more than 64 tiers")
        } else if tiers.iter().any(|tier| tier.from < Money::ZERO) {
            Some("the threshold of a tier is negative")
        } else if !tiers.is_sorted_by(|one, next| one.from < next.from) {
            Some("the thresholds of tiers must rise")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_cuts_the_minimum_short() {
        let fees = Fees {
            min_per_order: "1".parse().unwrap(),
            max_share: Some("0.01".parse().unwrap()),
            ..Fees::default()
        };
        let check = |sum: &str, value: &str, expect: &str| {
            let got = fees.bounded(sum.parse().unwrap(), value.parse().unwrap());
            assert_eq!(got.unwrap(), expect.parse().unwrap(), "{sum} of {value}");
        };
        check("0.5", "1000", "1");
        check("5", "1000", "5");
        check("15", "1000", "10");
        // Ten shares at 0.20: a hundredth of 2 is less than the minimum.
        check("0.05", "2", "0.02");
        // A rebate does not escape the minimum; the sign of the value does not matter.
        check("-3", "-1000", "1");
    }
}
