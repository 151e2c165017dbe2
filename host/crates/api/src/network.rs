//! From where requests may come: whose a request is, whether that address is answered at all, and how often.

use crate::addresses::{Networks, client_of};
use crate::guarded::Peer;
use crate::operations::Lookup;
use crate::problem::Problem;
use crate::rate::{Rates, Tally};
use crate::state::Settings;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// From where requests may come, and through whom.
#[derive(Debug, Clone, Default)]
pub struct NetworkSettings {
    /// Proxies in front of the host: whom they name in `X-Forwarded-For` a request is from. Nobody else is
    /// believed.
    pub proxies: Networks,
    /// Clients that are answered; all where there is none.
    pub clients: Networks,
    /// Origins of pages elsewhere that may ask, as [`parse_origin`](crate::parse_origin) returns them.
    pub origins: Vec<String>,
    /// Whether the host itself speaks TLS, so that browsers are to come by that only.
    pub over_tls: bool,
}

/// What letting requests in needs.
#[derive(Clone)]
pub(crate) struct Entrance {
    pub(crate) settings: Arc<Settings>,
    pub(crate) lookup: Arc<Lookup>,
    /// How often somebody may ask, where that is limited.
    pub(crate) rates: Option<Arc<Rates>>,
    /// Whether requests say who they are of, so that orders are counted by that.
    pub(crate) has_identity: bool,
}

/// Lets requests in that come from where they may, and not too often.
pub(crate) async fn enter(
    State(entrance): State<Entrance>,
    mut request: Request,
    next: Next,
) -> Response {
    let network = &entrance.settings.network;
    let socket = Peer::of(request.extensions()).0;
    let client = client_of(socket, request.headers(), &network.proxies);
    request.extensions_mut().insert(Peer(client));
    if !network.clients.is_empty() && !network.clients.contains(client) {
        tracing::debug!(%client, "an address that is not answered");
        let detail = "requests from this address are not answered";
        return Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN_ADDRESS", detail).into_response();
    }
    let Some(rates) = &entrance.rates else {
        return next.run(request).await;
    };
    let path = request.extensions().get::<MatchedPath>();
    let operation = path.and_then(|path| entrance.lookup.find(request.method(), path.as_str()));
    let tally = Tally::default();
    request.extensions_mut().insert(tally.clone());
    let let_in = rates.enter(operation, client, entrance.has_identity, &tally);
    let mut response = match let_in {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    tally.write(response.headers_mut());
    response
}
