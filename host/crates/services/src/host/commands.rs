//! What can be asked of a running host, but for orders. Quick commands go straight to the engine's queue; slow ones
//! to a blocking worker, where they run to their end even when the asker goes away.

use super::{Ended, HostHandle};
use crate::handle::{
    AlgorithmRequest, HostError, LoadRequest, Queries, RuleRequest, ScopeName, SwapReport,
    SwapRequest,
};
use crate::strategy::{Strategies, SwapDone, not_found};
use crate::sync::lock;
use crate::trader::{Request, StepRequest, Stepped};
use crate::view::{EngineView, StrategyView};
use engine::{Command, RuleConfig, TradingState};
use model::{StrategyId, VenueId};
use std::sync::Arc;

impl HostHandle {
    /// Hands a request to the engine's thread, waiting for room.
    pub(crate) fn tell(&self, request: Request) -> Result<(), HostError> {
        self.0.inbox.send_command(request)
    }

    /// A venue outside, by name.
    pub(crate) fn external_venue(&self, name: &str) -> Result<VenueId, HostError> {
        let found = self.0.shared.read(|model| {
            let venues = (0_u32..).zip(&model.venues);
            let mut venues = venues.filter(|(_, view)| view.config.name == name);
            venues.next().map(|(n, view)| (n, view.outside.is_some()))
        });
        match found {
            Some((n, true)) => Ok(VenueId::new(n)),
            Some((_, false)) => Err(HostError::Conflict(format!("venue {name} is simulated"))),
            None => Err(not_found("venue", name)),
        }
    }

    /// Admits a plugin and adds a strategy, started if asked for. A plugin that is refused, also
    /// by its own `init`, leaves nothing behind.
    ///
    /// # Errors
    /// See [`HostError`].
    pub async fn load_strategy(
        &self,
        request: LoadRequest,
    ) -> Result<Arc<StrategyView>, HostError> {
        let name = request.name.clone();
        self.slow(name, move |strategies, _| strategies.load(request))
            .await
    }

    /// Starts a strategy that is stopped or broken, from the state it saved last.
    ///
    /// # Errors
    /// See [`HostError`]; `Conflict` when it breaks while starting.
    pub async fn start(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.slow(name.to_owned(), |strategies, name| strategies.start(name))
            .await
    }

    /// Starts the strategies again that the end of the last run stopped; returns those that could not
    /// be, with the reason.
    pub async fn start_again(&self) -> Vec<(String, HostError)> {
        let going = self.recovered().map(|recovered| recovered.going.clone());
        let mut failed = Vec::new();
        for (name, paused) in going.unwrap_or_default() {
            let mut started = self.start(&name).await.map(drop);
            if started.is_ok() && paused {
                started = self.pause(&name).await.map(drop);
            }
            failed.extend(started.err().map(|error| (name, error)));
        }
        failed
    }

    /// Stops a strategy: it is told, its state is saved, its orders are cancelled.
    ///
    /// # Errors
    /// See [`HostError`].
    pub async fn stop(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.slow(name.to_owned(), |strategies, name| strategies.stop(name))
            .await
    }

    /// Denies a strategy's new orders until resumed; it stays warm.
    ///
    /// # Errors
    /// See [`HostError`].
    pub async fn pause(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.quick(name, Command::Pause).await
    }

    /// Lets a paused strategy trade again.
    ///
    /// # Errors
    /// See [`HostError`]; [`HostError::Registry`] when its plugin may run no more.
    pub async fn resume(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.0.strategies.may_trade(name)?;
        let view = self.quick(name, Command::Resume).await?;
        // It may have been revoked in between.
        if let Err(refusal) = self.0.strategies.may_trade(name) {
            self.quick(name, Command::Pause).await?;
            return Err(refusal);
        }
        Ok(view)
    }

