//! A position, exact to the last unit: the one of a strategy in an instrument, or of a hedging
//! account's strategy one of several.

use crate::{
    InstrumentId, Money, NumberError, PositionChange, PositionId, Price, Quantity, Side,
    SignedQuantity, StrategyId, Timestamp,
};

/// The exact state of a position. The average price is derived, never stored, so nothing
/// is lost to rounding however often it is added to or reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PositionState {
    /// Long is positive.
    pub quantity: SignedQuantity,
    /// What the open part cost: positive when long, negative when short.
    pub open_cost: Money,
    /// Profit of what was closed, before fees, and what funding and dividends brought.
    pub realized: Money,
    /// Fees paid in all.
    pub fees: Money,
}

impl PositionState {
    /// Applies an execution and returns the profit it realised, before fees.
    pub fn apply(
        &mut self,
        side: Side,
        quantity: Quantity,
        value: Money,
        fee: Money,
    ) -> Result<Money, NumberError> {
        let signed = side.signed(quantity);
        let signed_value = match side {
            Side::Buy => value,
            Side::Sell => value.negated()?,
        };
        let next = self.quantity.checked_add(signed)?;
        let reduces = self.quantity.raw().signum() * signed.raw().signum() < 0;
        let (open_cost, realized) = if !reduces {
            (self.open_cost.checked_add(signed_value)?, Money::ZERO)
        } else if signed.raw().unsigned_abs() <= self.quantity.raw().unsigned_abs() {
            let closed = self
                .open_cost
                .prorated(-signed.raw(), self.quantity.raw())?;
            (
                self.open_cost.checked_sub(closed)?,
                closed.checked_add(signed_value)?.negated()?,
            )
        } else {
            // Through zero: all that was open closes, the rest opens at this price.
            let closing = signed_value.prorated(-self.quantity.raw(), signed.raw())?;
            let opening = signed_value.checked_sub(closing)?;
            (opening, self.open_cost.checked_add(closing)?.negated()?)
        };
        *self = PositionState {
            quantity: next,
            open_cost,
            realized: self.realized.checked_add(realized)?,
            fees: self.fees.checked_add(fee)?,
        };
        Ok(realized)
    }

    /// The state with another added to it: of several positions, what they come to. Opposite ones
    /// leave a cost where no quantity is left.
    pub fn plus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            quantity: self.quantity.checked_add(other.quantity)?,
            open_cost: self.open_cost.checked_add(other.open_cost)?,
            realized: self.realized.checked_add(other.realized)?,
            fees: self.fees.checked_add(other.fees)?,
        })
    }

    /// The state with another taken from it.
    pub fn minus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            quantity: self.quantity.checked_sub(other.quantity)?,
            open_cost: self.open_cost.checked_sub(other.open_cost)?,
            realized: self.realized.checked_sub(other.realized)?,
            fees: self.fees.checked_sub(other.fees)?,
        })
    }

    /// The average price of the open part; `None` when flat or out of range.
    pub fn average_price(&self, multiplier: Quantity) -> Option<Price> {
        self.open_cost.average_price(self.quantity, multiplier).ok()
    }

    /// Profit of the open part if it were closed at `price`.
    pub fn unrealized(&self, price: Price, multiplier: Quantity) -> Result<Money, NumberError> {
        let value = price.notional(self.quantity.magnitude()?, multiplier)?;
        let signed = if self.quantity.is_short() {
            value.negated()?
        } else {
            value
        };
        signed.checked_sub(self.open_cost)
    }
}

/// A position after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositionUpdate {
    /// Whose.
    pub strategy: StrategyId,
    /// On what.
    pub instrument: InstrumentId,
    /// Which of several; `None` for what they come to in all, or where there is only one.
    pub position: Option<PositionId>,
    /// The new state.
    pub state: PositionState,
    /// What changed it.
    pub change: PositionChange,
    /// When.
    pub ts_event: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn trade(state: &mut PositionState, side: Side, quantity: &str, price: &str) -> Money {
        let quantity: Quantity = quantity.parse().unwrap();
        let price: Price = price.parse().unwrap();
        let value = price.notional(quantity, Quantity::ONE).unwrap();
        state.apply(side, quantity, value, Money::ZERO).unwrap()
    }

    #[test]
    fn a_round_trip_realises_the_difference() {
        let mut state = PositionState::default();
        trade(&mut state, Side::Buy, "10", "100");
        trade(&mut state, Side::Buy, "10", "110");
        assert_eq!(
            state.average_price(Quantity::ONE).unwrap(),
            "105".parse().unwrap()
        );
        assert_eq!(trade(&mut state, Side::Sell, "5", "120"), money("75"));
        assert_eq!(state.open_cost, money("1575"));
        assert_eq!(trade(&mut state, Side::Sell, "15", "100"), money("-75"));
        assert_eq!(
            (state.quantity, state.open_cost),
            (SignedQuantity::ZERO, Money::ZERO)
        );
    }

    #[test]
    fn a_fill_through_zero_closes_and_opens() {
        let mut state = PositionState::default();
        trade(&mut state, Side::Sell, "10", "100");
        assert_eq!(trade(&mut state, Side::Buy, "15", "90"), money("100"));
        assert_eq!(state.quantity, Quantity::whole(5).unwrap().long());
        assert_eq!(state.open_cost, money("450"));
        assert_eq!(
            state
                .unrealized("80".parse().unwrap(), Quantity::ONE)
                .unwrap(),
            money("-50")
        );
    }

    #[test]
    fn thirds_leave_nothing_behind() {
        let mut state = PositionState::default();
        trade(&mut state, Side::Buy, "3", "0.333333333");
        trade(&mut state, Side::Buy, "4", "0.1");
        let bought = state.open_cost;
        let mut received = Money::ZERO;
        for _ in 0..7 {
            let realized = trade(&mut state, Side::Sell, "1", "0.2");
            received = received.checked_add(realized).unwrap();
        }
        assert_eq!(state.open_cost, Money::ZERO);
        assert_eq!(received, money("1.4").checked_sub(bought).unwrap());
    }
}
