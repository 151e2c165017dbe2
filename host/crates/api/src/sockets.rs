//! Connections on a socket, in the clear or over TLS, served in one way: each has so long for the head of a request,
//! and keeps its place no longer than that while it asks for nothing.

mod clear;
mod connection;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
pub(crate) use clear::ClearListener;
pub(crate) use connection::{Connection, Place, Places};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// How long connections may keep a place for nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until the head of the first request has come. A handshake before it has as long.
    pub(crate) first: Duration,
    /// The same of every later head, from the answer before: who has nothing more to ask leaves then, too.
    pub(crate) next: Duration,
    /// While nothing comes or goes: in the middle of a request, and over a WebSocket.
    pub(crate) idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            // Whoever connects has something to ask.
            first: Duration::from_secs(5),
            // Who asks once a minute, as those who scrape metrics do, need not connect again.
            next: Duration::from_secs(75),
            // Longer than the longest request, and than the pause between two heartbeats.
            idle: Duration::from_secs(11 * 60),
        }
    }
}

/// Answers what comes over a listener until `told` resolves; then takes nobody new, and returns when requests under
/// way have their answers. WebSockets go on by themselves.
///
/// # Errors
/// The socket has no address.
pub(crate) async fn answer<L: Listener<Addr = SocketAddr>>(
    mut listener: L,
    routes: Router,
    patience: Patience,
    told: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::debug!(%address, "connections are taken");
    // Routes are made ready once, and not for each request.
    let routes: Router = routes.with_state(());
    let routes = TowerToHyperService::new(routes);
    // Heard by every connection, and gone with the last of them.
    let ending = watch::Sender::new(());
    let mut told = pin!(told);
    loop {
        let (stream, from) = tokio::select! {
            arrived = listener.accept() => arrived,
            () = &mut told => break,
        };
        let connection = attend(stream, from, routes.clone(), patience, ending.subscribe());
        tokio::spawn(connection);
    }
    drop(listener);
    ending.send_replace(());
    ending.closed().await;
    Ok(())
}

