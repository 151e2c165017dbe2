//! `argonaut kill`: the kill switch of a running host, and its drill.

use super::asking::Writing;
use super::say;
use crate::client::{At, Request};
use crate::kill::{Client, Extent, Measured, clearing, drill, killing};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use services::handle::ScopeName;
use services::kill_file::KillFile;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What to kill.
#[derive(Debug, Args)]
pub(super) struct KillArguments {
    /// Whose trading stops: firm, account=NAME, strategy=NAME or instrument=SYMBOL.
    #[arg(long, default_value = "firm", value_parser = scope)]
    scope: ScopeName,
    /// Clear the latch instead; a kill file that names the scope must be removed first, or its line.
    #[arg(long)]
    clear: bool,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    writing: Writing,
    /// Write the scope into the host's kill file first, so that it is killed even if the API answers nobody.
    #[arg(long, value_name = "FILE", conflicts_with = "clear")]
    kill_file: Option<PathBuf>,
    /// Pull every trigger in every bad state, on hosts of its own, and measure how fast trading stops.
    #[arg(
        long,
        conflicts_with_all = [
            "scope", "clear", "url", "ca", "kill_file", "key_file", "approval", "idempotency_key",
        ],
    )]
    drill: bool,
    /// Drill less, and do not fail for being slow: for machines that do other work meanwhile.
    #[arg(long, requires = "drill")]
    short: bool,
    /// Print what the drill measured as one JSON object.
    #[arg(long, requires = "drill")]
    json: bool,
}

fn scope(text: &str) -> Result<ScopeName, String> {
    let written = text.replacen('=', "/", 1);
    written
        .parse()
        .map_err(|_| "write firm, account=NAME, strategy=NAME or instrument=SYMBOL".to_owned())
}

pub(super) fn run(arguments: &KillArguments) -> Result<()> {
    if arguments.drill {
        return run_drill(arguments);
    }
    let (at, scope) = (&arguments.at, &arguments.scope);
    if arguments.clear {
        ask(at, &arguments.writing.on(clearing(scope)))?;
        return say(&format!("{scope}: the kill latch is cleared"));
    }
    let request = arguments.writing.on(killing(scope));
    match &arguments.kill_file {
        Some(file) => kill_by_file(at, (file, scope), &request)?,
        None => ask(at, &request)?,
    }
    say(&format!(
        "{scope}: killed; orders are cancelled, new ones denied"
    ))
}

fn ask(at: &At, request: &Request) -> Result<()> {
    Client::find(at)?.send(request)?.succeeded().map(drop)
}

/// By the file, before anything else; then by the API, which also confirms.
fn kill_by_file(at: &At, (path, scope): (&Path, &ScopeName), request: &Request) -> Result<()> {
    let place = path.display();
    let written = KillFile::new(path.to_owned()).write(scope);
    let confirmed = ask(at, request);
    match written {
        Ok(()) => confirmed.with_context(|| {
            format!("{place} is written and kills {scope} at a host that looks for it; unconfirmed")
        }),
        Err(error) => confirmed.with_context(|| format!("{place} cannot be written: {error}")),
    }
}

fn run_drill(arguments: &KillArguments) -> Result<()> {
    let extent = match arguments.short {
        true => Extent::Short,
        false => Extent::Full,
    };
    let program = std::env::current_exe()?;
    let measured = if arguments.json {
        let measured = drill(&program, extent, |_| Ok(()))?;
        say(&report(&measured).to_string())?;
        measured
    } else {
        let (place, figures) = (
            "state              scope            trigger       ",
            "  gate shut  cancels out  passed  after kill -9  verdict",
        );
        say(&format!("{place}{figures}"))?;
        let measured = drill(&program, extent, print)?;
        say("limits: gate 100 ms, cancels 1 s, no order passes, the latch survives kill -9")?;
        measured
    };
    if !measured.iter().all(Measured::is_safe) {
        bail!(
            "an order passed after a kill, the gate or the cancels never came, or a latch was lost"
        );
    }
    if extent == Extent::Full && !measured.iter().all(Measured::is_in_time) {
        bail!("the kill switch was slower than its limits");
    }
    Ok(())
}

fn report(measured: &[Measured]) -> serde_json::Value {
    let nanoseconds = |time: Option<Duration>| time.map(|time| time.as_nanos().to_string());
    let rows = measured.iter().map(|one| {
        json!({
            "state": one.state,
            "scope": one.scope,
            "trigger": one.trigger,
            "left_out": one.left_out,
            "gate_ns": nanoseconds(one.gate),
            "cancels_ns": nanoseconds(one.cancels),
            "passed": one.passed,
            "latched": one.latched,
            "verdict": one.verdict(),
        })
    });
    json!({
        "safe": measured.iter().all(Measured::is_safe),
        "in_time": measured.iter().all(Measured::is_in_time),
        "rows": rows.collect::<Vec<_>>(),
    })
}

fn print(one: &Measured) -> Result<()> {
    let milliseconds = |time: Option<Duration>| match time {
        Some(time) => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        None if one.left_out.is_some() => "-".to_owned(),
        None => "never".to_owned(),
    };
    let (state, scope, trigger) = (one.state, &one.scope, one.trigger);
    let (gate, cancels) = (milliseconds(one.gate), milliseconds(one.cancels));
    let latch = match (one.left_out, one.latched) {
        (Some(_), _) => "-",
        (None, true) => "killed",
        (None, false) => "TRADES",
    };
    let (passed, verdict) = (one.passed, one.verdict());
    say(&format!(
        "{state:<18} {scope:<16} {trigger:<14} {gate:>10} {cancels:>12} {passed:>7}  {latch:<13}  {verdict}"
    ))
}
