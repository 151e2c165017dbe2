//! An order book as its batches leave it: to check data before it is traded on, and to begin in the middle
//! of it. The rules are the engine's, which keeps books of its own for what our orders do in them.

use std::collections::BTreeMap;

use model::{
    BookChanges, BookLevel, BookOrder, BookRefusal, BookScope, BookUpdate, InstrumentId,
    MOST_BOOK_LEVELS, MOST_BOOK_ORDERS, Price, Quantity, Quote, Side, Timestamp,
};

/// The book of one instrument.
#[derive(Debug, Default)]
pub struct BookState {
    bids: BTreeMap<Price, Quantity>,
    asks: BTreeMap<Price, Quantity>,
    /// Each order with its place among all.
    orders: BTreeMap<u64, (u64, BookOrder)>,
    arrivals: u64,
    by_orders: bool,
    /// The venue's number of the last change; `None` while the book is unknown.
    applied: Option<u64>,
    /// Whether changes without a snapshot before them are taken too.
    goes_on: bool,
    ts_event: Timestamp,
}

impl BookState {
    /// A book that may begin with changes of one that is not known here.
    pub(crate) fn going_on() -> Self {
        Self {
            goes_on: true,
            ..Self::default()
        }
    }

    /// Applies a batch, by the rules of the engine.
    ///
    /// # Errors
    /// Why it does not fit. After all but [`BookRefusal::Old`] the book is to be [lost](Self::lose).
    pub fn apply(&mut self, update: &BookUpdate) -> Result<(), BookRefusal> {
        let by_orders = matches!(update.changes, BookChanges::Orders(_));
        match update.scope {
            BookScope::Snapshot => self.lose(),
            BookScope::Delta => self.follows(update, by_orders)?,
        }
        match &update.changes {
            BookChanges::Levels(levels) => levels.iter().try_for_each(|level| self.level(level))?,
            BookChanges::Orders(orders) => orders.iter().try_for_each(|order| self.order(order))?,
        }
        (self.applied, self.by_orders) = (Some(update.last), by_orders);
        self.ts_event = update.ts_event;
        match self.top() {
            Some((bid, ask)) if bid.0 > ask.0 => Err(BookRefusal::Crossed),
            _ => Ok(()),
        }
    }

    /// Forgets everything, until the next snapshot.
    pub fn lose(&mut self) {
        *self = Self::default();
    }

    /// Price and size of the best bid and the best ask, where there are both.
    pub fn top(&self) -> Option<((Price, Quantity), (Price, Quantity))> {
        let (bid, bid_size) = self.bids.last_key_value()?;
        let (ask, ask_size) = self.asks.first_key_value()?;
        Some(((*bid, *bid_size), (*ask, *ask_size)))
    }

    /// The top after a batch, as a quote.
    pub fn quote(&self, update: &BookUpdate) -> Option<Quote> {
        let ((bid, bid_size), (ask, ask_size)) = self.top()?;
        Some(Quote {
            instrument: update.instrument,
            bid,
            ask,
            bid_size,
            ask_size,
            ts_event: update.ts_event,
            ts_init: update.ts_init,
        })
    }

    /// The whole book as one batch that is seen at `ts_init`; `None` while it is unknown.
    pub fn snapshot(&self, instrument: InstrumentId, ts_init: Timestamp) -> Option<BookUpdate> {
        let last = self.applied?;
        let changes = if self.by_orders {
            let mut orders: Vec<_> = self.orders.values().copied().collect();
            orders.sort_unstable_by_key(|(arrival, _)| *arrival);
            BookChanges::Orders(orders.into_iter().map(|(_, order)| order).collect())
        } else {
            let level = |side| {
                move |(price, size): (&Price, &Quantity)| BookLevel {
                    side,
                    price: *price,
                    size: *size,
                }
            };
            let bids = self.bids.iter().rev().map(level(Side::Buy));
            BookChanges::Levels(
                bids.chain(self.asks.iter().map(level(Side::Sell)))
                    .collect(),
            )
        };
        Some(BookUpdate {
            instrument,
            scope: BookScope::Snapshot,
            first: last,
            last,
            changes,
            ts_event: self.ts_event,
            ts_init,
        })
    }

