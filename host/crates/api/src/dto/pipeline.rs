//! Deployment pipelines: the gates of a strategy, and versions on their way through them.

use super::command::Parameters;
use super::text::{Name, ParameterValue};
use model::Timestamp;
use pipelines::{Approval, Criterion, PipelineEntry, Run, Step};
use serde::{Deserialize, Serialize};
use services::view::{PipelineView, StrategyView};
use std::collections::BTreeMap;

/// Body of `POST pipelines/{strategy}/runs`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginRunRequest {
    /// The SHA-256 of a component that the host has, or the first digits of it; also after `sha256:`.
    #[schema(pattern = "^(sha256:)?[0-9A-Fa-f]{8,64}$")]
    pub(crate) plugin: String,
    /// Over those of the file.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    pub(crate) parameters: Parameters,
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) by: String,
    /// Whether an older version than what runs or is approved will do.
    #[serde(default)]
    pub(crate) force: bool,
}

/// Body of what people say about a run.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaidRequest {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) by: String,
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) reason: Option<String>,
}

/// A pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PipelineDto {
    pub(crate) strategy: String,
    pub(crate) file: String,
    /// The gates of the file, in order.
    pub(crate) stages: Vec<Name>,
    /// Why the file cannot be used.
    pub(crate) error: Option<String>,
    pub(crate) latest: Option<RunDto>,
}

/// A version on its way.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct RunDto {
    pub(crate) id: u64,
    pub(crate) strategy: String,
    pub(crate) plugin: String,
    /// Name and version of the component.
    pub(crate) title: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) force: bool,
    pub(crate) by: String,
    pub(crate) state: Name,
    /// The stage that is at work, waits, or ended it.
    pub(crate) stage: Option<Name>,
    /// From 0 to 1; each stage counts as one part.
    pub(crate) progress: f64,
    pub(crate) verdict: String,
    pub(crate) began: String,
    pub(crate) began_ns: String,
    pub(crate) ended: Option<String>,
    pub(crate) ended_ns: Option<String>,
    pub(crate) stages: Vec<StepDto>,
    pub(crate) approvals: Vec<ApprovalDto>,
}

/// One stage of it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct StepDto {
    pub(crate) stage: Name,
    pub(crate) state: Name,
    /// From 0 to 1.
    pub(crate) progress: f64,
    pub(crate) verdict: String,
    pub(crate) criteria: Vec<CriterionDto>,
    pub(crate) began: Option<String>,
    pub(crate) began_ns: Option<String>,
    pub(crate) ended: Option<String>,
    pub(crate) ended_ns: Option<String>,
}

/// What was asked of it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct CriterionDto {
    pub(crate) name: String,
    pub(crate) wanted: String,
    /// `null` where it could not be measured, which does not hold.
    pub(crate) measured: Option<String>,
    pub(crate) holds: bool,
}

/// Somebody who said yes.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = RunApprovalDto)]
pub(crate) struct ApprovalDto {
    pub(crate) by: String,
    pub(crate) reason: Option<String>,
    pub(crate) time: String,
    pub(crate) time_ns: String,
}

/// Where the latest run is, with its strategy.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PipelineStateDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) run: u64,
    pub(crate) plugin: String,
    pub(crate) state: Name,
    pub(crate) stage: Name,
    pub(crate) verdict: String,
}

/// The same by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct DeploymentDto {
    pub(crate) strategy: String,
    #[serde(flatten)]
    pub(crate) at: PipelineStateDto,
}

impl DeploymentDto {
    /// Of a strategy; `None` while no run of its pipeline began.
    pub(crate) fn of(view: &StrategyView) -> Option<Self> {
        Some(Self {
            strategy: view.name.clone(),
            at: PipelineStateDto::new(view.pipeline.as_deref()?),
        })
    }
}

fn shown(nanos: u64) -> String {
    Timestamp::from_nanos(nanos).to_string()
}

impl PipelineDto {
    pub(crate) fn new(entry: &PipelineEntry) -> Self {
        Self {
            strategy: entry.strategy.clone(),
            file: entry.file.display().to_string(),
            stages: entry
                .stages
                .iter()
                .map(|stage| Name(stage.name()))
                .collect(),
            error: entry.error.clone(),
            latest: entry.latest.as_ref().map(RunDto::new),
        }
    }
}

