//! What readers are told of a version that is on its way through the pipeline of its strategy.

use model::{PluginHash, Timestamp};

/// Where the latest run of a strategy's pipeline is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineView {
    /// When it came there, in engine time.
    pub time: Timestamp,
    /// The number of the run.
    pub run: u64,
    /// The component that is on its way.
    pub plugin: PluginHash,
    /// Where the run is, as shown to people, such as `RUNNING`.
    pub state: &'static str,
    /// The stage that is at work, waits or ended it, as shown to people, such as `PAPER`.
    pub stage: &'static str,
    /// Whether somebody should look at it.
    pub is_bad: bool,
    /// In a sentence.
    pub verdict: String,
}

/// A version that outlived its probation, or was let off it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptView {
    /// When.
    pub time: Timestamp,
    /// Sequence of the input during which it happened.
    pub sequence: u64,
    /// Why.
    pub reason: String,
}
