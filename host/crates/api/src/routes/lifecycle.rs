//! What happens to instruments and to an account's money, and what simulated venues say of their markets.

use super::to_the_end;
use crate::dto::account::AccountDto;
use crate::dto::instrument::InstrumentDto;
use crate::dto::lifecycle::{ConversionRequest, EventRequest, PricesRequest, StatusRequest};
use crate::extract::{Json, Name, NoFields};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use services::handle::InstrumentNews;

/// `POST instruments/{symbol}/events`. Symbols contain `/`, so the path is taken apart here.
#[utoipa::path(
    post, path = "/api/v1/instruments/{symbol}/events", operation_id = "instruments.happen",
    summary = "Says what happens to an instrument",
    params(
        ("symbol" = String, Path, description = "Its symbol; `/` in it plain or percent-encoded."),
    ),
    request_body = EventRequest,
    responses(
        (status = 200, description = "The instrument as it is now.", body = InstrumentDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn happen<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(path): Name,
    Json(request): Json<EventRequest>,
) -> Result<axum::Json<InstrumentDto>, Problem> {
    tell(&api, &path, "/events", request.news()).await
}

/// `PUT instruments/{symbol}/status`.
#[utoipa::path(
    put, path = "/api/v1/instruments/{symbol}/status", operation_id = "instruments.status.set",
    summary = "Halts an instrument of a simulated venue, or lets it trade again",
    params(
        ("symbol" = String, Path, description = "Its symbol; `/` in it plain or percent-encoded."),
    ),
    request_body = StatusRequest,
    responses(
        (status = 200, description = "The instrument as it is now.", body = InstrumentDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn set_status<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(path): Name,
    Json(request): Json<StatusRequest>,
) -> Result<axum::Json<InstrumentDto>, Problem> {
    tell(&api, &path, "/status", request.news()).await
}

/// `PATCH instruments/{symbol}/prices`.
#[utoipa::path(
    patch, path = "/api/v1/instruments/{symbol}/prices", operation_id = "instruments.prices.set",
    summary = "Gives mark and index prices of an instrument of a simulated venue",
    params(
        ("symbol" = String, Path, description = "Its symbol; `/` in it plain or percent-encoded."),
    ),
    request_body = PricesRequest,
    responses(
        (status = 200, description = "The instrument as it is now.", body = InstrumentDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn set_prices<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(path): Name,
    Json(request): Json<PricesRequest>,
) -> Result<axum::Json<InstrumentDto>, Problem> {
    tell(&api, &path, "/prices", request.news()).await
}

/// Tells the host something of the instrument whose symbol is before `end` in `path`; answers with it.
async fn tell<H: HostPort>(
    api: &Api<H>,
    path: &str,
    end: &str,
    news: InstrumentNews,
) -> Result<axum::Json<InstrumentDto>, Problem> {
    let symbol = path.strip_suffix(end);
    let symbol = symbol.ok_or_else(|| Problem::not_found("route", path))?;
    let symbol = symbol.to_owned();
    let (host, name) = (api.host.clone(), symbol.clone());
    let told = async move { host.instrument_news(&name, news).await };
    to_the_end(told, Problem::from).await?;
    let views = api.host.instruments();
    let view = views.iter().find(|view| view.instrument.symbol == symbol);
    let view = view.ok_or_else(|| Problem::not_found("instrument", &symbol))?;
    Ok(axum::Json(InstrumentDto::new(view, &api.names())))
}

/// `POST accounts/{name}/conversions`.
#[utoipa::path(
    post, path = "/api/v1/accounts/{name}/conversions", operation_id = "accounts.convert",
    summary = "Converts money of an account",
    params(("name" = String, Path, description = "The account.")),
    request_body = ConversionRequest,
    responses(
        (status = 200, description = "The account as it is now.", body = AccountDto),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn convert<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Name(account): Name,
    Json(request): Json<ConversionRequest>,
) -> Result<axum::Json<AccountDto>, Problem> {
    let host = api.host.clone();
    let convert = async move {
        let ConversionRequest { from, to, amount } = request;
        host.convert(&account, &from, &to, amount.0).await
    };
    let view = to_the_end(convert, Problem::from).await?;
    Ok(axum::Json(AccountDto::new(&view, &api.names())))
}
