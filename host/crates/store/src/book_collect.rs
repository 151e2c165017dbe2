//! Gathers the rows of an order book: where batches begin and end, and whether each fits the book before
//! it. A row cannot be left out: what follows would change a book that never was.

use std::path::PathBuf;

use model::{BookRefusal, BookUpdate};

use crate::book_rows::{BookBatches, BookRow};
use crate::book_state::BookState;
use crate::error::{DataError, Place, RowProblem};
use crate::source::{BookStart, DataSource, OnBadRow};

/// Takes rows in the order of the file.
pub(crate) struct BookCollector {
    file: PathBuf,
    rows: Vec<BookRow>,
    book: BookState,
    /// Index and place of the first row of the batch that is not complete.
    open: Option<(usize, Place)>,
}

impl BookCollector {
    pub(crate) fn new(source: &DataSource) -> Result<Self, DataError> {
        if source.on_bad_row != OnBadRow::Fail {
            let detail = "rows of order books cannot be left out, as all after them would change \
                          another book; read the file without skipping bad rows";
            return Err(DataError::Setting {
                file: source.path.clone(),
                detail: detail.to_owned(),
            });
        }
        Ok(Self {
            file: source.path.clone(),
            rows: Vec::new(),
            book: match &source.book_start {
                BookStart::Snapshot => BookState::default(),
                BookStart::After(_) => BookState::going_on(),
            },
            open: None,
        })
    }

    /// Takes a row. Rows that say the same of their batch are one batch; whether a row begins or ends
    /// it is found here.
    pub(crate) fn row(&mut self, mut row: BookRow, place: Place) -> Result<(), DataError> {
        if let Some(before) = self.rows.last().copied() {
            if row.ts_event < before.ts_event {
                let (previous, this) = (before.ts_event, row.ts_event);
                return Err(self.bad(RowProblem::TimeGoesBack { previous, this }, place));
            }
            let same = self.open.is_some() && row.is_with(&before);
            if same && before.change.is_by_order() != row.change.is_by_order() {
                return Err(self.bad(problem(BookRefusal::OtherKind, &self.book), place));
            }
            if !same {
                self.close()?;
            }
        }
        row.begins = self.open.is_none();
        row.ends = false;
        self.open.get_or_insert((self.rows.len(), place));
        self.rows.push(row);
        Ok(())
    }

    /// Takes a whole batch.
    pub(crate) fn batch(&mut self, update: &BookUpdate, place: Place) -> Result<(), DataError> {
        for row in BookRow::of(update) {
            self.row(row, place)?;
        }
        self.close()
    }

    /// The rows, once the last one is in.
    pub(crate) fn finish(mut self) -> Result<Vec<BookRow>, DataError> {
        self.close()?;
        self.rows.shrink_to_fit();
        Ok(self.rows)
    }

    /// Ends the batch that is open, and applies it.
    fn close(&mut self) -> Result<(), DataError> {
        let Some((from, place)) = self.open.take() else {
            return Ok(());
        };
        if let Some(last) = self.rows.last_mut() {
            last.ends = true;
        }
        let mut batches = BookBatches::default();
        let rows = self.rows.get(from..).unwrap_or_default();
        let update = rows.iter().filter_map(|row| batches.push(row)).next();
        let applied = update.map_or(Ok(()), |update| self.book.apply(&update));
        applied.map_err(|refusal| self.bad(problem(refusal, &self.book), place))
    }

    fn bad(&self, problem: RowProblem, place: Place) -> DataError {
        DataError::Row {
            file: self.file.clone(),
            place,
            problem: Box::new(problem),
        }
    }
}

/// What a refusal says of the row with which the batch begins.
fn problem(refusal: BookRefusal, book: &BookState) -> RowProblem {
    match (refusal, book.top()) {
        (BookRefusal::Crossed, Some(((bid, _), (ask, _)))) => RowProblem::CrossedBook { bid, ask },
        (refusal, _) => RowProblem::Book(refusal),
    }
}

// Lists of rows are the largest part of memory: a row must not grow unseen.
const _: () = assert!(size_of::<BookRow>() <= 88);
