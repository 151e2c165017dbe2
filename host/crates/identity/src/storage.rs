//! Where people, sessions, keys and approvals are kept between runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What an entry is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person.
    User,
    /// Where one is logged in.
    Session,
    /// An API key.
    Key,
    /// A request for a second pair of eyes.
    Approval,
    /// How far the audit log had come.
    Log,
}

/// One thing that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is of.
    pub kind: Kind,
    /// Its name among those of its kind.
    pub id: String,
    /// The person it belongs to.
    pub owner: String,
    /// When it is over, in milliseconds since the epoch; 0 for never.
    pub expires_ms: u64,
    /// All of it, as JSON. It holds hashes, and no secret.
    pub record: String,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Adds an entry or replaces the one of this kind and id.
    Put(Entry),
    /// Forgets the entry of this kind and id, if there is one.
    Remove(Kind, String),
}

/// Why it could not be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StorageError(pub String);

/// Keeps entries. Calls block.
pub trait Storage: Send {
    /// Everything that is kept.
    ///
    /// # Errors
    /// It cannot be read.
    fn load(&mut self) -> Result<Vec<Entry>, StorageError>;

    /// Does all of these or none, and returns when they would outlive a crash.
    ///
    /// # Errors
    /// None was done; or, when the connection broke meanwhile, nobody knows.
    fn write(&mut self, changes: &[Change]) -> Result<(), StorageError>;
}

/// Keeps entries in memory, for tests. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<BTreeMap<(Kind, String), Entry>>>);

impl Storage for MemoryStorage {
    fn load(&mut self) -> Result<Vec<Entry>, StorageError> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(entries.values().cloned().collect())
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), StorageError> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change {
                Change::Put(entry) => {
                    entries.insert((entry.kind, entry.id.clone()), entry.clone());
                }
                Change::Remove(kind, id) => {
                    entries.remove(&(*kind, id.clone()));
                }
            }
        }
        Ok(())
    }
}
