//! Resting orders of one book in the order in which the market reaches them.

use super::VenueOrder;
use model::{OrderId, OrderKind, Price, Quantity, Side};
use std::collections::BTreeMap;

/// An order on the book with what matching needs to remember.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resting {
    pub(crate) order: VenueOrder,
    /// Displayed size that was there before us at our price, once that is known.
    pub(crate) queue_ahead: Option<Quantity>,
}

/// Which orders a ladder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LadderKind {
    BuyLimit,
    SellLimit,
    BuyStop,
    SellStop,
}

impl LadderKind {
    /// The ladder and level of an order; market orders rest nowhere.
    pub(crate) fn of(order: &VenueOrder) -> Option<(Self, Price)> {
        match (order.kind, order.side) {
            (OrderKind::Limit { price }, Side::Buy) => Some((Self::BuyLimit, price)),
            (OrderKind::Limit { price }, Side::Sell) => Some((Self::SellLimit, price)),
            (OrderKind::StopMarket { trigger }, Side::Buy) => Some((Self::BuyStop, trigger)),
            (OrderKind::StopMarket { trigger }, Side::Sell) => Some((Self::SellStop, trigger)),
            (OrderKind::Market, _) => None,
        }
    }

    /// Whether a rising market reaches the levels of this ladder.
    pub(crate) const fn reached_by_rise(self) -> bool {
        matches!(self, Self::SellLimit | Self::BuyStop)
    }
}

/// A level and an arrival number: the order in which orders of one ladder are reached.
pub(crate) type Key = (i64, u64);

/// All resting orders of one book.
#[derive(Debug, Default)]
pub(crate) struct Ladders {
    ladders: [BTreeMap<Key, Resting>; 4],
    keys: BTreeMap<OrderId, (LadderKind, Key)>,
    arrivals: u64,
}

impl Ladders {
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn add(&mut self, order: VenueOrder, queue_ahead: Option<Quantity>) {
        let Some((kind, price)) = LadderKind::of(&order) else {
            return;
        };
        let key = (level_key(kind, price), self.arrivals);
        self.arrivals += 1;
        self.keys.insert(order.id, (kind, key));
        self.ladders[kind as usize].insert(key, Resting { order, queue_ahead });
    }

    pub(crate) fn remove(&mut self, order: OrderId) -> Option<VenueOrder> {
        let (kind, key) = self.keys.remove(&order)?;
        self.ladders[kind as usize]
            .remove(&key)
            .map(|resting| resting.order)
    }

    pub(crate) fn get(&self, order: OrderId) -> Option<&Resting> {
        let (kind, key) = self.keys.get(&order)?;
        self.ladders[*kind as usize].get(key)
    }

    pub(crate) fn get_mut(&mut self, order: OrderId) -> Option<&mut Resting> {
        let (kind, key) = self.keys.get(&order)?;
        self.ladders[*kind as usize].get_mut(key)
    }

    /// The order of a ladder that the market reaches first, with its level and arrival.
    pub(crate) fn first(&self, kind: LadderKind) -> Option<(Price, u64, OrderId)> {
        let ((_, arrival), resting) = self.ladders[kind as usize].first_key_value()?;
        LadderKind::of(&resting.order).map(|(_, price)| (price, *arrival, resting.order.id))
    }

    /// Orders of a limit ladder from the first up to `price`, in the order of their turn.
    pub(crate) fn up_to(&self, kind: LadderKind, price: Price) -> Vec<OrderId> {
        let last = (level_key(kind, price), u64::MAX);
        self.ladders[kind as usize]
            .range(..=last)
            .map(|(_, resting)| resting.order.id)
            .collect()
    }
}

fn level_key(kind: LadderKind, price: Price) -> i64 {
    if kind.reached_by_rise() {
        price.raw()
    } else {
        price.raw().saturating_neg()
    }
}
