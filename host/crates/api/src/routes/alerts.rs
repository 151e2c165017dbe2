//! Alerts.

use super::{limit, to_the_end};
use crate::dto::alert::{AcknowledgeRequest, AlertDto};
use crate::extract::{Fields, Json, Name};
use crate::guarded::Signed;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;

/// `GET risk/alerts`, newest first.
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<axum::Json<Vec<AlertDto>>, Problem> {
    let limit = limit(&mut fields)?;
    fields.finish()?;
    let names = api.names();
    let alerts = api.host.alerts();
    let alerts = alerts.iter().take(limit);
    Ok(axum::Json(
        alerts.map(|alert| AlertDto::new(alert, &names)).collect(),
    ))
}

/// `POST risk/alerts/{id}/acknowledge`.
pub(crate) async fn acknowledge<H: HostPort>(
    State(api): State<Api<H>>,
    signed: Signed,
    Name(id): Name,
    Json(request): Json<AcknowledgeRequest>,
) -> Result<axum::Json<AlertDto>, Problem> {
    let number = id.parse().map_err(|_| Problem::not_found("alert", &id))?;
    let (host, by) = (
        api.host.clone(),
        signed.or(Some(request.by)).unwrap_or_default(),
    );
    let seen = async move { host.acknowledge(number, &by).await };
    let view = to_the_end(seen, Problem::from).await?;
    Ok(axum::Json(AlertDto::new(&view, &api.names())))
}
