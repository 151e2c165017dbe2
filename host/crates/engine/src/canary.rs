//! A version that has some instruments of its strategy, with its predecessor trading all others.

use crate::agenda::Ticket;
use crate::effect::CanaryStage;
use crate::input::{Probation, WhenOver};
use crate::journal::codec::fields;
use crate::strategies::Budget;
use model::{InstrumentId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked of a canary before it takes over.
pub(crate) struct Share {
    /// The instruments that will be its own.
    pub(crate) instruments: BTreeSet<InstrumentId>,
    pub(crate) when_over: WhenOver,
}

/// What the engine keeps of a canary.
pub(crate) struct Canary {
    /// The instruments of the version that is watched.
    pub(crate) instruments: BTreeSet<InstrumentId>,
    /// What happens when its time is over.
    pub(crate) when_over: WhenOver,
    /// What the predecessor has used up of what one input gives it.
    pub(crate) budget: Budget,
    /// The predecessor's timers.
    pub(crate) timers: BTreeMap<u64, Ticket>,
}

impl Canary {
    /// What readers are told of it as it begins.
    pub(crate) fn stage(&self, terms: Probation, until: Timestamp) -> CanaryStage {
        CanaryStage {
            instruments: self.instruments.iter().copied().collect(),
            terms,
            until,
            when_over: self.when_over,
        }
    }
}

fields! {
    Canary { instruments, when_over, budget, timers }
}
