//! What this crate asks of a host about two versions that both trade, or take turns.

use engine::Probation;
use services::handle::{CanaryRequest, HostError, SwapReport};
use services::host::HostHandle;
use services::view::StrategyView;
use std::future::Future;
use std::sync::Arc;

/// Two versions of a strategy beside each other.
pub trait VersionPort {
    /// Lets another version take over some instruments of a running strategy.
    fn begin_canary(
        &self,
        name: &str,
        request: CanaryRequest,
    ) -> impl Future<Output = Result<SwapReport, HostError>> + Send;

    /// Gives the canary all instruments, on probation if wanted.
    fn promote_canary(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send;

    /// Gives the version before its instruments back.
    fn end_canary(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send;

    /// Lets the version on probation and the one before change places.
    fn flip(&self, name: &str)
    -> impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send;
}

impl VersionPort for HostHandle {
    async fn begin_canary(
        &self,
        name: &str,
        request: CanaryRequest,
    ) -> Result<SwapReport, HostError> {
        HostHandle::begin_canary(self, name, request).await
    }

    async fn promote_canary(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> Result<Arc<StrategyView>, HostError> {
        HostHandle::promote_canary(self, name, probation).await
    }

    async fn end_canary(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        HostHandle::end_canary(self, name).await
    }

    async fn flip(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        HostHandle::flip(self, name).await
    }
}
