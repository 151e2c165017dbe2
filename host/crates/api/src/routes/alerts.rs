//! Alerts.

use super::paging::{Asked, Page};
use super::{limit, to_the_end};
use crate::dto::alert::{AcknowledgeRequest, AlertDto};
use crate::extract::{Fields, Json, Name, NoFields};
use crate::guarded::Signed;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;

/// `GET risk/alerts?after=&limit=`, newest first.
#[utoipa::path(
    get, path = "/api/v1/risk/alerts", operation_id = "risk.alerts.list",
    summary = "Alerts, newest first",
    params(
        (
            "after" = Option<u64>, Query, format = "uint64", maximum = 18446744073709551615u64,
            description = "The id of the last alert that was seen.",
        ),
        Limit,
    ),
    responses(
        (
            status = 200, description = "Alerts.", body = Vec<AlertDto>,
            headers(("Link" = String, description = "The next page, where there is one: `<…?after=…>; rel=\"next\"`.")),
        ),
    ),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    asked: Asked,
    mut fields: Fields,
) -> Result<Page<AlertDto>, Problem> {
    let limit = limit(&mut fields)?;
    let after: Option<u64> = fields.value("after", "the id of an alert")?;
    fields.finish()?;
    let names = api.names();
    let left = api.host.alerts().into_iter();
    let left = left.filter(|alert| after.is_none_or(|after| alert.id < after));
    let page = asked.page("/risk/alerts", left, limit, |last| last.id.to_string());
    Ok(page.map(|alert| AlertDto::new(&alert, &names)))
}

/// `POST risk/alerts/{id}/acknowledge`.
#[utoipa::path(
    post, path = "/api/v1/risk/alerts/{id}/acknowledge", operation_id = "risk.alerts.acknowledge",
    summary = "Says that an alert was seen",
    params(("id" = String, Path, pattern = "^[0-9]{1,19}$", description = "The alert.")),
    request_body = AcknowledgeRequest,
    responses(
        (status = 200, description = "The alert as it is now.", body = AlertDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn acknowledge<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
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
