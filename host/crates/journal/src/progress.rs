//! How far a journal lasts and what writing it costs, for those who follow it in the same process.

use crate::meter::{Meter, Written};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The sequence up to which the journal lasts, as its policy of forcing it to the disk says.
#[derive(Debug, Default)]
pub struct Progress {
    lasting: Mutex<u64>,
    moved: Condvar,
    meter: Meter,
}

impl Progress {
    /// The last input that lasts.
    pub fn get(&self) -> u64 {
        *lock(&self.lasting)
    }

    /// Waits until more than `after` lasts, at most for `patience`; returns what does.
    pub fn wait(&self, after: u64, patience: Duration) -> u64 {
        let waited = self
            .moved
            .wait_timeout_while(lock(&self.lasting), patience, |lasting| *lasting <= after);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// What its writer wrote since the process began.
    pub fn written(&self) -> Written {
        self.meter.read()
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn set(&self, lasting: u64) {
        let before = std::mem::replace(&mut *lock(&self.lasting), lasting);
        if before != lasting {
            self.moved.notify_all();
        }
    }
}

/// A lock that outlives a panic of its holder: what it guards is whole at any time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
