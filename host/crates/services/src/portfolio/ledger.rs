//! Sums by currency, and how they are told in one.

use super::{Sums, Worth};
use crate::view::{InstrumentView, PositionView};
use model::{CurrencyId, InstrumentId, Money, NumberError, Price};
use quant::convert;
use std::collections::{BTreeMap, BTreeSet};

/// Marks of pairs; of several the first that was defined counts, as in the engine.
pub(super) struct Rates(BTreeMap<(CurrencyId, CurrencyId), Option<Price>>);

impl Rates {
    pub(super) fn new(instruments: &[InstrumentView]) -> Self {
        let mut pairs = BTreeMap::new();
        for view in instruments {
            if let Some(base) = view.instrument.class.base() {
                let pair = (base, view.instrument.quote_currency);
                pairs.entry(pair).or_insert_with(|| view.mark());
            }
        }
        Self(pairs)
    }

    /// Money in another currency, by a direct or an inverse pair.
    fn convert(&self, money: Money, from: CurrencyId, to: CurrencyId) -> Option<Money> {
        if from == to || money.is_zero() {
            return Some(money);
        }
        let rate = |pair: (CurrencyId, CurrencyId)| self.0.get(&pair).copied().flatten();
        if let Some(price) = rate((from, to)) {
            return money.converted(price).ok();
        }
        rate((to, from)).and_then(|price| money.converted_inverse(price).ok())
    }
}

/// What is summed, in one currency.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts {
    cash: Money,
    beyond: Money,
    gross: Money,
    net: Money,
    unrealized: Money,
    realized: Money,
    fees: Money,
}

impl Parts {
    /// Of a balance.
    pub(super) fn cash(total: Money) -> Self {
        Self {
            cash: total,
            ..Self::default()
        }
    }

    /// Of a position, and whether it could be valued.
    pub(super) fn of(
        position: &PositionView,
        view: &InstrumentView,
        is_cash: bool,
    ) -> (Self, bool) {
        let state = &position.state;
        let known = Self {
            realized: state.realized,
            fees: state.fees,
            ..Self::default()
        };
        let Some((value, unrealized)) = valued(position, view) else {
            return (known, false);
        };
        let beyond = match is_cash {
            // What was delivered is a balance already.
            true if view.instrument.class.delivered().is_some() => Money::ZERO,
            true => value,
            false => unrealized,
        };
        let Ok(gross) = value.magnitude() else {
            return (known, false);
        };
        let parts = Self {
            beyond,
            gross,
            net: value,
            unrealized,
            ..known
        };
        (parts, true)
    }

    fn plus(&self, other: &Self) -> Result<Self, NumberError> {
        Ok(Self {
            cash: self.cash.checked_add(other.cash)?,
            beyond: self.beyond.checked_add(other.beyond)?,
            gross: self.gross.checked_add(other.gross)?,
            net: self.net.checked_add(other.net)?,
            unrealized: self.unrealized.checked_add(other.unrealized)?,
            realized: self.realized.checked_add(other.realized)?,
            fees: self.fees.checked_add(other.fees)?,
        })
    }
}

/// What a position is worth at the mark, negative when short, and its open profit.
fn valued(position: &PositionView, view: &InstrumentView) -> Option<(Money, Money)> {
    let state = &position.state;
    let value = if state.quantity.is_zero() {
        Money::ZERO
    } else {
        let quantity = state.quantity.magnitude().ok()?;
        let value = view.mark()?.notional(quantity, view.instrument.multiplier);
        match state.quantity.is_short() {
            true => value.ok()?.negated().ok()?,
            false => value.ok()?,
        }
    };
    Some((value, value.checked_sub(state.open_cost).ok()?))
}

/// Sums by currency.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    parts: BTreeMap<CurrencyId, Parts>,
    unpriced: BTreeSet<InstrumentId>,
    /// Currencies whose sums are beyond the range of money.
    lost: BTreeSet<CurrencyId>,
}

impl Ledger {
    /// Adds what is of a currency, and what of it has no price.
    pub(super) fn add(
        &mut self,
        currency: CurrencyId,
        parts: &Parts,
        unpriced: Option<InstrumentId>,
    ) {
        let sum = self.parts.entry(currency).or_default();
        match sum.plus(parts) {
            Ok(more) => *sum = more,
            Err(_) => {
                self.lost.insert(currency);
            }
        }
        self.unpriced.extend(unpriced);
    }

    /// One of the parts of all currencies, in one of them; what has no rate is added to `unconverted`.
    fn told(
        &self,
        currency: CurrencyId,
        rates: &Rates,
        unconverted: &mut BTreeSet<CurrencyId>,
        part: impl Fn(&Parts) -> Money,
    ) -> Option<Money> {
        let mut sum = Some(Money::ZERO);
        for (from, parts) in &self.parts {
            let converted = rates
                .convert(part(parts), *from, currency)
                .filter(|_| !self.lost.contains(from));
            if converted.is_none() {
                unconverted.insert(*from);
            }
            sum = sum
                .zip(converted)
                .and_then(|(sum, more)| sum.checked_add(more).ok());
        }
        sum
    }

    /// What positions come to, in a currency.
    pub(super) fn sums(&self, currency: CurrencyId, rates: &Rates) -> Sums {
        let mut unconverted = BTreeSet::new();
        let mut told =
            |part: fn(&Parts) -> Money| self.told(currency, rates, &mut unconverted, part);
        let gross_exposure = told(|parts| parts.gross);
        let net_exposure = told(|parts| parts.net);
        let unrealized = told(|parts| parts.unrealized);
        let realized = told(|parts| parts.realized);
        let fees = told(|parts| parts.fees);
        let priced = |sum: Option<Money>| sum.filter(|_| self.unpriced.is_empty());
        Sums {
            currency,
            gross_exposure: priced(gross_exposure),
            net_exposure: priced(net_exposure),
            unrealized: priced(unrealized),
            realized,
            fees,
            unpriced: self.unpriced.clone(),
            unconverted,
        }
    }

    /// What accounts are worth, in a currency.
    pub(super) fn worth(&self, currency: CurrencyId, rates: &Rates) -> Worth {
        let mut sums = self.sums(currency, rates);
        let unconverted = &mut sums.unconverted;
        let cash = self.told(currency, rates, unconverted, |parts| parts.cash);
        let beyond = self.told(currency, rates, unconverted, |parts| parts.beyond);
        let positions_value = beyond.filter(|_| self.unpriced.is_empty());
        let net_worth = cash
            .zip(positions_value)
            .and_then(|(cash, more)| cash.checked_add(more).ok());
        let leverage = sums
            .gross_exposure
            .zip(net_worth.filter(|worth| *worth > Money::ZERO))
            .map(|(gross, worth)| convert::money(gross) / convert::money(worth));
        Worth {
            cash,
            positions_value,
            net_worth,
            leverage,
            sums,
        }
    }
}
