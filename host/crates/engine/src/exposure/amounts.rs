//! What is counted of one instrument, and what that is worth at a mark.

use crate::holdings::Holding;
use crate::journal::codec::{fields, variants};
use crate::market::{Market, MarketState};
use model::{CurrencyId, Money, NumberError, PositionState, Price, Quantity, Side, SignedQuantity};

/// Quantities of one instrument, of one strategy or of several added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amounts {
    /// Held.
    pub(crate) position: SignedQuantity,
    /// What that cost.
    pub(crate) cost: Money,
    /// Realised profit less fees.
    pub(crate) earned: Money,
    /// The larger of what is held once all buys, or all sells, are filled; without its sign.
    pub(crate) gross: SignedQuantity,
    /// Held once all buys are filled.
    pub(crate) up: SignedQuantity,
    /// Held once all sells are filled.
    pub(crate) down: SignedQuantity,
}

impl Amounts {
    pub(crate) fn of(holding: &Holding) -> Result<Self, NumberError> {
        let up = holding.worst_case(Side::Buy, Quantity::ZERO)?;
        let down = holding.worst_case(Side::Sell, Quantity::ZERO)?;
        let worst = up.raw().unsigned_abs().max(down.raw().unsigned_abs());
        let worst = i128::try_from(worst).map_err(|_| NumberError::Overflow)?;
        Ok(Self {
            gross: SignedQuantity::from_raw(worst),
            up,
            down,
            ..Self::held(holding)?
        })
    }

    /// Without what is on order.
    pub(crate) fn held(holding: &Holding) -> Result<Self, NumberError> {
        let position = &holding.position;
        Ok(Self {
            position: position.quantity,
            cost: position.open_cost,
            earned: position.realized.checked_sub(position.fees)?,
            ..Self::default()
        })
    }

    /// Whether a position is what [`Self::held`] would say of it.
    pub(crate) fn are_of(&self, position: &PositionState) -> bool {
        (self.position, self.cost) == (position.quantity, position.open_cost)
            && position.realized.checked_sub(position.fees) == Ok(self.earned)
    }

    pub(crate) fn plus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            position: self.position.checked_add(other.position)?,
            cost: self.cost.checked_add(other.cost)?,
            earned: self.earned.checked_add(other.earned)?,
            gross: self.gross.checked_add(other.gross)?,
            up: self.up.checked_add(other.up)?,
            down: self.down.checked_add(other.down)?,
        })
    }

    pub(crate) fn minus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            position: self.position.checked_sub(other.position)?,
            cost: self.cost.checked_sub(other.cost)?,
            earned: self.earned.checked_sub(other.earned)?,
            gross: self.gross.checked_sub(other.gross)?,
            up: self.up.checked_sub(other.up)?,
            down: self.down.checked_sub(other.down)?,
        })
    }

    /// Whether it adds nothing to what is asked for, at any price. What is on order only counts
    /// where exposure does.
    pub(crate) fn is_flat(&self, needs: Needs) -> bool {
        let idle = self.gross.is_zero() && self.up.is_zero() && self.down.is_zero();
        // One strategy's long and another's short leave a cost where nothing is left of either.
        let closed = self.position.is_zero() && self.cost.is_zero();
        closed && (idle || !needs.exposure)
    }

    /// What it is worth at the instrument's mark, as far as `needs` asks.
    pub(crate) fn values(
        &self,
        state: &MarketState,
        needs: Needs,
        worth: Worth,
    ) -> Result<Values, NumberError> {
        let multiplier = state.instrument.multiplier;
        let mark = state.mark();
        let mut values = Values::default();
        if needs.gain || needs.worth || needs.margin {
            let value = signed_value(mark, self.position, multiplier)?;
            values.gain = value.checked_sub(self.cost)?;
            values.worth = match worth {
                Worth::Nothing => Money::ZERO,
                Worth::Gain => values.gain,
                Worth::Value => value,
            };
            if needs.margin {
                let rate = state.instrument.margin.maintenance;
                values.maintenance = value.magnitude()?.times(rate)?;
            }
        }
        if needs.exposure {
            let exposure = self.exposure(state)?;
            (values.gross, values.up, values.down) = (exposure.gross, exposure.up, exposure.down);
        }
        Ok(values)
    }

    /// Exposure at the instrument's mark. Of a change it may be negative.
    pub(crate) fn exposure(&self, state: &MarketState) -> Result<Values, NumberError> {
        let (mark, multiplier) = (state.mark(), state.instrument.multiplier);
        let up = signed_value(mark, self.up, multiplier)?;
        let down = signed_value(mark, self.down, multiplier)?;
        // Mostly the one or the other, and valuing is what takes time.
        let gross = match self.gross {
            gross if gross == self.up => up,
            gross => signed_value(mark, gross, multiplier)?,
        };
        Ok(Values {
            gross,
            up,
            down,
            ..Values::default()
        })
    }
}

