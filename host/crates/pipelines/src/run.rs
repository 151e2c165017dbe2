//! The record of one version on its way through a pipeline, as it is kept on the disk and shown.

use crate::definition::Definition;
use crate::gate::{Criterion, Gate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The gates, in the order in which they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What the component is.
    Validate,
    /// Scenarios and random markets.
    Checks,
    /// A backtest.
    Backtest,
    /// A shadow beside the version that runs.
    Paper,
    /// People who say yes.
    Approve,
    /// It has some instruments.
    Canary,
    /// It runs, on probation.
    Live,
}

impl Stage {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validate => "VALIDATE",
            Self::Checks => "CHECKS",
            Self::Backtest => "BACKTEST",
            Self::Paper => "PAPER",
            Self::Approve => "APPROVE",
            Self::Canary => "CANARY",
            Self::Live => "LIVE",
        }
    }
}

/// Where a run, or one of its stages, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its turn has not come.
    Pending,
    /// It is at work.
    Running,
    /// It waits for people.
    Waiting,
    /// The host ended; it can be resumed.
    Interrupted,
    /// All criteria hold.
    Passed,
    /// One does not.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl State {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Waiting => "WAITING",
            Self::Interrupted => "INTERRUPTED",
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether nothing will change any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Passed | Self::Failed | Self::Cancelled)
    }
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub stage: Stage,
    /// Where it is.
    pub state: State,
    /// How much of it is done, from 0 to 1.
    pub progress: f64,
    /// What was measured.
    pub criteria: Vec<Criterion>,
    /// In a sentence; empty before it began.
    pub verdict: String,
    /// When it began, in nanoseconds since the epoch by the host's clock.
    pub began_at_ns: Option<u64>,
    /// When it ended.
    pub ended_at_ns: Option<u64>,
}

impl Step {
    fn of(stage: Stage) -> Self {
        Self {
            stage,
            state: State::Pending,
            progress: 0.0,
            criteria: Vec::new(),
            verdict: String::new(),
            began_at_ns: None,
            ended_at_ns: None,
        }
    }
}

/// Somebody who said yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who, as they said.
    pub by: String,
    /// Why, as they said.
    pub reason: Option<String>,
    /// When, in nanoseconds since the epoch by the host's clock.
    pub at_ns: u64,
    /// Whether they might approve the component by themselves, too.
    #[serde(default)]
    pub may_approve_plugins: bool,
}

/// What was there as a version took over, for whoever goes on watching it after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// Since when it is watched, in nanoseconds of engine time.
    pub since_ns: u64,
    /// Until when it is on probation.
    pub until_ns: u64,
    /// What it runs with.
    pub parameters: Vec<(String, String)>,
    /// What the strategy had brought, of a canary on its instruments, in the base currency of its account;
    /// `None` where something had no price or rate.
    pub brought: Option<String>,
}

/// One way through a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Counts up from 1 for each strategy.
    pub id: u64,
    /// The strategy.
    pub strategy: String,
    /// The SHA-256 of the component.
    pub plugin: String,
    /// Its name and version.
    pub title: String,
    /// Parameters that differ from those of the version that runs.
    pub parameters: BTreeMap<String, String>,
    /// Whether an older version will do.
    pub force: bool,
    /// Who began it, as they said.
    pub by: String,
    /// The file as it was then, which is what binds.
    pub definition: String,
    /// Where it is.
    pub state: State,
    /// When it began, in nanoseconds since the epoch by the host's clock.
    pub began_at_ns: u64,
    /// When it ended.
    pub ended_at_ns: Option<u64>,
    /// Its stages, in order.
    pub steps: Vec<Step>,
    /// Who said yes.
    pub approvals: Vec<Approval>,
    /// Inputs of the engine when the version was about to be given some instruments; kept before that is
    /// asked for.
    pub canary_after: Option<u64>,
    /// What was there once it had them.
    #[serde(default)]
    pub canary: Option<TakenOver>,
    /// Inputs of the engine when the version was about to be swapped in; kept before that is asked for.
    pub switching_after: Option<u64>,
    /// What was there once it was.
    #[serde(default)]
    pub live: Option<TakenOver>,
    /// In a sentence.
    pub verdict: String,
}

