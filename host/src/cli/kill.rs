//! `argonaut kill`: the kill switch of a running host, and its drill.

use super::say;
use crate::kill::{Client, Measured, drill};
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use services::handle::ScopeName;
use std::time::Duration;

/// Where a host listens unless told.
const ADDRESS: &str = "127.0.0.1:8080";
/// What tells otherwise, as it does for `argonaut run`.
const ADDRESS_VARIABLE: &str = "ARGONAUT_HOST__LISTEN";

/// What to kill.
#[derive(Debug, Args)]
pub(super) struct KillArguments {
    /// Whose trading stops: firm, account=NAME, strategy=NAME or instrument=SYMBOL.
    #[arg(long, default_value = "firm", value_parser = scope)]
    scope: ScopeName,
    /// Clear the latch instead; a kill file must be removed first.
    #[arg(long)]
    clear: bool,
    /// Where the host listens; else ARGONAUT_HOST__LISTEN, else 127.0.0.1:8080.
    #[arg(long)]
    address: Option<String>,
    /// Pull every trigger on a host of its own and measure how fast trading stops.
    #[arg(long, conflicts_with_all = ["scope", "clear", "address"])]
    drill: bool,
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
        return run_drill(arguments.json);
    }
    let address = arguments.address.clone();
    let address = address.or_else(|| std::env::var(ADDRESS_VARIABLE).ok());
    let client = Client::new(address.as_deref().unwrap_or(ADDRESS));
    let scope = &arguments.scope;
    if arguments.clear {
        client.clear(scope)?;
        return say(&format!("{scope}: the kill latch is cleared"));
    }
    client.kill(scope)?;
    say(&format!(
        "{scope}: killed; orders are cancelled, new ones denied"
    ))
}

fn run_drill(json: bool) -> Result<()> {
    let measured = drill(&std::env::current_exe()?)?;
    if json {
        say(&report(&measured).to_string())?;
    } else {
        print(&measured)?;
    }
    if measured.iter().all(Measured::is_safe) {
        return Ok(());
    }
    bail!("an order passed after a kill, or the gate or the cancels never came")
}

fn report(measured: &[Measured]) -> serde_json::Value {
    let nanoseconds = |time: Option<Duration>| time.map(|time| time.as_nanos().to_string());
    let triggers = measured.iter().map(|one| {
        json!({
            "trigger": one.trigger,
            "gate_ns": nanoseconds(one.gate),
            "cancels_ns": nanoseconds(one.cancels),
            "passed": one.passed,
            "verdict": one.verdict(),
        })
    });
    let safe = measured.iter().all(Measured::is_safe);
    json!({ "safe": safe, "triggers": triggers.collect::<Vec<_>>() })
}

fn print(measured: &[Measured]) -> Result<()> {
    let milliseconds = |time: Option<Duration>| match time {
        Some(time) => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        None => "never".to_owned(),
    };
    say("trigger         gate shut  cancels out  passed  verdict (100 ms, 1 s)")?;
    for one in measured {
        let (gate, cancels) = (milliseconds(one.gate), milliseconds(one.cancels));
        let (trigger, passed, verdict) = (one.trigger, one.passed, one.verdict());
        say(&format!(
            "{trigger:<14} {gate:>10} {cancels:>12} {passed:>7}  {verdict}"
        ))?;
    }
    Ok(())
}
