//! What of the inputs of a run a shadow sees: the market, time, and what operators decide about all
//! orders alike. What is about orders, or comes from venues, is about the run's own orders.

use crate::input::{Command, Definition, Input};
use model::StrategyId;

impl Input {
    /// This input as the shadow of a strategy sees it, at the same place and time. Of what it does not
    /// see, time is left.
    pub fn for_shadow(&self, of: StrategyId) -> Self {
        match self {
            Self::Quote(_)
            | Self::Trade(_)
            | Self::Bar(_)
            | Self::Mark(_)
            | Self::Status(_)
            | Self::Book(_)
            | Self::Lifecycle(_) => self.clone(),
            Self::Define(definition) => defined(definition),
            Self::Command(command) if concerns(command, of) => self.clone(),
            Self::Clock | Self::Command(_) | Self::VenueReport(_) | Self::VenueSnapshot(_) => {
                Self::Clock
            }
        }
    }
}

/// Handles count up, so all that gets one is defined there too; venues are all simulated.
fn defined(definition: &Definition) -> Input {
    match definition {
        Definition::Adopter(_) => Input::Clock,
        Definition::Venue(config) => {
            let mut config = config.clone();
            config.external = None;
            Input::Define(Box::new(Definition::Venue(config)))
        }
        other => Input::Define(Box::new(other.clone())),
    }
}

fn concerns(command: &Command, of: StrategyId) -> bool {
    match command {
        // A signal is judged again: a shadow may have the export that its strategy lacks.
        Command::Pause(id)
        | Command::Resume(id)
        | Command::ClearRepeats(id)
        | Command::Signal(id, ..) => *id == of,
        Command::SetTradingState(_)
        | Command::SetKillLatch(_)
        | Command::SetScopeState(..)
        | Command::SetScopeKill(..)
        | Command::SetDataIntact(..)
        | Command::ScaleLimits(..)
        | Command::RemoveRule(_)
        | Command::Convert { .. }
        | Command::SetJournalWritable(_) => true,
        Command::Start { .. }
        | Command::Stop(_)
        | Command::SwapBegin { .. }
        | Command::SwapCommit(_)
        | Command::SwapAbort { .. }
        | Command::CanaryBegin { .. }
        | Command::CanaryPromote { .. }
        | Command::CanaryEnd { .. }
        | Command::Flip(_)
        | Command::PlaceOrders(..)
        | Command::PlaceWorked(..)
        | Command::ModifyOrder(_)
        | Command::CancelOrder(_)
        | Command::SetVenueConnected(..)
        | Command::Reconcile(_)
        | Command::AcceptPositions(_)
        | Command::EndRun
        | Command::Snapshot
        | Command::ShadowBegin { .. }
        | Command::ShadowEnd { .. }
        | Command::RollBack(_)
        | Command::EndProbation { .. }
        | Command::Save(_) => false,
    }
}
