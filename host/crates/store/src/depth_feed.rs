//! Reads a recorded feed of depth: puts snapshots and changes into the order that venues ask for. Changes
//! that a snapshot has already are passed over; those that came before it and are newer follow it.

use std::io::{BufRead, BufReader, Read};

use model::{BookChanges, BookScope, BookUpdate, Timestamp};

use crate::book_collect::BookCollector;
use crate::depth_line::{self, Depth, Flaw};
use crate::error::{DataError, Place, RowProblem};
use crate::events::{Loaded, Series, Skipped};
use crate::feed_trades::FeedTrades;
use crate::load::PROGRESS_ROWS;
use crate::source::{BookStart, DataKind, DataSource};

/// Bytes of text held at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// Whether a first line is one of a recorded feed: JSON, behind a time of receipt or not.
pub(crate) fn is_feed(line: &[u8]) -> bool {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    line[digits..].trim_ascii_start().starts_with(b"{")
}

/// Reads all lines: order books, or trades where they are asked for. `progress` is called now and then.
pub(crate) fn read(
    source: &DataSource,
    text: impl Read,
    broken: impl Fn(u64, std::io::Error) -> DataError,
    progress: &mut dyn FnMut(),
) -> Result<Loaded, DataError> {
    let mut lines = Lines {
        source,
        text: BufReader::with_capacity(BUFFER_BYTES, text),
        broken,
        progress,
    };
    match source.kind {
        None | Some(DataKind::Books) => {
            let mut feed = Feed::new(source)?;
            let rows = lines.each(|line, place| feed.line(line, place))?;
            feed.finish(rows)
        }
        Some(DataKind::Trades) => {
            let mut trades = FeedTrades::new(source);
            let rows = lines.each(|line, place| trades.line(line, place))?;
            trades.finish(rows)
        }
        Some(kind) => Err(DataError::Setting {
            file: source.path.clone(),
            detail: format!("of a recorded feed books or trades are read, not {kind}; say which"),
        }),
    }
}

/// The lines of a feed.
struct Lines<'a, R, B> {
    source: &'a DataSource,
    text: BufReader<R>,
    broken: B,
    progress: &'a mut dyn FnMut(),
}

impl<R: Read, B: Fn(u64, std::io::Error) -> DataError> Lines<'_, R, B> {
    /// Hands over each line that is not blank; tells how many lines there are.
    fn each(
        &mut self,
        mut take: impl FnMut(&str, Place) -> Result<(), DataError>,
    ) -> Result<u64, DataError> {
        let mut line = Vec::new();
        let mut rows = 0;
        loop {
            line.clear();
            let read = self.text.read_until(b'\n', &mut line);
            if read.map_err(|error| (self.broken)(rows, error))? == 0 {
                (self.progress)();
                return Ok(rows);
            }
            rows += 1;
            let place = Place::Line(rows);
            let text = std::str::from_utf8(&line).map_err(|error| {
                let flaw = Flaw::NoJson(error.to_string());
                broken_row(self.source, RowProblem::Message(flaw.to_string()), place)
            })?;
            if !text.trim_ascii().is_empty() {
                take(text, place)?;
            }
            if rows.is_multiple_of(PROGRESS_ROWS) {
                (self.progress)();
            }
        }
    }
}

/// The choice of one symbol. Several symbols without a choice are an error.
pub(crate) struct Symbols<'a> {
    source: &'a DataSource,
    first: Option<String>,
}

impl<'a> Symbols<'a> {
    pub(crate) const fn new(source: &'a DataSource) -> Self {
        let first = None;
        Self { source, first }
    }

    /// Whether a message of a symbol, or of none, is to be read.
    pub(crate) fn want(&mut self, symbol: Option<&str>, place: Place) -> Result<bool, DataError> {
        let Some(symbol) = symbol else {
            return Ok(true);
        };
        if let Some(wanted) = &self.source.symbol {
            return Ok(wanted == symbol);
        }
        let first = self.first.get_or_insert_with(|| symbol.to_owned());
        if *first == *symbol {
            return Ok(true);
        }
        Err(DataError::SeveralSymbols {
            file: self.source.path.clone(),
            place,
            first: first.clone(),
            second: symbol.to_owned(),
        })
    }
}

pub(crate) fn broken_row(source: &DataSource, problem: RowProblem, place: Place) -> DataError {
    DataError::Row {
        file: source.path.clone(),
        place,
        problem: Box::new(problem),
    }
}

