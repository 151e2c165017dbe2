//! WebAssembly plugins: admission, limits, bindings, instances. The only crate that knows wasmtime.
//!
//! ```text
//! bytes ── Runtime::admit ──▶ Admitted ── describe ──▶ Description ── Parameters::check
//!                                │
//!                                └── instantiate(InstanceConfig) ──▶ Instance: model::Strategy
//! ```
//!
//! A plugin sees only the functions of `wit/v1`. It has no clock, files, network, environment or
//! randomness, and [`Limits`] bound everything it can use: what it breaks is its own instance.
//! What is absent on purpose: threads (but the ticker's), async, the policy of what happens after
//! a fault, and signatures of plugins.

mod admission;
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
mod fault;
mod host;
mod host_calls;
mod instance;
mod limits;
mod log_text;
mod memory;
mod parameters;
mod reexport;
mod runtime;
mod ticker;
mod type_text;
mod values;

pub use admission::{AdmissionError, AdmissionStage, Admitted};
pub use cache::CacheStatistics;
pub use compile_child::compile_child_main;
pub use compiler::{CompileError, Compiler};
pub use description::{Description, Parameter};
pub use instance::{Instance, InstanceConfig, Usage};
pub use limits::{Limits, MAX_COMPONENT_BYTES, MAX_KEY_BYTES};
pub use parameters::{ParameterError, ParameterKind, Parameters};
pub use runtime::{Runtime, RuntimeError, RuntimeOptions};
