//! What the caller knows about a file: where it is, what it holds, which column is what.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use model::number::Excess;
use model::{BarSpec, InstrumentId};

use crate::time::TimeFormat;

/// A setting that is not a word of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct SourceError {
    pub(crate) text: String,
    pub(crate) expected: String,
}

impl SourceError {
    pub(crate) fn new(text: &str, expected: impl Into<String>) -> Self {
        Self {
            text: text.to_owned(),
            expected: expected.into(),
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// Best bid and ask.
    Quotes,
    /// Single trades.
    Trades,
    /// Open, high, low, close.
    Bars,
    /// Changes of order books.
    Books,
}

impl fmt::Display for DataKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DataKind::Quotes => "quotes",
            DataKind::Trades => "trades",
            DataKind::Bars => "bars",
            DataKind::Books => "books",
        })
    }
}

impl FromStr for DataKind {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        match text.to_ascii_lowercase().as_str() {
            "quotes" | "quote" => Ok(DataKind::Quotes),
            "trades" | "trade" => Ok(DataKind::Trades),
            "bars" | "bar" => Ok(DataKind::Bars),
            "books" | "book" => Ok(DataKind::Books),
            _ => Err(SourceError::new(text, "quotes, trades, bars or books")),
        }
    }
}

/// The meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// When it happened (or the date alone, see [`Field::TimeOfDay`]).
    Time,
    /// The time of day, where the file keeps date and time apart; only by mapping.
    TimeOfDay,
    /// Best bid.
    Bid,
    /// Best ask.
    Ask,
    /// Amount at the bid. Zero means unknown.
    BidSize,
    /// Amount at the ask. Zero means unknown.
    AskSize,
    /// Traded price, or that of a level or order of a book.
    Price,
    /// Traded amount, zero meaning unknown; or what a level or order of a book has, zero meaning none.
    Size,
    /// Side of the order that took liquidity, or of a level or order of a book.
    Side,
    /// Whether the buyer's order rested on the book: true means the taker sold.
    BuyerMaker,
    /// First price of a bar.
    Open,
    /// Highest price of a bar.
    High,
    /// Lowest price of a bar.
    Low,
    /// Last price of a bar.
    Close,
    /// Amount traded in a bar. Zero means unknown.
    Volume,
    /// Which instrument the row is about, in files that hold several.
    Symbol,
    /// Whether a row is of a whole book or of changes: text, or the flags of a catalog.
    UpdateType,
    /// The venue's number of the first change of a batch.
    FirstUpdate,
    /// The venue's number of the last change of a batch.
    LastUpdate,
    /// The venue's number of the change before a batch; goes before the first.
    PreviousUpdate,
    /// The venue's id of an order, in books that are known order by order.
    OrderId,
}

impl Field {
    /// How many there are.
    pub(crate) const COUNT: usize = 21;

    /// Every field with its name in messages and column maps.
    const NAMES: [(Field, &'static str); Self::COUNT] = [
        (Field::Time, "time"),
        (Field::TimeOfDay, "time_of_day"),
        (Field::Bid, "bid"),
        (Field::Ask, "ask"),
        (Field::BidSize, "bid_size"),
        (Field::AskSize, "ask_size"),
        (Field::Price, "price"),
        (Field::Size, "size"),
        (Field::Side, "side"),
        (Field::BuyerMaker, "buyer_maker"),
        (Field::Open, "open"),
        (Field::High, "high"),
        (Field::Low, "low"),
        (Field::Close, "close"),
        (Field::Volume, "volume"),
        (Field::Symbol, "symbol"),
        (Field::UpdateType, "update_type"),
        (Field::FirstUpdate, "first_update"),
        (Field::LastUpdate, "last_update"),
        (Field::PreviousUpdate, "previous_update"),
        (Field::OrderId, "order_id"),
    ];

    /// All fields.
    pub fn all() -> impl Iterator<Item = Field> {
        Self::NAMES.iter().map(|(field, _)| *field)
    }

    /// Its place in tables.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES[self.index()].1)
    }
}

impl FromStr for Field {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let found = Self::NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(field, _)| *field).ok_or_else(|| {
            let names: Vec<_> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            SourceError::new(text, format!("a field; fields are {}", names.join(", ")))
        })
    }
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// By the name in the header, in any case.
    Name(String),
    /// By position, counted from 0.
    Index(usize),
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Column::Name(name) => f.write_str(name),
            Column::Index(index) => write!(f, "{index}"),
        }
    }
}

