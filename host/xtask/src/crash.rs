//! `cargo xtask crash`: hosts in processes of their own, killed at every named point and at random.

use std::process::ExitCode;

use anyhow::{Context, Result};
use lexopt::prelude::{Long, ValueExt as _};

use crate::cargo::{cargo, check, fake_venue};
use crate::paths::Profile;
use crate::plugins;

/// What to do.
pub(crate) struct Options {
    kills: u32,
    seed: u64,
}

impl Options {
    /// From the command line.
    pub(crate) fn parse(arguments: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Self { kills: 30, seed: 1 };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("kills") => options.kills = arguments.value()?.parse().context("--kills")?,
                Long("seed") => options.seed = arguments.value()?.parse().context("--seed")?,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// Builds plugins, then runs the tests that kill; they print their figures.
pub(crate) fn crash(options: &Options) -> Result<ExitCode> {
    check(&mut cargo(["build", "--workspace", "--bins"]))?;
    check(&mut fake_venue())?;
    plugins::build(Profile::Debug)?;
    let mut tests = cargo(["test", "--workspace", "--test", "it", "crash::"]);
    tests.args(["--", "--nocapture", "--test-threads=1"]);
    tests.env("CRASH_KILLS", options.kills.to_string());
    tests.env("CRASH_SEED", options.seed.to_string());
    check(&mut tests)?;
    Ok(ExitCode::SUCCESS)
}
