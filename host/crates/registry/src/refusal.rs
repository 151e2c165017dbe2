//! Why the registry refuses something: each reason with a stable code and the fix.

use crate::Untrusted;

/// Why a component may not be used, or kept, or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not to be trusted.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// There is none.
    #[error(
        "there is no plugin `{0}`; name one by its SHA-256, or by the first 8 or more of its digits, as \
         `argonaut plugin list` shows them"
    )]
    Unknown(String),
    /// Several begin like that.
    #[error("`{text}` is the beginning of {found} plugins; write more of its SHA-256")]
    Ambiguous {
        /// What was given.
        text: String,
        /// How many there are.
        found: usize,
    },
    /// Nobody has said that it may run.
    #[error(
        "the plugin {title} ({hash}) is not approved; look at it with `argonaut plugin inspect {hash}`, \
         then `argonaut plugin approve {hash}`"
    )]
    NotApproved {
        /// Its name and version.
        title: String,
        /// Its hash.
        hash: String,
    },
    /// It broke too often.
    #[error(
        "the plugin {title} ({hash}) is in quarantine: {reason}; look at its faults with `argonaut plugin \
         inspect {hash}`, then run another version, or let it run with `argonaut plugin release {hash}`"
    )]
    Quarantined {
        /// Its name and version.
        title: String,
        /// Its hash.
        hash: String,
        /// Why.
        reason: String,
    },
    /// It is older than what is there.
    #[error(
        "version {version} of {name} is older than {than}, which {why}; give it a higher version, or \
         force it"
    )]
    Downgrade {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// The other one's.
        than: String,
        /// What the other one does.
        why: String,
    },
    /// Whether it is older cannot be told.
    #[error(
        "whether version `{version}` of {name} is older than `{than}`, which {why}, cannot be told; write \
         versions as MAJOR.MINOR.PATCH (semver.org), or force it"
    )]
    Unordered {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// The other one's.
        than: String,
        /// What the other one does.
        why: String,
    },
    /// Something runs it, or needs it.
    #[error("the plugin {hash} is needed: {}; {fix}", users.join(", "))]
    InUse {
        /// Its hash.
        hash: String,
        /// By whom.
        users: Vec<String>,
        /// What would free it.
        fix: &'static str,
    },
    /// Its state does not allow that.
    #[error("the plugin {hash} is {state}; {fix}")]
    State {
        /// Its hash.
        hash: String,
        /// Its state.
        state: &'static str,
        /// What would do.
        fix: &'static str,
    },
    /// There is no room.
    #[error("{0}")]
    Full(String),
    /// The disk does not take or give it.
    #[error("the registry's folder does not work: {0}")]
    Disk(String),
}

impl Refusal {
    /// The stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Untrusted(reason) => reason.code(),
            Self::Unknown(_) => "PLUGIN_UNKNOWN",
            Self::Ambiguous { .. } => "PLUGIN_AMBIGUOUS",
            Self::NotApproved { .. } => "PLUGIN_NOT_APPROVED",
            Self::Quarantined { .. } => "PLUGIN_QUARANTINED",
            Self::Downgrade { .. } => "PLUGIN_DOWNGRADE",
            Self::Unordered { .. } => "PLUGIN_VERSION_UNORDERED",
            Self::InUse { .. } => "PLUGIN_IN_USE",
            Self::State { .. } => "PLUGIN_STATE",
            Self::Full(_) => "REGISTRY_FULL",
            Self::Disk(_) => "REGISTRY_DISK",
        }
    }
}
