//! Where connections come in that speak TLS. Many shake hands at once, each within a while, and few of one
//! address: who opens sockets and says nothing keeps nobody out, and is gone soon.

use super::Tls;
use crate::addresses::{Networks, network_of};
use crate::sockets::{Connection, Patience, Place, Places};
use axum::serve::Listener;
use rustls::ServerConfig;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Most handshakes at once; who comes then is sent away.
const MOST: usize = 256;
/// Most of them from one address, or of IPv6 from one network of 64 bits.
const MOST_OF_ONE: usize = 32;
/// What is read of a request in the clear, so that its answer is not lost with it.
const CLEAR_BYTES: usize = 4 << 10;
/// The answer to it.
const CLEAR_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain\r\nconnection: close\r\ncontent-length: 38\r\n\r\n\
    this port speaks TLS: write https://\r\n";

/// A connection that has shaken hands.
type Secure = Connection<TlsStream<TcpStream>>;

/// What a handshake ends in.
type Shaken = io::Result<Secure>;

/// A listener whose connections have shaken hands.
pub(crate) struct TlsListener {
    listener: TcpListener,
    tls: Tls,
    /// Who may come for many others.
    proxies: Networks,
    places: Places,
    patience: Patience,
    handshakes: JoinSet<Shaken>,
    /// Who is about it.
    waiting: HashMap<Id, SocketAddr>,
}

impl TlsListener {
    /// Over a socket. A handshake may take as long as the first request after it.
    pub(crate) fn new(
        listener: TcpListener,
        tls: Tls,
        proxies: Networks,
        (places, patience): (Places, Patience),
    ) -> Self {
        Self {
            listener,
            tls,
            proxies,
            places,
            patience,
            handshakes: JoinSet::new(),
            waiting: HashMap::new(),
        }
    }

    /// Begins a handshake, unless too many are under way, or too many connections are open.
    fn begin(&mut self, stream: TcpStream, address: SocketAddr) {
        let whose = network_of(address.ip());
        let is_same = |other: &&SocketAddr| network_of(other.ip()) == whose;
        let of_one = self.waiting.values().filter(is_same).count();
        let is_proxy = self.proxies.contains(address.ip());
        let is_room = self.waiting.len() < MOST && (is_proxy || of_one < MOST_OF_ONE);
        let place = self.places.take(address.ip(), is_proxy);
        let Some(place) = place.filter(|_| is_room) else {
            tracing::debug!(%address, "too many connections; one more was closed");
            return;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not turn off delayed sending");
        }
        let shaking = handshake(stream, self.tls.config(), (place, self.patience));
        let id = self.handshakes.spawn(shaking).id();
        self.waiting.insert(id, address);
    }

    /// Takes in what came of a handshake.
    fn finish(&mut self, ended: Result<(Id, Shaken), JoinError>) -> Option<(Secure, SocketAddr)> {
        let (id, shaken) = match ended {
            Ok((id, shaken)) => (id, shaken),
            Err(error) => {
                tracing::error!(%error, "a handshake did not come to its end");
                self.waiting.remove(&error.id());
                return None;
            }
        };
        let address = self.waiting.remove(&id)?;
        match shaken {
            Ok(stream) => Some((stream, address)),
            Err(error) => {
                tracing::debug!(%error, %address, "a client did not come to speak TLS");
                None
            }
        }
    }
}

impl Listener for TlsListener {
    type Io = Secure;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                // What has ended first: its place may be somebody else's.
                biased;
                Some(ended) = self.handshakes.join_next_with_id() => {
                    if let Some(arrived) = self.finish(ended) {
                        return arrived;
                    }
                }
                (stream, address) = Listener::accept(&mut self.listener) => {
                    self.begin(stream, address);
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn handshake(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    (place, patience): (Place, Patience),
) -> Shaken {
    let shaking = async {
        let mut first = [0];
        stream.peek(&mut first).await?;
        let [first] = first;
        // A record of TLS begins with 22, a request in the clear with its method.
        if first.is_ascii_alphabetic() {
            send_away(&stream).await?;
            return Err(io::Error::other("it spoke in the clear"));
        }
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        Ok(Connection::new(stream, place, patience))
    };
    match tokio::time::timeout(patience.first, shaking).await {
        Ok(shaken) => shaken,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Says to who speaks in the clear what this port is.
async fn send_away(stream: &TcpStream) -> io::Result<()> {
    let mut clear = [0; CLEAR_BYTES];
    // What there is of it; an answer with something unread behind it may be lost.
    let _read = stream.try_read(&mut clear);
    stream.writable().await?;
    stream.try_write(CLEAR_ANSWER)?;
    Ok(())
}
