//! `cargo xtask schemathesis`: a host in a debug build is asked whatever its description allows and forbids, and each
//! answer is held against the description. `cargo xtask test` does so for a while.
//!
//! What is asked how is said by the files in `host/crates/api/schemathesis`.

mod host;
mod http;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use lexopt::prelude::{Long, ValueExt as _};

use crate::cargo::{cargo, check};
use crate::paths::{self, Profile};
use crate::{plugins, provision};
use host::Host;

/// How much is asked.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Requests of each operation, at most.
    max_examples: u32,
    /// For so many seconds, which the operations share; as long as it takes when `None`.
    seconds: Option<u32>,
    /// Says what is asked.
    seed: u64,
    /// Whether the host knows who asks; then everything is asked by a key with all roles.
    identity: bool,
}

/// What `cargo xtask test` does.
const SHORT: Options = Options {
    max_examples: 5,
    seconds: Some(240),
    seed: 1,
    identity: false,
};

impl Options {
    /// From the command line.
    pub(crate) fn parse(arguments: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Self {
            max_examples: 100,
            seconds: None,
            ..SHORT
        };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("max-examples") => {
                    let value = arguments.value()?.parse();
                    options.max_examples = value.context("--max-examples")?;
                }
                Long("seconds") => {
                    options.seconds = Some(arguments.value()?.parse().context("--seconds")?);
                }
                Long("seed") => options.seed = arguments.value()?.parse().context("--seed")?,
                Long("identity") => options.identity = true,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// Builds what is needed, then asks.
pub(crate) fn schemathesis(options: &Options) -> Result<ExitCode> {
    check(&mut cargo(["build", "--workspace", "--bins"]))?;
    plugins::build(Profile::Debug)?;
    ask(options)?;
    Ok(ExitCode::SUCCESS)
}

/// Asks a debug host that is built already, with plugins, for a while.
pub(crate) fn short() -> Result<()> {
    ask(&SHORT)
}

fn ask(options: &Options) -> Result<()> {
    let environment = paths::schemathesis();
    provision::schemathesis(&environment)?;
    let mut host = Host::start(&settings().join("host.toml"), options.identity)?;
    let key = match options.identity {
        true => Some(host.key()?),
        false => None,
    };
    let asked = check(&mut command(options, &host, key.as_deref()));
    host.lives()?;
    asked
}

/// What the files say how to ask.
fn settings() -> PathBuf {
    paths::root().join("host/crates/api/schemathesis")
}

fn command(options: &Options, host: &Host, key: Option<&str>) -> Command {
    let mut command = Command::new(provision::program_of_schemathesis(&paths::schemathesis()));
    command
        .current_dir(host.folder())
        .env("SCHEMATHESIS_HOOKS", settings().join("hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg("--config-file")
        .arg(settings().join("schemathesis.toml"))
        .args(["--no-color", "run", "--workers", "1"])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--seed", &options.seed.to_string()])
        .args(["--max-examples", &options.max_examples.to_string()]);
    if let Some(seconds) = options.seconds {
        command.args(["--max-time", &seconds.to_string()]);
    }
    match key {
        Some(key) => command.args(["-H", &format!("X-Api-Key: {key}")]),
        // Nobody has to say who they are, so that all that is said of it is as good.
        None => command.args(["--exclude-checks", "ignored_auth"]),
    };
    let description = format!("http://{}/api/v1/openapi.json", host.address());
    command.arg(description);
    command
}
