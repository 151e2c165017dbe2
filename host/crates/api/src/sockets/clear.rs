//! Where connections come in that speak in the clear: from this machine, or from a proxy that ends TLS. There are so
//! many places for them as over TLS.

use super::{Connection, Patience, Places};
use crate::addresses::Networks;
use axum::serve::Listener;
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections have a place.
pub(crate) struct ClearListener {
    listener: TcpListener,
    /// Who may come for many others.
    proxies: Networks,
    places: Places,
    patience: Patience,
}

impl ClearListener {
    /// Over a socket.
    pub(crate) fn new(
        listener: TcpListener,
        proxies: Networks,
        (places, patience): (Places, Patience),
    ) -> Self {
        Self {
            listener,
            proxies,
            places,
            patience,
        }
    }
}

impl Listener for ClearListener {
    type Io = Connection<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            let is_shared = is_shared(&self.proxies, address.ip());
            let Some(place) = self.places.take(address.ip(), is_shared) else {
                tracing::debug!(%address, "too many connections; one more was closed");
                continue;
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "could not turn off delayed sending");
            }
            return (Connection::new(stream, place, self.patience), address);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Whether many clients may come from an address: all programs of this machine, those behind a proxy, and everybody
/// where nobody has said which the proxies are.
fn is_shared(proxies: &Networks, from: IpAddr) -> bool {
    proxies.is_empty() || proxies.contains(from) || from.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_shared(proxies: &[&str], from: &str, expect: bool) {
        let proxies: Vec<_> = proxies.iter().map(|text| (*text).to_owned()).collect();
        let proxies = Networks::parse(&proxies).unwrap();
        assert_eq!(is_shared(&proxies, from.parse().unwrap()), expect, "{from}");
    }

    #[test]
    fn addresses_of_many_clients_may_take_all_places() {
        check_shared(&[], "10.0.0.1", true);
        check_shared(&["10.0.0.0/8"], "10.0.0.1", true);
        check_shared(&["10.0.0.0/8"], "127.0.0.1", true);
        check_shared(&["10.0.0.0/8"], "::ffff:127.0.0.1", true);
        check_shared(&["10.0.0.0/8"], "192.168.0.1", false);
    }
}
