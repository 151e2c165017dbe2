//! What happened without a trade, newest first.

use super::history::account;
use super::limit;
use super::orders::{instrument, strategy};
use crate::dto::happened::{CashFlowViewDto, LifeEventDto};
use crate::extract::Fields;
use crate::openapi::Limit;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET cash-flows`.
#[utoipa::path(
    get, path = "/api/v1/cash-flows", operation_id = "cash_flows.list",
    summary = "Money that moved without a trade, newest first",
    params(
        ("account" = Option<String>, Query, description = "Only of this account."),
        ("strategy" = Option<String>, Query, description = "Only of this strategy."),
        ("instrument" = Option<String>, Query, description = "Only of this symbol."),
        Limit,
    ),
    responses((status = 200, description = "Cash flows.", body = Vec<CashFlowViewDto>)),
)]
pub(crate) async fn cash_flows<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<Json<Vec<CashFlowViewDto>>, Problem> {
    let names = api.names();
    let account = account(&mut fields, &names)?;
    let strategy = strategy(&mut fields, &names)?;
    let instrument = instrument(&mut fields, &names)?;
    let limit = limit(&mut fields)?;
    fields.finish()?;
    let flows = api.host.cash_flows();
    let matching = flows.iter().filter(|view| {
        account.is_none_or(|account| view.flow.account == account)
            && (strategy.is_none() || view.strategy() == strategy)
            && (instrument.is_none() || view.instrument() == instrument)
    });
    let dtos = matching.take(limit);
    let dtos = dtos.map(|view| CashFlowViewDto::new(view, &names));
    Ok(Json(dtos.collect()))
}

/// `GET life-events`.
#[utoipa::path(
    get, path = "/api/v1/life-events", operation_id = "life_events.list",
    summary = "What happened to instruments and margins, newest first",
    params(
        ("account" = Option<String>, Query, description = "Only of this account."),
        ("instrument" = Option<String>, Query, description = "Only of this symbol."),
        Limit,
    ),
    responses((status = 200, description = "Events.", body = Vec<LifeEventDto>)),
)]
pub(crate) async fn life_events<H: HostPort>(
    State(api): State<Api<H>>,
    mut fields: Fields,
) -> Result<Json<Vec<LifeEventDto>>, Problem> {
    let names = api.names();
    let account = account(&mut fields, &names)?;
    let instrument = instrument(&mut fields, &names)?;
    let limit = limit(&mut fields)?;
    fields.finish()?;
    let events = api.host.life_events();
    let matching = events.iter().filter(|view| {
        (account.is_none() || view.what.account() == account)
            && (instrument.is_none() || view.what.instrument() == instrument)
    });
    let dtos = matching.take(limit);
    Ok(Json(
        dtos.map(|view| LifeEventDto::new(view, &names)).collect(),
    ))
}