    fn follows(&self, update: &BookUpdate, by_orders: bool) -> Result<(), BookRefusal> {
        let BookUpdate { first, last, .. } = *update;
        let Some(applied) = self.applied else {
            return if self.goes_on {
                Ok(())
            } else {
                Err(BookRefusal::NoSnapshot)
            };
        };
        if last <= applied {
            return Err(BookRefusal::Old { applied, last });
        }
        if first > applied.saturating_add(1) {
            return Err(BookRefusal::Gap { applied, first });
        }
        if self.by_orders != by_orders {
            return Err(BookRefusal::OtherKind);
        }
        Ok(())
    }

    fn level(&mut self, level: &BookLevel) -> Result<(), BookRefusal> {
        let BookLevel { side, price, size } = *level;
        if price <= Price::ZERO {
            return Err(BookRefusal::BadLevel);
        }
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if size.is_zero() {
            levels.remove(&price);
            return Ok(());
        }
        levels.insert(price, size);
        match levels.len() > MOST_BOOK_LEVELS {
            true => Err(BookRefusal::TooLarge),
            false => Ok(()),
        }
    }

    fn order(&mut self, order: &BookOrder) -> Result<(), BookRefusal> {
        let place = |book: &BookOrder| (book.side, book.price);
        let before = self.orders.remove(&order.id);
        if let Some((_, before)) = &before {
            let rest = self.shown(before).saturating_sub(before.size);
            let size = rest;
            self.level(&BookLevel {
                side: before.side,
                price: before.price,
                size,
            })?;
        }
        if order.size.is_zero() {
            return Ok(());
        }
        let size = self.shown(order).checked_add(order.size);
        let size = size.map_err(|_| BookRefusal::BadLevel)?;
        self.level(&BookLevel {
            side: order.side,
            price: order.price,
            size,
        })?;
        let kept = before.filter(|(_, old)| place(old) == place(order) && order.size <= old.size);
        let arrival = kept.map_or_else(
            || {
                self.arrivals += 1;
                self.arrivals
            },
            |(arrival, _)| arrival,
        );
        self.orders.insert(order.id, (arrival, *order));
        match self.orders.len() > MOST_BOOK_ORDERS {
            true => Err(BookRefusal::TooLarge),
            false => Ok(()),
        }
    }

