//! What operators see of strategies that broke, and the release of plugins from quarantine.

use super::HostHandle;
use crate::faults::cost::SAMPLED;
use crate::faults::{CostView, DeadLetter};
use crate::handle::{HostError, Queries, ReleasedPlugin};
use crate::strategy::not_found;
use registry::{Decision, Record};
use std::sync::Arc;

/// The dead letters of a strategy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeadLetters {
    /// Each with its name, the newest first.
    pub letters: Vec<(String, DeadLetter)>,
    /// How many of the host's made room for newer ones since it began.
    pub dropped: u64,
}

impl HostHandle {
    /// The inputs over which a strategy broke, as far as they are kept.
    ///
    /// # Errors
    /// `NotFound` when there is no such strategy.
    pub async fn dead_letters(&self, strategy: &str) -> Result<DeadLetters, HostError> {
        self.must_know(strategy)?;
        let (letters, name) = (Arc::clone(&self.0.care.letters), strategy.to_owned());
        self.blocking(move || {
            Ok(DeadLetters {
                letters: letters.of(&name),
                dropped: letters.dropped(),
            })
        })
        .await
    }

    /// The file of a dead letter, for `argonaut replay --event`.
    ///
    /// # Errors
    /// `NotFound` when there is no such strategy, or no such letter of it.
    pub async fn dead_letter(&self, strategy: &str, name: &str) -> Result<Vec<u8>, HostError> {
        self.must_know(strategy)?;
        let letters = Arc::clone(&self.0.care.letters);
        let (strategy, name) = (strategy.to_owned(), name.to_owned());
        self.blocking(move || {
            let found = letters.get(&strategy, &name);
            found.ok_or_else(|| not_found("dead letter", &name))
        })
        .await
    }

    /// What events cost the version of a strategy that runs, or ran last.
    ///
    /// # Errors
    /// `NotFound` when there is no such strategy, `Conflict` when it never ran a plugin.
    pub fn cost(&self, strategy: &str) -> Result<CostView, HostError> {
        let view = self.strategy(strategy);
        let view = view.ok_or_else(|| not_found("strategy", strategy))?;
        let loaded = self.0.strategies.versions.running(view.id);
        let loaded = loaded.ok_or_else(|| {
            HostError::Conflict(format!("`{strategy}` has not run a plugin; start it first"))
        })?;
        let budget = self.0.care.settings.of(strategy).budget;
        Ok(CostView {
            plugin: loaded.plugin.hash(),
            every: if budget.is_some() { 1 } else { SAMPLED },
            costs: loaded.meter.cost().so_far(),
            budget,
        })
    }

    fn must_know(&self, strategy: &str) -> Result<(), HostError> {
        match self.strategy(strategy) {
            Some(_) => Ok(()),
            None => Err(not_found("strategy", strategy)),
        }
    }

    /// Plugins that broke too often and may not run until somebody releases them, the latest first.
    pub fn quarantined(&self) -> Vec<Arc<Record>> {
        self.0.strategies.admission.registry().quarantined()
    }

    /// Lets a plugin run again that is in quarantine; it is named by its SHA-256 or the first digits of it.
    /// Strategies that have it stay as they are until somebody resumes or starts them.
    ///
    /// # Errors
    /// [`HostError::Registry`] says why not.
    pub async fn release_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<ReleasedPlugin, HostError> {
        let (strategies, plugin) = (Arc::clone(&self.0.strategies), plugin.to_owned());
        self.blocking(move || strategies.release(&plugin, decision))
            .await
    }
}
