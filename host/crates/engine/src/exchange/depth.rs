//! An order book by price, and by order where the venue gives that: what is shown at each level, and
//! what our own orders have taken of it since it last changed.
//!
//! The venue's book knows nothing of our simulated orders. What they take of a level stays taken until
//! the venue shows that level anew.

use super::book::is_within;
use crate::journal::codec::fields;
use model::{
    BookOrder, BookRefusal, MOST_BOOK_LEVELS, MOST_BOOK_ORDERS, Price, PriceLevel, Quantity, Side,
};
use std::collections::BTreeMap;

/// One level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) price: Price,
    pub(crate) size: Quantity,
    /// What is left for our orders.
    pub(crate) left: Quantity,
}

/// The best level of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Top {
    pub(crate) bid: Shown,
    pub(crate) ask: Shown,
}

#[derive(Debug, Clone, Copy, Default)]
struct Level {
    size: Quantity,
    taken: Quantity,
}

/// An order of somebody else, with its place in time.
#[derive(Debug, Clone, Copy)]
struct Quoted {
    side: Side,
    price: Price,
    size: Quantity,
    arrival: u64,
}

/// Quantity that left a line at a price: from before all orders of ours that arrived after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Departure {
    pub(crate) side: Side,
    pub(crate) price: Price,
    pub(crate) size: Quantity,
    pub(crate) arrival: u64,
}

/// A book with depth.
#[derive(Debug, Default)]
pub(crate) struct Depth {
    /// By price, negated so that the best comes first.
    bids: BTreeMap<i64, Level>,
    asks: BTreeMap<i64, Level>,
    orders: BTreeMap<u64, Quoted>,
    /// Whether it is known order by order.
    pub(crate) by_orders: bool,
    /// The venue's number of the last change; `None` while the book is unknown.
    pub(crate) applied: Option<u64>,
}

impl Depth {
    pub(crate) fn is_known(&self) -> bool {
        self.applied.is_some()
    }

    /// Forgets everything, until the next snapshot.
    pub(crate) fn lose(&mut self) {
        *self = Self::default();
    }

    /// Sets what a level shows.
    pub(crate) fn set_level(
        &mut self,
        side: Side,
        price: Price,
        size: Quantity,
    ) -> Result<(), BookRefusal> {
        if price <= Price::ZERO {
            return Err(BookRefusal::BadLevel);
        }
        let levels = self.side_mut(side);
        if size.is_zero() {
            levels.remove(&key(side, price));
            return Ok(());
        }
        let taken = Quantity::ZERO;
        levels.insert(key(side, price), Level { size, taken });
        if levels.len() > MOST_BOOK_LEVELS {
            return Err(BookRefusal::TooLarge);
        }
        Ok(())
    }

    /// Sets what is left of an order of somebody else; `arrival` is its place if it goes to the end
    /// of a line. Gives what left a line by it.
    pub(crate) fn set_order(
        &mut self,
        change: &BookOrder,
        arrival: u64,
    ) -> Result<Option<Departure>, BookRefusal> {
        let BookOrder {
            id,
            side,
            price,
            size,
        } = *change;
        let before = self.orders.get(&id).copied();
        let stays = before.filter(|before| {
            (before.side, before.price) == (side, price) && size <= before.size && !size.is_zero()
        });
        if let Some(quoted) = stays {
            let less = quoted.size.saturating_sub(size);
            self.orders.insert(id, Quoted { size, ..quoted });
            return self.leave(&quoted, less).map(Some);
        }
        let left = match before {
            Some(quoted) => {
                self.orders.remove(&id);
                Some(self.leave(&quoted, quoted.size)?)
            }
            None => None,
        };
        if !size.is_zero() {
            let more = self.shown(side, price).checked_add(size);
            let more = more.map_err(|_| BookRefusal::BadLevel)?;
            self.set_level(side, price, more)?;
            let quoted = Quoted {
                side,
                price,
                size,
                arrival,
            };
            self.orders.insert(id, quoted);
            if self.orders.len() > MOST_BOOK_ORDERS {
                return Err(BookRefusal::TooLarge);
            }
        }
        Ok(left)
    }

