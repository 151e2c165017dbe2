//! What can be said on the WebSocket, for programs that read descriptions.

use crate::extract::NoFields;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;

/// The description, as `docs/` has it.
const DOCUMENT: &str = include_str!("../../../../../docs/asyncapi.json");

/// `GET asyncapi.json`.
#[utoipa::path(
    get, path = "/api/v1/asyncapi.json", operation_id = "asyncapi.show",
    summary = "What can be said on the WebSocket, as AsyncAPI 3",
    responses((status = 200, description = "The description.", body = serde_json::Value)),
)]
pub(crate) async fn show(_: NoFields) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
    (headers, DOCUMENT)
}
