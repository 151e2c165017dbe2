//! Signals from outside, handed to the strategy that they are for.

use super::HostHandle;
use crate::handle::{HostError, Queries};
use crate::strategy::not_found;
use engine::{Command, Ignored};
use model::Signal;

impl HostHandle {
    /// Tells a running strategy something under an id; `false` where it was told before under this one, also
    /// in an earlier run.
    ///
    /// # Errors
    /// `NotFound` for an unknown strategy; `Conflict` with the engine's reason for one that does not run or takes
    /// no signals; `Busy`.
    pub async fn signal(
        &self,
        strategy: &str,
        id: String,
        signal: Signal,
    ) -> Result<bool, HostError> {
        let view = self.strategy(strategy);
        let view = view.ok_or_else(|| not_found("strategy", strategy))?;
        let stepped = self.step(Command::Signal(view.id, id, signal)).await?;
        match stepped.refusal() {
            None => Ok(true),
            Some(Ignored::KnownSignal(_)) => Ok(false),
            Some(why) => Err(HostError::Conflict(why.to_string())),
        }
    }
}
