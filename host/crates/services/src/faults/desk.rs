//! Faults on their way from the engine's thread to the thread that takes care of them. The engine's thread
//! never waits: what is more than the bound is lost, and said.

use crate::sync::lock;
use engine::Definition;
use model::{Fault, PluginHash, SavedState, StrategyId, Timestamp};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Most faults that wait.
const MOST: usize = 1_024;

/// A strategy that broke, with what is known of it at that moment.
#[derive(Debug, Clone)]
pub(crate) struct Broke {
    pub(crate) time: Timestamp,
    /// The input during which it happened.
    pub(crate) sequence: u64,
    pub(crate) strategy: StrategyId,
    pub(crate) fault: Fault,
    /// What ran.
    pub(crate) plugin: PluginHash,
    /// What that was made with.
    pub(crate) parameters: Vec<(String, String)>,
    /// Whether it was started by the same input.
    pub(crate) at_start: bool,
    /// Whether it is in `ERROR` now; if not, the version before runs.
    pub(crate) left: bool,
    /// What it saved last.
    pub(crate) saved: Option<SavedState>,
    /// All that was defined.
    pub(crate) definitions: Arc<Vec<Definition>>,
}

/// Where faults wait.
#[derive(Default)]
pub(crate) struct Desk {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    faults: VecDeque<Broke>,
    lost: u64,
    closed: bool,
}

impl Desk {
    /// Adds a fault, if there is room.
    pub(crate) fn post(&self, broke: Broke) {
        let mut waiting = lock(&self.waiting);
        match waiting.faults.len() < MOST {
            true => waiting.faults.push_back(broke),
            false => waiting.lost += 1,
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// The next fault, waiting up to `patience`. `Err` when there is none and never will be.
    pub(crate) fn take(&self, patience: Duration) -> Result<Option<Broke>, ()> {
        let waiting = lock(&self.waiting);
        let waited = self
            .arrived
            .wait_timeout_while(waiting, patience, |waiting| {
                waiting.faults.is_empty() && !waiting.closed
            });
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        let lost = std::mem::take(&mut waiting.lost);
        if lost > 0 {
            tracing::error!(
                lost,
                "more strategies broke at once than can be taken care of"
            );
        }
        match waiting.faults.pop_front() {
            Some(broke) => Ok(Some(broke)),
            None if waiting.closed => Err(()),
            None => Ok(None),
        }
    }
}

/// The engine's end; when it is dropped no more faults come.
pub(crate) struct DeskEnd(pub(crate) Arc<Desk>);

impl DeskEnd {
    pub(crate) fn post(&self, broke: Broke) {
        self.0.post(broke);
    }
}

impl Drop for DeskEnd {
    fn drop(&mut self) {
        lock(&self.0.waiting).closed = true;
        self.0.arrived.notify_all();
    }
}
