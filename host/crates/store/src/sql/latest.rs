//! How far a log has been copied: the row with the greatest number.

use super::error::StoreError;
use super::postgres::KEPT_PATIENCE;
use super::reader::Key;
use super::table::Table;
use super::unresolved::key;
use super::writer::{Link, Writer};
use sqlx::{AssertSqlSafe, Connection, Executor, Row as _};

impl Writer {
    /// The place of the row of a kept table whose `sequence` is the greatest, of several the latest;
    /// `None` where the table is empty.
    ///
    /// # Errors
    /// The database's own.
    pub async fn latest(&mut self, table: &'static Table) -> Result<Option<Key>, StoreError> {
        let sql = AssertSqlSafe(format!(
            "SELECT time, sequence, ordinal FROM {} ORDER BY sequence DESC, time DESC LIMIT 1",
            table.name
        ));
        Ok(match &mut self.0 {
            Link::Sqlite(link) => {
                let row = sqlx::query(sql).fetch_optional(link).await?;
                row.map(|row| key([row.get(0), row.get(1), row.get(2)]))
            }
            Link::Postgres(link) => {
                let mut transaction = link.begin().await?;
                transaction.execute(KEPT_PATIENCE).await?;
                let row = sqlx::query(sql).fetch_optional(&mut *transaction).await?;
                transaction.commit().await?;
                row.map(|row| key([row.get(0), row.get(1), row.get(2)]))
            }
        })
    }
}
