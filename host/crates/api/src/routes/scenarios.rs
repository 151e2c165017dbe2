//! Stress scenarios.

use super::to_the_end;
use crate::dto::scenario::{ScenarioDto, ScenarioRequest, ScenarioResultDto};
use crate::extract::{Json, Name};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;

/// `GET risk/scenarios`, by name.
pub(crate) async fn list<H: HostPort>(State(api): State<Api<H>>) -> axum::Json<Vec<ScenarioDto>> {
    let scenarios = api.host.scenarios();
    axum::Json(scenarios.iter().map(ScenarioDto::new).collect())
}

/// `GET risk/scenarios/{name}`.
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<axum::Json<ScenarioDto>, Problem> {
    let scenarios = api.host.scenarios();
    let found = scenarios.iter().find(|scenario| scenario.name == name);
    let found = found.ok_or_else(|| Problem::not_found("scenario", &name))?;
    Ok(axum::Json(ScenarioDto::new(found)))
}

/// `PUT risk/scenarios/{name}`.
pub(crate) async fn set<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    Json(request): Json<ScenarioRequest>,
) -> Result<axum::Json<ScenarioDto>, Problem> {
    let scenario = request.scenario(name)?;
    api.host.set_scenario(scenario.clone())?;
    Ok(axum::Json(ScenarioDto::new(&scenario)))
}

/// `DELETE risk/scenarios/{name}`.
pub(crate) async fn remove<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<StatusCode, Problem> {
    api.host.remove_scenario(&name)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST risk/scenarios/{name}/run`.
pub(crate) async fn run<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<axum::Json<ScenarioResultDto>, Problem> {
    let host = api.host.clone();
    let run = async move { host.run_scenario(&name).await };
    let view = to_the_end(run, Problem::from).await?;
    Ok(axum::Json(ScenarioResultDto::new(&view, &api.names())))
}
