//! What a host remembers of requests beside its journal: idempotency keys and jobs, each in a file of the data
//! folder, under the journal's lock. They go where the journal goes, for they are about what it has.

use anyhow::{Context, Result};
use api::{IdempotencyKeys, Jobs};
use services::clock::SystemClock;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

/// Idempotency keys, below the data folder.
const KEYS: &str = "idempotency.log";
/// Jobs, below the data folder.
const JOBS: &str = "jobs.json";

/// What is remembered of requests.
pub(crate) struct Remembered {
    pub(crate) keys: IdempotencyKeys,
    pub(crate) jobs: Jobs,
}

impl Remembered {
    /// Nothing, until what the data folder has is known.
    pub(crate) fn nothing() -> Self {
        Self {
            keys: IdempotencyKeys::in_memory(Arc::new(SystemClock)),
            jobs: Jobs::in_memory(Arc::new(SystemClock)),
        }
    }

    /// What came before a restart.
    ///
    /// # Errors
    /// A file cannot be used, or is not as it was written.
    pub(crate) fn open(data_dir: &Path) -> Result<Self> {
        let (keys, jobs) = (data_dir.join(KEYS), data_dir.join(JOBS));
        let keys = IdempotencyKeys::open(&keys, Arc::new(SystemClock))
            .with_context(|| format!("idempotency keys in {}", keys.display()))?;
        let jobs = Jobs::open(&jobs, Arc::new(SystemClock))
            .with_context(|| format!("jobs in {}; move the file away to start", jobs.display()))?;
        Ok(Self { keys, jobs })
    }
}

/// Moves what is remembered beside a journal that was put away.
///
/// # Errors
/// A file cannot be moved.
pub(crate) fn put_away(data_dir: &Path, journal: &Path) -> io::Result<()> {
    for file in [KEYS, JOBS] {
        let mut away = journal.as_os_str().to_owned();
        away.push(".");
        away.push(file);
        match std::fs::rename(data_dir.join(file), away) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
