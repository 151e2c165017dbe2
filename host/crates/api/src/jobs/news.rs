//! What became of jobs since the process began: each change has a number, and the latest are remembered for those who
//! follow them. Also of jobs that are kept elsewhere.

use crate::dto::job::JobDto;
use std::collections::VecDeque;

/// Changes that are remembered.
const REMEMBERED: usize = 1_024;

/// A job, as it was after a change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobChange {
    /// Counts up by one from 1 with each change since the process began.
    pub(crate) number: u64,
    /// When it changed, in nanoseconds since the epoch.
    pub(crate) time_ns: u64,
    pub(crate) job: JobDto,
}

/// The latest changes.
#[derive(Debug, Default)]
pub(super) struct News {
    all: u64,
    latest: VecDeque<JobChange>,
}

impl News {
    /// A job changed.
    pub(super) fn note(&mut self, time_ns: u64, job: JobDto) {
        self.all += 1;
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(JobChange {
            number: self.all,
            time_ns,
            job,
        });
    }

    /// How many changes there were.
    pub(super) fn all(&self) -> u64 {
        self.all
    }

    /// At most so many changes after one of this number, the oldest first; `None` where not all are remembered, or
    /// there are not so many.
    pub(super) fn after(&self, number: u64, most: usize) -> Option<Vec<JobChange>> {
        let missing = usize::try_from(self.all.checked_sub(number)?).ok()?;
        let known = self.latest.len().checked_sub(missing)?;
        Some(self.latest.iter().skip(known).take(most).cloned().collect())
    }
}
