//! Requests that go on after their answer: with `Prefer: respond-async` (RFC 7240) what compiles or deploys a
//! plugin is answered by 202 and the place of a job, once its body has come.
//!
//! This stands behind the gate and the keys: the 202 is the answer that is given again. What comes of the job
//! is written down when it is over.

mod news;
mod registry;
mod stages;

use crate::dto::job::JobDto;
use crate::extract::{BodyKind, body_kind, bytes};
use crate::guarded::{Guarded, Passed};
use crate::observe::RequestId;
use crate::operations::Lookup;
use crate::problem::Problem;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use identity::Principal;
use identity::audit::Draft;
use pipelines::{Backtests, Pipelines};
pub use registry::Jobs;
pub(crate) use registry::{Job, JobState, NotCanceled};
use serde_json::Value;
pub(crate) use stages::Stages;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinError;
use tracing::Instrument;

/// What may take long, and can go on after the answer.
const LONG: &[&str] = &[
    "strategies.load",
    "strategies.swap",
    "strategies.parameters.set",
    "shadows.begin",
    "canaries.begin",
    "plugins.upload",
];
/// Jobs at work at a time, beside those that hold a component.
const AT_WORK: usize = 2;
/// Longest answer that is read, in bytes.
const LONGEST: usize = 256 << 10;

/// Whether something can go on after its answer.
pub(crate) fn is_long(operation: &str) -> bool {
    LONG.contains(&operation)
}

/// What jobs need.
#[derive(Clone)]
pub(crate) struct Background {
    jobs: Jobs,
    lookup: Arc<Lookup>,
    guarded: Option<Arc<Guarded>>,
    turns: Arc<Semaphore>,
}

/// Has what becomes of versions on their way and of backtests numbered among the changes of jobs.
pub(crate) fn gather(jobs: &Jobs, pipelines: Option<&Pipelines>, backtests: Option<&Backtests>) {
    if let Some(pipelines) = pipelines {
        let jobs = jobs.clone();
        pipelines.watch(move |run| jobs.note_elsewhere(JobDto::of_run(run)));
    }
    if let Some(backtests) = backtests {
        let jobs = jobs.clone();
        backtests.watch(move |record| jobs.note_elsewhere(JobDto::of_backtest(record.clone())));
    }
}

/// What was asked for, for the log.
struct Asked {
    operation: &'static str,
    subject: String,
    by: Option<String>,
    actor: String,
    request: String,
    passed: Option<Passed>,
}

impl Asked {
    fn of(operation: &'static str, request: &Request) -> Self {
        let who = request.extensions().get::<Principal>();
        let id = request.extensions().get::<RequestId>();
        Self {
            operation,
            subject: request.uri().path().to_owned(),
            by: who.map(|who| who.user.clone()),
            actor: who.map_or_else(|| "-".to_owned(), Principal::actor),
            request: id.map_or_else(|| "-".to_owned(), |id| id.0.clone()),
            passed: request.extensions().get::<Passed>().cloned(),
        }
    }
}

/// Tells that a component has come, so that its sender need not wait for more.
#[derive(Clone)]
pub(crate) struct Arrived(Arc<Mutex<Option<oneshot::Sender<()>>>>);

impl Arrived {
    /// The component is here, and may be used.
    pub(crate) fn tell(&self) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = told.take() {
            // Who does not wait any more does not want to know.
            let _ = told.send(());
        }
    }
}

/// Marks a request whose client has its answer already, and which may wait longer than others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unhurried;

/// Answers at once where that is preferred.
pub(crate) async fn in_background(
    State(background): State<Background>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let operation = path.and_then(|path| background.lookup.find(request.method(), path.as_str()));
    let long = operation.filter(|operation| is_long(operation));
    let Some(operation) = long.filter(|_| prefers_async(request.headers())) else {
        return next.run(request).await;
    };
    let asked = Asked::of(operation, &request);
    if body_kind(request.headers()) == Some(BodyKind::Wasm) {
        return background.with_component(asked, request, next).await;
    }
    match background.with_body(asked, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

fn prefers_async(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter();
    let mut wishes = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','));
    wishes.any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"))
}

impl Background {
    pub(crate) fn new(jobs: Jobs, lookup: Arc<Lookup>, guarded: Option<Arc<Guarded>>) -> Self {
        Self {
            jobs,
            lookup,
            guarded,
            turns: Arc::new(Semaphore::new(AT_WORK)),
        }
    }

