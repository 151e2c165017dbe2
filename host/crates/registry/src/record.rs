//! What a host knows of a component: what it is, who vouched for it, what was done with it.

use crate::manifest::Manifest;
use crate::quarantine::{FaultNote, Quarantine};
use crate::trust::{Key, Signer};
use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Most acts that a record has.
pub(crate) const MAX_ACTS: usize = 1_000;
/// Most places where one component was put to use.
pub(crate) const MAX_USES: usize = 10_000;

/// Where a component is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was admitted, and nobody has said more.
    Uploaded,
    /// Somebody said that it may run.
    Approved,
    /// It may never run again.
    Revoked,
    /// Its bytes are gone; they may come again.
    Deleted,
}

impl State {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "UPLOADED",
            Self::Approved => "APPROVED",
            Self::Revoked => "REVOKED",
            Self::Deleted => "DELETED",
        }
    }
}

/// How a component came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// With a request.
    Upload,
    /// From this file of the plugin folder.
    File(String),
}

/// What was done with a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// It came in, for the first time or after it was deleted.
    Upload,
    /// Somebody said that it may run.
    Approve,
    /// Somebody said that it may never run again.
    Revoke,
    /// Somebody removed its bytes.
    Delete,
    /// It broke too often, and runs no more until somebody lets it.
    Quarantine,
    /// Somebody let it run again.
    Release,
}

impl Deed {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upload => "UPLOAD",
            Self::Approve => "APPROVE",
            Self::Revoke => "REVOKE",
            Self::Delete => "DELETE",
            Self::Quarantine => "QUARANTINE",
            Self::Release => "RELEASE",
        }
    }
}

/// Who wants something, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Who, as they say.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether an older version than what runs or is approved will do.
    pub force: bool,
    /// When, by the host's clock.
    pub at: Timestamp,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// What.
    pub deed: Deed,
    /// When, in nanoseconds since the epoch by the host's clock.
    pub at_ns: u64,
    /// Who, as they said.
    pub by: Option<String>,
    /// Why, as they said.
    pub reason: Option<String>,
    /// Whether it was done although the version is older.
    pub forced: bool,
}

impl Act {
    pub(crate) fn new(deed: Deed, decision: &Decision, forced: bool) -> Self {
        Self {
            deed,
            at_ns: decision.at.nanos(),
            by: decision.by.clone(),
            reason: decision.reason.clone(),
            forced,
        }
    }

    /// When.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_nanos(self.at_ns)
    }
}

/// What a component is put to use as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A strategy.
    Strategy,
    /// An execution algorithm.
    Algorithm,
    /// A custom pre-trade rule.
    Rule,
    /// A model of a simulated venue.
    VenueModel,
}

impl Role {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::Algorithm => "algorithm",
            Self::Rule => "rule",
            Self::VenueModel => "venue model",
        }
    }
}

/// Where a component was put to use: a journal has it then, and needs its bytes to be stepped again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The run that began the journal, which names it.
    pub journal: String,
    /// As what.
    pub role: Role,
    /// The name of the strategy, algorithm, rule or venue.
    pub name: String,
    /// Since when, in nanoseconds since the epoch by the host's clock.
    pub since_ns: u64,
}

/// Who signed a component, when it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The public key.
    pub key: String,
    /// What the signer said about it.
    pub comment: String,
}

impl From<&Signer> for Signature {
    fn from(signer: &Signer) -> Self {
        Self {
            key: signer.key.text().to_owned(),
            comment: signer.comment.clone(),
        }
    }
}

impl Signature {
    /// The key; `None` if the record was altered.
    pub fn signer(&self) -> Option<Key> {
        Key::parse(&self.key).ok()
    }
}

/// All that is known of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it is.
    pub manifest: Manifest,
    /// Where it is on its way.
    pub state: State,
    /// Whether its bytes are here. A component that was revoked and then deleted stays revoked.
    pub kept: bool,
    /// Who signed it.
    pub signature: Option<Signature>,
    /// How it came in last.
    pub source: Source,
    /// What was done with it, oldest first.
    pub acts: Vec<Act>,
    /// Where it was put to use.
    pub uses: Vec<Use>,
    /// Its latest faults since it was released last, oldest first.
    #[serde(default)]
    pub faults: Vec<FaultNote>,
    /// Why it may not run until somebody releases it, if so.
    #[serde(default)]
    pub quarantine: Option<Quarantine>,
}

impl Record {
    /// When it came in, for the first time.
    pub fn since(&self) -> Timestamp {
        self.acts.first().map(Act::at).unwrap_or_default()
    }

    /// `name version`.
    pub fn title(&self) -> String {
        format!("{} {}", self.manifest.name, self.manifest.version)
    }
}
