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

    /// Changes it if that can be kept, and leaves it as it was otherwise; nobody sees what was not kept.
    /// Returns it as it is then.
    pub(crate) fn edit_and_keep(
        &self,
        edit: impl FnOnce(&mut Run),
        keep: impl FnOnce(&Run) -> Result<(), String>,
    ) -> Result<Run, String> {
        self.edit(|run| {
            let mut changed = run.clone();
            edit(&mut changed);
            keep(&changed)?;
            run.clone_from(&changed);
            Ok(changed)
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::State;
    use crate::stages::samples::{NEW, run_of};

    #[test]
    fn what_cannot_be_kept_is_as_it_was() {
        let live = LiveRun::new(run_of(NEW));
        let set_to_work = |run: &mut Run| run.state = State::Running;
        let full = |_: &Run| Err("the disk is full".to_owned());
        let failed = live.edit_and_keep(set_to_work, full);
        assert_eq!(failed, Err("the disk is full".to_owned()));
        assert_eq!(live.shown().state, State::Interrupted);
        let kept = live.edit_and_keep(set_to_work, |_| Ok(()));
        assert_eq!(kept.map(|run| run.state), Ok(State::Running));
        assert_eq!(live.shown().state, State::Running);
    }
}
