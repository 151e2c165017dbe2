//! What the firm, its accounts and its strategies may lose: reckoned off the engine's thread, from
//! what the projection shows and from prices that are sampled on engine time.
//!
//! The engine's thread only notes, at each tick of engine time, which marks have changed
//! (`sampler`). The projection keeps the samples (`samples`) and hands a `snapshot` of them and
//! of all holdings to a thread of its own (`worker`), which does the arithmetic (`reckon`). A
//! result depends on the inputs up to its time and on nothing else; only which times are reckoned
//! depends on how fast the host is, since a newer snapshot replaces one that waits.

pub(crate) mod reckon;
pub(crate) mod regimes;
pub(crate) mod sampler;
pub(crate) mod samples;
mod scenario;
pub(crate) mod scenarios;
mod settings;
pub(crate) mod snapshot;
pub(crate) mod stress;
pub(crate) mod tracker;
mod view;
pub(crate) mod worker;

pub use regimes::Regimes;
pub use scenario::{Scenario, ScenarioKind, Shock, ShockTarget};
pub use scenarios::{MOST_SCENARIOS, MOST_SHOCKS};
pub use settings::{MetricLimit, MetricName, MetricSettings, RiskSettings};
pub use view::{
    CorrelationView, DrawdownView, ExposureView, MetricsView, ScenarioView, ScopeMetrics, TailView,
};
