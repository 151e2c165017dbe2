//! Why a log cannot be used.

use std::path::PathBuf;

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be read or written.
    #[error("{}: {reason}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// It is no log of this kind.
    #[error("{}: is no audit log of this program", .0.display())]
    Foreign(PathBuf),
    /// A record is not the one that was written.
    #[error("{}: record {number} (line {line}): {reason}", file.display())]
    Broken {
        /// Which file.
        file: PathBuf,
        /// The first record that is broken.
        number: u64,
        /// Its line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The end is half a record, as a crash leaves it.
    #[error(
        "{}: record {number} is cut off, as by a crash; the host drops it when it starts",
        file.display()
    )]
    Torn {
        /// Which file.
        file: PathBuf,
        /// The record that is cut off.
        number: u64,
        /// Where it begins, in bytes.
        offset: u64,
    },
    /// It does not go on from what somebody noted.
    #[error(
        "{}: does not go on from the head that was noted at {noted} records; it has {records} now: \
         records were cut off, or it is another log",
        file.display()
    )]
    Other {
        /// Which file.
        file: PathBuf,
        /// How many records there were.
        noted: u64,
        /// How many there are.
        records: u64,
    },
    /// It is not there, and was.
    #[error("{}: is not there, though it had {noted} records", file.display())]
    Missing {
        /// Which file.
        file: PathBuf,
        /// How many records it had.
        noted: u64,
    },
    /// Somebody stopped it, so nothing can be added until the host starts again.
    #[error("the audit log takes nothing: {0}")]
    Stopped(String),
    /// A record cannot be made.
    #[error("an audit record cannot be made: {0}")]
    Record(String),
}
