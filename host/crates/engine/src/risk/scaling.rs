//! Limits that tighten: by command, as a market grows wild, and as a scope loses money. What is
//! scaled are quantities, values and exposure; a factor is never above one, and never known to be
//! one when it cannot be computed.

use super::memory::Memory;
use super::{LimitBook, share_of};
use crate::input::{LimitScope, Limits, Scaling};
use crate::market::Market;
use crate::valuation;
use model::{CurrencyId, InstrumentId, Money, Quantity, Rate, Timestamp};

const ONE: Rate = Rate::from_raw(Rate::SCALE);

/// The limits of one scope, with what they are multiplied by now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) scope: LimitScope,
    pub(crate) limits: &'a Limits,
    factor: Rate,
}

impl<'a> Bound<'a> {
    /// The limits of `scope`, if it has any, as they bind an order on `instrument`.
    pub(crate) fn of(scope: LimitScope, instrument: InstrumentId, at: &At<'a>) -> Option<Self> {
        let limits = at.limits.get(scope)?;
        let commanded = at.limits.factor(scope);
        let calm = by_volatility(&limits.scaling, instrument, at);
        let winning = by_drawdown(scope, limits, at);
        Some(Self {
            scope,
            limits,
            factor: commanded.min(calm).min(winning),
        })
    }

    /// A limit on a quantity, scaled.
    pub(crate) fn quantity(&self, limit: Quantity) -> Quantity {
        if self.factor == ONE || limit == Quantity::MAX {
            return limit;
        }
        let scaled = i128::from(limit.raw()) * i128::from(self.factor.raw());
        let scaled = u64::try_from(scaled / i128::from(Rate::SCALE));
        scaled.map_or(Quantity::ZERO, Quantity::from_raw)
    }

    /// A limit on money, scaled.
    pub(crate) fn money(&self, limit: Money) -> Money {
        if self.factor == ONE || limit == Money::MAX {
            return limit;
        }
        limit.times(self.factor).unwrap_or(Money::ZERO)
    }
}

/// What a factor follows from.
pub(crate) struct At<'a> {
    pub(crate) limits: &'a LimitBook,
    pub(crate) memory: &'a Memory,
    pub(crate) market: &'a Market,
    /// The currency in which a scope reckons.
    pub(crate) bases: Bases,
    pub(crate) now: Timestamp,
}

/// The currencies in which the scopes of an order reckon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bases {
    pub(crate) firm: Option<CurrencyId>,
    pub(crate) account: Option<CurrencyId>,
}

impl Bases {
    pub(crate) fn of(&self, scope: LimitScope) -> Option<CurrencyId> {
        match scope {
            LimitScope::Firm => self.firm,
            LimitScope::Account(_) | LimitScope::Strategy(_) => self.account,
            LimitScope::Instrument(_) => None,
        }
    }
}

/// Calm, nothing; twice as wild, half.
fn by_volatility(scaling: &Scaling, instrument: InstrumentId, at: &At<'_>) -> Rate {
    let window = scaling.volatility_window;
    if scaling.calm_volatility == Rate::MAX || window.nanos() == 0 {
        return ONE;
    }
    let moved = at.memory.ranges.moved(instrument, window, at.now);
    let Some(moved) = moved else {
        return Rate::ZERO;
    };
    let (calm, moved) = (scaling.calm_volatility.raw().max(0), moved.raw());
    if moved <= calm {
        return ONE;
    }
    let factor = i128::from(calm) * i128::from(Rate::SCALE) / i128::from(moved);
    i64::try_from(factor).map_or(Rate::ZERO, Rate::from_raw)
}

/// Nothing until `drawdown_from` of the largest drawdown, then in proportion to what is left of it.
fn by_drawdown(scope: LimitScope, limits: &Limits, at: &At<'_>) -> Rate {
    let from = limits.scaling.drawdown_from;
    if from >= ONE || limits.loss.max_drawdown == Money::MAX {
        return ONE;
    }
    let Some(drawdown) = drawdown(scope, at) else {
        return Rate::ZERO;
    };
    let used = share_of(drawdown, limits.loss.max_drawdown);
    if used <= from {
        return ONE;
    }
    let left = i128::from((Rate::SCALE - used.raw().min(Rate::SCALE)).max(0));
    let whole = i128::from(Rate::SCALE) - i128::from(from.raw());
    let factor = left * i128::from(Rate::SCALE) / whole;
    i64::try_from(factor).map_or(Rate::ZERO, Rate::from_raw)
}

fn drawdown(scope: LimitScope, at: &At<'_>) -> Option<Money> {
    let totals = at.memory.exposures.totals(scope)?;
    let gain = valuation::gain(totals, at.market, at.bases.of(scope)?).ok()?;
    let losses = at.memory.losses.get(scope)?;
    let measures = losses.measures(gain, at.now).ok()?;
    Some(measures.drawdown)
}
