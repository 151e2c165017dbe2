//! Putting a store in the place of another, or away.

use super::error::StoreError;
use super::location::{Location, Place};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

impl Location {
    /// Removes all tables, if there are any. Nobody must use them.
    ///
    /// # Errors
    /// The database's own.
    pub async fn remove(&self) -> Result<(), StoreError> {
        match &self.place {
            Place::Sqlite(path) => {
                remove(path)?;
                logs(path).iter().try_for_each(|log| remove(log))
            }
            Place::Postgres(options, schema) => {
                let mut connection = options.connect().await?;
                let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
                connection.execute(AssertSqlSafe(sql)).await?;
                connection.close().await?;
                Ok(())
            }
        }
    }

    /// Puts `fresh`, of the same database, in the place of this one. Nobody must use either.
    ///
    /// # Errors
    /// The database's own; then this one is as it was.
    pub async fn replace_with(&self, fresh: &Self) -> Result<(), StoreError> {
        match (&self.place, &fresh.place) {
            (Place::Sqlite(old), Place::Sqlite(new)) => {
                // What waits in the log goes into the file, so that the file alone is all.
                let mut connection = Self::sqlite(new).connect().await?;
                connection
                    .execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    .await?;
                connection.close().await?;
                logs(old).iter().try_for_each(|log| remove(log))?;
                std::fs::rename(new, old).map_err(|error| io(new, &error))
            }
            (Place::Postgres(options, old), Place::Postgres(_, new)) => {
                let mut connection = options.connect().await?;
                let mut transaction = connection.begin().await?;
                for sql in [
                    format!("DROP SCHEMA IF EXISTS {old} CASCADE"),
                    format!("ALTER SCHEMA {new} RENAME TO {old}"),
                ] {
                    transaction.execute(AssertSqlSafe(sql)).await?;
                }
                transaction.commit().await?;
                connection.close().await?;
                Ok(())
            }
            _ => Err(StoreError::Database(
                "a store cannot take the place of one in another database".to_owned(),
            )),
        }
    }
}

/// What SQLite keeps beside a file.
fn logs(path: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|end| {
        let mut log = path.as_os_str().to_owned();
        log.push(end);
        log.into()
    })
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(path, &error)),
        _ => Ok(()),
    }
}

fn io(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Database(format!("{}: {error}", path.display()))
}
