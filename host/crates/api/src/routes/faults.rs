//! Strategies that broke: their dead letters, and plugins in quarantine.

use super::plugins::{decision, detail};
use super::{limit, to_the_end};
use crate::dto::care::{CostDto, DeadLettersDto, ReleasedDto};
use crate::dto::plugin::{DecisionRequest, PluginDetailDto};
use crate::extract::{Fields, Json, Name, TwoNames};
use crate::guarded::Signed;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

/// `GET strategies/{name}/dead-letters`, the newest first.
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
pub(crate) async fn dead_letter<H: HostPort>(
    State(api): State<Api<H>>,
    TwoNames(name, letter): TwoNames,
) -> Result<impl IntoResponse, Problem> {
    let bytes = api.host.dead_letter(&name, &letter).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes))
}

/// `GET strategies/{name}/cost`.
pub(crate) async fn cost<H: HostPort>(
    State(api): State<Api<H>>,
    Name(name): Name,
) -> Result<axum::Json<CostDto>, Problem> {
    let cost = api.host.cost(&name)?;
    Ok(axum::Json(CostDto::new(&cost)))
}

/// `GET plugins/quarantine`, the latest first.
pub(crate) async fn quarantined<H: HostPort>(
    State(api): State<Api<H>>,
) -> Result<axum::Json<Vec<PluginDetailDto>>, Problem> {
    let records = api.host.quarantined();
    let plugins = records.iter().map(|record| detail(&api, record));
    Ok(axum::Json(plugins.collect()))
}

/// `POST plugins/{plugin}/release`.
pub(crate) async fn release<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    Name(plugin): Name,
    Json(request): Json<DecisionRequest>,
) -> Result<axum::Json<ReleasedDto>, Problem> {
    if request.force {
        let detail = "a release needs no force; leave it out";
        return Err(Problem::invalid("force", detail));
    }
    let (host, decision) = (api.host.clone(), decision(signed, request));
    let released = async move { host.release_plugin(&plugin, decision).await };
    let released = to_the_end(released, Problem::from).await?;
    Ok(axum::Json(ReleasedDto {
        plugin: detail(&api, &released.record),
        strategies: released.strategies,
    }))
}
