//! The one door to a running host: commands go in, answers and updates come out. Cheap to clone.

mod scope;
mod ticket;

use crate::metrics::{MetricsView, Regimes, Scenario};
use crate::plugin::Progress;
use crate::portfolio::Holdings;
use crate::view::{
    AccountView, AlertView, CashFlowView, EngineView, InstrumentView, LifeEventView, LimitsView,
    LocateView, PositionView, ScopeView, StrategyView, Update, VenueView,
};
use engine::{AlgorithmConfig, HandOver, LimitScope, Probation, RuleConfig, SwapTerms, WhenOver};
use model::{DenyCode, Fill, Money, Order, OrderId};
use registry::{Record, Role};
pub use scope::ScopeName;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
pub use ticket::OrderTicket;

/// Where a plugin's bytes come from.
#[derive(Debug, Clone)]
pub enum PluginSource {
    /// Sent with the request.
    Bytes {
        /// The component.
        bytes: Vec<u8>,
        /// The text of its `.minisig` file, if it is signed.
        signature: Option<String>,
    },
    /// A file on the host, below its plugin folder. Its signature is beside it, as `FILE.minisig`.
    Path(PathBuf),
    /// A file of the plugin folder that was read already.
    Found {
        /// Its path there.
        file: PathBuf,
        /// The component.
        bytes: Vec<u8>,
        /// The text of its `.minisig` file, if it is signed.
        signature: Option<String>,
    },
    /// One that the host has, by its SHA-256 or the first digits of it.
    Kept(String),
}

/// What marks a plugin's hash where a path could stand.
const HASH_PREFIX: &str = "sha256:";

impl PluginSource {
    /// Bytes that nobody signed.
    pub fn unsigned(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes {
            bytes: bytes.into(),
            signature: None,
        }
    }

    /// From text: `sha256:` and digits name one that the host has, everything else is a path.
    pub fn named(text: &str) -> Self {
        match text.strip_prefix(HASH_PREFIX) {
            Some(digits) => Self::Kept(digits.to_owned()),
            None => Self::Path(PathBuf::from(text)),
        }
    }
}

/// On what terms a plugin is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Whether an older version than what runs or is approved will do.
    pub force: bool,
    /// Who asks, as they say.
    pub by: Option<String>,
    /// Whether the configuration names it, which is the operator's word: it is approved with that, and
    /// whatever its version.
    pub configured: bool,
    /// Who is told how far it is.
    pub progress: Progress,
}

impl Terms {
    /// Of what the configuration names.
    pub fn configured() -> Self {
        Self {
            configured: true,
            ..Self::default()
        }
    }
}

/// A plugin that was revoked.
#[derive(Debug, Clone)]
pub struct RevokedPlugin {
    /// What is known of it now.
    pub record: Arc<Record>,
    /// Strategies that ran it and are paused now.
    pub paused: Vec<String>,
}

/// A plugin that was let go from quarantine.
#[derive(Debug, Clone)]
pub struct ReleasedPlugin {
    /// What is known of it now.
    pub record: Arc<Record>,
    /// Strategies that have it, paused, broken or stopped; somebody must resume or start them.
    pub strategies: Vec<String>,
}

/// Who has a plugin now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginUser {
    /// As what.
    pub role: Role,
    /// The name of the strategy, algorithm, rule or venue.
    pub name: String,
}

/// A new strategy.
#[derive(Debug, Clone)]
pub struct LoadRequest {
    /// Unique name.
    pub name: String,
    /// The account it trades, by name; the only one when `None`.
    pub account: Option<String>,
    /// Its plugin.
    pub plugin: PluginSource,
    /// Parameters.
    pub parameters: BTreeMap<String, String>,
    /// What becomes of its orders when it faults.
    pub on_fault: engine::OrdersOnFault,
    /// Whether to start it at once.
    pub start: bool,
    /// On what terms the plugin is taken.
    pub terms: Terms,
}

/// Something that happens to an instrument, as an operator tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstrumentNews {
    /// Longs of a perpetual pay this share of their value.
    Funding(model::Rate),
    /// The final price of a future, or of what an option is written on.
    Settlement(model::Price),
    /// A share splits.
    Split {
        /// Shares after.
        numerator: u32,
        /// Shares before.
        denominator: u32,
    },
    /// A share pays.
    Dividend {
        /// For each share.
        amount: model::Money,
        /// Name of the currency.
        currency: String,
    },
    /// Its simulated venue halts it, or lets it trade again.
    Status {
        /// Whether it is halted from now on.
        halted: bool,
    },
    /// Prices that are not traded, as its simulated venue gives them; what is `None` stays as it was.
    Prices {
        /// At which the venue values positions.
        mark: Option<model::Price>,
        /// Of the index that it follows.
        index: Option<model::Price>,
    },
}

