//! Writes one part: under a hidden name until it is whole.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use model::{Price, Timestamp};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use tempfile::NamedTempFile;

use super::columns::{Columns, prices};
use super::error::CatalogError;
use super::layout::{self, BarName, Part, SeriesKey};
use super::schema::{Form, TS_INIT, Width, columns, schema};
use super::shelf::Shelf;
use super::{Catalog, read};
use crate::events::MarketEvent;

/// Rows of a row group: what a reader can skip at once.
const GROUP_ROWS: usize = 256 * 1024;
/// Rows encoded at once.
const BATCH_ROWS: usize = 16 * 1024;
/// Key of the rule of bars in a footer.
pub(super) const KEY_RULE: &str = "argonaut.rule";
/// Key of the coarsest power of ten on which every price of the part lies.
pub(super) const KEY_TICK: &str = "argonaut.tick";
/// Key of the names of the parts that this one stands for.
pub(super) const KEY_REPLACES: &str = "argonaut.replaces";
/// Digits of a checksum in a name.
const CHECKSUM_DIGITS: usize = 16;

/// A part in the making. Dropped before [`PartWriter::finish`] it leaves nothing behind.
pub struct PartWriter {
    out: Output,
    shelf: Arc<Shelf>,
    key: Arc<SeriesKey>,
    day: u64,
}

impl PartWriter {
    /// Begins a part of `key` on the day of `first`. Its numbers must have no more than 18 digits.
    pub fn new(
        catalog: &Catalog,
        key: &Arc<SeriesKey>,
        first: Timestamp,
    ) -> Result<Self, CatalogError> {
        Self::with_width(catalog, key, first, Width::Narrow)
    }

    pub(super) fn with_width(
        catalog: &Catalog,
        key: &Arc<SeriesKey>,
        first: Timestamp,
        width: Width,
    ) -> Result<Self, CatalogError> {
        let day = layout::day_of(first);
        let folder = layout::day_folder(catalog.root(), key, day);
        let file = catalog.shelf.unfinished(&folder)?;
        Ok(Self {
            out: Output::new(file, key, width)?,
            shelf: Arc::clone(&catalog.shelf),
            key: Arc::clone(key),
            day,
        })
    }

    /// Appends an event of the series and day, not before the last one.
    pub fn push(&mut self, event: &MarketEvent) -> Result<(), CatalogError> {
        self.out.push(event)
    }

    /// Notes that the part stands for others from now on.
    pub(super) fn replaces(&mut self, parts: &[Part]) {
        let names: Vec<_> = parts.iter().map(Part::name).collect();
        self.out.note(KEY_REPLACES, names.join(","));
    }

    /// Puts the part in its place; the flag tells whether it is new. The very same part may be
    /// there already; any other part of the same time is an error, and nothing is changed.
    pub fn finish(self) -> Result<(Part, bool), CatalogError> {
        self.place(true)
    }

    pub(super) fn place(self, check: bool) -> Result<(Part, bool), CatalogError> {
        let Self {
            out,
            shelf,
            key,
            day,
        } = self;
        let folder = layout::day_folder(shelf.root(), &key, day);
        let Finished {
            file,
            checksum,
            first,
            last,
        } = out.finish()?;
        let path = folder.join(layout::part_name(&key, first, last, &checksum));
        let part = Part {
            shelf: Arc::clone(&shelf),
            path,
            key: Arc::clone(&key),
            day,
            first,
            last,
            checksum,
        };
        let mut there = layout::parts_on(&shelf, &key, day)?;
        if there.iter().any(|other| other.path == part.path) {
            return Ok((part, false));
        }
        if check {
            read::drop_replaced(&mut there)?;
            refuse_overlap(&there, first, last)?;
        }
        shelf.place(file, &part.path)?;
        Ok((part, true))
    }
}

/// Refuses events of a time that a part has already.
pub(super) fn refuse_overlap(
    parts: &[Part],
    first: Timestamp,
    last: Timestamp,
) -> Result<(), CatalogError> {
    match parts.iter().find(|part| part.overlaps(first, last)) {
        None => Ok(()),
        Some(part) => Err(CatalogError::Overlap {
            path: part.path.clone(),
            there: (part.first, part.last),
            first,
            last,
        }),
    }
}

