//! Versions of a strategy beside the one that runs: shadows, and what becomes of them.

use super::HostHandle;
use crate::handle::{Brought, CanaryRequest, HostError, ShadowRequest, SwapReport};
use crate::shadow::ShadowReport;
use crate::strategy::check_probation;
use crate::trader::Request;
use crate::view::StrategyView;
use engine::{Command, Engine, Probation};
use std::sync::Arc;
use tokio::sync::oneshot;

impl HostHandle {
    /// Lets another version of a running strategy trade beside it, in a copy of the engine that
    /// matches its orders itself; what the two decide is compared.
    ///
    /// # Errors
    /// [`HostError::Plugin`] names the stage that failed; `Conflict` when there is a shadow already, a
    /// request of the strategy is under way, or it does not run.
    pub async fn begin_shadow(
        &self,
        name: &str,
        request: ShadowRequest,
    ) -> Result<ShadowReport, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        let asked = name.to_owned();
        self.blocking(move || {
            strategies.begin_shadow(&asked, request)?;
            strategies.shadow_report(&asked)
        })
        .await
    }

    /// How far the shadow of a strategy and the version that runs agree; also of the latest one that
    /// is over.
    ///
    /// # Errors
    /// `NotFound` when there was none since the host began.
    pub fn shadow_report(&self, name: &str) -> Result<ShadowReport, HostError> {
        self.0.strategies.shadow_report(name)
    }

    /// Ends the shadow of a strategy and returns its last report.
    ///
    /// # Errors
    /// `Conflict` when none trades.
    pub async fn end_shadow(&self, name: &str) -> Result<ShadowReport, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        let asked = name.to_owned();
        self.blocking(move || {
            strategies.end_shadow(&asked, "ended by an operator")?;
            strategies.shadow_report(&asked)
        })
        .await
    }

    /// Swaps the running version for the one in its shadow: the same bytes with the same parameters,
    /// made anew. The shadow is over with it; if the swap fails, it goes on.
    ///
    /// # Errors
    /// As [`HostHandle::swap`]; `Conflict` when no shadow trades.
    pub async fn promote(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> Result<SwapReport, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        let asked = name.to_owned();
        let promote = move || strategies.promote(&asked, probation);
        let done = self.blocking(promote).await?;
        self.swap_report(name, done)
    }

    /// Puts the version before in the place of the one that is on probation, between two events.
    ///
    /// # Errors
    /// `Conflict` when none is on probation.
    pub async fn roll_back(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.quick(name, Command::RollBack).await
    }

    /// Lets the version on probation and the one before change places, between two events. Both are warm
    /// before and after.
    ///
    /// # Errors
    /// `Conflict` when none is on probation, or a canary is.
    pub async fn flip(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.quick(name, Command::Flip).await
    }

    /// Lets another version take over some instruments of a running strategy, and the one that runs
    /// trade all others beside it.
    ///
    /// # Errors
    /// As [`HostHandle::swap`]; `Invalid` names an instrument there is not, `Disagrees` what a canary does not bear.
    pub async fn begin_canary(
        &self,
        name: &str,
        request: CanaryRequest,
    ) -> Result<SwapReport, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        let asked = name.to_owned();
        let begin = move || strategies.begin_canary(&asked, request);
        let done = self.blocking(begin).await?;
        self.swap_report(name, done)
    }

    /// Gives the canary of a strategy all instruments, on probation if wanted.
    ///
    /// # Errors
    /// `Conflict` when there is none, `Invalid` for a probation that cannot be meant.
    pub async fn promote_canary(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> Result<Arc<StrategyView>, HostError> {
        probation.as_ref().map_or(Ok(()), check_probation)?;
        let reason = "promoted by an operator".to_owned();
        let promote = |strategy| Command::CanaryPromote {
            strategy,
            probation,
            reason,
        };
        self.quick(name, promote).await
    }

    /// Ends the canary of a strategy: the version before has all instruments again.
    ///
    /// # Errors
    /// `Conflict` when there is none.
    pub async fn end_canary(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        let reason = "ended by an operator".to_owned();
        let end = |strategy| Command::CanaryEnd { strategy, reason };
        self.quick(name, end).await
    }

    /// What a strategy brought before the version on probation took over, and by now.
    ///
    /// # Errors
    /// `NotFound`, `Busy` when the queue is full.
    pub async fn brought(&self, name: &str) -> Result<Brought, HostError> {
        let strategy = self.known(name)?.id;
        let (reply, answer) = oneshot::channel();
        let read = move |engine: &Engine| {
            let (before, now) = engine.brought_by(strategy);
            // Who asked may be gone.
            let _gone = reply.send(Brought { before, now });
        };
        let request = Request::Read(Box::new(read));
        self.0.inbox.offer_command(request)?;
        answer.await.map_err(|_| HostError::Stopped)
    }

    /// Ends a probation: the version stays, and the one before is let go.
    ///
    /// # Errors
    /// `Conflict` when none is on probation, or a canary is.
    pub async fn keep(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        let reason = "confirmed by an operator".to_owned();
        let keep = |strategy| Command::EndProbation { strategy, reason };
        self.quick(name, keep).await
    }
}