struct Feed<'a> {
    source: &'a DataSource,
    books: BookCollector,
    /// Changes from before the first snapshot.
    early: Vec<(Depth, Place)>,
    begun: bool,
    /// A snapshot whose time is settled by the change that follows it.
    held: Option<(Depth, Place)>,
    /// Number and time of what was taken last.
    last: Option<(u64, Option<Timestamp>)>,
    symbols: Symbols<'a>,
}

impl<'a> Feed<'a> {
    fn new(source: &'a DataSource) -> Result<Self, DataError> {
        Ok(Self {
            source,
            books: BookCollector::new(source)?,
            early: Vec::new(),
            begun: false,
            held: None,
            last: None,
            symbols: Symbols::new(source),
        })
    }

    fn line(&mut self, line: &str, place: Place) -> Result<(), DataError> {
        let depth = depth_line::parse(line);
        let depth = depth.map_err(|flaw| self.bad(RowProblem::Message(flaw.to_string()), place))?;
        match depth {
            Some(depth) if self.symbols.want(depth.symbol.as_deref(), place)? => {
                self.take(depth, place)
            }
            _ => Ok(()),
        }
    }

    fn take(&mut self, depth: Depth, place: Place) -> Result<(), DataError> {
        match (depth.scope, self.begun) {
            (BookScope::Delta, false) => self.early.push((depth, place)),
            (BookScope::Delta, true) => self.delta(depth, place)?,
            (BookScope::Snapshot, begun) => {
                if !begun {
                    self.go_on()?;
                }
                if self.is_old(&depth) {
                    return Ok(());
                }
                self.release(None)?;
                self.last = Some((depth.last, depth.time));
                self.held = Some((depth, place));
                self.begun = true;
                if !begun {
                    for (depth, place) in std::mem::take(&mut self.early) {
                        self.delta(depth, place)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the changes from before the first snapshot, where they follow what is known from elsewhere.
    /// Others belong to that snapshot, as far as they are newer.
    fn go_on(&mut self) -> Result<(), DataError> {
        let BookStart::After(ends) = &self.source.book_start else {
            return Ok(());
        };
        let follows = |end: &&u64| {
            let mut early = self.early.iter();
            early.any(|(depth, _)| depth.first <= end.saturating_add(1) && depth.last > **end)
        };
        let Some(end) = ends.iter().find(follows) else {
            return Ok(());
        };
        (self.last, self.begun) = (Some((*end, None)), true);
        for (depth, place) in std::mem::take(&mut self.early) {
            self.delta(depth, place)?;
        }
        Ok(())
    }

    /// Whether a snapshot tells nothing new. Numbers may begin anew, at a later time.
    fn is_old(&self, depth: &Depth) -> bool {
        self.last
            .is_some_and(|(last, time)| depth.last <= last && depth.time <= time)
    }

    fn delta(&mut self, depth: Depth, place: Place) -> Result<(), DataError> {
        if self.last.is_some_and(|(last, _)| depth.last <= last) {
            return Ok(());
        }
        self.release(depth.time)?;
        self.last = Some((depth.last, depth.time));
        self.put(depth, place)
    }

    /// Takes the snapshot that is held, not later than what follows it at `next`.
    fn release(&mut self, next: Option<Timestamp>) -> Result<(), DataError> {
        let Some((mut depth, place)) = self.held.take() else {
            return Ok(());
        };
        depth.time = match (depth.time, next) {
            (Some(own), Some(next)) => Some(own.min(next)),
            (own, next) => own.or(next),
        };
        self.put(depth, place)
    }

    fn put(&mut self, depth: Depth, place: Place) -> Result<(), DataError> {
        let Some(time) = depth.time else {
            return Err(self.bad(RowProblem::NoTime, place));
        };
        let update = BookUpdate {
            instrument: self.source.instrument,
            scope: depth.scope,
            first: depth.first,
            last: depth.last,
            changes: BookChanges::Levels(depth.levels),
            ts_event: time,
            ts_init: time,
        };
        self.books.batch(&update, place)
    }

    fn finish(mut self, rows: u64) -> Result<Loaded, DataError> {
        self.release(None)?;
        for (depth, place) in std::mem::take(&mut self.early) {
            self.put(depth, place)?;
        }
        let file = self.source.path.clone();
        let events = self.books.finish()?;
        if events.is_empty() {
            return Err(DataError::NoBooks { file, rows });
        }
        Ok(Loaded {
            series: Series::Books(events),
            rows,
            skipped: Skipped::default(),
        })
    }

    fn bad(&self, problem: RowProblem, place: Place) -> DataError {
        broken_row(self.source, problem, place)
    }
}