/// A Parquet file of one series under a hidden name.
pub(super) struct Output {
    writer: ArrowWriter<Hashing>,
    columns: Columns,
    key: Arc<SeriesKey>,
    width: Width,
    path: PathBuf,
    span: Option<(Timestamp, Timestamp)>,
    tick: i64,
}

/// A whole file that has no name yet.
pub(super) struct Finished {
    pub(super) file: NamedTempFile,
    checksum: String,
    first: Timestamp,
    last: Timestamp,
}

impl Output {
    pub(super) fn new(
        file: NamedTempFile,
        key: &Arc<SeriesKey>,
        width: Width,
    ) -> Result<Self, CatalogError> {
        let path = file.path().to_owned();
        let sink = Hashing {
            file,
            hash: blake3::Hasher::new(),
        };
        let properties = properties(key).map_err(CatalogError::damaged(&path))?;
        let writer = ArrowWriter::try_new(sink, schema(key.kind, width), Some(properties));
        Ok(Self {
            writer: writer.map_err(CatalogError::damaged(&path))?,
            columns: Columns::new(key.kind),
            key: Arc::clone(key),
            width,
            path,
            span: None,
            tick: Price::SCALE,
        })
    }

    pub(super) fn push(&mut self, event: &MarketEvent) -> Result<(), CatalogError> {
        let this = event.ts_init();
        let (first, previous) = self.span.unwrap_or((this, this));
        if this < previous {
            let path = self.path.clone();
            return Err(CatalogError::TimeGoesBack {
                path,
                previous,
                this,
            });
        }
        self.span = Some((first, this));
        for price in prices(event) {
            while self.tick > 1 && price.raw() % self.tick != 0 {
                self.tick /= 10;
            }
        }
        self.columns.push(event);
        if self.columns.len() == BATCH_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), CatalogError> {
        let batch = self.columns.batch(self.width, self.key.bars, &self.path)?;
        self.columns.clear();
        self.writer
            .write(&batch)
            .map_err(CatalogError::damaged(&self.path))
    }

    fn note(&mut self, key: &str, value: String) {
        self.writer
            .append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    }

    pub(super) fn finish(mut self) -> Result<Finished, CatalogError> {
        if self.columns.len() > 0 {
            self.flush()?;
        }
        let Some((first, last)) = self.span else {
            let detail = "a part needs at least one event".to_owned();
            return Err(CatalogError::Damaged {
                path: self.path,
                detail,
            });
        };
        self.note(KEY_TICK, Price::from_raw(self.tick).to_string());
        if let Some(spec) = self.key.bars {
            self.note(KEY_RULE, BarName(spec).to_string());
        }
        let damaged = CatalogError::damaged(&self.path);
        let Hashing { file, hash } = self.writer.into_inner().map_err(&damaged)?;
        file.as_file()
            .sync_all()
            .map_err(CatalogError::io(&self.path))?;
        let checksum = short(&hash.finalize());
        Ok(Finished {
            file,
            checksum,
            first,
            last,
        })
    }
}

/// The checksum of bytes as names carry it.
pub(super) fn short(hash: &blake3::Hash) -> String {
    let mut text = hash.to_hex().to_string();
    text.truncate(CHECKSUM_DIGITS);
    text
}

fn properties(key: &SeriesKey) -> Result<WriterProperties, parquet::errors::ParquetError> {
    let sorted = SortingColumn {
        column_idx: i32::try_from(TS_INIT)?,
        descending: false,
        nulls_first: false,
    };
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_sorting_columns(Some(vec![sorted]));
    for (name, _) in columns(key.kind)
        .iter()
        .filter(|(_, form)| matches!(form, Form::Time | Form::Number))
    {
        let column = ColumnPath::from(*name);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties.build())
}

/// Hashes what is written.
struct Hashing {
    file: NamedTempFile,
    hash: blake3::Hasher,
}

impl Write for Hashing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.file.write(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
