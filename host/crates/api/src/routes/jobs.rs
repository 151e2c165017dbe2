//! Jobs: requests that go on after their answer, versions on their way through pipelines, and backtests.

use super::paging::{Asked, Page, not_after, whole};
use super::pipelines::{desk, on_disk};
use super::{backtests, limit};
use crate::dto::job::JobDto;
use crate::extract::{Fields, Name, NoFields};
use crate::guarded::Signed;
use crate::jobs::NotCanceled;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use pipelines::Said;
use std::cmp::Reverse;

/// What takes the place of a name where nobody says who they are.
const SOMEBODY: &str = "somebody";

/// What an id names.
enum Which {
    Request(u64),
    Run(String, u64),
    Backtest(u64),
}

impl Which {
    /// `7` is a request, `run-STRATEGY-7` a run, `backtest-7` a backtest.
    fn read(id: &str) -> Result<Self, Problem> {
        let unknown = || Problem::not_found("job", id);
        if let Some(run) = id.strip_prefix("run-") {
            let (strategy, number) = run.rsplit_once('-').ok_or_else(unknown)?;
            let number = number.parse().map_err(|_| unknown())?;
            return Ok(Self::Run(strategy.to_owned(), number));
        }
        if let Some(number) = id.strip_prefix("backtest-") {
            return number.parse().map(Self::Backtest).map_err(|_| unknown());
        }
        id.parse().map(Self::Request).map_err(|_| unknown())
    }
}

/// `GET jobs`, the latest first.
#[utoipa::path(
    get, path = "/api/v1/jobs", operation_id = "jobs.list",
    summary = "Work that goes on after its answer, the latest first",
    params(
        ("state" = Option<String>, Query, description = "Only those in this state: `QUEUED`, `RUNNING`, `DONE`, `FAILED`, `CANCELED` or `INTERRUPTED`, in whatever case."),
        (
            "after" = Option<String>, Query,
            pattern = "^[0-9]{1,19}\\.([0-9]{1,19}|run-.+-[0-9]{1,19}|backtest-[0-9]{1,19})$",
            description = "What follows a page before, as its `Link` says: `ASKED_NS.ID` of its last job.",
        ),
        Limit,
    ),
    responses(
        (
            status = 200, description = "Jobs.", body = Vec<JobDto>,
            headers(("Link" = String, description = "The next page, where there is one: `<…?after=…>; rel=\"next\"`.")),
        ),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    asked: Asked,
    mut fields: Fields,
) -> Result<Page<JobDto>, Problem> {
    let (state, limit) = (fields.text("state"), limit(&mut fields)?);
    let after = after(&mut fields)?;
    fields.finish()?;
    let is_left = |job: &JobDto| {
        let state = state.as_deref();
        state.is_none_or(|state| state.eq_ignore_ascii_case(job.state.0))
            && after.as_ref().is_none_or(|after| place(job) < *after)
    };
    let left = all(&api).await?.into_iter().filter(is_left);
    Ok(asked.page("/jobs", left, limit, |last| {
        format!("{}.{}", last.asked_ns, last.id)
    }))
}

/// Where a job stands: when it was asked for, and what tells it from others of the same moment.
type Place = (u64, u64, String);

fn place(job: &JobDto) -> Place {
    let asked = job.asked_ns.parse().unwrap_or_default();
    (asked, number(&job.id), job.id.clone())
}

/// The number at the end of an id.
fn number(id: &str) -> u64 {
    let digits = id.rsplit('-').next();
    digits.and_then(whole).unwrap_or(u64::MAX)
}

/// The place after which a page begins.
fn after(fields: &mut Fields) -> Result<Option<Place>, Problem> {
    let Some(text) = fields.text("after") else {
        return Ok(None);
    };
    let place = text.split_once('.').and_then(|(asked, id)| {
        Which::read(id).ok()?;
        Some((whole(asked)?, number(id), id.to_owned()))
    });
    place.map(Some).ok_or_else(|| not_after(&text))
}

/// All jobs, the latest first.
pub(crate) async fn all<H: HostPort>(api: &Api<H>) -> Result<Vec<JobDto>, Problem> {
    let requests = api.jobs.all().into_iter().map(JobDto::of_request);
    let mut jobs: Vec<_> = requests.collect();
    if let Some(pipelines) = api.pipelines.clone() {
        let runs = on_disk(pipelines, |desk| {
            let strategies = desk.list().into_iter().map(|entry| entry.strategy);
            Ok(strategies
                .flat_map(|name| desk.runs(&name))
                .collect::<Vec<_>>())
        });
        jobs.extend(runs.await?.iter().map(JobDto::of_run));
    }
    if let Some(desk) = api.backtests.clone() {
        let all = backtests::on_desk(desk, |desk| Ok(desk.list())).await?;
        jobs.extend(all.into_iter().map(JobDto::of_backtest));
    }
    jobs.sort_by_cached_key(|job| Reverse(place(job)));
    Ok(jobs)
}

