//! Backtests that the host is asked for: they go on as jobs, and what came of them is kept.

use super::{limit, to_the_end};
use crate::dto::backtest::{BacktestDto, BacktestRequest, job_of};
use crate::dto::job::JobDto;
use crate::dto::version::terms;
use crate::extract::{Fields, Json, Name, NoFields};
use crate::guarded::Signed;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use pipelines::Backtests;
use services::handle::{HostError, PluginSource};

/// What a report may do in a browser: show itself.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; sandbox";

/// `POST backtests`: answers at once; the job says how far it is.
#[utoipa::path(
    post, path = "/api/v1/backtests", operation_id = "backtests.run",
    summary = "Backtests a plugin as a job",
    request_body = BacktestRequest,
    responses(
        (
            status = 202, description = "It waits for its turn, as a job.", body = JobDto,
            headers(("Location" = String, description = "Where its job is.")),
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn run<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    Json(mut request): Json<BacktestRequest>,
) -> Result<impl IntoResponse, Problem> {
    let desk = desk(&api)?;
    let by = signed.or(request.by.take());
    let source = PluginSource::named(&request.plugin);
    let terms = terms(request.force, by.clone());
    let wanted = request.wanted(by);
    // Before a component is compiled for it.
    let settings = wanted.settings.clone();
    on_desk(desk.clone(), move |desk| desk.check(&settings)).await?;
    let host = api.host.clone();
    let brought = async move { host.upload_plugin(source, terms).await };
    let named = |error: HostError| Problem::from(error).at("plugin");
    let component = to_the_end(brought, named).await?;
    let record = on_desk(desk, move |desk| desk.submit(&component, wanted)).await?;
    let place = format!("/api/v1/jobs/{}", job_of(record.id));
    let body = axum::Json(JobDto::of_backtest(record));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], body))
}

/// `GET backtests`, the latest first.
#[utoipa::path(
    get, path = "/api/v1/backtests", operation_id = "backtests.list",
    summary = "Backtests that are kept, the latest first",
    params(
        ("state" = Option<String>, Query, description = "Only those in this state: `QUEUED`, `RUNNING`, `DONE`, `FAILED`, `CANCELED` or `INTERRUPTED`, in whatever case."),
        Limit,
    ),
    responses(
        (status = 200, description = "Backtests, without their results.", body = Vec<BacktestDto>),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<axum::Json<Vec<BacktestDto>>, Problem> {
    let (state, limit) = (fields.text("state"), limit(&mut fields)?);
    fields.finish()?;
    let all = on_desk(desk(&api)?, |desk| Ok(desk.list())).await?;
    let wanted = all.into_iter().filter(|record| {
        let state = state.as_deref();
        state.is_none_or(|state| state.eq_ignore_ascii_case(record.state.name()))
    });
    Ok(axum::Json(
        wanted.take(limit).map(BacktestDto::row).collect(),
    ))
}

/// `GET backtests/{id}`.
#[utoipa::path(
    get, path = "/api/v1/backtests/{id}", operation_id = "backtests.show",
    summary = "A backtest, and what came of it",
    params(("id" = u64, Path, maximum = 18446744073709551615u64, description = "The number of the backtest.")),
    responses(
        (status = 200, description = "The backtest.", body = BacktestDto),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(id): Name,
) -> Result<axum::Json<BacktestDto>, Problem> {
    let (desk, id) = (desk(&api)?, number(&id)?);
    let record = on_desk(desk, move |desk| desk.backtest(id)).await?;
    Ok(axum::Json(BacktestDto::new(record)))
}

/// `GET backtests/{id}/report`.
#[utoipa::path(
    get, path = "/api/v1/backtests/{id}/report", operation_id = "backtests.report",
    summary = "The report of a backtest, as one HTML document",
    params(("id" = u64, Path, maximum = 18446744073709551615u64, description = "The number of the backtest.")),
    responses(
        (status = 200, description = "The report, without outside resources.", body = String, content_type = "text/html"),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn report<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(id): Name,
) -> Result<impl IntoResponse, Problem> {
    let (desk, id) = (desk(&api)?, number(&id)?);
    let report = on_desk(desk, move |desk| desk.report(id)).await?;
    let headers = [(header::CONTENT_SECURITY_POLICY, REPORT_POLICY)];
    Ok((headers, Html(report)))
}

/// `POST backtests/{id}/cancel`: one at work is ended within a moment.
#[utoipa::path(
    post, path = "/api/v1/backtests/{id}/cancel", operation_id = "backtests.cancel",
    summary = "Ends a backtest, of which nothing is kept but that",
    params(
        ("id" = u64, Path, maximum = 18446744073709551615u64, description = "The number of the backtest."),
        (
            "by" = Option<String>, Query, min_length = 1, max_length = 64,
            pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$",
            description = "Who asks, where the host does not know it.",
        ),
    ),
    responses(
        (status = 202, description = "The backtest, which ends.", body = BacktestDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn cancel<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    mut fields: Fields,
    Name(id): Name,
) -> Result<impl IntoResponse, Problem> {
    let by = signed.or(fields.text("by"));
    fields.finish()?;
    let (desk, id) = (desk(&api)?, number(&id)?);
    let record = on_desk(desk, move |desk| desk.cancel(id, by.as_deref())).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(BacktestDto::row(record))))
}

/// `DELETE backtests/{id}`.
#[utoipa::path(
    delete, path = "/api/v1/backtests/{id}", operation_id = "backtests.remove",
    summary = "Forgets a backtest that is over, with its report",
    params(("id" = u64, Path, maximum = 18446744073709551615u64, description = "The number of the backtest.")),
    responses(
        (status = 204, description = "Forgotten."),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn remove<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(id): Name,
) -> Result<StatusCode, Problem> {
    let (desk, id) = (desk(&api)?, number(&id)?);
    on_desk(desk, move |desk| desk.remove(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn desk<H: HostPort>(api: &Api<H>) -> Result<Backtests, Problem> {
    let none = || {
        let detail = "this host runs no backtests; [backtests] of its configuration says of what data it does";
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    };
    api.backtests.clone().ok_or_else(none)
}

fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| Problem::not_found("backtest", id))
}

/// Asks what may wait for the disk, on a thread that may.
pub(super) async fn on_desk<T: Send + 'static>(
    desk: Backtests,
    ask: impl FnOnce(&Backtests) -> Result<T, HostError> + Send + 'static,
) -> Result<T, Problem> {
    let asked = async move {
        let answer = tokio::task::spawn_blocking(move || ask(&desk)).await;
        answer.unwrap_or(Err(HostError::Stopped))
    };
    to_the_end(asked, Problem::from).await
}
