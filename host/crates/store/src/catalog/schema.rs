//! The columns of each kind of part, and their types in Parquet.
//!
//! Prices have 9 digits after the point and quantities 8, in every part: files of different days and
//! instruments are one table to any tool. Numbers of up to 18 digits in all, which is what nearly
//! every part has, are stored as 64-bit integers; a part with longer ones is *wide*.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use model::{Price, Quantity};

use super::error::CatalogError;
use crate::source::DataKind;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nanoseconds since the epoch.
    Time,
    Price,
    Quantity,
    /// 1 if the taker bought, -1 if it sold, 0 if unknown; of books 1 for bids, -1 for asks, 0 for a row
    /// without a change.
    Side,
    /// The rule of bars by name, the same in every row of a part.
    Rule,
    /// A number or an id of a venue, of 64 bits without a sign.
    Number,
    /// What a row of a book is in its batch: `cells` has the bits.
    Flags,
}

/// Where `ts_init`, by which rows are sorted, is in every kind.
pub(super) const TS_INIT: usize = 1;
/// The name of that column.
pub(super) const SORTED_BY: &str = "ts_init";

const QUOTES: &[(&str, Form)] = &[
    ("ts_event", Form::Time),
    (SORTED_BY, Form::Time),
    ("bid", Form::Price),
    ("ask", Form::Price),
    ("bid_size", Form::Quantity),
    ("ask_size", Form::Quantity),
];
const TRADES: &[(&str, Form)] = &[
    ("ts_event", Form::Time),
    (SORTED_BY, Form::Time),
    ("price", Form::Price),
    ("size", Form::Quantity),
    ("aggressor", Form::Side),
];
const BARS: &[(&str, Form)] = &[
    ("ts_event", Form::Time),
    (SORTED_BY, Form::Time),
    ("ts_open", Form::Time),
    ("open", Form::Price),
    ("high", Form::Price),
    ("low", Form::Price),
    ("close", Form::Price),
    ("volume", Form::Quantity),
    ("rule", Form::Rule),
];

const BOOKS: &[(&str, Form)] = &[
    ("ts_event", Form::Time),
    (SORTED_BY, Form::Time),
    ("first_update", Form::Number),
    ("last_update", Form::Number),
    ("flags", Form::Flags),
    ("side", Form::Side),
    ("price", Form::Price),
    ("size", Form::Quantity),
    ("order_id", Form::Number),
];

/// The columns of a kind, in order.
pub(super) const fn columns(kind: DataKind) -> &'static [(&'static str, Form)] {
    match kind {
        DataKind::Quotes => QUOTES,
        DataKind::Trades => TRADES,
        DataKind::Bars => BARS,
        DataKind::Books => BOOKS,
    }
}

/// How many digits the numbers of a part may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// 18, as integers of 64 bits.
    Narrow,
    /// 20, which every price and quantity fits.
    Wide,
}

impl Width {
    pub(super) const fn digits(self) -> u8 {
        match self {
            Width::Narrow => 18,
            Width::Wide => 20,
        }
    }

    /// The largest number of a narrow part.
    pub(super) const NARROW_MAX: i128 = 10_i128.pow(18) - 1;
}

/// The schema of a part.
pub(super) fn schema(kind: DataKind, width: Width) -> SchemaRef {
    let fields = columns(kind).iter();
    let fields: Vec<_> = fields
        .map(|(name, form)| Field::new(*name, data_type(*form, width), false))
        .collect();
    Arc::new(Schema::new(fields))
}

fn data_type(form: Form, width: Width) -> DataType {
    let decimal = |digits: u32| {
        DataType::Decimal128(width.digits(), i8::try_from(digits).unwrap_or_default())
    };
    match form {
        Form::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        Form::Price => decimal(Price::DIGITS),
        Form::Quantity => decimal(Quantity::DIGITS),
        Form::Side | Form::Flags => DataType::Int8,
        Form::Number => DataType::UInt64,
        Form::Rule => DataType::Utf8,
    }
}

/// Refuses a file that has not exactly the columns of its kind; tells how wide it is.
pub(super) fn check(path: &Path, kind: DataKind, found: &Schema) -> Result<Width, CatalogError> {
    let price = columns(kind)
        .iter()
        .position(|(_, form)| *form == Form::Price);
    let first = price.and_then(|index| found.fields().get(index));
    let wide = first.is_some_and(|f| *f.data_type() == data_type(Form::Price, Width::Wide));
    let width = if wide { Width::Wide } else { Width::Narrow };
    let wanted = schema(kind, width);
    for (index, field) in wanted.fields().iter().enumerate() {
        let there = found.fields().get(index);
        if there.is_some_and(|there| same(there, field)) {
            continue;
        }
        let named = found.field_with_name(field.name()).ok();
        let other = match (named, there) {
            (Some(named), _) if !same(named, field) => describe(named),
            (Some(_), _) => format!("not column {}", index + 1),
            (None, _) => "missing".to_owned(),
        };
        return Err(wrong(path, field.name(), other, describe(field)));
    }
    match found.fields().get(wanted.fields().len()) {
        None => Ok(width),
        Some(more) => Err(wrong(
            path,
            more.name(),
            describe(more),
            "no such column".to_owned(),
        )),
    }
}

fn same(a: &Field, b: &Field) -> bool {
    a.name() == b.name() && a.data_type() == b.data_type() && a.is_nullable() == b.is_nullable()
}

fn describe(field: &Field) -> String {
    let nulls = if field.is_nullable() {
        ", may be null"
    } else {
        ""
    };
    format!("{}{nulls}", field.data_type())
}

fn wrong(path: &Path, column: &str, found: String, wanted: String) -> CatalogError {
    CatalogError::Schema {
        path: path.to_owned(),
        column: column.to_owned(),
        found,
        wanted,
    }
}