/// `GET jobs/{id}`.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}", operation_id = "jobs.show",
    summary = "A job, and what came of it",
    params(("id" = String, Path, pattern = "^([0-9]{1,20}|run-.+-[0-9]{1,20}|backtest-[0-9]{1,20})$", description = "The job's id: a number, `run-STRATEGY-NUMBER` of a version on its way, or `backtest-NUMBER`.")),
    responses(
        (status = 200, description = "The job.", body = JobDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(id): Name,
) -> Result<axum::Json<JobDto>, Problem> {
    let job = match Which::read(&id)? {
        Which::Request(number) => {
            let job = api.jobs.job(number);
            JobDto::of_request(job.ok_or_else(|| Problem::not_found("job", &id))?)
        }
        Which::Run(strategy, number) => JobDto::of_run(&desk(&api)?.run(&strategy, number)?),
        Which::Backtest(number) => {
            let asked =
                backtests::on_desk(backtests::desk(&api)?, move |desk| desk.backtest(number));
            JobDto::of_backtest(asked.await?)
        }
    };
    Ok(axum::Json(job))
}

/// `DELETE jobs/{id}`: takes back what has not begun; a run ends its stage first.
#[utoipa::path(
    delete, path = "/api/v1/jobs/{id}", operation_id = "jobs.cancel",
    summary = "Takes a job back that has not begun, or ends a run or a backtest",
    params(
        ("id" = String, Path, pattern = "^([0-9]{1,20}|run-.+-[0-9]{1,20}|backtest-[0-9]{1,20})$", description = "The job's id: a number, `run-STRATEGY-NUMBER` of a version on its way, or `backtest-NUMBER`."),
        (
            "by" = Option<String>, Query, min_length = 1, max_length = 64,
            pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$",
            description = "Who asks, where the host does not know it.",
        ),
    ),
    responses(
        (status = 200, description = "The job, taken back.", body = JobDto),
        (status = 202, description = "The run, which ends its stage first, or the backtest, which ends.", body = JobDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn cancel<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    mut fields: Fields,
    Name(id): Name,
) -> Result<(StatusCode, axum::Json<JobDto>), Problem> {
    let by = fields.text("by");
    fields.finish()?;
    let may_stop = signed.may("pipelines.runs.cancel");
    match Which::read(&id)? {
        Which::Request(number) => {
            let unknown = || Problem::not_found("job", &id);
            let job = api.jobs.job(number).ok_or_else(unknown)?;
            if !may_stop && !signed.may(&job.operation) {
                return Err(forbidden(
                    "a job is taken back by whoever may do what it does",
                ));
            }
            let job = api.jobs.cancel(number).map_err(|why| refused(why, &id))?;
            api.jobs.save().await;
            Ok((StatusCode::OK, axum::Json(JobDto::of_request(job))))
        }
        Which::Backtest(_) if !may_stop && !signed.may("backtests.cancel") => Err(forbidden(
            "a backtest is ended by whoever may end it below backtests",
        )),
        Which::Backtest(number) => {
            let by = signed.or(by);
            let asked = backtests::on_desk(backtests::desk(&api)?, move |desk| {
                desk.cancel(number, by.as_deref())
            });
            let job = JobDto::of_backtest(asked.await?);
            Ok((StatusCode::ACCEPTED, axum::Json(job)))
        }
        Which::Run(..) if !may_stop => Err(forbidden(
            "a run is ended by whoever may end it below pipelines",
        )),
        Which::Run(strategy, number) => {
            let (desk, said) = (desk(&api)?, said(signed, by));
            let run = on_disk(desk, move |desk| desk.cancel(&strategy, number, said)).await?;
            Ok((StatusCode::ACCEPTED, axum::Json(JobDto::of_run(&run))))
        }
    }
}

/// `POST jobs/{id}/resume`: a run goes on where it was interrupted.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/resume", operation_id = "jobs.resume",
    summary = "Lets a run go on where it was interrupted",
    params(
        ("id" = String, Path, pattern = "^([0-9]{1,20}|run-.+-[0-9]{1,20}|backtest-[0-9]{1,20})$", description = "The job's id: a number, `run-STRATEGY-NUMBER` of a version on its way, or `backtest-NUMBER`."),
        (
            "by" = Option<String>, Query, min_length = 1, max_length = 64,
            pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$",
            description = "Who asks, where the host does not know it.",
        ),
    ),
    responses(
        (status = 200, description = "The run, at work again.", body = JobDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn resume<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    mut fields: Fields,
    Name(id): Name,
) -> Result<axum::Json<JobDto>, Problem> {
    let by = fields.text("by");
    fields.finish()?;
    match Which::read(&id)? {
        Which::Backtest(number) => {
            let asked =
                backtests::on_desk(backtests::desk(&api)?, move |desk| desk.backtest(number));
            asked.await?;
            let detail = "a backtest begins from the start or not at all; ask for it again";
            Err(Problem::new(StatusCode::CONFLICT, "CONFLICT", detail))
        }
        Which::Request(number) => {
            let job = api.jobs.job(number);
            job.ok_or_else(|| Problem::not_found("job", &id))?;
            let detail = "what it was to do is not kept; look at what became of it, and send its request \
                          again with a new Idempotency-Key";
            Err(Problem::new(StatusCode::CONFLICT, "CONFLICT", detail))
        }
        Which::Run(strategy, number) => {
            let (desk, said) = (desk(&api)?, said(signed, by));
            let run = on_disk(desk, move |desk| desk.resume(&strategy, number, said)).await?;
            Ok(axum::Json(JobDto::of_run(&run)))
        }
    }
}

fn said(signed: Signed, by: Option<String>) -> Said {
    Said {
        may_approve_plugins: signed.may("plugins.approve"),
        by: signed.or(by).unwrap_or_else(|| SOMEBODY.to_owned()),
        reason: None,
    }
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail)
}

fn refused(why: NotCanceled, id: &str) -> Problem {
    let detail = match why {
        NotCanceled::Unknown => return Problem::not_found("job", id),
        NotCanceled::Over => "it is over",
        NotCanceled::Running => {
            "it is at work, and is not stopped half-way; a version that took over is sent back by a rollback"
        }
    };
    Problem::new(StatusCode::CONFLICT, "CONFLICT", detail)
}
