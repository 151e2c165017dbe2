//! The best levels of an order book, as strategies see it: best first, never more than asked for.

use crate::{InstrumentId, Price, Quantity, Timestamp};

/// Most levels a side that a strategy may ask for.
pub const MAX_BOOK_DEPTH: u8 = 20;

/// A price and what the venue shows there in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceLevel {
    /// The price.
    pub price: Price,
    /// What is shown; never zero.
    pub size: Quantity,
}

/// The best levels of both sides after a batch of changes. A side may have fewer levels than were
/// asked for, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookView {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What others want to buy, highest price first.
    pub bids: Vec<PriceLevel>,
    /// What others want to sell, lowest price first.
    pub asks: Vec<PriceLevel>,
    /// Venue time of the batch.
    pub ts_event: Timestamp,
    /// When the host saw it.
    pub ts_init: Timestamp,
}
