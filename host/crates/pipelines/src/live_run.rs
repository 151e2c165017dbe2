//! A run that is known to this host: its record, and whether somebody wants it to end.

use crate::run::Run;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; every holder leaves what is behind it whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run.
#[derive(Debug)]
pub(crate) struct LiveRun {
    record: Mutex<Run>,
    /// Why it shall end, once somebody wants that.
    cancelled: Mutex<Option<String>>,
}

impl LiveRun {
    pub(crate) fn new(run: Run) -> Self {
        Self {
            record: Mutex::new(run),
            cancelled: Mutex::new(None),
        }
    }

    /// As it is now.
    pub(crate) fn shown(&self) -> Run {
        lock(&self.record).clone()
    }

    /// Changes it; nobody sees the half of it.
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut Run) -> T) -> T {
        edit(&mut lock(&self.record))
    }

    /// Wants it to end.
    pub(crate) fn ask_to_end(&self, words: String) {
        *lock(&self.cancelled) = Some(words);
    }

    /// Why it shall end, if somebody wants that.
    pub(crate) fn asked_to_end(&self) -> Option<String> {
        lock(&self.cancelled).clone()
    }
}
