//! The seam between formats and events: one row, seen as typed fields.

use model::number::Excess;
use model::{BookScope, Price, Quantity, Side, Timestamp};

use crate::decimal::{DecimalError, parse_units};
use crate::error::RowProblem;
use crate::source::Field;

pub(crate) type Problem = Box<RowProblem>;

/// Where each field is, by [`Field::index`].
pub(crate) type Columns = [Option<usize>; Field::COUNT];

/// One row of a file.
pub(crate) trait Cells {
    /// When it happened.
    fn time(&mut self) -> Result<Timestamp, Problem>;
    /// A price that must be there.
    fn price(&self, field: Field) -> Result<Price, Problem>;
    /// An amount; zero, meaning unknown, where the file has no such column.
    fn quantity(&self, field: Field) -> Result<Quantity, Problem>;
    /// Side of the order that took liquidity, where the file says so.
    fn aggressor(&self) -> Result<Option<Side>, Problem>;
    /// Whether the row is of a whole book or of changes, and of which kind of book if that is said too.
    fn book_mark(&self) -> Result<BookMark, Problem>;
    /// A whole number; `None` where there is none, which `-1` says too.
    fn whole(&self, field: Field) -> Result<Option<u64>, Problem>;
    /// The symbol, where the file has one.
    fn symbol(&self) -> Result<Option<&[u8]>, Problem>;
}

/// What a row says of its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BookMark {
    pub(crate) scope: BookScope,
    /// Whether the book is known order by order; `None` where the id of the order tells.
    pub(crate) by_order: Option<bool>,
}

/// Flags of a row in a catalog: it is of a snapshot.
pub(crate) const SNAPSHOT: u8 = 1;
/// It is the first of its batch.
pub(crate) const BEGINS: u8 = 2;
/// It is the last of its batch.
pub(crate) const ENDS: u8 = 4;
/// It is of a book that is known order by order.
pub(crate) const BY_ORDER: u8 = 8;

/// What text says of a batch: a word, or flags.
pub(crate) fn book_mark(text: &[u8]) -> Result<BookMark, Problem> {
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|w| text.eq_ignore_ascii_case(w.as_bytes()))
    };
    let (scope, by_order) = if is(&["snapshot", "snap"]) {
        (BookScope::Snapshot, None)
    } else if is(&["delta", "update", "set"]) {
        (BookScope::Delta, None)
    } else {
        let text = String::from_utf8_lossy(text);
        let flags = text.parse::<u8>().ok().filter(|flags| *flags < 16);
        let flags = flags.ok_or_else(|| RowProblem::BadUpdateType {
            value: text.into_owned(),
        })?;
        let scope = match flags & SNAPSHOT {
            0 => BookScope::Delta,
            _ => BookScope::Snapshot,
        };
        (scope, Some(flags & BY_ORDER != 0))
    };
    Ok(BookMark { scope, by_order })
}

/// A whole number from text; none where it is empty or `-1`.
pub(crate) fn whole(field: Field, text: &[u8]) -> Result<Option<u64>, Problem> {
    if text.is_empty() || text == b"-1" {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(text);
    text.parse::<u64>().map(Some).map_err(|_| {
        Box::new(RowProblem::NotWhole {
            field,
            value: text.into_owned(),
        })
    })
}

/// A price from text.
pub(crate) fn price(field: Field, text: &[u8], excess: Excess) -> Result<Price, Problem> {
    let units = parse_units(text, Price::DIGITS, excess)
        .map_err(|error| number_problem(field, text, Price::DIGITS, error))?;
    price_from_units(field, units, || String::from_utf8_lossy(text).into_owned())
}

/// An amount from text.
pub(crate) fn quantity(field: Field, text: &[u8], excess: Excess) -> Result<Quantity, Problem> {
    let units = parse_units(text, Quantity::DIGITS, excess)
        .map_err(|error| number_problem(field, text, Quantity::DIGITS, error))?;
    quantity_from_units(field, units, || String::from_utf8_lossy(text).into_owned())
}

/// A price from units of 1e-9; `text` shows it when it is wrong.
pub(crate) fn price_from_units(
    field: Field,
    units: i128,
    text: impl Fn() -> String,
) -> Result<Price, Problem> {
    let raw = i64::try_from(units).map_err(|_| {
        Box::new(RowProblem::TooLarge {
            field,
            value: text(),
        })
    })?;
    Ok(Price::from_raw(raw))
}

/// An amount from units of 1e-8; `text` shows it when it is wrong.
pub(crate) fn quantity_from_units(
    field: Field,
    units: i128,
    text: impl Fn() -> String,
) -> Result<Quantity, Problem> {
    if units < 0 {
        return Err(Box::new(RowProblem::Negative {
            field,
            value: text(),
        }));
    }
    let raw = u64::try_from(units).map_err(|_| {
        Box::new(RowProblem::TooLarge {
            field,
            value: text(),
        })
    })?;
    Ok(Quantity::from_raw(raw))
}

fn number_problem(field: Field, text: &[u8], digits: u32, error: DecimalError) -> Problem {
    let value = String::from_utf8_lossy(text).into_owned();
    Box::new(match error {
        DecimalError::Malformed => RowProblem::NotANumber { field, value },
        DecimalError::NotFinite => RowProblem::NotFinite { field, value },
        DecimalError::TooPrecise => RowProblem::TooPrecise {
            field,
            value,
            digits,
        },
        DecimalError::TooLarge => RowProblem::TooLarge { field, value },
    })
}

/// The taker's side from the text of a side column. Empty means unknown.
pub(crate) fn side(text: &[u8]) -> Result<Option<Side>, Problem> {
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|w| text.eq_ignore_ascii_case(w.as_bytes()))
    };
    if is(&["buy", "b", "bid", "buyer", "1"]) {
        Ok(Some(Side::Buy))
    } else if is(&["sell", "s", "ask", "a", "seller", "-1"]) {
        Ok(Some(Side::Sell))
    } else if is(&["", "0", "n", "none", "unknown"]) {
        Ok(None)
    } else {
        Err(bad_side(Field::Side, text))
    }
}

/// The taker's side from the text of a column that says whether the buyer rested on the book.
pub(crate) fn side_of_maker(text: &[u8]) -> Result<Option<Side>, Problem> {
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|w| text.eq_ignore_ascii_case(w.as_bytes()))
    };
    if is(&["true", "t", "1"]) {
        Ok(Some(Side::Sell))
    } else if is(&["false", "f", "0"]) {
        Ok(Some(Side::Buy))
    } else if text.is_empty() {
        Ok(None)
    } else {
        Err(bad_side(Field::BuyerMaker, text))
    }
}

fn bad_side(field: Field, text: &[u8]) -> Problem {
    let value = String::from_utf8_lossy(text).into_owned();
    Box::new(RowProblem::BadSide { field, value })
}
