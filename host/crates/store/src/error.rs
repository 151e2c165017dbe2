//! What can be wrong with a file of market data, said so that its owner can put it right: which
//! file, which line, which field, which value, and what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use model::{BookRefusal, MOST_BOOK_LEVELS, MOST_BOOK_ORDERS, Price, Timestamp};

use crate::source::{DataKind, Field};

/// Why a file could not be loaded. None of these is transient except [`DataError::Io`].
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The path leads nowhere.
    #[error("{}: there is no such file", file.display())]
    NotFound {
        /// The path as given.
        file: PathBuf,
    },
    /// The name says nothing about the format.
    #[error(
        "{}: the name ends in none of .csv, .txt, .tsv, .csv.gz, .gz, .zip, .parquet; \
         rename or convert the file", file.display()
    )]
    UnknownExtension {
        /// The path as given.
        file: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: cannot be read: {source}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The compressed stream, the archive or the Parquet structure is damaged.
    #[error("{}: damaged or not what its name says, after {rows} rows: {detail}", file.display())]
    Corrupt {
        /// Which file.
        file: PathBuf,
        /// Rows read before the damage.
        rows: u64,
        /// What the decoder said.
        detail: String,
    },
    /// A zip archive must hold exactly one file.
    #[error("{}: holds {} files, one is needed: {}", file.display(), names.len(), names.join(", "))]
    ArchiveEntries {
        /// Which file.
        file: PathBuf,
        /// What is in it.
        names: Vec<String>,
    },
    /// Not one byte, or not one row group.
    #[error("{}: is empty", file.display())]
    Empty {
        /// Which file.
        file: PathBuf,
    },
    /// A header and nothing under it.
    #[error("{}: has a header but no rows", file.display())]
    HeaderOnly {
        /// Which file.
        file: PathBuf,
    },
    /// The kind of data cannot be told from names or shape.
    #[error(
        "{}: cannot tell whether these are quotes, trades, bars or books (columns: {}); \
         name the kind or map the columns", file.display(), available.join(", ")
    )]
    UnknownKind {
        /// Which file.
        file: PathBuf,
        /// The columns it has.
        available: Vec<String>,
    },
    /// A column that this kind of data needs is not there.
    #[error(
        "{}: {kind} need a column `{field}`; the file has: {}; map it with {field}=NAME",
        file.display(), available.join(", ")
    )]
    MissingColumn {
        /// Which file.
        file: PathBuf,
        /// What was to be read.
        kind: DataKind,
        /// What is missing.
        field: Field,
        /// The columns it has.
        available: Vec<String>,
    },
    /// A mapped column is not there.
    #[error(
        "{}: `{field}` is mapped to column `{column}`, which the file does not have; it has: {}",
        file.display(), available.join(", ")
    )]
    NoSuchColumn {
        /// Which file.
        file: PathBuf,
        /// What was mapped.
        field: Field,
        /// To what.
        column: String,
        /// The columns it has.
        available: Vec<String>,
    },
    /// A Parquet column of a type that holds no such value.
    #[error("{}: column `{column}` is of type {found}, which cannot be read as {field}", file.display())]
    UnsupportedColumnType {
        /// Which file.
        file: PathBuf,
        /// Its column.
        column: String,
        /// What it was to hold.
        field: Field,
        /// Its type.
        found: String,
    },
    /// The file holds several symbols and none was chosen.
    #[error(
        "{}: {place}: holds `{first}` and `{second}`; choose one symbol", file.display()
    )]
    SeveralSymbols {
        /// Which file.
        file: PathBuf,
        /// Where the second one appeared.
        place: Place,
        /// The symbol of the first row.
        first: String,
        /// Another one.
        second: String,
    },
    /// No row has the chosen symbol.
    #[error("{}: none of {rows} rows is of symbol `{symbol}`; there are: {}", file.display(), seen.join(", "))]
    SymbolNotFound {
        /// Which file.
        file: PathBuf,
        /// Rows read.
        rows: u64,
        /// What was asked for.
        symbol: String,
        /// The first few symbols that are there.
        seen: Vec<String>,
    },
    /// The length of the bars can neither be told from the file nor was it given.
    #[error("{}: cannot tell how long a bar is from {bars} bars; give the length", file.display())]
    UnknownBarLength {
        /// Which file.
        file: PathBuf,
        /// How many bars there are.
        bars: usize,
    },
    /// A setting that cannot be used with this file.
    #[error("{}: {detail}", file.display())]
    Setting {
        /// Which file.
        file: PathBuf,
        /// What is wrong and what to do.
        detail: String,
    },
    /// A recorded feed without order books.
    #[error(
        "{}: none of {rows} messages is a snapshot or a change of an order book as Binance, Bybit \
         and Hyperliquid send them; convert the file to CSV", file.display()
    )]
    NoBooks {
        /// Which file.
        file: PathBuf,
        /// Lines read.
        rows: u64,
    },
    /// A recorded feed without trades.
    #[error("{}: none of {rows} messages is a `trade` or `aggTrade` as Binance sends them", file.display())]
    NoTrades {
        /// Which file.
        file: PathBuf,
        /// Lines read.
        rows: u64,
    },
    /// A row that cannot be used.
    #[error("{}: {place}: {problem}", file.display())]
    Row {
        /// Which file.
        file: PathBuf,
        /// Which row.
        place: Place,
        /// What is wrong with it.
        problem: Box<RowProblem>,
    },
    /// Every row was bad, and all were skipped.
    #[error("none of {rows} rows can be used; {example}")]
    NothingLeft {
        /// Rows read.
        rows: u64,
        /// One of them.
        example: Box<DataError>,
    },
    /// More rows were bad than may be skipped.
    #[error("{last}; more than the {max} bad rows that may be skipped")]
    TooManyBadRows {
        /// How many may be skipped.
        max: u64,
        /// The one too many.
        last: Box<DataError>,
    },
}

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of text, counted from 1; the header counts.
    Line(u64),
    /// A row of a Parquet file, counted from 1.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// The row ends before a field that is needed.
    #[error("has {found} fields, `{field}` is field {}", index + 1)]
    TooFewFields {
        /// Which field is missing.
        field: Field,
        /// Its position, from 0.
        index: usize,
        /// How many the row has.
        found: usize,
    },
    /// The field is there but empty or null.
    #[error("`{field}` is empty; skip bad rows or fill it in")]
    EmptyField {
        /// Which.
        field: Field,
    },
    /// Not a decimal number.
    #[error("`{field}` is `{value}`, not a decimal number")]
    NotANumber {
        /// Which.
        field: Field,
        /// Its text.
        value: String,
    },
    /// NaN or an infinity.
    #[error("`{field}` is `{value}`; a number must be finite")]
    NotFinite {
        /// Which.
        field: Field,
        /// Its text.
        value: String,
    },
    /// Below zero where that means nothing.
    #[error("`{field}` is negative: {value}")]
    Negative {
        /// Which.
        field: Field,
        /// Its text.
        value: String,
    },
    /// A price of zero.
    #[error("`{field}` is zero; a price must be above zero unless any price is allowed")]
    ZeroPrice {
        /// Which.
        field: Field,
    },
    /// More digits than a price or a size holds.
    #[error(
        "`{field}` is `{value}`: more than {digits} digits after the point; \
         allow rounding or cut the digits"
    )]
    TooPrecise {
        /// Which.
        field: Field,
        /// Its text.
        value: String,
        /// How many digits there may be.
        digits: u32,
    },
    /// Outside the range of the type.
    #[error("`{field}` is `{value}`, which is too large")]
    TooLarge {
        /// Which.
        field: Field,
        /// Its text.
        value: String,
    },
    /// Not a time in the format given or found.
    #[error("time `{value}` is not {expected}")]
    BadTime {
        /// Its text.
        value: String,
        /// The format.
        expected: String,
    },
    /// Neither buy nor sell.
    #[error("`{field}` is `{value}`, which names no side; use buy/sell, b/s, true/false or 1/-1")]
    BadSide {
        /// Which.
        field: Field,
        /// Its text.
        value: String,
    },
    /// Somebody bids more than somebody else asks.
    #[error("crossed quote: bid {bid} is above ask {ask}")]
    Crossed {
        /// The bid.
        bid: Price,
        /// The ask.
        ask: Price,
    },
    /// The best bid of a book would be above its best ask.
    #[error(
        "from here on the book is crossed: bid {bid} is above ask {ask}; look at `price` and `side`, \
         or begin anew with a snapshot"
    )]
    CrossedBook {
        /// The best bid.
        bid: Price,
        /// The best ask.
        ask: Price,
    },
    /// A batch that does not fit the book before it.
    #[error("{}", book_words(.0))]
    Book(BookRefusal),
    /// Numbers of a batch that contradict each other.
    #[error("`first_update` {first} is after `last_update` {last}")]
    BookNumbers {
        /// The first number.
        first: u64,
        /// The last number.
        last: u64,
    },
    /// Neither a snapshot nor a change.
    #[error("`update_type` is `{value}`; use snapshot or delta, or flags from 0 to 15")]
    BadUpdateType {
        /// Its text.
        value: String,
    },
    /// Not a whole number.
    #[error("`{field}` is `{value}`, not a whole number from 0 on")]
    NotWhole {
        /// Which.
        field: Field,
        /// Its text.
        value: String,
    },
    /// A message of a recorded feed that cannot be read.
    #[error("{0}; remove the line or record it again")]
    Message(String),
    /// A message of a recorded feed whose time is known neither from it nor from what follows.
    #[error("has no time, and no change follows that has one; remove the line")]
    NoTime,
    /// High and low do not enclose open and close.
    #[error("impossible bar: open {open}, high {high}, low {low}, close {close}")]
    ImpossibleBar {
        /// Open.
        open: Price,
        /// High.
        high: Price,
        /// Low.
        low: Price,
        /// Close.
        close: Price,
    },
    /// Earlier than the row before.
    #[error("time goes back: {this} after {previous}; sort the file or skip bad rows")]
    TimeGoesBack {
        /// The time of the row before.
        previous: Timestamp,
        /// The time of this row.
        this: Timestamp,
    },
    /// A second bar with the same time.
    #[error("a second bar at {this}")]
    RepeatedBar {
        /// The label of both.
        this: Timestamp,
    },
    /// A bar that begins before the bar before it ended.
    #[error("bar overlaps: {this} after {previous}; bars are {length_ns} ns long")]
    BarOverlaps {
        /// The label of the bar before.
        previous: Timestamp,
        /// The label of this bar.
        this: Timestamp,
        /// How long bars are, in nanoseconds.
        length_ns: u64,
    },
}

