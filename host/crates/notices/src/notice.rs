//! What there is to tell: one event of a host in plain words, whoever hears of it.

use engine::Severity;
use model::Timestamp;

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An alert was raised, became more severe, or is over.
    Alert,
    /// A strategy broke.
    Fault,
    /// Another version of a strategy, or other parameters, took over.
    Swap,
    /// The version before took its place back.
    RollBack,
    /// A kill latch was set or cleared.
    Kill,
    /// Somebody tries the route.
    Test,
}

impl Kind {
    /// All that a route can be for.
    pub const ALL: [Self; 5] = [
        Self::Alert,
        Self::Fault,
        Self::Swap,
        Self::RollBack,
        Self::Kill,
    ];

    /// Its name in configurations and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Fault => "fault",
            Self::Swap => "swap",
            Self::RollBack => "roll_back",
            Self::Kill => "kill",
            Self::Test => "test",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// To know.
    Info,
    /// A limit is near, or the like.
    Warning,
    /// Somebody should look.
    Serious,
    /// Somebody must look at once.
    Critical,
}

impl Level {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::Serious, Self::Critical];

    /// Its name in configurations and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Serious => "serious",
            Self::Critical => "critical",
        }
    }
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Cleared => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Serious => Self::Serious,
            Severity::Critical => Self::Critical,
        }
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What kind of event.
    pub kind: Kind,
    /// What became of it: `RAISED`, `ESCALATED` and `RESOLVED` of an alert, `SET` and `CLEARED` of a kill,
    /// else `HAPPENED`.
    pub state: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The code of an alert as `GET risk/alerts` has it, the kind of a fault; else nothing.
    pub code: String,
    /// Whom it is about, as `firm` or `strategy/ema`.
    pub scope: String,
    /// In a few words.
    pub title: String,
    /// What is to be said besides; may be nothing.
    pub text: String,
    /// When, in engine time.
    pub time: Timestamp,
    /// The number of an alert.
    pub alert: Option<u64>,
}
