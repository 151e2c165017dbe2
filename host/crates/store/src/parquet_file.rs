//! Reads Parquet in batches of rows, only the columns that are needed.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use crate::cells::Columns;
use crate::collect::Collector;
use crate::detect;
use crate::error::{DataError, Place};
use crate::events::Loaded;
use crate::input;
use crate::parquet_cells::{BatchColumn, BatchRow};
use crate::source::{DataSource, Field};
use crate::time::TimeReader;

/// Rows decoded at once.
const BATCH_ROWS: usize = 8192;

/// Reads all rows of a Parquet file.
pub(crate) fn read(
    source: &DataSource,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded, DataError> {
    let (file, bytes_total) = input::open(&source.path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| damaged(source, 0, &error))?;
    let total_rows = builder.metadata().file_metadata().num_rows();
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let layout = detect::from_header(source, &names)?;
    check_positions(source, &layout.columns, &names)?;
    let mut collector = Collector::new(source, layout.kind)?;
    let mut time = TimeReader::new(&source.time, source.utc_offset_s, None).map_err(|detail| {
        DataError::Setting {
            file: source.path.clone(),
            detail,
        }
    })?;
    let wanted = layout.columns.iter().flatten().copied();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let batches = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|error| damaged(source, 0, &error))?;
    for batch in batches {
        let batch = batch.map_err(|error| broken_batch(source, collector.rows(), &error))?;
        read_batch(
            source,
            &batch,
            &names,
            &layout.columns,
            &mut time,
            &mut collector,
        )?;
        progress(
            share(bytes_total, collector.rows(), total_rows),
            bytes_total,
        );
    }
    progress(bytes_total, bytes_total);
    collector.finish()
}

/// Hands every row of a batch to the collector.
fn read_batch(
    source: &DataSource,
    batch: &RecordBatch,
    names: &[String],
    columns: &Columns,
    time: &mut TimeReader,
    collector: &mut Collector,
) -> Result<(), DataError> {
    let fields = typed_columns(source, batch, names, columns)?;
    for index in 0..batch.num_rows() {
        let row = collector.rows() + 1;
        let mut cells = BatchRow {
            fields: &fields,
            index,
            time,
            source,
        };
        collector.row(&mut cells, Place::Row(row))?;
    }
    Ok(())
}

/// The columns of a batch by field, each as one of the types that cells can be read from.
fn typed_columns(
    source: &DataSource,
    batch: &RecordBatch,
    names: &[String],
    columns: &Columns,
) -> Result<[Option<BatchColumn>; Field::COUNT], DataError> {
    let mut fields = [const { None }; Field::COUNT];
    let schema: SchemaRef = batch.schema();
    for field in Field::all() {
        let Some(name) = columns[field.index()].and_then(|index| names.get(index)) else {
            continue;
        };
        // The projection keeps names; two columns of one name cannot be told apart.
        let Ok(position) = schema.index_of(name) else {
            continue;
        };
        let array = batch.column(position);
        let column =
            BatchColumn::new(field, array).ok_or_else(|| DataError::UnsupportedColumnType {
                file: source.path.clone(),
                column: name.clone(),
                field,
                found: array.data_type().to_string(),
            })?;
        fields[field.index()] = Some(column);
    }
    Ok(fields)
}

/// Mapped positions must exist: unlike rows of text, rows here have one width.
fn check_positions(
    source: &DataSource,
    columns: &Columns,
    names: &[String],
) -> Result<(), DataError> {
    let wrong = Field::all()
        .find_map(|field| Some((field, columns[field.index()].filter(|i| *i >= names.len())?)));
    wrong.map_or(Ok(()), |(field, index)| {
        Err(DataError::NoSuchColumn {
            file: source.path.clone(),
            field,
            column: index.to_string(),
            available: names.to_vec(),
        })
    })
}

fn damaged(source: &DataSource, rows: u64, error: &ParquetError) -> DataError {
    DataError::Corrupt {
        file: source.path.clone(),
        rows,
        detail: error.to_string(),
    }
}

fn broken_batch(source: &DataSource, rows: u64, error: &ArrowError) -> DataError {
    DataError::Corrupt {
        file: source.path.clone(),
        rows,
        detail: error.to_string(),
    }
}

/// The part of `bytes` that `rows` of `total_rows` stand for.
fn share(bytes: u64, rows: u64, total_rows: i64) -> u64 {
    let total = u128::try_from(total_rows).unwrap_or(0).max(1);
    let done = u128::from(bytes) * u128::from(rows) / total;
    u64::try_from(done).map_or(bytes, |done| done.min(bytes))
}
