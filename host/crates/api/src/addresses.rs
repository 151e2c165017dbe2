//! Addresses of clients: which of them are one client's.

use std::net::{IpAddr, Ipv6Addr};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, expect: bool) {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network(one) == network(other), expect, "{one} {other}");
    }

    #[test]
    fn a_client_has_an_address_or_a_network_of_ipv6() {
        check("10.0.0.1", "10.0.0.1", true);
        check("10.0.0.1", "::ffff:10.0.0.1", true);
        check("10.0.0.1", "10.0.0.2", false);
        check("2001:db8::1", "2001:db8::ffff:2", true);
        check("2001:db8::1", "2001:db8:0:1::1", false);
    }
}
