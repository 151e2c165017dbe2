//! What is particular to PostgreSQL: `COPY`, changes from arrays, partitions by day.

use super::batch::{Cell, Part, Row};
use super::error::StoreError;
use super::migrate::{NEWEST, NOTE, NOTES, missing};
use super::table::{Growth, Kind, Table};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row as _};
use std::collections::BTreeSet;

const NANOS_PER_DAY: i64 = 86_400_000_000_000;
/// Bytes of `COPY` sent at once.
const CHUNK_BYTES: usize = 256 << 10;
/// Held while the schema is looked at and brought up to date, so that two programs that start
/// together do not both do it.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7162745803)";
/// Bounds what rows beside the projection may wait for: who holds such a table must not hold up the
/// projection, and the connection is to stay usable.
pub(super) const KEPT_PATIENCE: &str =
    "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '10s'";
/// Whether TimescaleDB is installed in this database.
const TIMESCALE: &str = "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb')";

/// Connects, with the schema of this program.
pub(super) async fn open(
    options: &PgConnectOptions,
    schema: &str,
) -> Result<PgConnection, StoreError> {
    let mut connection = options.clone().connect().await?;
    let mut transaction = connection.begin().await?;
    transaction.execute(LOCK).await?;
    let make = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
    transaction.execute(AssertSqlSafe(make)).await?;
    transaction.execute(NOTES).await?;
    let newest = sqlx::query(NEWEST)
        .fetch_optional(&mut *transaction)
        .await?;
    for step in missing(newest.map(|row| (row.get(0), row.get(1))))? {
        let timescale = sqlx::query(TIMESCALE).fetch_one(&mut *transaction).await?;
        let after = if timescale.get(0) {
            step.timescale_after
        } else {
            step.postgres_after
        };
        let all = [step.postgres_before, step.shared, after];
        for statements in all.into_iter().filter(|statements| !statements.is_empty()) {
            transaction.execute(statements).await?;
        }
        sqlx::query(NOTE)
            .bind(step.number.cast_signed())
            .bind(step.name)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(connection)
}

/// Writes the rows of one table.
pub(super) async fn write(connection: &mut PgConnection, part: &Part) -> Result<(), StoreError> {
    match part.table.growth {
        Growth::Change => return change(connection, part).await,
        Growth::AppendByDay => make_days(connection, part).await?,
        Growth::Keep => {
            make_days(connection, part).await?;
            return keep(connection, part).await;
        }
        Growth::Append => {}
    }
    let sql = format!(
        "COPY {} ({}) FROM STDIN",
        part.table.name,
        part.table.names()
    );
    let mut copy = connection.copy_in_raw(&sql).await?;
    let mut text = String::with_capacity(CHUNK_BYTES + 4096);
    for row in &part.rows {
        copy_line(row, &mut text);
        if text.len() >= CHUNK_BYTES {
            copy.send(text.as_bytes()).await?;
            text.clear();
        }
    }
    copy.send(text.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// A row in the text format of `COPY`.
fn copy_line(row: &Row, text: &mut String) {
    for (place, cell) in row.iter().enumerate() {
        if place > 0 {
            text.push('\t');
        }
        match cell {
            Cell::Null => text.push_str("\\N"),
            Cell::Integer(number) => text.push_str(&number.to_string()),
            Cell::Text(value) => value.chars().for_each(|c| match c {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                // PostgreSQL has no such text; nothing of ours needs it.
                '\0' => {}
                c => text.push(c),
            }),
        }
    }
    text.push('\n');
}

/// Makes the partitions of the days in these rows that are not there yet.
async fn make_days(connection: &mut PgConnection, part: &Part) -> Result<(), StoreError> {
    let day = |row: &Row| match row.first() {
        Some(Cell::Integer(time)) => Some(time.div_euclid(NANOS_PER_DAY)),
        _ => None,
    };
    let days: BTreeSet<_> = part.rows.iter().filter_map(day).collect();
    if days.is_empty() || !is_partitioned(connection, part.table).await? {
        return Ok(());
    }
    for day in days {
        let from = day.saturating_mul(NANOS_PER_DAY);
        let to = from.saturating_add(NANOS_PER_DAY);
        let table = part.table.name;
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {table}_day_{day} PARTITION OF {table} \
             FOR VALUES FROM ({from}) TO ({to})"
        );
        connection.execute(AssertSqlSafe(sql)).await?;
    }
    Ok(())
}

/// Whether a table has partitions of our making, and not those of TimescaleDB.
async fn is_partitioned(connection: &mut PgConnection, table: &Table) -> Result<bool, StoreError> {
    let sql = "SELECT relkind = 'p' FROM pg_class WHERE oid = $1::text::regclass";
    let row = sqlx::query(sql)
        .bind(table.name)
        .fetch_one(connection)
        .await?;
    Ok(row.get(0))
}

/// Changes rows by one statement over arrays, one for each column.
async fn change(connection: &mut PgConnection, part: &Part) -> Result<(), StoreError> {
    let Some((id, columns)) = part.table.columns.split_first() else {
        return Ok(());
    };
    let sets: Vec<_> = columns
        .iter()
        .map(|column| format!("{0} = COALESCE(v.{0}, t.{0})", column.name))
        .collect();
    let sql = format!(
        "UPDATE {table} t SET {sets} FROM ({given}) v WHERE t.{id} = v.{id}",
        table = part.table.name,
        sets = sets.join(", "),
        given = given(part.table),
        id = id.name,
    );
    send(connection, part, sql).await
}

/// Adds rows whose place may be taken, in the same way.
async fn keep(connection: &mut PgConnection, part: &Part) -> Result<(), StoreError> {
    let table = part.table;
    let sql = format!(
        "INSERT INTO {} ({}) {} {}",
        table.name,
        table.names(),
        given(table),
        table.taken()
    );
    send(connection, part, sql).await
}

/// A query of rows that come as arrays of text, one for each column.
fn given(table: &Table) -> String {
    let casts: Vec<_> = table
        .columns
        .iter()
        .map(|column| format!("u.{0}::{1} AS {0}", column.name, type_of(column.kind)))
        .collect();
    let arrays: Vec<_> = (1..=table.columns.len())
        .map(|place| format!("${place}::text[]"))
        .collect();
    format!(
        "SELECT {} FROM UNNEST({}) AS u({})",
        casts.join(", "),
        arrays.join(", "),
        table.names()
    )
}

async fn send(connection: &mut PgConnection, part: &Part, sql: String) -> Result<(), StoreError> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for place in 0..part.table.columns.len() {
        let column: Vec<Option<String>> =
            part.rows.iter().map(|row| text(row.get(place))).collect();
        query = query.bind(column);
    }
    query.execute(connection).await?;
    Ok(())
}

fn text(cell: Option<&Cell>) -> Option<String> {
    match cell {
        None | Some(Cell::Null) => None,
        Some(Cell::Integer(number)) => Some(number.to_string()),
        Some(Cell::Text(text)) => Some(text.clone()),
    }
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Decimal => "numeric",
        _ => "bigint",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_text_cannot_end_its_row() {
        let row = vec![
            Cell::Integer(-7),
            Cell::Null,
            Cell::Text("a\tb\\N\r\n\\.".to_owned()),
        ];
        let mut text = String::new();
        copy_line(&row, &mut text);
        assert_eq!(text, "-7\t\\N\ta\\tb\\\\N\\r\\n\\\\.\n");
    }
}