/// Why a batch does not fit, by the columns of its first row.
fn book_words(refusal: &BookRefusal) -> String {
    match refusal {
        BookRefusal::NoSnapshot => "a change of a book with no snapshot before it; put a snapshot \
             (`update_type` snapshot) first, or import what is before it and then this into one catalog"
            .to_owned(),
        BookRefusal::Gap { applied, first } => format!(
            "`first_update` is {first} and the book is at {applied}: changes between are lost; cut the \
             file here and let what follows begin with a snapshot"
        ),
        BookRefusal::Old { applied, last } => format!(
            "`last_update` is {last} and the book is at {applied} already; sort the file and remove \
             what is repeated"
        ),
        BookRefusal::OtherKind => "`order_id` is given in some rows of a book and not in others; a \
             book is by level or by order until the next snapshot"
            .to_owned(),
        BookRefusal::BadLevel => "from here on a `price` is not above zero, or a `size` is more than \
             can be counted"
            .to_owned(),
        BookRefusal::TooLarge => format!(
            "from here on the book has more than {MOST_BOOK_LEVELS} levels a side, or more than \
             {MOST_BOOK_ORDERS} orders, and no run takes such a book; look whether levels are taken away \
             (`size` 0), or begin anew with a snapshot"
        ),
        BookRefusal::Crossed => refusal.to_string(),
    }
}
