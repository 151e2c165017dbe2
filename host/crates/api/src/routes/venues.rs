//! Simulated venues.

use crate::dto::venue::VenueDto;
use crate::extract::Fields;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET venues`.
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<Json<Vec<VenueDto>>, Problem> {
    fields.finish()?;
    Ok(Json(api.host.venues().iter().map(VenueDto::new).collect()))
}
