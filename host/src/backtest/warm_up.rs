//! What is before the start of a backtest: history for the strategy, and order books as they then are.

use super::data::Events;
use model::{HistoryBlock, HistoryRequest, Timestamp};
use services::feed::{Books, MarketInput};
use services::history::History;
use std::iter::Peekable;
use store::MarketEvent;
use store::catalog::CatalogError;

/// Events per instrument kept for warm-up.
const WARM_UP_EVENTS: usize = 2_000_000;
const WARM_UP_BATCH: usize = 4_096;

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
            other => Some(MarketInput::of(other)),
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
    use model::{BookScope, BookUpdate};
    use store::BookRow;
    use testkit::book;

    fn update(number: u64, bid: i64, size: u64) -> BookUpdate {
        book::update(number, bid, size, number)
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
}
