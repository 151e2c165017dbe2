//! Stress scenarios.

use super::{past, to_the_end};
use crate::dto::scenario::{ScenarioDto, ScenarioRequest, ScenarioResultDto};
use crate::extract::{Json, Name, NoFields};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;

/// `GET risk/scenarios`, by name.
#[utoipa::path(
    get, path = "/api/v1/risk/scenarios", operation_id = "risk.scenarios.list",
    summary = "Stress scenarios, by name",
    responses((status = 200, description = "Scenarios.", body = Vec<ScenarioDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<Vec<ScenarioDto>> {
    let scenarios = api.host.scenarios();
    axum::Json(scenarios.iter().map(ScenarioDto::new).collect())
}

/// `GET risk/scenarios/{name}`.
#[utoipa::path(
    get, path = "/api/v1/risk/scenarios/{name}", operation_id = "risk.scenarios.show",
    summary = "A stress scenario",
    params(("name" = String, Path, description = "The scenario.")),
    responses(
        (status = 200, description = "The scenario.", body = ScenarioDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<ScenarioDto>, Problem> {
    let scenarios = api.host.scenarios();
    let found = scenarios.iter().find(|scenario| scenario.name == name);
    let found = found.ok_or_else(|| Problem::not_found("scenario", &name))?;
    Ok(axum::Json(ScenarioDto::new(found)))
}

/// `PUT risk/scenarios/{name}`.
#[utoipa::path(
    put, path = "/api/v1/risk/scenarios/{name}", operation_id = "risk.scenarios.set",
    summary = "Sets a stress scenario",
    description = "Either `shocks`, `window` or `history` is given. A window is of what this run has seen; history is of the data catalog (404 `NO_CATALOG` where there is none), and what instruments moved in it becomes the scenario's shocks.",
    params((
        "name" = String, Path, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9 _.-]+$",
        description = "The scenario.",
    )),
    request_body = ScenarioRequest,
    responses(
        (status = 200, description = "The scenario as it is now.", body = ScenarioDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn set<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
    Json(request): Json<ScenarioRequest>,
) -> Result<axum::Json<ScenarioDto>, Problem> {
    let scenario = match request.past()? {
        Some(window) => past::scenario(&api, name, window).await?,
        None => request.scenario(name)?,
    };
    api.host.set_scenario(scenario.clone())?;
    Ok(axum::Json(ScenarioDto::new(&scenario)))
}

/// `DELETE risk/scenarios/{name}`.
#[utoipa::path(
    delete, path = "/api/v1/risk/scenarios/{name}", operation_id = "risk.scenarios.remove",
    summary = "Removes a stress scenario",
    params(("name" = String, Path, description = "The scenario.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn remove<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<StatusCode, Problem> {
    api.host.remove_scenario(&name)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST risk/scenarios/{name}/run`.
#[utoipa::path(
    post, path = "/api/v1/risk/scenarios/{name}/run", operation_id = "risk.scenarios.run",
    summary = "What a scenario would do to today's holdings",
    params(("name" = String, Path, description = "The scenario.")),
    responses(
        (status = 200, description = "What it would do.", body = ScenarioResultDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn run<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<ScenarioResultDto>, Problem> {
    let host = api.host.clone();
    let run = async move { host.run_scenario(&name).await };
    let view = to_the_end(run, Problem::from).await?;
    Ok(axum::Json(ScenarioResultDto::new(&view, &api.names())))
}
