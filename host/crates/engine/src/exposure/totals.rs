//! The sums of one scope, by currency, and for accounts also by sector.

use super::amounts::{Needs, Values};
use crate::journal::codec::fields;
use crate::market::Market;
use model::{CurrencyId, Money, NumberError};
use std::collections::BTreeMap;

/// A sector's place in the order of first use.
type Sector = u32;

/// Running totals. Values go in and come out as they are, so nothing drifts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Totals {
    pub(crate) needs: Needs,
    currencies: Vec<(CurrencyId, Values)>,
    sectors: BTreeMap<(Sector, CurrencyId), Money>,
    /// Instruments of which the worth is not known: no mark, or too large.
    unknown: u32,
    /// A sum overflowed; nothing is known until all is counted anew.
    broken: bool,
}

impl Totals {
    pub(crate) fn new(needs: Needs) -> Self {
        Self {
            needs,
            ..Self::default()
        }
    }

    /// Whether every part of the sums is known.
    pub(crate) fn are_known(&self) -> bool {
        self.unknown == 0 && !self.broken
    }

    pub(crate) fn currencies(&self) -> impl Iterator<Item = (CurrencyId, &Values)> {
        self.currencies
            .iter()
            .map(|(currency, sum)| (*currency, sum))
    }

    /// Exposure in all, in `base`; `Ok(None)` when part of it is not known.
    pub(crate) fn sum(
        &self,
        market: &Market,
        base: CurrencyId,
    ) -> Result<Option<Values>, NumberError> {
        if !self.are_known() {
            return Ok(None);
        }
        let mut sum = Values::default();
        for (currency, values) in self.currencies() {
            match values.converted(market, currency, base)? {
                Some(values) => sum = sum.plus(&values)?,
                None => return Ok(None),
            }
        }
        Ok(Some(sum))
    }

    /// Whether both say the same, a sum of nothing being as good as none.
    pub(crate) fn agree_with(&self, other: &Self) -> bool {
        let currencies = self.currencies().chain(other.currencies());
        let mut sectors = self.sectors.keys().chain(other.sectors.keys());
        let sector = |sums: &Self, key| sums.sectors.get(key).copied().unwrap_or_default();
        (self.needs, self.unknown) == (other.needs, other.unknown)
            && currencies
                .into_iter()
                .all(|(id, _)| self.of(id) == other.of(id))
            && sectors.all(|key| sector(self, key) == sector(other, key))
    }

    /// Whether a sum overflowed.
    pub(crate) fn are_broken(&self) -> bool {
        self.broken
    }

    /// Gross exposure in a sector, by currency.
    pub(crate) fn sector(&self, sector: Sector) -> impl Iterator<Item = (CurrencyId, Money)> {
        let from = (sector, CurrencyId::new(0));
        let to = (sector, CurrencyId::new(u32::MAX));
        let sums = self.sectors.range(from..=to);
        sums.map(|((_, currency), sum)| (*currency, *sum))
    }

    /// Replaces what one instrument adds.
    pub(super) fn replace(
        &mut self,
        currency: CurrencyId,
        sector: Option<Sector>,
        before: &Option<Values>,
        after: &Option<Values>,
    ) {
        self.unknown = self.unknown.saturating_sub(u32::from(before.is_none()));
        self.unknown += u32::from(after.is_none());
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        if before == after {
            return;
        }
        let sum = self.of(currency);
        let replaced = sum.minus(&before).and_then(|sum| sum.plus(&after));
        self.set(currency, replaced);
        if let Some(sector) = sector.filter(|_| self.needs.exposure) {
            let sum = self.sectors.entry((sector, currency)).or_default();
            let rest = sum.checked_sub(before.gross);
            match rest.and_then(|rest| rest.checked_add(after.gross)) {
                Ok(replaced) => *sum = replaced,
                Err(_) => self.broken = true,
            }
        }
    }

    /// Adds what was realised; no price changes it any more.
    pub(super) fn earn(&mut self, currency: CurrencyId, earned: Money) {
        if !self.needs.gain || earned.is_zero() {
            return;
        }
        let earned = Values {
            gain: earned,
            ..Values::default()
        };
        let sum = self.of(currency).plus(&earned);
        self.set(currency, sum);
    }

    pub(super) fn break_off(&mut self) {
        self.broken = true;
    }

    pub(crate) fn of(&self, currency: CurrencyId) -> Values {
        let found = self.currencies.iter().find(|(of, _)| *of == currency);
        found.map(|(_, sum)| *sum).unwrap_or_default()
    }

    fn set(&mut self, currency: CurrencyId, sum: Result<Values, NumberError>) {
        let Ok(sum) = sum else {
            self.broken = true;
            return;
        };
        match self.currencies.iter_mut().find(|(of, _)| *of == currency) {
            Some((_, place)) => *place = sum,
            None => self.currencies.push((currency, sum)),
        }
    }
}

fields! {
    Totals { needs, currencies, sectors, unknown, broken }
}
