//! The journal of a backtest: one file, the format's first bytes and then records as the engine
//! hands them on. A live host writes segments, see the crate's head.
//!
//! The engine gathers records and hands over whole blocks, at the latest with every commit, so
//! nothing is buffered a second time here: each block is one `write`. An existing file is never
//! touched.

use engine::journal::{MAGIC, Sink, SinkError};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Why a journal file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum JournalFileError {
    /// There is one already.
    #[error("journal `{}` exists already; move it away or name another file", .0.display())]
    Exists(PathBuf),
    /// The operating system refused.
    #[error("journal `{}` cannot be made: {source}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A [`Sink`] that appends to a file.
#[derive(Debug)]
pub struct JournalFile {
    file: File,
    path: PathBuf,
}

impl JournalFile {
    /// Makes the file and its missing folders, and writes the format's first bytes.
    ///
    /// # Errors
    /// See [`JournalFileError`].
    pub fn create(path: &Path) -> Result<Self, JournalFileError> {
        let io = |source: std::io::Error| match source.kind() {
            ErrorKind::AlreadyExists => JournalFileError::Exists(path.to_owned()),
            _ => JournalFileError::Io {
                path: path.to_owned(),
                source,
            },
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| JournalFileError::Io {
                path: path.to_owned(),
                source,
            })?;
        }
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(io)?;
        file.write_all(MAGIC).map_err(io)?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }
}

impl Sink for JournalFile {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| SinkError(format!("{}: {error}", self.path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/one.journal");
        for _ in 0..2 {
            match JournalFile::create(&path) {
                Ok(mut file) => file.write(b"record").unwrap(),
                Err(error) => assert!(matches!(error, JournalFileError::Exists(_)), "{error}"),
            }
            assert_eq!(
                std::fs::read(&path).unwrap(),
                [MAGIC.as_slice(), b"record"].concat()
            );
        }
    }
}
