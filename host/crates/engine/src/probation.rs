//! A version that is watched after it took over, with its predecessor warm beside it.

use crate::agenda::Ticket;
use crate::canary::Canary;
use crate::candidate::Candidate;
use crate::input::Probation;
use crate::journal::codec::{fields, variants};
use crate::strategies::{Parameters, Values};
use model::{Fault, InstrumentId, Money, OrderId, PluginHash, Timestamp};
use std::collections::BTreeSet;

/// What the engine keeps of a probation.
pub(crate) struct OnProbation {
    pub(crate) terms: Probation,
    /// When it is over.
    pub(crate) until: Timestamp,
    pub(crate) end: Ticket,
    /// Orders from this one on were made by the version that is watched.
    pub(crate) orders_from: Option<OrderId>,
    /// What the strategy had brought at the switch; unknown while something had no price.
    pub(crate) brought: Option<Money>,
    pub(crate) faults: u32,
    pub(crate) denials: u64,
    /// Orders and changes that the gate let pass.
    pub(crate) passed: u64,
    /// The most that the strategy had brought since the switch; unknown until it is asked for.
    pub(crate) best: Option<Money>,
    /// What the predecessor is.
    pub(crate) plugin: PluginHash,
    pub(crate) parameters: Parameters,
    /// What the host kept for it when it was relieved.
    pub(crate) values: Values,
    /// The predecessor itself: it sees every event, and its orders are muted.
    pub(crate) warm: Candidate,
    /// Events it was given while muted; names each fault of it in the journal.
    pub(crate) calls: u64,
    /// While the version that is watched has some instruments only: then the predecessor is not muted,
    /// and has all others.
    pub(crate) canary: Option<Canary>,
    /// What the version that is watched had as a canary, once it has all instruments.
    pub(crate) as_canary: Option<AsCanary>,
}

impl OnProbation {
    /// Why too much of what it asked for was refused, if it was.
    pub(crate) fn refused_too_often(&self) -> Option<String> {
        let denials = self.denials;
        if self.terms.max_denials.is_some_and(|most| denials > most) {
            return Some(format!("{denials} of its orders and changes were refused"));
        }
        let most = self.terms.max_denied_percent?;
        let judged = denials.saturating_add(self.passed);
        let is_beyond = u128::from(denials) * 100 > u128::from(judged) * u128::from(most);
        (judged >= Probation::LEAST_JUDGED && is_beyond).then(|| {
            format!("{denials} of its {judged} orders and changes were refused, more than {most} %")
        })
    }
}

/// What a version that has all instruments had before, as a canary.
pub(crate) struct AsCanary {
    /// Its orders were from this one on, on its instruments.
    pub(crate) orders_from: Option<OrderId>,
    /// Its instruments.
    pub(crate) instruments: BTreeSet<InstrumentId>,
}

/// How a probation ended or went on; journaled, so that who reads a journal alone knows which version
/// ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// The predecessor runs again, for this reason.
    RolledBack(PluginHash, String),
    /// The predecessor is gone, for this reason.
    Kept(String),
    /// The predecessor is gone because it broke over an event.
    Broke(u64, Fault),
    /// A canary has all instruments, for this reason, and its predecessor is warm.
    Promoted(String),
    /// The predecessor, made of these bytes, runs again, and the one that ran is warm.
    Flipped(PluginHash),
}

variants!(Probed {
    0 => RolledBack(plugin, reason),
    1 => Kept(reason),
    2 => Broke(call, fault),
    3 => Promoted(reason),
    4 => Flipped(plugin),
});
fields! {
    OnProbation {
        terms, until, end, orders_from, brought, faults, denials, passed, best, plugin, parameters,
        values, warm, calls, canary, as_canary,
    }
    AsCanary { orders_from, instruments }
}
