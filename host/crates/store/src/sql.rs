//! The SQL store: rows made from the journal in SQLite or PostgreSQL, written in batches that are
//! all there or not at all, and read in pages.
//!
//! A table is data ([`Table`]): its name, its columns and how it grows. Everything else follows from
//! that: the multi-row `INSERT` of SQLite, the `COPY` of PostgreSQL, pages, digests. What a table
//! means stands in `migrations/`. Where rows come from is not known here: `services` maps the
//! journal's records to them with [`rows`].
//!
//! The store is a projection. It may be lost, slow or away, and nothing waits for it. Beside the
//! projection's tables are a few of what no journal has ([`KEPT`]). [`Registers`] are apart from all of it:
//! identity's tables, in a file or schema of their own.

mod batch;
mod digest;
mod error;
mod kept;
mod latest;
mod location;
mod migrate;
mod postgres;
mod private;
mod reader;
mod registers;
mod replace;
pub mod rows;
mod sqlite;
mod table;
mod unresolved;
mod writer;

pub use batch::{Batch, Cell, Cursor, Row};
pub use digest::{Digest, digests};
pub use error::StoreError;
pub use kept::carry;
pub use location::Location;
pub use migrate::VERSION;
pub use reader::{Filter, Key, Page, ReadError, Reader, Record};
pub use registers::{Register, RegisterChange, Registered, Registers};
pub use table::{
    ACCOUNTS, ALERTS, AUDIT, BACKTESTS, BALANCES, BARS, CASH_FLOWS, CURRENCIES, Column, FILLS,
    Growth, INSTRUMENTS, JOBS, KEPT, Kind, ORDER_EVENTS, ORDER_STATES, ORDERS, PARAMETERS,
    POSITIONS, QUOTES, RISK_EVENTS, RISK_METRICS, STRATEGIES, STRATEGY_VERSIONS, TABLES, TRADES,
    Table, VENUES,
};
pub use writer::Writer;
