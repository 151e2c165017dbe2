//! Finds out what a file holds and which column is what, from its header or, without one, from the
//! number of its columns.

use std::path::Path;

use model::BarBasis;

use crate::cells::Columns;
use crate::error::DataError;
use crate::source::{Column, DataKind, DataSource, Field};

/// What a file holds and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) kind: DataKind,
    pub(crate) columns: Columns,
}

/// Common names of each field, lower case, best first.
const NAMES: [(Field, &[&str]); 20] = [
    (
        Field::Time,
        &[
            "ts_ns",
            "ts_event",
            "timestamp",
            "ts",
            "datetime",
            "date_time",
            "unix_time",
            "unixtime",
            "unix",
            "open_time",
            "transact_time",
            "timestamp_ns",
            "timestamp_us",
            "timestamp_ms",
            "time_ns",
            "time_us",
            "time_ms",
            "gmt_time",
            "date",
            "time",
        ],
    ),
    (
        Field::Bid,
        &[
            "bid",
            "bid_price",
            "bidprice",
            "best_bid",
            "best_bid_price",
            "bid_px",
        ],
    ),
    (
        Field::Ask,
        &[
            "ask",
            "ask_price",
            "askprice",
            "best_ask",
            "best_ask_price",
            "ask_px",
            "offer",
        ],
    ),
    (
        Field::BidSize,
        &[
            "bid_size",
            "bidsize",
            "bid_qty",
            "bid_quantity",
            "bid_volume",
            "bid_sz",
            "best_bid_qty",
        ],
    ),
    (
        Field::AskSize,
        &[
            "ask_size",
            "asksize",
            "ask_qty",
            "ask_quantity",
            "ask_volume",
            "ask_sz",
            "best_ask_qty",
        ],
    ),
    (
        Field::Price,
        &["price", "px", "trade_price", "last_price", "last"],
    ),
    (
        Field::Size,
        &[
            "size",
            "quantity",
            "qty",
            "amount",
            "trade_size",
            "volume",
            "vol",
            "sz",
        ],
    ),
    (
        Field::Side,
        &["side", "aggressor_side", "aggressor", "taker_side"],
    ),
    (
        Field::BuyerMaker,
        &["buyer_maker", "is_buyer_maker", "isbuyermaker"],
    ),
    (Field::Open, &["open", "o", "open_price"]),
    (Field::High, &["high", "h", "high_price"]),
    (Field::Low, &["low", "l", "low_price"]),
    (Field::Close, &["close", "c", "close_price"]),
    (
        Field::Volume,
        &["volume", "vol", "v", "base_volume", "quantity"],
    ),
    (Field::Symbol, &["symbol", "ticker", "instrument", "pair"]),
    (Field::UpdateType, &["update_type", "flags"]),
    (Field::FirstUpdate, &["first_update", "first_update_id"]),
    (Field::LastUpdate, &["last_update", "last_update_id"]),
    (Field::PreviousUpdate, &["previous_update", "pu"]),
    (Field::OrderId, &["order_id"]),
];

/// Fields without which a kind cannot be read.
const fn needed(kind: DataKind) -> &'static [Field] {
    match kind {
        DataKind::Quotes => &[Field::Time, Field::Bid, Field::Ask],
        DataKind::Trades => &[Field::Time, Field::Price],
        DataKind::Bars => &[
            Field::Time,
            Field::Open,
            Field::High,
            Field::Low,
            Field::Close,
        ],
        DataKind::Books => &[
            Field::Time,
            Field::UpdateType,
            Field::LastUpdate,
            Field::Side,
            Field::Price,
            Field::Size,
        ],
    }
}

/// Fields that a kind may have.
const fn optional(kind: DataKind) -> &'static [Field] {
    match kind {
        DataKind::Quotes => &[
            Field::BidSize,
            Field::AskSize,
            Field::Symbol,
            Field::TimeOfDay,
        ],
        DataKind::Trades => &[
            Field::Size,
            Field::Side,
            Field::BuyerMaker,
            Field::Symbol,
            Field::TimeOfDay,
        ],
        DataKind::Bars => &[Field::Volume, Field::Symbol, Field::TimeOfDay],
        DataKind::Books => &[
            Field::FirstUpdate,
            Field::PreviousUpdate,
            Field::OrderId,
            Field::Symbol,
            Field::TimeOfDay,
        ],
    }
}

/// The layout of a file whose columns have names.
pub(crate) fn from_header(source: &DataSource, names: &[String]) -> Result<Layout, DataError> {
    let mut found = [None; Field::COUNT];
    for (field, common) in NAMES {
        let position = |name: &&str| names.iter().position(|column| normal(column) == **name);
        found[field.index()] = common.iter().find_map(position);
    }
    split_date_and_time(names, &mut found);
    apply_map(source, names, &mut found)?;
    finish(source, names, found, None)
}

