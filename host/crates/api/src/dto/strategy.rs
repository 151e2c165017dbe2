//! Strategies: what they are, their log and faults, and what a swap did.

use super::build::BuildDto;
use super::care::RestartDto;
use super::pipeline::PipelineStateDto;
use super::probation::{ProbationDto, RollBackDto};
use super::shadow::ShadowDto;
use super::text::{Name, pairs};
use crate::names::Names;
use model::LogLevel;
use serde::Serialize;
use services::handle::SwapReport;
use services::view::{FaultView, LogLine, PluginView, StrategyView};

/// A strategy. Its log and older faults have routes of their own.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct StrategyDto {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) manual: bool,
    pub(crate) account: String,
    pub(crate) state: Name,
    pub(crate) plugin: Option<PluginDto>,
    /// How far a swap under way has got.
    pub(crate) swap: Option<String>,
    /// Whether its version is watched, with the one before at hand.
    pub(crate) probation: Option<ProbationDto>,
    /// The last time a version before took its place back.
    pub(crate) last_roll_back: Option<RollBackDto>,
    /// Where the latest run of its pipeline is, since the host began.
    pub(crate) pipeline: Option<PipelineStateDto>,
    /// What became of its plugin file last, where that is watched.
    pub(crate) last_build: Option<BuildDto>,
    /// When it saved the state from which it is started again.
    pub(crate) saved_at_ns: Option<String>,
    /// How far its restart after its last fault is, where it is started again by itself.
    pub(crate) restart: Option<RestartDto>,
    /// The version that trades beside it in a copy of the engine.
    pub(crate) shadow: Option<ShadowDto>,
    /// Faults remembered, at most 20.
    pub(crate) fault_count: usize,
    pub(crate) last_fault: Option<FaultDto>,
}

/// A plugin.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = StrategyPluginDto)]
pub(crate) struct PluginDto {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) hash: String,
    #[serde(serialize_with = "pairs")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) parameters: Vec<(String, String)>,
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FaultDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// Engine sequence of the input during which it happened.
    pub(crate) sequence: u64,
    pub(crate) kind: Name,
    pub(crate) message: String,
}

/// A line of a strategy's log.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct LogLineDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) level: Name,
    pub(crate) text: String,
}

/// What a swap did.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct SwapReportDto {
    pub(crate) strategy: StrategyDto,
    pub(crate) begun_at: u64,
    pub(crate) committed_at: u64,
    pub(crate) caught_up: u64,
    pub(crate) switch_ns: String,
    pub(crate) total_ns: String,
}

impl StrategyDto {
    pub(crate) fn new(view: &StrategyView, names: &Names) -> Self {
        Self {
            id: view.id.number(),
            name: view.name.clone(),
            manual: view.manual,
            account: names.account(view.account),
            state: Name(view.state.name()),
            plugin: view.plugin.as_ref().map(PluginDto::new),
            swap: view.swap.clone(),
            probation: view
                .probation
                .as_deref()
                .map(|watched| ProbationDto::new(watched, names)),
            last_roll_back: view.last_roll_back.as_deref().map(RollBackDto::new),
            pipeline: view.pipeline.as_deref().map(PipelineStateDto::new),
            last_build: view.last_build.as_deref().map(BuildDto::new),
            saved_at_ns: view.saved_at.map(|at| at.nanos().to_string()),
            restart: view.restart.as_deref().map(RestartDto::new),
            shadow: view.shadow.as_deref().map(ShadowDto::new),
            fault_count: view.faults.len(),
            last_fault: view.faults.last().map(FaultDto::new),
        }
    }
}

impl PluginDto {
    pub(crate) fn new(view: &PluginView) -> Self {
        Self {
            name: view.name.clone(),
            version: view.version.clone(),
            hash: view.hash.to_string(),
            parameters: view.parameters.clone(),
        }
    }
}

impl FaultDto {
    pub(crate) fn new(view: &FaultView) -> Self {
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            sequence: view.sequence,
            kind: Name(view.fault.kind.name()),
            message: view.fault.message.clone(),
        }
    }
}

impl LogLineDto {
    pub(crate) fn new(line: &LogLine) -> Self {
        Self {
            time: line.time.to_string(),
            time_ns: line.time.nanos().to_string(),
            level: Name(match line.level {
                LogLevel::Debug => "DEBUG",
                LogLevel::Info => "INFO",
                LogLevel::Warn => "WARN",
                LogLevel::Error => "ERROR",
            }),
            text: line.text.clone(),
        }
    }
}

impl SwapReportDto {
    pub(crate) fn new(report: &SwapReport, names: &Names) -> Self {
        Self {
            strategy: StrategyDto::new(&report.strategy, names),
            begun_at: report.begun_at,
            committed_at: report.committed_at,
            caught_up: report.caught_up,
            switch_ns: report.switch_ns.to_string(),
            total_ns: report.total_ns.to_string(),
        }
    }
}
