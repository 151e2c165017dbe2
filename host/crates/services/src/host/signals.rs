//! Signals from outside, handed to the strategy that they are for.

use super::HostHandle;
use crate::handle::{HostError, Queries};
use crate::strategy::not_found;
use engine::{Command, Ignored};
use model::Signal;
use std::sync::atomic::Ordering;

impl HostHandle {
    /// Tells a running strategy something under an id; `false` where it was told before under this one, also
    /// in an earlier run.
    ///
    /// # Errors
    /// `NotFound` for an unknown strategy; `Conflict` with the engine's reason for one that does not run or takes
    /// no signals; `Busy`, also where the journal does not have it: told again it is taken or known.
    pub async fn signal(
        &self,
        strategy: &str,
        id: String,
        signal: Signal,
    ) -> Result<bool, HostError> {
        let view = self.strategy(strategy);
        let view = view.ok_or_else(|| not_found("strategy", strategy))?;
        let stepped = self.step(Command::Signal(view.id, id, signal)).await?;
        let lasts = !self.0.journal_failed.load(Ordering::Acquire);
        answer(stepped.refusal(), lasts)
    }
}

/// What is said of a signal: nothing is taken, or known, that a crash could take back.
fn answer(refusal: Option<&Ignored>, lasts: bool) -> Result<bool, HostError> {
    match refusal {
        None | Some(Ignored::KnownSignal(_)) if !lasts => Err(HostError::Busy),
        None => Ok(true),
        Some(Ignored::KnownSignal(_)) => Ok(false),
        Some(why) => Err(HostError::Conflict(why.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::StrategyId;

    #[test]
    fn what_the_journal_does_not_have_is_not_said_to_be_taken() {
        let strategy = StrategyId::new(0);
        let (known, deaf) = (Ignored::KnownSignal(strategy), Ignored::Deaf(strategy));
        assert_eq!(answer(None, true), Ok(true));
        assert_eq!(answer(Some(&known), true), Ok(false));
        assert_eq!(answer(None, false), Err(HostError::Busy));
        assert_eq!(answer(Some(&known), false), Err(HostError::Busy));
        let refused = Err(HostError::Conflict(deaf.to_string()));
        assert_eq!(answer(Some(&deaf), false), refused);
    }
}