    /// What is shown where an order stands.
    fn shown(&self, order: &BookOrder) -> Quantity {
        let levels = match order.side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        levels.get(&order.price).copied().unwrap_or(Quantity::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(levels: &[(Side, i64, u64)]) -> BookChanges {
        let level = |&(side, price, size): &(Side, i64, u64)| BookLevel {
            side,
            price: Price::from_raw(price),
            size: Quantity::from_raw(size),
        };
        BookChanges::Levels(levels.iter().map(level).collect())
    }

    fn orders(orders: &[(u64, i64, u64)]) -> BookChanges {
        let order = |&(id, price, size): &(u64, i64, u64)| BookOrder {
            id,
            side: Side::Buy,
            price: Price::from_raw(price),
            size: Quantity::from_raw(size),
        };
        BookChanges::Orders(orders.iter().map(order).collect())
    }

    fn update(scope: BookScope, numbers: (u64, u64), changes: BookChanges) -> BookUpdate {
        BookUpdate {
            instrument: InstrumentId::new(0),
            scope,
            first: numbers.0,
            last: numbers.1,
            changes,
            ts_event: Timestamp::ZERO,
            ts_init: Timestamp::ZERO,
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_as_the_engine_does() {
        use BookScope::{Delta, Snapshot};
        let mut book = BookState::default();
        let bid = || levels(&[(Side::Buy, 5, 1)]);
        assert_eq!(
            book.apply(&update(Delta, (1, 1), bid())),
            Err(BookRefusal::NoSnapshot)
        );
        let whole = levels(&[(Side::Buy, 5, 1), (Side::Sell, 7, 2)]);
        assert_eq!(book.apply(&update(Snapshot, (9, 9), whole)), Ok(()));
        let old = BookRefusal::Old {
            applied: 9,
            last: 9,
        };
        assert_eq!(book.apply(&update(Delta, (2, 9), bid())), Err(old));
        let gap = BookRefusal::Gap {
            applied: 9,
            first: 11,
        };
        assert_eq!(book.apply(&update(Delta, (11, 12), bid())), Err(gap));
        let other = orders(&[(1, 5, 5)]);
        assert_eq!(
            book.apply(&update(Delta, (10, 12), other)),
            Err(BookRefusal::OtherKind)
        );
        let crossing = levels(&[(Side::Buy, 8, 1)]);
        assert_eq!(
            book.apply(&update(Delta, (10, 12), crossing)),
            Err(BookRefusal::Crossed)
        );
        let bad = levels(&[(Side::Buy, 0, 1)]);
        assert_eq!(
            book.apply(&update(Snapshot, (1, 1), bad)),
            Err(BookRefusal::BadLevel)
        );
        book.lose();
        assert_eq!(book.snapshot(InstrumentId::new(0), Timestamp::ZERO), None);
    }

    #[test]
    fn a_snapshot_of_a_book_is_the_book() {
        use BookScope::{Delta, Snapshot};
        let mut book = BookState::default();
        let whole = levels(&[(Side::Buy, 5, 1), (Side::Buy, 4, 9), (Side::Sell, 7, 2)]);
        book.apply(&update(Snapshot, (1, 1), whole)).unwrap();
        let change = levels(&[(Side::Buy, 5, 0), (Side::Sell, 8, 3)]);
        book.apply(&update(Delta, (2, 4), change)).unwrap();
        let expect = levels(&[(Side::Buy, 4, 9), (Side::Sell, 7, 2), (Side::Sell, 8, 3)]);
        let snapshot = book
            .snapshot(InstrumentId::new(0), Timestamp::ZERO)
            .unwrap();
        assert_eq!((snapshot.changes, snapshot.last), (expect, 4));
    }

    #[test]
    fn a_book_has_as_many_levels_and_orders_as_the_engine_takes() {
        let most = i64::try_from(MOST_BOOK_LEVELS).unwrap();
        let whole = |count: i64| {
            let bids = (1..=count).map(|price| (Side::Buy, price, 1));
            levels(&bids.collect::<Vec<_>>())
        };
        let mut book = BookState::default();
        let full = update(BookScope::Snapshot, (1, 1), whole(most));
        assert_eq!(book.apply(&full), Ok(()));
        // One goes, another comes; then one too many comes.
        let moved = levels(&[(Side::Buy, 1, 0), (Side::Buy, most + 1, 1)]);
        let moved = update(BookScope::Delta, (2, 2), moved);
        assert_eq!(book.apply(&moved), Ok(()));
        let more = levels(&[(Side::Buy, 1, 1)]);
        let more = update(BookScope::Delta, (3, 3), more);
        assert_eq!(book.apply(&more), Err(BookRefusal::TooLarge));

        let most = u64::try_from(MOST_BOOK_ORDERS).unwrap();
        let all = |count: u64| orders(&(1..=count).map(|id| (id, 5, 1)).collect::<Vec<_>>());
        let full = update(BookScope::Snapshot, (1, 1), all(most));
        assert_eq!(book.apply(&full), Ok(()));
        let more = update(BookScope::Delta, (2, 2), orders(&[(most + 1, 5, 1)]));
        assert_eq!(book.apply(&more), Err(BookRefusal::TooLarge));
    }

    #[test]
    fn orders_keep_their_line() {
        use BookScope::{Delta, Snapshot};
        let mut book = BookState::default();
        let whole = orders(&[(3, 5, 10), (1, 5, 10), (2, 5, 10)]);
        book.apply(&update(Snapshot, (1, 1), whole)).unwrap();
        // Less keeps its place, more loses it, none goes.
        let change = orders(&[(1, 5, 4), (3, 5, 11), (2, 5, 0), (9, 4, 1)]);
        book.apply(&update(Delta, (2, 2), change)).unwrap();
        let snapshot = book
            .snapshot(InstrumentId::new(0), Timestamp::ZERO)
            .unwrap();
        assert_eq!(
            snapshot.changes,
            orders(&[(1, 5, 4), (3, 5, 11), (9, 4, 1)])
        );
        assert_eq!(book.bids[&Price::from_raw(5)], Quantity::from_raw(15));
    }
}
