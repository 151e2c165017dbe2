//! Reads delimited text row by row, without an allocation per row.

use std::io::{Cursor, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};
use model::{Price, Quantity, Side, Timestamp};

use crate::cells::{self, BookMark, Cells, Columns, Problem};
use crate::collect::Collector;
use crate::depth_feed;
use crate::detect::{self, Layout};
use crate::error::{DataError, Place, RowProblem};
use crate::events::Loaded;
use crate::input::Text;
use crate::load::PROGRESS_ROWS;
use crate::source::{DataSource, Field, Header};
use crate::time::{Date, TimeFormat, TimeReader};

/// Bytes of text held at once.
const BUFFER_BYTES: usize = 256 * 1024;
/// A first line longer than this is no line of market data.
const FIRST_LINE_BYTES: usize = 64 * 1024;
/// What may separate fields; the comma last, because it may also be a decimal mark.
const DELIMITERS: [u8; 4] = *b";\t|,";
/// The longest date and time of day, put together from two columns.
const JOINED_BYTES: usize = 64;

/// Reads all rows of a text.
pub(crate) fn read(
    source: &DataSource,
    text: Text<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded, DataError> {
    let file = || source.path.clone();
    let Text {
        mut reader,
        name,
        bytes_done,
        bytes_total,
    } = text;
    let start = first_bytes(&mut reader).map_err(|error| broken(source, 0, error))?;
    let line = first_line(&start).ok_or_else(|| DataError::Empty { file: file() })?;
    if depth_feed::is_feed(line) {
        let text = Cursor::new(start).chain(reader);
        let broken = |rows, error| broken(source, rows, error);
        return depth_feed::read(source, text, broken, &mut || {
            progress(bytes_done.get(), bytes_total);
        });
    }
    let delimiter = source.delimiter.unwrap_or_else(|| guess_delimiter(line));
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(Cursor::new(start).chain(reader));
    let mut record = ByteRecord::new();
    if !next(&mut rows, &mut record, source, 0)? {
        return Err(DataError::Empty { file: file() });
    }
    let has_header = has_header(source.header, &record);
    let layout = layout(source, &record, has_header, &name)?;
    let named = Date::from_name(&detect::base_name(&source.path)).or(Date::from_name(&name));
    // With a header the file is no LEAN file, and short counts stay unexplained.
    let named = named.filter(|_| !(has_header && source.time == TimeFormat::Auto));
    let mut time = TimeReader::new(&source.time, source.utc_offset_s, named).map_err(|detail| {
        DataError::Setting {
            file: file(),
            detail,
        }
    })?;
    let mut collector = Collector::new(source, layout.kind)?;
    let mut more = !has_header || next(&mut rows, &mut record, source, 0)?;
    while more {
        let line = record.position().map_or(0, csv::Position::line);
        let mut cells = CsvCells {
            record: &record,
            columns: &layout.columns,
            time: &mut time,
            source,
        };
        collector.row(&mut cells, Place::Line(line))?;
        if collector.rows().is_multiple_of(PROGRESS_ROWS) {
            progress(bytes_done.get(), bytes_total);
        }
        more = next(&mut rows, &mut record, source, collector.rows())?;
    }
    progress(bytes_total, bytes_total);
    collector.finish()
}

/// Reads on until there is a line, the text ends or there is no hope of a line.
fn first_bytes(reader: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(FIRST_LINE_BYTES);
    let mut limited = reader.take(FIRST_LINE_BYTES as u64);
    limited.read_to_end(&mut start)?;
    Ok(start)
}

/// The first line that is neither blank nor a comment.
fn first_line(start: &[u8]) -> Option<&[u8]> {
    let bare = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let mut lines = bare.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines.find(|line| !line.is_empty() && line[0] != b'#')
}

fn guess_delimiter(line: &[u8]) -> u8 {
    DELIMITERS
        .into_iter()
        .find(|delimiter| line.contains(delimiter))
        .unwrap_or(b',')
}

/// Whether the first row names columns: a name begins with a letter, a time or a number does not.
fn has_header(header: Header, first: &ByteRecord) -> bool {
    match header {
        Header::Present => true,
        Header::Absent => false,
        Header::Auto => first.iter().next().is_some_and(|field| {
            field
                .trim_ascii()
                .iter()
                .find(|byte| **byte != b'<')
                .is_some_and(u8::is_ascii_alphabetic)
        }),
    }
}

fn layout(
    source: &DataSource,
    first: &ByteRecord,
    has_header: bool,
    name: &str,
) -> Result<Layout, DataError> {
    if !has_header {
        return detect::from_width(source, first.len(), name);
    }
    let names: Vec<String> = first
        .iter()
        .map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned())
        .collect();
    detect::from_header(source, &names)
}

