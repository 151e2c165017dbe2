//! Tickets: what a browser shows in place of a token where it can send no header. Good once, for half
//! a minute; kept in memory.

use crate::door::Principal;
use crate::ports::Entropy;
use crate::refusal::Refusal;
use crate::secret;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a ticket is good, in milliseconds.
const LIFETIME_MS: u64 = 30_000;
/// Tickets that are out at once.
const MOST: usize = 1_000;
/// Tickets of one person that are out at once.
const MOST_OF_ONE: usize = 10;

/// Tickets that are out, by digest.
#[derive(Default)]
pub(crate) struct Tickets(Mutex<HashMap<String, (Principal, u64)>>);

impl Tickets {
    /// Gives one out.
    pub(crate) fn give(
        &self,
        who: &Principal,
        now_ms: u64,
        entropy: &dyn Entropy,
    ) -> Result<String, Refusal> {
        let ticket = secret::fresh(entropy)?;
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.retain(|_, (_, expires_ms)| *expires_ms > now_ms);
        let own = out.values().filter(|(owner, _)| owner.user == who.user);
        if own.count() >= MOST_OF_ONE {
            return Err(Refusal::Full {
                what: "tickets of yours",
                most: MOST_OF_ONE,
            });
        }
        if out.len() >= MOST {
            return Err(Refusal::Full {
                what: "tickets",
                most: MOST,
            });
        }
        out.insert(secret::digest(&ticket), (who.clone(), now_ms + LIFETIME_MS));
        Ok(ticket)
    }

    /// Takes one back: it is good no more.
    pub(crate) fn take(&self, ticket: &str, now_ms: u64) -> Option<Principal> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (who, expires_ms) = out.remove(&secret::digest(ticket))?;
        (expires_ms > now_ms).then_some(who)
    }
}
