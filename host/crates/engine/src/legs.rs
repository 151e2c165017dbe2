//! The several positions that a strategy of a hedging account holds in one instrument at once, as a
//! ledger of their own: each with its cost, its profit and its fees. What they come to in all is the
//! strategy's [`crate::holdings::Holding`], by which exposure and limits are reckoned.
//!
//! A position has a side, that of the order that opened it. It stays here while it is open or an open
//! order names it, then it leaves; what it earned stays in the sum.

use crate::journal::codec::fields;
use model::{
    Fill, HedgeMargin, InstrumentId, Money, NumberError, PositionId, PositionState, Side,
    StrategyId,
};
use std::collections::BTreeMap;

/// The most positions of one strategy in one instrument, those that open orders may open included.
pub const MAX_LEGS: usize = 1_024;

/// Whose, and on what.
type Place = (StrategyId, InstrumentId);

/// One of several positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// The side that opens it and adds to it; the other closes.
    pub side: Side,
    /// What is held, what it cost and what it earned.
    pub state: PositionState,
    /// Open orders that name it, the one that opens it included.
    pub orders: u32,
}

impl Leg {
    fn new(side: Side) -> Self {
        Self {
            side,
            state: PositionState::default(),
            orders: 0,
        }
    }

    /// Whether orders of a side close it.
    pub fn is_closed_by(&self, side: Side) -> bool {
        side != self.side
    }

    /// Whether nothing is held and nothing can come of it any more.
    fn is_over(&self) -> bool {
        self.orders == 0 && self.state.quantity.is_zero()
    }

    fn is_on_its_side(&self) -> bool {
        match self.side {
            Side::Buy => !self.state.quantity.is_short(),
            Side::Sell => !self.state.quantity.is_long(),
        }
    }
}

/// All of one strategy in one instrument.
#[derive(Debug, Clone, Default)]
struct Hedged {
    legs: BTreeMap<PositionId, Leg>,
    sides: Sides,
    /// What those earned that are over.
    over: PositionState,
}

/// What the longs hold and what the shorts hold, for margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sides {
    longs: PositionState,
    shorts: PositionState,
}

impl Sides {
    fn of(&mut self, side: Side) -> &mut PositionState {
        match side {
            Side::Buy => &mut self.longs,
            Side::Sell => &mut self.shorts,
        }
    }

    /// The cost for which margin is asked.
    pub(crate) fn margined(&self, of: HedgeMargin) -> Result<Money, NumberError> {
        let (longs, shorts) = (&self.longs, &self.shorts);
        match of {
            HedgeMargin::Gross => longs.open_cost.checked_sub(shorts.open_cost),
            HedgeMargin::Net => {
                let left = longs.quantity.checked_add(shorts.quantity)?;
                let larger = if left.is_short() { shorts } else { longs };
                if left.is_zero() {
                    return Ok(Money::ZERO);
                }
                let share = (left.raw(), larger.quantity.raw());
                larger.open_cost.prorated(share.0, share.1)
            }
        }
    }
}

/// What a fill makes of a position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filled {
    /// The position after it.
    pub(crate) leg: Leg,
    /// What it changed.
    pub(crate) change: PositionState,
    /// Longs and shorts after it.
    pub(crate) sides: Sides,
}

/// The positions of all strategies that trade hedging accounts.
#[derive(Debug, Default)]
pub struct Legs {
    places: BTreeMap<Place, Hedged>,
}

impl Legs {
    /// One position: open, or named by an open order.
    pub fn get(
        &self,
        strategy: StrategyId,
        instrument: InstrumentId,
        position: PositionId,
    ) -> Option<&Leg> {
        let hedged = self.places.get(&(strategy, instrument))?;
        hedged.legs.get(&position)
    }

    /// How many a strategy has in an instrument, those that open orders may open included.
    pub fn count(&self, strategy: StrategyId, instrument: InstrumentId) -> usize {
        let hedged = self.places.get(&(strategy, instrument));
        hedged.map_or(0, |hedged| hedged.legs.len())
    }

