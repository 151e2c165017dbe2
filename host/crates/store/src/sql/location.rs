//! Where the store is: a file for SQLite, a server and a schema for PostgreSQL.

use super::error::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How long SQLite waits for another writer.
const BUSY: Duration = Duration::from_secs(5);

/// Where the store is.
#[derive(Debug, Clone)]
pub struct Location {
    pub(super) place: Place,
    /// Whether a crash of the machine may lose nothing that was written.
    pub(super) lasting: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>, String),
}

impl Location {
    /// Reads `sqlite:FILE`, or `postgres://…`, whose tables are then in `schema`.
    ///
    /// # Errors
    /// [`StoreError::Url`] when it is neither.
    pub fn parse(url: &str, schema: &str) -> Result<Self, StoreError> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            if file.is_empty() || file.starts_with(':') || file.contains('?') {
                return Err(StoreError::Url(format!("`{url}` names no file")));
            }
            return Ok(Self::file(file));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(StoreError::Url(
                "it is of another kind of database".to_owned(),
            ));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if schema.is_empty() || schema.len() > 60 || !schema.chars().all(plain) {
            let reason = format!("schema `{schema}` is not a name of a-z, 0-9 and _");
            return Err(StoreError::Url(reason));
        }
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| StoreError::Url(error.to_string()))?
            .application_name("argonaut")
            .options([("search_path", schema)]);
        Ok(Self {
            place: Place::Postgres(Box::new(options), schema.to_owned()),
            lasting: false,
        })
    }

    /// A file of SQLite.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::Sqlite(path.into()),
            lasting: false,
        }
    }

    /// Has SQLite force each batch onto the disk, as PostgreSQL does anyway: for a store whose journal
    /// may not be there any more to bring lost batches back.
    #[must_use]
    pub fn lasting(self) -> Self {
        Self {
            lasting: true,
            ..self
        }
    }

    /// Where tables are made to be compared with those here: a file beside, or another schema.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        let place = match &self.place {
            Place::Sqlite(path) => {
                let mut file = path.as_os_str().to_owned();
                file.push(format!(".{name}"));
                Place::Sqlite(file.into())
            }
            Place::Postgres(options, schema) => {
                let schema = format!("{schema}_{name}");
                let options = options.as_ref().clone();
                let options = options.options([("search_path", &schema)]);
                Place::Postgres(Box::new(options), schema)
            }
        };
        Self {
            place,
            lasting: self.lasting,
        }
    }

    pub(super) fn sqlite(path: &std::path::Path) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A crash of the machine may lose the last batches; the journal brings them back.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY)
            .collation("decimal", super::sqlite::decimal_order)
    }
}

impl fmt::Display for Location {
    /// Without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Place::Postgres(options, schema) => {
                let database = options.get_database().unwrap_or_default();
                let (host, port) = (options.get_host(), options.get_port());
                write!(f, "postgres://{host}:{port}/{database}, schema {schema}")
            }
        }
    }
}
