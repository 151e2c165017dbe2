//! The engine as a whole: state, trading state, kill latch, health.

use super::to_the_end;
use crate::dto::engine::{Beside, EngineDto, HealthDto, KillRequest, TradingStateRequest};
use crate::dto::notification::NotificationsHealthDto;
use crate::extract::{Json, NoFields};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::records::Records;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use services::retention::RetentionMonitor;

/// `GET health`: 200 while the engine works or comes up, 503 when it does not.
#[utoipa::path(
    get, path = "/api/v1/health", operation_id = "health.show",
    summary = "Whether the engine works",
    responses(
        (status = 200, description = "It works, or comes up.", body = HealthDto),
        (status = 503, description = "It does not.", body = HealthDto),
    ),
)]
pub(crate) async fn health<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> (StatusCode, axum::Json<HealthDto>) {
    let health = health_of(&api);
    let status = match health.is_up() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, axum::Json(health))
}

/// How the engine and what goes on beside it are.
pub(super) fn health_of<H: HostPort>(api: &Api<H>) -> HealthDto {
    let beside = Beside {
        store: api.records.as_ref().map(Records::view),
        bus: api.bus.as_ref().map(|probe| probe()),
        retention: api.retention.as_ref().map(RetentionMonitor::view),
        notifications: api.notifications.as_ref().map(NotificationsHealthDto::new),
    };
    HealthDto::new(&api.host.engine(), &api.host.health(), beside)
}

/// `GET engine`.
#[utoipa::path(
    get, path = "/api/v1/engine", operation_id = "engine.show",
    summary = "The engine as a whole",
    responses((status = 200, description = "The engine.", body = EngineDto)),
)]
pub(crate) async fn show<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
) -> axum::Json<EngineDto> {
    axum::Json(EngineDto::new(&api.host.engine(), &api.settings.run))
}

/// `POST engine/trading-state`.
#[utoipa::path(
    post, path = "/api/v1/engine/trading-state", operation_id = "engine.trading_state.set",
    summary = "Sets what the firm may trade",
    request_body = TradingStateRequest,
    responses(
        (status = 200, description = "The engine as it is now.", body = EngineDto),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn set_trading_state<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Json(request): Json<TradingStateRequest>,
) -> Result<axum::Json<EngineDto>, Problem> {
    let host = api.host.clone();
    let state = request.state.into();
    let engine = to_the_end(
        async move { host.set_trading_state(state).await },
        Problem::from,
    )
    .await?;
    Ok(axum::Json(EngineDto::new(&engine, &api.settings.run)))
}

/// `POST engine/kill`.
#[utoipa::path(
    post, path = "/api/v1/engine/kill", operation_id = "engine.kill",
    summary = "Sets or clears the kill latch of the firm",
    request_body = KillRequest,
    responses(
        (status = 200, description = "The engine as it is now.", body = EngineDto),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn kill<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Json(request): Json<KillRequest>,
) -> Result<axum::Json<EngineDto>, Problem> {
    let host = api.host.clone();
    let engine = to_the_end(async move { host.kill(request.set).await }, Problem::from).await?;
    Ok(axum::Json(EngineDto::new(&engine, &api.settings.run)))
}