/// A swap of a strategy's plugin.
#[derive(Debug, Clone)]
pub struct SwapRequest {
    /// The new plugin; the one that runs when `None` (to change parameters alone).
    pub plugin: Option<PluginSource>,
    /// New parameters; those of the running one where not named.
    pub parameters: BTreeMap<String, String>,
    /// On what terms the plugin is taken.
    pub terms: Terms,
    /// What it begins with, and how it is watched afterwards.
    pub succession: SwapTerms,
    /// Whether a strategy that is stopped or broken is started with it; otherwise such a one is not swapped.
    pub start: bool,
}

/// Another version of a running strategy, to take over some of its instruments.
#[derive(Debug, Clone)]
pub struct CanaryRequest {
    /// Its plugin; the one that runs when `None` (to try other parameters).
    pub plugin: Option<PluginSource>,
    /// Its parameters; those of the running one where not named.
    pub parameters: BTreeMap<String, String>,
    /// On what terms the plugin is taken.
    pub terms: Terms,
    /// What it begins with.
    pub hand_over: HandOver,
    /// Symbols of the instruments that are its own; all others stay with the version that runs.
    pub instruments: Vec<String>,
    /// How it is watched. Losses and refusals count on its instruments; it bears no faults.
    pub probation: Probation,
    /// What becomes of it when its time is over.
    pub when_over: WhenOver,
}

/// Another version of a running strategy, to be tried beside it.
#[derive(Debug, Clone)]
pub struct ShadowRequest {
    /// Its plugin; the one that runs when `None` (to try other parameters).
    pub plugin: Option<PluginSource>,
    /// Its parameters; those of the running one where not named.
    pub parameters: BTreeMap<String, String>,
    /// On what terms the plugin is taken.
    pub terms: Terms,
    /// What it begins with.
    pub hand_over: HandOver,
    /// How far apart in event time two orders may be and still be the same decision; a second when
    /// `None`.
    pub tolerance: Option<model::Duration>,
}

/// An execution algorithm to put in place.
#[derive(Debug, Clone)]
pub struct AlgorithmRequest {
    /// The name by which orders ask for it. One of this name is replaced.
    pub name: String,
    /// Its plugin.
    pub plugin: PluginSource,
    /// Parameters of orders that do not give their own.
    pub parameters: BTreeMap<String, String>,
    /// On what terms the plugin is taken.
    pub terms: Terms,
}

/// A custom pre-trade rule to put in place.
#[derive(Debug, Clone)]
pub struct RuleRequest {
    /// Unique name. One of this name is replaced.
    pub name: String,
    /// Whose orders it judges: the firm's, an account's or a strategy's.
    pub scope: ScopeName,
    /// Its plugin.
    pub plugin: PluginSource,
    /// Parameters.
    pub parameters: BTreeMap<String, String>,
    /// On what terms the plugin is taken.
    pub terms: Terms,
}

/// What a swap did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapReport {
    /// The strategy after the swap.
    pub strategy: Arc<StrategyView>,
    /// Engine sequence at which the candidate took the state.
    pub begun_at: u64,
    /// Engine sequence at which it took over.
    pub committed_at: u64,
    /// Events it caught up on while muted.
    pub caught_up: u64,
    /// How long the engine thread was held by the switch, in nanoseconds.
    pub switch_ns: u64,
    /// How long the whole swap took, in nanoseconds.
    pub total_ns: u64,
}