    /// A request whose body is small: it waits here for its turn.
    async fn with_body(
        self,
        asked: Asked,
        request: Request,
        next: Next,
    ) -> Result<Response, Problem> {
        let (parts, body) = request.into_parts();
        let body = bytes(Request::from_parts(parts.clone(), body), &()).await?;
        let mut request = Request::from_parts(parts, Body::from(body));
        let stages = Stages::new(self.jobs.clone());
        request.extensions_mut().insert(Unhurried);
        request.extensions_mut().insert(stages.clone());
        let queued = self.queued(&asked, JobState::Queued);
        let (id, canceled) = queued.ok_or_else(full)?;
        stages.are_of(id);
        self.jobs.save().await;
        let answer = accepted(&self.jobs, id);
        let job = async move { self.work(id, &canceled, asked, (request, next)).await };
        tokio::spawn(job.in_current_span());
        Ok(answer)
    }

    async fn work(
        self,
        id: u64,
        canceled: &Notify,
        asked: Asked,
        (request, next): (Request, Next),
    ) {
        let turn = tokio::select! {
            biased;
            () = canceled.notified() => return,
            turn = self.turns.clone().acquire_owned() => turn,
        };
        if turn.is_err() || !self.jobs.run(id) {
            return;
        }
        self.jobs.save().await;
        // It may have waited long.
        let allowed = match (&self.guarded, &asked.passed) {
            (Some(guarded), Some(passed)) => passed.still(guarded),
            _ => Ok(()),
        };
        let ended = match allowed {
            Ok(()) => tokio::spawn(next.run(request).in_current_span()).await,
            Err(problem) => Ok(problem.into_response()),
        };
        self.over(id, &asked, ended).await;
    }

    /// A component is read by its handler, which says when it has come; nothing is answered before that.
    async fn with_component(self, asked: Asked, mut request: Request, next: Next) -> Response {
        let (told, has_come) = oneshot::channel();
        let arrived = Arrived(Arc::new(Mutex::new(Some(told))));
        let stages = Stages::new(self.jobs.clone());
        request.extensions_mut().insert(arrived);
        request.extensions_mut().insert(stages.clone());
        let mut working = tokio::spawn(next.run(request).in_current_span());
        tokio::select! {
            biased;
            ended = &mut working => return whole(ended),
            Ok(()) = has_come => {}
        }
        // It is at work already, and cannot be taken back.
        let Some((id, _)) = self.queued(&asked, JobState::Running) else {
            // Then its own answer is waited for.
            return whole(working.await);
        };
        stages.are_of(id);
        self.jobs.save().await;
        let answer = accepted(&self.jobs, id);
        let job = async move { self.over(id, &asked, working.await).await };
        tokio::spawn(job.in_current_span());
        answer
    }

    fn queued(&self, asked: &Asked, state: JobState) -> Option<(u64, Arc<Notify>)> {
        let (operation, subject) = (asked.operation, asked.subject.as_str());
        self.jobs.queue(operation, subject, asked.by.clone(), state)
    }

    /// Notes what came of a job, and writes it down.
    async fn over(&self, id: u64, asked: &Asked, ended: Result<Response, JoinError>) {
        let response = ended.unwrap_or_else(|error| {
            tracing::error!(%error, id, "a job did not come to its end");
            Problem::internal().into_response()
        });
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), LONGEST).await.ok();
        let answer: Option<Value> = body.and_then(|body| serde_json::from_slice(&body).ok());
        self.jobs.end(id, status, answer);
        self.jobs.save().await;
        let Some(guarded) = &self.guarded else {
            return;
        };
        let draft = Draft {
            actor: asked.actor.clone(),
            action: asked.operation.to_owned(),
            subject: format!("{} (job {id})", asked.subject),
            request: asked.request.clone(),
            outcome: status.to_string(),
            ..Draft::default()
        };
        // That it could not be written is in the log, and nothing but stops is taken from then on.
        let _ = guarded.write_down(draft, None).await;
    }
}

/// The answer of a request that was not made a job.
fn whole(ended: Result<Response, JoinError>) -> Response {
    match ended {
        Ok(response) => response,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Problem::internal().into_response(),
    }
}

fn full() -> Problem {
    Problem::busy("too many jobs are not over")
}

fn accepted(jobs: &Jobs, id: u64) -> Response {
    let Some(job) = jobs.job(id) else {
        return Problem::internal().into_response();
    };
    let place = [
        (header::LOCATION, format!("/api/v1/jobs/{id}")),
        (
            header::HeaderName::from_static("preference-applied"),
            "respond-async".to_owned(),
        ),
    ];
    (
        StatusCode::ACCEPTED,
        place,
        axum::Json(JobDto::of_request(job)),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_wish_is_one_of_a_list() {
        let check = |text: &'static str, expect: bool| {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", HeaderValue::from_static(text));
            assert_eq!(prefers_async(&headers), expect, "{text}");
        };
        check("respond-async", true);
        check("return=minimal, Respond-Async", true);
        check("wait=10", false);
        assert!(!prefers_async(&HeaderMap::new()));
    }
}
