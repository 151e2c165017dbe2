//! Files of market data as a feed. Engine time follows the events, so a replay at any speed gives
//! the engine the same inputs; only clock inputs for timers between events depend on the speed.

use super::{Books, FeedError, MarketInput, NAP, Wiring};
use crate::inbox::MARKET_BATCH;
use model::{Duration, Timestamp};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use store::{BookRow, DataSource, MarketEvent, Series};

/// How fast time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speed {
    /// So many times as fast as it happened; 1 is real time. Zero counts as 1.
    Times(u32),
    /// As fast as the engine takes it.
    #[default]
    Max,
}

/// Which files, how fast, and at what time.
#[derive(Debug, Clone, Default)]
pub struct ReplayConfig {
    /// The files.
    pub sources: Vec<DataSource>,
    /// How fast.
    pub speed: Speed,
    /// Whether times are shifted so that the first event after the warm-up happens now; otherwise
    /// they stay as recorded.
    pub shift_to_now: bool,
    /// So much of the beginning becomes history instead of being sent.
    pub warm_up: Duration,
}

/// Loaded files, split into past and future.
pub(crate) struct Replay {
    past: Vec<MarketInput>,
    /// Order books as the past leaves them, which are sent before the future.
    books: Vec<MarketInput>,
    future: store::Merge<Series>,
    /// The first future event, which was taken to find where the past ends.
    first: Option<MarketEvent>,
    shift: Shift,
    speed: Speed,
}

/// By how much times move.
#[derive(Debug, Clone, Copy)]
enum Shift {
    Later(Duration),
    Earlier(Duration),
}

impl Shift {
    fn between(from: Timestamp, to: Timestamp) -> Self {
        if to >= from {
            Self::Later(to.since(from))
        } else {
            Self::Earlier(from.since(to))
        }
    }

    fn time(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Later(by) => at.after(by),
            Self::Earlier(by) => at.before(by),
        }
    }

    fn event(self, event: MarketEvent) -> MarketInput {
        match event {
            MarketEvent::Quote(mut quote) => {
                quote.ts_event = self.time(quote.ts_event);
                quote.ts_init = self.time(quote.ts_init);
                MarketInput::Quote(quote)
            }
            MarketEvent::Trade(mut trade) => {
                trade.ts_event = self.time(trade.ts_event);
                trade.ts_init = self.time(trade.ts_init);
                MarketInput::Trade(trade)
            }
            MarketEvent::Bar(mut bar) => {
                bar.ts_open = self.time(bar.ts_open);
                bar.ts_event = self.time(bar.ts_event);
                bar.ts_init = self.time(bar.ts_init);
                MarketInput::Bar(bar)
            }
            MarketEvent::Book(mut row) => {
                row.ts_event = self.time(row.ts_event);
                row.ts_init = self.time(row.ts_init);
                MarketInput::Book(row)
            }
        }
    }
}

impl Replay {
    /// Reads the files. `now` is when shifted events begin.
    pub(crate) fn load(config: ReplayConfig, now: Timestamp) -> Result<Self, FeedError> {
        let mut series = Vec::new();
        for source in &config.sources {
            let loaded = store::load(source, &mut |_, _| {})?;
            let (rows, skipped) = (loaded.rows, loaded.skipped.count);
            tracing::info!(file = %source.path.display(), rows, skipped, "loaded market data");
            series.push(loaded.series);
        }
        Ok(Self::of(series, &config, now))
    }

    /// Splits series into past and future.
    fn of(series: Vec<Series>, config: &ReplayConfig, now: Timestamp) -> Self {
        let mut future = store::merge(series);
        let mut first = future.next();
        let begin = first.map_or(now, |event| event.ts_init());
        let start = begin.after(config.warm_up);
        let shift = if config.shift_to_now {
            Shift::between(start, now)
        } else {
            Shift::Later(Duration::ZERO)
        };
        let (mut past, mut before) = (Vec::new(), Books::default());
        while let Some(event) = first.filter(|event| event.ts_init() < start) {
            if let MarketEvent::Book(row) = &event {
                // A top is history, which records it by itself.
                let _quote = before.push(row);
            }
            past.push(shift.event(event));
            first = future.next();
        }
        let known = first.map(|event| before.at(event.ts_init()));
        let rows = known.iter().flatten().flat_map(BookRow::of);
        let books = rows.map(|row| shift.event(MarketEvent::Book(row)));
        Self {
            past,
            books: books.collect(),
            future,
            first,
            shift,
            speed: config.speed,
        }
    }

    /// What serves as history.
    pub(crate) fn past(&self) -> &[MarketInput] {
        &self.past
    }

    /// When it begins: the time of the first event that is sent, or else of the last past one.
    pub(crate) fn begins_at(&self) -> Option<Timestamp> {
        let first = self.first.map(|event| self.shift.event(event));
        first
            .or_else(|| self.past.last().copied())
            .map(|event| event.time())
    }

    /// Sends all, waiting for room in the inbox: files can wait, so nothing is dropped.
    pub(crate) fn run(self, wiring: &Wiring, stop: &AtomicBool) {
        let Self {
            books,
            future,
            first,
            shift,
            speed,
            ..
        } = self;
        let events = first.into_iter().chain(future);
        let events = events.map(|event| shift.event(event));
        let events = books.into_iter().chain(events);
        match speed {
            Speed::Max => send_all(events, wiring, stop),
            Speed::Times(times) => send_paced(events, times.max(1), wiring, stop),
        }
    }
}

