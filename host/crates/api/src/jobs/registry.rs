//! The jobs of a host: what was asked for and goes on after its answer. Bounded; the oldest that are over make
//! room. In a file beside the journal, which is written anew with each change: there are few.

use super::news::{JobChange, News};
use crate::dto::job::JobDto;
use crate::whole_file;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::clock::Clock;
use services::plugin::PluginStage;
use services::sql_projection::List;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::sql::Row;
use store::sql::rows::{self, Place};
use tokio::sync::Notify;

/// Most jobs that are kept.
const MOST: usize = 200;
/// Most that are not over.
const MOST_OPEN: usize = 32;
/// Longest answer that is kept with a job, in bytes.
const LONGEST: usize = 16 << 10;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum JobState {
    /// Its turn has not come.
    Queued,
    /// It is at work.
    Running,
    /// It was answered with a success.
    Done,
    /// It was refused, or failed.
    Failed,
    /// Somebody took it back before its turn came.
    Canceled,
    /// The host ended meanwhile: what became of it has to be looked for.
    Interrupted,
}

impl JobState {
    /// The name as shown to people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
            Self::Interrupted => "INTERRUPTED",
        }
    }

    /// Whether nothing more becomes of it.
    pub(crate) const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A request that goes on after its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// Counts up, also over restarts.
    pub(crate) id: u64,
    /// What it does, as in the policy.
    pub(crate) operation: String,
    /// The path that was asked.
    pub(crate) subject: String,
    /// Who asked, where that is known.
    pub(crate) by: Option<String>,
    pub(crate) state: JobState,
    /// When it was asked for, in nanoseconds since the epoch.
    pub(crate) asked_ns: u64,
    /// When it was over.
    pub(crate) ended_ns: Option<u64>,
    /// The status of what would have been the answer.
    pub(crate) status: Option<u16>,
    /// Its body, unless that is too long.
    pub(crate) answer: Option<Value>,
    /// How far its component is. Not kept: a job that a restart finds is over.
    #[serde(skip)]
    pub(crate) stage: Option<PluginStage>,
}

/// Why a job is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotCanceled {
    /// There is none.
    Unknown,
    /// It is at work, and is not stopped half-way.
    Running,
    /// It is over.
    Over,
}

/// Jobs. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inside>);

struct Inside {
    known: Mutex<Known>,
    /// Locked while it is written.
    file: Option<Mutex<PathBuf>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Known {
    last: u64,
    jobs: BTreeMap<u64, Job>,
    /// How often a job came or changed.
    changes: u64,
    /// The same, of jobs that are kept elsewhere as well, with what became of them.
    news: News,
    /// What tells those that wait that they are taken back.
    waiting: BTreeMap<u64, Arc<Notify>>,
}

impl Known {
    /// A job came or changed.
    fn note(&mut self, time_ns: u64, job: &Job) {
        self.changes += 1;
        self.news.note(time_ns, JobDto::of_request(job.clone()));
    }
}

/// What the file has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    last: u64,
    jobs: Vec<Job>,
}

