//! Deployment pipelines: the gates of each strategy, and versions on their way through them.

use super::to_the_end;
use crate::dto::command::plain;
use crate::dto::pipeline::{BeginRunRequest, PipelineDto, RunDto, SaidRequest};
use crate::extract::{Json, Name, NoFields, TwoNames};
use crate::guarded::Signed;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use pipelines::{BeginRun, Pipelines, Run, Said};
use services::handle::HostError;

/// `GET pipelines`, by strategy.
#[utoipa::path(
    get,
    path = "/api/v1/pipelines",
    operation_id = "pipelines.list",
    summary = "The pipeline of each strategy that has one",
    responses(
        (status = 200, description = "Pipelines.", body = Vec<PipelineDto>),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> Result<axum::Json<Vec<PipelineDto>>, Problem> {
    let desk = desk(&api)?;
    let entries = on_disk(desk, |desk| Ok(desk.list())).await?;
    Ok(axum::Json(entries.iter().map(PipelineDto::new).collect()))
}

/// `GET pipelines/{strategy}`.
#[utoipa::path(
    get,
    path = "/api/v1/pipelines/{strategy}",
    operation_id = "pipelines.show",
    summary = "The pipeline of a strategy",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The pipeline.", body = PipelineDto),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(strategy): Name,
) -> Result<axum::Json<PipelineDto>, Problem> {
    let desk = desk(&api)?;
    let entry = on_disk(desk, move |desk| desk.pipeline(&strategy)).await?;
    Ok(axum::Json(PipelineDto::new(&entry)))
}

/// `GET pipelines/{strategy}/runs`, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/pipelines/{strategy}/runs",
    operation_id = "pipelines.runs.list",
    summary = "Versions on their way through a pipeline, the latest first",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "Runs.", body = Vec<RunDto>),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn runs<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(strategy): Name,
) -> Result<axum::Json<Vec<RunDto>>, Problem> {
    let runs = desk(&api)?.runs(&strategy);
    Ok(axum::Json(runs.iter().map(RunDto::new).collect()))
}

/// `POST pipelines/{strategy}/runs`.
#[utoipa::path(
    post,
    path = "/api/v1/pipelines/{strategy}/runs",
    operation_id = "pipelines.runs.begin",
    summary = "Sends a version on its way through a pipeline",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
    ),
    request_body = BeginRunRequest,
    responses(
        (
            status = 201,
            description = "The run.",
            body = RunDto,
            headers(("Location" = String, description = "Where it is.")),
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn begin<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    Name(strategy): Name,
    Json(request): Json<BeginRunRequest>,
) -> Result<impl IntoResponse, Problem> {
    let desk = desk(&api)?;
    let wanted = BeginRun {
        plugin: request.plugin,
        parameters: plain(request.parameters),
        by: signed.or(Some(request.by)).unwrap_or_default(),
        force: request.force,
    };
    let run = on_disk(desk, move |desk| desk.begin_run(&strategy, wanted)).await?;
    let place = format!("/api/v1/pipelines/{}/runs/{}", run.strategy, run.id);
    let body = axum::Json(RunDto::new(&run));
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], body))
}

