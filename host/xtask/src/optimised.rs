//! The host and the simulator with our own crates optimised, those that decide anything as in a
//! release, for the tests that ask whether debug and release builds agree.
//!
//! They stand on the libraries that the debug build has compiled already: a real release compiles
//! each of them once more, which takes longer than all tests together. What it adds to this build is
//! inlining across crates; `cargo xtask run` and `cargo xtask bench` make it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cargo::{cargo, check};
use crate::paths::{self, Profile};

/// What makes `dev` an optimised build of the crates of the workspace. The root manifest names all of
/// it for libraries, so that they stay as they are.
const SETTINGS: [&str; 3] = [
    "profile.dev.opt-level=1",
    "profile.dev.debug-assertions=false",
    "profile.dev.overflow-checks=false",
];

/// Crates from which figures and decisions come.
const AS_IN_A_RELEASE: [&str; 5] = ["engine", "journal", "model", "quant", "runtime"];

/// The host, once [`build`] has run.
pub(crate) fn host() -> PathBuf {
    folder().join("argonaut")
}

/// The simulator, once [`build`] has run.
pub(crate) fn simulator() -> PathBuf {
    folder().join("simulate")
}

/// Builds both and puts them beside the debug build, which takes its place again when it is asked
/// for next.
pub(crate) fn build() -> Result<()> {
    let mut command = cargo(["build", "--workspace", "--bin", "argonaut"]);
    command.args(["--example", "simulate"]);
    for setting in SETTINGS {
        command.args(["--config", setting]);
    }
    for name in AS_IN_A_RELEASE {
        command.arg("--config");
        command.arg(format!("profile.dev.package.{name}.opt-level=3"));
    }
    check(&mut command)?;
    fs::create_dir_all(folder())?;
    let examples = paths::target().join("debug").join("examples");
    keep(paths::argonaut(Profile::Debug), host())?;
    keep(examples.join("simulate"), simulator())
}

fn folder() -> PathBuf {
    paths::target().join("optimised")
}

/// A copy, not a link: cargo writes into the place of the original.
fn keep(from: PathBuf, to: PathBuf) -> Result<()> {
    let copied = fs::copy(&from, &to);
    copied.with_context(|| format!("{} to {}", from.display(), to.display()))?;
    Ok(())
}
