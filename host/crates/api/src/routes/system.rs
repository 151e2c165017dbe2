//! The process as a whole, for those who operate it.

use super::engine::health_of;
use crate::dto::system::{FeaturesDto, SystemDto};
use crate::extract::NoFields;
use crate::observe;
use crate::port::HostPort;
use crate::state::Api;
use axum::Json;
use axum::extract::State;

/// `GET system`.
#[utoipa::path(
    get, path = "/api/v1/system", operation_id = "system.show",
    summary = "The process as a whole: version, features, threads, queues, store, bus and journal",
    responses((status = 200, description = "The process.", body = SystemDto)),
)]
pub(crate) async fn show<H: HostPort>(State(api): State<Api<H>>, _: NoFields) -> Json<SystemDto> {
    let features = FeaturesDto {
        identity: api.guarded.is_some(),
        tls: api.tls.is_some(),
        rates: api.rates.is_some(),
        store: api.records.is_some(),
        bus: api.bus.is_some(),
        retention: api.retention.is_some(),
        pipelines: api.pipelines.is_some(),
        notifications: api.notifications.is_some(),
        hooks: api.hooks.is_some(),
    };
    let (vitals, health) = (api.host.vitals(), health_of(&api));
    let usage = observe::usage();
    Json(SystemDto::new(
        &api.settings.run,
        api.begun,
        features,
        usage,
        &vitals,
        health,
    ))
}
