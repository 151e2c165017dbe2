//! The fee model that is built in: a share of the value by liquidity and tier, an amount per unit,
//! and bounds on what an order costs in all, charged once however many parts it fills in.

use crate::journal::codec::fields;
use model::{
    Charge, Fault, FaultKind, FeeModel, FeeQuery, FeeTier, Fees, InstrumentId, Liquidity, Listing,
    Money, NumberError, Rate,
};
use std::collections::BTreeMap;

/// The instruments' own fees, and tiers on top of them.
#[derive(Debug, Default)]
pub(crate) struct ScheduledFees {
    of: BTreeMap<InstrumentId, Schedule>,
}

#[derive(Debug, Clone, Default)]
struct Schedule {
    fees: Fees,
    tiers: Vec<FeeTier>,
}

impl ScheduledFees {
    pub(crate) fn list(&mut self, id: InstrumentId, fees: Fees) {
        self.of.entry(id).or_default().fees = fees;
    }

    /// Sets the tiers of an instrument; gives the fees that no order on it exceeds from now on.
    pub(crate) fn set_tiers(&mut self, id: InstrumentId, tiers: Vec<FeeTier>) -> Fees {
        let schedule = self.of.entry(id).or_default();
        schedule.tiers = tiers;
        schedule.ceiling()
    }
}

impl Schedule {
    /// The instrument's own fees at the dearest rate there is.
    fn ceiling(&self) -> Fees {
        let rates = self.tiers.iter().map(|tier| tier.maker.max(tier.taker));
        let dearest = rates.fold(self.fees.maker.max(self.fees.taker), Rate::max);
        Fees {
            maker: dearest,
            taker: dearest,
            ..self.fees
        }
    }

    /// The rate of a fill. A tier holds from its threshold on.
    fn rate(&self, liquidity: Liquidity, turnover: Money) -> Rate {
        let tier = self.tiers.iter().rev().find(|tier| tier.from <= turnover);
        let fees = tier.map_or(self.fees, |tier| Fees {
            maker: tier.maker,
            taker: tier.taker,
            ..self.fees
        });
        fees.rate(liquidity)
    }

    /// Charges what the order has to pay by now less what it has paid. Sums are taken of the order,
    /// not of its fills, so that parts cost to the last unit what the whole would.
    fn charge(&self, query: &FeeQuery) -> Result<Charge, NumberError> {
        let rate = self.rate(query.liquidity, query.turnover);
        let value = query.filled_value.checked_add(query.value.magnitude()?)?;
        let filled = query.filled.checked_add(query.quantity)?;
        let before = self.fees.sum(rate, query.filled_value, query.filled)?;
        let after = self.fees.sum(rate, value, filled)?;
        let accrued = query.accrued.checked_add(after.checked_sub(before)?)?;
        let due = self.fees.bounded(accrued, value)?;
        Ok(Charge {
            fee: due.checked_sub(query.charged)?,
            accrued,
        })
    }
}

impl FeeModel for ScheduledFees {
    fn ceiling(&mut self, listing: &Listing<'_>) -> Result<Fees, Fault> {
        let fees = listing.instrument.fees;
        self.list(listing.id, fees);
        let schedule = Schedule {
            fees,
            tiers: Vec::new(),
        };
        Ok(schedule.ceiling())
    }

    fn charge(&mut self, query: &FeeQuery) -> Result<Charge, Fault> {
        let schedule = self.of.get(&query.instrument);
        let charge = schedule.map_or(Err(NumberError::Overflow), |of| of.charge(query));
        charge.map_err(|error| Fault {
            kind: FaultKind::Refused,
            message: error.to_string(),
        })
    }
}