/// What a strategy brought, fees paid, in the base currency of its account: of a canary on its instruments,
/// and otherwise in all. `None` where something had no price or rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brought {
    /// Until the version on probation took over; `None` without one, too.
    pub before: Option<Money>,
    /// Until now.
    pub now: Option<Money>,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing of that name.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// The name given.
        name: String,
    },
    /// A field that cannot be used, or names what is not there.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field at fault.
        field: &'static str,
        /// Why, and what would do.
        reason: String,
    },
    /// The thing's state does not allow it now.
    #[error("{0}")]
    Conflict(String),
    /// The plugin was refused; nothing changed.
    #[error("{stage}: {reason}")]
    Plugin {
        /// The stage that failed: read, size, parse, imports, world, compile, describe, parameters,
        /// init, hand-over, catch-up, switch; of a shadow copy.
        stage: &'static str,
        /// Why, and what would do.
        reason: String,
    },
    /// The plugin is not to be trusted, or may not run; nothing changed.
    #[error("{code}: {0}", code = .0.code())]
    Registry(#[from] registry::Refusal),
    /// What was asked for was done, and only then its plugin was found to be one that may run no more, as
    /// when it is revoked meanwhile. The strategy is paused.
    #[error("{done}, and is paused: meanwhile its plugin may run no more: {refusal}")]
    HeldBack {
        /// What was done.
        done: &'static str,
        /// Why it may run no more.
        refusal: registry::Refusal,
    },
    /// The risk gate refused a change of an order, which stays as it was.
    #[error("the risk gate refused the change: {code}, {reason}")]
    Denied {
        /// Why.
        code: DenyCode,
        /// In words: a custom rule's own, or what the code means.
        reason: String,
    },
    /// One order of a list is at fault; none was placed.
    #[error("order {place} of the list: {error}")]
    InList {
        /// Its place, from 0.
        place: usize,
        /// What is wrong with it.
        error: Box<HostError>,
    },
    /// The engine's queue is full; try again.
    #[error("the engine is busy; try again")]
    Busy,
    /// The host is stopping or has failed.
    #[error("the host is not running")]
    Stopped,
    /// A field is well formed, and does not go with the others or with what the request is about.
    #[error("{field}: {reason}")]
    Disagrees {
        /// The field at fault.
        field: &'static str,
        /// Why, and what would do.
        reason: String,
    },
}

/// The queries that the API answers from projections; none of them touches the engine thread.
pub trait Queries {
    /// The engine in a few numbers.
    fn engine(&self) -> EngineView;
    /// All instruments.
    fn instruments(&self) -> Vec<InstrumentView>;
    /// All venues, and how things stand with them.
    fn venues(&self) -> Vec<Arc<VenueView>>;
    /// All strategies.
    fn strategies(&self) -> Vec<Arc<StrategyView>>;
    /// One strategy by name.
    fn strategy(&self, name: &str) -> Option<Arc<StrategyView>>;
    /// Open orders, then the latest closed ones (a bounded number), newest first.
    fn orders(&self) -> Vec<Order>;
    /// One order, if it is open or among the latest closed ones.
    fn order(&self, id: OrderId) -> Option<Order>;
    /// The latest fills (a bounded number), newest first.
    fn fills(&self) -> Vec<Fill>;
    /// All positions.
    fn positions(&self) -> Vec<PositionView>;
    /// All accounts.
    fn accounts(&self) -> Vec<AccountView>;
    /// Everything that is held, as it is at one moment.
    fn holdings(&self) -> Holdings;
    /// The latest money that came or left without a trade (a bounded number), newest first.
    fn cash_flows(&self) -> Vec<CashFlowView>;
    /// What happened last to instruments and margins (a bounded number), newest first.
    fn life_events(&self) -> Vec<LifeEventView>;
    /// The limits of a scope.
    fn limits(&self, scope: LimitScope) -> LimitsView;
    /// What accounts may be short where that must be located, by account, then by instrument.
    fn locates(&self) -> Vec<LocateView>;
    /// Whether orders under a scope may leave.
    fn risk_state(&self, scope: LimitScope) -> ScopeView;
    /// The latest alerts (a bounded number), newest first.
    fn alerts(&self) -> Vec<AlertView>;
    /// How many orders and changes were denied with a code.
    fn denials(&self, code: DenyCode) -> u64;
    /// Execution algorithms, by the number of their handle.
    fn algorithms(&self) -> Vec<AlgorithmConfig>;
    /// Custom pre-trade rules, in the order in which they are asked.
    fn rules(&self) -> Vec<RuleConfig>;
    /// The latest risk metrics; `None` before the first reckoning.
    fn metrics(&self) -> Option<Arc<MetricsView>>;
    /// All scenarios by name.
    fn scenarios(&self) -> Vec<Scenario>;
    /// The named factors for limits.
    fn regimes(&self) -> Regimes;
    /// The regimes that scopes are in.
    fn regimes_now(&self) -> Vec<(LimitScope, String)>;
}

/// Updates as they happen. A receiver that falls behind by more than the channel holds is told so
/// and must take a fresh snapshot through [`Queries`].
pub type Updates = tokio::sync::broadcast::Receiver<Arc<Update>>;
