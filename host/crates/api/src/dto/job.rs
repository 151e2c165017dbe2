//! Work that goes on after its answer.

use super::backtest::job_of;
use super::text::Name;
use crate::jobs::{Job, JobState};
use model::Timestamp;
use pipelines::{BacktestRecord, Run, State};
use serde::Serialize;
use serde_json::{Value, json};

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct JobDto {
    pub(crate) id: String,
    /// What it does, as in the policy.
    pub(crate) kind: String,
    /// The path that was asked; of a run its own.
    pub(crate) subject: String,
    pub(crate) by: Option<String>,
    pub(crate) state: Name,
    /// From 0 to 1; of a request by its `stage`, and 0 where it has none until it is over.
    pub(crate) progress: f64,
    /// How far the component of a request is: `RECEIVED`, `READ`, `VALIDATED`, `COMPILING`, which takes most of the time,
    /// `TRIED` or `STORED`. One that the host has already goes from `READ` to `STORED`.
    pub(crate) stage: Option<Name>,
    pub(crate) asked: String,
    pub(crate) asked_ns: String,
    pub(crate) ended: Option<String>,
    pub(crate) ended_ns: Option<String>,
    /// What would have been the answer: its status, and its body as `result` or `problem`.
    pub(crate) status: Option<u16>,
    pub(crate) result: Option<Value>,
    pub(crate) problem: Option<Value>,
}

impl JobDto {
    pub(crate) fn of_request(job: Job) -> Self {
        let (result, problem) = match job.state {
            JobState::Done => (job.answer, None),
            _ => (None, job.answer),
        };
        Self {
            id: job.id.to_string(),
            kind: job.operation,
            subject: job.subject,
            by: job.by,
            state: Name(job.state.name()),
            progress: match (job.state, job.stage) {
                (JobState::Done, _) => 1.0,
                (_, Some(stage)) => stage.share(),
                (_, None) => 0.0,
            },
            stage: job.stage.map(|stage| Name(stage.name())),
            asked: shown(job.asked_ns),
            asked_ns: job.asked_ns.to_string(),
            ended: job.ended_ns.map(shown),
            ended_ns: job.ended_ns.map(|nanos| nanos.to_string()),
            status: job.status,
            result,
            problem,
        }
    }

    /// Whether something more becomes of it by itself.
    pub(crate) fn is_open(&self) -> bool {
        [JobState::Queued, JobState::Running]
            .iter()
            .any(|state| state.name() == self.state.0)
    }

    /// A version on its way through a pipeline.
    pub(crate) fn of_run(run: &Run) -> Self {
        let over = run.ended_at_ns.is_some();
        Self {
            id: format!("run-{}-{}", run.strategy, run.id),
            kind: "pipelines.runs.begin".to_owned(),
            subject: format!("/api/v1/pipelines/{}/runs/{}", run.strategy, run.id),
            by: Some(run.by.clone()),
            state: Name(state_of(run.state).name()),
            progress: run.progress(),
            stage: None,
            asked: shown(run.began_at_ns),
            asked_ns: run.began_at_ns.to_string(),
            ended: run.ended_at_ns.map(shown),
            ended_ns: run.ended_at_ns.map(|nanos| nanos.to_string()),
            status: None,
            result: over.then(|| json!({ "verdict": run.verdict })),
            problem: None,
        }
    }

    /// A backtest that the host was asked for.
    pub(crate) fn of_backtest(record: BacktestRecord) -> Self {
        let hash = record.result.as_ref();
        let hash = hash.map(|result| json!({ "journal_hash": result["journal_hash"] }));
        Self {
            id: job_of(record.id),
            kind: "backtests.run".to_owned(),
            subject: format!("/api/v1/backtests/{}", record.id),
            by: record.by,
            state: Name(record.state.name()),
            progress: record.progress,
            stage: None,
            asked: shown(record.asked_at_ns),
            asked_ns: record.asked_at_ns.to_string(),
            ended: record.ended_at_ns.map(shown),
            ended_ns: record.ended_at_ns.map(|nanos| nanos.to_string()),
            status: None,
            result: hash,
            problem: record.error.map(|error| json!({ "detail": error })),
        }
    }
}

/// A run that waits for people is at work, too.
fn state_of(state: State) -> JobState {
    match state {
        State::Pending => JobState::Queued,
        State::Running | State::Waiting => JobState::Running,
        State::Interrupted => JobState::Interrupted,
        State::Passed => JobState::Done,
        State::Failed => JobState::Failed,
        State::Cancelled => JobState::Canceled,
    }
}

fn shown(nanos: u64) -> String {
    Timestamp::from_nanos(nanos).to_string()
}
