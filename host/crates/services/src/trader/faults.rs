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
        for item in &self.items[from..] {
            if let Item::Effect(time, sequence, Effect::Fault(strategy, fault)) = item {
                desk.post(self.broke((*time, *sequence), *strategy, fault, from));
            }
        }
    }

    fn broke(
        &self,
        (time, sequence): (Timestamp, u64),
        strategy: StrategyId,
        fault: &Fault,
        from: usize,
    ) -> Broke {
        let mut effects = self.items[from..].iter().filter_map(|item| match item {
            Item::Effect(_, _, effect) => Some(effect),
            _ => None,
        });
        let went_back = effects.clone().any(|effect| {
            matches!(effect, Effect::Swap(id, SwapStage::RolledBack(..)) if *id == strategy)
        });
        let at_start = effects.any(|effect| {
            matches!(effect, Effect::Strategy(id, StrategyState::Running) if *id == strategy)
        });
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
