//! WebAssembly plugins: admission, limits, bindings, instances. The only crate that knows wasmtime.
//!
//! ```text
//! bytes ── Runtime::admit ──▶ Admitted ── describe ──▶ Description ── Parameters::check
//!                                │
//!                                ├── instantiate(InstanceConfig) ──▶ Instance: model::Strategy
//!                                ├── algorithm(AlgorithmConfig) ──▶ Algorithm: model::AlgorithmMaker
//!                                ├── rule(RuleConfig) ──▶ Rule: model::PreTradeRule
//!                                ├── venue_model(ModelConfig) ──▶ model::VenueModel
//!                                ├── factor(FactorConfig) ──▶ Factor
//!                                └── indicator(IndicatorConfig) ──▶ Indicator
//! ```
//!
//! Which of these a plugin can be made into depends on its [`World`]; admission compares.
//!
//! A plugin sees only the functions of `wit/v1`. It has no clock, files, network, environment or
//! randomness, and [`Limits`] bound everything it can use: what it breaks is its own instance.
//! What is absent on purpose: threads (but the ticker's), async, the policy of what happens after
//! a fault, and signatures of plugins.

mod admission;
mod algorithm;
mod artefact;
mod bindings;
mod cache;
mod compile_child;
mod compiler;
mod contract;
mod convert;
mod deadline;
mod description;
mod engine;
mod exports;
mod factor;
mod fault;
mod guest;
mod host;
mod host_calls;
mod indicator;
mod instance;
mod limits;
mod log_text;
mod measure;
mod memory;
mod panel;
mod parameters;
mod reexport;
mod rule;
mod runtime;
mod ticker;
mod type_text;
mod values;
mod venue_model;
mod world;

pub use admission::{AdmissionError, AdmissionProgress, AdmissionStage, Admitted};
pub use algorithm::{Algorithm, AlgorithmConfig, AlgorithmInstance};
pub use cache::CacheStatistics;
pub use compile_child::compile_child_main;
pub use compiler::{CompileError, Compiler};
pub use contract::Interface;
pub use description::{Description, Parameter};
pub use factor::{Better, Factor, FactorConfig, FactorNeeds};
pub use guest::Usage;
pub use indicator::{Feed, Indicator, IndicatorConfig, IndicatorShape, Line, Pane};
pub use instance::{Instance, InstanceConfig};
pub use limits::{Limits, MAX_COMPONENT_BYTES, MAX_KEY_BYTES};
pub use measure::EventFuel;
pub use panel::{PanelField, PanelRows};
pub use parameters::{ParameterError, ParameterKind, Parameters};
pub use rule::{Rule, RuleConfig};
pub use runtime::{Runtime, RuntimeError, RuntimeOptions};
pub use venue_model::ModelConfig;
pub use world::World;
