//! Gathers the rows of one file: order of time, choice of symbol, bad rows, growth of memory.

use std::path::PathBuf;

use model::{Bar, BarMethod, Quote, Timestamp, Trade};

use crate::assemble::{Assembler, Timed};
use crate::bars;
use crate::book_collect::BookCollector;
use crate::cells::{Cells, Problem};
use crate::error::{DataError, Place, RowProblem};
use crate::events::{Loaded, Series, Skipped};
use crate::source::{DataKind, DataSource, OnBadRow};

/// Bad rows and symbols that are kept as examples.
const EXAMPLES: usize = 5;
/// Events for which room is made at first.
const FIRST_ROOM: usize = 4096;

/// What time bars demand of two neighbours.
#[derive(Debug, Clone, Copy)]
enum Spacing {
    /// Times may repeat.
    Free,
    /// Times must rise; by at least this many nanoseconds, where that is known.
    Apart(Option<u64>),
}

/// Takes rows in the order of the file.
pub(crate) struct Collector {
    file: PathBuf,
    assembler: Assembler,
    source: DataSource,
    series: Series,
    /// Takes the rows of books instead of `series`.
    books: Option<BookCollector>,
    spacing: Spacing,
    last: Option<Timestamp>,
    symbols: Symbols,
    rows: u64,
    skipped: Skipped,
}

#[derive(Default)]
struct Symbols {
    /// The symbol of the first row, when none was chosen.
    first: Option<Vec<u8>>,
    /// Other symbols than the one chosen.
    seen: Vec<String>,
}

impl Symbols {
    /// Remembers one of the first few symbols that are not the chosen one.
    fn note(&mut self, symbol: &[u8]) {
        if self.seen.len() < EXAMPLES && !self.seen.iter().any(|seen| seen.as_bytes() == symbol) {
            self.seen.push(String::from_utf8_lossy(symbol).into_owned());
        }
    }
}

impl Collector {
    pub(crate) fn new(source: &DataSource, kind: DataKind) -> Result<Self, DataError> {
        let file = source.path.clone();
        let (series, spacing) = match kind {
            DataKind::Quotes => (Series::Quotes(Vec::new()), Spacing::Free),
            DataKind::Trades => (Series::Trades(Vec::new()), Spacing::Free),
            DataKind::Books => (Series::Books(Vec::new()), Spacing::Free),
            DataKind::Bars => {
                bars::check(source.bar, source.bar_label, &file)?;
                let spacing = match source.bar.map(|spec| spec.method) {
                    None => Spacing::Apart(None),
                    Some(BarMethod::Time(step)) => Spacing::Apart(Some(step)),
                    Some(_) => Spacing::Free,
                };
                (Series::Bars(Vec::new()), spacing)
            }
        };
        let books = match kind {
            DataKind::Books => Some(BookCollector::new(source)?),
            _ => None,
        };
        Ok(Self {
            books,
            assembler: Assembler {
                instrument: source.instrument,
                prices: source.prices,
            },
            source: source.clone(),
            series,
            spacing,
            last: None,
            symbols: Symbols::default(),
            rows: 0,
            skipped: Skipped::default(),
            file,
        })
    }

    /// Rows seen so far.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes one row.
    pub(crate) fn row(&mut self, cells: &mut impl Cells, place: Place) -> Result<(), DataError> {
        self.rows += 1;
        match cells.symbol() {
            Ok(Some(symbol)) if !self.is_wanted(symbol, place)? => return Ok(()),
            Ok(_) => {}
            Err(problem) => return self.bad(problem, place),
        }
        if let Some(books) = &mut self.books {
            return match self.assembler.book(cells) {
                Ok(row) => books.row(row, place),
                Err(problem) => self.bad(problem, place),
            };
        }
        let (last, spacing) = (&mut self.last, self.spacing);
        let outcome = match &mut self.series {
            Series::Quotes(list) => self
                .assembler
                .quote(cells)
                .and_then(|event| push(list, event, last, spacing)),
            Series::Trades(list) => self
                .assembler
                .trade(cells)
                .and_then(|event| push(list, event, last, spacing)),
            Series::Bars(list) => self
                .assembler
                .bar(cells)
                .and_then(|event| push(list, event, last, spacing)),
            // Their collector took the row.
            Series::Books(_) => Ok(()),
        };
        outcome.or_else(|problem| self.bad(problem, place))
    }

