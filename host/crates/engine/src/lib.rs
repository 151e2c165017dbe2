//! The deterministic trading core.
//!
//! One call does everything: [`Engine::step`] takes a [`Sequenced`] input and returns what changed.
//! The engine is a pure function of its inputs and of the strategies staged into it: it reads no
//! clock, draws no random numbers, starts no threads, does no I/O, and holds no hash maps whose
//! order could leak. Time arrives with the input.
//!
//! What is absent on purpose: WebAssembly (strategies are a port, [`model::Strategy`]), files (the
//! journal hands bytes to a [`journal::Sink`]), and any way to send an order that the risk gate
//! has not approved.

pub mod account;
mod agenda;
pub mod algorithms;
pub mod bars;
mod canary;
pub mod candidate;
pub mod effect;
mod engine;
mod exchange;
mod exposure;
pub mod holdings;
pub mod input;
pub mod invariants;
pub mod journal;
pub mod legs;
mod listeners;
mod lists;
pub mod market;
pub mod orders;
mod outside;
mod probation;
mod ratio;
pub mod replay;
mod risk;
mod rules;
mod scopes;
mod signals;
pub mod strategies;
mod underway;
mod valuation;

pub use algorithms::Custom;
pub use candidate::Candidate;
pub use effect::{
    Alert, Ambiguity, CanaryStage, Effect, Ignored, ModelFault, Severity, ShadowStage, Standing,
    StrategyState, SwapStage, VenueEvent,
};
pub use engine::{
    Engine, FLATTEN_CODES, FLATTEN_TAG, LIQUIDATION_TAG, Profit, SNAPSHOT_FORMAT, SnapshotError,
    StepError, Understudy, Unsaved,
};
pub use input::{
    AlgorithmConfig, Allowed, CanaryTerms, Command, ConductLimits, DataLimits, Definition,
    DrawnLatency, Escalation, ExposureLimits, ExternalVenue, FillChances, ForeignOrders, HandOver,
    Input, Judged, Latency, LimitScope, Limits, LossLimits, OrdersOnFault, Outcome, Permissions,
    PriceLimits, Probation, Quantiles, RuleConfig, Scaling, SelfMatch, Sequenced, ShortLimits,
    Slippage, StrategyConfig, SwapTerms, TradingState, VenueConfig, VenueModels, VolumeLimits,
    WhenOver, Worked,
};
pub use journal::{Journal, JournalHash};
pub use lists::MAX_LIST;
pub use probation::Probed;
pub use risk::{Control, LimitBook, controls, documented};
pub use signals::KNOWN_SIGNALS;
pub use strategies::{Recorder, Staged};
pub use valuation::ValuationError;