impl Run {
    /// The stages of a new one.
    pub(crate) fn steps_of(definition: &Definition) -> Vec<Step> {
        definition.stages().into_iter().map(Step::of).collect()
    }

    /// The stage that is at work, waits, or is next; the last one when all are done.
    pub fn current(&self) -> Option<&Step> {
        let open = self.steps.iter().find(|step| step.state != State::Passed);
        open.or(self.steps.last())
    }

    /// The place of the stage whose turn it is.
    pub(crate) fn turn(&self) -> Option<usize> {
        let mut steps = self.steps.iter();
        steps.position(|step| step.state != State::Passed)
    }

    /// How much of all is done, from 0 to 1: each stage counts as one part.
    pub fn progress(&self) -> f64 {
        let all = u32::try_from(self.steps.len()).unwrap_or(u32::MAX).max(1);
        let done: f64 = self.steps.iter().map(|step| step.progress).sum();
        (done / f64::from(all)).clamp(0.0, 1.0)
    }

    /// A stage began, or begins anew.
    pub(crate) fn begin(&mut self, turn: usize, now: u64) {
        self.state = State::Running;
        if let Some(step) = self.steps.get_mut(turn) {
            let stage = step.stage;
            *step = Step::of(stage);
            step.state = State::Running;
            step.began_at_ns = Some(now);
            step.verdict = "at work".to_owned();
            self.verdict = format!("{} is at work", stage.name());
        }
    }

    /// A stage was judged; the run is over with it if it failed or was the last.
    pub(crate) fn judge(&mut self, turn: usize, gate: Gate, now: u64) {
        let last = turn + 1 == self.steps.len();
        let Some(step) = self.steps.get_mut(turn) else {
            return;
        };
        let passes = gate.passes();
        step.state = if passes { State::Passed } else { State::Failed };
        step.verdict = gate.verdict();
        step.criteria = gate.criteria;
        step.ended_at_ns = Some(now);
        if passes {
            step.progress = 1.0;
        }
        let name = step.stage.name();
        match (passes, last) {
            (true, false) => self.verdict = format!("{name} {}", step.verdict),
            (true, true) => {
                let verdict = format!("all {} gates passed", self.steps.len());
                self.over(State::Passed, verdict, now);
            }
            (false, _) => {
                let verdict = format!("{name} {}", step.verdict);
                self.over(State::Failed, verdict, now);
            }
        }
    }

    /// A stage waits for people.
    pub(crate) fn wait(&mut self, turn: usize, gate: Gate) {
        self.state = State::Waiting;
        if let Some(step) = self.steps.get_mut(turn) {
            step.state = State::Waiting;
            let wants = gate.criteria.iter().filter(|criterion| !criterion.holds);
            let wants: Vec<_> = wants
                .map(|one| format!("{}: {}", one.name, one.wanted))
                .collect();
            step.verdict = format!("waits for {}", wants.join("; "));
            step.criteria = gate.criteria;
            self.verdict = format!("{} {}", step.stage.name(), step.verdict);
        }
    }

    /// Somebody ended it.
    pub(crate) fn cancel(&mut self, words: &str, now: u64) {
        self.leave(State::Cancelled, words, now);
        self.over(State::Cancelled, words.to_owned(), now);
    }

    /// The host ended under it.
    pub(crate) fn interrupt(&mut self, now: u64) {
        let words = "the host ended meanwhile; resume it, and this stage begins anew";
        self.leave(State::Interrupted, words, now);
        self.state = State::Interrupted;
        let stage = self.current().map_or("?", |step| step.stage.name());
        self.verdict = format!("{stage}: {words}");
    }

    fn leave(&mut self, state: State, words: &str, now: u64) {
        let turn = self.turn();
        if let Some(step) = turn.and_then(|turn| self.steps.get_mut(turn)) {
            step.state = state;
            words.clone_into(&mut step.verdict);
            step.ended_at_ns = Some(now);
        }
    }

    fn over(&mut self, state: State, verdict: String, now: u64) {
        self.state = state;
        self.verdict = verdict;
        self.ended_at_ns = Some(now);
    }
}
