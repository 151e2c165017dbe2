//! What is particular to SQLite: multi-row inserts, row by row changes, and the order of decimals.

use super::batch::{Cell, Part};
use super::error::StoreError;
use super::location::Location;
use super::migrate::{AUDIT, NEWEST, NOTE, NOTES, missing};
use super::private::{make_private, take_from_others};
use super::table::{Growth, Table};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row as _, Sqlite};
use std::cmp::Ordering;
use std::path::Path;

/// Rows of one `INSERT`. More saves little: SQLite's work is with each row.
const ROWS: usize = 128;

/// Opens the file, made where there is none, with the schema of this program.
pub(super) async fn open(path: &Path, lasting: bool) -> Result<SqliteConnection, StoreError> {
    make_private(path)?;
    let mut options = Location::sqlite(path);
    if lasting {
        options = options.synchronous(SqliteSynchronous::Full);
    }
    let mut connection = options.connect().await?;
    connection.execute(NOTES).await?;
    let newest = sqlx::query(NEWEST).fetch_optional(&mut connection).await?;
    let newest: Option<(i64, String)> = newest.map(|row| (row.get(0), row.get(1)));
    let earlier = newest.as_ref().map(|(number, _)| number.cast_unsigned());
    if earlier.is_some_and(|number| number < AUDIT) {
        take_from_others(path)?;
    }
    for step in missing(newest)? {
        let mut transaction = connection.begin().await?;
        transaction.execute(step.shared).await?;
        sqlx::query(NOTE)
            .bind(step.number.cast_signed())
            .bind(step.name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(connection)
}

/// Writes the rows of one table.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    part: &Part,
) -> Result<(), StoreError> {
    if part.table.growth == Growth::Change {
        return change(connection, part).await;
    }
    for rows in part.rows.chunks(ROWS) {
        let mut query = sqlx::query(AssertSqlSafe(insert(part.table, rows.len())));
        for cell in rows.iter().flatten() {
            query = bind(query, cell);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn change(connection: &mut SqliteConnection, part: &Part) -> Result<(), StoreError> {
    let (id, columns) = match part.table.columns {
        [id, columns @ ..] => (id.name, columns),
        [] => return Ok(()),
    };
    let sets: Vec<_> = columns
        .iter()
        .zip(2..)
        .map(|(column, place)| format!("{0} = COALESCE(${place}, {0})", column.name))
        .collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE {id} = $1",
        part.table.name,
        sets.join(", ")
    );
    for row in &part.rows {
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for cell in row {
            query = bind(query, cell);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn insert(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let rows = vec![row; rows].join(", ");
    let taken = match table.growth {
        Growth::Keep => table.taken(),
        _ => String::new(),
    };
    format!(
        "INSERT INTO {} ({}) VALUES {rows} {taken}",
        table.name,
        table.names()
    )
}

fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    cell: &'q Cell,
) -> Query<'q, Sqlite, SqliteArguments> {
    match cell {
        Cell::Null => query.bind(None::<i64>),
        Cell::Integer(number) => query.bind(*number),
        Cell::Text(text) => query.bind(text.as_str()),
    }
}

/// The order of plain decimals as numbers: the collation `decimal`.
pub(super) fn decimal_order(left: &str, right: &str) -> Ordering {
    let (left, right) = (Parts::of(left), Parts::of(right));
    match (left.negative, right.negative) {
        (false, false) => left.magnitude(&right),
        (true, true) => right.magnitude(&left),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// A plain decimal in parts.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let digits = text.strip_prefix('-');
        let (whole, fraction) = digits
            .unwrap_or(text)
            .split_once('.')
            .unwrap_or((digits.unwrap_or(text), ""));
        Self {
            negative: digits.is_some(),
            whole: whole.trim_start_matches('0'),
            fraction: fraction.trim_end_matches('0'),
        }
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let wholes = (self.whole.len(), self.whole).cmp(&(other.whole.len(), other.whole));
        wholes.then(self.fraction.cmp(other.fraction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_sort_as_numbers() {
        let sorted = [
            "-170141183460469231731.5",
            "-10",
            "-9.75",
            "-9.5",
            "-0.1",
            "0",
            "0.05",
            "0.5",
            "9",
            "9.000000001",
            "10",
            "10.5",
            "92233720368547758.08",
        ];
        for (place, left) in sorted.iter().enumerate() {
            for (other, right) in sorted.iter().enumerate() {
                assert_eq!(
                    decimal_order(left, right),
                    place.cmp(&other),
                    "{left} {right}"
                );
            }
        }
    }
}
