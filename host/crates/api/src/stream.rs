//! The WebSocket: who wants what, what they get, and what happens to readers that cannot keep up.
//!
//! Orders, fills, positions, strategies, venues, engine state and what happened without a trade are
//! complete: a connection that cannot have all of it is closed with a reason. Quotes are conflated per
//! instrument; a reader that is slow gets fewer, never stale ones. Of metrics it gets the latest. Bars
//! and balances may be lost when the host itself is overloaded, and then a `gap` says so.
//!
//! Where identity is on, the first message says who it is of; before, nothing is told.

mod authentication;
mod conflation;
mod connection;
mod outbox;
mod session;
mod snapshot;
mod subscriptions;
mod update;

use crate::guarded::Peer;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
pub(crate) use outbox::CODES;
use tracing::{Instrument, Span};

/// Largest message that a client may send, in bytes.
const CLIENT_MESSAGE_BYTES: usize = 64 << 10;

/// `GET /ws`.
#[utoipa::path(
    get, path = "/ws", operation_id = "stream.connect",
    summary = "Updates of orders, positions, quotes and the like, by WebSocket",
    description = "Where identity is on, the first message says who it is of.",
    responses(
        (status = 101, description = "A WebSocket from here on."),
        (status = 400, response = Refused),
        (status = 405, response = Refused),
        (status = 426, response = Refused),
        (status = 503, response = Refused),
    ),
)]
pub(crate) async fn connect<H: HostPort>(
    State(api): State<Api<H>>,
    Peer(from): Peer,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|rejection| {
        Problem::new(rejection.status(), "NOT_A_WEBSOCKET", rejection.body_text())
    })?;
    // Who has not said who it is takes no place of those who have.
    let places = match &api.guarded {
        Some(_) => &api.strangers,
        None => &api.connections,
    };
    let turn = places.clone().try_acquire_owned();
    let turn = turn.map_err(|_| Problem::busy("too many WebSocket connections"))?;
    let span = Span::current();
    Ok(upgrade
        .max_message_size(CLIENT_MESSAGE_BYTES)
        .max_frame_size(CLIENT_MESSAGE_BYTES)
        .on_upgrade(move |socket| connection::run(socket, api, from, turn).instrument(span)))
}
