//! Instruments whose mark moved since it was last taken into the sums. Where nobody watches a sum as
//! prices move, it is enough to have it right when an order is judged, and most prices come and go
//! without one.

use crate::journal::codec::fields;
use model::InstrumentId;

/// How many may be late; judging an order takes them in, and shall not wait for more.
const MOST: usize = 32;

/// Each once, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LateMarks {
    instruments: Vec<InstrumentId>,
    /// By instrument: whether it is among them.
    listed: Vec<bool>,
}

impl LateMarks {
    pub(super) fn has(&self, instrument: InstrumentId) -> bool {
        self.listed.get(instrument.index()) == Some(&true)
    }

    /// Notes an instrument; `false` when there is no room for it.
    pub(super) fn note(&mut self, instrument: InstrumentId) -> bool {
        let index = instrument.index();
        if self.has(instrument) {
            return true;
        }
        if self.instruments.len() == MOST {
            return false;
        }
        if self.listed.len() <= index {
            self.listed.resize(index + 1, false);
        }
        self.listed[index] = true;
        self.instruments.push(instrument);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.instruments.is_empty()
    }

    /// Takes the last one noted.
    pub(super) fn pop(&mut self) -> Option<InstrumentId> {
        let instrument = self.instruments.pop()?;
        self.listed[instrument.index()] = false;
        Some(instrument)
    }
}

fields! {
    LateMarks { instruments, listed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_noted_once_and_no_more_than_there_is_room_for() {
        let mut late = LateMarks::default();
        let most = u32::try_from(MOST).unwrap();
        for id in (0..most).chain(0..most) {
            assert!(late.note(InstrumentId::new(id)));
        }
        assert!(!late.note(InstrumentId::new(most)));
        assert_eq!(late.pop(), Some(InstrumentId::new(most - 1)));
        assert!(late.note(InstrumentId::new(most)));
        assert_eq!(std::iter::from_fn(|| late.pop()).count(), MOST);
        assert!(late.is_empty());
    }
}
