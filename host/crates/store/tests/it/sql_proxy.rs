//! A TCP proxy that makes a database slow, or breaks off between `COMMIT` and its answer.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy does to what passes.
#[derive(Default)]
pub(crate) struct Disturbance {
    /// Milliseconds by which each answer is late.
    pub(crate) delay: AtomicU64,
    /// The next `COMMIT` reaches the server, its answer does not come back.
    pub(crate) cut: AtomicBool,
    /// How many answers were cut off.
    pub(crate) cuts: AtomicU64,
}

/// Begins to pass connections on to a port; returns the port to connect to.
pub(crate) async fn start(to: u16, disturbance: Arc<Disturbance>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await else {
                continue;
            };
            tokio::spawn(pass(client, server, Arc::clone(&disturbance)));
        }
    });
    port
}

async fn pass(client: TcpStream, server: TcpStream, disturbance: Arc<Disturbance>) {
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let committing = AtomicBool::new(false);
    // Both ways end with either, so that a cut is seen by both sides.
    tokio::select! {
        () = requests(from_client, to_server, &disturbance, &committing) => {}
        () = answers(from_server, to_client, &disturbance, &committing) => {}
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    disturbance: &Disturbance,
    committing: &AtomicBool,
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..count];
        if bytes.windows(6).any(|window| window == b"COMMIT")
            && disturbance.cut.swap(false, Ordering::SeqCst)
        {
            committing.store(true, Ordering::SeqCst);
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    disturbance: &Disturbance,
    committing: &AtomicBool,
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if committing.load(Ordering::SeqCst) {
            disturbance.cuts.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let delay = disturbance.delay.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(delay)).await;
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