/// The layout of a text file without a header that has `width` columns; `name` is the file's own
/// or the one it has inside its archive.
pub(crate) fn from_width(
    source: &DataSource,
    width: usize,
    name: &str,
) -> Result<Layout, DataError> {
    let columns: Vec<String> = (0..width).map(|index| index.to_string()).collect();
    let kind = source.kind.or_else(|| kind_from_shape(width, name));
    let mut found = [None; Field::COUNT];
    for (index, field) in positions(kind, width, source).iter().enumerate() {
        if let Some(field) = field {
            found[field.index()] = Some(index);
        }
    }
    apply_map(source, &columns, &mut found)?;
    finish(source, &columns, found, kind)
}

/// Lower case, without blanks, dots and the angle brackets of MetaTrader.
fn normal(name: &str) -> String {
    let bare = name.trim().trim_start_matches('<').trim_end_matches('>');
    bare.to_ascii_lowercase().replace([' ', '-', '.'], "_")
}

/// A `date` beside a `time` holds the day, and `time` the time of day.
fn split_date_and_time(names: &[String], found: &mut Columns) {
    let position = |name: &str| names.iter().position(|column| normal(column) == name);
    let date = position("date");
    if date.is_some() && found[Field::Time.index()] == date {
        found[Field::TimeOfDay.index()] = position("time");
    }
}

/// Puts the caller's mapping over what was found.
fn apply_map(source: &DataSource, names: &[String], found: &mut Columns) -> Result<(), DataError> {
    for (field, column) in source.columns.iter() {
        let position = match column {
            // A row may be wider than its header, so a position is checked row by row.
            Column::Index(index) => Some(*index),
            Column::Name(name) => names.iter().position(|column| column == name).or_else(|| {
                names
                    .iter()
                    .position(|column| normal(column) == normal(name))
            }),
        };
        found[field.index()] = Some(position.ok_or_else(|| DataError::NoSuchColumn {
            file: source.path.clone(),
            field,
            column: column.to_string(),
            available: names.to_vec(),
        })?);
    }
    Ok(())
}

fn finish(
    source: &DataSource,
    names: &[String],
    found: Columns,
    shape: Option<DataKind>,
) -> Result<Layout, DataError> {
    let kind = source
        .kind
        .or(shape)
        .or_else(|| kind_from_columns(&found))
        .ok_or_else(|| DataError::UnknownKind {
            file: source.path.clone(),
            available: names.to_vec(),
        })?;
    if let Some(&field) = needed(kind)
        .iter()
        .find(|field| found[field.index()].is_none())
    {
        let available = names.to_vec();
        return Err(DataError::MissingColumn {
            file: source.path.clone(),
            kind,
            field,
            available,
        });
    }
    let mut columns = [None; Field::COUNT];
    for field in needed(kind).iter().chain(optional(kind)) {
        columns[field.index()] = found[field.index()];
    }
    Ok(Layout { kind, columns })
}

/// The one kind whose columns are all there; a symbol and a time alone are none.
fn kind_from_columns(found: &Columns) -> Option<DataKind> {
    let kinds = [DataKind::Bars, DataKind::Quotes, DataKind::Trades];
    let has = |kind: &DataKind| {
        needed(*kind)
            .iter()
            .skip(1)
            .all(|field| found[field.index()].is_some())
    };
    // What a book needs is more than what trades need, and nothing else has it.
    if has(&DataKind::Books) {
        return Some(DataKind::Books);
    }
    let mut fitting = kinds.into_iter().filter(has);
    match (fitting.next(), fitting.next()) {
        (Some(kind), None) => Some(kind),
        _ => None,
    }
}

/// What a headerless file holds, if its width or its name (`..._quote...`, `..._trade...`) tells.
fn kind_from_shape(width: usize, name: &str) -> Option<DataKind> {
    match width {
        3 if name.contains("quote") => Some(DataKind::Quotes),
        3 if name.contains("trade") => Some(DataKind::Trades),
        6 | LEAN_QUOTE_BARS => Some(DataKind::Bars),
        _ => None,
    }
}

/// Columns of LEAN's quote bars: time, then open, high, low, close and last size of the bid, then
/// the same of the ask.
const LEAN_QUOTE_BARS: usize = 11;

/// What the columns of a headerless file are by convention. Bars of bid and ask in one row are read
/// only for the side that the bar rule names, never for one chosen here.
fn positions(kind: Option<DataKind>, width: usize, source: &DataSource) -> Vec<Option<Field>> {
    use Field::{Ask, AskSize, Bid, BidSize, Close, High, Low, Open, Price, Size, Time, Volume};
    let bar = [Open, High, Low, Close, Volume].map(Some);
    let basis = source.bar.map(|spec| spec.basis);
    let mut fields = vec![Some(Time)];
    match (kind, width, basis) {
        (Some(DataKind::Quotes), 3, _) => fields.extend([Bid, Ask].map(Some)),
        (Some(DataKind::Quotes), 5, _) => fields.extend([Bid, Ask, BidSize, AskSize].map(Some)),
        (Some(DataKind::Trades), 2 | 3, _) => fields.extend([Price, Size].map(Some)),
        (Some(DataKind::Bars), LEAN_QUOTE_BARS, Some(BarBasis::Bid)) => fields.extend(bar),
        (Some(DataKind::Bars), LEAN_QUOTE_BARS, Some(BarBasis::Ask)) => {
            fields.extend([None; 5]);
            fields.extend(bar);
        }
        (Some(DataKind::Bars), 5 | 6, _) => fields.extend(bar),
        _ => {}
    }
    fields.truncate(width);
    fields
}

