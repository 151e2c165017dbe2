//! The WebSocket: who wants what, what they get, and what happens to readers that cannot keep up.
//!
//! Orders, fills, positions, strategies, venues, engine state and what happened without a trade are
//! complete: a connection that cannot have all of it is closed with a reason. Quotes and order books are conflated
//! per instrument; a reader that is slow gets fewer, never stale ones. Of metrics and the portfolio it gets the
//! latest. Bars and balances may be lost when the host itself is overloaded, and then a `gap` says so.
//!
//! A client that comes back says what it has of a complete channel, and gets the rest of it, as far as
//! that is remembered. Messages are JSON or MessagePack, as the client asks by subprotocol.
//!
//! The host is in this process, or in another one that tells its stream by Redis (`outlet` there, `far` here).
//!
//! Where identity is on, the first message says who it is of; before, nothing is told.

mod authentication;
mod conflation;
mod connection;
#[cfg(test)]
mod described;
mod encoding;
mod event;
mod far;
mod hall;
mod hub;
mod memory;
mod origin;
mod outbox;
mod outlet;
mod session;
mod snapshot;
mod subscriptions;
mod told;
mod update;
mod vouching;

use crate::guarded::Peer;
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use encoding::Encoding;
pub use far::FanOut;
pub(crate) use far::Standing;
pub(crate) use hub::Hub;
use origin::{Origin, Shared};
pub(crate) use outbox::CODES;
pub use outlet::Outlet;
use std::net::IpAddr;
pub use told::{Telling, ToldEntry, ToldValue};
use tracing::{Instrument, Span};

/// Largest message that a client may send, in bytes.
const CLIENT_MESSAGE_BYTES: usize = 64 << 10;
/// What of a client's bytes is read at once: requests are small, and there may be many connections.
const READ_BYTES: usize = 4 << 10;
/// What is gathered of our bytes before the socket gets them.
const WRITE_BYTES: usize = 16 << 10;

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
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let shared = Shared::of(&api);
    upgraded(upgrade, &headers, (api, shared), from)
}

/// `GET /ws` of a process that serves the stream of another.
pub(crate) async fn connect_far(
    State(fan_out): State<FanOut>,
    Peer(from): Peer,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let served = fan_out.served();
    let served = served.ok_or_else(|| Problem::busy(fan_out.why_not_ready().1))?;
    upgraded(upgrade, &headers, served, from)
}

fn upgraded<O: Origin>(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    headers: &HeaderMap,
    (origin, shared): (O, Shared),
    from: IpAddr,
) -> Result<Response, Problem> {
    let mut upgrade = upgrade.map_err(|rejection| {
        Problem::new(rejection.status(), "NOT_A_WEBSOCKET", rejection.body_text())
    })?;
    let asked = asked(headers)?;
    if let Some(encoding) = asked {
        let chosen = HeaderValue::from_static(encoding.subprotocol());
        upgrade.set_selected_protocol(chosen);
    }
    let encoding = asked.unwrap_or(Encoding::Json);
    // Who has not said who it is takes no place of those who have.
    let places = match &shared.door {
        Some(_) => &shared.strangers,
        None => &shared.connections,
    };
    let turn = places.clone().try_acquire_owned();
    let turn = turn.map_err(|_| Problem::busy("too many WebSocket connections"))?;
    let span = Span::current();
    Ok(upgrade
        .max_message_size(CLIENT_MESSAGE_BYTES)
        .max_frame_size(CLIENT_MESSAGE_BYTES)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .on_upgrade(move |socket| {
            connection::run(socket, (origin, shared), encoding, from, turn).instrument(span)
        }))
}

/// The first subprotocol that the client names and we have; `None` when it names none at all.
fn asked(headers: &HeaderMap) -> Result<Option<Encoding>, Problem> {
    if !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Ok(None);
    }
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let mut names = texts.flat_map(|text| text.split(',')).map(str::trim);
    let found = names.find_map(|name| {
        let mut all = Encoding::ALL.into_iter();
        all.find(|encoding| encoding.subprotocol() == name)
    });
    let unknown = || {
        let ours = Encoding::ALL.map(Encoding::subprotocol).join(" and ");
        let detail = format!("none of the subprotocols asked for is there; there are {ours}");
        Problem::new(StatusCode::BAD_REQUEST, "UNKNOWN_SUBPROTOCOL", detail)
    };
    found.map(Some).ok_or_else(unknown)
}
