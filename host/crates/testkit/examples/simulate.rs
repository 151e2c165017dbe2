//! Simulated days, seed after seed: `cargo xtask simulate` runs this. Prints what happened in
//! numbers and one digest over all journals; a day that breaks a promise is shrunk and told.
#![allow(
    clippy::print_stdout,
    reason = "a developer command talks to its user on stdout"
)]

use lexopt::prelude::{Long, Short, ValueExt as _};
use serde_json::json;
use std::process::ExitCode;
use std::time::Instant;
use testkit::simulator::{Batch, Scenario, shrink};

const HELP: &str = "\
simulate [--seeds N] [--from S] [--full] [--twice] [--json]
  --seeds N   how many days (default 200)
  --from S    the first seed (default 1)
  --full      days of full size instead of short ones
  --twice     run each day twice; both must give the same journal
  --json      one line of JSON
";

struct Options {
    seeds: u64,
    from: u64,
    full: bool,
    twice: bool,
    json: bool,
}

fn main() -> ExitCode {
    match options() {
        Ok(Some(options)) => simulate(&options),
        Ok(None) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("simulate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        seeds: 200,
        from: 1,
        full: false,
        twice: false,
        json: false,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seeds") => options.seeds = arguments.value()?.parse()?,
            Long("from") => options.from = arguments.value()?.parse()?,
            Long("full") => options.full = true,
            Long("twice") => options.twice = true,
            Long("json") => options.json = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

fn simulate(options: &Options) -> ExitCode {
    let make = if options.full {
        Scenario::full
    } else {
        Scenario::short
    };
    let begun = Instant::now();
    let seeds = options.from..options.from.saturating_add(options.seeds);
    let batch = Batch::run(seeds, make, options.twice);
    report(options, &batch, begun.elapsed().as_secs_f64());
    for (seed, violation) in &batch.violations {
        println!("\nseed {seed}: {violation}");
    }
    if let Some((seed, _)) = batch.violations.first() {
        match shrink(&make(*seed)) {
            Some(shrunk) => println!("\nshrunk in {} runs to\n{shrunk}", shrunk.runs),
            None => println!("\nseed {seed} is not broken when run again"),
        }
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn report(options: &Options, batch: &Batch, seconds: f64) {
    let total = &batch.total;
    let numbers = json!({
        "seeds": options.seeds,
        "from": options.from,
        "profile": if options.full { "full" } else { "short" },
        "events": total.events,
        "inputs": total.inputs,
        "orders": total.orders,
        "denied": total.denied,
        "fills": total.fills,
        "crashes": total.crashes,
        "inputs_lost": total.lost,
        "inputs_replayed": total.replayed,
        "reports": total.reports,
        "most_open_orders": total.most_open,
        "most_effects": total.most_effects,
        "most_in_flight": total.most_in_flight,
        "violations": batch.violations.len(),
        "seconds": seconds,
        "cpu_seconds": cpu_seconds(),
        "peak_memory_mib": peak_memory_mib(),
        "digest": batch.digest(),
    });
    if options.json {
        println!("{numbers}");
        return;
    }
    if let Some(numbers) = numbers.as_object() {
        for (name, value) in numbers {
            println!("{name:>18}  {}", value.to_string().trim_matches('"'));
        }
    }
}

/// Processor time of this process, in seconds, where the system tells.
fn cpu_seconds() -> Option<f64> {
    // User and system time are the 14th and 15th field, in hundredths; names may hold spaces.
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// The most memory this process had at once, where the system tells.
fn peak_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1_024)
}