impl RunDto {
    pub(crate) fn new(run: &Run) -> Self {
        Self {
            id: run.id,
            strategy: run.strategy.clone(),
            plugin: run.plugin.clone(),
            title: run.title.clone(),
            parameters: run.parameters.clone(),
            force: run.force,
            by: run.by.clone(),
            state: Name(run.state.name()),
            stage: run.current().map(|step| Name(step.stage.name())),
            progress: run.progress(),
            verdict: run.verdict.clone(),
            began: shown(run.began_at_ns),
            began_ns: run.began_at_ns.to_string(),
            ended: run.ended_at_ns.map(shown),
            ended_ns: run.ended_at_ns.map(|nanos| nanos.to_string()),
            stages: run.steps.iter().map(StepDto::new).collect(),
            approvals: run.approvals.iter().map(ApprovalDto::new).collect(),
        }
    }
}

impl StepDto {
    fn new(step: &Step) -> Self {
        Self {
            stage: Name(step.stage.name()),
            state: Name(step.state.name()),
            progress: step.progress,
            verdict: step.verdict.clone(),
            criteria: step.criteria.iter().map(CriterionDto::new).collect(),
            began: step.began_at_ns.map(shown),
            began_ns: step.began_at_ns.map(|nanos| nanos.to_string()),
            ended: step.ended_at_ns.map(shown),
            ended_ns: step.ended_at_ns.map(|nanos| nanos.to_string()),
        }
    }
}

impl CriterionDto {
    fn new(criterion: &Criterion) -> Self {
        Self {
            name: criterion.name.clone(),
            wanted: criterion.wanted.clone(),
            measured: criterion.measured.clone(),
            holds: criterion.holds,
        }
    }
}

impl ApprovalDto {
    fn new(approval: &Approval) -> Self {
        Self {
            by: approval.by.clone(),
            reason: approval.reason.clone(),
            time: shown(approval.at_ns),
            time_ns: approval.at_ns.to_string(),
        }
    }
}

impl PipelineStateDto {
    pub(crate) fn new(view: &PipelineView) -> Self {
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            run: view.run,
            plugin: view.plugin.to_string(),
            state: Name(view.state),
            stage: Name(view.stage),
            verdict: view.verdict.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipelines::{Stage, State};
    use serde_json::json;

    #[test]
    fn a_run_shows_what_was_measured_beside_what_was_wanted() {
        let step = |stage, state, criteria| Step {
            stage,
            state,
            progress: 1.0,
            criteria,
            verdict: "passed".to_owned(),
            began_at_ns: Some(5),
            ended_at_ns: None,
        };
        let criterion = Criterion {
            name: "trades".to_owned(),
            wanted: "at least 10".to_owned(),
            measured: None,
            holds: false,
        };
        let run = Run {
            id: 3,
            strategy: "trend".to_owned(),
            plugin: "ab".repeat(32),
            title: "trend 2.0.0".to_owned(),
            parameters: BTreeMap::new(),
            force: false,
            by: "anna".to_owned(),
            definition: String::new(),
            state: State::Waiting,
            began_at_ns: 5,
            ended_at_ns: None,
            steps: vec![
                step(Stage::Backtest, State::Passed, vec![criterion]),
                step(Stage::Approve, State::Waiting, Vec::new()),
            ],
            approvals: Vec::new(),
            canary_after: None,
            canary: None,
            switching_after: None,
            live: None,
            verdict: "APPROVE waits".to_owned(),
        };
        let shown = serde_json::to_value(RunDto::new(&run)).unwrap();
        assert_eq!(shown["state"], "WAITING");
        assert_eq!(shown["stage"], "APPROVE");
        assert_eq!(
            (&shown["progress"], &shown["began_ns"]),
            (&json!(1.0), &json!("5"))
        );
        let expect = json!([
            {"name": "trades", "wanted": "at least 10", "measured": null, "holds": false}
        ]);
        assert_eq!(shown["stages"][0]["criteria"], expect);
        assert_eq!(shown["stages"][1]["state"], "WAITING");
    }
}
