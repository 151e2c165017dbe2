//! Resting limit orders of one book in the order in which the market reaches them.

use super::VenueOrder;
use model::{OrderId, Price, Quantity, Side};
use std::collections::BTreeMap;

/// An order on the book with what matching needs to remember.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resting {
    pub(crate) order: VenueOrder,
    /// Its limit price.
    pub(crate) price: Price,
    /// Displayed size that was there before us at our price, once that is known.
    pub(crate) queue_ahead: Option<Quantity>,
    /// What the book shows of it now; all that is left unless it is an iceberg.
    pub(crate) shown: Quantity,
}

/// A level and an arrival number: the order in which orders of one ladder are reached.
type Key = (i64, u64);

/// All resting orders of one book.
#[derive(Debug, Default)]
pub(crate) struct Ladders {
    buys: BTreeMap<Key, Resting>,
    sells: BTreeMap<Key, Resting>,
    keys: BTreeMap<OrderId, (Side, Key)>,
}

impl Ladders {
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Puts an order at the end of the line at its price.
    pub(crate) fn add(
        &mut self,
        order: VenueOrder,
        price: Price,
        queue_ahead: Option<Quantity>,
        arrival: u64,
    ) {
        let key = (level_key(order.side, price), arrival);
        let shown = order.slice();
        self.keys.insert(order.id, (order.side, key));
        let resting = Resting {
            order,
            price,
            queue_ahead,
            shown,
        };
        self.side_mut(order.side).insert(key, resting);
    }

    pub(crate) fn remove(&mut self, order: OrderId) -> Option<VenueOrder> {
        let (side, key) = self.keys.remove(&order)?;
        self.side_mut(side)
            .remove(&key)
            .map(|resting| resting.order)
    }

    pub(crate) fn get(&self, order: OrderId) -> Option<&Resting> {
        let (side, key) = self.keys.get(&order)?;
        self.side(*side).get(key)
    }

    pub(crate) fn get_mut(&mut self, order: OrderId) -> Option<&mut Resting> {
        let (side, key) = *self.keys.get(&order)?;
        self.side_mut(side).get_mut(&key)
    }

    /// Lets at most `size` stand before orders at `best`, the best price that others display, and
    /// nobody before those at a better one.
    pub(crate) fn shorten_queues(&mut self, side: Side, best: Price, size: Quantity) {
        let last = (level_key(side, best), u64::MAX);
        for resting in self
            .side_mut(side)
            .range_mut(..=last)
            .map(|(_, resting)| resting)
        {
            let most = if resting.price == best {
                size
            } else {
                Quantity::ZERO
            };
            resting.queue_ahead = Some(resting.queue_ahead.map_or(most, |ahead| ahead.min(most)));
        }
    }

    /// The order of a side that the market reaches first, with its arrival.
    pub(crate) fn first(&self, side: Side) -> Option<(&Resting, u64)> {
        let ((_, arrival), resting) = self.side(side).first_key_value()?;
        Some((resting, *arrival))
    }

    /// The next order of a side, if a market at `price` has reached it.
    pub(crate) fn reached(&self, side: Side, price: Price) -> Option<&Resting> {
        let ((key, _), resting) = self.side(side).first_key_value()?;
        (*key <= level_key(side, price)).then_some(resting)
    }

    /// Orders of a side from the first up to `price`, in the order of their turn.
    pub(crate) fn up_to(&self, side: Side, price: Price) -> Vec<OrderId> {
        let last = (level_key(side, price), u64::MAX);
        self.side(side)
            .range(..=last)
            .map(|(_, resting)| resting.order.id)
            .collect()
    }

    fn side(&self, side: Side) -> &BTreeMap<Key, Resting> {
        match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Key, Resting> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }
}

/// A falling market reaches the highest buy first, a rising one the lowest sell.
fn level_key(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.raw().saturating_neg(),
        Side::Sell => price.raw(),
    }
}
