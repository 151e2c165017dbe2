//! The ways to kill the firm, or a part of it.

use super::Cell;
use super::bad_state::BadState;
use super::host::DrillHost;
use anyhow::Result;
use services::handle::ScopeName;
use services::kill_file::KillFile;

/// A way to kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    Rest,
    Command,
    Signal,
    File,
}

impl Trigger {
    pub(super) const ALL: [Self; 4] = [Self::Rest, Self::Command, Self::Signal, Self::File];

    /// Those that can be told of a part; a signal names nobody.
    pub(super) const OF_PARTS: [Self; 3] = [Self::Rest, Self::Command, Self::File];

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

    /// Pulls it; whether the scope is known to be killed when this returns.
    pub(super) fn pull(self, host: &DrillHost, cell: &Cell) -> Result<bool> {
        let scope = &cell.scope;
        match self {
            Self::Rest => host.client().kill(scope).map(|()| true),
            Self::Command => {
                let is_part = *scope != ScopeName::Firm;
                host.kill_by_command(scope, is_part || cell.state == BadState::DeafApi)
            }
            Self::Signal => host.signal().map(|()| false),
            Self::File => {
                match scope {
                    // What nobody understands means the firm.
                    ScopeName::Firm => std::fs::write(host.kill_file(), "drill\n")?,
                    part => KillFile::new(host.kill_file()).write(part)?,
                }
                Ok(false)
            }
        }
    }
}
