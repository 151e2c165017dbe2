//! Instruments. Symbols contain `/` and `.`, plain or percent-encoded.

use crate::dto::instrument::InstrumentDto;
use crate::extract::{Fields, Name, NoFields};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET instruments`.
#[utoipa::path(
    get, path = "/api/v1/instruments", operation_id = "instruments.list",
    summary = "All instruments",
    responses((status = 200, description = "Instruments.", body = Vec<InstrumentDto>)),
)]
pub(crate) async fn list<H: HostPort>(
    State(api): State<Api<H>>,
    fields: Fields,
) -> Result<Json<Vec<InstrumentDto>>, Problem> {
    fields.finish()?;
    let names = api.names();
    let views = api.host.instruments();
    Ok(Json(
        views
            .iter()
            .map(|view| InstrumentDto::new(view, &names))
            .collect(),
    ))
}

/// `GET instruments/{symbol}`.
#[utoipa::path(
    get, path = "/api/v1/instruments/{symbol}", operation_id = "instruments.show",
    summary = "An instrument",
    params(
        ("symbol" = String, Path, description = "Its symbol; `/` in it plain or percent-encoded."),
    ),
    responses(
        (status = 200, description = "The instrument.", body = InstrumentDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(symbol): Name,
) -> Result<Json<InstrumentDto>, Problem> {
    let views = api.host.instruments();
    let view = views.iter().find(|view| view.instrument.symbol == symbol);
    let view = view.ok_or_else(|| Problem::not_found("instrument", &symbol))?;
    Ok(Json(InstrumentDto::new(view, &api.names())))
}
