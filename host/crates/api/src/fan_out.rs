//! What a process answers that serves the stream of a host in another one: `/ws`, and for those who watch it
//! `/livez`, `/readyz` and `/metrics`. Without tokens that it can read it cannot know who asks, and is for
//! loopback only.

use crate::dto::watching::{LiveDto, ReadyDto};
use crate::guard::guard;
use crate::idempotency::KeyUse;
use crate::network::{Entrance, NetworkSettings, enter};
use crate::observe::{self, CONTENT_TYPE};
use crate::operations::{Lookup, Operation};
use crate::problem::Problem;
use crate::sockets::{ClearListener, Patience, Places, answer};
use crate::state::{BusProbe, Settings};
use crate::stream::{self, FanOut};
use crate::tls::{Tls, TlsListener};
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long clients may take to leave once the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// How such a process is reached.
#[derive(Clone, Default)]
pub struct FanOutReach {
    /// Its names besides loopback ones, without port.
    pub hosts: Vec<String>,
    /// From where it may be asked.
    pub network: NetworkSettings,
    /// What it shows over TLS; it speaks in the clear without.
    pub tls: Option<Tls>,
}

/// Answers on `listener` until `shutdown` resolves; then says goodbye to clients, and returns when they have left, or
/// after ten seconds. `bus` says how the connection stands by which the stream comes.
///
/// # Errors
/// The listener is not on loopback though nobody is asked who they are, or it fails.
pub async fn serve_fan_out(
    listener: TcpListener,
    (fan_out, reach): (FanOut, FanOutReach),
    bus: BusProbe,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    if !fan_out.asks_who() && !listener.local_addr()?.ip().is_loopback() {
        let reason = "nobody can be asked who they are here, so only loopback is served";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let patience = Patience::default();
    let bounds = (Places::new(fan_out.most_clients()), patience);
    let proxies = reach.network.proxies.clone();
    let tls = reach.tls.clone();
    let closing = fan_out.clone();
    let told = async move {
        shutdown.await;
        closing.close();
    };
    let routes = routes(fan_out.clone(), bus, reach);
    match tls {
        Some(tls) => {
            let listener = TlsListener::new(listener, tls.clone(), proxies, bounds);
            tokio::select! {
                ended = answer(listener, routes, patience, told) => ended?,
                never = Tls::keep_looking(Some(tls)) => match never {},
            }
        }
        None => {
            let listener = ClearListener::new(listener, proxies, bounds);
            answer(listener, routes, patience, told).await?;
        }
    }
    if tokio::time::timeout(GRACE, fan_out.until_left())
        .await
        .is_err()
    {
        tracing::warn!("WebSocket clients were still connected at the end");
    }
    Ok(())
}

fn routes(fan_out: FanOut, bus: BusProbe, reach: FanOutReach) -> Router {
    let settings = Arc::new(Settings {
        allowed_hosts: reach.hosts,
        network: reach.network,
        ..Settings::default()
    });
    let entrance = Entrance {
        settings: settings.clone(),
        lookup: Arc::new(Lookup::new(looks_at_health())),
        rates: fan_out.rates(),
        has_identity: fan_out.asks_who(),
    };
    let watched: Router = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state((fan_out.clone(), bus));
    Router::new()
        .route("/ws", get(stream::connect_far))
        .with_state(fan_out)
        .merge(watched)
        .fallback(no_route)
        .layer(from_fn_with_state(entrance, enter))
        .layer(from_fn_with_state(settings, guard))
}

/// What is answered however often somebody asks.
fn looks_at_health() -> Vec<Operation> {
    let looks = [("livez.show", "/livez"), ("readyz.show", "/readyz")];
    let looks = looks.map(|(id, path)| Operation {
        id,
        method: Method::GET,
        path: path.to_owned(),
        key: KeyUse::Unused,
    });
    looks.into()
}

async fn no_route(uri: Uri) -> Problem {
    Problem::not_found("route", uri.path())
}

async fn livez() -> axum::Json<LiveDto> {
    axum::Json(LiveDto::new(Vec::new()))
}

async fn readyz(
    State((fan_out, _)): State<(FanOut, BusProbe)>,
) -> (StatusCode, axum::Json<ReadyDto>) {
    let (status, reasons) = match fan_out.is_ready() {
        true => (StatusCode::OK, Vec::new()),
        false => (
            StatusCode::SERVICE_UNAVAILABLE,
            vec![fan_out.why_not_ready().0],
        ),
    };
    (status, axum::Json(ReadyDto::new(reasons, Vec::new())))
}

async fn metrics(
    State((fan_out, bus)): State<(FanOut, BusProbe)>,
) -> Result<impl IntoResponse, Problem> {
    let (counted, standing) = fan_out.standing();
    let text = observe::fan_out_text(counted, &standing, &bus()).map_err(|error| {
        tracing::error!(%error, "metrics could not be written");
        Problem::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text))
}
