//! Two versions beside each other, as the table has them.

use super::plugins::source;
use super::{BTCUSD, Fake};
use crate::fake_values::{on_probation, rolled_back, swap_report};
use api::VersionPort;
use engine::Probation;
use services::handle::{CanaryRequest, HostError, SwapReport};
use services::view::{CanaryView, StrategyView};
use std::sync::Arc;
use tokio::sync::Notify;

impl Fake {
    /// Makes each swap, load, canary and signal from now on, once it was asked for, wait until it is told to go on.
    pub(crate) fn hold_swaps(&self) -> Arc<Notify> {
        let go_on = Arc::new(Notify::new());
        self.tables().swaps_wait = Some(go_on.clone());
        go_on
    }

    pub(super) async fn wait_to_swap(&self) {
        let waits = self.tables().swaps_wait.clone();
        if let Some(go_on) = waits {
            go_on.notified().await;
        }
    }
}

impl VersionPort for Fake {
    async fn begin_canary(
        &self,
        name: &str,
        request: CanaryRequest,
    ) -> Result<SwapReport, HostError> {
        let plugin = request.plugin.as_ref().map(source);
        self.ask(format!(
            "canary {name} {plugin:?} {:?} {:?} {:?} {:?} {:?}",
            request.parameters,
            request.hand_over,
            request.instruments,
            request.probation,
            request.when_over
        ))?;
        self.wait_to_swap().await;
        let strategy = self.edit(name, |view| {
            let mut watched = on_probation(request.probation);
            watched.canary = Some(CanaryView {
                instruments: vec![BTCUSD],
                when_over: request.when_over,
            });
            view.probation = Some(watched);
        })?;
        Ok(swap_report(strategy))
    }

    async fn promote_canary(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> Result<Arc<StrategyView>, HostError> {
        self.ask(format!("promote canary {name} {probation:?}"))?;
        self.edit(name, |view| view.probation = probation.map(on_probation))
    }

    async fn end_canary(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.ask(format!("end canary {name}"))?;
        self.edit(name, |view| {
            view.probation = None;
            view.last_roll_back = Some(rolled_back());
        })
    }

    async fn flip(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.ask(format!("flip {name}"))?;
        self.edit(name, |_| {})
    }
}
