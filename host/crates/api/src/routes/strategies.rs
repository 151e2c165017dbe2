//! Strategies: list, show, log, faults, and changes of their state.

use super::to_the_end;
use crate::dto::strategy::{FaultDto, LogLineDto, StrategyDto};
use crate::extract::Name;
use crate::port::{HostPort, StrategyCommand};
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use services::view::StrategyView;
use std::sync::Arc;

/// `GET strategies`.
pub(crate) async fn list<H: HostPort>(State(api): State<Api<H>>) -> Json<Vec<StrategyDto>> {
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
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    Ok(Json(StrategyDto::new(&*find(&api, &name)?, &api.names())))
}

/// `GET strategies/{name}/faults`: newest first.
pub(crate) async fn faults<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<Json<Vec<FaultDto>>, Problem> {
    let strategy = find(&api, &name)?;
    Ok(Json(
        strategy.faults.iter().rev().map(FaultDto::new).collect(),
    ))
}

/// `GET strategies/{name}/log`: newest first.
pub(crate) async fn log<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<Json<Vec<LogLineDto>>, Problem> {
    let strategy = find(&api, &name)?;
    Ok(Json(
        strategy.log.iter().rev().map(LogLineDto::new).collect(),
    ))
}

/// `POST strategies/{name}/start`.
pub(crate) async fn start<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    command(api, name, StrategyCommand::Start).await
}

/// `POST strategies/{name}/pause`.
pub(crate) async fn pause<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    command(api, name, StrategyCommand::Pause).await
}

/// `POST strategies/{name}/resume`.
pub(crate) async fn resume<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<Json<StrategyDto>, Problem> {
    command(api, name, StrategyCommand::Resume).await
}

/// `POST strategies/{name}/stop`.
pub(crate) async fn stop<H: HostPort>(
    State(api): State<Api<H>>,
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
    let strategy = to_the_end(work, Problem::from).await?;
    Ok(Json(StrategyDto::new(&strategy, &api.names())))
}

fn find<H: HostPort>(api: &Api<H>, name: &str) -> Result<Arc<StrategyView>, Problem> {
    let found = api.host.strategy(name);
    found.ok_or_else(|| Problem::not_found("strategy", name))
}
