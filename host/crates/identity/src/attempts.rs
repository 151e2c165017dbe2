//! Failed tries, and how long who failed must wait. Kept in memory: a restart forgives.
//!
//! Whoever knows a name can fail for it, so a name by itself waits briefly only; long waits are for a
//! name from an address, and for an address. Where a proxy stands in front all come from one address,
//! and only names are counted.

use crate::refusal::Refusal;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// Failed tries for one name that cost nothing.
const FREE_OF_NAME: u32 = 5;
/// Failed tries from one address that cost nothing; several people may sit behind it.
const FREE_OF_ADDRESS: u32 = 20;
/// The first wait; each further failure doubles it.
const FIRST_WAIT_MS: u64 = 1_000;
/// The longest wait, and how long failures are remembered after it.
const LONGEST_WAIT_MS: u64 = 15 * 60 * 1_000;
/// The longest wait of a name, from wherever its owner comes.
const LONGEST_OF_NAME_MS: u64 = 30 * 1_000;
/// Names and addresses that are remembered at once.
const REMEMBERED: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Name(String),
    NameAt(String, IpAddr),
    Address(IpAddr),
}

impl Whose {
    /// Failed tries that cost nothing, and the longest wait in milliseconds.
    fn terms(&self) -> (u32, u64) {
        match self {
            Self::Name(_) => (FREE_OF_NAME, LONGEST_OF_NAME_MS),
            Self::NameAt(..) => (FREE_OF_NAME, LONGEST_WAIT_MS),
            Self::Address(_) => (FREE_OF_ADDRESS, LONGEST_WAIT_MS),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    until_ms: u64,
}

/// Who failed how often.
#[derive(Debug)]
pub(crate) struct Attempts {
    known: Mutex<HashMap<Whose, Failures>>,
    /// Whether addresses tell people apart.
    by_address: bool,
}

impl Attempts {
    pub(crate) fn new(by_address: bool) -> Self {
        Self {
            known: Mutex::new(HashMap::new()),
            by_address,
        }
    }

    /// Lets a try begin, counted as failed until [`Attempts::passed`]; so that many at once are no
    /// way around the count.
    pub(crate) fn begin(&self, name: &str, address: IpAddr, now_ms: u64) -> Result<(), Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.all(name, address);
        let until = all
            .iter()
            .filter_map(|whose| Some(known.get(whose)?.until_ms));
        let wait_ms = until.max().unwrap_or(0).saturating_sub(now_ms);
        if wait_ms > 0 {
            return Err(Refusal::Locked {
                wait_s: wait_ms.div_ceil(1_000),
            });
        }
        for whose in all {
            make_room(&mut known, now_ms);
            let terms = whose.terms();
            let failures = known.entry(whose).or_insert(Failures {
                count: 0,
                until_ms: 0,
            });
            if now_ms.saturating_sub(failures.until_ms) > LONGEST_WAIT_MS && failures.until_ms > 0 {
                failures.count = 0;
            }
            failures.count = failures.count.saturating_add(1);
            failures.until_ms = now_ms + wait(failures.count, terms);
        }
        Ok(())
    }

    /// The try was good: the name's failures are forgiven, and one of the address's.
    pub(crate) fn passed(&self, name: &str, address: IpAddr, now_ms: u64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for whose in self.all(name, address) {
            if !matches!(whose, Whose::Address(_)) {
                known.remove(&whose);
            } else if let Some(failures) = known.get_mut(&whose) {
                failures.count = failures.count.saturating_sub(1);
                // From now on, so that what is left of them is forgotten after a while.
                failures.until_ms = now_ms;
            }
        }
    }

    /// All under which a try is counted.
    fn all(&self, name: &str, address: IpAddr) -> Vec<Whose> {
        let mut all = vec![Whose::Name(name.to_owned())];
        if self.by_address {
            let address = network(address);
            all.push(Whose::NameAt(name.to_owned(), address));
            all.push(Whose::Address(address));
        }
        all
    }
}

/// Of an IPv6 address the network of 64 bits, which is what one client has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let host = u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
        }
    }
}

fn wait(count: u32, (free, longest_ms): (u32, u64)) -> u64 {
    let Some(over) = count.checked_sub(free) else {
        return 0;
    };
    // The bound of the shift keeps it from overflowing; the wait is at its longest before.
    (FIRST_WAIT_MS << over.min(16)).min(longest_ms)
}

