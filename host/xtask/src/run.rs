//! `cargo xtask run`: from a clone to strategies that trade, in one command.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Result, anyhow};

use crate::cargo::{cargo, check};
use crate::paths::{self, Profile};
use crate::plugins;
use crate::steps::timed;

/// Builds host and plugins, then becomes the host: same process, so that signals and the exit code
/// are the host's own. Returns only when something failed.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode> {
    timed("build the host", || {
        check(&mut cargo(["build", "--release", "--package", "argonaut"]))
    })?;
    timed("build the plugins", || plugins::build(Profile::Release))?;
    let program = paths::argonaut(Profile::Release);
    let error = Command::new(&program)
        .arg("run")
        .args(arguments)
        .current_dir(paths::root())
        .exec();
    Err(anyhow!("cannot start {}: {error}", program.display()))
}
