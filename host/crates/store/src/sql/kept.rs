//! Rows that no journal has, taken over into a store that is made again from one.

use super::batch::{Batch, Cell, Row};
use super::error::StoreError;
use super::location::Location;
use super::reader::{Filter, ReadError, Reader, Record};
use super::table::{KEPT, Kind, Table};
use super::writer::Writer;

/// Rows taken over at once.
const ROWS: u32 = 5_000;

/// Copies the kept rows of one store into another; returns how many there were.
///
/// # Errors
/// The databases' own; the other store then has some of them.
pub async fn carry(from: &Location, to: &Location) -> Result<u64, StoreError> {
    let reader = Reader::new(from);
    let mut writer = Writer::open(to).await?;
    let mut carried = 0;
    for table in KEPT {
        carried += carry_table(&reader, &mut writer, table).await?;
    }
    reader.close().await;
    Ok(carried)
}

async fn carry_table(
    reader: &Reader,
    writer: &mut Writer,
    table: &'static Table,
) -> Result<u64, StoreError> {
    let mut filter = Filter {
        limit: ROWS,
        ..Filter::default()
    };
    let mut carried = 0;
    loop {
        let page = reader
            .page(table, &filter)
            .await
            .map_err(|error| match error {
                ReadError::Store(error) => error,
                error @ ReadError::NoColumn { .. } => StoreError::Database(error.to_string()),
            })?;
        let mut batch = Batch::default();
        for record in page.rows {
            carried += 1;
            batch.push(table, row(table, record));
        }
        writer.keep(&batch).await?;
        match page.next {
            Some(key) => filter.after = Some(key),
            None => return Ok(carried),
        }
    }
}

/// A row as it was written.
fn row(table: &Table, record: Record) -> Row {
    let columns = table.columns.iter().zip(record);
    let cells = columns.map(|(column, cell)| match (column.kind, cell) {
        (_, None) => Cell::Null,
        (Kind::Text | Kind::Decimal, Some(text)) => Cell::Text(text),
        (_, Some(text)) => text.parse().map_or(Cell::Null, Cell::Integer),
    });
    cells.collect()
}
