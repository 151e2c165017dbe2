//! Order books as their rows make them: what the best prices become, and all of a book at a moment.

use model::{BookRefusal, BookUpdate, InstrumentId, Quote, Timestamp};
use std::collections::BTreeMap;
use store::{BookBatches, BookRow, BookState};

/// The order books of all instruments.
#[derive(Debug, Default)]
pub struct Books {
    batches: BookBatches,
    /// With the best prices and sizes that were told last.
    books: BTreeMap<InstrumentId, (BookState, Option<Quote>)>,
}

impl Books {
    /// Takes a row; gives a quote where it completes a batch that leaves another top, as the engine does.
    pub fn push(&mut self, row: &BookRow) -> Option<Quote> {
        let update = self.batches.push(row)?;
        let (book, told) = self.books.entry(row.instrument).or_default();
        match book.apply(&update) {
            Ok(()) => {}
            Err(BookRefusal::Old { .. }) => return None,
            Err(_) => {
                book.lose();
                *told = None;
                return None;
            }
        }
        let quote = book.quote(&update)?;
        let shown = |quote: &Quote| (quote.bid, quote.ask, quote.bid_size, quote.ask_size);
        if told.as_ref().map(shown) == Some(shown(&quote)) {
            return None;
        }
        *told = Some(quote);
        Some(quote)
    }

    /// Each book that is known, as a snapshot seen at `now`.
    pub fn at(&self, now: Timestamp) -> Vec<BookUpdate> {
        let books = self.books.iter();
        let known = books.filter_map(|(id, (book, _))| book.snapshot(*id, now));
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::book::update;

    #[test]
    fn only_another_top_is_a_quote() {
        let mut books = Books::default();
        let mut quotes = |number, bid, size| -> Vec<i64> {
            let rows = BookRow::of(&update(number, bid, size, number));
            let quotes = rows.iter().filter_map(|row| books.push(row));
            quotes.map(|quote| quote.bid.raw()).collect()
        };
        assert_eq!(quotes(1, 90, 4), [90]);
        assert!(quotes(2, 80, 4).is_empty());
        assert_eq!(quotes(3, 90, 6), [90]);
        assert!(quotes(9, 91, 6).is_empty());
    }
}
