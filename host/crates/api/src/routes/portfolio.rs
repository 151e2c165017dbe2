//! What is owned, and what trading brought, in one look.

use crate::dto::portfolio::PortfolioDto;
use crate::extract::NoFields;
use crate::names::Names;
use crate::port::HostPort;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET portfolio`.
#[utoipa::path(
    get, path = "/api/v1/portfolio", operation_id = "portfolio.show",
    summary = "What is owned, by account, strategy and instrument, at one moment",
    responses((status = 200, description = "The portfolio.", body = PortfolioDto)),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> Json<PortfolioDto> {
    Json(now(&api.host))
}

/// The portfolio as it is now.
pub(crate) fn now<H: HostPort>(host: &H) -> PortfolioDto {
    let view = host.holdings().portfolio();
    // After the view, so that all that it has a handle of has a name.
    PortfolioDto::new(&view, &Names::read(host))
}