    fn leave(&mut self, quoted: &Quoted, size: Quantity) -> Result<Departure, BookRefusal> {
        let Quoted {
            side,
            price,
            arrival,
            ..
        } = *quoted;
        let rest = self.shown(side, price).saturating_sub(size);
        self.set_level(side, price, rest)?;
        Ok(Departure {
            side,
            price,
            size,
            arrival,
        })
    }

    /// Ids of orders that a snapshot does not have.
    pub(crate) fn missing_from(&self, orders: &[BookOrder]) -> Vec<BookOrder> {
        let mut there: Vec<u64> = orders.iter().map(|order| order.id).collect();
        there.sort_unstable();
        let gone = self
            .orders
            .iter()
            .filter(|(id, _)| there.binary_search(id).is_err());
        gone.map(|(id, quoted)| BookOrder {
            id: *id,
            side: quoted.side,
            price: quoted.price,
            size: Quantity::ZERO,
        })
        .collect()
    }

    /// What a level shows; zero where there is none.
    pub(crate) fn shown(&self, side: Side, price: Price) -> Quantity {
        let level = self.side(side).get(&key(side, price));
        level.map_or(Quantity::ZERO, |level| level.size)
    }

    /// The best level of a side.
    pub(crate) fn best(&self, side: Side) -> Option<Shown> {
        let (key, level) = self.side(side).first_key_value()?;
        Some(shown(side, *key, level))
    }

    /// Whether the best bid is above the best ask.
    pub(crate) fn is_crossed(&self) -> bool {
        let bid = self.best(Side::Buy).map(|bid| bid.price);
        let ask = self.best(Side::Sell).map(|ask| ask.price);
        bid.zip(ask).is_some_and(|(bid, ask)| bid > ask)
    }

    /// What is left for us at the levels of a side, best first.
    pub(crate) fn levels(&self, side: Side) -> impl Iterator<Item = Shown> {
        self.side(side)
            .iter()
            .map(move |(key, level)| shown(side, *key, level))
    }

    /// The best levels of a side as others show them, at most so many.
    pub(crate) fn best_levels(&self, side: Side, most: u8) -> impl Iterator<Item = PriceLevel> {
        let best = self.levels(side).take(usize::from(most));
        best.map(|shown| PriceLevel {
            price: shown.price,
            size: shown.size,
        })
    }

    /// What others show to an order of `side` at its limit or better; `None` when that cannot be added up.
    pub(crate) fn shown_to(&self, side: Side, limit: Option<Price>) -> Option<Quantity> {
        let within = |level: &Shown| limit.is_none_or(|limit| is_within(level.price, limit, side));
        let mut levels = self.levels(side.opposite()).take_while(within);
        levels.try_fold(Quantity::ZERO, |sum, level| {
            sum.checked_add(level.size).ok()
        })
    }

    /// Takes what our orders get of a level.
    pub(crate) fn take(&mut self, side: Side, price: Price, quantity: Quantity) {
        if let Some(level) = self.side_mut(side).get_mut(&key(side, price)) {
            let taken = level.taken.checked_add(quantity);
            level.taken = taken.unwrap_or(Quantity::MAX);
        }
    }

    fn side(&self, side: Side) -> &BTreeMap<i64, Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<i64, Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

fn shown(side: Side, key: i64, level: &Level) -> Shown {
    let raw = match side {
        Side::Buy => key.saturating_neg(),
        Side::Sell => key,
    };
    Shown {
        price: Price::from_raw(raw),
        size: level.size,
        left: level.size.saturating_sub(level.taken),
    }
}

fn key(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => price.raw().saturating_neg(),
        Side::Sell => price.raw(),
    }
}

fields! {
    Shown { price, size, left }
    Top { bid, ask }
    Level { size, taken }
    Quoted { side, price, size, arrival }
    Depth { bids, asks, orders, by_orders, applied }
}
