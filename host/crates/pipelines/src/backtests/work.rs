//! One backtest at work: this program again, as a child process that gives way to whatever trades.

use super::record::{BacktestState, kept_of};
use super::{BacktestRecord, Bench};
use crate::child::{self, Answer, NoAnswer, answer};
use crate::driver::Halt;
use model::PluginHash;
use serde_json::Value;
use std::process::Command;

/// What a child says before it ends for want of memory.
const NO_MEMORY: &str = "memory allocation of ";

/// What came of one.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) state: BacktestState,
    pub(super) error: Option<String>,
    pub(super) result: Option<Value>,
}

impl Outcome {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self {
            state: BacktestState::Failed,
            error: Some(reason.into()),
            result: None,
        }
    }

    fn halted(halt: Halt) -> Self {
        let (state, error) = match halt {
            Halt::Cancelled(words) => (BacktestState::Canceled, words),
            Halt::Closing => (BacktestState::Interrupted, super::ENDED.to_owned()),
        };
        Self {
            state,
            error: Some(error),
            result: None,
        }
    }
}

/// Runs one to its end, or until it is halted.
pub(super) fn run(bench: &Bench, record: &BacktestRecord) -> Outcome {
    let command = match command(bench, record) {
        Ok(command) => command,
        Err(reason) => return Outcome::failed(reason),
    };
    let halted = || bench.halt(record.id);
    let progress = |done| bench.progress(record.id, done);
    match answer(halted, command, bench.config.limit.std(), progress) {
        Ok(answer) => judged(bench, &answer),
        Err(NoAnswer::Halted(halt)) => Outcome::halted(halt),
        Err(NoAnswer::Broken(reason)) => Outcome::failed(reason),
    }
}

fn command(bench: &Bench, record: &BacktestRecord) -> Result<Command, String> {
    let config = &bench.config;
    // Again, for it may have waited long.
    let settings = bench.places.resolved(&record.settings);
    let settings = settings.map_err(|error| error.to_string())?;
    let hash = PluginHash::parse(&record.plugin).ok_or("the record names no plugin")?;
    (config.may_run)(hash)?;
    let component = child::component(&config.data_dir, hash)?;
    let command = child::command(&config.program, bench.places.folder(), &config.data_dir);
    let mut command = settings.on(command, (component.as_path(), &record.parameters));
    command
        .arg("--report")
        .arg(bench.kept.draft(record.id))
        .arg(format!("--memory-mib={}", config.memory_mib));
    Ok(command)
}

/// A strategy that broke has a report, too.
fn judged(bench: &Bench, answer: &Answer) -> Outcome {
    let result = kept_of(&answer.output);
    if answer.success && result.is_some() {
        return Outcome {
            state: BacktestState::Done,
            error: None,
            result,
        };
    }
    let error = match answer.said.contains(NO_MEMORY) {
        true => format!(
            "it takes more than {} MiB of memory, which is what it may take: `memory_mib` of [backtests]",
            bench.config.memory_mib
        ),
        false => answer.error(),
    };
    Outcome {
        result,
        ..Outcome::failed(error)
    }
}
