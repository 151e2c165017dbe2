//! `argonaut bus`: what a host publishes to Redis, read as a consumer of a group does.

use super::say;
use crate::config::{self, environment_overrides};
use anyhow::{Context, Result, anyhow};
use bus::{BusError, Consumer, Delivery, Monitor, Settings};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Entries taken at once.
const ENTRIES: usize = 200;
/// How long to wait for some.
const PATIENCE: Duration = Duration::from_secs(1);

/// What to do with the bus.
#[derive(Debug, Args)]
pub(super) struct BusArguments {
    #[command(subcommand)]
    command: BusCommand,
}

#[derive(Debug, Subcommand)]
enum BusCommand {
    /// Print entries as JSON lines as they come, the urgent ones first, and acknowledge them.
    Tail(TailArguments),
}

#[derive(Debug, Args)]
struct TailArguments {
    /// The host's configuration, whose `[bus]` names the Redis.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    config: Option<PathBuf>,
    /// The Redis, where no configuration is named.
    #[arg(long, required_unless_present = "config")]
    url: Option<String>,
    /// The group whose consumers share entries; that of the configuration by default.
    #[arg(long)]
    group: Option<String>,
    /// This consumer's name: its own within the group.
    #[arg(long, default_value = "tail")]
    consumer: String,
    /// End after so many entries.
    #[arg(long)]
    count: Option<usize>,
}

pub(super) fn run(arguments: &BusArguments) -> Result<()> {
    let BusCommand::Tail(tail) = &arguments.command;
    let settings = settings(tail)?;
    let mut consumer = Consumer::new(&tail.consumer, settings, Monitor::default())?;
    let mut left = tail.count.unwrap_or(usize::MAX);
    while left > 0 {
        let taken = consumer.take(ENTRIES.min(left), PATIENCE);
        let taken = match taken {
            Err(BusError::Link(error)) => {
                away(&consumer, &error)?;
                continue;
            }
            taken => taken?,
        };
        left -= taken.len().min(left);
        taken.iter().try_for_each(show)?;
        // Only now: what was not shown comes again, here or at another consumer.
        match consumer.acknowledge(&taken) {
            Err(BusError::Link(error)) => away(&consumer, &error)?,
            done => done?,
        }
    }
    Ok(())
}

fn away(consumer: &Consumer, error: &dyn std::error::Error) -> Result<()> {
    writeln!(std::io::stderr(), "Redis is away: {error}")?;
    std::thread::sleep(consumer.pause());
    Ok(())
}

fn settings(tail: &TailArguments) -> Result<Settings> {
    let mut settings = match (&tail.config, &tail.url) {
        (Some(file), _) => {
            let config = config::load(file, &environment_overrides(std::env::vars()))?;
            let secrets = config.secrets();
            let section = config.bus.context("there is no [bus] in the configuration");
            let section = section.with_context(|| file.display().to_string())?;
            section
                .settings(&secrets)
                .map_err(|error| anyhow!("bus.{error}"))?
        }
        (None, url) => Settings::new(url.as_deref().unwrap_or_default()),
    };
    if let Some(group) = &tail.group {
        settings.group.clone_from(group);
    }
    settings.check().map_err(|error| anyhow!("--{error}"))?;
    Ok(settings)
}

fn show(delivery: &Delivery) -> Result<()> {
    let entry = &delivery.entry;
    let body: serde_json::Value = serde_json::from_str(&entry.body)
        .with_context(|| format!("entry {} is no JSON", entry.id))?;
    let line = serde_json::json!({
        "run": delivery.run,
        "id": entry.id.to_string(),
        "kind": entry.kind,
        "time_ns": entry.time_ns.to_string(),
        "body": body,
    });
    say(&line.to_string())
}