    /// All positions, by strategy, by instrument, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (StrategyId, InstrumentId, PositionId, &Leg)> {
        self.places
            .iter()
            .flat_map(|((strategy, instrument), hedged)| {
                let legs = hedged.legs.iter();
                legs.map(|(position, leg)| (*strategy, *instrument, *position, leg))
            })
    }

    /// Open positions of one strategy.
    pub fn of(
        &self,
        strategy: StrategyId,
    ) -> impl Iterator<Item = (InstrumentId, PositionId, &Leg)> {
        let own = self.iter().filter(move |(owner, ..)| *owner == strategy);
        let open = own.filter(|(.., leg)| !leg.state.quantity.is_zero());
        open.map(|(_, instrument, position, leg)| (instrument, position, leg))
    }

    /// What all positions of a strategy in an instrument come to, those that are over included,
    /// counted anew; `None` where there never was any.
    pub(crate) fn counted_anew(
        &self,
        strategy: StrategyId,
        instrument: InstrumentId,
    ) -> Option<Result<PositionState, NumberError>> {
        let hedged = self.places.get(&(strategy, instrument))?;
        let mut legs = hedged.legs.values();
        Some(legs.try_fold(hedged.over, |sum, leg| sum.plus(&leg.state)))
    }

    /// An open order names a position; the first one opens it.
    pub(crate) fn join(&mut self, place: Place, position: PositionId, side: Side) {
        let legs = &mut self.places.entry(place).or_default().legs;
        let leg = legs.entry(position).or_insert_with(|| Leg::new(side));
        leg.orders += 1;
    }

    /// An order that named a position is closed.
    pub(crate) fn leave(&mut self, place: Place, position: PositionId) {
        let Some(hedged) = self.places.get_mut(&place) else {
            return;
        };
        let Some(leg) = hedged.legs.get_mut(&position) else {
            return;
        };
        leg.orders = leg.orders.saturating_sub(1);
        let leg = *leg;
        if leg.is_over() {
            // The sum of all was counted before, so this part of it fits.
            hedged.over = hedged.over.plus(&leg.state).unwrap_or(hedged.over);
            hedged.legs.remove(&position);
        }
    }

    /// What a fill worth `value` makes of the position it belongs to; `None` where the account nets.
    /// A fill beyond a position's end cannot be counted.
    pub(crate) fn after(&self, fill: &Fill, value: Money) -> Result<Option<Filled>, NumberError> {
        let Some(position) = fill.position else {
            return Ok(None);
        };
        let hedged = self.places.get(&(fill.strategy, fill.instrument));
        let hedged = hedged.ok_or(NumberError::Overflow)?;
        let mut leg = *hedged.legs.get(&position).ok_or(NumberError::Overflow)?;
        let before = leg.state;
        leg.state.apply(fill.side, fill.quantity, value, fill.fee)?;
        if !leg.is_on_its_side() {
            return Err(NumberError::Overflow);
        }
        let change = leg.state.minus(&before)?;
        let mut sides = hedged.sides;
        let sum = sides.of(leg.side);
        *sum = sum.plus(&change)?;
        Ok(Some(Filled { leg, change, sides }))
    }

    /// What longs and shorts of a place come to; `None` where there never was any.
    pub(crate) fn sides(&self, place: Place) -> Option<Sides> {
        self.places.get(&place).map(|hedged| hedged.sides)
    }

    /// Brings the sum in line with what was paid for positions, which belongs to none of them.
    pub(crate) fn pay(&mut self, place: Place, sum: &PositionState) {
        let counted = self.counted_anew(place.0, place.1);
        if let Some(Ok(counted)) = counted
            && let Ok(paid) = sum.minus(&counted)
            && let Some(hedged) = self.places.get_mut(&place)
        {
            hedged.over = hedged.over.plus(&paid).unwrap_or(hedged.over);
        }
    }

    /// Takes over what [`Legs::after`] made of a fill.
    pub(crate) fn put(&mut self, fill: &Fill, filled: &Filled) {
        if let Some(position) = fill.position
            && let Some(hedged) = self.places.get_mut(&(fill.strategy, fill.instrument))
        {
            hedged.legs.insert(position, filled.leg);
            hedged.sides = filled.sides;
        }
    }
}

fields! {
    Leg { side, state, orders }
    Hedged { legs, sides, over }
    Sides { longs, shorts }
    Legs { places }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Quantity, SignedQuantity};

    fn held(side: Side, quantity: i64, cost: &str) -> PositionState {
        PositionState {
            quantity: side.signed(Quantity::whole(quantity).unwrap()),
            open_cost: cost.parse().unwrap(),
            ..PositionState::default()
        }
    }

    #[test]
    fn margin_is_asked_for_both_sides_or_for_what_is_left_of_the_larger() {
        let money = |text: &str| -> Money { text.parse().unwrap() };
        let sides = |longs, shorts| Sides { longs, shorts };
        let more_long = sides(held(Side::Buy, 10, "1000"), held(Side::Sell, 4, "-440"));
        assert_eq!(more_long.margined(HedgeMargin::Gross), Ok(money("1440")));
        assert_eq!(more_long.margined(HedgeMargin::Net), Ok(money("600")));
        let more_short = sides(held(Side::Buy, 1, "100"), held(Side::Sell, 4, "-440"));
        assert_eq!(more_short.margined(HedgeMargin::Net), Ok(money("-330")));
        let level = sides(held(Side::Buy, 4, "400"), held(Side::Sell, 4, "-440"));
        assert_eq!(level.margined(HedgeMargin::Net), Ok(Money::ZERO));
        assert_eq!(level.margined(HedgeMargin::Gross), Ok(money("840")));
    }

    #[test]
    fn a_position_leaves_when_it_is_flat_and_no_order_names_it() {
        let mut legs = Legs::default();
        let place = (StrategyId::new(0), InstrumentId::new(0));
        let position = PositionId::default();
        legs.join(place, position, Side::Buy);
        legs.join(place, position, Side::Sell);
        legs.leave(place, position);
        let leg = legs.get(place.0, place.1, position).copied().unwrap();
        assert_eq!((leg.side, leg.orders), (Side::Buy, 1));
        assert!(leg.is_closed_by(Side::Sell) && !leg.is_closed_by(Side::Buy));
        legs.leave(place, position);
        assert_eq!(legs.count(place.0, place.1), 0);
        let sum = legs.counted_anew(place.0, place.1);
        assert_eq!(sum, Some(Ok(PositionState::default())));
        assert_eq!(legs.iter().count(), 0);
        assert_eq!(SignedQuantity::ZERO, PositionState::default().quantity);
    }
}
