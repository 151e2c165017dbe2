//! What can be wrong with a catalog, said so that its owner can put it right.

use std::io;
use std::path::{Path, PathBuf};

use model::Timestamp;
use parquet::errors::ParquetError;

use crate::error::DataError;
use crate::source::SourceError;

/// Why a catalog could not be read or written. None is transient except [`CatalogError::Io`].
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The folder is not there.
    #[error("{}: there is no catalog; `argonaut data import` makes one", folder.display())]
    NoCatalog {
        /// The path as given.
        folder: PathBuf,
    },
    /// An address that is none.
    #[error("{detail}")]
    Address {
        /// What was expected.
        detail: SourceError,
    },
    /// The operating system refused, or the bucket.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A file to be taken in is not as it should be.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A name below the catalog that is none of ours.
    #[error(
        "{}: this name does not belong in a catalog ({detail}); move the file away, \
         or take it in with `argonaut data import`", path.display()
    )]
    Name {
        /// Which file or folder.
        path: PathBuf,
        /// What was expected.
        detail: SourceError,
    },
    /// The file is no Parquet file or is damaged.
    #[error("{}: damaged: {detail}; import this day again", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What the decoder said.
        detail: String,
    },
    /// A column of another type than the catalog's.
    #[error(
        "{}: column `{column}` is {found}, a catalog has {wanted} there; \
         take foreign files in with `argonaut data import`", path.display()
    )]
    Schema {
        /// Which file.
        path: PathBuf,
        /// Its column.
        column: String,
        /// Its type, or that it is missing.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// A value outside the range of its type.
    #[error("{}: column `{column}` has the value {value}, which is out of range", path.display())]
    Value {
        /// Which file.
        path: PathBuf,
        /// Its column.
        column: &'static str,
        /// The value in the column's smallest unit.
        value: i128,
    },
    /// A number that needs the wide form in a file of narrow numbers.
    #[error("{}: a number has more than 18 digits; write the part as a wide one", path.display())]
    TooWide {
        /// Which file.
        path: PathBuf,
    },
    /// Time goes back within a series.
    #[error(
        "{}: time goes back: {this} after {previous}; run `argonaut data verify`", path.display()
    )]
    TimeGoesBack {
        /// Which file.
        path: PathBuf,
        /// The time before.
        previous: Timestamp,
        /// The time of this event.
        this: Timestamp,
    },
    /// Rows of an order book that make no whole batches.
    #[error("{}: row {row}: column `{column}` {detail}; import this day again", path.display())]
    Batch {
        /// Which file.
        path: PathBuf,
        /// Which row, counted from 1.
        row: u64,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// Changes of an order book are missing.
    #[error(
        "{}: column `first_update` goes on at {first} after {last}: changes between are lost; import \
         what is missing, or a file that goes on with a snapshot", path.display()
    )]
    BookGap {
        /// Which file.
        path: PathBuf,
        /// The number before.
        last: u64,
        /// The number of the first change after it.
        first: u64,
    },
    /// Changes of an order book of another kind than what they change.
    #[error(
        "{}: its book is {before}, and from `first_update` {first} on it is changed {then} (`order_id`, and 8 \
         in `flags`, say which): a book is of one kind until the next snapshot; import a file that begins \
         with a snapshot, or take one of the two into another catalog", path.display()
    )]
    BookKind {
        /// Which file.
        path: PathBuf,
        /// The number of the first change of the other kind.
        first: u64,
        /// What the book is.
        before: &'static str,
        /// What the changes are.
        then: &'static str,
    },
    /// Changes of an order book that follow nothing.
    #[error(
        "the first snapshot is missing: `first_update` is {first} at {time} and before that the catalog \
         has no book of this instrument; import what is before it first"
    )]
    NoSnapshot {
        /// When the changes begin.
        time: Timestamp,
        /// The number of the first.
        first: u64,
    },
    /// Data of this time are there already.
    #[error(
        "the catalog has data from {} to {} already ({}); new data from {first} to {last} would \
         double them; cut the file, or remove that part to replace it",
        there.0, there.1, path.display()
    )]
    Overlap {
        /// The part that is there.
        path: PathBuf,
        /// Its first and last moment.
        there: (Timestamp, Timestamp),
        /// The first new moment.
        first: Timestamp,
        /// The last new moment.
        last: Timestamp,
    },
}

impl CatalogError {
    /// Wraps an error of the operating system.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }

    /// Wraps an error of a decoder, which may be one of reading.
    pub(crate) fn decoding(path: &Path) -> impl Fn(ParquetError) -> Self {
        let path = path.to_owned();
        move |error| match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
                    let (path, source) = (path.clone(), *source);
                    Self::Io { path, source }
                }
                Ok(cut) => Self::damaged(&path)(cut),
                Err(other) => Self::damaged(&path)(other),
            },
            error => Self::damaged(&path)(error),
        }
    }

    /// Wraps an error of a decoder or encoder.
    pub(crate) fn damaged<E: std::fmt::Display>(path: &Path) -> impl Fn(E) -> Self {
        let path = path.to_owned();
        move |error| Self::Damaged {
            path: path.clone(),
            detail: error.to_string(),
        }
    }
}
