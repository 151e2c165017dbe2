//! Faults of strategies, as the engine's thread tells them to whoever takes care of them.

use super::Trader;
use crate::faults::desk::{Broke, DeskEnd};
use crate::outlet::Item;
use engine::{Effect, StrategyState, SwapStage};
use model::{Fault, StrategyId, Timestamp};
use std::sync::Arc;

impl Trader {
    /// Tells faults from here on; those that were stepped again are over.
    pub(crate) fn tell_faults(&mut self, desk: DeskEnd) {
        self.faults = Some(desk);
    }

    /// Tells faults among what the last input changed. Before [`Trader::follow_versions`], while it is known
    /// what ran.
    pub(super) fn post_faults(&self, from: usize) {
        let Some(desk) = &self.faults else {
            return;
        };
        for (at, item) in self.items.iter().enumerate().skip(from) {
            if let Item::Effect(time, sequence, Effect::Fault(strategy, fault)) = item {
                desk.post(self.broke((*time, *sequence), *strategy, fault, (from, at)));
            }
        }
    }

    /// A fault that is told at a place of what the last input changed from a place on.
    fn broke(
        &self,
        (time, sequence): (Timestamp, u64),
        strategy: StrategyId,
        fault: &Fault,
        (from, at): (usize, usize),
    ) -> Broke {
        // Whoever is sent back for a fault is so after it. A version beside a canary that breaks has its
        // place back before, and is then what broke.
        let went_back = has_effect(
            &self.items[at..],
            |effect| matches!(effect, Effect::Swap(id, SwapStage::RolledBack(..)) if *id == strategy),
        );
        let at_start = has_effect(
            &self.items[from..],
            |effect| matches!(effect, Effect::Strategy(id, StrategyState::Running) if *id == strategy),
        );
        // Where the version before is back, what broke is what readers still see.
        let seen = self.versions.running(strategy).filter(|_| went_back);
        let (plugin, parameters) = match seen {
            Some(loaded) => (loaded.plugin.hash(), loaded.parameters),
            None => (
                self.engine.plugin(strategy).unwrap_or_default(),
                self.engine.parameters(strategy).to_vec(),
            ),
        };
        Broke {
            time,
            sequence,
            strategy,
            fault: fault.clone(),
            plugin,
            parameters,
            at_start: at_start && !went_back,
            left: self.engine.strategy_state(strategy) == Some(StrategyState::Error),
            saved: self.memory.saved.get(&strategy).cloned(),
            definitions: Arc::clone(&self.memory.definitions),
        }
    }
}

fn has_effect(items: &[Item], is_it: impl Fn(&Effect) -> bool) -> bool {
    items
        .iter()
        .any(|item| matches!(item, Item::Effect(_, _, effect) if is_it(effect)))
}
