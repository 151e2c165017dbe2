//! What is odd about the data of each day: gaps, duplicates, outliers, crossed quotes, stale prices.
//! `docs/data.md` has the definitions for users; the words here are the same.

use std::collections::VecDeque;

use model::{BookRefusal, BookUpdate, Duration, InstrumentId, Price, Quantity, Rate, Timestamp};

use super::error::CatalogError;
use super::layout::{day_name, day_of};
use super::stream::Range;
use super::{Series, books};
use crate::book_rows::BookBatches;
use crate::book_state::BookState;
use crate::events::MarketEvent;

/// Prices of which the median is taken.
const WINDOW: usize = 21;
/// Prices that must be there before one can be odd.
const FEWEST: usize = 5;

/// From where on something is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// A gap: no event for longer than this between two events of a day. For time bars it counts
    /// from the end of one to the start of the next. A lost change of a book is one too.
    pub gap: Duration,
    /// An outlier: a price further than this share from the median of the 21 prices before it.
    pub outlier: Rate,
    /// Stale: events come for at least so long while prices and sizes stay the same.
    pub stale: Duration,
}

impl Default for Thresholds {
    /// Five minutes, a twentieth, five minutes.
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(300),
            outlier: Rate::from_raw(Rate::SCALE / 20),
            stale: Duration::from_secs(300),
        }
    }
}

/// One day of one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayQuality {
    /// `2024-01-31`, in UTC.
    pub day: String,
    /// Events.
    pub events: u64,
    /// Gaps.
    pub gaps: u64,
    /// The longest time between two events.
    pub longest_gap: Duration,
    /// Events that repeat the one before, time and all; of books, batches that are in the book already.
    pub duplicates: u64,
    /// Outliers.
    pub outliers: u64,
    /// Quotes with the bid above the ask, and batches that make such a book or cannot be.
    pub crossed: u64,
    /// Stale stretches.
    pub stale: u64,
}

impl DayQuality {
    /// Whether nothing is odd.
    pub const fn is_clean(&self) -> bool {
        self.gaps + self.duplicates + self.outliers + self.crossed + self.stale == 0
    }
}

impl Series {
    /// Looks at every event within `range`; days without events are not in the answer.
    pub fn quality(
        &self,
        range: Range,
        thresholds: Thresholds,
    ) -> Result<Vec<DayQuality>, CatalogError> {
        let mut days: Vec<DayQuality> = Vec::new();
        let mut scan = Scan::new(thresholds);
        let mut batches = BookBatches::default();
        let mut today = None;
        for event in self.read(InstrumentId::new(0), range) {
            let event = event?;
            let day = day_of(event.ts_init());
            if today != Some(day) {
                today = Some(day);
                scan.previous = None;
                days.push(empty(day_name(day)));
            }
            let Some(last) = days.last_mut() else {
                continue;
            };
            last.events += 1;
            match event {
                MarketEvent::Book(row) => {
                    if let Some(update) = batches.push(&row) {
                        scan.book(&update, last);
                    }
                }
                event => scan.take(&event, last),
            }
        }
        Ok(days)
    }
}

const fn empty(day: String) -> DayQuality {
    DayQuality {
        day,
        events: 0,
        gaps: 0,
        longest_gap: Duration::ZERO,
        duplicates: 0,
        outliers: 0,
        crossed: 0,
        stale: 0,
    }
}

/// What is remembered from event to event.
struct Scan {
    thresholds: Thresholds,
    previous: Option<MarketEvent>,
    /// Since when nothing has changed, and whether that was counted.
    same_since: (Timestamp, bool),
    recent: VecDeque<Price>,
    book: BookState,
    /// Whether the book is unknown, and that was counted.
    book_lost: bool,
}

