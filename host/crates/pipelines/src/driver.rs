//! The thread of a run at work: stage after stage, until one fails, waits for people, or the run is ended.

use crate::child;
use crate::definition::Definition;
use crate::desk::Desk;
use crate::gate::Gate;
use crate::live_run::LiveRun;
use crate::run::{Run, Stage};
use crate::stages;
use model::{Duration, PluginHash};
use services::host::HostHandle;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How often a thread looks whether something has changed.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// In how many parts the progress of a run is told to who watches.
const PARTS: f64 = 20.0;

/// Why a stage stops before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// Somebody wants that, for this reason.
    Cancelled(String),
    /// The host ends.
    Closing,
}

/// How a stage ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// What it found.
    Judged(Gate),
    /// It waits for people.
    Waits(Gate),
    /// It did not come to its end.
    Halted(Halt),
}

impl Outcome {
    /// What did not come to its end because the host ends was not judged.
    fn unless_closing(self, halt: Option<Halt>) -> Self {
        match (self, halt) {
            (Self::Judged(gate), Some(Halt::Closing)) if gate.broken.is_some() => {
                Self::Halted(Halt::Closing)
            }
            (outcome, _) => outcome,
        }
    }
}

impl From<Halt> for Outcome {
    fn from(halt: Halt) -> Self {
        Self::Halted(halt)
    }
}

/// What a stage works with.
pub(crate) struct Context<'a> {
    pub(crate) host: &'a HostHandle,
    pub(crate) definition: &'a Definition,
    /// The run as it was when the stage began.
    pub(crate) run: Run,
    /// Its component.
    pub(crate) plugin: PluginHash,
    live: &'a LiveRun,
    turn: usize,
    desk: &'a Desk,
}

impl Context<'_> {
    /// Whether the stage must stop.
    pub(crate) fn halt(&self) -> Option<Halt> {
        if self.desk.closing.load(Ordering::Relaxed) || self.host.ended().is_some() {
            return Some(Halt::Closing);
        }
        self.live.asked_to_end().map(Halt::Cancelled)
    }

    /// Waits for a moment.
    pub(crate) fn pause(&self) {
        std::thread::sleep(PAUSE);
    }

    /// Waits for the host's answer.
    pub(crate) fn ask<T>(&self, question: impl Future<Output = T>) -> T {
        self.desk.runtime.block_on(question)
    }

    /// Tells how much of the stage is done, from 0 to 1.
    pub(crate) fn progress(&self, done: f64) {
        self.live.edit(|run| {
            let before = run.progress();
            if let Some(step) = run.steps.get_mut(self.turn) {
                step.progress = done.clamp(0.0, 1.0);
            }
            if (run.progress() * PARTS).floor() > (before * PARTS).floor() {
                self.desk.tell_watcher(run);
            }
        });
    }

    /// Changes the run, and has it on the disk before this returns.
    pub(crate) fn keep(&self, edit: impl FnOnce(&mut Run)) -> Result<(), String> {
        self.desk.keep(self.live, edit)
    }

    /// A command of this program, run in the folder of the pipelines' files.
    pub(crate) fn command(&self) -> Command {
        let config = &self.desk.config;
        child::command(&config.program, &config.folder, &config.data_dir)
    }

    /// The file of a component that the host keeps, once its bytes are found to be its own.
    pub(crate) fn component(&self, hash: PluginHash) -> Result<PathBuf, String> {
        child::component(&self.desk.config.data_dir, hash)
    }
}

/// What is done of all, from 0 to 1.
pub(crate) fn share(done: u64, all: u64) -> f64 {
    let thousandths = u128::from(done) * 1_000 / u128::from(all.max(1));
    let thousandths = u32::try_from(thousandths.min(1_000)).unwrap_or(1_000);
    f64::from(thousandths) / 1_000.0
}

