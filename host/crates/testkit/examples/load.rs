//! The load of a gateway, measured: `cargo xtask load` runs this. Prints one table, and ends with an error when a
//! figure missed its target.
#![allow(
    clippy::print_stdout,
    reason = "a developer command talks to its user on stdout"
)]

use lexopt::prelude::{Long, Short, ValueExt as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use testkit::load::{LoadError, Row, Run, Scene, Setting, allow_files, measure};

const HELP: &str = "\
load --host PROGRAM --plugins FOLDER [--only ws|slow|rest|orders] [--seconds N] [--connections N] [--quotes N] [--fsync WHEN]
  --host PROGRAM    the host that is measured
  --plugins FOLDER  where the built plugins are
  --only NAME       only this
  --seconds N       how long each part is measured (default 20)
  --connections N   WebSocket clients of `ws` (default 1000)
  --quotes N        quotes per second, each to every client (default 280)
  --fsync WHEN      never (the default), interval or commit: when the journal is forced onto the disk;
                    several with commas between, each on hosts of its own
";

/// When a host may force its journal onto the disk, as its configuration names it.
const FSYNC: [&str; 3] = ["never", "interval", "commit"];

/// Room for the scene with slow clients, and for whoever looks on.
const LEAST_CONNECTIONS: u32 = 256;

struct Options {
    /// One for each way to force the journal onto the disk.
    runs: Vec<Run>,
    scenes: Vec<Scene>,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("load: {error}");
            return ExitCode::FAILURE;
        }
    };
    match load(&options) {
        Ok(rows) => {
            println!("\n{}", table(&rows));
            if rows.iter().all(|row| row.holds != Some(false)) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    let (mut program, mut plugins) = (None, None);
    let mut scenes = Scene::ALL.to_vec();
    let (mut seconds, mut connections, mut quotes) = (20_u64, 1_000_u32, 280_u32);
    let mut policies = vec!["never"];
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("host") => program = Some(PathBuf::from(arguments.value()?)),
            Long("plugins") => plugins = Some(PathBuf::from(arguments.value()?)),
            Long("only") => scenes = vec![named(&arguments.value()?.string()?)?],
            Long("seconds") => seconds = arguments.value()?.parse::<u64>()?.max(1),
            Long("connections") => connections = arguments.value()?.parse::<u32>()?.max(1),
            Long("quotes") => quotes = arguments.value()?.parse::<u32>()?.max(1),
            Long("fsync") => policies = fsync(&arguments.value()?.string()?)?,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    let program = program.ok_or("--host is missing: which program is measured")?;
    let plugins = plugins.ok_or("--plugins is missing: where the built plugins are")?;
    let runs = policies.into_iter().map(|policy| Run {
        setting: Setting {
            program: program.clone(),
            plugins: plugins.clone(),
            connections: connections.max(LEAST_CONNECTIONS),
            quotes,
            fsync: policy.to_owned(),
        },
        length: Duration::from_secs(seconds),
        connections: usize::try_from(connections).unwrap_or(usize::MAX),
    });
    let runs = runs.collect();
    Ok(Some(Options { runs, scenes }))
}

/// The policies that a text names, with commas between.
fn fsync(text: &str) -> Result<Vec<&'static str>, lexopt::Error> {
    let known = |name: &str| {
        let found = FSYNC.into_iter().find(|policy| *policy == name);
        found.ok_or_else(|| {
            let names = FSYNC.join(", ");
            lexopt::Error::from(format!("--fsync: there is no `{name}`; there are {names}"))
        })
    };
    text.split(',').map(known).collect()
}

fn named(name: &str) -> Result<Scene, lexopt::Error> {
    let mut all = Scene::ALL.into_iter();
    all.find(|scene| scene.name() == name).ok_or_else(|| {
        let names = Scene::ALL.map(Scene::name).join(", ");
        lexopt::Error::from(format!(
            "there is no `{name}` to measure; there are {names}"
        ))
    })
}

fn load(options: &Options) -> Result<Vec<Row>, LoadError> {
    allow_files()?;
    let mut rows = Vec::new();
    for run in &options.runs {
        rows.extend(measure(&options.scenes, run, |scene| {
            println!("==> {}, fsync `{}`", scene.name(), run.setting.fsync);
        })?);
    }
    Ok(rows)
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from("| figure | measured | target | |\n|---|---|---|---|\n");
    for row in rows {
        let verdict = match row.holds {
            Some(true) => "ok",
            Some(false) => "missed",
            None => "",
        };
        text += &format!(
            "| {} | {} | {} | {verdict} |\n",
            row.figure, row.measured, row.target
        );
    }
    text
}