impl From<&str> for Column {
    /// Digits are a position, anything else is a name.
    fn from(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Column::Name(text.to_owned()), Column::Index)
    }
}

impl From<usize> for Column {
    fn from(index: usize) -> Self {
        Column::Index(index)
    }
}

/// Which column holds which field. Fields that are not mapped are found by common names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap(BTreeMap<Field, Column>);

impl ColumnMap {
    /// Nothing mapped.
    pub fn new() -> Self {
        Self::default()
    }

    /// This map with one more field.
    #[must_use]
    pub fn with(mut self, field: Field, column: impl Into<Column>) -> Self {
        self.0.insert(field, column.into());
        self
    }

    /// Maps from text such as `bid=Bid Price` or `bid=2`.
    pub fn set(&mut self, text: &str) -> Result<(), SourceError> {
        let (field, column) = text
            .split_once('=')
            .ok_or_else(|| SourceError::new(text, "a mapping such as bid=COLUMN"))?;
        self.0.insert(field.trim().parse()?, column.trim().into());
        Ok(())
    }

    /// The column mapped to `field`.
    pub fn get(&self, field: Field) -> Option<&Column> {
        self.0.get(&field)
    }

    /// All mappings in the order of fields.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Column)> {
        self.0.iter().map(|(field, column)| (*field, column))
    }
}

/// Whether the first row of a text file names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// It does if its first field is not a number or time.
    #[default]
    Auto,
    /// It does.
    Present,
    /// It is data.
    Absent,
}

/// Which end of a bar its time names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BarLabel {
    /// The first moment of the bar, as crypto exchanges and vendors of daily data do.
    #[default]
    Start,
    /// The moment at which the bar was complete.
    End,
}

/// Which prices make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PriceRange {
    /// Above zero.
    #[default]
    Positive,
    /// Any, as for spreads and some futures.
    Any,
}

/// What to do with a row that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnBadRow {
    /// Stop with an error.
    #[default]
    Fail,
    /// Leave it out and count it, up to a limit.
    Skip {
        /// How many rows may be left out.
        max: u64,
    },
}

/// With what a file of order books may begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BookStart {
    /// A whole book.
    #[default]
    Snapshot,
    /// Changes too, of a book that is known from elsewhere: there, stretches of it end with these
    /// numbers.
    After(Vec<u64>),
}

/// A file of market data of one instrument and how to read it.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSource {
    /// Where it is. The name's end tells the format.
    pub path: PathBuf,
    /// What it holds; `None` to tell from the columns.
    pub kind: Option<DataKind>,
    /// The instrument of every event made from it.
    pub instrument: InstrumentId,
    /// Which column is what.
    pub columns: ColumnMap,
    /// How times are written.
    pub time: TimeFormat,
    /// Seconds by which the file's clock is ahead of UTC (New York in winter: -18,000). Applies to
    /// dates, times of day and texts without an offset of their own; never to epoch counts.
    pub utc_offset_s: i32,
    /// What separates fields of a text file; `None` to tell from the first line.
    pub delimiter: Option<u8>,
    /// Whether the first row names the columns.
    pub header: Header,
    /// The rule of the bars; `None` for time bars on trades as long as the smallest step in the
    /// file.
    pub bar: Option<BarSpec>,
    /// Which end of a bar its time names.
    pub bar_label: BarLabel,
    /// Read only the rows of this symbol.
    pub symbol: Option<String>,
    /// Digits beyond 1e-9 in prices of text files. Floating-point columns always round.
    pub price_excess: Excess,
    /// Digits beyond 1e-8 in sizes of text files. Floating-point columns always round.
    pub size_excess: Excess,
    /// Which prices make sense.
    pub prices: PriceRange,
    /// What to do with bad rows.
    pub on_bad_row: OnBadRow,
    /// With what order books may begin.
    pub book_start: BookStart,
}

impl DataSource {
    /// A file about which nothing is known but its name.
    pub fn new(path: impl Into<PathBuf>, instrument: InstrumentId) -> Self {
        Self {
            path: path.into(),
            kind: None,
            instrument,
            columns: ColumnMap::new(),
            time: TimeFormat::Auto,
            utc_offset_s: 0,
            delimiter: None,
            header: Header::Auto,
            bar: None,
            bar_label: BarLabel::Start,
            symbol: None,
            price_excess: Excess::Refuse,
            size_excess: Excess::Refuse,
            prices: PriceRange::Positive,
            on_bad_row: OnBadRow::Fail,
            book_start: BookStart::Snapshot,
        }
    }
}