/// Nothing is worth nothing, even where there is no mark.
fn signed_value(
    mark: Option<Price>,
    quantity: SignedQuantity,
    multiplier: Quantity,
) -> Result<Money, NumberError> {
    if quantity.is_zero() {
        return Ok(Money::ZERO);
    }
    let mark = mark.ok_or(NumberError::DivisionByZero)?;
    let value = mark.notional(quantity.magnitude()?, multiplier)?;
    if quantity.is_short() {
        value.negated()
    } else {
        Ok(value)
    }
}

/// What is asked of a scope's sums; what nobody asks is not reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Needs {
    /// What is held beyond the balances.
    pub(crate) worth: bool,
    /// Profit and loss.
    pub(crate) gain: bool,
    /// Gross and net exposure.
    pub(crate) exposure: bool,
    /// Whether something follows from the sums as soon as a price moves.
    pub(crate) at_once: bool,
    /// Maintenance margin.
    pub(crate) margin: bool,
}

impl Needs {
    pub(crate) fn any(self) -> bool {
        self.worth || self.gain || self.exposure || self.margin
    }
}

/// What a position adds to its account's balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Worth {
    /// Nothing: the asset is among the balances, or the scope is no account.
    #[default]
    Nothing,
    /// Its open profit, as on margin.
    Gain,
    /// What it would sell for, as what was paid for in full.
    Value,
}

/// Money of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Values {
    /// What it adds to balances.
    pub(crate) worth: Money,
    /// Profit: open, and in sums also realised, less fees.
    pub(crate) gain: Money,
    /// Longs and shorts added up, at their worst.
    pub(crate) gross: Money,
    /// Longs less shorts, all buys filled.
    pub(crate) up: Money,
    /// Longs less shorts, all sells filled.
    pub(crate) down: Money,
    /// What its position must have behind it, before leverage.
    pub(crate) maintenance: Money,
}

impl Values {
    pub(crate) fn plus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            worth: self.worth.checked_add(other.worth)?,
            gain: self.gain.checked_add(other.gain)?,
            gross: self.gross.checked_add(other.gross)?,
            up: self.up.checked_add(other.up)?,
            down: self.down.checked_add(other.down)?,
            maintenance: self.maintenance.checked_add(other.maintenance)?,
        })
    }

    pub(crate) fn minus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            worth: self.worth.checked_sub(other.worth)?,
            gain: self.gain.checked_sub(other.gain)?,
            gross: self.gross.checked_sub(other.gross)?,
            up: self.up.checked_sub(other.up)?,
            down: self.down.checked_sub(other.down)?,
            maintenance: self.maintenance.checked_sub(other.maintenance)?,
        })
    }

    /// Exposure in another currency; `Ok(None)` when no rate is known.
    pub(crate) fn converted(
        &self,
        market: &Market,
        from: CurrencyId,
        to: CurrencyId,
    ) -> Result<Option<Self>, NumberError> {
        if from == to {
            return Ok(Some(*self));
        }
        let convert = |money| market.convert(money, from, to);
        let sums = (convert(self.gross)?, convert(self.up)?, convert(self.down)?);
        let (Some(gross), Some(up), Some(down)) = sums else {
            return Ok(None);
        };
        Ok(Some(Self {
            gross,
            up,
            down,
            ..Self::default()
        }))
    }
}

fields! {
    Amounts { position, cost, earned, gross, up, down }
    Needs { worth, gain, exposure, at_once, margin }
    Values { worth, gain, gross, up, down, maintenance }
}
variants!(Worth { 0 => Nothing, 1 => Gain, 2 => Value });
