//! What positions of a strategy brought, in the base currency of its account at the latest marks.

use super::Engine;
use crate::input::LimitScope;
use crate::valuation::ValuationError;
use model::{CurrencyId, InstrumentId, Money, NumberError, PositionState, StrategyId};

/// What positions brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profit {
    /// By what was closed, before fees, and by funding and dividends.
    pub realized: Money,
    /// By what is open, if it were closed at the marks.
    pub open: Money,
    /// Fees paid.
    pub fees: Money,
}

impl Profit {
    /// All of it, less fees.
    ///
    /// # Errors
    /// It overflows.
    pub fn net(&self) -> Result<Money, NumberError> {
        self.realized.checked_add(self.open)?.checked_sub(self.fees)
    }

    /// What came since an earlier one.
    ///
    /// # Errors
    /// It overflows.
    pub fn since(&self, earlier: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            realized: self.realized.checked_sub(earlier.realized)?,
            open: self.open.checked_sub(earlier.open)?,
            fees: self.fees.checked_sub(earlier.fees)?,
        })
    }

    fn plus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            realized: self.realized.checked_add(other.realized)?,
            open: self.open.checked_add(other.open)?,
            fees: self.fees.checked_add(other.fees)?,
        })
    }
}

impl Engine {
    /// What a strategy's own positions brought since it was defined.
    ///
    /// # Errors
    /// There is no such strategy, or no price or rate for part of it.
    pub fn profit(&self, strategy: StrategyId) -> Result<Profit, ValuationError> {
        let held = self.holdings.of(strategy);
        let held = held.map(|(instrument, holding)| (instrument, holding.position));
        self.profit_of(strategy, held)
    }

    /// What positions would have brought that a strategy might have, at the marks of this engine.
    ///
    /// # Errors
    /// As [`Engine::profit`].
    pub fn profit_of(
        &self,
        strategy: StrategyId,
        positions: impl IntoIterator<Item = (InstrumentId, PositionState)>,
    ) -> Result<Profit, ValuationError> {
        let base = self.base_of(LimitScope::Strategy(strategy));
        let base = base.ok_or(ValuationError::Unpriced)?;
        let mut sum = Profit::default();
        for (instrument, position) in positions {
            sum = sum.plus(&self.profit_in(instrument, &position, base)?)?;
        }
        Ok(sum)
    }

    fn profit_in(
        &self,
        instrument: InstrumentId,
        position: &PositionState,
        base: CurrencyId,
    ) -> Result<Profit, ValuationError> {
        let state = self.market.get(instrument);
        let state = state.ok_or(ValuationError::Unpriced)?;
        let open = if position.quantity.is_zero() {
            // Opposite positions of a hedging account leave a cost where nothing is left in all.
            position.open_cost.negated()?
        } else {
            let mark = state.mark().ok_or(ValuationError::Unpriced)?;
            position.unrealized(mark, state.instrument.multiplier)?
        };
        let in_base = |money: Money| -> Result<Money, ValuationError> {
            let quote = state.instrument.quote_currency;
            let converted = self.market.convert(money, quote, base)?;
            converted.ok_or(ValuationError::Unpriced)
        };
        Ok(Profit {
            realized: in_base(position.realized)?,
            open: in_base(open)?,
            fees: in_base(position.fees)?,
        })
    }
}
