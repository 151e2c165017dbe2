//! Strategies that broke: their dead letters, and plugins in quarantine.

use super::plugins::{detail, reasoned};
use super::{limit, to_the_end};
use crate::dto::care::{CostDto, DeadLettersDto, LetterFile, ReleasedDto};
use crate::dto::plugin::{PluginDetailDto, ReasonRequest};
use crate::extract::{Fields, Json, Name, NoFields, TwoNames};
use crate::guarded::Signed;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

/// `GET strategies/{name}/dead-letters`, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/strategies/{name}/dead-letters",
    operation_id = "strategies.dead_letters.list",
    summary = "The inputs over which a strategy broke, the newest first",
    params(
        ("name" = String, Path, description = "The strategy's name."),
        Limit,
    ),
    responses(
        (status = 200, description = "Dead letters.", body = DeadLettersDto),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn dead_letters<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
    mut fields: Fields,
) -> Result<axum::Json<DeadLettersDto>, Problem> {
    let limit = limit(&mut fields)?;
    fields.finish()?;
    let found = api.host.dead_letters(&name).await?;
    Ok(axum::Json(DeadLettersDto::new(found, limit)))
}

/// `GET strategies/{name}/dead-letters/{letter}`: the file, for `argonaut replay --event`.
#[utoipa::path(
    get,
    path = "/api/v1/strategies/{name}/dead-letters/{letter}",
    operation_id = "strategies.dead_letters.show",
    summary = "The file of a dead letter",
    params(
        ("name" = String, Path, description = "The strategy's name."),
        ("letter" = String, Path, description = "Its name, as the list has it."),
    ),
    responses(
        (
            status = 200,
            description = "For `argonaut replay --event`.",
            body = LetterFile, content_type = "application/octet-stream",
        ),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn dead_letter<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    TwoNames(name, letter): TwoNames,
) -> Result<impl IntoResponse, Problem> {
    let bytes = api.host.dead_letter(&name, &letter).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes))
}

/// `GET strategies/{name}/cost`.
#[utoipa::path(
    get,
    path = "/api/v1/strategies/{name}/cost",
    operation_id = "strategies.cost",
    summary = "What events cost the version of a strategy that runs",
    params(
        ("name" = String, Path, description = "The strategy's name."),
    ),
    responses(
        (status = 200, description = "Time and fuel.", body = CostDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn cost<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(name): Name,
) -> Result<axum::Json<CostDto>, Problem> {
    let cost = api.host.cost(&name)?;
    Ok(axum::Json(CostDto::new(&cost)))
}

/// `GET plugins/quarantine`, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/plugins/quarantine",
    operation_id = "plugins.quarantine.list",
    summary = "Plugins that broke too often, the latest first",
    responses(
        (status = 200, description = "Plugins.", body = Vec<PluginDetailDto>),
    ),
)]
pub(crate) async fn quarantined<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> Result<axum::Json<Vec<PluginDetailDto>>, Problem> {
    let records = api.host.quarantined();
    let plugins = records.iter().map(|record| detail(&api, record));
    Ok(axum::Json(plugins.collect()))
}

/// `POST plugins/{plugin}/release`.
#[utoipa::path(
    post,
    path = "/api/v1/plugins/{plugin}/release",
    operation_id = "plugins.release",
    summary = "Lets a plugin in quarantine run again",
    params(
        (
            "plugin" = String, Path,
            description = "The SHA-256 of its bytes, or the first 8 or more digits of it.",
        ),
    ),
    request_body = ReasonRequest,
    responses(
        (status = 200, description = "The plugin, and who has it.", body = ReleasedDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 422, response = Refused),
    ),
)]
pub(crate) async fn release<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    signed: Signed,
    Name(plugin): Name,
    Json(request): Json<ReasonRequest>,
) -> Result<axum::Json<ReleasedDto>, Problem> {
    let (host, decision) = (api.host.clone(), reasoned(signed, request));
    let released = async move { host.release_plugin(&plugin, decision).await };
    let released = to_the_end(released, Problem::from).await?;
    Ok(axum::Json(ReleasedDto {
        plugin: detail(&api, &released.record),
        strategies: released.strategies,
    }))
}