/// `GET pipelines/{strategy}/runs/{id}`.
#[utoipa::path(
    get,
    path = "/api/v1/pipelines/{strategy}/runs/{id}",
    operation_id = "pipelines.runs.show",
    summary = "A version on its way",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
        (
            "id" = u64, Path, maximum = 18446744073709551615u64,
            description = "The number of the run.",
        ),
    ),
    responses(
        (status = 200, description = "The run.", body = RunDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show_run<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    TwoNames(strategy, id): TwoNames,
) -> Result<axum::Json<RunDto>, Problem> {
    let run = desk(&api)?.run(&strategy, number(&id)?)?;
    Ok(axum::Json(RunDto::new(&run)))
}

/// `POST pipelines/{strategy}/runs/{id}/approve`.
#[utoipa::path(
    post,
    path = "/api/v1/pipelines/{strategy}/runs/{id}/approve",
    operation_id = "pipelines.runs.approve",
    summary = "Says yes to a version that waits for people",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
        (
            "id" = u64, Path, maximum = 18446744073709551615u64,
            description = "The number of the run.",
        ),
    ),
    request_body = SaidRequest,
    responses(
        (status = 200, description = "The run.", body = RunDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn approve<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    TwoNames(strategy, id): TwoNames,
    Json(request): Json<SaidRequest>,
) -> Result<axum::Json<RunDto>, Problem> {
    let say = move |desk: &Pipelines, id, said| desk.approve(&strategy, id, said);
    said(&api, &id, (signed, request), say).await
}

/// `POST pipelines/{strategy}/runs/{id}/cancel`: one that is at work ends its stage first.
#[utoipa::path(
    post,
    path = "/api/v1/pipelines/{strategy}/runs/{id}/cancel",
    operation_id = "pipelines.runs.cancel",
    summary = "Ends a run, which ends its stage first",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
        (
            "id" = u64, Path, maximum = 18446744073709551615u64,
            description = "The number of the run.",
        ),
    ),
    request_body = SaidRequest,
    responses(
        (status = 202, description = "The run.", body = RunDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn cancel<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    TwoNames(strategy, id): TwoNames,
    Json(request): Json<SaidRequest>,
) -> Result<impl IntoResponse, Problem> {
    let say = move |desk: &Pipelines, id, said| desk.cancel(&strategy, id, said);
    let shown = said(&api, &id, (signed, request), say).await?;
    Ok((StatusCode::ACCEPTED, shown))
}

/// `POST pipelines/{strategy}/runs/{id}/resume`.
#[utoipa::path(
    post,
    path = "/api/v1/pipelines/{strategy}/runs/{id}/resume",
    operation_id = "pipelines.runs.resume",
    summary = "Lets a run go on where it was interrupted",
    params(
        ("strategy" = String, Path, description = "The strategy's name."),
        (
            "id" = u64, Path, maximum = 18446744073709551615u64,
            description = "The number of the run.",
        ),
    ),
    request_body = SaidRequest,
    responses(
        (status = 200, description = "The run.", body = RunDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn resume<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    TwoNames(strategy, id): TwoNames,
    Json(request): Json<SaidRequest>,
) -> Result<axum::Json<RunDto>, Problem> {
    let say = move |desk: &Pipelines, id, said| desk.resume(&strategy, id, said);
    said(&api, &id, (signed, request), say).await
}

/// Somebody says something about a run.
async fn said<H: HostPort>(
    api: &Api<H>,
    id: &str,
    (signed, request): (Signed, SaidRequest),
    say: impl FnOnce(&Pipelines, u64, Said) -> Result<Run, HostError> + Send + 'static,
) -> Result<axum::Json<RunDto>, Problem> {
    let (desk, id) = (desk(api)?, number(id)?);
    let said = Said {
        may_approve_plugins: signed.may("plugins.approve"),
        by: signed.or(Some(request.by)).unwrap_or_default(),
        reason: request.reason,
    };
    let run = on_disk(desk, move |desk| say(desk, id, said)).await?;
    Ok(axum::Json(RunDto::new(&run)))
}

pub(super) fn desk<H: HostPort>(api: &Api<H>) -> Result<Pipelines, Problem> {
    let none = || {
        let detail = "this host takes no versions through pipelines";
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    };
    api.pipelines.clone().ok_or_else(none)
}

fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| Problem::not_found("run", id))
}

/// Asks what may wait for the disk, on a thread that may.
pub(super) async fn on_disk<T: Send + 'static>(
    desk: Pipelines,
    ask: impl FnOnce(&Pipelines) -> Result<T, HostError> + Send + 'static,
) -> Result<T, Problem> {
    let asked = async move {
        let answer = tokio::task::spawn_blocking(move || ask(&desk)).await;
        answer.unwrap_or(Err(HostError::Stopped))
    };
    to_the_end(asked, Problem::from).await
}
