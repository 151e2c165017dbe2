//! What handlers are told of a request's key: an intent for each order, so that the engine itself refuses a
//! second one, and whether they are to find out what came of it in place of doing it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use blake3::{Hash, Hasher};
use services::handle::OrderTicket;
use std::convert::Infallible;

/// Numbers that JavaScript has exactly.
const EXACT_BITS: u32 = 53;

/// What a request's key is to its handler.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Claim {
    seed: Option<Hash>,
    finds_out: bool,
}

impl Claim {
    /// That of a request that is to be done.
    pub(super) fn new(id: Hash, print: Hash) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(id.as_bytes()).update(print.as_bytes());
        Self {
            seed: Some(hasher.finalize()),
            finds_out: false,
        }
    }

    /// That of a request that began before: nobody knows what came of it.
    pub(super) fn finding_out(self) -> Self {
        Self {
            finds_out: true,
            ..self
        }
    }

    /// Whether nothing may be done but to find out what was.
    pub(crate) fn finds_out(&self) -> bool {
        self.finds_out
    }

    /// Gives an order without an intent one of its own, by its place in the request; returns it.
    pub(crate) fn intend(&self, place: usize, ticket: &mut OrderTicket) -> Option<u64> {
        let seed = self.seed.filter(|_| ticket.intent == 0)?;
        ticket.intent = intent(seed, place);
        Some(ticket.intent)
    }
}

fn intent(seed: Hash, place: usize) -> u64 {
    let mut hasher = Hasher::new();
    hasher.update(seed.as_bytes());
    hasher.update(&(place as u64).to_le_bytes());
    let hash = hasher.finalize();
    let first = hash.as_bytes().first_chunk().copied();
    let number = first.map_or(0, u64::from_le_bytes);
    (number >> (u64::BITS - EXACT_BITS)).max(1)
}

impl<S: Send + Sync> FromRequestParts<S> for Claim {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_of_each_request_has_an_intent_of_its_own() {
        let hash = |text: &str| blake3::hash(text.as_bytes());
        let of = |id: &str, print: &str, place| {
            let seed = Claim::new(hash(id), hash(print)).seed.unwrap();
            intent(seed, place)
        };
        let first = of("a", "x", 0);
        assert_eq!(first, of("a", "x", 0));
        assert!((1..1 << EXACT_BITS).contains(&first));
        for other in [of("a", "x", 1), of("b", "x", 0), of("a", "y", 0)] {
            assert_ne!(other, first);
        }
    }
}