/// Forgets who may try again, or, when all wait, who waits least.
fn make_room(known: &mut HashMap<Whose, Failures>, now_ms: u64) {
    if known.len() < REMEMBERED {
        return;
    }
    known.retain(|_, failures| failures.until_ms > now_ms);
    if known.len() >= REMEMBERED {
        let first = known.iter().min_by_key(|(_, failures)| failures.until_ms);
        if let Some(whose) = first.map(|(whose, _)| whose.clone()) {
            known.remove(&whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[track_caller]
    fn wait_of(attempts: &Attempts, name: &str, address: IpAddr, now: u64) -> Option<u64> {
        match attempts.begin(name, address, now) {
            Ok(()) => None,
            Err(Refusal::Locked { wait_s }) => Some(wait_s),
            Err(other) => panic!("{other}"),
        }
    }

    /// Fails until the wait of a name is at its longest; returns the waits and the moment after.
    fn fail(attempts: &Attempts, name: &str, mut now: u64) -> (Vec<u64>, u64) {
        for _ in 0..FREE_OF_NAME {
            attempts.begin(name, HERE, now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait_s = wait_of(attempts, name, HERE, now).unwrap();
            waits.push(wait_s);
            now += wait_s * 1_000;
            attempts.begin(name, HERE, now).unwrap();
        }
        (waits, now)
    }

    #[test]
    fn waits_double_up_to_a_bound_and_a_success_forgives() {
        let attempts = Attempts::new(true);
        let (waits, mut now) = fail(&attempts, "anna", 1_000_000);
        assert_eq!(waits[..6], [1, 2, 4, 8, 16, 32]);
        assert_eq!(waits[11], 900);
        now += 900_000;
        attempts.begin("anna", HERE, now).unwrap();
        attempts.passed("anna", HERE, now);
        attempts.begin("anna", HERE, now).unwrap();
        attempts.begin("anna", HERE, now).unwrap();
    }

    #[test]
    fn who_fails_for_another_name_keeps_its_owner_out_briefly() {
        let there = "10.0.0.1".parse().unwrap();
        for by_address in [true, false] {
            let attempts = Attempts::new(by_address);
            let mut now = 1_000_000;
            for _ in 0..30 {
                let wait_s = wait_of(&attempts, "anna", HERE, now).unwrap_or(0);
                now += wait_s * 1_000;
            }
            if let Some(wait_s) = wait_of(&attempts, "anna", there, now) {
                assert!(wait_s <= 30, "{wait_s}");
                now += wait_s * 1_000;
                attempts.begin("anna", there, now).unwrap();
            }
        }
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let attempts = Attempts::new(true);
        for n in 0..FREE_OF_ADDRESS {
            attempts.begin(&format!("user-{n}"), HERE, 5).unwrap();
        }
        assert!(attempts.begin("another", HERE, 5).is_err());
        let there = "10.0.0.1".parse().unwrap();
        attempts.begin("another", there, 5).unwrap();
    }

    #[test]
    fn behind_a_proxy_nobody_waits_for_the_others() {
        let attempts = Attempts::new(false);
        for n in 0..200 {
            attempts.begin(&format!("user-{n}"), HERE, 5).unwrap();
        }
    }

    #[test]
    fn an_address_is_forgiven_what_is_long_ago() {
        let attempts = Attempts::new(true);
        for n in 0..FREE_OF_ADDRESS {
            attempts.begin(&format!("user-{n}"), HERE, 5).unwrap();
        }
        let now = 10_000;
        attempts.begin("anna", HERE, now).unwrap();
        attempts.passed("anna", HERE, now);
        let later = now + LONGEST_WAIT_MS + 1;
        for n in 0..FREE_OF_ADDRESS {
            attempts.begin(&format!("user-{n}"), HERE, later).unwrap();
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let attempts = Attempts::new(true);
        for n in 0..FREE_OF_ADDRESS {
            let address = format!("2001:db8::{n:x}").parse().unwrap();
            attempts.begin(&format!("user-{n}"), address, 5).unwrap();
        }
        let same = "2001:db8::ffff:1".parse().unwrap();
        assert!(attempts.begin("another", same, 5).is_err());
        let other = "2001:db8:0:1::1".parse().unwrap();
        attempts.begin("another", other, 5).unwrap();
    }
}
