//! Positions with their worth.

use super::orders::{instrument, strategy};
use crate::dto::position::PositionDto;
use crate::extract::Fields;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET positions`.
#[utoipa::path(
    get, path = "/api/v1/positions", operation_id = "positions.list",
    summary = "Positions with their worth",
    params(
        ("strategy" = Option<String>, Query, description = "Only of this strategy."),
        ("instrument" = Option<String>, Query, description = "Only of this symbol."),
    ),
    responses((status = 200, description = "Positions.", body = Vec<PositionDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<Json<Vec<PositionDto>>, Problem> {
    let names = api.names();
    let strategy = strategy(&mut fields, &names)?;
    let instrument = instrument(&mut fields, &names)?;
    fields.finish()?;
    let views = api.host.positions();
    let matching = views.iter().filter(|view| {
        strategy.is_none_or(|strategy| view.strategy == strategy)
            && instrument.is_none_or(|instrument| view.instrument == instrument)
    });
    Ok(Json(
        matching
            .map(|view| PositionDto::new(view, &names))
            .collect(),
    ))
}