/// Answers requests over a connection until it is closed, or after the request under way when all are to end.
async fn attend(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    from: SocketAddr,
    routes: TowerToHyperService<Router>,
    patience: Patience,
    mut ending: watch::Receiver<()>,
) {
    // With the address that each request came from.
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        routes.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(patience.next);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection.with_upgrades());
    let served = tokio::select! {
        served = connection.as_mut() => served,
        _ = ending.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, %from, "a connection did not end well");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::Networks;
    use axum::extract::State;
    use axum::extract::ws::WebSocketUpgrade;
    use axum::response::Response;
    use axum::routing::get;
    use futures_util::{SinkExt, StreamExt};
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::{Notify, oneshot};
    use tokio::task::JoinHandle;
    use tokio_tungstenite::connect_async;
    use tokio_tungstenite::tungstenite::Message;

    /// Only a failing test waits for so long.
    const LONG: Duration = Duration::from_secs(120);
    /// Longer than a slow machine takes to send a line, and shorter than anybody wants to wait for the real ones.
    const SHORT: Duration = Duration::from_secs(2);
    /// Between two requests of a client that goes on and on.
    const PAUSE: Duration = Duration::from_millis(50);

    struct Server {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        task: JoinHandle<io::Result<()>>,
        /// Lets requests to `/slow` be answered.
        go_on: Arc<Notify>,
        /// Says that one has come.
        came: Arc<Notify>,
    }

    async fn serve() -> Server {
        let (go_on, came) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let routes = Router::new()
            .route("/", get(hello))
            .route("/slow", get(slow))
            .route("/ws", get(echo))
            .with_state((go_on.clone(), came.clone()));
        let patience = Patience {
            first: SHORT,
            next: SHORT,
            ..Patience::default()
        };
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let bounds = (Places::new(0), patience);
        let listener = ClearListener::new(socket, Networks::default(), bounds);
        let (stop, stopped) = oneshot::channel();
        let told = async move {
            let _dropped_means_stop_too = stopped.await;
        };
        Server {
            address,
            stop,
            task: tokio::spawn(answer(listener, routes, patience, told)),
            go_on,
            came,
        }
    }

    async fn hello(ConnectInfo(from): ConnectInfo<SocketAddr>) -> String {
        format!("hello {from}!")
    }

    async fn slow(State((go_on, came)): State<(Arc<Notify>, Arc<Notify>)>) -> &'static str {
        came.notify_one();
        go_on.notified().await;
        "at last!"
    }

    async fn echo(upgrade: WebSocketUpgrade) -> Response {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    }

    async fn send(socket: &mut TcpStream, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads an answer, which ends with an exclamation mark.
    async fn receive(socket: &mut TcpStream) -> String {
        let mut answer = Vec::new();
        while !answer.ends_with(b"!") {
            let mut part = [0; 1024];
            let read = tokio::time::timeout(LONG, socket.read(&mut part)).await;
            let read = read.expect("an answer should have come").unwrap();
            assert_ne!(read, 0, "the connection should have stayed");
            answer.extend_from_slice(&part[..read]);
        }
        String::from_utf8(answer).unwrap()
    }

    async fn ask(socket: &mut TcpStream) {
        send(socket, "/").await;
        let answer = receive(socket).await;
        let from = format!("hello {}!", socket.local_addr().unwrap());
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with(&from), "{answer}");
    }

    /// Waits until the server has closed, in whichever way.
    async fn until_closed(socket: &mut TcpStream) {
        let mut rest = Vec::new();
        let _ended = socket.read_to_end(&mut rest).await;
    }

    /// Sends a head that goes on and on, until the server has closed, in whichever way.
    async fn drip(mut socket: TcpStream) {
        let (mut reader, mut writer) = socket.split();
        let mut rest = Vec::new();
        let _ended = tokio::select! {
            dripped = send_on(&mut writer) => dripped,
            read = reader.read_to_end(&mut rest) => read.map(drop),
        };
    }

    async fn send_on(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        to.write_all(b"GET / HTTP/1.1\r\n").await?;
        loop {
            to.write_all(b"a: b\r\n").await?;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask_on(socket: &mut TcpStream) {
        loop {
            ask(socket).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits for the end of a connection, while another one is asked over all the time.
    async fn ends_beside_a_live_one(server: &Server, ends: impl Future<Output = ()>) {
        let mut live = TcpStream::connect(server.address).await.unwrap();
        let ended = async {
            tokio::select! {
                () = ends => {}
                () = ask_on(&mut live) => {}
            }
        };
        let ended = tokio::time::timeout(LONG, ended).await;
        ended.expect("the server should have closed the connection");
        // One that was cut in the middle has an answer under way.
        let mut live = TcpStream::connect(server.address).await.unwrap();
        ask(&mut live).await;
    }

    #[tokio::test]
    async fn who_sends_nothing_is_gone_soon() {
        let server = serve().await;
        let mut silent = TcpStream::connect(server.address).await.unwrap();
        ends_beside_a_live_one(&server, until_closed(&mut silent)).await;
    }

    #[tokio::test]
    async fn who_never_comes_to_the_end_of_a_head_is_gone_soon() {
        let server = serve().await;
        let dripping = TcpStream::connect(server.address).await.unwrap();
        ends_beside_a_live_one(&server, drip(dripping)).await;
    }

    #[tokio::test]
    async fn who_asks_once_and_then_never_comes_to_the_end_of_a_head_is_gone_soon() {
        let server = serve().await;
        let mut dripping = TcpStream::connect(server.address).await.unwrap();
        ask(&mut dripping).await;
        ends_beside_a_live_one(&server, drip(dripping)).await;
    }

    #[tokio::test]
    async fn who_asks_nothing_more_is_gone_soon_and_a_websocket_stays() {
        let server = serve().await;
        let url = format!("ws://{}/ws", server.address);
        let (mut socket, _) = connect_async(url).await.unwrap();
        let mut quiet = TcpStream::connect(server.address).await.unwrap();
        ask(&mut quiet).await;
        ends_beside_a_live_one(&server, until_closed(&mut quiet)).await;
        // It was there before, and has been as quiet.
        socket.send(Message::text("still here")).await.unwrap();
        let echoed = tokio::time::timeout(LONG, socket.next()).await.unwrap();
        assert_eq!(echoed.unwrap().unwrap(), Message::text("still here"));
    }

    #[tokio::test]
    async fn the_end_waits_for_requests_under_way_and_for_nobody_else() {
        let server = serve().await;
        let mut quiet = TcpStream::connect(server.address).await.unwrap();
        ask(&mut quiet).await;
        let mut busy = TcpStream::connect(server.address).await.unwrap();
        send(&mut busy, "/slow").await;
        server.came.notified().await;
        server.stop.send(()).unwrap();
        let closed = tokio::time::timeout(LONG, until_closed(&mut quiet)).await;
        closed.expect("who asks for nothing should have been closed");
        assert!(!server.task.is_finished());
        server.go_on.notify_one();
        let answer = receive(&mut busy).await;
        assert!(answer.ends_with("at last!"), "{answer}");
        until_closed(&mut busy).await;
        let ended = tokio::time::timeout(LONG, server.task).await;
        ended.expect("serving should have ended").unwrap().unwrap();
    }
}
