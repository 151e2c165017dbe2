//! How far a component is on its way into the host, shown by the job that waits for it.

use super::Jobs;
use services::plugin::{PluginStage, Progress};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Marks a request that is a job, or becomes one once its component has come. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stages(Arc<Inside>);

struct Inside {
    jobs: Jobs,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    job: Option<u64>,
    latest: Option<PluginStage>,
}

impl Stages {
    pub(super) fn new(jobs: Jobs) -> Self {
        let known = Mutex::default();
        Self(Arc::new(Inside { jobs, known }))
    }

    /// This is the job. What was told before is told of it.
    pub(super) fn are_of(&self, id: u64) {
        let mut known = self.known();
        known.job = Some(id);
        if let Some(stage) = known.latest {
            self.0.jobs.reach(id, stage);
        }
    }

    /// What tells it.
    pub(crate) fn progress(&self) -> Progress {
        let stages = self.clone();
        Progress::new(move |stage| stages.tell(stage))
    }

    fn tell(&self, stage: PluginStage) {
        let mut known = self.known();
        known.latest = Some(stage);
        if let Some(id) = known.job {
            self.0.jobs.reach(id, stage);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::JobState;
    use super::*;
    use services::clock::ManualClock;

    #[test]
    fn a_job_shows_how_far_it_was_before_it_was_one_and_after() {
        let jobs = Jobs::in_memory(Arc::new(ManualClock::default()));
        let stages = Stages::new(jobs.clone());
        let progress = stages.progress();
        progress.tell(PluginStage::Received);
        let begun = jobs.queue("plugins.upload", "/x", None, JobState::Running);
        let (id, _) = begun.unwrap();
        let shown = |expect: PluginStage| {
            assert_eq!(jobs.job(id).unwrap().stage, Some(expect));
        };
        stages.are_of(id);
        shown(PluginStage::Received);
        let before = jobs.changes();
        progress.tell(PluginStage::Compiling);
        shown(PluginStage::Compiling);
        assert_eq!(jobs.changes(), before + 1, "who follows jobs is told");
        // What is over stays as it ended.
        jobs.end(id, 422, None);
        progress.tell(PluginStage::Stored);
        shown(PluginStage::Compiling);
    }
}
