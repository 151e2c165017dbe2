//! Traces of what a host does, sent to a collector by OTLP (protobuf over HTTP).
//!
//! ```text
//! tracing's spans ──▶ Telemetry::layer ──▶ queue (2,048 spans) ──▶ thread ──▶ POST …/v1/traces
//!                     which of them          what does not fit        a batch at a time;
//!                     are sampled            is dropped               what is refused is dropped
//! ```
//!
//! * [`Telemetry`] is begun with [`Settings`], gives a layer for the subscriber, and is ended.
//! * [`join`] has a request be part of the trace that its caller names, and [`answered`] says how it went. Both do
//!   nothing where there is no such layer.
//!
//! Nothing waits for a collector: one that is away costs a line in the log, and the spans. What is absent on
//! purpose: configuration, metrics (they are scraped) and logs (they are lines).

mod export;
mod request;
mod settings;
mod telemetry;

pub use request::{Joined, answered, join};
pub use settings::{Settings, SettingsError};
pub use telemetry::Telemetry;