impl Jobs {
    /// Jobs that are forgotten when the host ends.
    #[must_use]
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self::of(Known::default(), None, clock)
    }

    /// Jobs that are kept in a file, with those it has; what was not over is interrupted.
    ///
    /// # Errors
    /// The file cannot be used, or is not as it was written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let kept = match std::fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            bytes => Some(serde_json::from_slice::<Kept>(&bytes?)?),
        };
        let mut known = Known::default();
        if let Some(kept) = kept {
            known.last = kept.last;
            known.jobs = kept.jobs.into_iter().map(|job| (job.id, job)).collect();
        }
        let now = clock.now().nanos();
        let open = known.jobs.values_mut().filter(|job| !job.state.is_over());
        for job in open {
            job.state = JobState::Interrupted;
            job.ended_ns = Some(now);
        }
        let jobs = Self::of(known, Some(path.to_owned()), clock);
        jobs.write()?;
        Ok(jobs)
    }

    fn of(known: Known, file: Option<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inside {
            known: Mutex::new(known),
            file: file.map(Mutex::new),
            clock,
        }))
    }

    /// Adds one that waits for its turn or is at work already, and what tells that it is taken back; nothing
    /// while too many are not over.
    pub(super) fn queue(
        &self,
        operation: &str,
        subject: &str,
        by: Option<String>,
        state: JobState,
    ) -> Option<(u64, Arc<Notify>)> {
        let mut known = self.known();
        let open = known.jobs.values().filter(|job| !job.state.is_over());
        if open.count() >= MOST_OPEN {
            return None;
        }
        while known.jobs.len() >= MOST {
            let mut jobs = known.jobs.values();
            let oldest = jobs.find(|job| job.state.is_over()).map(|job| job.id)?;
            known.jobs.remove(&oldest);
        }
        known.last += 1;
        let id = known.last;
        let now = self.0.clock.now().nanos();
        let job = Job {
            id,
            operation: operation.to_owned(),
            subject: subject.to_owned(),
            by,
            state,
            asked_ns: now,
            ended_ns: None,
            status: None,
            answer: None,
            stage: None,
        };
        known.note(now, &job);
        known.jobs.insert(id, job);
        let waiting = Arc::new(Notify::new());
        if state == JobState::Queued {
            known.waiting.insert(id, waiting.clone());
        }
        Some((id, waiting))
    }

    /// Notes that one is at work; whether it may, for it may have been taken back.
    pub(super) fn run(&self, id: u64) -> bool {
        let now = self.0.clock.now().nanos();
        let mut known = self.known();
        known.waiting.remove(&id);
        match known.jobs.get_mut(&id) {
            Some(job) if job.state == JobState::Queued => {
                job.state = JobState::Running;
                let job = job.clone();
                known.note(now, &job);
                true
            }
            _ => false,
        }
    }

    /// Notes how far the component of one is that is at work.
    pub(super) fn reach(&self, id: u64, stage: PluginStage) {
        let now = self.0.clock.now().nanos();
        let mut known = self.known();
        let job = known.jobs.get_mut(&id);
        let Some(job) = job.filter(|job| !job.state.is_over()) else {
            return;
        };
        job.stage = Some(stage);
        // That there is a job says that its component came.
        if stage > PluginStage::Received {
            let job = job.clone();
            known.note(now, &job);
        }
    }

    /// Notes what came of one.
    pub(super) fn end(&self, id: u64, status: u16, answer: Option<Value>) {
        let now = self.0.clock.now().nanos();
        let mut known = self.known();
        if let Some(job) = known.jobs.get_mut(&id) {
            let is_success = (200..300).contains(&status);
            job.state = if is_success {
                JobState::Done
            } else {
                JobState::Failed
            };
            job.ended_ns = Some(now);
            job.status = Some(status);
            job.answer = answer.filter(|answer| answer.to_string().len() <= LONGEST);
            let job = job.clone();
            known.note(now, &job);
        }
    }

    /// Takes one back whose turn has not come.
    pub(crate) fn cancel(&self, id: u64) -> Result<Job, NotCanceled> {
        let now = self.0.clock.now().nanos();
        let mut known = self.known();
        let job = known.jobs.get_mut(&id).ok_or(NotCanceled::Unknown)?;
        match job.state {
            JobState::Queued => {}
            JobState::Running => return Err(NotCanceled::Running),
            _ => return Err(NotCanceled::Over),
        }
        job.state = JobState::Canceled;
        job.ended_ns = Some(now);
        let job = job.clone();
        known.note(now, &job);
        if let Some(waiting) = known.waiting.remove(&id) {
            waiting.notify_one();
        }
        Ok(job)
    }

    /// One of them.
    pub(crate) fn job(&self, id: u64) -> Option<Job> {
        self.known().jobs.get(&id).cloned()
    }

    /// All of them, the newest first.
    pub(crate) fn all(&self) -> Vec<Job> {
        self.known().jobs.values().rev().cloned().collect()
    }

    /// One that is kept elsewhere changed: a version on its way, or a backtest. What is kept here is as before.
    pub(crate) fn note_elsewhere(&self, job: JobDto) {
        let now = self.0.clock.now().nanos();
        self.known().news.note(now, job);
    }

    /// How many changes of jobs there were since the process began, wherever they are kept.
    pub(crate) fn changes(&self) -> u64 {
        self.known().news.all()
    }

    /// At most so many of these changes after one of this number, the oldest first; `None` where not all are
    /// remembered, or there are not so many. That one was forgotten is no change.
    pub(crate) fn after(&self, number: u64, most: usize) -> Option<Vec<JobChange>> {
        self.known().news.after(number, most)
    }

    /// Writes the file, if there is one. That it cannot be written is in the log: jobs go on without it.
    pub(crate) async fn save(&self) {
        let jobs = self.clone();
        let written = tokio::task::spawn_blocking(move || jobs.write()).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "jobs are not kept"),
            Err(error) => tracing::error!(%error, "jobs are not kept"),
        }
    }

    fn write(&self) -> io::Result<()> {
        let Some(file) = &self.0.file else {
            return Ok(());
        };
        // One after the other, each with what is known by then.
        let path = file.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = {
            let known = self.known();
            Kept {
                last: known.last,
                jobs: known.jobs.values().cloned().collect(),
            }
        };
        whole_file::put(&path, &serde_json::to_vec(&kept)?).map(drop)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of which the store keeps rows.
impl List for Jobs {
    fn changed(&self, seen: Option<u64>) -> Option<(u64, Vec<Row>)> {
        let known = self.known();
        let rows = || known.jobs.values().map(row).collect();
        (seen != Some(known.changes)).then(|| (known.changes, rows()))
    }
}

fn row(job: &Job) -> Row {
    let place = Place {
        time: Timestamp::from_nanos(job.asked_ns),
        sequence: job.id,
        ordinal: 0,
    };
    let told = rows::Job {
        operation: &job.operation,
        subject: &job.subject,
        asked_by: job.by.as_deref(),
        state: job.state.name(),
        ended: job.ended_ns.map(Timestamp::from_nanos),
        status: job.status,
        answer: job.answer.as_ref(),
    };
    rows::job(place, &told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use services::clock::ManualClock;
    use store::sql::{Cell, JOBS};

    fn clock() -> Arc<dyn Clock> {
        Arc::new(ManualClock::default())
    }

    fn queue(jobs: &Jobs) -> Option<u64> {
        begun(jobs, JobState::Queued)
    }

    fn begun(jobs: &Jobs, state: JobState) -> Option<u64> {
        let begun = jobs.queue("strategies.swap", "/x", Some("anna".to_owned()), state);
        begun.map(|(id, _)| id)
    }

    fn state(jobs: &Jobs, id: u64) -> JobState {
        jobs.job(id).unwrap().state
    }

    #[test]
    fn a_job_is_taken_back_before_its_turn_only() {
        let jobs = Jobs::in_memory(clock());
        let (first, second) = (queue(&jobs).unwrap(), queue(&jobs).unwrap());
        assert_eq!(jobs.cancel(first).unwrap().state, JobState::Canceled);
        assert!(!jobs.run(first));
        assert_eq!(jobs.cancel(first), Err(NotCanceled::Over));
        assert!(jobs.run(second));
        assert_eq!(jobs.cancel(second), Err(NotCanceled::Running));
        jobs.end(second, 422, Some(json!({"code": "PLUGIN_REFUSED"})));
        assert_eq!(state(&jobs, second), JobState::Failed);
        assert_eq!(jobs.cancel(9), Err(NotCanceled::Unknown));
    }

    #[test]
    fn a_job_that_is_at_work_from_the_first_is_never_taken_back() {
        let jobs = Jobs::in_memory(clock());
        let job = begun(&jobs, JobState::Running).unwrap();
        assert_eq!(jobs.cancel(job), Err(NotCanceled::Running));
        jobs.end(job, 200, None);
        assert_eq!(state(&jobs, job), JobState::Done);
    }

    #[test]
    fn each_change_is_news_for_the_store_once() {
        let jobs = Jobs::in_memory(clock());
        let mut seen = jobs.changed(None).map(|(seen, _)| seen);
        let mut news = || {
            let (now, rows) = jobs.changed(seen)?;
            seen = Some(now);
            let state = JOBS
                .columns
                .iter()
                .position(|column| column.name == "state");
            let states = rows.iter().map(|row| row[state.unwrap()].clone());
            Some(states.collect::<Vec<_>>())
        };
        let text = |state: &str| Cell::Text(state.to_owned());
        assert_eq!(news(), None);
        let (first, second) = (queue(&jobs).unwrap(), queue(&jobs).unwrap());
        assert_eq!(news().unwrap(), [text("QUEUED"), text("QUEUED")]);
        assert!(jobs.run(first));
        assert_eq!(news().unwrap(), [text("RUNNING"), text("QUEUED")]);
        jobs.end(first, 200, None);
        assert_eq!(news().unwrap(), [text("DONE"), text("QUEUED")]);
        assert!(jobs.cancel(second).is_ok());
        assert_eq!(news().unwrap(), [text("DONE"), text("CANCELED")]);
        assert_eq!(jobs.cancel(second), Err(NotCanceled::Over));
        assert!(!jobs.run(second));
        assert_eq!(news(), None);
    }

    #[test]
    fn each_change_has_a_number_and_the_latest_are_remembered() {
        let jobs = Jobs::in_memory(clock());
        let told = |after, most| {
            let changes = jobs.after(after, most)?.into_iter();
            let told = changes.map(|it| (it.number, it.job.id, it.job.state.0));
            Some(told.collect::<Vec<_>>())
        };
        assert_eq!(told(0, 9), Some(Vec::new()));
        let id = queue(&jobs).unwrap();
        jobs.run(id);
        // What the store keeps of requests is not news of others.
        let seen = jobs.changed(None).map(|(seen, _)| seen);
        let elsewhere = JobDto {
            id: "backtest-1".to_owned(),
            ..JobDto::of_request(jobs.job(id).unwrap())
        };
        jobs.note_elsewhere(elsewhere);
        assert_eq!(jobs.changed(seen), None);
        jobs.end(id, 200, None);
        let expect = [
            (1, "1".to_owned(), "QUEUED"),
            (2, "1".to_owned(), "RUNNING"),
            (3, "backtest-1".to_owned(), "RUNNING"),
            (4, "1".to_owned(), "DONE"),
        ];
        assert_eq!(told(0, 9).as_deref(), Some(&expect[..]));
        assert_eq!(told(1, 2).as_deref(), Some(&expect[1..3]));
        assert_eq!((told(4, 9), told(5, 9)), (Some(Vec::new()), None));
        // Two more than are remembered, with the four.
        for _ in 0..511 {
            let id = queue(&jobs).unwrap();
            jobs.cancel(id).unwrap();
        }
        assert_eq!(jobs.changes(), 1_026);
        assert_eq!(told(1, 1), None);
        let third = told(2, 1);
        assert_eq!(third.as_deref(), Some(&expect[2..3]));
    }

    #[test]
    fn jobs_are_bounded() {
        let jobs = Jobs::in_memory(clock());
        for _ in 0..MOST_OPEN {
            queue(&jobs).unwrap();
        }
        assert_eq!(queue(&jobs), None);
        for _ in 0..2 * MOST {
            let id = jobs.all().last().unwrap().id;
            let open = jobs.all().into_iter().find(|job| !job.state.is_over());
            jobs.end(open.map_or(id, |job| job.id), 200, None);
            queue(&jobs).unwrap();
            assert!(jobs.all().len() <= MOST);
        }
    }

    #[test]
    fn a_restart_interrupts_what_was_not_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.json");
        let jobs = Jobs::open(&path, clock()).unwrap();
        let ids: Vec<_> = (0..3).map(|_| queue(&jobs).unwrap()).collect();
        jobs.run(ids[0]);
        jobs.run(ids[1]);
        jobs.end(ids[0], 200, Some(json!({"name": "ema"})));
        jobs.write().unwrap();
        let jobs = Jobs::open(&path, clock()).unwrap();
        let states: Vec<_> = ids.iter().map(|id| state(&jobs, *id)).collect();
        let expect = [JobState::Done, JobState::Interrupted, JobState::Interrupted];
        assert_eq!(states, expect);
        assert_eq!(queue(&jobs), Some(4));
        std::fs::write(&path, "{").unwrap();
        assert!(Jobs::open(&path, clock()).is_err());
    }
}
