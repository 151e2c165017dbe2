//! Tables of results, written to one CSV or Parquet file: columns of times, of texts and of numbers. For
//! scores and the like, which are floating point; market data go into the catalog.
//!
//! The file appears whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use model::Timestamp;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use tempfile::NamedTempFile;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetForm {
    /// Moments: in CSV as RFC 3339, in Parquet nanoseconds in UTC.
    Time,
    /// Texts.
    Text,
    /// Numbers; NaN is nothing: in CSV an empty field, in Parquet null.
    Number,
}

/// Some rows of a column.
#[derive(Debug, Clone, Copy)]
pub enum SheetCells<'a> {
    /// Of [`SheetForm::Time`].
    Times(&'a [Timestamp]),
    /// Of [`SheetForm::Text`].
    Texts(&'a [&'a str]),
    /// Of [`SheetForm::Number`].
    Numbers(&'a [f64]),
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The name says nothing about the format.
    #[error("{}: name a file that ends in .csv or .parquet", file.display())]
    Ending {
        /// The path as given.
        file: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: cannot be written: {source}", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The encoder refused.
    #[error("{}: cannot be encoded: {detail}", file.display())]
    Encoding {
        /// Which file.
        file: PathBuf,
        /// What it said.
        detail: String,
    },
}

/// A table in the making. Dropped before [`SheetWriter::finish`] it leaves nothing behind.
pub struct SheetWriter {
    file: PathBuf,
    unnamed: NamedTempFile,
    encoder: Encoder,
    rows: u64,
}

enum Encoder {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Parquet(Box<ArrowWriter<File>>, SchemaRef),
}

impl SheetWriter {
    /// Begins a table with these columns. The name of the file ends in `.csv` or `.parquet`.
    pub fn create(file: &Path, columns: &[(&str, SheetForm)]) -> Result<Self, SheetError> {
        let ending = file.extension().and_then(|ending| ending.to_str());
        let is_csv = match ending {
            Some("csv") => true,
            Some("parquet") => false,
            _ => {
                let file = file.to_owned();
                return Err(SheetError::Ending { file });
            }
        };
        let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
        let unnamed = tempfile::Builder::new()
            .prefix(".writing-")
            // As any other file: the user's mask decides.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(io_error(file))?;
        let handle = unnamed.reopen().map_err(io_error(file))?;
        let encoder = match is_csv {
            true => {
                let mut writer = csv::Writer::from_writer(BufWriter::new(handle));
                let names = columns.iter().map(|(name, _)| *name);
                writer.write_record(names).map_err(encoding(file))?;
                Encoder::Csv(Box::new(writer))
            }
            false => {
                let schema = schema(columns);
                let level = ZstdLevel::try_new(3).map_err(encoding(file))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(level))
                    .build();
                let writer = ArrowWriter::try_new(handle, Arc::clone(&schema), Some(properties));
                Encoder::Parquet(Box::new(writer.map_err(encoding(file))?), schema)
            }
        };
        Ok(Self {
            file: file.to_owned(),
            unnamed,
            encoder,
            rows: 0,
        })
    }

    /// Appends rows: as many cells of every column.
    pub fn push(&mut self, columns: &[SheetCells<'_>]) -> Result<(), SheetError> {
        let rows = columns.first().map_or(0, SheetCells::len);
        if columns.iter().any(|cells| cells.len() != rows) {
            let detail = "columns of different lengths".to_owned();
            let file = self.file.clone();
            return Err(SheetError::Encoding { file, detail });
        }
        match &mut self.encoder {
            Encoder::Csv(writer) => {
                for row in 0..rows {
                    let record = columns.iter().map(|cells| cells.text(row));
                    writer.write_record(record).map_err(encoding(&self.file))?;
                }
            }
            Encoder::Parquet(writer, schema) => {
                let arrays = columns.iter().map(SheetCells::array).collect();
                let batch = RecordBatch::try_new(Arc::clone(schema), arrays);
                let batch = batch.map_err(encoding(&self.file))?;
                writer.write(&batch).map_err(encoding(&self.file))?;
            }
        }
        self.rows += rows as u64;
        Ok(())
    }

    /// Gives the file its name; tells how many rows it has. One of that name is replaced.
    pub fn finish(self) -> Result<u64, SheetError> {
        let file = &self.file;
        match self.encoder {
            Encoder::Csv(mut writer) => writer.flush().map_err(io_error(file))?,
            Encoder::Parquet(writer, _) => {
                writer.close().map_err(encoding(file))?;
            }
        }
        let synced = self.unnamed.as_file().sync_all();
        synced.map_err(io_error(file))?;
        let placed = self.unnamed.persist(file);
        placed.map_err(|error| io_error(file)(error.error))?;
        Ok(self.rows)
    }
}

impl SheetCells<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Times(times) => times.len(),
            Self::Texts(texts) => texts.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// A cell as CSV has it; empty where there is none.
    fn text(&self, row: usize) -> String {
        match self {
            Self::Times(times) => times.get(row).map(ToString::to_string),
            Self::Texts(texts) => texts.get(row).map(|text| (*text).to_owned()),
            Self::Numbers(numbers) => numbers
                .get(row)
                .filter(|number| !number.is_nan())
                .map(ToString::to_string),
        }
        .unwrap_or_default()
    }

    fn array(&self) -> ArrayRef {
        match self {
            Self::Times(times) => {
                let nanos = times.iter().map(|time| time.nanos().cast_signed());
                let array = TimestampNanosecondArray::from_iter_values(nanos);
                Arc::new(array.with_timezone("UTC"))
            }
            Self::Texts(texts) => Arc::new(StringArray::from_iter_values(texts.iter())),
            Self::Numbers(numbers) => {
                let there = |number: &f64| (!number.is_nan()).then_some(*number);
                Arc::new(numbers.iter().map(there).collect::<Float64Array>())
            }
        }
    }
}

