//! Which version of each strategy runs, and which ran before while that one is at hand. The engine's
//! thread keeps it, because a version can take its place back over any event.

use super::Loaded;
use crate::sync::lock;
use crate::view::PluginView;
use model::StrategyId;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A version with what readers are told of it.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) loaded: Loaded,
    pub(crate) view: PluginView,
}

/// The versions of all strategies that ever ran.
#[derive(Default)]
pub(crate) struct Versions(Mutex<BTreeMap<StrategyId, Known>>);

struct Known {
    running: Version,
    /// While the one that runs is on probation.
    before: Option<Version>,
}

impl Versions {
    /// A strategy was started with this version.
    pub(crate) fn started(&self, strategy: StrategyId, version: Version) {
        let mut all = lock(&self.0);
        match all.get_mut(&strategy) {
            Some(known) => known.running = version,
            None => {
                let running = version;
                let before = None;
                all.insert(strategy, Known { running, before });
            }
        }
    }

    /// A version took over; the one before is at hand if it `stays`.
    pub(crate) fn took_over(&self, strategy: StrategyId, version: Version, stays: bool) {
        let mut all = lock(&self.0);
        let before = all.remove(&strategy).filter(|_| stays);
        let known = Known {
            running: version,
            before: before.map(|known| known.running),
        };
        all.insert(strategy, known);
    }

    /// The one before runs again; says which that is.
    pub(crate) fn rolled_back(&self, strategy: StrategyId) -> Option<PluginView> {
        let mut all = lock(&self.0);
        let known = all.get_mut(&strategy)?;
        known.running = known.before.take()?;
        Some(known.running.view.clone())
    }

    /// The one before is gone.
    pub(crate) fn let_go(&self, strategy: StrategyId) {
        if let Some(known) = lock(&self.0).get_mut(&strategy) {
            known.before = None;
        }
    }

    /// The one before, while it is at hand.
    pub(crate) fn before(&self, strategy: StrategyId) -> Option<Loaded> {
        let all = lock(&self.0);
        let before = all.get(&strategy)?.before.as_ref()?;
        Some(before.loaded.clone())
    }

    /// What runs, or ran last.
    pub(crate) fn running(&self, strategy: StrategyId) -> Option<Loaded> {
        let all = lock(&self.0);
        all.get(&strategy).map(|known| known.running.loaded.clone())
    }
}
