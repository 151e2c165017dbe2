//! What each strategy holds and has on order, per instrument.

use crate::journal::codec::fields;
use model::{
    InstrumentId, Money, NumberError, PositionState, Quantity, Side, SignedQuantity, StrategyId,
};
use std::collections::BTreeMap;

/// A strategy's position and open orders in one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// The position.
    pub position: PositionState,
    /// Sum of signed fills, kept apart from the position to check it (invariant I3).
    pub filled: SignedQuantity,
    /// What splits, settlement and delivery added, which are no fills.
    pub adjusted: SignedQuantity,
    /// Unfilled quantity of open buy orders.
    pub open_buys: Quantity,
    /// Unfilled quantity of open sell orders.
    pub open_sells: Quantity,
    /// Open orders.
    pub open_orders: u32,
    /// Margin the position ties up, in the account's base currency.
    pub margin: Money,
}

impl Holding {
    /// Unfilled quantity of open orders of one side.
    pub fn on_order(&self, side: Side) -> Quantity {
        match side {
            Side::Buy => self.open_buys,
            Side::Sell => self.open_sells,
        }
    }

    /// The position if all open orders of `side` and `more` were filled.
    pub fn worst_case(&self, side: Side, more: Quantity) -> Result<SignedQuantity, NumberError> {
        let pending = side.signed(self.on_order(side));
        self.position
            .quantity
            .checked_add(pending)?
            .checked_add(side.signed(more))
    }

    /// Whether an order can only bring the position nearer to zero, open orders included.
    pub fn is_reduced_by(&self, side: Side, quantity: Quantity) -> bool {
        let position = self.position.quantity.raw();
        let opposite = match side {
            Side::Buy => position < 0,
            Side::Sell => position > 0,
        };
        let after = self.worst_case(side, quantity).map(SignedQuantity::raw);
        opposite && after.is_ok_and(|after| after == 0 || after.signum() == position.signum())
    }

    pub(crate) fn on_order_mut(&mut self, side: Side) -> &mut Quantity {
        match side {
            Side::Buy => &mut self.open_buys,
            Side::Sell => &mut self.open_sells,
        }
    }
}

/// All holdings. Those of one strategy are few, so that a look-up stays short however many there are
/// in all.
#[derive(Debug, Default)]
pub struct Holdings {
    strategies: Vec<BTreeMap<InstrumentId, Holding>>,
}

impl Holdings {
    /// One holding; empty when there never was any.
    pub fn get(&self, strategy: StrategyId, instrument: InstrumentId) -> Holding {
        let own = self.strategies.get(strategy.index());
        let holding = own.and_then(|own| own.get(&instrument));
        holding.copied().unwrap_or_default()
    }

    /// All holdings, by strategy, then by instrument.
    pub fn iter(&self) -> impl Iterator<Item = (StrategyId, InstrumentId, &Holding)> {
        let strategies = (0_u32..).map(StrategyId::new).zip(&self.strategies);
        strategies.flat_map(|(strategy, own)| {
            let own = own.iter();
            own.map(move |(instrument, holding)| (strategy, *instrument, holding))
        })
    }

    /// One strategy's holdings.
    pub fn of(&self, strategy: StrategyId) -> impl Iterator<Item = (InstrumentId, &Holding)> {
        let own = self.strategies.get(strategy.index()).into_iter().flatten();
        own.map(|(instrument, holding)| (*instrument, holding))
    }

    /// One holding to change, of a strategy that is defined.
    pub(crate) fn entry(&mut self, strategy: StrategyId, instrument: InstrumentId) -> &mut Holding {
        if self.strategies.len() <= strategy.index() {
            self.strategies
                .resize_with(strategy.index() + 1, BTreeMap::new);
        }
        let own = &mut self.strategies[strategy.index()];
        own.entry(instrument).or_default()
    }
}

fields! {
    Holding { position, filled, adjusted, open_buys, open_sells, open_orders, margin }
    Holdings { strategies }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_orders_that_stay_on_this_side_of_zero_reduce() {
        let whole = |units| Quantity::whole(units).unwrap();
        let mut holding = Holding::default();
        holding.position.quantity = whole(10).long();
        assert!(holding.is_reduced_by(Side::Sell, whole(10)));
        assert!(!holding.is_reduced_by(Side::Sell, whole(11)));
        assert!(!holding.is_reduced_by(Side::Buy, whole(1)));
        holding.open_sells = whole(6);
        assert!(!holding.is_reduced_by(Side::Sell, whole(5)));
    }
}
