//! Resting limit orders of one book in the order in which the market reaches them.

use super::VenueOrder;
use super::depth::Departure;
use crate::journal::codec::fields;
use model::{OrderId, Price, Quantity, Side, Timestamp};
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
    /// When the line before it was last seen shorter, and how long it was before that: a trade of the
    /// same time is the reason, not one more.
    before: Option<(Timestamp, Quantity)>,
    /// How much of what stood before it the orders of a book still show; trades are told twice, here
    /// and as trades.
    line: Quantity,
}

impl Resting {
    /// How long the line was for a trade at `ts_event`.
    pub(crate) fn ahead_of_trade(&self, ts_event: Timestamp) -> Option<Quantity> {
        match self.before {
            Some((at, before)) if at == ts_event => Some(before),
            _ => self.queue_ahead,
        }
    }

    /// A trade left so much of the line.
    pub(crate) fn trade_left(&mut self, rest: Quantity, ts_event: Timestamp) {
        if let Some((at, before)) = &mut self.before
            && *at == ts_event
        {
            *before = rest;
        }
        self.queue_ahead = Some(self.queue_ahead.map_or(rest, |ahead| ahead.min(rest)));
    }

    /// Others show at most so much where it stands.
    fn bound(&mut self, most: Quantity, ts_event: Timestamp) {
        let ahead = self.queue_ahead.unwrap_or(most);
        if ahead > most && self.before.is_none_or(|(at, _)| at != ts_event) {
            self.before = Some((ts_event, ahead));
        }
        self.queue_ahead = Some(ahead.min(most));
    }
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
            before: None,
            line: queue_ahead.unwrap_or_default(),
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
    pub(crate) fn bound_queues_to(
        &mut self,
        side: Side,
        best: Price,
        size: Quantity,
        ts_event: Timestamp,
    ) {
        let last = (level_key(side, best), u64::MAX);
        for (_, resting) in self.side_mut(side).range_mut(..=last) {
            let most = if resting.price == best {
                size
            } else {
                Quantity::ZERO
            };
            resting.bound(most, ts_event);
        }
    }

    /// Lets at most `size` stand before orders at a price.
    pub(crate) fn bound_queue(
        &mut self,
        side: Side,
        price: Price,
        size: Quantity,
        ts_event: Timestamp,
    ) {
        let key = level_key(side, price);
        let line = self.side_mut(side).range_mut((key, 0)..=(key, u64::MAX));
        line.for_each(|(_, resting)| resting.bound(size, ts_event));
    }

    /// The same for every order, by what is shown at its price.
    pub(crate) fn bound_queues(
        &mut self,
        shown: impl Fn(Side, Price) -> Quantity,
        ts_event: Timestamp,
    ) {
        let all = self.buys.values_mut().chain(self.sells.values_mut());
        for resting in all {
            let most = shown(resting.order.side, resting.price);
            if resting.queue_ahead.is_none() {
                resting.line = most;
            }
            resting.bound(most, ts_event);
        }
    }

    /// Something left the line before every order that arrived after it.
    pub(crate) fn shorten_behind(&mut self, left: &Departure, ts_event: Timestamp) {
        let key = level_key(left.side, left.price);
        let behind = (key, left.arrival)..=(key, u64::MAX);
        for (_, resting) in self.side_mut(left.side).range_mut(behind) {
            resting.line = resting.line.saturating_sub(left.size);
            resting.bound(resting.line, ts_event);
        }
    }

    /// The next order of a side that a market at `price` has reached, but for some, with its arrival.
    pub(crate) fn next_reached(
        &self,
        side: Side,
        price: Price,
        but: &[OrderId],
    ) -> Option<(&Resting, u64)> {
        let last = (level_key(side, price), u64::MAX);
        let mut reached = self.side(side).range(..=last);
        let next = reached.find(|(_, resting)| !but.contains(&resting.order.id));
        next.map(|((_, arrival), resting)| (resting, *arrival))
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

fields! {
    Resting { order, price, queue_ahead, shown, before, line }
    Ladders { buys, sells, keys }
}
