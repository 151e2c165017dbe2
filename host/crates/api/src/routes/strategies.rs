//! Strategies: list, show, log, faults, and changes of their state.

use super::to_the_end;
use crate::dto::strategy::{FaultDto, LogLineDto, StrategyDto};
use crate::extract::{Name, NoFields};
use crate::openapi::Refused;
use crate::port::{HostPort, StrategyCommand};
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use services::handle::HostError;
use services::view::StrategyView;
use std::future::Future;
use std::sync::Arc;

/// `GET strategies`.
#[utoipa::path(
    get,
    path = "/api/v1/strategies",
    operation_id = "strategies.list",
    summary = "All strategies",
    responses(
        (status = 200, description = "Strategies.", body = Vec<StrategyDto>),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> Json<Vec<StrategyDto>> {
    let names = api.names();
    let views = api.host.strategies();
    Json(
        views
            .iter()
            .map(|view| StrategyDto::new(view, &names))
            .collect(),
    )
}

/// `GET strategies/{name}`.
#[utoipa::path(
    get,
    path = "/api/v1/strategies/{name}",
    operation_id = "strategies.show",
    summary = "A strategy",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    Ok(Json(StrategyDto::new(&*find(&api, &name)?, &api.names())))
}

/// `GET strategies/{name}/faults`: newest first.
#[utoipa::path(
    get,
    path = "/api/v1/strategies/{name}/faults",
    operation_id = "strategies.faults",
    summary = "What broke a strategy lately, the newest first",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "At most 20 faults.", body = Vec<FaultDto>),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn faults<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<Vec<FaultDto>>, Problem> {
    let strategy = find(&api, &name)?;
    Ok(Json(
        strategy.faults.iter().rev().map(FaultDto::new).collect(),
    ))
}

/// `GET strategies/{name}/log`: newest first.
#[utoipa::path(
    get,
    path = "/api/v1/strategies/{name}/log",
    operation_id = "strategies.log",
    summary = "What a strategy wrote lately, the newest first",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "Lines.", body = Vec<LogLineDto>),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn log<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<Vec<LogLineDto>>, Problem> {
    let strategy = find(&api, &name)?;
    Ok(Json(
        strategy.log.iter().rev().map(LogLineDto::new).collect(),
    ))
}

/// `POST strategies/{name}/start`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/start",
    operation_id = "strategies.start",
    summary = "Starts a strategy",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn start<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    command(api, name, StrategyCommand::Start).await
}

/// `POST strategies/{name}/pause`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/pause",
    operation_id = "strategies.pause",
    summary = "Pauses a strategy",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn pause<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    command(api, name, StrategyCommand::Pause).await
}

/// `POST strategies/{name}/resume`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/resume",
    operation_id = "strategies.resume",
    summary = "Lets a paused strategy go on",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn resume<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    command(api, name, StrategyCommand::Resume).await
}

/// `POST strategies/{name}/stop`.
#[utoipa::path(
    post,
    path = "/api/v1/strategies/{name}/stop",
    operation_id = "strategies.stop",
    summary = "Stops a strategy",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "The strategy.", body = StrategyDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn stop<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    command(api, name, StrategyCommand::Stop).await
}

async fn command<H: HostPort>(
    api: Api<H>,
    name: String,
    command: StrategyCommand,
) -> Result<Json<StrategyDto>, Problem> {
    let host = api.host.clone();
    let work = async move { host.command_strategy(&name, command).await };
    changed(&api, work).await
}

/// Runs a command that changes a strategy, and shows the strategy after it.
pub(super) async fn changed<H: HostPort>(
    api: &Api<H>,
    command: impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send + 'static,
) -> Result<Json<StrategyDto>, Problem> {
    let strategy = to_the_end(command, Problem::from).await?;
    Ok(Json(StrategyDto::new(&strategy, &api.names())))
}

fn find<H: HostPort>(api: &Api<H>, name: &str) -> Result<Arc<StrategyView>, Problem> {
    let found = api.host.strategy(name);
    found.ok_or_else(|| Problem::not_found("strategy", name))
}
