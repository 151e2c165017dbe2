//! Which signals a strategy was told already: whoever is not sure that one arrived sends it again under
//! the same id, also after the host came back, and the strategy hears it once.

use crate::journal::codec::wrappers;
use std::collections::VecDeque;

/// Ids of signals that are remembered for a strategy. An older one could be told again.
pub const KNOWN_SIGNALS: usize = 4_096;

/// Ids of the signals that a strategy was told last, oldest first, each by the first bytes of its hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownSignals(VecDeque<u64>);

impl KnownSignals {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.contains(&code(id))
    }

    pub(crate) fn note(&mut self, id: &str) {
        while self.0.len() >= KNOWN_SIGNALS {
            self.0.pop_front();
        }
        self.0.push_back(code(id));
    }
}

fn code(id: &str) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

wrappers!(KnownSignals(ids));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_id_is_forgotten_first() {
        let mut known = KnownSignals::default();
        for n in 0..=KNOWN_SIGNALS {
            known.note(&n.to_string());
        }
        assert!(!known.has("0"));
        assert!(known.has("1") && known.has(&KNOWN_SIGNALS.to_string()));
        assert_eq!(known.0.len(), KNOWN_SIGNALS);
    }
}
