//! What the engine's thread keeps of the versions of strategies: it is the first to know when one takes
//! over, and when one takes its place back.

use super::Trader;
use crate::outlet::Item;
use crate::strategy::versions::{Version, Versions};
use crate::view::PluginView;
use engine::{Effect, SwapStage};
use model::StrategyId;
use std::sync::Arc;

impl Trader {
    /// Which version runs for each strategy.
    pub(crate) fn versions(&self) -> &Arc<Versions> {
        &self.versions
    }

    /// A strategy was started with this version, unless that broke at once and left its place.
    pub(crate) fn started(&mut self, strategy: StrategyId, version: Version) {
        let view = &version.view;
        let is_there = self.engine.plugin(strategy) == Some(view.hash)
            && self.engine.parameters(strategy) == view.parameters;
        if is_there {
            self.show_plugin(strategy, version.view.clone());
            self.versions.started(strategy, version);
        }
    }

    /// This version took over a moment ago.
    pub(crate) fn took_over(&mut self, strategy: StrategyId, version: Version) {
        let watched = self.engine.probation(strategy).is_some();
        let shares = self.engine.canary(strategy).is_some();
        self.show_plugin(strategy, version.view.clone());
        self.versions
            .took_over(strategy, version, (watched, shares));
    }

    fn show_plugin(&mut self, strategy: StrategyId, view: PluginView) {
        let now = self.engine.now();
        self.items.push(Item::Plugin(now, strategy, Box::new(view)));
    }

    /// Follows versions that went back, changed places or were let go, among what the last input changed.
    pub(super) fn follow_versions(&mut self, from: usize) {
        let mut back = Vec::new();
        for item in &self.items[from..] {
            let Item::Effect(_, _, Effect::Swap(strategy, stage)) = item else {
                continue;
            };
            let runs_again = match stage {
                SwapStage::RolledBack(..) => self.versions.rolled_back(*strategy),
                SwapStage::Flipped(_) => self.versions.flipped(*strategy),
                SwapStage::Kept(_) => {
                    self.versions.let_go(*strategy);
                    None
                }
                SwapStage::Promoted(..) => {
                    self.versions.promoted(*strategy);
                    None
                }
                _ => None,
            };
            back.extend(runs_again.map(|view| (*strategy, view)));
        }
        for (strategy, view) in back {
            self.show_plugin(strategy, view);
        }
    }
}
