//! Brings a database to the schema that this program knows.
//!
//! Migrations are numbered files that are never changed once released. The statements of one run
//! on both engines; what only PostgreSQL can do stands beside them. They are few and linked in, and
//! each runs in the transaction that notes it.

use super::error::StoreError;

/// A step of the schema.
pub(super) struct Migration {
    pub(super) number: u64,
    pub(super) name: &'static str,
    /// Runs first on PostgreSQL.
    pub(super) postgres_before: &'static str,
    pub(super) shared: &'static str,
    /// Runs last on PostgreSQL without TimescaleDB.
    pub(super) postgres_after: &'static str,
    /// Runs last on PostgreSQL with TimescaleDB.
    pub(super) timescale_after: &'static str,
}

/// The step from which on a store has what people did.
pub(super) const AUDIT: u64 = 4;

/// Every step, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "projection",
        postgres_before: include_str!("../../../../../migrations/postgres/0001_types.sql"),
        shared: include_str!("../../../../../migrations/0001_projection.sql"),
        postgres_after: include_str!("../../../../../migrations/postgres/0001_partitions.sql"),
        timescale_after: include_str!("../../../../../migrations/postgres/0001_timescale.sql"),
    },
    Migration {
        number: 2,
        name: "alert reason",
        postgres_before: "",
        shared: include_str!("../../../../../migrations/0002_alert_reason.sql"),
        postgres_after: "",
        timescale_after: "",
    },
    Migration {
        number: 3,
        name: "read by owner",
        postgres_before: "",
        shared: include_str!("../../../../../migrations/0003_read_by_owner.sql"),
        postgres_after: "",
        timescale_after: "",
    },
    Migration {
        number: AUDIT,
        name: "audit, jobs, backtests",
        postgres_before: "",
        shared: include_str!("../../../../../migrations/0004_audit_jobs_backtests.sql"),
        postgres_after: "",
        timescale_after: "",
    },
];

/// The schema this program knows.
pub const VERSION: u64 = MIGRATIONS.len() as u64;

/// The table that notes what was run.
pub(super) const NOTES: &str = "CREATE TABLE IF NOT EXISTS argonaut_schema \
     (version BIGINT PRIMARY KEY, name TEXT NOT NULL)";
/// The newest note.
pub(super) const NEWEST: &str =
    "SELECT version, name FROM argonaut_schema ORDER BY version DESC LIMIT 1";
/// Notes a migration.
pub(super) const NOTE: &str = "INSERT INTO argonaut_schema (version, name) VALUES ($1, $2)";

/// The steps that are missing after the newest note.
///
/// # Errors
/// [`StoreError::Newer`] when the note is of no step that is known here.
pub(super) fn missing(
    newest: Option<(i64, String)>,
) -> Result<impl Iterator<Item = &'static Migration>, StoreError> {
    let (number, name) = newest.unwrap_or_default();
    let found = u64::try_from(number).unwrap_or(u64::MAX);
    if found > VERSION {
        return Err(StoreError::Newer {
            found,
            name,
            known: VERSION,
        });
    }
    Ok(MIGRATIONS.iter().filter(move |step| step.number > found))
}
