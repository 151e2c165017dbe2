//! Failed tries, and how long who failed must wait. Kept in memory: a restart forgives.

use crate::refusal::Refusal;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Failed tries for one name that cost nothing.
const FREE_OF_NAME: u32 = 5;
/// Failed tries from one address that cost nothing; several people may sit behind it.
const FREE_OF_ADDRESS: u32 = 20;
/// The first wait; each further failure doubles it.
const FIRST_WAIT_MS: u64 = 1_000;
/// The longest wait, and how long failures are remembered after it.
const LONGEST_WAIT_MS: u64 = 15 * 60 * 1_000;
/// Names and addresses that are remembered at once.
const REMEMBERED: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    until_ms: u64,
}

/// Who failed how often.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Whose, Failures>>);

impl Attempts {
    /// Lets a try begin, counted as failed until [`Attempts::passed`]; so that many at once are no
    /// way around the count.
    pub(crate) fn begin(&self, name: &str, address: IpAddr, now_ms: u64) -> Result<(), Refusal> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = both(name, address);
        let until = both
            .iter()
            .filter_map(|(whose, _)| Some(known.get(whose)?.until_ms));
        let wait_ms = until.max().unwrap_or(0).saturating_sub(now_ms);
        if wait_ms > 0 {
            return Err(Refusal::Locked {
                wait_s: wait_ms.div_ceil(1_000),
            });
        }
        for (whose, free) in both {
            make_room(&mut known, now_ms);
            let failures = known.entry(whose).or_insert(Failures {
                count: 0,
                until_ms: 0,
            });
            if now_ms.saturating_sub(failures.until_ms) > LONGEST_WAIT_MS && failures.until_ms > 0 {
                failures.count = 0;
            }
            failures.count = failures.count.saturating_add(1);
            failures.until_ms = now_ms + wait(failures.count, free);
        }
        Ok(())
    }

    /// The try was good: the name's failures are forgiven, and one of the address's.
    pub(crate) fn passed(&self, name: &str, address: IpAddr) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&Whose::Name(name.to_owned()));
        if let Some(failures) = known.get_mut(&Whose::Address(address)) {
            failures.count = failures.count.saturating_sub(1);
            failures.until_ms = 0;
        }
    }
}

fn both(name: &str, address: IpAddr) -> [(Whose, u32); 2] {
    [
        (Whose::Name(name.to_owned()), FREE_OF_NAME),
        (Whose::Address(address), FREE_OF_ADDRESS),
    ]
}

fn wait(count: u32, free: u32) -> u64 {
    let Some(over) = count.checked_sub(free) else {
        return 0;
    };
    // The bound of the shift keeps it from overflowing; the wait is at its longest before.
    (FIRST_WAIT_MS << over.min(16)).min(LONGEST_WAIT_MS)
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

    #[test]
    fn waits_double_up_to_a_bound_and_a_success_forgives() {
        let attempts = Attempts::default();
        let mut now = 1_000_000;
        for _ in 0..FREE_OF_NAME {
            attempts.begin("anna", HERE, now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let Err(Refusal::Locked { wait_s }) = attempts.begin("anna", HERE, now) else {
                panic!("not locked");
            };
            waits.push(wait_s);
            now += wait_s * 1_000;
            attempts.begin("anna", HERE, now).unwrap();
        }
        assert_eq!(waits[..6], [1, 2, 4, 8, 16, 32]);
        assert_eq!(waits[11], 900);
        now += 900_000;
        attempts.begin("anna", HERE, now).unwrap();
        attempts.passed("anna", HERE);
        attempts.begin("anna", HERE, now).unwrap();
        attempts.begin("anna", HERE, now).unwrap();
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let attempts = Attempts::default();
        for n in 0..FREE_OF_ADDRESS {
            attempts.begin(&format!("user-{n}"), HERE, 5).unwrap();
        }
        assert!(attempts.begin("another", HERE, 5).is_err());
        let there = "10.0.0.1".parse().unwrap();
        attempts.begin("another", there, 5).unwrap();
    }
}
