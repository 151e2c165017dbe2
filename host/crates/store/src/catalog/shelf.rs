//! Where the parts of a catalog lie: in a folder, or below a prefix in a bucket of S3. Above this nobody
//! knows which. A file appears whole or not at all, and is never changed afterwards.

mod bucket;
mod folder;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{ChunkReader, Length};
use tempfile::NamedTempFile;

use super::error::CatalogError;
use bucket::{Bucket, Object};

/// How the address of a bucket begins.
const S3: &str = "s3://";

/// The place of a catalog. Files are named by their whole path: of a bucket that is its address with
/// prefix and key.
#[derive(Debug)]
pub(super) enum Shelf {
    Folder(PathBuf),
    Bucket(Bucket),
}

impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl Eq for Shelf {}

impl Shelf {
    /// What an address names, whether it is there or not.
    pub(super) fn at(root: PathBuf) -> Result<Self, CatalogError> {
        match is_bucket(&root) {
            true => Bucket::at(root).map(Self::Bucket),
            false => Ok(Self::Folder(root)),
        }
    }

    /// The address.
    pub(super) fn root(&self) -> &Path {
        match self {
            Self::Folder(root) => root,
            Self::Bucket(bucket) => bucket.root(),
        }
    }

    /// Whether there is something.
    pub(super) fn exists(&self) -> Result<bool, CatalogError> {
        match self {
            Self::Folder(root) => Ok(root.is_dir()),
            Self::Bucket(bucket) => bucket.has_some(),
        }
    }

    /// Makes room for a catalog. A bucket must be there already.
    pub(super) fn make(&self) -> Result<(), CatalogError> {
        match self {
            Self::Folder(root) => std::fs::create_dir_all(root).map_err(CatalogError::io(root)),
            Self::Bucket(bucket) => bucket.has_some().map(drop),
        }
    }

    /// All files below a folder, sorted; none where there is no folder.
    pub(super) fn files(&self, below: &Path) -> Result<Vec<PathBuf>, CatalogError> {
        let mut files = match self {
            Self::Folder(_) => folder::files(below)?,
            Self::Bucket(bucket) => bucket.files(below)?,
        };
        files.sort();
        Ok(files)
    }

    /// A file, to be read anywhere.
    pub(super) fn open(&self, path: &Path) -> Result<Book, CatalogError> {
        match self {
            Self::Folder(_) => {
                let file = File::open(path).map_err(CatalogError::io(path))?;
                let length = file.metadata().map_err(CatalogError::io(path))?.len();
                Ok(Book::File(file, length))
            }
            Self::Bucket(bucket) => bucket.open(path).map(Book::Object),
        }
    }

    /// A file without a name, for what is to be placed in a folder.
    pub(super) fn unfinished(&self, folder: &Path) -> Result<NamedTempFile, CatalogError> {
        match self {
            Self::Folder(_) => {
                std::fs::create_dir_all(folder).map_err(CatalogError::io(folder))?;
                folder::unfinished(folder)
            }
            Self::Bucket(_) => folder::unfinished(&std::env::temp_dir()),
        }
    }

    /// Gives a whole file its name; it lasts when this returns.
    pub(super) fn place(&self, file: NamedTempFile, path: &Path) -> Result<(), CatalogError> {
        match self {
            Self::Folder(_) => folder::place(file, path),
            Self::Bucket(bucket) => bucket.place(file, path),
        }
    }

    /// Removes files of one folder.
    pub(super) fn remove(&self, paths: &[&Path]) -> Result<(), CatalogError> {
        match self {
            Self::Folder(_) => folder::remove(paths),
            Self::Bucket(bucket) => bucket.remove(paths),
        }
    }
}

/// Whether an address names a bucket.
pub(super) fn is_bucket(root: &Path) -> bool {
    root.to_str().is_some_and(|text| text.starts_with(S3))
}

/// Writes a file elsewhere than in a catalog, whole or not at all.
pub(super) use folder::{place as place_in_folder, unfinished as unfinished_in_folder};

/// A file that can be read anywhere.
pub(super) enum Book {
    File(File, u64),
    Object(Object),
}

impl Length for Book {
    fn len(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Object(object) => object.length(),
        }
    }
}

impl ChunkReader for Book {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(match self {
            Self::File(file, _) => {
                let read: BufReader<File> = file.get_read(start)?;
                Box::new(read)
            }
            Self::Object(object) => Box::new(object.from(start)),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        match self {
            Self::File(file, _) => file.get_bytes(start, length),
            Self::Object(object) => {
                let mut bytes = vec![0; length];
                object.from(start).read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
        }
    }
}
