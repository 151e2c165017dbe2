//! `cargo xtask load`: a thousand clients at a host, both in release and on this machine.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Result, anyhow};

use crate::cargo::{cargo, check};
use crate::paths::{self, Profile};
use crate::plugins;
use crate::steps::timed;

/// Builds host, plugins and clients, then becomes the clients, which start a host for each scene. Returns only
/// when something failed.
pub(crate) fn load(arguments: &[OsString]) -> Result<ExitCode> {
    timed("build the host", || {
        check(&mut cargo(["build", "--release", "--package", "argonaut"]))
    })?;
    timed("build the plugins", || plugins::build(Profile::Release))?;
    timed("build the clients", build)?;
    let program = paths::load();
    let error = Command::new(&program)
        .arg("--host")
        .arg(paths::argonaut(Profile::Release))
        .arg("--plugins")
        .arg(paths::plugins_out())
        .args(arguments)
        .current_dir(paths::root())
        .exec();
    Err(anyhow!("cannot start {}: {error}", program.display()))
}

/// The clients, without hostile plugins of the same crate and what these need.
fn build() -> Result<()> {
    check(&mut cargo([
        "build",
        "--release",
        "--package",
        "testkit",
        "--no-default-features",
        "--features",
        "load",
        "--example",
        "load",
    ]))
}
