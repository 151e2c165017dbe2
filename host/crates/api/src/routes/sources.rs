//! Where market data and the words of venues come from.

use crate::dto::source::SourcesDto;
use crate::extract::NoFields;
use crate::port::HostPort;
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

/// `GET sources`.
#[utoipa::path(
    get, path = "/api/v1/sources", operation_id = "sources.list",
    summary = "The feed, and the gateways of venues outside",
    responses((status = 200, description = "Sources.", body = SourcesDto)),
)]
pub(crate) async fn list<H: HostPort>(State(api): State<Api<H>>, _: NoFields) -> Json<SourcesDto> {
    let (venues, names) = (api.host.venues(), api.names());
    Json(SourcesDto::new(
        api.host.feed(),
        &api.host.health(),
        &api.host.engine(),
        venues.iter().map(Arc::as_ref),
        &names,
    ))
}
