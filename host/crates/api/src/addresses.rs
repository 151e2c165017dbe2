//! Addresses of clients: which networks they are of, which of them are one client's, and whose a request is
//! that came through proxies.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What proxies say a request came from; the latest of them last.
const FORWARDED: &str = "x-forwarded-for";
/// Proxies that a request may come through, one behind the other.
const MOST_PROXIES: usize = 8;

/// Networks of addresses, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads networks, and addresses, which are networks of one.
    ///
    /// # Errors
    /// Which of them is neither.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let read = |text: &String| {
            let network = match text.parse::<IpAddr>() {
                Ok(address) => Some(IpNet::from(address)),
                Err(_) => text.parse().ok(),
            };
            network.ok_or_else(|| {
                format!("`{text}` is neither an address nor a network such as 10.0.0.0/8")
            })
        };
        texts.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is in one of them.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        // An IPv4 client of an IPv6 socket.
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Of an IPv6 address the network of 64 bits, which is what one client has; an IPv4 address as it is, also
/// where it came to an IPv6 socket.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let host = u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
        }
    }
}

/// Whose a request is: the socket's other end, or, while that is one of our proxies, whom it names. What
/// nobody of ours has written is not looked at, so that nobody makes up an address.
pub(crate) fn client_of(socket: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    let values = headers.get_all(FORWARDED).iter();
    // What a client has put in front in whatever bytes hides nothing of what our proxy has written behind it.
    let texts: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let named: Vec<&str> = texts.iter().flat_map(|text| text.split(',')).collect();
    let mut client = socket.to_canonical();
    for text in named.into_iter().rev().take(MOST_PROXIES) {
        if !proxies.contains(client) {
            break;
        }
        let Some(address) = address(text.trim()) else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

/// An address as proxies write it, some with a port.
fn address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let with_port: Option<SocketAddr> = text.parse().ok();
    with_port.map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[track_caller]
    fn check_network(one: &str, other: &str, expect: bool) {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network(one) == network(other), expect, "{one} {other}");
    }

    #[test]
    fn a_client_has_an_address_or_a_network_of_ipv6() {
        check_network("10.0.0.1", "10.0.0.1", true);
        check_network("10.0.0.1", "::ffff:10.0.0.1", true);
        check_network("10.0.0.1", "10.0.0.2", false);
        check_network("2001:db8::1", "2001:db8::ffff:2", true);
        check_network("2001:db8::1", "2001:db8:0:1::1", false);
    }

    #[test]
    fn addresses_are_held_against_networks() {
        let networks = ["10.0.0.0/8".to_owned(), "::1".to_owned()];
        let networks = Networks::parse(&networks).unwrap();
        let check = |address: &str, expect: bool| {
            let found = networks.contains(address.parse().unwrap());
            assert_eq!(found, expect, "{address}");
        };
        check("10.1.2.3", true);
        check("::ffff:10.1.2.3", true);
        check("::1", true);
        check("11.0.0.1", false);
        check("::2", false);
        for wrong in ["10.0.0.0/33", "desk.example", ""] {
            let fault = Networks::parse(&[wrong.to_owned()]).unwrap_err();
            assert!(fault.contains("neither"), "{fault}");
        }
    }

    #[track_caller]
    fn check(socket: &str, headers: &[&str], expect: &str) {
        let headers: Vec<_> = headers.iter().map(|value| value.as_bytes()).collect();
        check_bytes(socket, &headers, expect);
    }

    #[track_caller]
    fn check_bytes(socket: &str, headers: &[&[u8]], expect: &str) {
        let proxies = ["10.0.0.0/8".to_owned(), "127.0.0.1".to_owned()];
        let proxies = Networks::parse(&proxies).unwrap();
        let mut map = HeaderMap::new();
        for value in headers {
            map.append(FORWARDED, HeaderValue::from_bytes(value).unwrap());
        }
        let found = client_of(socket.parse().unwrap(), &map, &proxies);
        assert_eq!(found.to_string(), expect, "{socket} {headers:?}");
    }

    #[test]
    fn proxies_of_ours_are_believed_and_nobody_else() {
        check("127.0.0.1", &["203.0.113.9"], "203.0.113.9");
        check("127.0.0.1", &["203.0.113.9:4711"], "203.0.113.9");
        check("127.0.0.1", &["[2001:db8::1]:80"], "2001:db8::1");
        check("::ffff:127.0.0.1", &["203.0.113.9"], "203.0.113.9");
        check("127.0.0.1", &[], "127.0.0.1");
        // Through two of them.
        check("127.0.0.1", &["203.0.113.9, 10.1.1.1"], "203.0.113.9");
        check("127.0.0.1", &["203.0.113.9", "10.1.1.1"], "203.0.113.9");
        // What the client itself has made up.
        check("127.0.0.1", &["127.0.0.1, 203.0.113.9"], "203.0.113.9");
        check("203.0.113.9", &["127.0.0.1"], "203.0.113.9");
        check("127.0.0.1", &["nonsense"], "127.0.0.1");
        check("127.0.0.1", &["203.0.113.9, "], "127.0.0.1");
        // In bytes that are no text.
        check_bytes("127.0.0.1", &[b"\xe9, 203.0.113.9"], "203.0.113.9");
        check_bytes("127.0.0.1", &[b"\xe9", b"203.0.113.9"], "203.0.113.9");
        check_bytes("127.0.0.1", &[b"203.0.113.9, \xe9"], "127.0.0.1");
    }
}
