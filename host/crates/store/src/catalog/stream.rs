//! Streams of events: of one series part after part, and of several series merged. What is in memory
//! is one batch of rows for each series, however long it is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;
use std::vec::IntoIter;

use model::{InstrumentId, Timestamp};

use super::Series;
use super::columns::Columns;
use super::error::CatalogError;
use super::layout::{Part, SeriesKey};
use super::read::PartReader;
use crate::events::MarketEvent;

/// A stretch of time: `from` is in it, `to` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

impl Range {
    /// All time.
    pub const ALL: Self = Self {
        from: Timestamp::ZERO,
        to: Timestamp::MAX,
    };

    /// Whether a part may have events within the range.
    pub(super) fn touches(self, part: &Part) -> bool {
        self.has_some(part.first.nanos(), part.last.nanos())
    }

    /// Whether something from `first` to `last`, both included, may be within the range.
    pub(super) fn has_some(self, first: u64, last: u64) -> bool {
        last >= self.from.nanos() && first < self.to.nanos()
    }
}

/// The events of one series in the order of time. After an error there is nothing more.
pub struct SeriesReader {
    key: Arc<SeriesKey>,
    instrument: InstrumentId,
    range: Range,
    parts: IntoIter<Part>,
    part: Option<PartReader>,
    rows: Columns,
    at: usize,
    last: i64,
}

impl SeriesReader {
    pub(super) fn new(series: &Series, instrument: InstrumentId, range: Range) -> Self {
        Self {
            key: Arc::clone(&series.key),
            instrument,
            range,
            parts: series.within(range).parts.into_iter(),
            part: None,
            rows: Columns::new(series.key.kind),
            at: 0,
            last: 0,
        }
    }

    /// The time of the next event; reads on where that takes it.
    #[inline]
    fn head(&mut self) -> Result<Option<Timestamp>, CatalogError> {
        if self.at == self.rows.len() && !self.fill()? {
            return Ok(None);
        }
        let time = self.rows.times()[self.at];
        Ok(Some(Timestamp::from_nanos(time.cast_unsigned())))
    }

    /// Takes the event whose time [`SeriesReader::head`] told.
    #[inline]
    fn take(&mut self) -> Option<MarketEvent> {
        let event = self.rows.event(self.at, self.instrument, self.key.bars);
        self.at += 1;
        event
    }

    /// Decodes rows until some are within the range; false at the end.
    fn fill(&mut self) -> Result<bool, CatalogError> {
        loop {
            self.at = 0;
            let Some(part) = &mut self.part else {
                self.rows.clear();
                match self.parts.next() {
                    None => return Ok(false),
                    Some(part) => self.part = Some(PartReader::open(&part, self.range)?),
                }
                continue;
            };
            if !part.next(&mut self.rows)? {
                self.part = None;
                continue;
            }
            check_order(part, self.rows.times(), self.last)?;
            self.last = self.rows.times().last().copied().unwrap_or(self.last);
            if self.cut() {
                return Ok(true);
            }
        }
    }

    /// Leaves only rows within the range; false when there are none.
    fn cut(&mut self) -> bool {
        let before = |limit: Timestamp| move |time: &i64| time.cast_unsigned() < limit.nanos();
        let end = self.rows.times().partition_point(before(self.range.to));
        if end < self.rows.len() {
            self.rows
                .values
                .iter_mut()
                .for_each(|column| column.truncate(end));
            self.part = None;
            self.parts = Vec::new().into_iter();
        }
        self.at = self.rows.times().partition_point(before(self.range.from));
        self.at < self.rows.len()
    }

    /// Reads nothing more.
    fn stop(&mut self) {
        self.rows.clear();
        self.at = 0;
        self.part = None;
        self.parts = Vec::new().into_iter();
    }
}

/// Refuses rows whose time goes back.
pub(super) fn check_order(part: &PartReader, times: &[i64], last: i64) -> Result<(), CatalogError> {
    let starts_well = times.first().is_none_or(|first| *first >= last);
    if starts_well && times.is_sorted() {
        return Ok(());
    }
    let back = times.windows(2).find(|pair| pair[1] < pair[0]);
    let (previous, this) = match (starts_well, back) {
        (true, Some(pair)) => (pair[0], pair[1]),
        _ => (last, times.first().copied().unwrap_or(last)),
    };
    Err(CatalogError::TimeGoesBack {
        path: part.path().to_owned(),
        previous: Timestamp::from_nanos(previous.cast_unsigned()),
        this: Timestamp::from_nanos(this.cast_unsigned()),
    })
}

impl Iterator for SeriesReader {
    type Item = Result<MarketEvent, CatalogError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.head() {
            Ok(Some(_)) => self.take().map(Ok),
            Ok(None) => None,
            Err(error) => {
                self.stop();
                Some(Err(error))
            }
        }
    }
}

/// Several series as one stream, ordered by `ts_init` and then by their place in the list, as
/// [`crate::merge`] orders what is in memory.
pub struct Merged {
    readers: Vec<SeriesReader>,
    heap: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// What went wrong while reading ahead; told after the event that came before it.
    failed: Option<CatalogError>,
}

/// Merges series. Fails if one cannot be begun.
pub fn merge(mut readers: Vec<SeriesReader>) -> Result<Merged, CatalogError> {
    let mut heap = BinaryHeap::with_capacity(readers.len());
    for (place, reader) in readers.iter_mut().enumerate() {
        if let Some(time) = reader.head()? {
            heap.push(Reverse((time, place)));
        }
    }
    Ok(Merged {
        readers,
        heap,
        failed: None,
    })
}

impl Iterator for Merged {
    type Item = Result<MarketEvent, CatalogError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.heap.clear();
            return Some(Err(error));
        }
        let mut head = self.heap.peek_mut()?;
        let reader = self.readers.get_mut(head.0.1)?;
        let event = reader.take()?;
        match reader.head() {
            Ok(Some(time)) => head.0.0 = time,
            Ok(None) => {
                PeekMut::pop(head);
            }
            Err(error) => self.failed = Some(error),
        }
        Some(Ok(event))
    }
}
