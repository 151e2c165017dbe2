//! Deployment pipelines: the gates that a version of a strategy passes on its way to trading.
//!
//! ```text
//! pipelines/NAME.toml ──▶ Definition ──▶ Run: validate ▶ checks ▶ backtest ▶ paper ▶ approve ▶ canary ▶ live
//!                                         │       each: measure ──▶ Criterion… ──▶ Gate: passed, or why not
//!                                         └─▶ data folder, pipelines/NAME/ID.json, at each step
//! ```
//!
//! * [`Definition`] is the file, [`Gate`] what a stage found, [`Run`] the record of one way through.
//! * [`Pipelines`] is the desk: begin, approve, cancel, resume, show. Each run at work has a thread of its
//!   own; what computes (checks, backtests) is a child process.
//! * [`Backtests`] are those that a running host is asked for by themselves: the same child process, with what the
//!   gate asks of it ([`BacktestSettings`]), a queue, and bounds on memory, time and what is kept.
//!
//! What it does to a strategy it asks of the host as an operator would: a shadow, an approval, a swap with a
//! probation. A criterion that cannot be measured does not hold.
//!
//! What is absent on purpose: trading state, HTTP, and how a version is compared, watched or sent back.

mod backtests;
mod child;
mod definition;
mod desk;
mod driver;
mod folder;
mod gate;
mod give_back;
mod live_run;
mod run;
mod settings;
mod stages;
mod text;

pub use backtests::{
    BacktestRecord, BacktestState, BacktestWanted, Backtests, BacktestsConfig, CheckSettings,
    MayRun,
};
pub use definition::{
    AgainstRunning, Approve, Backtest, Canary, Checks, Definition, FileError, Live, Paper,
    RandomMarkets, Validate,
};
pub use desk::{BeginRun, PipelineEntry, Pipelines, PipelinesConfig, Said};
pub use gate::{Bound, Criterion, Gate};
pub use run::{Approval, Run, Stage, State, Step, TakenOver};
pub use settings::BacktestSettings;
pub use text::{Amount, Length};
