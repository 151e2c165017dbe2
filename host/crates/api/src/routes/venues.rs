//! Venues: the models in force at simulated ones, and how things stand with those outside.

use crate::dto::venue::VenueDto;
use crate::extract::Fields;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET venues`.
#[utoipa::path(
    get, path = "/api/v1/venues", operation_id = "venues.list",
    summary = "Venues: models, and how things stand with those outside",
    responses((status = 200, description = "Venues.", body = Vec<VenueDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<Json<Vec<VenueDto>>, Problem> {
    fields.finish()?;
    let (venues, names) = (api.host.venues(), api.names());
    let dtos = venues.iter().map(|view| VenueDto::new(view, &names));
    Ok(Json(dtos.collect()))
}
