//! Alerts that nobody resolved: found, and closed once nobody can resolve them any more.

use super::error::StoreError;
use super::postgres::KEPT_PATIENCE;
use super::reader::Key;
use super::writer::{Link, Writer};
use sqlx::{Connection, Executor, Row as _};

/// The next alerts that are not over.
const UNRESOLVED: &str = "SELECT time, sequence, ordinal FROM alerts \
     WHERE state <> 'RESOLVED' AND (time, sequence, ordinal) > ($1, $2, $3) \
     ORDER BY time, sequence, ordinal LIMIT $4";
/// Ends one of them, unless it is over.
const RESOLVE: &str = "UPDATE alerts SET state = 'RESOLVED', reason = $1, last_time = $2 \
     WHERE time = $3 AND sequence = $4 AND ordinal = $5 AND state <> 'RESOLVED'";
/// Before every row.
const BEGINNING: [i64; 3] = [-1; 3];

impl Writer {
    /// The places of alerts that are open or acknowledged, at most `limit` of those after a place, in
    /// the order of places.
    ///
    /// # Errors
    /// The database's own.
    pub async fn unresolved(
        &mut self,
        after: Option<Key>,
        limit: u32,
    ) -> Result<Vec<Key>, StoreError> {
        let [time, sequence, ordinal] = after.map_or(BEGINNING, numbers);
        let limit = i64::from(limit);
        Ok(match &mut self.0 {
            Link::Sqlite(link) => {
                let query = sqlx::query(UNRESOLVED).bind(time).bind(sequence);
                let rows = query.bind(ordinal).bind(limit).fetch_all(link).await?;
                rows.iter()
                    .map(|row| key([row.get(0), row.get(1), row.get(2)]))
                    .collect()
            }
            Link::Postgres(link) => {
                let mut transaction = link.begin().await?;
                transaction.execute(KEPT_PATIENCE).await?;
                let query = sqlx::query(UNRESOLVED).bind(time).bind(sequence);
                let query = query.bind(ordinal).bind(limit);
                let rows = query.fetch_all(&mut *transaction).await?;
                transaction.commit().await?;
                rows.iter()
                    .map(|row| key([row.get(0), row.get(1), row.get(2)]))
                    .collect()
            }
        })
    }

    /// Closes alerts at an engine time in nanoseconds; all of them or none. Those that are over stay as
    /// they are.
    ///
    /// # Errors
    /// The database's own.
    pub async fn resolve(
        &mut self,
        alerts: &[Key],
        at: u64,
        reason: &str,
    ) -> Result<(), StoreError> {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        match &mut self.0 {
            Link::Sqlite(link) => {
                let mut transaction = link.begin_with("BEGIN IMMEDIATE").await?;
                for [time, sequence, ordinal] in alerts.iter().copied().map(numbers) {
                    let query = sqlx::query(RESOLVE).bind(reason).bind(at);
                    let query = query.bind(time).bind(sequence).bind(ordinal);
                    query.execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
            }
            Link::Postgres(link) => {
                let mut transaction = link.begin().await?;
                transaction.execute(KEPT_PATIENCE).await?;
                for [time, sequence, ordinal] in alerts.iter().copied().map(numbers) {
                    let query = sqlx::query(RESOLVE).bind(reason).bind(at);
                    let query = query.bind(time).bind(sequence).bind(ordinal);
                    query.execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
            }
        }
        Ok(())
    }
}

/// A place as the database has it.
fn numbers(key: Key) -> [i64; 3] {
    [key.time, key.sequence, key.ordinal].map(u64::cast_signed)
}

/// A place out of the database.
pub(super) fn key(numbers: [i64; 3]) -> Key {
    let [time, sequence, ordinal] = numbers.map(i64::cast_unsigned);
    Key {
        time,
        sequence,
        ordinal,
    }
}