    /// Replaces a strategy's plugin, or its parameters alone, while it runs. No event is missed or
    /// seen twice; orders and positions stay. After any failure the old version runs on.
    ///
    /// # Errors
    /// [`HostError::Plugin`] names the stage that failed; `Conflict` when a request of the strategy
    /// is under way or it does not run. [`HostError::HeldBack`] is told after the switch.
    pub async fn swap(&self, name: &str, request: SwapRequest) -> Result<SwapReport, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        let asked = name.to_owned();
        let done = self
            .blocking(move || strategies.swap(&asked, request))
            .await?;
        self.swap_report(name, done)
    }

    pub(super) fn swap_report(&self, name: &str, done: SwapDone) -> Result<SwapReport, HostError> {
        Ok(SwapReport {
            strategy: self.known(name)?,
            begun_at: done.begun_at,
            committed_at: done.committed_at,
            caught_up: done.caught_up,
            switch_ns: done.switch_ns,
            total_ns: done.total_ns,
        })
    }

    /// Puts an execution algorithm in place, or another version in the place of one: that takes over
    /// the orders at work.
    ///
    /// # Errors
    /// [`HostError::Plugin`] names the stage that failed.
    pub async fn set_algorithm(&self, request: AlgorithmRequest) -> Result<(), HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        self.blocking(move || strategies.set_algorithm(request))
            .await
    }

    /// Puts a custom pre-trade rule in place, or in the place of one of its name.
    ///
    /// # Errors
    /// `NotFound` for a scope that is not there, [`HostError::Plugin`] names the stage that failed;
    /// `Conflict` for a scope that has no rules.
    pub async fn set_rule(&self, request: RuleRequest) -> Result<RuleConfig, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        let (scope, name) = (request.scope.find(self)?, request.name.clone());
        self.blocking(move || strategies.set_rule(scope, request))
            .await?;
        let mut rules = self.rules().into_iter();
        let set = rules.find(|rule| rule.name == name);
        set.ok_or_else(|| not_found("rule", &name))
    }

    /// Lets a custom pre-trade rule judge no more.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn remove_rule(&self, name: &str) -> Result<(), HostError> {
        let stepped = self.step(Command::RemoveRule(name.to_owned())).await?;
        match stepped.refusal() {
            Some(_) => Err(not_found("rule", name)),
            None => Ok(()),
        }
    }

    /// Lets all, only reducing, or no orders leave.
    ///
    /// # Errors
    /// `Busy` when the queue is full.
    pub async fn set_trading_state(&self, state: TradingState) -> Result<EngineView, HostError> {
        self.step(Command::SetTradingState(state)).await?;
        Ok(self.engine())
    }

    /// Sets the firm's kill latch, which cancels all orders and denies new ones, or clears it.
    ///
    /// # Errors
    /// As [`HostHandle::kill_scope`].
    pub async fn kill(&self, set: bool) -> Result<EngineView, HostError> {
        self.kill_scope(&ScopeName::Firm, set).await?;
        Ok(self.engine())
    }

    /// Ends the run in order: the feed stops, strategies stop and save, orders are cancelled, the
    /// journal is sealed, readers see the end. Returns how it ended; a second call does too.
    ///
    /// # Errors
    /// [`HostError::Stopped`] when the engine's thread died.
    pub async fn shutdown(&self) -> Result<Ended, HostError> {
        let handle = self.clone();
        self.on_worker(move || {
            handle.0.inbox.close_market();
            drop(lock(&handle.0.feed).take());
            // Refused only when it has ended already.
            let _ended = handle.0.inbox.send_command(Request::Shutdown);
            Ok(())
        })
        .await?;
        let mut ended = self.0.ended.clone();
        let ended = ended
            .wait_for(Option::is_some)
            .await
            .map_err(|_| HostError::Stopped)?;
        ended.clone().ok_or(HostError::Stopped)
    }

    /// A command that changes a strategy's state at once.
    pub(super) async fn quick(
        &self,
        name: &str,
        command: impl FnOnce(StrategyId) -> Command,
    ) -> Result<Arc<StrategyView>, HostError> {
        let view = self
            .strategy(name)
            .ok_or_else(|| not_found("strategy", name))?;
        let stepped = self.step(command(view.id)).await?;
        match stepped.refusal() {
            Some(why) => Err(HostError::Conflict(why.to_string())),
            None => self.known(name),
        }
    }

    /// Steps a command; returns when readers see what it changed.
    pub(crate) async fn step(&self, command: Command) -> Result<Stepped, HostError> {
        let (request, answer) = StepRequest::command(command);
        self.0.inbox.offer_command(request)?;
        let stepped = answer.await.map_err(|_| HostError::Stopped)?;
        self.catch_up().await;
        Ok(stepped)
    }

    /// Runs a slow request and returns the strategy as it is afterwards.
    async fn slow(
        &self,
        name: String,
        act: impl FnOnce(&Strategies, &str) -> Result<(), HostError> + Send + 'static,
    ) -> Result<Arc<StrategyView>, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        let asked = name.clone();
        self.blocking(move || act(&strategies, &asked)).await?;
        self.known(&name)
    }

    /// Runs a slow request on a worker, a bounded number at once.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> Result<T, HostError> + Send + 'static,
    ) -> Result<T, HostError> {
        let permit = Arc::clone(&self.0.workers).acquire_owned().await;
        let permit = permit.map_err(|_| HostError::Stopped)?;
        let result = self
            .on_worker(move || {
                let _permit = permit;
                act()
            })
            .await;
        // Also after a failure: whoever looks next sees what it left.
        self.catch_up().await;
        result
    }

    /// Waits until readers see what happened by now.
    pub(super) async fn catch_up(&self) {
        self.0.shared.catches_up_with(&self.0.outlet).await;
    }

    async fn on_worker<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> Result<T, HostError> + Send + 'static,
    ) -> Result<T, HostError> {
        match tokio::task::spawn_blocking(act).await {
            Ok(result) => result,
            Err(error) => {
                tracing::error!(%error, "a worker did not finish");
                Err(HostError::Stopped)
            }
        }
    }

    pub(super) fn known(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.strategy(name)
            .ok_or_else(|| not_found("strategy", name))
    }
}
