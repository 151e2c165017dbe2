//! What is before the start of a backtest: history for the strategy, and order books as they then are.

use super::data::Events;
use model::{
    BookRefusal, BookUpdate, HistoryBlock, HistoryRequest, InstrumentId, Quote, Timestamp,
};
use services::feed::MarketInput;
use services::history::History;
use std::collections::BTreeMap;
use std::iter::Peekable;
use store::catalog::CatalogError;
use store::{BookBatches, BookRow, BookState, MarketEvent};

/// Events per instrument kept for warm-up.
const WARM_UP_EVENTS: usize = 2_000_000;
const WARM_UP_BATCH: usize = 4_096;

/// The order books of all instruments.
#[derive(Default)]
pub(super) struct Books {
    batches: BookBatches,
    /// With the best prices and sizes that were told last.
    books: BTreeMap<InstrumentId, (BookState, Option<Quote>)>,
}

impl Books {
    /// Takes a row; gives a quote where it completes a batch that leaves another top, as the engine does.
    fn push(&mut self, row: &BookRow) -> Option<Quote> {
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
    pub(super) fn at(&self, now: Timestamp) -> Vec<BookUpdate> {
        let books = self.books.iter();
        let known = books.filter_map(|(id, (book, _))| book.snapshot(*id, now));
        known.collect()
    }
}

/// Passes over everything before `start`, keeping what answers the strategy's requests, and the books.
pub(super) fn run(
    events: &mut Peekable<Events<'_>>,
    start: Option<Timestamp>,
    requests: &[HistoryRequest],
) -> Result<(Vec<HistoryBlock>, Books), CatalogError> {
    let mut books = Books::default();
    let Some(start) = start else {
        return Ok((Vec::new(), books));
    };
    let history = History::new(WARM_UP_EVENTS);
    let mut batch = Vec::new();
    // An error counts as before the start: it is told at once.
    let is_before = |event: &Result<MarketEvent, CatalogError>| {
        event.as_ref().map_or(true, |event| event.ts_init() < start)
    };
    while let Some(event) = events.next_if(is_before) {
        let input = match event? {
            MarketEvent::Book(row) => books.push(&row).map(MarketInput::Quote),
            other => MarketInput::of(other),
        };
        batch.extend(input);
        if batch.len() == WARM_UP_BATCH {
            history.record(&batch);
            batch.clear();
        }
    }
    history.record(&batch);
    Ok((history.answer(requests, start), books))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{BookChanges, BookLevel, BookScope, Price, Quantity, Side};

    fn update(number: u64, bid: i64, size: u64) -> BookUpdate {
        let level = |side, price, size| BookLevel {
            side,
            price: Price::from_raw(price),
            size: Quantity::from_raw(size),
        };
        let whole = number == 1;
        let mut levels = vec![level(Side::Buy, bid, size)];
        if whole {
            levels.push(level(Side::Sell, 100, 5));
        }
        BookUpdate {
            instrument: InstrumentId::new(0),
            scope: if whole {
                BookScope::Snapshot
            } else {
                BookScope::Delta
            },
            first: number,
            last: number,
            changes: BookChanges::Levels(levels),
            ts_event: Timestamp::from_nanos(number),
            ts_init: Timestamp::from_nanos(number),
        }
    }

    /// Passes over `updates` before 10; what is left, and the books.
    fn pass(updates: &[BookUpdate]) -> (usize, Vec<BookUpdate>) {
        let rows = updates.iter().flat_map(BookRow::of);
        let events: Events<'_> = Box::new(rows.map(MarketEvent::Book).map(Ok));
        let mut events = events.peekable();
        let start = Timestamp::from_nanos(10);
        let (_, books) = run(&mut events, Some(start), &[]).unwrap();
        (events.count(), books.at(start))
    }

    #[test]
    fn a_book_is_at_the_start_what_was_made_of_it_before() {
        let (left, books) = pass(&[
            update(1, 90, 4),
            update(2, 95, 7),
            update(3, 90, 0),
            update(11, 96, 1),
        ]);
        assert_eq!(left, 1);
        let [book] = &books[..] else {
            panic!("{books:?}")
        };
        assert_eq!(
            (book.scope, book.last, book.ts_init.nanos()),
            (BookScope::Snapshot, 3, 10)
        );
        let mut expect = update(1, 95, 7);
        (expect.first, expect.last) = (3, 3);
        assert_eq!(book.changes, expect.changes);
        // After a gap it is unknown.
        assert_eq!(pass(&[update(1, 90, 4), update(3, 95, 7)]), (0, Vec::new()));
    }

    #[test]
    fn only_another_top_is_a_quote() {
        let mut books = Books::default();
        let mut quotes = |update: &BookUpdate| -> Vec<i64> {
            let rows = BookRow::of(update);
            let quotes = rows.iter().filter_map(|row| books.push(row));
            quotes.map(|quote| quote.bid.raw()).collect()
        };
        assert_eq!(quotes(&update(1, 90, 4)), [90]);
        assert!(quotes(&update(2, 80, 4)).is_empty());
        assert_eq!(quotes(&update(3, 90, 6)), [90]);
        assert!(quotes(&update(9, 91, 6)).is_empty());
    }
}
