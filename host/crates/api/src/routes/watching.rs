//! What those ask who watch the host: `/livez`, `/readyz` and `/metrics`. They stand outside of `/api/v1`, where
//! everybody looks for them.

use crate::dto::watching::{LiveDto, ReadyDto};
use crate::observe::{self, CONTENT_TYPE, Situation, live, ready, warnings};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::records::Records;
use crate::state::Api;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use services::sql_projection::StoreState;

/// `GET /livez`: 200 while the process answers and the engine's thread moves, 503 when it should be started
/// again.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez.show",
    summary = "Whether the process should go on",
    responses(
        (status = 200, description = "It lives.", body = LiveDto),
        (status = 503, description = "It should be started again.", body = LiveDto),
    ),
)]
pub(crate) async fn livez<H: HostPort>(
    State(api): State<Api<H>>,
) -> (StatusCode, axum::Json<LiveDto>) {
    let reasons = live(&situation(&api));
    (status(&reasons), axum::Json(LiveDto::new(reasons)))
}

/// `GET /readyz`: 200 while it takes requests, 503 with the reasons when it does not.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz.show",
    summary = "Whether the host takes requests",
    responses(
        (status = 200, description = "It does.", body = ReadyDto),
        (status = 503, description = "It does not.", body = ReadyDto),
    ),
)]
pub(crate) async fn readyz<H: HostPort>(
    State(api): State<Api<H>>,
) -> (StatusCode, axum::Json<ReadyDto>) {
    let situation = situation(&api);
    let (reasons, warnings) = (ready(&situation), warnings(&situation));
    (
        status(&reasons),
        axum::Json(ReadyDto::new(reasons, warnings)),
    )
}

/// `GET /metrics`.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics.show",
    summary = "Counts and levels in Prometheus' text format",
    responses(
        (status = 200, description = "Metrics.", body = String, content_type = "text/plain"),
    ),
)]
pub(crate) async fn metrics<H: HostPort>(
    State(api): State<Api<H>>,
) -> Result<impl IntoResponse, Problem> {
    let text = observe::text(&api).map_err(|error| {
        tracing::error!(%error, "metrics could not be written");
        Problem::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text))
}

fn status(reasons: &[&str]) -> StatusCode {
    match reasons.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn situation<H: HostPort>(api: &Api<H>) -> Situation {
    let (engine, health) = (api.host.engine(), api.host.health());
    let store = api.records.as_ref().map(Records::view);
    let bus = api.bus.as_ref().map(|probe| probe());
    let audit = api.guarded.as_ref().map(|guarded| &guarded.audit);
    Situation {
        engine: engine.state,
        trading: engine.trading_state,
        killed: engine.killed,
        quiet: api.host.vitals().engine_quiet,
        journal_writable: health.journal_writable,
        audit_writable: audit.is_none_or(|audit| audit.takes()),
        stopping: *api.closing.borrow(),
        store_there: store
            .is_none_or(|store| matches!(store.state, StoreState::Behind | StoreState::Current)),
        bus_there: bus.is_none_or(|bus| bus.state == "CONNECTED"),
    }
}
