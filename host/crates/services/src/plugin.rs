//! The port behind which plugins live: bytes in, strategies out. WebAssembly is one
//! implementation (see [`crate::wasm`]); tests bring their own.

mod progress;

use engine::Engine;
use model::{
    AlgorithmMaker, Instrument, InstrumentId, ModelKind, PluginHash, PreTradeRule, Strategy,
    VenueModel,
};
pub use progress::{PluginStage, Progress};
use registry::Manifest;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a plugin was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{stage}: {reason}")]
pub struct Refusal {
    /// The stage that failed: size, parse, imports, world, compile, describe, parameters, init.
    pub stage: &'static str,
    /// Why, and what would do.
    pub reason: String,
}

/// Admits plugins. Takes up to seconds, so it is never called on the engine thread.
pub trait PluginHost: Send + Sync + 'static {
    /// Checks and compiles.
    ///
    /// # Errors
    /// The stage that failed and why.
    fn admit(&self, bytes: &[u8]) -> Result<Arc<dyn Plugin>, Refusal>;

    /// Checks a component of whatever world and asks it what it is, and tells how far it is meanwhile.
    ///
    /// # Errors
    /// The stage that failed and why.
    fn inspect(&self, bytes: &[u8], progress: &Progress) -> Result<Manifest, Refusal>;

    /// Checks and compiles an execution algorithm.
    ///
    /// # Errors
    /// The stage that failed and why; a host that takes none says so.
    fn algorithm(&self, _: &[u8], _: CustomRequest) -> Result<MadeAlgorithm, Refusal> {
        Err(not_taken("execution algorithms"))
    }

    /// Checks and compiles a custom pre-trade rule and lets it initialise.
    ///
    /// # Errors
    /// The stage that failed and why; a host that takes none says so.
    fn rule(&self, _: &[u8], _: CustomRequest) -> Result<MadeRule, Refusal> {
        Err(not_taken("custom rules"))
    }

    /// Checks and compiles a model of a simulated venue and lets it initialise.
    ///
    /// # Errors
    /// The stage that failed and why; a host that takes none says so.
    fn venue_model(&self, _: &[u8], _: ModelRequest) -> Result<MadeModel, Refusal> {
        Err(not_taken("models of venues"))
    }
}

fn not_taken(what: &str) -> Refusal {
    Refusal {
        stage: "world",
        reason: format!("this host takes no {what}"),
    }
}

/// What an execution algorithm or a custom rule is made with.
#[derive(Debug, Clone)]
pub struct CustomRequest {
    /// The name under which it is set up.
    pub name: String,
    /// The instruments there are.
    pub instruments: Vec<(InstrumentId, Instrument)>,
    /// Names of currencies, by the number of their handle.
    pub currencies: Vec<String>,
    /// Names of strategies, by the number of their handle.
    pub strategies: Vec<String>,
    /// Names of accounts, by the number of their handle.
    pub accounts: Vec<String>,
    /// Parameters as given.
    pub parameters: BTreeMap<String, String>,
}

impl CustomRequest {
    /// What an algorithm or a rule was made with, as an engine that steps a journal again knows it
    /// where the journal defines it.
    pub fn known_to(engine: &Engine, name: &str, parameters: &[(String, String)]) -> Self {
        let (market, strategies) = (engine.market(), engine.strategies());
        let accounts = engine.accounts();
        Self {
            name: name.to_owned(),
            instruments: market
                .iter()
                .map(|(id, state)| (id, state.instrument.clone()))
                .collect(),
            currencies: market.currency_names().to_vec(),
            strategies: strategies.map(|(_, config)| config.name.clone()).collect(),
            accounts: accounts
                .map(|(_, account)| account.config().name.clone())
                .collect(),
            parameters: parameters.iter().cloned().collect(),
        }
    }
}

/// An algorithm, ready to be defined.
pub struct MadeAlgorithm {
    /// The hash of the plugin's bytes.
    pub plugin: PluginHash,
    /// What makes its instances.
    pub maker: Box<dyn AlgorithmMaker>,
}

/// A custom rule, ready to be put in place.
pub struct MadeRule {
    /// The hash of the plugin's bytes.
    pub plugin: PluginHash,
    /// The rule.
    pub rule: Box<dyn PreTradeRule>,
    /// The complete parameters it was made with.
    pub parameters: Vec<(String, String)>,
}

/// What a model of a simulated venue is made with.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    /// The name of the venue.
    pub venue: String,
    /// The port that it serves.
    pub kind: ModelKind,
    /// Parameters as given.
    pub parameters: BTreeMap<String, String>,
}

/// A model of a simulated venue, ready to be named by the venue's definition.
pub struct MadeModel {
    /// The hash of the plugin's bytes.
    pub plugin: PluginHash,
    /// The model.
    pub model: VenueModel,
    /// The complete parameters it was made with.
    pub parameters: Vec<(String, String)>,
}

/// What an instance is made with.
#[derive(Debug, Clone)]
pub struct InstanceRequest {
    /// The name under which it runs.
    pub strategy: String,
    /// The instruments it may use.
    pub instruments: Vec<(InstrumentId, Instrument)>,
    /// Names of currencies, by the number of their handle.
    pub currencies: Vec<String>,
    /// Parameters as given; missing ones take their defaults.
    pub parameters: BTreeMap<String, String>,
}

/// An instance with the complete parameters it was made with, in the plugin's order.
pub struct Made {
    /// The instance.
    pub instance: Box<dyn Strategy>,
    /// The parameters.
    pub parameters: Vec<(String, String)>,
}

/// An admitted plugin.
pub trait Plugin: Send + Sync {
    /// The hash of its bytes.
    fn hash(&self) -> PluginHash;

    /// The author's name for it.
    fn name(&self) -> &str;

    /// The author's version.
    fn version(&self) -> &str;

    /// Names of its parameters, in its order.
    fn parameter_names(&self) -> Vec<String>;

    /// Checks parameters and fills in defaults, without making an instance.
    ///
    /// # Errors
    /// A refusal of stage `parameters`.
    fn check(&self, given: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, Refusal>;

    /// Makes an instance and lets it initialise.
    ///
    /// # Errors
    /// A refusal of stage `parameters` or `init`.
    fn make(&self, request: InstanceRequest) -> Result<Made, Refusal>;
}
