//! The one that writes: a batch and the cursor in one transaction.

use super::batch::{Batch, Cursor};
use super::error::StoreError;
use super::location::{Location, Place};
use super::{postgres, sqlite};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor, Row as _};

/// Reads the cursor.
const CURSOR: &str = "SELECT sequence, hash FROM projection WHERE id = 1";
/// The same, so that nobody else moves it meanwhile.
const CURSOR_HELD: &str = "SELECT sequence, hash FROM projection WHERE id = 1 FOR UPDATE";
/// Moves the cursor.
const MOVE: &str = "UPDATE projection SET sequence = $1, hash = $2 WHERE id = 1";

/// A connection that writes.
pub struct Writer(pub(super) Link);

pub(super) enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Writer {
    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a schema that this program does not know; the database's own.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        Ok(Self(match &location.place {
            Place::Sqlite(path) => Link::Sqlite(sqlite::open(path, location.lasting).await?),
            Place::Postgres(options, schema) => {
                Link::Postgres(postgres::open(options, schema).await?)
            }
        }))
    }

    /// How far the journal is in the store.
    ///
    /// # Errors
    /// The database's own.
    pub async fn cursor(&mut self) -> Result<Cursor, StoreError> {
        Ok(match &mut self.0 {
            Link::Sqlite(link) => {
                let row = sqlx::query(CURSOR).fetch_one(link).await?;
                cursor(row.get(0), row.get(1))
            }
            Link::Postgres(link) => {
                let row = sqlx::query(CURSOR).fetch_one(link).await?;
                cursor(row.get(0), row.get(1))
            }
        })
    }

    /// Writes a batch whose first input is the one after `after`, and moves the cursor to `to`; all of
    /// it or nothing.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when the cursor is elsewhere; the database's own. After one of those
    /// nobody knows whether the batch is there: open again and ask for the cursor.
    pub async fn write(
        &mut self,
        after: u64,
        batch: &Batch,
        to: &Cursor,
    ) -> Result<(), StoreError> {
        match &mut self.0 {
            Link::Sqlite(link) => {
                let mut transaction = link.begin_with("BEGIN IMMEDIATE").await?;
                let row = sqlx::query(CURSOR).fetch_one(&mut *transaction).await?;
                expect(row.get(0), after)?;
                to_sqlite(&mut transaction, batch).await?;
                let moving = sqlx::query(MOVE).bind(to.sequence.cast_signed());
                transaction.execute(moving.bind(&to.hash)).await?;
                transaction.commit().await?;
            }
            Link::Postgres(link) => {
                let mut transaction = link.begin().await?;
                let row = sqlx::query(CURSOR_HELD)
                    .fetch_one(&mut *transaction)
                    .await?;
                expect(row.get(0), after)?;
                to_postgres(&mut transaction, batch).await?;
                let moving = sqlx::query(MOVE).bind(to.sequence.cast_signed());
                transaction.execute(moving.bind(&to.hash)).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// Writes rows of tables that no journal has; all of them or none. The cursor stays.
    ///
    /// # Errors
    /// The database's own; the same rows can be written again, over this connection too unless it was
    /// lost. PostgreSQL gives up after seconds where somebody holds the tables.
    pub async fn keep(&mut self, batch: &Batch) -> Result<(), StoreError> {
        match &mut self.0 {
            Link::Sqlite(link) => {
                let mut transaction = link.begin_with("BEGIN IMMEDIATE").await?;
                to_sqlite(&mut transaction, batch).await?;
                transaction.commit().await?;
            }
            Link::Postgres(link) => {
                let mut transaction = link.begin().await?;
                transaction.execute(postgres::KEPT_PATIENCE).await?;
                to_postgres(&mut transaction, batch).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }
}

/// The parts of a batch on SQLite.
async fn to_sqlite(link: &mut SqliteConnection, batch: &Batch) -> Result<(), StoreError> {
    for part in batch.parts() {
        sqlite::write(link, part).await?;
    }
    Ok(())
}

/// The parts of a batch on PostgreSQL.
async fn to_postgres(link: &mut PgConnection, batch: &Batch) -> Result<(), StoreError> {
    for part in batch.parts() {
        postgres::write(link, part).await?;
    }
    Ok(())
}

fn cursor(sequence: i64, hash: String) -> Cursor {
    Cursor {
        sequence: sequence.cast_unsigned(),
        hash,
    }
}

fn expect(found: i64, expected: u64) -> Result<(), StoreError> {
    let found = found.cast_unsigned();
    if found == expected {
        Ok(())
    } else {
        Err(StoreError::Moved { found, expected })
    }
}
