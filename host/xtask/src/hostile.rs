//! `cargo xtask hostile`: plugins that attack, in a release build.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Result, anyhow};

use crate::cargo::{cargo, check};
use crate::paths;

/// Builds the runner, then becomes it. Returns only when something failed.
pub(crate) fn hostile(arguments: &[OsString]) -> Result<ExitCode> {
    check(&mut cargo([
        "build",
        "--release",
        "--quiet",
        "--package",
        "testkit",
        "--example",
        "hostile",
    ]))?;
    let program = paths::hostile();
    let error = Command::new(&program)
        .args(arguments)
        .current_dir(paths::root())
        .exec();
    Err(anyhow!("cannot start {}: {error}", program.display()))
}
