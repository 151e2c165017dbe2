//! What can be wrong with a journal's folder.

use engine::journal::reader::ReadError;
use std::path::{Path, PathBuf};

/// Why a journal cannot be opened, read or followed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another host writes it.
    #[error(
        "journal `{}` is written by another host ({by}); stop that one, or give this one its own `data_dir`",
        folder.display()
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// What the other one wrote into the lock.
        by: String,
    },
    /// The operating system refused.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A segment that this program does not know how to read.
    #[error(
        "`{}` is no segment of a journal, or one of another format ({found}, this program reads {expected}); \
         use the program that wrote it",
        path.display()
    )]
    Format {
        /// The segment.
        path: PathBuf,
        /// Its first bytes.
        found: String,
        /// What they should be.
        expected: String,
    },
    /// Bytes that are not what was written.
    #[error("`{}` is damaged at byte {offset}, after sequence {sequence}: {reason}", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where the block begins that is damaged.
        offset: u64,
        /// The last input before it.
        sequence: u64,
        /// What is wrong.
        reason: String,
    },
    /// A record that is whole and cannot be read.
    #[error("`{}`, block at byte {offset}: {source}", path.display())]
    Record {
        /// The segment.
        path: PathBuf,
        /// Where the block begins.
        offset: u64,
        /// Why.
        source: ReadError,
    },
    /// The journal ends before what a reader has seen of it.
    #[error("journal `{}` ends at sequence {last}, before sequence {wanted} that was read from it once", folder.display())]
    Behind {
        /// The folder.
        folder: PathBuf,
        /// Its last input.
        last: u64,
        /// What was asked for.
        wanted: u64,
    },
    /// Segments were dropped that a reader wants.
    #[error(
        "journal `{}` begins with sequence {first}: what was before was dropped, as `journal_keep_mib` or \
         `journal_keep_days` say, and sequence {wanted} is wanted; put archived segments back beside the \
         others, if there are any",
        folder.display()
    )]
    Gone {
        /// The folder.
        folder: PathBuf,
        /// The first input that is there.
        first: u64,
        /// What was asked for.
        wanted: u64,
    },
}

impl JournalError {
    /// The first input that is there, where earlier ones were dropped.
    pub fn begins_with(&self) -> Option<u64> {
        match self {
            Self::Gone { first, .. } => Some(*first),
            _ => None,
        }
    }

    /// For `map_err` of what was done to `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
