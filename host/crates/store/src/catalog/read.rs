//! Reads one part: its footer, and its rows in batches of integers.

use std::path::{Path, PathBuf};

use model::{BarSpec, Price};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::column::reader::ColumnReader;
use parquet::data_type::FixedLenByteArray;
use parquet::file::metadata::{FileMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, Length, SerializedFileReader};
use parquet::file::statistics::Statistics;

use super::books::BatchCheck;
use super::columns::Columns;
use super::error::CatalogError;
use super::layout::{BarName, Part};
use super::schema::{self, Form, TS_INIT, Width};
use super::shelf::Book;
use super::stream::Range;
use super::write::{KEY_REPLACES, KEY_RULE, KEY_TICK};
use crate::source::DataKind;

/// Rows decoded at once.
const BATCH_ROWS: usize = 8192;

/// What the footer of a part says, once its schema is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// How many events are in it.
    pub events: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The coarsest power of ten on which every price lies.
    pub tick: Price,
    /// The rule of its bars.
    pub bars: Option<BarSpec>,
    /// The names of the parts it stands for.
    pub replaces: Vec<String>,
    /// How wide its numbers are.
    pub(super) width: Width,
}

impl Footer {
    /// Reads the footer of a part and checks its schema.
    pub fn read(part: &Part) -> Result<Self, CatalogError> {
        Ok(PartReader::open(part, Range::ALL)?.footer)
    }

    fn of(part: &Part, file: &FileMetaData, bytes: u64) -> Result<Self, CatalogError> {
        let path = &part.path;
        let damaged = CatalogError::damaged(path);
        // What tools other than this one see: the hint of Arrow in the footer does not count.
        let found = parquet_to_arrow_schema(file.schema_descr(), None).map_err(damaged)?;
        let width = schema::check(path, part.key.kind, &found)?;
        let value = |key: &str| {
            let notes = file.key_value_metadata()?;
            notes.iter().find(|note| note.key == key)?.value.as_deref()
        };
        let missing = |key: &str| CatalogError::Damaged {
            path: path.clone(),
            detail: format!("the footer has no proper `{key}`"),
        };
        let rule = value(KEY_RULE).map(str::parse::<BarName>).transpose();
        let rule = rule.map_err(|_| missing(KEY_RULE))?.map(|name| name.0);
        if rule != part.key.bars {
            return Err(missing(KEY_RULE));
        }
        let tick: Option<Price> = value(KEY_TICK).and_then(|text| text.parse().ok());
        let replaces = value(KEY_REPLACES).unwrap_or_default().split(',');
        Ok(Self {
            events: u64::try_from(file.num_rows()).unwrap_or_default(),
            bytes,
            tick: tick
                .filter(|tick| *tick > Price::ZERO)
                .ok_or_else(|| missing(KEY_TICK))?,
            bars: rule,
            replaces: replaces
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            width,
        })
    }
}

/// Leaves out parts that another part stands for. Footers are read only of days with several parts.
pub(super) fn drop_replaced(parts: &mut Vec<Part>) -> Result<(), CatalogError> {
    let mut replaced = Vec::new();
    for part in parts.iter() {
        let same = |other: &&Part| other.day == part.day && other.key == part.key;
        if parts.iter().filter(same).nth(1).is_some() {
            replaced.extend(Footer::read(part)?.replaces);
        }
    }
    parts.retain(|part| !replaced.iter().any(|name| name == part.name()));
    Ok(())
}

/// A part that is being read.
pub(super) struct PartReader {
    path: PathBuf,
    reader: SerializedFileReader<Book>,
    pub(super) footer: Footer,
    range: Range,
    next_group: usize,
    columns: Vec<ColumnReader>,
    left: usize,
    /// Rows of the file up to the next one that is read.
    passed: u64,
    batches: Option<BatchCheck>,
    spare: Vec<FixedLenByteArray>,
    small: Vec<i32>,
    forms: &'static [(&'static str, Form)],
}