fn next(
    rows: &mut Reader<impl Read>,
    record: &mut ByteRecord,
    source: &DataSource,
    count: u64,
) -> Result<bool, DataError> {
    rows.read_byte_record(record)
        .map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => broken(source, count, error),
            other => DataError::Corrupt {
                file: source.path.clone(),
                rows: count,
                detail: format!("{other:?}"),
            },
        })
}

/// A decoder reports damage as an I/O error of these kinds; others are the system's.
fn broken(source: &DataSource, rows: u64, error: std::io::Error) -> DataError {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let file = source.path.clone();
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => DataError::Corrupt {
            file,
            rows,
            detail: error.to_string(),
        },
        _ => DataError::Io {
            file,
            source: error,
        },
    }
}

/// One row of text.
struct CsvCells<'a> {
    record: &'a ByteRecord,
    columns: &'a Columns,
    time: &'a mut TimeReader,
    source: &'a DataSource,
}

impl CsvCells<'_> {
    /// The text of a field; `None` where the file has no such column.
    fn text(&self, field: Field) -> Result<Option<&[u8]>, Problem> {
        let Some(index) = self.columns[field.index()] else {
            return Ok(None);
        };
        let text = self.record.get(index).ok_or_else(|| {
            let found = self.record.len();
            Box::new(RowProblem::TooFewFields {
                field,
                index,
                found,
            })
        })?;
        Ok(Some(text.trim_ascii()))
    }

    /// The text of a field that must be there and not be empty.
    fn needed(&self, field: Field) -> Result<&[u8], Problem> {
        match self.text(field)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(Box::new(RowProblem::EmptyField { field })),
        }
    }
}

impl Cells for CsvCells<'_> {
    fn time(&mut self) -> Result<Timestamp, Problem> {
        if self.columns[Field::TimeOfDay.index()].is_some() {
            let joined = join(self.needed(Field::Time)?, self.needed(Field::TimeOfDay)?)?;
            return self.time.read(joined.bytes());
        }
        // Borrowed apart from `self`, so that the reader can learn the form of the first time.
        let index = self.columns[Field::Time.index()];
        match index
            .and_then(|index| self.record.get(index))
            .map(<[u8]>::trim_ascii)
        {
            Some(text) if !text.is_empty() => self.time.read(text),
            _ => Err(self
                .needed(Field::Time)
                .err()
                .unwrap_or_else(|| Box::new(RowProblem::EmptyField { field: Field::Time }))),
        }
    }

    fn price(&self, field: Field) -> Result<Price, Problem> {
        cells::price(field, self.needed(field)?, self.source.price_excess)
    }

    fn quantity(&self, field: Field) -> Result<Quantity, Problem> {
        if self.columns[field.index()].is_none() {
            return Ok(Quantity::ZERO);
        }
        cells::quantity(field, self.needed(field)?, self.source.size_excess)
    }

    fn aggressor(&self) -> Result<Option<Side>, Problem> {
        if let Some(text) = self.text(Field::Side)? {
            return cells::side(text);
        }
        self.text(Field::BuyerMaker)?
            .map_or(Ok(None), cells::side_of_maker)
    }

    fn book_mark(&self) -> Result<BookMark, Problem> {
        cells::book_mark(self.needed(Field::UpdateType)?)
    }

    fn whole(&self, field: Field) -> Result<Option<u64>, Problem> {
        let text = self.text(field)?;
        text.map_or(Ok(None), |text| cells::whole(field, text))
    }

    fn symbol(&self) -> Result<Option<&[u8]>, Problem> {
        self.text(Field::Symbol)
    }
}

/// Date and time of day with a blank between them.
struct Joined {
    bytes: [u8; JOINED_BYTES],
    length: usize,
}

impl Joined {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn join(date: &[u8], clock: &[u8]) -> Result<Joined, Problem> {
    let length = date.len() + 1 + clock.len();
    if length > JOINED_BYTES {
        return Err(Box::new(RowProblem::BadTime {
            value: String::from_utf8_lossy(date).into_owned(),
            expected: format!("a date and time of day of at most {JOINED_BYTES} characters"),
        }));
    }
    let mut bytes = [b' '; JOINED_BYTES];
    bytes[..date.len()].copy_from_slice(date);
    bytes[date.len() + 1..length].copy_from_slice(clock);
    Ok(Joined { bytes, length })
}