fields! {
    ScheduledFees { of }
    Schedule { fees, tiers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{AccountId, OrderId, Price, Quantity, Side, Timestamp};
    use proptest::prelude::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn blank() -> FeeQuery {
        FeeQuery {
            order: OrderId::from_number(1),
            instrument: InstrumentId::new(0),
            account: AccountId::new(0),
            side: Side::Buy,
            liquidity: Liquidity::Taker,
            price: Price::ZERO,
            quantity: Quantity::ZERO,
            value: Money::ZERO,
            filled: Quantity::ZERO,
            filled_value: Money::ZERO,
            charged: Money::ZERO,
            accrued: Money::ZERO,
            turnover: Money::ZERO,
            now: Timestamp::ZERO,
        }
    }

    /// Charges parts of one order in turn; what each costs.
    fn parts(of: &Schedule, parts: &[(Liquidity, Quantity, Money)]) -> Vec<Money> {
        let mut order = blank();
        let mut fees = Vec::new();
        for (liquidity, quantity, value) in parts {
            order.liquidity = *liquidity;
            (order.quantity, order.value) = (*quantity, *value);
            let charge = of.charge(&order).unwrap();
            order.filled = order.filled.checked_add(*quantity).unwrap();
            order.filled_value = order.filled_value.checked_add(*value).unwrap();
            order.charged = order.charged.checked_add(charge.fee).unwrap();
            order.accrued = charge.accrued;
            fees.push(charge.fee);
        }
        fees
    }

    fn check(of: &Schedule, fills: &[(Liquidity, &str, &str)], expect: &[&str]) {
        let fills: Vec<_> = fills
            .iter()
            .map(|(l, quantity, value)| (*l, quantity.parse().unwrap(), money(value)))
            .collect();
        let expect: Vec<_> = expect.iter().map(|text| money(text)).collect();
        assert_eq!(parts(of, &fills), expect);
    }

    use Liquidity::{Maker, Taker};

    #[test]
    fn rates_and_per_contract_amounts_add_up() {
        let of = Schedule {
            fees: Fees {
                maker: rate("-0.0001"),
                taker: rate("0.0002"),
                per_contract: money("0.5"),
                ..Fees::default()
            },
            tiers: Vec::new(),
        };
        check(&of, &[(Maker, "4", "10000")], &["1"]);
        check(&of, &[(Taker, "4", "10000")], &["4"]);
        check(
            &of,
            &[(Taker, "4", "10000"), (Maker, "2", "5000")],
            &["4", "0.5"],
        );
    }

    #[test]
    fn a_commission_has_its_minimum_and_maximum_once_an_order() {
        let of = Schedule {
            fees: Fees {
                per_contract: money("0.005"),
                min_per_order: money("1"),
                max_share: Some(rate("0.01")),
                ..Fees::default()
            },
            tiers: Vec::new(),
        };
        // 50 at 20: 0.25 by the share, 1 at least, 10 at most.
        check(&of, &[(Taker, "50", "1000")], &["1"]);
        // 100, 100 and 200 more: 0.5, 1 and 2 by the share in all; the minimum was paid already.
        let fills = [
            (Taker, "100", "2000"),
            (Maker, "100", "2000"),
            (Taker, "200", "4000"),
        ];
        check(&of, &fills, &["1", "0", "1"]);
        // 10 at 0.20: a hundredth of 2, then of 4, then of 1000, where the minimum is reached.
        let fills = [(Taker, "10", "2"), (Taker, "10", "2"), (Taker, "10", "996")];
        check(&of, &fills, &["0.02", "0.02", "0.96"]);
        let capped = Schedule {
            fees: Fees {
                max_per_order: Some(money("1.5")),
                ..of.fees
            },
            tiers: Vec::new(),
        };
        let fills = [
            (Taker, "250", "5000"),
            (Taker, "200", "4000"),
            (Taker, "1", "20"),
        ];
        check(&capped, &fills, &["1.25", "0.25", "0"]);
    }

    #[test]
    fn a_tier_holds_from_its_threshold_on() {
        let tier = |from: &str, maker: &str, taker: &str| FeeTier {
            from: money(from),
            maker: rate(maker),
            taker: rate(taker),
        };
        let of = Schedule {
            fees: Fees {
                maker: rate("0.0010"),
                taker: rate("0.0020"),
                ..Fees::default()
            },
            tiers: vec![
                tier("100000", "0.0008", "0.0016"),
                tier("1000000", "-0.0001", "0.0010"),
            ],
        };
        let check = |turnover: &str, maker: &str, taker: &str| {
            let got = [Maker, Taker].map(|liquidity| of.rate(liquidity, money(turnover)));
            assert_eq!(got, [rate(maker), rate(taker)], "{turnover}");
        };
        check("0", "0.0010", "0.0020");
        check("99999.999999999", "0.0010", "0.0020");
        check("100000", "0.0008", "0.0016");
        check("999999.999999999", "0.0008", "0.0016");
        check("1000000", "-0.0001", "0.0010");
        check("99999999999", "-0.0001", "0.0010");
        assert_eq!(of.ceiling().taker, rate("0.0020"));
    }

    fn fill() -> impl Strategy<Value = (Liquidity, Quantity, Money)> {
        let liquidity = prop_oneof![Just(Maker), Just(Taker)];
        (liquidity, 1_u64..1 << 50, 0_i128..1 << 70).prop_map(|(l, quantity, value)| {
            (l, Quantity::from_raw(quantity), Money::from_raw(value))
        })
    }

    fn fees(rebate: bool) -> impl Strategy<Value = Fees> {
        let lowest = if rebate { -5_000_000 } else { 0 };
        let rates = (lowest..5_000_000_i64, 0..5_000_000_i64);
        let amounts = (0..1_i128 << 40, 0..1_i128 << 40);
        let bounds = (
            proptest::option::of(0..1_i128 << 60),
            proptest::option::of(0..1_000_000_000_i64),
        );
        (rates, amounts, bounds).prop_map(|((maker, taker), (unit, least), (most, share))| Fees {
            maker: Rate::from_raw(maker),
            taker: Rate::from_raw(taker),
            per_contract: Money::from_raw(unit),
            min_per_order: Money::from_raw(least),
            max_per_order: most.map(Money::from_raw),
            max_share: share.map(Rate::from_raw),
        })
    }

    fn total(fees: &[Money]) -> Money {
        let sum = |sum: Money, fee: &Money| sum.checked_add(*fee).unwrap();
        fees.iter().fold(Money::ZERO, sum)
    }

    proptest! {
        #[test]
        fn without_rebates_no_part_of_an_order_is_paid_back(
            fees in fees(false),
            fills in prop::collection::vec(fill(), 1..20),
        ) {
            let of = Schedule { fees, tiers: Vec::new() };
            for fee in parts(&of, &fills) {
                prop_assert!(fee >= Money::ZERO, "{fee}");
            }
        }

        #[test]
        fn parts_of_an_order_cost_what_the_whole_costs(
            fees in fees(true),
            fills in prop::collection::vec(fill(), 1..20),
        ) {
            // At one rate the whole is known; bounds of the order hold for its sum.
            let of = Schedule { fees, tiers: Vec::new() };
            let alike: Vec<_> = fills.iter().map(|(_, q, v)| (Taker, *q, *v)).collect();
            let quantity = alike.iter().fold(Quantity::ZERO, |sum, (_, q, _)| {
                sum.checked_add(*q).unwrap()
            });
            let values: Vec<_> = alike.iter().map(|(_, _, value)| *value).collect();
            let whole = parts(&of, &[(Taker, quantity, total(&values))]);
            prop_assert_eq!(total(&parts(&of, &alike)), total(&whole));
        }

        #[test]
        fn no_order_costs_more_than_the_ceiling(
            fees in fees(true),
            fills in prop::collection::vec(fill(), 1..20),
        ) {
            let of = Schedule { fees, tiers: Vec::new() };
            let paid = total(&parts(&of, &fills));
            let quantity = fills.iter().fold(Quantity::ZERO, |sum, (_, q, _)| {
                sum.checked_add(*q).unwrap()
            });
            let values: Vec<_> = fills.iter().map(|(_, _, value)| *value).collect();
            let most = of.ceiling().most(total(&values), quantity).unwrap();
            // Each change of rate may round once.
            let slack = Money::from_raw(i128::try_from(fills.len()).unwrap());
            prop_assert!(paid <= most.checked_add(slack).unwrap(), "{paid} {most}");
        }
    }
}
