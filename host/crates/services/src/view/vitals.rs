//! How the host is doing, in numbers for those who watch it. Counts begin anew with the process; what comes
//! back from a journal may be in them.

use engine::{Effect, SwapStage};
pub use journal::{SYNC_BOUNDS_US, Written};
use model::OrderChange;
use std::collections::BTreeMap;
use std::time::Duration;

/// How the host is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VitalsView {
    /// How long ago the engine's thread last asked for work. It does so every few milliseconds, whether
    /// there is any or not.
    pub engine_quiet: Duration,
    /// Most public events that may wait for the engine.
    pub market_bound: usize,
    /// Most commands that may wait for the engine.
    pub commands_bound: usize,
    /// Changes that wait to be shown to readers.
    pub projection_waiting: usize,
    /// Most changes that may wait to be shown to readers.
    pub projection_bound: usize,
    /// Changes that readers were told.
    pub updates: u64,
    /// What was written to the journal; `None` without one on disk.
    pub journal: Option<Written>,
    /// Dead letters that made room for newer ones.
    pub letters_dropped: u64,
    /// What happened.
    pub counts: Counts,
    /// Whether the engine keeps what it promises.
    pub invariants: Looked,
}

/// How often it was looked whether the engine's invariants hold, since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    /// So often.
    pub checks: u64,
    /// So often one of them did not.
    pub violations: u64,
}

/// How often something happened. What never did is not in the maps, whose keys are few and fixed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Steps in the lives of orders, by what changed, as in `SUBMITTED`.
    pub orders: BTreeMap<&'static str, u64>,
    /// Executions.
    pub fills: u64,
    /// Steps of swaps and of what follows them, as in `COMMITTED`.
    pub swaps: BTreeMap<&'static str, u64>,
    /// What broke: `strategy`, `algorithm` or `venue_model`.
    pub faults: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// Every change of an order that is counted.
    pub const ORDER_CHANGES: [&str; 16] = [
        "DENIED",
        "SUBMITTED",
        "ACCEPTED",
        "REJECTED",
        "EMULATED",
        "RELEASED",
        "TRIGGERED",
        "PENDING_UPDATE",
        "UPDATED",
        "UPDATE_DENIED",
        "UPDATE_REJECTED",
        "PENDING_CANCEL",
        "CANCEL_REJECTED",
        "FILLED",
        "CANCELED",
        "EXPIRED",
    ];
    /// Every step of a swap that is counted.
    pub const SWAP_STAGES: [&str; 9] = [
        "BEGUN",
        "COMMITTED",
        "ABORTED",
        "PROBATION",
        "ROLLED_BACK",
        "KEPT",
        "CANARY",
        "PROMOTED",
        "FLIPPED",
    ];
    /// Everything that can break.
    pub const FAULTS: [&str; 3] = ["strategy", "algorithm", "venue_model"];

    /// Counts what happened.
    pub(crate) fn note(&mut self, effect: &Effect) {
        let (counts, name) = match effect {
            Effect::Fill(_) => {
                self.fills += 1;
                return;
            }
            Effect::Order(update, _) => (&mut self.orders, change(&update.change)),
            Effect::Swap(_, stage) => (&mut self.swaps, step(stage)),
            Effect::Fault(..) => (&mut self.faults, "strategy"),
            Effect::AlgorithmFault(..) => (&mut self.faults, "algorithm"),
            Effect::ModelFault(_) => (&mut self.faults, "venue_model"),
            _ => return,
        };
        *counts.entry(name).or_default() += 1;
    }
}

fn change(change: &OrderChange) -> &'static str {
    match change {
        OrderChange::Denied(_) => "DENIED",
        OrderChange::Submitted => "SUBMITTED",
        OrderChange::Accepted => "ACCEPTED",
        OrderChange::Rejected => "REJECTED",
        OrderChange::Emulated => "EMULATED",
        OrderChange::Released => "RELEASED",
        OrderChange::Triggered => "TRIGGERED",
        OrderChange::PendingUpdate => "PENDING_UPDATE",
        OrderChange::Updated { .. } => "UPDATED",
        OrderChange::UpdateDenied(_) => "UPDATE_DENIED",
        OrderChange::UpdateRejected => "UPDATE_REJECTED",
        OrderChange::PendingCancel => "PENDING_CANCEL",
        OrderChange::CancelRejected => "CANCEL_REJECTED",
        OrderChange::Filled(_) => "FILLED",
        OrderChange::Canceled => "CANCELED",
        OrderChange::Expired => "EXPIRED",
    }
}

fn step(stage: &SwapStage) -> &'static str {
    match stage {
        SwapStage::Begun(_) => "BEGUN",
        SwapStage::Committed(_) => "COMMITTED",
        SwapStage::Aborted(_) => "ABORTED",
        SwapStage::Probation(..) => "PROBATION",
        SwapStage::RolledBack(..) => "ROLLED_BACK",
        SwapStage::Kept(_) => "KEPT",
        SwapStage::Canary(..) => "CANARY",
        SwapStage::Promoted(..) => "PROMOTED",
        SwapStage::Flipped(_) => "FLIPPED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{DenyCode, Fault, FaultKind, PluginHash, StrategyId};

    #[test]
    fn what_happened_is_counted_under_names_that_are_listed() {
        let mut counts = Counts::default();
        let (one, plugin) = (StrategyId::new(0), PluginHash::new([1; 32]));
        let fault = Fault {
            kind: FaultKind::Trap,
            message: "unreachable".to_owned(),
        };
        counts.note(&Effect::Swap(one, SwapStage::Begun(plugin)));
        counts.note(&Effect::Swap(one, SwapStage::Aborted("no".to_owned())));
        counts.note(&Effect::Fault(one, fault.clone()));
        counts.note(&Effect::Fault(one, fault));
        assert_eq!(counts.swaps, [("ABORTED", 1), ("BEGUN", 1)].into());
        assert_eq!(counts.faults, [("strategy", 2)].into());
        let listed = |name| Counts::ORDER_CHANGES.contains(&name);
        assert!(listed(change(&OrderChange::UpdateDenied(DenyCode::Loss))));
        let mut swaps = counts.swaps.keys();
        assert!(swaps.all(|name| Counts::SWAP_STAGES.contains(name)));
    }
}
