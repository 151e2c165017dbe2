//! Order books as rows: one change of a level or of an order each, as files and the catalog keep them.
//! [`BookBatches`] makes the engine's batches of them again; nothing else does.

use model::{
    BookChanges, BookLevel, BookOrder, BookScope, BookUpdate, InstrumentId, Price, Timestamp,
};

/// What a row changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookChange {
    /// A price level.
    Level(BookLevel),
    /// An order of somebody.
    Order(BookOrder),
    /// No level: the one row of a batch by level without changes.
    NoLevel,
    /// No order: the one row of a batch by order without changes.
    NoOrder,
}

impl BookChange {
    /// Whether it belongs to a book that is known order by order.
    pub const fn is_by_order(&self) -> bool {
        matches!(self, Self::Order(_) | Self::NoOrder)
    }

    /// Its price, if it has one.
    pub const fn price(&self) -> Option<Price> {
        match self {
            Self::Level(level) => Some(level.price),
            Self::Order(order) => Some(order.price),
            Self::NoLevel | Self::NoOrder => None,
        }
    }
}

/// One change of an order book. Rows of one batch follow each other and differ in what they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookRow {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Whether its batch is the whole book.
    pub scope: BookScope,
    /// Whether it is the first row of its batch.
    pub begins: bool,
    /// Whether it is the last row of its batch.
    pub ends: bool,
    /// The venue's number of the first change of the batch, as in [`BookUpdate::first`].
    pub first: u64,
    /// The venue's number of its last change.
    pub last: u64,
    /// The change.
    pub change: BookChange,
    /// Venue time.
    pub ts_event: Timestamp,
    /// Our time.
    pub ts_init: Timestamp,
}

impl BookRow {
    /// The rows of a batch, at least one.
    pub fn of(update: &BookUpdate) -> Vec<Self> {
        let mut changes: Vec<_> = match &update.changes {
            BookChanges::Levels(levels) => levels.iter().copied().map(BookChange::Level).collect(),
            BookChanges::Orders(orders) => orders.iter().copied().map(BookChange::Order).collect(),
        };
        if changes.is_empty() {
            changes.push(match update.changes {
                BookChanges::Levels(_) => BookChange::NoLevel,
                BookChanges::Orders(_) => BookChange::NoOrder,
            });
        }
        let end = changes.len() - 1;
        let rows = changes.into_iter().enumerate();
        rows.map(|(index, change)| Self {
            instrument: update.instrument,
            scope: update.scope,
            begins: index == 0,
            ends: index == end,
            first: update.first,
            last: update.last,
            change,
            ts_event: update.ts_event,
            ts_init: update.ts_init,
        })
        .collect()
    }

    /// Whether both can be rows of one batch.
    pub(crate) fn is_with(&self, other: &Self) -> bool {
        let key = |row: &Self| (row.scope, row.first, row.last, row.ts_event, row.ts_init);
        key(self) == key(other)
    }
}

/// Puts rows together to the batches that they were. All rows of a batch have one moment, so nothing
/// comes between them where series are merged.
#[derive(Debug, Default)]
pub struct BookBatches {
    open: Option<BookUpdate>,
}

impl BookBatches {
    /// Takes the next row; gives the batch that it completes.
    #[inline]
    pub fn push(&mut self, row: &BookRow) -> Option<BookUpdate> {
        if row.begins || self.open.is_none() {
            self.open = Some(empty(row));
        }
        if let Some(open) = &mut self.open {
            match (&mut open.changes, row.change) {
                (BookChanges::Levels(levels), BookChange::Level(level)) => levels.push(level),
                (BookChanges::Orders(orders), BookChange::Order(order)) => orders.push(order),
                _ => {}
            }
        }
        if row.ends { self.open.take() } else { None }
    }
}

const fn empty(row: &BookRow) -> BookUpdate {
    BookUpdate {
        instrument: row.instrument,
        scope: row.scope,
        first: row.first,
        last: row.last,
        changes: if row.change.is_by_order() {
            BookChanges::Orders(Vec::new())
        } else {
            BookChanges::Levels(Vec::new())
        },
        ts_event: row.ts_event,
        ts_init: row.ts_init,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Quantity, Side};

    fn update(changes: BookChanges) -> BookUpdate {
        BookUpdate {
            instrument: InstrumentId::new(3),
            scope: BookScope::Delta,
            first: 7,
            last: 9,
            changes,
            ts_event: Timestamp::from_nanos(1),
            ts_init: Timestamp::from_nanos(2),
        }
    }

    #[test]
    fn batches_come_back_from_their_rows() {
        let level = |raw| BookLevel {
            side: Side::Sell,
            price: Price::from_raw(raw),
            size: Quantity::ZERO,
        };
        let order = BookOrder {
            id: u64::MAX,
            side: Side::Buy,
            price: Price::from_raw(5),
            size: Quantity::ONE,
        };
        let batches = [
            update(BookChanges::Levels(vec![level(1), level(2), level(3)])),
            update(BookChanges::Levels(Vec::new())),
            update(BookChanges::Orders(Vec::new())),
            update(BookChanges::Orders(vec![order])),
        ];
        let rows: Vec<_> = batches.iter().flat_map(BookRow::of).collect();
        assert_eq!(rows.len(), 6);
        let mut together = BookBatches::default();
        let back: Vec<_> = rows.iter().filter_map(|row| together.push(row)).collect();
        assert_eq!(back, batches);
    }
}
