//! Files of market data: CSV (plain, gzip, one file inside a zip) and Parquet in, typed and checked
//! quotes, trades, bars and order books out, with a merge that puts several series in one order of time.
//!
//! ```no_run
//! use model::InstrumentId;
//! use store::{DataSource, load};
//!
//! let source = DataSource::new("quotes.csv.gz", InstrumentId::new(0));
//! let loaded = load(&source, &mut |_done, _total| {})?;
//! println!("{} events", loaded.series.len());
//! # Ok::<(), store::DataError>(())
//! ```
//!
//! A file is read once, front to back, with small buffers: what stays in memory is the events.
//! Nothing is guessed that changes a price or a time: what cannot be told from the file is an error
//! that names the setting which decides it. What is kept of many instruments and days lies in a
//! [`catalog`] of Parquet files, which is also what is written here.
//!
//! Beside them [`sql`] keeps what happened in a database, and [`SheetWriter`] writes tables of results.

mod assemble;
mod bars;
mod book_collect;
mod book_rows;
mod book_state;
pub mod catalog;
mod cells;
mod collect;
mod csv_file;
mod decimal;
mod depth_feed;
mod depth_line;
mod detect;
mod error;
mod events;
mod feed_trades;
mod input;
mod load;
mod parquet_cells;
mod parquet_file;
mod sheet;
mod source;
pub mod sql;
mod time;

pub use book_rows::{BookBatches, BookChange, BookRow};
pub use book_state::BookState;
pub use error::{DataError, Place, RowProblem};
pub use events::{Loaded, MarketEvent, Merge, Series, Skipped, merge};
pub use load::load;
pub use sheet::{SheetCells, SheetError, SheetForm, SheetWriter};
pub use source::{
    BarLabel, BookStart, Column, ColumnMap, DataKind, DataSource, Field, Header, OnBadRow,
    PriceRange, SourceError,
};
pub use time::{Date, TimeFormat, parse_iso};
