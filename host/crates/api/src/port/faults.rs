//! What this crate asks of a host about strategies that broke.

use registry::{Decision, Record};
use services::faults::CostView;
use services::handle::{HostError, ReleasedPlugin};
use services::host::{DeadLetters, HostHandle};
use std::future::Future;
use std::sync::Arc;

/// Dead letters and quarantine of a running host.
pub trait FaultPort {
    /// The inputs over which a strategy broke, as far as they are kept.
    fn dead_letters(
        &self,
        strategy: &str,
    ) -> impl Future<Output = Result<DeadLetters, HostError>> + Send;

    /// The file of a dead letter.
    fn dead_letter(
        &self,
        strategy: &str,
        letter: &str,
    ) -> impl Future<Output = Result<Vec<u8>, HostError>> + Send;

    /// What events cost the version of a strategy that runs.
    ///
    /// # Errors
    /// There is no such strategy, or it never ran.
    fn cost(&self, strategy: &str) -> Result<CostView, HostError>;

    /// Plugins in quarantine, the latest first.
    fn quarantined(&self) -> Vec<Arc<Record>>;

    /// Lets a plugin run again that is in quarantine.
    fn release_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> impl Future<Output = Result<ReleasedPlugin, HostError>> + Send;
}

impl FaultPort for HostHandle {
    async fn dead_letters(&self, strategy: &str) -> Result<DeadLetters, HostError> {
        HostHandle::dead_letters(self, strategy).await
    }

    async fn dead_letter(&self, strategy: &str, letter: &str) -> Result<Vec<u8>, HostError> {
        HostHandle::dead_letter(self, strategy, letter).await
    }

    fn cost(&self, strategy: &str) -> Result<CostView, HostError> {
        HostHandle::cost(self, strategy)
    }

    fn quarantined(&self) -> Vec<Arc<Record>> {
        HostHandle::quarantined(self)
    }

    async fn release_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<ReleasedPlugin, HostError> {
        HostHandle::release_plugin(self, plugin, decision).await
    }
}
