//! The latest market data of an instrument, and where older data is: `GET market-data/{symbol}/{kind}`. Symbols contain
//! `/`, so the path is taken apart here.

use super::history::{records_of, refusal};
use super::limit;
use crate::dto::market::QuoteDto;
use crate::dto::text::Name as Word;
use crate::extract::{Fields, Name};
use crate::names::Names;
use crate::openapi::{Limit, Refused};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::records;
use crate::state::Api;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::InstrumentId;
use serde::Serialize;
use serde_json::Value;
use store::sql::{BARS, Filter, TRADES, Table};

/// The latest market data of an instrument.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LatestDto {
    pub(crate) instrument: String,
    /// `LIVE` from what the engine has, or `STORE`.
    pub(crate) source: Word,
    /// Newest first: of quotes the one that is in force; trades and bars as `GET history/{table}` shows them.
    pub(crate) items: Vec<Value>,
    /// Where older data is, page by page; `null` without a store.
    pub(crate) history: Option<String>,
}

/// `GET market-data/{symbol}/{kind}`.
#[utoipa::path(
    get, path = "/api/v1/market-data/{series}", operation_id = "market_data.show",
    summary = "The latest quote, trades or bars of an instrument",
    params(
        (
            "series" = String, Path,
            description = "The symbol of an instrument, `/` in it plain or percent-encoded, and then `/quotes`, `/trades` or `/bars`."
        ),
        Limit,
    ),
    responses(
        (status = 200, description = "Newest first.", body = LatestDto),
        (status = 404, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    Name(path): Name,
    mut fields: Fields,
) -> Result<Json<LatestDto>, Problem> {
    let limit = limit(&mut fields)?;
    fields.finish()?;
    let (symbol, kind) = path.rsplit_once('/').unwrap_or((path.as_str(), ""));
    let table = match kind {
        "quotes" => None,
        "trades" => Some(&TRADES),
        "bars" => Some(&BARS),
        _ => {
            let detail = format!("`{path}` does not end in /quotes, /trades or /bars");
            return Err(Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail));
        }
    };
    let names = api.names();
    let unknown = || Problem::not_found("instrument", symbol);
    let instrument = names.instrument_id(symbol).ok_or_else(unknown)?;
    let (source, items) = match table {
        None => ("LIVE", live(&api, instrument, &names)?),
        Some(table) => (
            "STORE",
            stored(&api, table, instrument, &names, limit).await?,
        ),
    };
    let history = || {
        format!(
            "/api/v1/history/{kind}?instrument={}&order=newest",
            encoded(symbol)
        )
    };
    Ok(Json(LatestDto {
        instrument: symbol.to_owned(),
        source: Word(source),
        items,
        history: api.records.as_ref().map(|_| history()),
    }))
}

/// The quote that is in force.
fn live<H: HostPort>(
    api: &Api<H>,
    instrument: InstrumentId,
    names: &Names,
) -> Result<Vec<Value>, Problem> {
    let views = api.host.instruments();
    let view = views.iter().find(|view| view.id == instrument);
    let quote = view.and_then(|view| view.quote);
    let quotes = quote
        .iter()
        .map(|quote| serde_json::to_value(QuoteDto::new(quote, names)));
    quotes
        .collect::<Result<_, serde_json::Error>>()
        .map_err(|error| {
            tracing::error!(%error, "a quote could not be written");
            Problem::internal()
        })
}

/// The latest that the store has.
async fn stored<H: HostPort>(
    api: &Api<H>,
    table: &'static Table,
    instrument: InstrumentId,
    names: &Names,
    limit: usize,
) -> Result<Vec<Value>, Problem> {
    let filter = Filter {
        instrument: Some(instrument.number()),
        newest_first: true,
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        ..Filter::default()
    };
    let page = records_of(api)?.reader.page(table, &filter).await;
    let rows = page.map_err(refusal)?.rows.into_iter();
    Ok(rows.map(|row| records::object(table, row, names)).collect())
}

/// As a value of a query.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn symbols_go_into_queries() {
        assert_eq!(encoded("EUR/USD.SIM"), "EUR/USD.SIM");
        assert_eq!(encoded("A&B 1+é"), "A%26B%201%2B%C3%A9");
    }
}
