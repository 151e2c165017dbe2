//! What readers are told of builds that somebody dropped into the plugin folder.

use model::{PluginHash, Timestamp};

/// What became of a plugin file that changed, or of one that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildView {
    /// When, in engine time.
    pub time: Timestamp,
    /// The file, as the configuration names it.
    pub file: String,
    /// The component in it, where that could be read.
    pub plugin: Option<PluginHash>,
    /// What became of it.
    pub outcome: BuildOutcome,
    /// Of a refusal: the stage of admission or swap that failed, or the registry's code.
    pub stage: Option<&'static str>,
    /// Why, and what would do, where nothing came of it.
    pub reason: Option<String>,
}

/// What becomes of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildOutcome {
    /// It is kept, and nothing runs it.
    Admitted,
    /// It trades in a shadow.
    Shadowed,
    /// It runs.
    Swapped,
    /// It is what runs, or what was taken before.
    Same,
    /// It lay there when the host began, and is not what runs.
    Left,
    /// It took over, and only then was found to be one that may run no more: the strategy is paused.
    HeldBack,
    /// It was not taken; what ran runs on.
    Refused,
    /// It cannot be read; what ran runs on.
    Unreadable,
    /// There is no file any more; what ran runs on.
    Gone,
}

impl BuildOutcome {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admitted => "ADMITTED",
            Self::Shadowed => "SHADOWED",
            Self::Swapped => "SWAPPED",
            Self::Same => "SAME",
            Self::Left => "LEFT",
            Self::HeldBack => "HELD_BACK",
            Self::Refused => "REFUSED",
            Self::Unreadable => "UNREADABLE",
            Self::Gone => "GONE",
        }
    }

    /// Whether somebody should look at it.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::HeldBack | Self::Refused | Self::Unreadable)
    }

    /// Whether all is well with the file. A file that is gone, or that was only found, says nothing of the
    /// build before it.
    pub const fn is_well(self) -> bool {
        !self.is_bad() && !matches!(self, Self::Gone | Self::Left)
    }
}

impl BuildView {
    /// In one line.
    pub fn line(&self) -> String {
        let said = self.outcome.name().to_ascii_lowercase().replace('_', " ");
        let reason = self.reason.iter().map(|reason| format!(": {reason}"));
        let reason: String = reason.collect();
        format!("build `{}` {said}{reason}", self.file)
    }
}
