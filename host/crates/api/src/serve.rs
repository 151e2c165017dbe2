//! Runs the router on a socket until told to stop; over TLS where there is a certificate.

use crate::port::HostPort;
use crate::router::router;
use crate::state::Api;
use crate::tls::{Tls, TlsListener};
use axum::serve::ListenerExt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take once the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// Answers requests on `listener` until `shutdown` resolves; then takes no new ones, says goodbye
/// to WebSocket clients, and returns when all have ended, or after ten seconds.
///
/// # Errors
/// When the listener fails.
pub async fn serve<H: HostPort>(
    listener: TcpListener,
    api: Api<H>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (closing, mut closed) = (api.closing.clone(), api.closing.subscribe());
    let told = async move {
        shutdown.await;
        closing.send_replace(true);
    };
    let tls = api.tls.clone();
    let server = server(listener, &api, told);
    let overdue = async {
        // The sender lives in `api`, so waiting cannot fail before the end.
        let _ = closed.wait_for(|closing| *closing).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server => ended?,
        never = Tls::keep_looking(tls) => match never {},
        () = overdue => tracing::warn!("requests were still under way at the end"),
    }
    let bounds = &api.settings.stream;
    let (all, strangers) = (bounds.max_connections, bounds.strangers());
    let left = async {
        let _known = api.connections.acquire_many(all).await;
        let _strangers = api.strangers.acquire_many(strangers).await;
    };
    if tokio::time::timeout(GRACE, left).await.is_err() {
        tracing::warn!("WebSocket clients were still connected at the end");
    }
    Ok(())
}

/// A server that has begun.
type Serving = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Answers on a socket, in the clear or over TLS, until told to stop.
fn server<H: HostPort>(
    listener: TcpListener,
    api: &Api<H>,
    told: impl Future<Output = ()> + Send + 'static,
) -> Serving {
    // With the address that each request came from.
    let service = router(api.clone()).into_make_service_with_connect_info::<SocketAddr>();
    match api.tls.clone() {
        Some(tls) => {
            let proxies = api.settings.network.proxies.clone();
            let bounds = &api.settings.stream;
            let streams = bounds.max_connections.saturating_add(bounds.strangers());
            let streams = usize::try_from(streams).unwrap_or(usize::MAX);
            // Tapped for nothing: only so does axum tell addresses of listeners that are not its own.
            let listener = TlsListener::new(listener, tls, proxies, streams).tap_io(|_| {});
            let server = axum::serve(listener, service).with_graceful_shutdown(told);
            Box::pin(server.into_future())
        }
        None => {
            let listener = listener.tap_io(|stream| {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "could not turn off delayed sending");
                }
            });
            let server = axum::serve(listener, service).with_graceful_shutdown(told);
            Box::pin(server.into_future())
        }
    }
}