impl PartReader {
    pub(super) fn open(part: &Part, range: Range) -> Result<Self, CatalogError> {
        let path = &part.path;
        let file = part.shelf.open(path)?;
        let bytes = file.len();
        let reader = SerializedFileReader::new(file).map_err(CatalogError::decoding(path))?;
        let footer = Footer::of(part, reader.metadata().file_metadata(), bytes)?;
        Ok(Self {
            path: path.clone(),
            reader,
            footer,
            range,
            next_group: 0,
            columns: Vec::new(),
            left: 0,
            passed: 0,
            batches: (part.key.kind == DataKind::Books).then(BatchCheck::new),
            spare: Vec::new(),
            small: Vec::new(),
            forms: schema::columns(part.key.kind),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the next rows into `batch`; false at the end.
    pub(super) fn next(&mut self, batch: &mut Columns) -> Result<bool, CatalogError> {
        batch.clear();
        while self.left == 0 {
            if !self.open_group()? {
                self.end()?;
                return Ok(false);
            }
        }
        let count = self.left.min(BATCH_ROWS);
        for index in 0..self.columns.len() {
            self.read_column(index, count, &mut batch.values[index])?;
        }
        self.left -= count;
        if let Some(check) = &mut self.batches {
            check.rows(batch, self.passed + 1, &self.path)?;
        }
        self.passed += count as u64;
        Ok(true)
    }

    /// Looks whether the last batch is whole, where all rows to the end were read.
    fn end(&self) -> Result<(), CatalogError> {
        let all = self.next_group == self.reader.metadata().num_row_groups();
        let check = self.batches.as_ref().filter(|_| all);
        check.map_or(Ok(()), |check| check.end(self.passed, &self.path))
    }

    /// Opens the next row group that touches the range; false when there is none.
    fn open_group(&mut self) -> Result<bool, CatalogError> {
        let metadata = self.reader.metadata();
        let groups = self.next_group..metadata.num_row_groups();
        let mut wanted = groups.filter(|group| touches(metadata, *group, self.range));
        let Some(group) = wanted.next() else {
            return Ok(false);
        };
        if group > self.next_group {
            let left_out = self.next_group..group;
            let rows = left_out.map(|group| metadata.row_group(group).num_rows());
            self.passed += u64::try_from(rows.sum::<i64>()).unwrap_or_default();
            if let Some(check) = &mut self.batches {
                check.skip();
            }
        }
        self.next_group = group + 1;
        let damaged = CatalogError::decoding(&self.path);
        let rows = self.reader.get_row_group(group).map_err(&damaged)?;
        self.left = usize::try_from(rows.metadata().num_rows()).unwrap_or_default();
        let columns = self.forms.iter().enumerate();
        // The rule of bars stands in the footer; its column is for other tools.
        let columns = columns.filter(|(_, (_, form))| *form != Form::Rule);
        let columns = columns.map(|(index, _)| rows.get_column_reader(index));
        self.columns = columns.collect::<Result<_, _>>().map_err(&damaged)?;
        Ok(true)
    }

    fn read_column(
        &mut self,
        index: usize,
        count: usize,
        into: &mut Vec<i64>,
    ) -> Result<(), CatalogError> {
        let damaged = CatalogError::decoding(&self.path);
        let (name, form) = self.forms[index];
        match &mut self.columns[index] {
            ColumnReader::Int64ColumnReader(column) => {
                column
                    .read_records(count, None, None, into)
                    .map_err(damaged)?;
            }
            ColumnReader::Int32ColumnReader(column) => {
                self.small.clear();
                column
                    .read_records(count, None, None, &mut self.small)
                    .map_err(damaged)?;
                into.extend(self.small.iter().map(|value| i64::from(*value)));
            }
            ColumnReader::FixedLenByteArrayColumnReader(column) => {
                self.spare.clear();
                column
                    .read_records(count, None, None, &mut self.spare)
                    .map_err(damaged)?;
                for bytes in &self.spare {
                    into.push(bits(bytes.data(), form).map_err(|value| self.out(name, value))?);
                }
                return self.all_there(into.len(), count);
            }
            _ => {
                let odd = CatalogError::damaged(&self.path);
                return Err(odd("a column is stored in an unknown way"));
            }
        }
        if !matches!(form, Form::Price | Form::Side | Form::Number)
            && let Some(value) = into.iter().find(|value| **value < 0)
        {
            return Err(self.out(name, i128::from(*value)));
        }
        self.all_there(into.len(), count)
    }

    fn out(&self, column: &'static str, value: i128) -> CatalogError {
        CatalogError::Value {
            path: self.path.clone(),
            column,
            value,
        }
    }

    fn all_there(&self, found: usize, wanted: usize) -> Result<(), CatalogError> {
        if found == wanted {
            return Ok(());
        }
        let detail = format!("{found} values where {wanted} are announced");
        Err(CatalogError::Damaged {
            path: self.path.clone(),
            detail,
        })
    }
}

/// Whether a row group may have rows within the range.
fn touches(metadata: &ParquetMetaData, group: usize, range: Range) -> bool {
    match metadata.row_group(group).column(TS_INIT).statistics() {
        Some(Statistics::Int64(times)) => match (times.min_opt(), times.max_opt()) {
            (Some(min), Some(max)) => range.has_some(min.cast_unsigned(), max.cast_unsigned()),
            _ => true,
        },
        _ => true,
    }
}

/// A big-endian number of any width as 64 bits; the number itself when it does not fit.
fn bits(bytes: &[u8], form: Form) -> Result<i64, i128> {
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        -1_i128
    } else {
        0
    };
    let value = bytes
        .iter()
        .fold(sign, |value, byte| (value << 8) | i128::from(*byte));
    match form {
        Form::Quantity => u64::try_from(value)
            .map(u64::cast_signed)
            .map_err(|_| value),
        _ => i64::try_from(value).map_err(|_| value),
    }
}