/// The same of lengths of time.
pub(crate) fn share_of_time(done: Duration, all: Duration) -> f64 {
    share(done.nanos(), all.nanos())
}

/// Drives a run until it is over, waits, or must stop.
pub(crate) fn drive(desk: &Arc<Desk>, live: &Arc<LiveRun>) {
    let run = live.shown();
    let file = format!("{}.toml", run.strategy);
    let read =
        Definition::parse(Path::new(&file), &run.definition).map_err(|error| error.to_string());
    let plugin = PluginHash::parse(&run.plugin).ok_or("the record names no plugin".to_owned());
    let read = read.and_then(|definition| Ok((definition, plugin?)));
    let (definition, plugin) = match read {
        Ok(read) => read,
        Err(reason) => return desk.judged(live, run.turn().unwrap_or(0), Gate::broken(reason)),
    };
    while let Some(turn) = live.shown().turn() {
        desk.begun(live, turn);
        let context = Context {
            host: &desk.host,
            definition: &definition,
            run: live.shown(),
            plugin,
            live,
            turn,
            desk,
        };
        let stage = context.run.steps[turn].stage;
        let halted = context.halt().map(Outcome::from);
        let outcome = halted.unwrap_or_else(|| at(stage, &context));
        match outcome.unless_closing(context.halt()) {
            Outcome::Judged(gate) => {
                let passes = gate.passes();
                desk.judged(live, turn, gate);
                if !passes {
                    return;
                }
            }
            Outcome::Waits(gate) => return desk.waits(live, turn, gate),
            Outcome::Halted(halt) => return desk.halted(live, halt),
        }
    }
}

fn at(stage: Stage, context: &Context<'_>) -> Outcome {
    let missing = || Outcome::Judged(Gate::broken("the file no longer has this stage"));
    let definition = context.definition;
    let outcome = match stage {
        Stage::Validate => definition.validate.as_ref().map(|terms| {
            let gate = stages::validate::run(context, terms);
            Outcome::Judged(gate)
        }),
        Stage::Checks => {
            let terms = definition.checks.as_ref();
            terms.map(|terms| stages::checks::run(context, terms))
        }
        Stage::Backtest => {
            let terms = definition.backtest.as_ref();
            terms.map(|terms| stages::backtest::run(context, terms))
        }
        Stage::Paper => {
            let terms = definition.paper.as_ref();
            terms.map(|terms| stages::paper::run(context, terms))
        }
        Stage::Approve => {
            let terms = definition.approve.as_ref();
            terms.map(|terms| stages::approve::run(context, terms))
        }
        Stage::Canary => {
            let terms = definition.canary.as_ref();
            terms.map(|terms| stages::canary::run(context, terms))
        }
        Stage::Live => {
            let terms = definition.live.as_ref();
            terms.map(|terms| stages::live::run(context, terms))
        }
    };
    outcome.unwrap_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_because_the_host_ends_is_interrupted() {
        let check = |gate: Gate, halt: Option<Halt>, expect: bool| {
            let outcome = Outcome::Judged(gate).unless_closing(halt);
            assert_eq!(matches!(outcome, Outcome::Halted(Halt::Closing)), expect);
        };
        let broken = || Gate::broken("the host is not running");
        check(broken(), Some(Halt::Closing), true);
        check(broken(), None, false);
        let cancelled = Halt::Cancelled("cancelled by ben".to_owned());
        check(broken(), Some(cancelled), false);
        check(Gate::default(), Some(Halt::Closing), false);
    }

    #[test]
    fn shares_are_from_nothing_to_all() {
        let check = |done, all, expect: f64| {
            let found = share(done, all);
            assert!((found - expect).abs() < 1e-9, "{done} of {all}: {found}");
        };
        check(0, 10, 0.0);
        check(5, 10, 0.5);
        check(11, 10, 1.0);
        check(0, 0, 0.0);
        check(u64::MAX, u64::MAX, 1.0);
    }
}
