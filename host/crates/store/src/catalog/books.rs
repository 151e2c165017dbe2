//! Order books in the catalog: rows as numbers, whether they make whole batches, and whether batches and
//! parts follow each other without a gap.

use std::path::Path;

use model::{BookLevel, BookOrder, BookScope, InstrumentId, Price, Quantity, Side, Timestamp};

use super::Catalog;
use super::columns::{Columns, side, side_number};
use super::error::CatalogError;
use super::layout::Part;
use super::read::PartReader;
use super::stream::Range;
use crate::book_rows::{BookChange, BookRow};
use crate::cells::{BEGINS, BY_ORDER, ENDS, SNAPSHOT};
use crate::events::MarketEvent;
use crate::source::DataKind;

/// Places of columns, as in `schema`.
const FIRST: usize = 2;
const LAST: usize = 3;
const FLAGS: usize = 4;
const SIDE: usize = 5;

/// A row as values of the columns.
pub(super) fn values(row: &BookRow) -> [i64; 9] {
    let (side, id, price, size) = change(&row.change);
    let flag = |is: bool, bit: u8| if is { bit } else { 0 };
    let flags = flag(row.scope == BookScope::Snapshot, SNAPSHOT)
        | flag(row.begins, BEGINS)
        | flag(row.ends, ENDS)
        | flag(row.change.is_by_order(), BY_ORDER);
    [
        row.ts_event.nanos().cast_signed(),
        row.ts_init.nanos().cast_signed(),
        row.first.cast_signed(),
        row.last.cast_signed(),
        i64::from(flags),
        side_number(side),
        price.raw(),
        size.raw().cast_signed(),
        id.cast_signed(),
    ]
}

/// Side, id of the order, price and size of a change.
pub(super) const fn change(change: &BookChange) -> (Option<Side>, u64, Price, Quantity) {
    match change {
        BookChange::Level(level) => (Some(level.side), 0, level.price, level.size),
        BookChange::Order(order) => (Some(order.side), order.id, order.price, order.size),
        BookChange::NoLevel | BookChange::NoOrder => (None, 0, Price::ZERO, Quantity::ZERO),
    }
}

/// A row of values of the columns.
#[inline]
pub(super) fn row(
    instrument: InstrumentId,
    value: impl Fn(usize) -> Option<i64>,
) -> Option<BookRow> {
    let whole = |column| Some(value(column)?.cast_unsigned());
    let flags = u8::try_from(value(FLAGS)?).ok()?;
    let price = Price::from_raw(value(6)?);
    let size = Quantity::from_raw(whole(7)?);
    let change = match (side(value(SIDE)?), flags & BY_ORDER != 0) {
        (Some(side), false) => BookChange::Level(BookLevel { side, price, size }),
        (Some(side), true) => BookChange::Order(BookOrder {
            id: whole(8)?,
            side,
            price,
            size,
        }),
        (None, false) => BookChange::NoLevel,
        (None, true) => BookChange::NoOrder,
    };
    Some(BookRow {
        instrument,
        scope: if flags & SNAPSHOT == 0 {
            BookScope::Delta
        } else {
            BookScope::Snapshot
        },
        begins: flags & BEGINS != 0,
        ends: flags & ENDS != 0,
        first: whole(FIRST)?,
        last: whole(LAST)?,
        change,
        ts_event: Timestamp::from_nanos(whole(0)?),
        ts_init: Timestamp::from_nanos(whole(1)?),
    })
}

/// What the rows of a batch have in common: times, numbers, kind.
type Common = [i64; 5];

/// Checks that rows make whole batches.
#[derive(Debug)]
pub(super) struct BatchCheck {
    lead: Lead,
}

#[derive(Debug, Clone, Copy)]
enum Lead {
    /// Rows before were not read: a batch may have begun there.
    Unknown,
    Between,
    Within(Common),
}

impl BatchCheck {
    pub(super) const fn new() -> Self {
        Self {
            lead: Lead::Between,
        }
    }

    /// Notes that rows were left out.
    pub(super) const fn skip(&mut self) {
        self.lead = Lead::Unknown;
    }

    /// Looks at the next rows, the first of which is row `from` of the file, counted from 1.
    pub(super) fn rows(
        &mut self,
        rows: &Columns,
        from: u64,
        path: &Path,
    ) -> Result<(), CatalogError> {
        for index in 0..rows.len() {
            self.row(rows, index).map_err(|(column, detail)| {
                let row = from + index as u64;
                broken(path, row, column, detail)
            })?;
        }
        Ok(())
    }

