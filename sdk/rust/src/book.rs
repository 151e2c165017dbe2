//! Order books as a strategy receives them: the best levels of both sides.

use crate::{InstrumentId, Price, Quantity, Timestamp};

/// A price and what the venue shows there in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceLevel {
    /// The price.
    pub price: Price,
    /// What is shown; never zero.
    pub size: Quantity,
}

/// The best levels of an order book. A side has at most as many levels as were asked for, perhaps
/// none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What others want to buy, highest price first.
    pub bids: Vec<PriceLevel>,
    /// What others want to sell, lowest price first.
    pub asks: Vec<PriceLevel>,
    /// Venue time of the batch that changed it.
    pub ts_event: Timestamp,
    /// When the host saw that.
    pub ts_init: Timestamp,
}

impl Book {
    /// Most levels a side that can be asked for.
    pub const MAX_DEPTH: u8 = 20;
    /// Words per level in the block that crosses the plugin boundary.
    pub const WORDS_PER_LEVEL: usize = 2;

    /// Reads the block of the plugin contract: price and size of each level, `bids` levels of bids
    /// first.
    pub fn from_words(
        instrument: InstrumentId,
        bids: usize,
        words: &[u64],
        ts_event: Timestamp,
        ts_init: Timestamp,
    ) -> Self {
        let (levels, _) = words.as_chunks::<{ Self::WORDS_PER_LEVEL }>();
        let (bids, asks) = levels.split_at(bids.min(levels.len()));
        let side = |levels: &[[u64; 2]]| levels.iter().map(level_from_words).collect();
        Self {
            instrument,
            bids: side(bids),
            asks: side(asks),
            ts_event,
            ts_init,
        }
    }

    /// The highest bid.
    pub fn best_bid(&self) -> Option<PriceLevel> {
        self.bids.first().copied()
    }

    /// The lowest ask.
    pub fn best_ask(&self) -> Option<PriceLevel> {
        self.asks.first().copied()
    }

    /// Where the next trade is likelier: between bid and ask, nearer to the side that shows less.
    /// Each of the two prices counts by the size at the other (S. Stoikov, "The micro-price", 2018,
    /// there the weighted mid). Rounded down; `None` when a side is empty.
    pub fn microprice(&self) -> Option<Price> {
        let (bid, ask) = (self.best_bid()?, self.best_ask()?);
        let raw = |price: Price| i128::from(price.raw());
        let size = |level: PriceLevel| i128::from(level.size.raw());
        let (spread, all) = (raw(ask.price) - raw(bid.price), size(bid) + size(ask));
        let above = spread.checked_mul(size(bid))?.checked_div_euclid(all)?;
        i64::try_from(raw(bid.price) + above)
            .ok()
            .map(Price::from_raw)
    }
}

fn level_from_words(&[price, size]: &[u64; 2]) -> PriceLevel {
    PriceLevel {
        price: Price::from_raw(price.cast_signed()),
        size: Quantity::from_raw(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: i64, size: u64) -> PriceLevel {
        PriceLevel {
            price: Price::from_raw(price),
            size: Quantity::from_raw(size),
        }
    }

    fn book(bids: usize, words: &[u64]) -> Book {
        let (at, seen) = (Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        Book::from_words(InstrumentId::new(3), bids, words, at, seen)
    }

    #[test]
    fn words_are_bids_then_asks() {
        let read = book(2, &[100, 5, 99, 6, 101, 7]);
        assert_eq!(read.bids, [level(100, 5), level(99, 6)]);
        assert_eq!(read.asks, [level(101, 7)]);
        // A block that ends early is read as far as it goes.
        assert_eq!(book(9, &[100, 5, 99]).bids, [level(100, 5)]);
    }

    #[test]
    fn the_microprice_leans_to_the_side_that_shows_less() {
        // (100 * 1 + 104 * 3) / 4
        let read = book(1, &[100, 3, 104, 1]);
        assert_eq!(read.microprice(), Some(Price::from_raw(103)));
        // (100 * 2 + 101 * 1) / 3 = 100.33, rounded down.
        let read = book(1, &[100, 1, 101, 2]);
        assert_eq!(read.microprice(), Some(Price::from_raw(100)));
        assert_eq!(book(1, &[100, 3]).microprice(), None);
        assert_eq!(book(1, &[100, 0, 101, 0]).microprice(), None);
        let largest = i64::MAX.cast_unsigned();
        let read = book(1, &[largest, u64::MAX, largest, u64::MAX]);
        assert_eq!(read.microprice(), Some(Price::from_raw(i64::MAX)));
    }
}
