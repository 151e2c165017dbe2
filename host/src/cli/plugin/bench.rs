//! `argonaut plugin bench`: what events cost a plugin, beside one that does nothing.

use super::say;
use super::test::given;
use crate::author::bench::{self, Cost, Options, Report, Subject};
use crate::plugins::{default_data_dir, runtime_options};
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    /// The component.
    plugin: PathBuf,
    /// A parameter.
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// An instrument of the market, as `argonaut backtest` takes it.
    #[arg(long, value_name = "SYMBOL[,KEY=VALUE]")]
    instrument: Vec<String>,
    /// Events of the random market.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    events: u32,
    /// Its seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each call is measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Print one JSON object on one line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &BenchArguments) -> Result<()> {
    let given = given(&arguments.param, &arguments.instrument)?;
    let file = &arguments.plugin;
    let bytes = std::fs::read(file)
        .with_context(|| format!("{}: the plugin cannot be read", file.display()))?;
    let options = Options {
        events: usize::try_from(arguments.events)?,
        seed: arguments.seed,
        rounds: arguments.rounds,
    };
    let runtime = runtime_options(&default_data_dir())?;
    let report =
        bench::run(&bytes, &given, options, runtime).with_context(|| file.display().to_string())?;
    if arguments.json {
        return say(&serde_json::to_string(&report)?);
    }
    table(&report).iter().try_for_each(|line| say(line))
}

fn table(report: &Report) -> Vec<String> {
    let mut lines = vec![
        subject(&report.plugin),
        subject(&report.no_op),
        format!(
            "{} events of a random market with seed {}, each call measured {} times",
            report.market_events, report.seed, report.rounds
        ),
        String::new(),
        format!(
            "{:<15} {:>8} {:>10} {:>10} {:>10}   {:>9} {:>9} {:>9}   {:>10} {:>9}",
            "call",
            "calls",
            "fuel p50",
            "p99",
            "max",
            "us p50",
            "p99",
            "max",
            "no-op fuel",
            "us p50"
        ),
    ];
    for row in &report.calls {
        let Cost { fuel, time_ns } = row.plugin;
        let idle = row.no_op.map_or_else(
            || format!("{:>10} {:>9}", "-", "-"),
            |cost| format!("{:>10} {:>9}", cost.fuel.p50, micros(cost.time_ns.p50)),
        );
        lines.push(format!(
            "{:<15} {:>8} {:>10} {:>10} {:>10}   {:>9} {:>9} {:>9}   {idle}",
            row.kind,
            row.calls,
            fuel.p50,
            fuel.p99,
            fuel.max,
            micros(time_ns.p50),
            micros(time_ns.p99),
            micros(time_ns.max),
        ));
    }
    lines
}

fn subject(of: &Subject) -> String {
    let short = of.hash.get(..12).unwrap_or(&of.hash);
    format!(
        "{} {} ({short}): {} bytes, compiled in {:.0} ms, {} KiB of memory",
        of.name,
        of.version,
        of.size_bytes,
        of.compile_ms,
        of.memory_bytes / 1_024
    )
}

/// Microseconds with two digits after the point.
fn micros(nanos: u64) -> String {
    format!("{}.{:02}", nanos / 1_000, nanos % 1_000 / 10)
}