fn schema(columns: &[(&str, SheetForm)]) -> SchemaRef {
    let fields = columns.iter().map(|(name, form)| match form {
        SheetForm::Time => {
            let kind = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
            Field::new(*name, kind, false)
        }
        SheetForm::Text => Field::new(*name, DataType::Utf8, false),
        SheetForm::Number => Field::new(*name, DataType::Float64, true),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn io_error(file: &Path) -> impl Fn(io::Error) -> SheetError + use<> {
    let file = file.to_owned();
    move |source| SheetError::Io {
        file: file.clone(),
        source,
    }
}

fn encoding<E: std::fmt::Display>(file: &Path) -> impl Fn(E) -> SheetError + use<E> {
    let file = file.to_owned();
    move |error| SheetError::Encoding {
        file: file.clone(),
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Float64Type;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    const COLUMNS: [(&str, SheetForm); 3] = [
        ("time", SheetForm::Time),
        ("instrument", SheetForm::Text),
        ("score", SheetForm::Number),
    ];

    fn written(file: &Path) -> u64 {
        let mut sheet = SheetWriter::create(file, &COLUMNS).unwrap();
        let second = Timestamp::from_nanos(1_000_000_000);
        sheet
            .push(&[
                SheetCells::Times(&[Timestamp::ZERO, second]),
                SheetCells::Texts(&["A", "B,C"]),
                SheetCells::Numbers(&[0.1, f64::NAN]),
            ])
            .unwrap();
        sheet
            .push(&[
                SheetCells::Times(&[second]),
                SheetCells::Texts(&["A"]),
                SheetCells::Numbers(&[-1e-9]),
            ])
            .unwrap();
        sheet.finish().unwrap()
    }

    #[test]
    fn a_csv_file_has_names_and_nothing_where_there_is_no_number() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scores.csv");
        assert_eq!(written(&file), 3);
        let text = std::fs::read_to_string(file).unwrap();
        let expect = "time,instrument,score\n\
                      1970-01-01T00:00:00.000000000Z,A,0.1\n\
                      1970-01-01T00:00:01.000000000Z,\"B,C\",\n\
                      1970-01-01T00:00:01.000000000Z,A,-0.000000001\n";
        assert_eq!(text, expect);
    }

    #[test]
    fn a_parquet_file_has_nulls_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scores.parquet");
        assert_eq!(written(&file), 3);
        let file = File::open(file).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows, 3);
        let scores = batches[0].column(2).as_primitive::<Float64Type>();
        assert!(scores.is_null(1) && !scores.is_null(0));
        let names = batches[0].column(1).as_string::<i32>();
        assert_eq!(names.value(1), "B,C");
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scores.csv");
        drop(SheetWriter::create(&file, &COLUMNS).unwrap());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let error = SheetWriter::create(&folder.path().join("scores.txt"), &COLUMNS);
        let error = error.err().unwrap().to_string();
        assert!(error.ends_with("ends in .csv or .parquet"), "{error}");
    }
}
