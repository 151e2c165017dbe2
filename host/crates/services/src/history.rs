//! The latest market data in memory, to answer what strategies ask for in `init`.
//!
//! Feeds record what they send; the engine thread is never involved. Per instrument and kind a
//! bounded number of events is kept in chunks; a reader takes references to full chunks, so that
//! the feed is held up only for moments.

use crate::feed::Books;
use crate::inbox::MarketInput;
use crate::sync::lock;
use engine::bars::{Aggregator, Sample};
use model::{
    Bar, BarBasis, BarSpec, HistoryBlock, HistoryRequest, InstrumentId, Price, Quantity, Quote,
    Timestamp, Trade,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// Events in one chunk.
const CHUNK: usize = 4_096;

/// A quote without what its place says.
#[derive(Debug, Clone, Copy)]
struct QuoteTick {
    bid: Price,
    ask: Price,
    bid_size: Quantity,
    ask_size: Quantity,
    ts_event: Timestamp,
}

/// A trade without what its place says.
#[derive(Debug, Clone, Copy)]
struct TradeTick {
    price: Price,
    size: Quantity,
    ts_event: Timestamp,
}

/// A bounded tail of events.
#[derive(Debug)]
struct Tail<T> {
    full: VecDeque<Arc<Vec<T>>>,
    open: Vec<T>,
}

impl<T> Default for Tail<T> {
    fn default() -> Self {
        Self {
            full: VecDeque::new(),
            open: Vec::new(),
        }
    }
}

impl<T: Copy> Tail<T> {
    fn push(&mut self, item: T, bound: usize) {
        self.open.push(item);
        if self.open.len() < CHUNK {
            return;
        }
        let chunk = std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK));
        self.full.push_back(Arc::new(chunk));
        while self.full.len() * CHUNK > bound.max(CHUNK) {
            self.full.pop_front();
        }
    }

    fn chunks(&self) -> Vec<Arc<Vec<T>>> {
        let open = (!self.open.is_empty()).then(|| Arc::new(self.open.clone()));
        self.full.iter().cloned().chain(open).collect()
    }
}

#[derive(Debug, Default)]
struct Tails {
    quotes: Tail<QuoteTick>,
    trades: Tail<TradeTick>,
    bars: Tail<Bar>,
}

/// The latest market data of every instrument.
#[derive(Debug)]
pub struct History {
    bound: usize,
    tails: Mutex<BTreeMap<InstrumentId, Tails>>,
    /// Order books, of which the best prices are kept as quotes.
    books: Mutex<Books>,
}

impl History {
    /// A history of the latest `bound` quotes, trades and bars of each instrument, in whole chunks
    /// of 4,096.
    pub fn new(bound: usize) -> Self {
        Self {
            bound,
            tails: Mutex::default(),
            books: Mutex::default(),
        }
    }

    /// Adds events in the order in which they happened.
    pub fn record(&self, inputs: &[MarketInput]) {
        let mut books = lock(&self.books);
        let mut tails = lock(&self.tails);
        for input in inputs {
            match input {
                MarketInput::Quote(quote) => tails
                    .entry(quote.instrument)
                    .or_default()
                    .quotes
                    .push(QuoteTick::of(quote), self.bound),
                MarketInput::Trade(trade) => tails
                    .entry(trade.instrument)
                    .or_default()
                    .trades
                    .push(TradeTick::of(trade), self.bound),
                MarketInput::Bar(bar) => {
                    tails
                        .entry(bar.instrument)
                        .or_default()
                        .bars
                        .push(*bar, self.bound);
                }
                MarketInput::Book(row) => {
                    if let Some(quote) = books.push(row) {
                        let tails = tails.entry(quote.instrument).or_default();
                        tails.quotes.push(QuoteTick::of(&quote), self.bound);
                    }
                }
                MarketInput::Mark(_) | MarketInput::Clock(_) => {}
            }
        }
    }

    /// Answers requests as of `now`: finished bars only, oldest first, fewer than asked for where
    /// less is known.
    pub fn answer(&self, requests: &[HistoryRequest], now: Timestamp) -> Vec<HistoryBlock> {
        requests
            .iter()
            .map(|request| self.block(request, now))
            .collect()
    }

    fn block(&self, request: &HistoryRequest, now: Timestamp) -> HistoryBlock {
        let mut maker = Maker::new(request, now);
        if request.spec.is_valid() {
            match request.spec.basis {
                BarBasis::Last => maker.trades(&self.chunks(request, |tails| &tails.trades)),
                BarBasis::Bid | BarBasis::Ask | BarBasis::Mid => {
                    maker.quotes(&self.chunks(request, |tails| &tails.quotes));
                }
            }
            if maker.bars.is_empty() {
                maker.bars(&self.chunks(request, |tails| &tails.bars));
            }
        }
        HistoryBlock {
            request: *request,
            bars: maker.bars.into(),
        }
    }

    fn chunks<T: Copy>(
        &self,
        request: &HistoryRequest,
        of: impl Fn(&Tails) -> &Tail<T>,
    ) -> Vec<Arc<Vec<T>>> {
        let tails = lock(&self.tails);
        tails
            .get(&request.instrument)
            .map(|tails| of(tails).chunks())
            .unwrap_or_default()
    }
}

