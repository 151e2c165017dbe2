//! What the firm, each account and each strategy hold and have on order, as running totals: updated
//! when a holding changes or a price moves, read at the gate. Judging an order sums over currencies,
//! never over orders, holdings or instruments.
//!
//! Only what some limit asks for is reckoned, and only scopes that hold an instrument, or have
//! orders on it, hear of its prices.

mod amounts;
mod late_marks;
mod totals;

use crate::journal::codec::fields;
pub(crate) use amounts::{Amounts, Needs, Values, Worth};
use late_marks::LateMarks;
pub(crate) use totals::Totals;

use crate::holdings::Holding;
use crate::input::LimitScope;
use crate::market::{Market, MarketState};
use crate::scopes::ByScope;
use model::{AccountId, AccountKind, AssetClass, InstrumentId, Money, NumberError, StrategyId};
use std::collections::BTreeMap;

/// Whose holding it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) strategy: StrategyId,
    pub(crate) account: AccountId,
    pub(crate) kind: AccountKind,
}

impl Owner {
    fn scopes(&self) -> [LimitScope; 3] {
        [
            LimitScope::Firm,
            LimitScope::Account(self.account),
            LimitScope::Strategy(self.strategy),
        ]
    }

    /// What a position adds to the balances of a scope.
    fn worth(&self, scope: LimitScope, class: &AssetClass) -> Worth {
        match (scope, self.kind) {
            (LimitScope::Account(_), AccountKind::Margin { .. }) => Worth::Gain,
            (LimitScope::Account(_), AccountKind::Cash) if class.delivered().is_none() => {
                Worth::Value
            }
            _ => Worth::Nothing,
        }
    }
}

/// One scope's share of one instrument.
#[derive(Debug, Clone, PartialEq)]
struct Slot {
    scope: LimitScope,
    worth: Worth,
    amounts: Amounts,
    /// What it adds to the totals now; `None` when that is not known.
    values: Option<Values>,
}

/// The totals, and what they are made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Exposures {
    /// By instrument, in the order of scopes; flat ones leave.
    slots: Vec<Vec<Slot>>,
    /// By strategy: what was counted of each holding.
    counted: Vec<BTreeMap<InstrumentId, Amounts>>,
    totals: ByScope<Totals>,
    /// Whether anybody asks for what is on order; what nobody asks for is not counted.
    with_orders: bool,
    late: LateMarks,
}

impl Exposures {
    /// Empty totals of scopes that need some.
    pub(crate) fn new(needs: impl Iterator<Item = (LimitScope, Needs)>) -> Self {
        let mut exposures = Self::default();
        for (scope, needs) in needs {
            exposures.with_orders |= needs.exposure;
            *exposures.totals.entry(scope) = Totals::new(needs);
        }
        exposures
    }

    /// Whether these are the needs that are served.
    pub(crate) fn serve(&self, needs: impl Iterator<Item = (LimitScope, Needs)>) -> bool {
        let served = |scope| self.totals(scope).map_or(Needs::default(), |own| own.needs);
        needs
            .into_iter()
            .all(|(scope, needs)| served(scope) == needs)
    }

    pub(crate) fn scopes(&self) -> impl Iterator<Item = (LimitScope, &Totals)> {
        self.totals.iter()
    }

    pub(crate) fn totals(&self, scope: LimitScope) -> Option<&Totals> {
        self.totals.get(scope)
    }

    /// Counts a holding as it is now.
    pub(crate) fn recount(
        &mut self,
        owner: &Owner,
        instrument: InstrumentId,
        holding: &Holding,
        state: &MarketState,
    ) {
        if !self.with_orders && self.holds(owner.strategy, instrument, holding) {
            return;
        }
        let before = self.counted(owner.strategy, instrument);
        let now = match self.with_orders {
            true => Amounts::of(holding),
            false => Amounts::held(holding),
        };
        if now == Ok(before) {
            return;
        }
        let change = now.and_then(|now| Ok((now, now.minus(&before)?)));
        let Ok((now, change)) = change else {
            return self.break_off(owner);
        };
        let counted = owner.strategy.index();
        if self.counted.len() <= counted {
            self.counted.resize_with(counted + 1, BTreeMap::new);
        }
        self.counted[counted].insert(instrument, now);
        for scope in owner.scopes() {
            self.shift(owner, scope, instrument, &change, state);
        }
    }

    fn shift(
        &mut self,
        owner: &Owner,
        scope: LimitScope,
        instrument: InstrumentId,
        change: &Amounts,
        state: &MarketState,
    ) {
        let totals = self.totals.entry(scope);
        let needs = totals.needs;
        if !needs.any() {
            return;
        }
        totals.earn(state.instrument.quote_currency, change.earned);
        if self.slots.len() <= instrument.index() {
            self.slots.resize_with(instrument.index() + 1, Vec::new);
        }
        let slots = &mut self.slots[instrument.index()];
        let place = slots.binary_search_by_key(&scope, |slot| slot.scope);
        let place = place.unwrap_or_else(|place| {
            slots.insert(place, empty(owner, scope, state));
            place
        });
        let slot = &mut slots[place];
        let Ok(amounts) = slot.amounts.plus(change) else {
            slots.remove(place);
            return totals.break_off();
        };
        slot.amounts = amounts;
        revalue(slot, totals, state);
        if slot.amounts.is_flat(needs) {
            slots.remove(place);
        }
    }