    fn row(&mut self, rows: &Columns, index: usize) -> Result<(), (&'static str, &'static str)> {
        let value = |column: usize| rows.values[column][index];
        let flags = u8::try_from(value(FLAGS)).ok().filter(|flags| *flags < 16);
        let flags = flags.ok_or(("flags", "is not from 0 to 15"))?;
        if !(-1..=1).contains(&value(SIDE)) {
            return Err(("side", "is none of 1, -1 and 0"));
        }
        let kind = i64::from(flags & (SNAPSHOT | BY_ORDER));
        let common = [value(0), value(1), value(FIRST), value(LAST), kind];
        match (self.lead, flags & BEGINS != 0) {
            (Lead::Between, false) => return Err(("flags", "says no batch begins where one must")),
            (Lead::Within(_), true) => return Err(("flags", "begins a batch within another")),
            (Lead::Within(before), false) if before != common => {
                return Err(("last_update", "or another column differs within a batch"));
            }
            _ => {}
        }
        let begun = !matches!(self.lead, Lead::Unknown) || flags & BEGINS != 0;
        self.lead = match (flags & ENDS != 0, begun) {
            (true, _) => Lead::Between,
            (false, true) => Lead::Within(common),
            (false, false) => Lead::Unknown,
        };
        Ok(())
    }

    /// Looks at the end of the file, behind row `last`.
    pub(super) fn end(&self, last: u64, path: &Path) -> Result<(), CatalogError> {
        match self.lead {
            Lead::Within(_) => Err(broken(path, last, "flags", "is the end, within a batch")),
            _ => Ok(()),
        }
    }
}

fn broken(path: &Path, row: u64, column: &'static str, detail: &'static str) -> CatalogError {
    CatalogError::Batch {
        path: path.to_owned(),
        row,
        column,
        detail,
    }
}

/// Where one batch meets another: the venue's number there, and what kind of book it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Joint {
    pub(super) number: u64,
    by_order: bool,
}

impl Joint {
    /// Where the batch of a row begins.
    pub(super) const fn before(row: &BookRow) -> Self {
        Self {
            number: row.first,
            by_order: row.change.is_by_order(),
        }
    }

    /// Where it ends.
    const fn after(row: &BookRow) -> Self {
        Self {
            number: row.last,
            by_order: row.change.is_by_order(),
        }
    }
}

/// How a stretch of batches begins and ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The first, if the stretch begins with changes.
    pub(super) begins_at: Option<Joint>,
    /// The last.
    pub(super) last: Option<Joint>,
}

impl Numbers {
    /// Takes the next row; fails where it begins a batch that does not follow.
    pub(super) fn take(&mut self, row: &BookRow, path: &Path) -> Result<(), CatalogError> {
        if !row.begins {
            return Ok(());
        }
        let begin = Joint::before(row);
        if row.scope == BookScope::Delta {
            match self.last {
                None => self.begins_at = Some(begin),
                Some(last) => follow(last, begin, path)?,
            }
        }
        self.last = Some(Joint::after(row));
        Ok(())
    }
}

/// Fails where changes from `begin` on do not follow what ends at `last`.
pub(super) fn follow(last: Joint, begin: Joint, path: &Path) -> Result<(), CatalogError> {
    if begin.number > last.number.saturating_add(1) {
        return Err(CatalogError::BookGap {
            path: path.to_owned(),
            last: last.number,
            first: begin.number,
        });
    }
    if begin.by_order != last.by_order {
        let words = |by_order| if by_order { "by order" } else { "by level" };
        return Err(CatalogError::BookKind {
            path: path.to_owned(),
            first: begin.number,
            before: words(last.by_order),
            then: words(begin.by_order),
        });
    }
    Ok(())
}

impl Catalog {
    /// The numbers with which the parts of an instrument's books end, by which a recording shows that it
    /// goes on from one.
    pub fn book_ends(&self, instrument: &str) -> Result<Vec<u64>, CatalogError> {
        let all = self.series(Some(instrument))?;
        let books = all
            .into_iter()
            .filter(|series| series.key.kind == DataKind::Books);
        let mut ends = Vec::new();
        for part in books.flat_map(|series| series.parts) {
            ends.extend(end_of(&part)?.map(|end| end.number));
        }
        Ok(ends)
    }
}

/// How a part ends.
pub(super) fn end_of(part: &Part) -> Result<Option<Joint>, CatalogError> {
    let end = Range {
        from: part.last,
        ..Range::ALL
    };
    let mut reader = PartReader::open(part, end)?;
    let mut rows = Columns::new(part.key.kind);
    let mut last = None;
    while reader.next(&mut rows)? {
        let event = rows.event(rows.len() - 1, InstrumentId::new(0), None);
        if let Some(MarketEvent::Book(row)) = event {
            last = Some(Joint::after(&row));
        }
    }
    Ok(last)
}