impl QuoteTick {
    fn of(quote: &Quote) -> Self {
        let Quote {
            bid,
            ask,
            bid_size,
            ask_size,
            ts_event,
            ..
        } = *quote;
        Self {
            bid,
            ask,
            bid_size,
            ask_size,
            ts_event,
        }
    }

    fn quote(&self, instrument: InstrumentId) -> Quote {
        let Self {
            bid,
            ask,
            bid_size,
            ask_size,
            ts_event,
        } = *self;
        Quote {
            instrument,
            bid,
            ask,
            bid_size,
            ask_size,
            ts_event,
            ts_init: ts_event,
        }
    }
}

impl TradeTick {
    fn of(trade: &Trade) -> Self {
        let Trade {
            price,
            size,
            ts_event,
            ..
        } = *trade;
        Self {
            price,
            size,
            ts_event,
        }
    }

    fn sample(&self) -> Sample {
        let Self {
            price,
            size,
            ts_event,
        } = *self;
        Sample {
            price,
            size,
            ts_event,
            ts_init: ts_event,
        }
    }
}

/// Makes bars as the engine does and keeps the latest.
struct Maker {
    instrument: InstrumentId,
    spec: BarSpec,
    now: Timestamp,
    count: usize,
    aggregator: Aggregator,
    bars: VecDeque<Bar>,
}

impl Maker {
    fn new(request: &HistoryRequest, now: Timestamp) -> Self {
        Self {
            instrument: request.instrument,
            spec: request.spec,
            now,
            count: request.count as usize,
            aggregator: Aggregator::new(request.instrument, request.spec),
            bars: VecDeque::new(),
        }
    }

    fn keep(&mut self, bar: Option<Bar>) {
        let Some(bar) = bar else {
            return;
        };
        self.bars.push_back(bar);
        if self.bars.len() > self.count {
            self.bars.pop_front();
        }
    }

    fn quotes(&mut self, chunks: &[Arc<Vec<QuoteTick>>]) {
        for tick in chunks.iter().flat_map(|chunk| chunk.iter()) {
            let quote = tick.quote(self.instrument);
            let sample = Sample::of_quote(&quote, self.spec.basis);
            let bar = sample.and_then(|sample| self.aggregator.add(&sample));
            self.keep(bar);
        }
        let last = self.aggregator.end(self.now);
        self.keep(last);
    }

    fn trades(&mut self, chunks: &[Arc<Vec<TradeTick>>]) {
        for tick in chunks.iter().flat_map(|chunk| chunk.iter()) {
            let bar = self.aggregator.add(&tick.sample());
            self.keep(bar);
        }
        let last = self.aggregator.end(self.now);
        self.keep(last);
    }

    /// Bars from the source: those of the very rule as they are, longer ones made of shorter.
    fn bars(&mut self, chunks: &[Arc<Vec<Bar>>]) {
        for bar in chunks.iter().flat_map(|chunk| chunk.iter()) {
            if bar.spec == self.spec {
                self.keep(Some(*bar));
                continue;
            }
            for made in self.aggregator.add_bar(bar) {
                self.keep(made);
            }
        }
        let last = self.aggregator.end(self.now);
        self.keep(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn quote(seconds: u64) -> MarketInput {
        let at = Timestamp::from_nanos(seconds * SECOND);
        let price = Price::whole(i64::try_from(seconds).unwrap() + 1).unwrap();
        MarketInput::Quote(Quote {
            instrument: InstrumentId::new(0),
            bid: price,
            ask: price,
            bid_size: Quantity::ONE,
            ask_size: Quantity::ONE,
            ts_event: at,
            ts_init: at,
        })
    }

    fn check(quotes: u64, count: u32, now: u64, expect: &[(u64, i64)]) {
        let history = History::new(100_000);
        history.record(&(0..quotes).map(quote).collect::<Vec<_>>());
        let request = HistoryRequest {
            instrument: InstrumentId::new(0),
            spec: BarSpec::seconds(60, BarBasis::Bid),
            count,
        };
        let blocks = history.answer(&[request], Timestamp::from_nanos(now * SECOND));
        let bars = blocks[0].bars.iter();
        let shape = |bar: &Bar| {
            (
                bar.ts_event.nanos() / SECOND,
                bar.close.raw() / Price::SCALE,
            )
        };
        assert_eq!(bars.map(shape).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn bars_are_those_that_have_ended_by_now() {
        check(300, 2, 299, &[(180, 180), (240, 240)]);
        check(300, 2, 300, &[(240, 240), (300, 300)]);
        check(30, 5, 59, &[]);
        check(30, 5, 60, &[(60, 30)]);
        check(0, 5, 60, &[]);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let history = History::new(2 * CHUNK);
        for seconds in 0..10 * CHUNK as u64 {
            history.record(&[quote(seconds)]);
        }
        let tails = lock(&history.tails);
        let chunks = tails[&InstrumentId::new(0)].quotes.chunks();
        assert_eq!(chunks.len(), 2);
        let last = chunks[1].last().unwrap().ts_event.nanos() / SECOND;
        assert_eq!(last, 10 * CHUNK as u64 - 1);
    }
}
