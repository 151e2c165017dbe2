//! The latest executions, newest first.

use super::limit;
use super::orders::{instrument, strategy};
use crate::dto::fill::FillDto;
use crate::extract::Fields;
use crate::openapi::Limit;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET fills`.
#[utoipa::path(
    get, path = "/api/v1/fills", operation_id = "fills.list",
    summary = "The latest executions, newest first",
    params(
        ("strategy" = Option<String>, Query, description = "Only of this strategy."),
        ("instrument" = Option<String>, Query, description = "Only of this symbol."),
        Limit,
    ),
    responses((status = 200, description = "Executions.", body = Vec<FillDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<Json<Vec<FillDto>>, Problem> {
    let names = api.names();
    let strategy = strategy(&mut fields, &names)?;
    let instrument = instrument(&mut fields, &names)?;
    let limit = limit(&mut fields)?;
    fields.finish()?;
    let fills = api.host.fills();
    let matching = fills.iter().filter(|fill| {
        strategy.is_none_or(|strategy| fill.strategy == strategy)
            && instrument.is_none_or(|instrument| fill.instrument == instrument)
    });
    let dtos = matching.take(limit).map(|fill| FillDto::new(fill, &names));
    Ok(Json(dtos.collect()))
}