    /// Follows the mark of an instrument.
    pub(crate) fn remark(&mut self, instrument: InstrumentId, state: &MarketState) {
        let Some(slots) = self.slots.get_mut(instrument.index()) else {
            return;
        };
        for slot in slots {
            revalue(slot, self.totals.entry(slot.scope), state);
        }
    }

    /// Leaves the mark of an instrument for later, if nobody watches what depends on it and not too
    /// many are late already.
    pub(crate) fn put_off(&mut self, instrument: InstrumentId) -> bool {
        if self.is_late(instrument) {
            return true;
        }
        let slots = self.slots.get(instrument.index()).into_iter().flatten();
        let totals = slots.map(|slot| self.totals.get(slot.scope));
        let watched = totals.flatten().any(|totals| totals.needs.at_once);
        !watched && self.late.note(instrument)
    }

    /// Whether the mark of an instrument was left for later.
    pub(crate) fn is_late(&self, instrument: InstrumentId) -> bool {
        self.late.has(instrument)
    }

    /// Takes in the marks that were left for later.
    pub(crate) fn take_in(&mut self, market: &Market) {
        while let Some(instrument) = self.late.pop() {
            if let Some(state) = market.get(instrument) {
                self.remark(instrument, state);
            }
        }
    }

    /// Whether no mark is late.
    pub(crate) fn are_current(&self) -> bool {
        self.late.is_empty()
    }

    /// Whether anybody's totals depend on the price of an instrument.
    pub(crate) fn depend_on(&self, instrument: InstrumentId) -> bool {
        self.slots
            .get(instrument.index())
            .is_some_and(|slots| !slots.is_empty())
    }

    /// The place in line of scopes whose totals depend on an instrument.
    pub(crate) fn scope_at(&self, instrument: InstrumentId, place: usize) -> Option<LimitScope> {
        let slot = self.slots.get(instrument.index())?.get(place)?;
        Some(slot.scope)
    }

    fn slot(&self, scope: LimitScope, instrument: InstrumentId) -> Option<&Slot> {
        let slots = self.slots.get(instrument.index())?;
        let place = slots.binary_search_by_key(&scope, |slot| slot.scope).ok()?;
        slots.get(place)
    }

    fn counted(&self, strategy: StrategyId, instrument: InstrumentId) -> Amounts {
        let counted = self.counted.get(strategy.index());
        let counted = counted.and_then(|counted| counted.get(&instrument));
        counted.copied().unwrap_or_default()
    }

    /// Whether this is what was counted of a position. What is on order is not looked at, which mostly
    /// is all that changed.
    fn holds(&self, strategy: StrategyId, instrument: InstrumentId, holding: &Holding) -> bool {
        let counted = self.counted.get(strategy.index());
        let counted = counted.and_then(|counted| counted.get(&instrument));
        counted.is_some_and(|counted| counted.are_of(&holding.position))
    }

    /// Nothing that cannot be counted may be taken for nothing.
    fn break_off(&mut self, owner: &Owner) {
        for scope in owner.scopes() {
            self.totals.entry(scope).break_off();
        }
    }

    /// What a changed holding would add to exposure at the mark, in the instrument's quote currency.
    /// The same for every scope it belongs to, and added to a sum the same as the sum of what would
    /// be, but for the last unit.
    pub(crate) fn added(
        &self,
        strategy: StrategyId,
        instrument: InstrumentId,
        holding: &Holding,
        state: &MarketState,
    ) -> Result<Values, NumberError> {
        let change = Amounts::of(holding)?.minus(&self.counted(strategy, instrument))?;
        change.exposure(state)
    }

    /// Gross exposure of a scope in one instrument; `None` when it is not known.
    pub(crate) fn gross_in(&self, scope: LimitScope, instrument: InstrumentId) -> Option<Money> {
        match self.slot(scope, instrument) {
            Some(slot) => slot.values.map(|values| values.gross),
            None => Some(Money::ZERO),
        }
    }
}

fn empty(owner: &Owner, scope: LimitScope, state: &MarketState) -> Slot {
    Slot {
        scope,
        worth: owner.worth(scope, &state.instrument.class),
        amounts: Amounts::default(),
        values: Some(Values::default()),
    }
}

fn revalue(slot: &mut Slot, totals: &mut Totals, state: &MarketState) {
    let after = if slot.amounts.is_flat(totals.needs) {
        Some(Values::default())
    } else {
        let values = slot.amounts.values(state, totals.needs, slot.worth);
        values.ok()
    };
    let sector = state.sector;
    let currency = state.instrument.quote_currency;
    totals.replace(currency, sector, &slot.values, &after);
    slot.values = after;
}

fields! {
    Slot { scope, worth, amounts, values }
    Exposures { slots, counted, totals, with_orders, late }
}
