//! What accounts may be short where that must be located.

use super::to_the_end;
use crate::dto::locate::{LocateDto, LocateRequest};
use crate::extract::{Json, NoFields};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;

/// `GET risk/locates`.
#[utoipa::path(
    get, path = "/api/v1/risk/locates", operation_id = "risk.locates.list",
    summary = "What accounts may be short where that must be located",
    responses((status = 200, description = "By account, then by instrument.", body = Vec<LocateDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<Vec<LocateDto>> {
    let names = api.names();
    let located = api.host.locates().into_iter();
    axum::Json(located.map(|view| LocateDto::new(&view, &names)).collect())
}

/// `PUT risk/locates`.
#[utoipa::path(
    put, path = "/api/v1/risk/locates", operation_id = "risk.locates.set",
    summary = "Says how much of an instrument an account may be short",
    description = "It binds where `short.locate_required` of a scope's limits does, all open orders of the account filled.",
    request_body = LocateRequest,
    responses(
        (status = 200, description = "What is located now.", body = LocateDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn set<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Json(request): Json<LocateRequest>,
) -> Result<axum::Json<LocateDto>, Problem> {
    let host = api.host.clone();
    let set = async move {
        let (account, instrument) = (&request.account, &request.instrument);
        host.locate(account, instrument, request.quantity.0).await
    };
    let view = to_the_end(set, Problem::of_body).await?;
    Ok(axum::Json(LocateDto::new(&view, &api.names())))
}
