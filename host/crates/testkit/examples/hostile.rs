//! The hostile corpus, measured: `cargo xtask hostile` runs this. Prints one line for each of H01 to H20
//! and ends with an error when a promise was broken or a figure missed.
#![allow(
    clippy::print_stdout,
    reason = "a developer command talks to its user on stdout"
)]

use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use runtime::{Compiler, compile_child_main};
use serde_json::json;
use std::process::ExitCode;
use testkit::corpus::{CASES, Case, Figure, Finding, Length, Setting, case, resident_kib};

const HELP: &str = "\
hostile [--long] [--only H01,H12] [--json]
  --long      as often as figures need
  --only IDS  these cases, with commas between them
  --json      one line of JSON for each
";

/// The argument with which this program compiles one component for another process of itself.
const COMPILE: &str = "compile-child";

struct Options {
    length: Length,
    cases: Vec<Case>,
    json: bool,
}

/// What is asked of this program.
enum Task {
    Help,
    Compile,
    Run(Options),
}

fn main() -> ExitCode {
    let done = match task() {
        Ok(Task::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Task::Compile) => {
            let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
            compile_child_main(input, output).map(|()| true)
        }
        Ok(Task::Run(options)) => run(&options),
        Err(error) => {
            eprintln!("hostile: {error}");
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

fn task() -> Result<Task, lexopt::Error> {
    let mut options = Options {
        length: Length::Short,
        cases: CASES.to_vec(),
        json: false,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("long") => options.length = Length::Long,
            Long("only") => options.cases = named(&arguments.value()?.string()?)?,
            Long("json") => options.json = true,
            Long("help") | Short('h') => return Ok(Task::Help),
            Value(word) if word == COMPILE => return Ok(Task::Compile),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Run(options))
}

fn named(ids: &str) -> Result<Vec<Case>, lexopt::Error> {
    let cases = ids.split(',').map(|id| {
        let found = case(id.trim()).copied();
        found.ok_or_else(|| {
            lexopt::Error::from(format!("there is no case `{id}`; they are H01 to H20"))
        })
    });
    cases.collect()
}

/// Runs them; whether all held.
fn run(options: &Options) -> std::io::Result<bool> {
    let compiler = match options.length {
        Length::Short => Compiler::InProcess,
        // What is made to exhaust a compiler meets a process with limits, as in a host.
        Length::Long => Compiler::Child {
            program: std::env::current_exe()?,
            args: vec![COMPILE.into()],
        },
    };
    let setting = Setting {
        length: options.length,
        compiler,
    };
    // A case that panics says so in its line.
    std::panic::set_hook(Box::new(|_| {}));
    let mut held = true;
    for case in &options.cases {
        let before = resident_kib();
        let finding = case.run(&setting);
        let memory = (before, resident_kib());
        if options.json {
            println!("{}", in_json(case, &finding, memory));
        } else {
            println!("{}", in_words(case, &finding, memory));
        }
        held &= finding.holds(true);
    }
    Ok(held)
}

type Memory = (Option<u64>, Option<u64>);

/// One line; what was broken follows, indented.
fn in_words(case: &Case, finding: &Finding, (before, after): Memory) -> String {
    let verdict = if finding.holds(true) {
        "holds "
    } else {
        "BROKEN"
    };
    let time = |per_mille| {
        finding
            .quantile_ns(per_mille)
            .map_or_else(|| "-".to_owned(), short_time)
    };
    let mib =
        |kib: Option<u64>| kib.map_or_else(|| "-".to_owned(), |kib| (kib / 1_024).to_string());
    let outcomes: Vec<String> = finding
        .outcomes()
        .iter()
        .map(|(how, count)| format!("{how} {count}"))
        .collect();
    let mut text = format!(
        "{} {verdict} {}: {} runs ({}); p50 {}, p99 {}, max {}; RSS {} to {} MiB; promised: {}",
        case.id,
        case.attack,
        finding.runs(),
        outcomes.join(", "),
        time(500),
        time(990),
        time(1_000),
        mib(before),
        mib(after),
        case.promise,
    );
    for figure in finding.figures() {
        let verdict = if figure.holds() { "" } else { " MISSED" };
        text.push_str(&format!("; {figure}{verdict}"));
    }
    for note in finding.notes() {
        text.push_str(&format!("; {note}"));
    }
    for broken in finding.broken() {
        text.push_str(&format!("\n    {broken}"));
    }
    if finding.more_broken() > 0 {
        text.push_str(&format!("\n    and {} more", finding.more_broken()));
    }
    text
}

/// A time in the unit that suits it.
fn short_time(ns: u64) -> String {
    match ns {
        0..10_000 => format!("{ns} ns"),
        10_000..10_000_000 => format!("{} us", ns / 1_000),
        _ => format!("{} ms", ns / 1_000_000),
    }
}

fn in_json(case: &Case, finding: &Finding, (before, after): Memory) -> serde_json::Value {
    let figure = |figure: &Figure| {
        json!({
            "name": figure.name,
            "measured": figure.measured,
            "allowed": figure.allowed,
            "unit": figure.unit,
            "holds": figure.holds(),
        })
    };
    json!({
        "id": case.id,
        "attack": case.attack,
        "promise": case.promise,
        "holds": finding.holds(true),
        "runs": finding.runs(),
        "outcomes": finding.outcomes(),
        "p50_ns": finding.quantile_ns(500),
        "p99_ns": finding.quantile_ns(990),
        "max_ns": finding.quantile_ns(1_000),
        "rss_before_kib": before,
        "rss_after_kib": after,
        "figures": finding.figures().iter().map(figure).collect::<Vec<_>>(),
        "notes": finding.notes(),
        "broken": finding.broken(),
        "more_broken": finding.more_broken(),
    })
}
