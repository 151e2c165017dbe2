//! What a fill costs: a share of its value by liquidity, plus an amount per whole unit.

use model::{Fees, Liquidity, Money, NumberError, Quantity};

/// The fee of a fill worth `value`, in the quote currency; negative is a rebate.
pub(crate) fn fee(
    fees: &Fees,
    liquidity: Liquidity,
    value: Money,
    quantity: Quantity,
) -> Result<Money, NumberError> {
    let rate = match liquidity {
        Liquidity::Maker => fees.maker,
        Liquidity::Taker => fees.taker,
    };
    let share = if rate.is_zero() {
        Money::ZERO
    } else {
        value.magnitude()?.times(rate)?
    };
    if fees.per_contract.is_zero() {
        return Ok(share);
    }
    let units = i128::from(quantity.raw());
    share.checked_add(
        fees.per_contract
            .prorated(units, i128::from(Quantity::SCALE))?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_per_contract_amounts_add_up() {
        let fees = Fees {
            maker: "-0.0001".parse().unwrap(),
            taker: "0.0002".parse().unwrap(),
            per_contract: "0.5".parse().unwrap(),
        };
        let check = |liquidity, expect: &str| {
            let got = fee(
                &fees,
                liquidity,
                "10000".parse().unwrap(),
                "4".parse().unwrap(),
            );
            assert_eq!(got.unwrap(), expect.parse().unwrap());
        };
        check(Liquidity::Maker, "1");
        check(Liquidity::Taker, "4");
    }
}
