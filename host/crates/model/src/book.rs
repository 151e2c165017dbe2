//! Order books as venues publish them: batches of changes to price levels, or to single orders, with
//! the venue's numbers by which a lost batch is noticed.

use crate::{InstrumentId, Price, Quantity, Side, Timestamp};

/// Levels that a side of a book may have. A real one has some ten thousand; more than this is a feed
/// gone wrong, and the memory for it has a bound.
pub const MOST_BOOK_LEVELS: usize = 1 << 17;
/// Orders that a book may have that is known order by order.
pub const MOST_BOOK_ORDERS: usize = 1 << 20;

/// What a price level shows now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookLevel {
    /// Bids are [`Side::Buy`].
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// What is shown there in all; zero takes the level away.
    pub size: Quantity,
}

/// What an order of somebody shows now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookOrder {
    /// The venue's id.
    pub id: u64,
    /// Bids are [`Side::Buy`].
    pub side: Side,
    /// Its price; another one than before puts it at the end of the line there.
    pub price: Price,
    /// What is left of it; zero takes it away, less keeps its place, more loses it.
    pub size: Quantity,
}

/// The changes of one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookChanges {
    /// By price.
    Levels(Vec<BookLevel>),
    /// By order. Within a snapshot, orders at one price stand in the order of their line.
    Orders(Vec<BookOrder>),
}

/// Whether a batch is the whole book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BookScope {
    /// What is not in it is not there.
    Snapshot,
    /// What is not in it stays as it was.
    Delta,
}

/// A batch of changes to the book of one instrument that happened at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookUpdate {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The whole book or changes of it.
    pub scope: BookScope,
    /// The venue's number of the first change in it. A delta follows what was applied up to `n` if
    /// its first number is at most `n + 1`; sources that give the number before theirs pass that
    /// plus one.
    pub first: u64,
    /// The venue's number of the last change in it.
    pub last: u64,
    /// The changes.
    pub changes: BookChanges,
    /// Venue time.
    pub ts_event: Timestamp,
    /// Our time.
    pub ts_init: Timestamp,
}

/// Why a batch was refused. After all but [`BookRefusal::Old`] the book is unknown until the next
/// snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookRefusal {
    /// All of it is in the book already.
    #[error("the update ends at {last}, the book is at {applied} already")]
    Old {
        /// The last number in the book.
        applied: u64,
        /// The last number of the batch.
        last: u64,
    },
    /// A delta without a snapshot to start from.
    #[error("there is no snapshot for the delta to change")]
    NoSnapshot,
    /// A batch between is missing.
    #[error("the update begins at {first}, the book is at {applied}: changes between are lost")]
    Gap {
        /// The last number in the book.
        applied: u64,
        /// The first number of the batch.
        first: u64,
    },
    /// The best bid would be above the best ask.
    #[error("the update crosses the book")]
    Crossed,
    /// A price that is not positive, or sizes beyond what can be counted.
    #[error("the update has an impossible level")]
    BadLevel,
    /// Orders for a book of levels, or levels for a book of orders.
    #[error("the update is by order and the book by level, or the other way round")]
    OtherKind,
    /// More levels or orders than a book may have: [`MOST_BOOK_LEVELS`], [`MOST_BOOK_ORDERS`].
    #[error("the book would be too large")]
    TooLarge,
}