/// The last part of a path, for names that tell something.
pub(crate) fn base_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use model::{BarSpec, InstrumentId};

    use super::*;

    fn layout(source: &DataSource, header: &str) -> Result<Layout, String> {
        let names: Vec<_> = header.split(',').map(str::to_owned).collect();
        from_header(source, &names).map_err(|error| error.to_string())
    }

    fn check(header: &str, kind: DataKind, expect: &[(Field, usize)]) {
        let source = DataSource::new("x.csv", InstrumentId::new(0));
        let layout = layout(&source, header).unwrap();
        let columns = layout.columns;
        let found: Vec<_> = Field::all()
            .filter_map(|field| Some((field, columns[field.index()]?)))
            .collect();
        assert_eq!((layout.kind, found.as_slice()), (kind, expect), "{header}");
    }

    #[test]
    fn common_headers_are_understood() {
        use Field::{
            Ask, AskSize, Bid, BidSize, BuyerMaker, Close, FirstUpdate, High, LastUpdate, Low,
            Open, PreviousUpdate, Price, Side, Size, Symbol, Time, TimeOfDay, UpdateType, Volume,
        };
        check(
            "ts_ns,bid,ask,bid_size,ask_size",
            DataKind::Quotes,
            &[(Time, 0), (Bid, 1), (Ask, 2), (BidSize, 3), (AskSize, 4)],
        );
        check(
            "timestamp,symbol,ask_size,ask,bid_size,bid",
            DataKind::Quotes,
            &[
                (Time, 0),
                (Bid, 5),
                (Ask, 3),
                (BidSize, 4),
                (AskSize, 2),
                (Symbol, 1),
            ],
        );
        check(
            "timestamp,trade_id,price,quantity,buyer_maker",
            DataKind::Trades,
            &[(Time, 0), (Price, 2), (Size, 3), (BuyerMaker, 4)],
        );
        check(
            "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu",
            DataKind::Books,
            &[
                (Time, 1),
                (Price, 6),
                (Size, 7),
                (Side, 4),
                (Symbol, 0),
                (UpdateType, 5),
                (FirstUpdate, 2),
                (LastUpdate, 3),
                (PreviousUpdate, 8),
            ],
        );
        check(
            "Date,Open,High,Low,Close,Volume,OpenInterest",
            DataKind::Bars,
            &[
                (Time, 0),
                (Open, 1),
                (High, 2),
                (Low, 3),
                (Close, 4),
                (Volume, 5),
            ],
        );
        check(
            "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
            DataKind::Bars,
            &[
                (Time, 0),
                (TimeOfDay, 1),
                (Open, 2),
                (High, 3),
                (Low, 4),
                (Close, 5),
                (Volume, 6),
            ],
        );
    }

    #[test]
    fn the_map_wins_and_is_checked() {
        let mut source = DataSource::new("x.csv", InstrumentId::new(0));
        source.columns = source
            .columns
            .with(Field::Bid, "Best Bid")
            .with(Field::Ask, 2);
        let layout = layout(&source, "when,best_bid,other").unwrap_err();
        assert!(layout.contains("quotes need a column `time`"), "{layout}");
        source.columns = source.columns.with(Field::Time, "wen");
        let error = self::layout(&source, "when,best_bid,other").unwrap_err();
        assert!(
            error.contains("`wen`, which the file does not have; it has: when"),
            "{error}"
        );
    }

    #[test]
    fn what_could_be_two_kinds_is_not_guessed() {
        let mut source = DataSource::new("x.csv", InstrumentId::new(0));
        let header = "time,bid,ask,open,high,low,close";
        assert!(
            layout(&source, header)
                .unwrap_err()
                .contains("cannot tell whether")
        );
        source.kind = Some(DataKind::Quotes);
        assert_eq!(layout(&source, header).unwrap().kind, DataKind::Quotes);
        source.kind = None;
        assert!(from_width(&source, 3, "x.csv").is_err());
        assert!(from_width(&source, 11, "x.csv").is_err());
        source.bar = Some(BarSpec::seconds(60, BarBasis::Ask));
        let ask = from_width(&source, 11, "x.csv").unwrap();
        assert_eq!(ask.columns[Field::Open.index()], Some(6));
    }
}