    /// Whether a row of `symbol` is to be read. Several symbols without a choice are an error of
    /// the file, which skipping bad rows does not hide.
    fn is_wanted(&mut self, symbol: &[u8], place: Place) -> Result<bool, DataError> {
        if let Some(wanted) = &self.source.symbol {
            let same = symbol == wanted.as_bytes();
            if !same {
                self.symbols.note(symbol);
            }
            return Ok(same);
        }
        let first = self.symbols.first.get_or_insert_with(|| symbol.to_vec());
        if first.as_slice() == symbol {
            return Ok(true);
        }
        Err(DataError::SeveralSymbols {
            file: self.file.clone(),
            place,
            first: String::from_utf8_lossy(first).into_owned(),
            second: String::from_utf8_lossy(symbol).into_owned(),
        })
    }

    /// Refuses or leaves out a bad row.
    #[cold]
    fn bad(&mut self, problem: Problem, place: Place) -> Result<(), DataError> {
        let error = DataError::Row {
            file: self.file.clone(),
            place,
            problem,
        };
        let OnBadRow::Skip { max } = self.source.on_bad_row else {
            return Err(error);
        };
        if self.skipped.count == max {
            return Err(DataError::TooManyBadRows {
                max,
                last: Box::new(error),
            });
        }
        self.skipped.count += 1;
        if self.skipped.examples.len() < EXAMPLES {
            self.skipped.examples.push(error);
        }
        Ok(())
    }

    /// The events, once the last row is in.
    pub(crate) fn finish(mut self) -> Result<Loaded, DataError> {
        if let Some(books) = self.books.take() {
            self.series = Series::Books(books.finish()?);
        }
        if self.series.is_empty() {
            return Err(self.nothing());
        }
        match &mut self.series {
            Series::Quotes(list) => list.shrink_to_fit(),
            Series::Trades(list) => list.shrink_to_fit(),
            Series::Books(_) => {}
            Series::Bars(list) => {
                list.shrink_to_fit();
                bars::finish(list, self.source.bar, self.source.bar_label, &self.file)?;
            }
        }
        Ok(Loaded {
            series: self.series,
            rows: self.rows,
            skipped: self.skipped,
        })
    }

    /// Why there are no events though there were rows.
    fn nothing(mut self) -> DataError {
        let (file, rows) = (self.file, self.rows);
        if !self.skipped.examples.is_empty() {
            return DataError::NothingLeft {
                rows,
                example: Box::new(self.skipped.examples.remove(0)),
            };
        }
        match self.source.symbol {
            Some(symbol) if rows > 0 => DataError::SymbolNotFound {
                file,
                rows,
                symbol,
                seen: self.symbols.seen,
            },
            _ => DataError::HeaderOnly { file },
        }
    }
}

/// Appends an event that is in order.
fn push<E: Timed>(
    list: &mut Vec<E>,
    event: E,
    last: &mut Option<Timestamp>,
    spacing: Spacing,
) -> Result<(), Problem> {
    let this = event.time();
    if let Some(previous) = *last {
        check_order(previous, this, spacing)?;
    }
    *last = Some(this);
    // Growth by a quarter, not by doubling: half of the largest list would be unused room.
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 4).max(FIRST_ROOM));
    }
    list.push(event);
    Ok(())
}

fn check_order(previous: Timestamp, this: Timestamp, spacing: Spacing) -> Result<(), Problem> {
    if this < previous {
        return Err(Box::new(RowProblem::TimeGoesBack { previous, this }));
    }
    match spacing {
        Spacing::Apart(None) if this == previous => Err(Box::new(RowProblem::RepeatedBar { this })),
        Spacing::Apart(Some(length_ns)) if this.since(previous).nanos() < length_ns => {
            Err(Box::new(RowProblem::BarOverlaps {
                previous,
                this,
                length_ns,
            }))
        }
        _ => Ok(()),
    }
}

// The largest part of memory is the list: an event must not grow unseen.
const _: () = assert!(size_of::<Quote>() <= 56 && size_of::<Trade>() <= 48);
const _: () = assert!(size_of::<Bar>() <= 104);
