//! `cargo xtask bench`: measures every headline figure in one session and prints one table.
//!
//! Each run is a fresh process of the release host, so memory is a run's own, and the cases take
//! turns, so that a machine that slows down slows all of them. Figures are medians.

mod case;
mod figures;
mod json;
mod peer;
mod quotes;
mod random;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use lexopt::prelude::{Long, ValueExt as _};

use crate::cargo::{cargo, check, output};
use crate::paths::{self, Profile};
use crate::plugins;
use crate::steps::timed;
use case::{CASES, Case, Length};
use figures::{Results, Sample, Shadow, Swap};
use peer::Peer;

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Options {
    /// A quotes file to use instead of the generated one.
    quotes: Option<PathBuf>,
    /// Runs of each case.
    runs: usize,
    /// How to start the peer's script.
    peer: Option<String>,
}

impl Options {
    pub(crate) fn parse(arguments: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Self {
            quotes: None,
            runs: 5,
            peer: None,
        };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("quotes") => options.quotes = Some(arguments.value()?.into()),
                Long("runs") => options.runs = arguments.value()?.parse::<usize>()?.max(1),
                Long("peer") => options.peer = Some(arguments.value()?.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// The two inputs: the whole file and its first rows.
struct Inputs {
    full: PathBuf,
    short: PathBuf,
}

/// Builds, measures, prints. Fails when a figure misses its target.
pub(crate) fn bench(options: &Options) -> Result<ExitCode> {
    timed("build the host", || {
        check(&mut cargo(["build", "--release", "--package", "argonaut"]))
    })?;
    timed("build the plugins", || plugins::build(Profile::Release))?;
    let inputs = timed("prepare the quotes", || inputs(options))?;
    let peer = match &options.peer {
        Some(command) => Some(Peer::new(command, &inputs.full, folder().join("peer"))?),
        None => None,
    };
    let mut results = Results::default();
    timed("measure", || {
        measure(options.runs, &inputs, peer.as_ref(), &mut results)
    })?;
    timed("measure the swap", || {
        let json = output(&mut host(&["--mode", "swap"], &inputs.full))?;
        results.swap = Some(Swap::parse(&json)?);
        Ok(())
    })?;
    timed("measure the shadow", || {
        let json = output(&mut host(&["--mode", "shadow"], &inputs.full))?;
        results.shadow = Some(Shadow::parse(&json)?);
        Ok(())
    })?;
    let rows = figures::rows(&results);
    println!("\n{}", table::markdown(&rows));
    Ok(if rows.iter().all(|row| row.holds != Some(false)) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Where the inputs lie.
fn folder() -> PathBuf {
    paths::root().join("target").join("bench")
}

fn inputs(options: &Options) -> Result<Inputs> {
    let folder = folder();
    std::fs::create_dir_all(&folder)?;
    let full = match &options.quotes {
        Some(file) => file
            .canonicalize()
            .with_context(|| format!("cannot find {}", file.display()))?,
        None => quotes::generated(&folder)?,
    };
    let short = quotes::first_rows(&full, &folder, case::SHORT_ROWS)?;
    Ok(Inputs { full, short })
}

fn measure(runs: usize, inputs: &Inputs, peer: Option<&Peer>, results: &mut Results) -> Result<()> {
    for round in 1..=runs {
        for case in CASES {
            for _ in 0..case.runs_each_round {
                results.add(case.id, run_case(case, inputs)?);
            }
            if let (Some(peer), Some(mode)) = (peer, case.peer_mode) {
                results.add_peer(case.id, peer.run(mode)?);
            }
        }
        println!("    round {round} of {runs}");
    }
    Ok(())
}

fn run_case(case: &Case, inputs: &Inputs) -> Result<Sample> {
    let quotes = match case.length {
        Length::Full => &inputs.full,
        Length::Short => &inputs.short,
    };
    let json = output(&mut host(case.arguments, quotes))?;
    Sample::parse(&json).with_context(|| format!("case {:?}", case.id))
}

/// `argonaut bench` with JSON output.
fn host(arguments: &[&str], quotes: &Path) -> Command {
    let mut command = Command::new(paths::argonaut(Profile::Release));
    command
        .current_dir(paths::root())
        .args(["bench", "--json", "--quotes"])
        .arg(quotes);
    command.args(arguments);
    command
}
