//! What comes out of a file, and the merge of several files into one order of time.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use model::{Bar, Quote, Timestamp, Trade};

use crate::book_rows::BookRow;
use crate::error::DataError;
use crate::source::DataKind;

/// Events of one file, ordered by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Series {
    /// Quotes.
    Quotes(Vec<Quote>),
    /// Trades.
    Trades(Vec<Trade>),
    /// Bars.
    Bars(Vec<Bar>),
    /// Changes of an order book, in whole batches.
    Books(Vec<BookRow>),
}

/// One event of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketEvent {
    /// A new best bid or ask.
    Quote(Quote),
    /// A trade.
    Trade(Trade),
    /// A finished bar.
    Bar(Bar),
    /// One row of a batch of changes of an order book: [`BookBatches`](crate::BookBatches) puts them
    /// together.
    Book(BookRow),
}

impl MarketEvent {
    /// When this host saw it, or would have.
    pub const fn ts_init(&self) -> Timestamp {
        match self {
            MarketEvent::Quote(quote) => quote.ts_init,
            MarketEvent::Trade(trade) => trade.ts_init,
            MarketEvent::Bar(bar) => bar.ts_init,
            MarketEvent::Book(row) => row.ts_init,
        }
    }
}

impl Series {
    /// What it holds.
    pub const fn kind(&self) -> DataKind {
        match self {
            Series::Quotes(_) => DataKind::Quotes,
            Series::Trades(_) => DataKind::Trades,
            Series::Bars(_) => DataKind::Bars,
            Series::Books(_) => DataKind::Books,
        }
    }

    /// How many events.
    pub const fn len(&self) -> usize {
        match self {
            Series::Quotes(events) => events.len(),
            Series::Trades(events) => events.len(),
            Series::Bars(events) => events.len(),
            Series::Books(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `index`-th event.
    pub fn get(&self, index: usize) -> Option<MarketEvent> {
        match self {
            Series::Quotes(events) => events.get(index).copied().map(MarketEvent::Quote),
            Series::Trades(events) => events.get(index).copied().map(MarketEvent::Trade),
            Series::Bars(events) => events.get(index).copied().map(MarketEvent::Bar),
            Series::Books(rows) => rows.get(index).copied().map(MarketEvent::Book),
        }
    }

    /// `ts_init` of the `index`-th event.
    fn time(&self, index: usize) -> Option<Timestamp> {
        match self {
            Series::Quotes(events) => events.get(index).map(|quote| quote.ts_init),
            Series::Trades(events) => events.get(index).map(|trade| trade.ts_init),
            Series::Bars(events) => events.get(index).map(|bar| bar.ts_init),
            Series::Books(rows) => rows.get(index).map(|row| row.ts_init),
        }
    }

    /// First and last `ts_init`.
    pub fn period(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.time(0)?, self.time(self.len() - 1)?))
    }
}

/// Rows that were left out.
#[derive(Debug, Default)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    /// The first few, with file and line.
    pub examples: Vec<DataError>,
}

/// A loaded file.
#[derive(Debug)]
pub struct Loaded {
    /// Its events.
    pub series: Series,
    /// Data rows read, whether used, skipped or of another symbol.
    pub rows: u64,
    /// Rows left out because they were bad.
    pub skipped: Skipped,
}

/// Several series as one stream, ordered by `ts_init` and then by their place in the list. Nothing
/// is copied ahead: each step reads one event.
#[derive(Debug)]
pub struct Merge<S> {
    series: Vec<S>,
    /// Next index of each series.
    next: Vec<usize>,
    /// Time of the next event and the series it is in.
    heap: BinaryHeap<Reverse<(Timestamp, usize)>>,
    left: usize,
}

/// Merges series, owned or borrowed (`Vec<Series>`, `Vec<&Series>`, `Vec<Arc<Series>>`).
pub fn merge<S: Borrow<Series>>(series: Vec<S>) -> Merge<S> {
    let heads = series.iter().enumerate();
    let heap = heads
        .filter_map(|(place, one)| one.borrow().time(0).map(|time| Reverse((time, place))))
        .collect();
    let left = series.iter().map(|one| one.borrow().len()).sum();
    Merge {
        next: vec![0; series.len()],
        series,
        heap,
        left,
    }
}

impl<S: Borrow<Series>> Iterator for Merge<S> {
    type Item = MarketEvent;

    fn next(&mut self) -> Option<MarketEvent> {
        let mut head = self.heap.peek_mut()?;
        let place = head.0.1;
        let series: &Series = self.series[place].borrow();
        let index = self.next[place];
        self.next[place] = index + 1;
        self.left -= 1;
        match series.time(index + 1) {
            Some(time) => head.0.0 = time,
            None => {
                PeekMut::pop(head);
            }
        }
        series.get(index)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<S: Borrow<Series>> ExactSizeIterator for Merge<S> {}

#[cfg(test)]
mod tests {
    use model::{InstrumentId, Price, Quantity};

    use super::*;

    fn trades(instrument: u32, times: &[u64]) -> Series {
        let trade = |&nanos: &u64| Trade {
            instrument: InstrumentId::new(instrument),
            price: Price::from_raw(1),
            size: Quantity::ZERO,
            aggressor: None,
            ts_event: Timestamp::ZERO,
            ts_init: Timestamp::from_nanos(nanos),
        };
        Series::Trades(times.iter().map(trade).collect())
    }

    fn check(series: Vec<Series>, expect: &[(u64, u32)]) {
        let merged = merge(series);
        assert_eq!(merged.len(), expect.len());
        let got: Vec<_> = merged
            .map(|event| match event {
                MarketEvent::Trade(trade) => (trade.ts_init.nanos(), trade.instrument.number()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn times_decide_and_ties_go_to_the_earlier_series() {
        check(
            vec![
                trades(0, &[1, 5, 5]),
                trades(1, &[1, 2, 5, 9]),
                trades(2, &[]),
            ],
            &[(1, 0), (1, 1), (2, 1), (5, 0), (5, 0), (5, 1), (9, 1)],
        );
    }

    #[test]
    fn borrowed_series_can_be_merged_again() {
        let (one, two) = (trades(0, &[3]), trades(1, &[2]));
        let first: Vec<_> = merge(vec![&one, &two]).collect();
        let second: Vec<_> = merge(vec![&one, &two]).collect();
        assert_eq!(first, second);
        check(vec![], &[]);
    }
}
