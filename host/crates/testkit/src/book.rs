//! A small order book that changes as a test wants it.

use model::{
    BookChanges, BookLevel, BookScope, BookUpdate, InstrumentId, Price, Quantity, Side, Timestamp,
};

/// A batch of the book of the first instrument, with a bid, at so many nanoseconds. Number 1 is a snapshot, which has
/// an ask of 5 at 100 too; the others are changes.
#[must_use]
pub fn update(number: u64, bid: i64, size: u64, at: u64) -> BookUpdate {
    let level = |side, price, size| BookLevel {
        side,
        price: Price::from_raw(price),
        size: Quantity::from_raw(size),
    };
    let mut levels = vec![level(Side::Buy, bid, size)];
    let scope = match number {
        1 => {
            levels.push(level(Side::Sell, 100, 5));
            BookScope::Snapshot
        }
        _ => BookScope::Delta,
    };
    BookUpdate {
        instrument: InstrumentId::new(0),
        scope,
        first: number,
        last: number,
        changes: BookChanges::Levels(levels),
        ts_event: Timestamp::from_nanos(at),
        ts_init: Timestamp::from_nanos(at),
    }
}