impl Scan {
    fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            previous: None,
            same_since: (Timestamp::ZERO, false),
            recent: VecDeque::with_capacity(WINDOW),
            book: BookState::default(),
            book_lost: false,
        }
    }

    fn take(&mut self, event: &MarketEvent, day: &mut DayQuality) {
        if let MarketEvent::Quote(quote) = event
            && quote.bid > quote.ask
        {
            day.crossed += 1;
        }
        if self.is_outlier(price(event)) {
            day.outliers += 1;
        }
        match self.previous.replace(*event) {
            Some(previous) => self.compare(&previous, event, day),
            None => self.same_since = (event.ts_init(), false),
        }
    }

    /// Looks at a batch, and at the top of the book that it leaves.
    fn book(&mut self, update: &BookUpdate, day: &mut DayQuality) {
        match self.book.apply(update) {
            Ok(()) => self.book_lost = false,
            Err(BookRefusal::Old { .. }) => day.duplicates += 1,
            Err(refusal) => {
                let is_gap = matches!(refusal, BookRefusal::Gap { .. } | BookRefusal::NoSnapshot);
                day.gaps += u64::from(is_gap && !self.book_lost);
                day.crossed += u64::from(!is_gap);
                self.book_lost = true;
                self.book.lose();
            }
        }
        let Some(quote) = self.book.quote(update) else {
            return;
        };
        // That the top stays as it was is no repetition: what changed is behind it.
        let before = day.duplicates;
        self.take(&MarketEvent::Quote(quote), day);
        day.duplicates = before;
    }

    fn compare(&mut self, previous: &MarketEvent, event: &MarketEvent, day: &mut DayQuality) {
        let between = begin(event).since(previous.ts_init());
        day.longest_gap = day.longest_gap.max(between);
        if between > self.thresholds.gap {
            day.gaps += 1;
        }
        if previous == event {
            day.duplicates += 1;
        }
        if shown(previous) != shown(event) {
            self.same_since = (event.ts_init(), false);
        } else if !self.same_since.1
            && event.ts_init().since(self.same_since.0) >= self.thresholds.stale
        {
            self.same_since.1 = true;
            day.stale += 1;
        }
    }

    /// Whether a price is far from the median of those before it, which it joins.
    fn is_outlier(&mut self, price: Price) -> bool {
        let mut sorted: Vec<_> = self.recent.iter().copied().collect();
        sorted.sort_unstable();
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(price);
        let Some(median) = sorted
            .get(sorted.len() / 2)
            .filter(|_| sorted.len() >= FEWEST)
        else {
            return false;
        };
        let (median, price) = (i128::from(median.raw()), i128::from(price.raw()));
        let limit = median.abs() * i128::from(self.thresholds.outlier.raw());
        (price - median).abs() * i128::from(Rate::SCALE) > limit
    }
}

/// When what the event tells of began.
fn begin(event: &MarketEvent) -> Timestamp {
    match event {
        MarketEvent::Bar(bar) => bar.ts_open,
        other => other.ts_init(),
    }
}

fn price(event: &MarketEvent) -> Price {
    match event {
        MarketEvent::Quote(quote) => quote.bid.midpoint(quote.ask),
        MarketEvent::Trade(trade) => trade.price,
        MarketEvent::Bar(bar) => bar.close,
        MarketEvent::Book(row) => row.change.price().unwrap_or_default(),
    }
}

/// What must change for a price not to be stale. Sizes of trades and volumes differ by chance.
fn shown(event: &MarketEvent) -> ([Price; 4], [Quantity; 2]) {
    match event {
        MarketEvent::Quote(q) => ([q.bid, q.ask, q.bid, q.ask], [q.bid_size, q.ask_size]),
        MarketEvent::Trade(t) => ([t.price; 4], [Quantity::ZERO; 2]),
        MarketEvent::Bar(b) => ([b.open, b.high, b.low, b.close], [Quantity::ZERO; 2]),
        MarketEvent::Book(row) => ([price(event); 4], [books::change(&row.change).3; 2]),
    }
}
