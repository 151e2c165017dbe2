//! The ways to kill the firm.

use super::bad_state::BadState;
use super::host::DrillHost;
use anyhow::Result;
use services::handle::ScopeName;

/// A way to kill the firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    Rest,
    Command,
    Signal,
    File,
}

impl Trigger {
    pub(super) const ALL: [Self; 4] = [Self::Rest, Self::Command, Self::Signal, Self::File];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rest => "REST",
            Self::Command => "argonaut kill",
            Self::Signal => "SIGUSR2",
            Self::File => "kill file",
        }
    }

    /// Why it cannot be pulled in a state.
    pub(super) fn cannot(self, state: BadState) -> Option<&'static str> {
        (self == Self::Rest && state == BadState::DeafApi).then_some("there is no API to ask")
    }

    /// Pulls it; whether the firm is known to be killed when this returns.
    pub(super) fn pull(self, host: &DrillHost, state: BadState) -> Result<bool> {
        match self {
            Self::Rest => host.client().kill(&ScopeName::Firm).map(|()| true),
            Self::Command => host.kill_by_command(state == BadState::DeafApi),
            Self::Signal => host.signal().map(|()| false),
            Self::File => {
                std::fs::write(host.kill_file(), "drill\n")?;
                Ok(false)
            }
        }
    }
}
