//! Runs the router on a socket until told to stop; over TLS where there is a certificate.

use crate::port::HostPort;
use crate::router::router;
use crate::sockets::{ClearListener, Patience, Places, answer};
use crate::state::Api;
use crate::tls::{Tls, TlsListener};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Answers requests on `listener` until `shutdown` resolves; then takes no new ones, says goodbye
/// to WebSocket clients, and returns when all have ended, or after the time of [`Api::with_grace`].
///
/// # Errors
/// When the listener fails.
pub async fn serve<H: HostPort>(
    listener: TcpListener,
    api: Api<H>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (closing, mut closed) = (api.closing.clone(), api.closing.subscribe());
    let asked = Arc::new(OnceLock::new());
    let noted = Arc::clone(&asked);
    let told = async move {
        shutdown.await;
        noted.get_or_init(Instant::now);
        closing.send_replace(true);
    };
    let tls = api.tls.clone();
    let end = || *asked.get_or_init(Instant::now) + api.grace;
    let server = server(listener, &api, told);
    let overdue = async {
        // The sender lives in `api`, so waiting cannot fail before the end.
        let _ = closed.wait_for(|closing| *closing).await;
        tokio::time::sleep_until(end()).await;
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
    if tokio::time::timeout_at(end(), left).await.is_err() {
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
    let routes = router(api.clone());
    let proxies = api.settings.network.proxies.clone();
    let patience = Patience::default();
    let bounds = (Places::new(api.settings.stream.clients()), patience);
    match api.tls.clone() {
        Some(tls) => {
            let listener = TlsListener::new(listener, tls, proxies, bounds);
            Box::pin(answer(listener, routes, patience, told))
        }
        None => {
            let listener = ClearListener::new(listener, proxies, bounds);
            Box::pin(answer(listener, routes, patience, told))
        }
    }
}
