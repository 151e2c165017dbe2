//! Registers: small tables of things that are read whole when a host starts and changed one by one.
//! They are of identity, no projection of a journal, and have a file or schema of their own; what a
//! record says is not known here.

use super::error::StoreError;
use super::location::{Location, Place};
use super::private::make_private;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnection, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row as _};

/// Every step of the schema, in order. A released one never changes.
const STEPS: &[&str] = &[
    include_str!("../../../../../migrations/identity/0001_identity.sql"),
    include_str!("../../../../../migrations/identity/0002_logs.sql"),
];
/// The table that notes what was run.
const NOTES: &str =
    "CREATE TABLE IF NOT EXISTS argonaut_identity_schema (version BIGINT PRIMARY KEY)";
const NEWEST: &str = "SELECT COALESCE(MAX(version), 0) FROM argonaut_identity_schema";
const NOTE: &str = "INSERT INTO argonaut_identity_schema (version) VALUES ($1)";
/// Held while the schema is brought up to date, so that two programs do not both do it.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7162745804)";

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// People.
    Users,
    /// Where they are logged in.
    Sessions,
    /// Keys for machines.
    ApiKeys,
    /// What a second person must confirm.
    Approvals,
    /// How far logs had come.
    Logs,
}

impl Register {
    /// Every register.
    pub const ALL: [Self; 5] = [
        Self::Users,
        Self::Sessions,
        Self::ApiKeys,
        Self::Approvals,
        Self::Logs,
    ];

    fn table(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Sessions => "sessions",
            Self::ApiKeys => "api_keys",
            Self::Approvals => "approvals",
            Self::Logs => "logs",
        }
    }

    fn select(self) -> String {
        let table = self.table();
        format!("SELECT id, owner, expires_ms, record FROM {table} ORDER BY id")
    }

    fn put(self) -> String {
        format!(
            "INSERT INTO {} (id, owner, expires_ms, record) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, \
             expires_ms = excluded.expires_ms, record = excluded.record",
            self.table()
        )
    }

    fn remove(self) -> String {
        format!("DELETE FROM {} WHERE id = $1", self.table())
    }
}

/// A row of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Of which.
    pub register: Register,
    /// Its name there.
    pub id: String,
    /// Whose it is.
    pub owner: String,
    /// When it is over, in milliseconds since the epoch; 0 for never.
    pub expires_ms: u64,
    /// All of it.
    pub record: String,
}

/// A change of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterChange {
    /// Adds a row, or replaces the one of this id.
    Put(Registered),
    /// Removes the row of this id, if there is one.
    Remove(Register, String),
}

/// The registers of a place.
pub struct Registers {
    location: Location,
    /// None after an error: it is opened again at the next use.
    link: Option<Link>,
}

enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// The same for both kinds of connections, whose types have nothing in common.
macro_rules! on {
    ($link:expr, $connection:ident => $body:expr) => {
        match $link {
            Link::Sqlite($connection) => $body,
            Link::Postgres($connection) => $body,
        }
    };
}

impl Registers {
    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::NewerIdentity`] for a schema that this program does not know; the database's own.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        Ok(Self {
            location: location.clone(),
            link: Some(connect(location).await?),
        })
    }

    /// Everything there is.
    ///
    /// # Errors
    /// The database's own.
    pub async fn rows(&mut self) -> Result<Vec<Registered>, StoreError> {
        let mut link = self.take().await?;
        let mut rows = Vec::new();
        for register in Register::ALL {
            on!(&mut link, connection => {
                let query = sqlx::query(AssertSqlSafe(register.select()));
                for row in query.fetch_all(&mut *connection).await? {
                    rows.push(Registered {
                        register,
                        id: row.get(0),
                        owner: row.get(1),
                        expires_ms: row.get::<i64, _>(2).cast_unsigned(),
                        record: row.get(3),
                    });
                }
            });
        }
        self.link = Some(link);
        Ok(rows)
    }

    /// Does all of these or none, and returns when they would outlive a crash.
    ///
    /// # Errors
    /// The database's own; when the connection broke nobody knows whether they are done.
    pub async fn change(&mut self, changes: &[RegisterChange]) -> Result<(), StoreError> {
        let mut link = self.take().await?;
        on!(&mut link, connection => {
            let mut transaction = connection.begin().await?;
            for change in changes {
                match change {
                    RegisterChange::Put(row) => {
                        let expires_ms = i64::try_from(row.expires_ms).unwrap_or(i64::MAX);
                        sqlx::query(AssertSqlSafe(row.register.put()))
                            .bind(row.id.as_str())
                            .bind(row.owner.as_str())
                            .bind(expires_ms)
                            .bind(row.record.as_str())
                            .execute(&mut *transaction)
                            .await?;
                    }
                    RegisterChange::Remove(register, id) => {
                        sqlx::query(AssertSqlSafe(register.remove()))
                            .bind(id.as_str())
                            .execute(&mut *transaction)
                            .await?;
                    }
                }
            }
            transaction.commit().await?;
        });
        self.link = Some(link);
        Ok(())
    }

    /// The connection, made again where it was lost. Whoever takes it puts it back when all went well.
    async fn take(&mut self) -> Result<Link, StoreError> {
        match self.link.take() {
            Some(link) => Ok(link),
            None => connect(&self.location).await,
        }
    }
}

async fn connect(location: &Location) -> Result<Link, StoreError> {
    match &location.place {
        Place::Sqlite(path) => {
            make_private(path)?;
            let options = Location::sqlite(path).synchronous(SqliteSynchronous::Full);
            let mut connection = options.connect().await?;
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            transaction.execute(NOTES).await?;
            let newest = sqlx::query(NEWEST).fetch_one(&mut *transaction).await?;
            for (number, step) in missing(newest.get(0))? {
                transaction.execute(step).await?;
                let note = sqlx::query(NOTE).bind(number);
                note.execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            Ok(Link::Sqlite(connection))
        }
        Place::Postgres(options, schema) => {
            let mut connection = options.as_ref().clone().connect().await?;
            let mut transaction = connection.begin().await?;
            transaction.execute(LOCK).await?;
            let make = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
            transaction.execute(AssertSqlSafe(make)).await?;
            transaction.execute(NOTES).await?;
            let newest = sqlx::query(NEWEST).fetch_one(&mut *transaction).await?;
            for (number, step) in missing(newest.get(0))? {
                transaction.execute(step).await?;
                let note = sqlx::query(NOTE).bind(number);
                note.execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            Ok(Link::Postgres(connection))
        }
    }
}

/// The steps after the newest that was run, with their numbers.
fn missing(newest: i64) -> Result<impl Iterator<Item = (i64, &'static str)>, StoreError> {
    let known = STEPS.len() as u64;
    let found = u64::try_from(newest).unwrap_or(u64::MAX);
    if found > known {
        return Err(StoreError::NewerIdentity { found, known });
    }
    let steps = (1..).zip(STEPS.iter().copied());
    Ok(steps.filter(move |(number, _)| *number > newest))
}
