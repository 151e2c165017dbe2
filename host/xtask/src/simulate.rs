//! `cargo xtask simulate`: trading days with faults from seeds, in a release build.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Result, anyhow};

use crate::cargo::{cargo, check};
use crate::paths;

/// Builds the simulator, then becomes it. Returns only when something failed.
pub(crate) fn simulate(arguments: &[OsString]) -> Result<ExitCode> {
    build()?;
    let program = paths::simulator();
    let error = Command::new(&program)
        .args(arguments)
        .current_dir(paths::root())
        .exec();
    Err(anyhow!("cannot start {}: {error}", program.display()))
}

/// Builds it without what the hostile plugins of the same crate need. Says nothing on standard
/// output, which is the simulator's.
fn build() -> Result<()> {
    check(&mut cargo([
        "build",
        "--release",
        "--quiet",
        "--package",
        "testkit",
        "--no-default-features",
        "--example",
        "simulate",
    ]))
}