fn send_all(events: impl Iterator<Item = MarketInput>, wiring: &Wiring, stop: &AtomicBool) {
    let mut batch = Vec::with_capacity(MARKET_BATCH);
    for event in events {
        batch.push(event);
        let full = batch.len() == MARKET_BATCH;
        if full && (stop.load(Ordering::Acquire) || !send(&mut batch, wiring)) {
            return;
        }
    }
    send(&mut batch, wiring);
}

fn send(batch: &mut Vec<MarketInput>, wiring: &Wiring) -> bool {
    wiring.history.record(batch);
    let sent = wiring.inbox.send_market(batch).is_ok();
    batch.clear();
    sent
}

fn send_paced(
    events: impl Iterator<Item = MarketInput>,
    times: u32,
    wiring: &Wiring,
    stop: &AtomicBool,
) {
    let mut events = events.peekable();
    let Some(begin) = events.peek().map(MarketInput::time) else {
        return;
    };
    let started = Instant::now();
    let mut batch = Vec::new();
    while events.peek().is_some() && !stop.load(Ordering::Acquire) {
        let passed = crate::trader::as_nanos(started.elapsed()).saturating_mul(times.into());
        let now = begin.after(Duration::from_nanos(passed));
        while batch.len() < MARKET_BATCH
            && let Some(event) = events.next_if(|event| event.time() <= now)
        {
            batch.push(event);
        }
        if batch.is_empty() {
            // Timers and bar ends between events are due in event time too.
            batch.push(MarketInput::Clock(now));
            if !send(&mut batch, wiring) {
                return;
            }
            let next = events.peek().map_or(now, MarketInput::time);
            let wait = next.since(now).nanos() / u64::from(times);
            std::thread::sleep(std::time::Duration::from_nanos(wait).min(NAP));
        } else if !send(&mut batch, wiring) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{BookScope, InstrumentId, Price, Quantity, Trade};
    use store::BookBatches;
    use testkit::book::update;

    fn trades(times: &[u64]) -> Series {
        let trade = |&nanos: &u64| Trade {
            instrument: InstrumentId::new(0),
            price: Price::from_raw(1),
            size: Quantity::ONE,
            aggressor: None,
            ts_event: Timestamp::from_nanos(nanos),
            ts_init: Timestamp::from_nanos(nanos),
        };
        Series::Trades(times.iter().map(trade).collect())
    }

    fn check(warm_up: u64, now: Option<u64>, past: &[u64], future: &[u64]) {
        let config = ReplayConfig {
            warm_up: Duration::from_nanos(warm_up),
            shift_to_now: now.is_some(),
            ..ReplayConfig::default()
        };
        let now = Timestamp::from_nanos(now.unwrap_or(999));
        let replay = Replay::of(vec![trades(&[100, 110, 120, 130])], &config, now);
        let times = |inputs: &[MarketInput]| -> Vec<u64> {
            inputs.iter().map(|input| input.time().nanos()).collect()
        };
        assert_eq!(times(replay.past()), past);
        let Replay {
            future: rest,
            first,
            shift,
            ..
        } = replay;
        let rest: Vec<_> = first
            .into_iter()
            .chain(rest)
            .map(|e| shift.event(e))
            .collect();
        assert_eq!(times(&rest), future);
    }

    #[test]
    fn the_beginning_becomes_history_and_times_may_shift() {
        check(0, None, &[], &[100, 110, 120, 130]);
        check(15, None, &[100, 110], &[120, 130]);
        check(20, Some(1_000), &[980, 990], &[1_000, 1_010]);
        check(0, Some(50), &[], &[50, 60, 70, 80]);
        check(500, None, &[100, 110, 120, 130], &[]);
    }

    #[test]
    fn order_books_go_on_from_what_the_past_left() {
        let updates = [
            update(1, 90, 4, 100),
            update(2, 95, 7, 110),
            update(3, 90, 0, 120),
        ];
        let rows = updates.iter().flat_map(BookRow::of).collect();
        let config = ReplayConfig {
            warm_up: Duration::from_nanos(15),
            shift_to_now: true,
            ..ReplayConfig::default()
        };
        let now = Timestamp::from_nanos(1_115);
        let replay = Replay::of(vec![Series::Books(rows)], &config, now);
        assert_eq!(replay.past().len(), 3, "two levels and another one");
        let begins_at = replay.begins_at();
        let Replay {
            books,
            future,
            first,
            shift,
            ..
        } = replay;
        let events = first.into_iter().chain(future);
        let sent = books.into_iter().chain(events.map(|e| shift.event(e)));
        let mut batches = BookBatches::default();
        let sent = sent.filter_map(|input| match input {
            MarketInput::Book(row) => batches.push(&row),
            other => panic!("{other:?}"),
        });
        let sent: Vec<_> = sent
            .map(|batch| (batch.scope, batch.last, batch.ts_init.nanos()))
            .collect();
        let expect = [
            (BookScope::Snapshot, 2, 1_120),
            (BookScope::Delta, 3, 1_120),
        ];
        assert_eq!(sent, expect);
        assert_eq!(begins_at, Some(Timestamp::from_nanos(1_120)));
    }
}
