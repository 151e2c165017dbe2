//! The harness's book of positions: enough arithmetic to tell a strategy what it holds.

use crate::{InstrumentId, Money, Position, Price, Quantity, Side, Timestamp};

/// A netting position in price units times quantity units, so that nothing is rounded before it is
/// shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ledger {
    signed: i128,
    cost: i128,
    realized: i128,
    /// What it brought without a trade, in units of money.
    paid: i128,
}

impl Ledger {
    /// Applies an execution.
    pub(super) fn apply(&mut self, side: Side, quantity: Quantity, price: Price) {
        let signed = side.signed(quantity);
        let price = i128::from(price.raw());
        if self.signed.signum() * signed.signum() < 0 {
            let closing = signed.abs().min(self.signed.abs()) * signed.signum();
            let closed_cost = self.cost * -closing / self.signed;
            self.realized -= closing * price + closed_cost;
            self.cost -= closed_cost;
            self.cost += (signed - closing) * price;
        } else {
            self.cost += signed * price;
        }
        self.signed += signed;
    }

    /// What is held, in units of quantity; negative when short.
    pub(super) fn signed(&self) -> i128 {
        self.signed
    }

    /// Takes what the position brought without a trade.
    pub(super) fn pay(&mut self, amount: Money) {
        self.paid += amount.raw();
    }

    /// Counts it in new shares, in whole lots. What is left over is sold at `mark`, a price of old
    /// shares; gives what that brought, in price units times quantity units.
    pub(super) fn split(
        &mut self,
        (numerator, denominator): (u32, u32),
        lot: Quantity,
        mark: Price,
    ) -> i128 {
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
        let lot = i128::from(lot.raw().max(1));
        let whole = self.signed * numerator;
        if whole == 0 {
            return 0;
        }
        self.signed = whole / (denominator * lot) * lot;
        let left = whole - self.signed * denominator;
        let cost = self.cost * left / whole;
        let value = left * i128::from(mark.raw()) / numerator;
        self.cost -= cost;
        self.realized += value - cost;
        value
    }

    /// The position as a strategy sees it.
    pub(super) fn position(
        &self,
        instrument: InstrumentId,
        multiplier: Quantity,
        ts_event: Timestamp,
    ) -> Position {
        let average = if self.signed == 0 {
            0
        } else {
            self.cost / self.signed
        };
        let scale = i128::from(Quantity::SCALE);
        let realized = self.realized * i128::from(multiplier.raw()) / scale / scale;
        Position {
            instrument,
            quantity: Quantity::from_raw(u64::try_from(self.signed.abs()).unwrap_or(u64::MAX)),
            side: if self.signed < 0 {
                Side::Sell
            } else {
                Side::Buy
            },
            average_price: Price::from_raw(i64::try_from(average).unwrap_or(i64::MAX)),
            realized: Money::from_raw(realized + self.paid),
            fees: Money::ZERO,
            ts_event,
            id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{price, quantity};

    #[test]
    fn a_fill_through_zero_closes_and_opens() {
        let mut ledger = Ledger::default();
        let mut trade = |side, size, at| {
            ledger.apply(side, quantity(size), price(at));
            ledger.position(
                InstrumentId::new(0),
                Quantity::ONE,
                Timestamp::from_nanos(0),
            )
        };
        trade(Side::Buy, "10", "100");
        assert_eq!(trade(Side::Buy, "10", "110").average_price, price("105"));
        let after = trade(Side::Sell, "25", "120");
        assert_eq!(
            (after.signed(), after.average_price),
            (-5 * 100_000_000, price("120"))
        );
        assert_eq!(after.realized.to_string(), "300");
    }
}
