//! The catalog: market data of many instruments and days as Parquet files below one folder, or below
//! one prefix in a bucket of S3, written once, read by streams that need little memory, and open to any tool that knows Parquet.
//!
//! ```no_run
//! use model::InstrumentId;
//! use store::catalog::{Catalog, Range};
//!
//! let catalog = Catalog::open("catalog")?;
//! let series = catalog.series(Some("EUR/USD"))?;
//! let readers = series.iter().map(|one| one.read(InstrumentId::new(0), Range::ALL));
//! for event in store::catalog::merge(readers.collect())? {
//!     println!("{:?}", event?);
//! }
//! # Ok::<(), store::catalog::CatalogError>(())
//! ```
//!
//! A file lies at `kind=quotes/instrument=EUR%2FUSD/day=2024-01-02/part-….parquet` and is a *part* of
//! a [`Series`]: one kind of data of one instrument, for bars by one rule. Parts of a series do not
//! overlap in time. A part appears whole or not at all, and its name carries the checksum of its
//! bytes. `docs/data.md` describes files, schemas and commands.

mod add;
mod books;
mod columns;
mod compact;
mod error;
mod export;
mod layout;
mod moves;
mod quality;
mod read;
mod schema;
mod shelf;
mod stream;
mod verify;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{InstrumentId, Price, Timestamp};

pub use add::Added;
pub use compact::Compacted;
pub use error::CatalogError;
pub use layout::{BarName, Part, SeriesKey};
pub use moves::Moved;
pub use quality::{DayQuality, Thresholds};
pub use read::Footer;
use shelf::Shelf;
pub use stream::{Merged, Range, SeriesReader, merge};
pub use verify::{Problem, Verified};
pub use write::PartWriter;

/// A folder of parts, or a prefix in a bucket of S3.
#[derive(Debug, Clone)]
pub struct Catalog {
    shelf: Arc<Shelf>,
}

/// The parts of one series, in the order of time.
#[derive(Debug, Clone)]
pub struct Series {
    /// What they hold.
    pub key: Arc<SeriesKey>,
    /// At least one.
    pub parts: Vec<Part>,
}

/// What the footers of a series say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many events there are.
    pub events: u64,
    /// Size of the files in bytes.
    pub bytes: u64,
    /// The coarsest power of ten on which every price lies.
    pub tick: Price,
}

impl Catalog {
    /// A catalog that is there: in a folder, or by `s3://bucket/prefix` in a bucket that the
    /// environment has credentials for.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, CatalogError> {
        let shelf = Arc::new(Shelf::at(root.into())?);
        if shelf.exists()? {
            return Ok(Self { shelf });
        }
        let folder = shelf.root().to_owned();
        Err(CatalogError::NoCatalog { folder })
    }

    /// A catalog, made if it is not there; a bucket must be.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, CatalogError> {
        let shelf = Arc::new(Shelf::at(root.into())?);
        shelf.make()?;
        Ok(Self { shelf })
    }

    /// Its folder, or its address.
    pub fn root(&self) -> &Path {
        self.shelf.root()
    }

    /// Whether an address names a bucket, not a folder.
    pub fn is_bucket(root: &Path) -> bool {
        shelf::is_bucket(root)
    }

    /// All series, or those of one instrument: quotes before books before trades before bars, then by instrument,
    /// then by rule of bars.
    pub fn series(&self, instrument: Option<&str>) -> Result<Vec<Series>, CatalogError> {
        let mut parts = layout::parts(&self.shelf, instrument)?;
        parts.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut all: Vec<Series> = Vec::new();
        for part in parts {
            match all.last_mut().filter(|series| series.key == part.key) {
                Some(series) => series.parts.push(part),
                None => all.push(Series {
                    key: Arc::clone(&part.key),
                    parts: vec![part],
                }),
            }
        }
        for series in &mut all {
            read::drop_replaced(&mut series.parts)?;
        }
        Ok(all)
    }
}

impl Series {
    /// First and last `ts_init`.
    pub fn period(&self) -> Option<(Timestamp, Timestamp)> {
        let last = self.parts.iter().map(|part| part.last).max()?;
        Some((self.parts.first()?.first, last))
    }

    /// The same series with only the parts that touch `range`.
    #[must_use]
    pub fn within(&self, range: Range) -> Self {
        let parts = self.parts.iter().filter(|part| range.touches(part));
        Self {
            key: Arc::clone(&self.key),
            parts: parts.cloned().collect(),
        }
    }

    /// Reads the footer of every part.
    pub fn summary(&self) -> Result<Summary, CatalogError> {
        let mut summary = Summary {
            events: 0,
            bytes: 0,
            tick: Price::from_raw(Price::SCALE),
        };
        for part in &self.parts {
            let footer = Footer::read(part)?;
            summary.events += footer.events;
            summary.bytes += footer.bytes;
            summary.tick = summary.tick.min(footer.tick);
        }
        Ok(summary)
    }

    /// A stream of its events within `range`, as events of `instrument`.
    pub fn read(&self, instrument: InstrumentId, range: Range) -> SeriesReader {
        SeriesReader::new(self, instrument, range)
    }
}
