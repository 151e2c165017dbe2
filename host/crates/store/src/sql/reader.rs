//! Those that read: pages of a table in the order of events, cut by the key of a row.

use super::error::StoreError;
use super::location::{Location, Place};
use super::table::Table;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Row as _};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Connections of readers.
const CONNECTIONS: u32 = 4;
/// How long a reader waits for one.
const PATIENCE: Duration = Duration::from_secs(3);
/// Rows read at once where all are wanted.
const SCAN_ROWS: u32 = 10_000;
/// How long a query may take.
const QUERY: Duration = Duration::from_secs(10);

/// The place of a row: the engine's time, the input's sequence, the place among its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Nanoseconds.
    pub time: u64,
    /// The input.
    pub sequence: u64,
    /// The place.
    pub ordinal: u64,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}.{:x}", self.time, self.sequence, self.ordinal)
    }
}

impl FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let part = |text: &str| match u64::from_str_radix(text, 16) {
            Ok(number) if number <= i64::MAX.cast_unsigned() => Ok(number),
            _ => Err(()),
        };
        let (time, rest) = text.split_once('.').ok_or(())?;
        let (sequence, ordinal) = rest.split_once('.').ok_or(())?;
        Ok(Self {
            time: part(time)?,
            sequence: part(sequence)?,
            ordinal: part(ordinal)?,
        })
    }
}

/// Which rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of this strategy.
    pub strategy: Option<u32>,
    /// Of this account.
    pub account: Option<u32>,
    /// Of this instrument.
    pub instrument: Option<u32>,
    /// From this engine time on, in nanoseconds.
    pub from: Option<u64>,
    /// Before this engine time, in nanoseconds.
    pub until: Option<u64>,
    /// After this row, in the order that is asked for.
    pub after: Option<Key>,
    /// The newest rows first, not the oldest.
    pub newest_first: bool,
    /// At most so many.
    pub limit: u32,
}

/// A row as text, in the order of the table's columns; `None` for nothing.
pub type Record = Vec<Option<String>>;

/// Rows, and where the next page begins if there may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Record>,
    /// The last row's key, when there are more.
    pub next: Option<Key>,
}

/// Why a page could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The table has no such column to filter by.
    #[error("{table} are not kept by {column}")]
    NoColumn {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The database refused, cannot be reached or took too long.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A pool of connections that read.
#[derive(Debug, Clone)]
pub enum Reader {
    /// Of a file.
    Sqlite(SqlitePool),
    /// Of a server.
    Postgres(PgPool),
}

impl Reader {
    /// A reader that connects when it is asked for something. Call it within a tokio runtime.
    pub fn new(location: &Location) -> Self {
        match &location.place {
            Place::Sqlite(path) => Self::Sqlite(
                SqlitePoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(PATIENCE)
                    .connect_lazy_with(Location::sqlite(path).create_if_missing(false)),
            ),
            Place::Postgres(options, _) => Self::Postgres(
                PgPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(PATIENCE)
                    .connect_lazy_with(options.as_ref().clone()),
            ),
        }
    }

    /// A page of a table.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn page(&self, table: &'static Table, filter: &Filter) -> Result<Page, ReadError> {
        let sql = select(table, filter)?;
        let reading = self.records(table.columns.len(), sql);
        let rows = tokio::time::timeout(QUERY, reading).await;
        let late = || StoreError::Database(format!("no answer in {} s", QUERY.as_secs()));
        let mut rows = rows.map_err(|_| late())??;
        let wanted = filter.limit as usize;
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = rows.last().filter(|_| more).and_then(key_of);
        Ok(Page { rows, next })
    }

    /// Reads a whole table, a page at a time, oldest rows first.
    ///
    /// # Errors
    /// The database's own.
    pub async fn scan(
        &self,
        table: &'static Table,
        mut each: impl FnMut(&[Record]),
    ) -> Result<(), StoreError> {
        let mut filter = Filter {
            limit: SCAN_ROWS,
            ..Filter::default()
        };
        loop {
            let Page { rows, next } = match self.page(table, &filter).await {
                Ok(page) => page,
                Err(ReadError::Store(error)) => return Err(error),
                Err(error) => return Err(StoreError::Database(error.to_string())),
            };
            each(&rows);
            match next {
                Some(key) => filter.after = Some(key),
                None => return Ok(()),
            }
        }
    }

    pub(super) async fn records(
        &self,
        columns: usize,
        sql: String,
    ) -> Result<Vec<Record>, StoreError> {
        let sql = AssertSqlSafe(sql);
        let mut records = Vec::new();
        match self {
            Self::Sqlite(pool) => {
                for row in sqlx::query(sql).fetch_all(pool).await? {
                    let cells = (0..columns).map(|place| row.try_get(place));
                    records.push(cells.collect::<Result<_, _>>()?);
                }
            }
            Self::Postgres(pool) => {
                for row in sqlx::query(sql).fetch_all(pool).await? {
                    let cells = (0..columns).map(|place| row.try_get(place));
                    records.push(cells.collect::<Result<_, _>>()?);
                }
            }
        }
        Ok(records)
    }

    /// Gives its connections back.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

pub(super) fn key_of(row: &Record) -> Option<Key> {
    let part = |place: usize| row.get(place)?.as_ref()?.parse().ok();
    Some(Key {
        time: part(0)?,
        sequence: part(1)?,
        ordinal: part(2)?,
    })
}

/// The statement of a page and one row more. Only numbers get into it.
fn select(table: &'static Table, filter: &Filter) -> Result<String, ReadError> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| format!("CAST({} AS TEXT)", column.name))
        .collect();
    let mut conditions = Vec::new();
    let owners = [
        ("strategy", filter.strategy),
        ("account", filter.account),
        ("instrument", filter.instrument),
    ];
    for (column, wanted) in owners {
        let Some(wanted) = wanted else { continue };
        if !table.has(column) {
            let table = table.name;
            return Err(ReadError::NoColumn { table, column });
        }
        conditions.push(format!("{column} = {wanted}"));
    }
    let (beyond, direction) = match filter.newest_first {
        true => ('<', "DESC"),
        false => ('>', "ASC"),
    };
    conditions.extend(filter.from.map(|from| format!("time >= {from}")));
    conditions.extend(filter.until.map(|until| format!("time < {until}")));
    if let Some(Key {
        time,
        sequence,
        ordinal,
    }) = filter.after
    {
        // The row's key alone would not tell the database which partitions it can leave out.
        conditions.push(format!("time {beyond}= {time}"));
        conditions.push(format!(
            "(time, sequence, ordinal) {beyond} ({time}, {sequence}, {ordinal})"
        ));
    }
    let conditions = match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    };
    Ok(format!(
        "SELECT {} FROM {}{conditions} ORDER BY time {direction}, sequence {direction}, \
         ordinal {direction} LIMIT {}",
        columns.join(", "),
        table.name,
        u64::from(filter.limit) + 1
    ))
}
