//! What can be said on the WebSocket, for programs that read descriptions.

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;

/// The description, as `docs/` has it.
const DOCUMENT: &str = include_str!("../../../../../docs/asyncapi.json");

/// `GET asyncapi.json`.
pub(crate) async fn show() -> impl IntoResponse {
    let headers: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
    (headers, DOCUMENT)
}
