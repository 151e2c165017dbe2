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
    /// Whether the one before trades too: the one that runs has some instruments only.
    shares: bool,
}

impl Versions {
    /// A strategy was started with this version.
    pub(crate) fn started(&self, strategy: StrategyId, version: Version) {
        let mut all = lock(&self.0);
        match all.get_mut(&strategy) {
            Some(known) => known.running = version,
            None => {
                let running = version;
                let known = Known {
                    running,
                    before: None,
                    shares: false,
                };
                all.insert(strategy, known);
            }
        }
    }

    /// A version took over; the one before is at hand if it `stays`, and trades if it `shares`.
    pub(crate) fn took_over(
        &self,
        strategy: StrategyId,
        version: Version,
        (stays, shares): (bool, bool),
    ) {
        let mut all = lock(&self.0);
        let before = all.remove(&strategy).filter(|_| stays);
        let known = Known {
            running: version,
            before: before.map(|known| known.running),
            shares,
        };
        all.insert(strategy, known);
    }

    /// The one before runs again; says which that is.
    pub(crate) fn rolled_back(&self, strategy: StrategyId) -> Option<PluginView> {
        let mut all = lock(&self.0);
        let known = all.get_mut(&strategy)?;
        known.running = known.before.take()?;
        known.shares = false;
        Some(known.running.view.clone())
    }

    /// The two changed places; says which runs now.
    pub(crate) fn flipped(&self, strategy: StrategyId) -> Option<PluginView> {
        let mut all = lock(&self.0);
        let known = all.get_mut(&strategy)?;
        let before = known.before.as_mut()?;
        std::mem::swap(&mut known.running, before);
        Some(known.running.view.clone())
    }

    /// The one before is gone.
    pub(crate) fn let_go(&self, strategy: StrategyId) {
        if let Some(known) = lock(&self.0).get_mut(&strategy) {
            (known.before, known.shares) = (None, false);
        }
    }

    /// The one before trades no more, and is at hand.
    pub(crate) fn promoted(&self, strategy: StrategyId) {
        if let Some(known) = lock(&self.0).get_mut(&strategy) {
            known.shares = false;
        }
    }

    /// Whether the one before trades too.
    pub(crate) fn shares(&self, strategy: StrategyId) -> bool {
        lock(&self.0)
            .get(&strategy)
            .is_some_and(|known| known.shares)
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
