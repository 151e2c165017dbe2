//! Opens a text file, plain or compressed, and counts how much of it has been read.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use crate::detect::base_name;
use crate::error::DataError;

/// Bytes read from the file at once.
const READ_BYTES: usize = 128 * 1024;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Gzip,
    Zip,
    Parquet,
}

impl Format {
    /// By the end of the name.
    pub(crate) fn of(path: &Path) -> Result<Self, DataError> {
        let extension = path
            .extension()
            .map(|end| end.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("csv" | "txt" | "tsv") => Ok(Format::Text),
            Some("gz") => Ok(Format::Gzip),
            Some("zip") => Ok(Format::Zip),
            Some("parquet" | "pq") => Ok(Format::Parquet),
            _ => Err(DataError::UnknownExtension {
                file: path.to_owned(),
            }),
        }
    }
}

/// Opens a file and tells its length in bytes; an empty one is an error.
pub(crate) fn open(path: &Path) -> Result<(File, u64), DataError> {
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => DataError::NotFound {
            file: path.to_owned(),
        },
        _ => DataError::Io {
            file: path.to_owned(),
            source,
        },
    };
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    if length == 0 {
        return Err(DataError::Empty {
            file: path.to_owned(),
        });
    }
    Ok((file, length))
}

/// A stream of text with its name and how much of its source has been read.
pub(crate) struct Text<'a> {
    pub(crate) reader: &'a mut dyn Read,
    /// The name of the file, or of the one inside the archive.
    pub(crate) name: String,
    pub(crate) bytes_done: Rc<Cell<u64>>,
    pub(crate) bytes_total: u64,
}

/// Opens a text file and hands it to `read`.
pub(crate) fn with_text<T>(
    path: &Path,
    format: Format,
    read: impl FnOnce(Text<'_>) -> Result<T, DataError>,
) -> Result<T, DataError> {
    let (file, bytes_total) = open(path)?;
    let name = base_name(path);
    let (counted, bytes_done) = Counted::new(file);
    match format {
        Format::Zip => with_zip_entry(path, read),
        Format::Gzip => {
            let buffered = BufReader::with_capacity(READ_BYTES, counted);
            let reader = &mut MultiGzDecoder::new(buffered);
            read(Text {
                reader,
                name,
                bytes_done,
                bytes_total,
            })
        }
        Format::Text | Format::Parquet => read(Text {
            reader: &mut { counted },
            name,
            bytes_done,
            bytes_total,
        }),
    }
}

/// Opens the one file inside a zip archive.
fn with_zip_entry<T>(
    path: &Path,
    read: impl FnOnce(Text<'_>) -> Result<T, DataError>,
) -> Result<T, DataError> {
    let corrupt = |error: zip::result::ZipError| DataError::Corrupt {
        file: path.to_owned(),
        rows: 0,
        detail: error.to_string(),
    };
    let (file, _) = open(path)?;
    let buffered = BufReader::with_capacity(READ_BYTES, file);
    let mut archive = ZipArchive::new(buffered).map_err(corrupt)?;
    let names = archive
        .file_names()
        .map(|name| name.map(std::borrow::Cow::into_owned));
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(corrupt)?;
    let names: Vec<String> = names
        .into_iter()
        .filter(|name| !name.ends_with('/'))
        .collect();
    let [name] = names.as_slice() else {
        return Err(DataError::ArchiveEntries {
            file: path.to_owned(),
            names,
        });
    };
    let entry = archive.by_name(name).map_err(corrupt)?;
    let bytes_total = entry.size();
    let (mut reader, bytes_done) = Counted::new(entry);
    // The archive carries the name that tells what is inside; its own path may not.
    let name = name.rsplit('/').next().unwrap_or(name).to_owned();
    read(Text {
        reader: &mut reader,
        name,
        bytes_done,
        bytes_total,
    })
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    done: Rc<Cell<u64>>,
}

impl<R> Counted<R> {
    fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
        let done = Rc::new(Cell::new(0));
        (
            Self {
                inner,
                done: Rc::clone(&done),
            },
            done,
        )
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.done.set(self.done.get().saturating_add(count as u64));
        Ok(count)
    }
}
