//! Installs what a command needs and a bare machine lacks: rustup components, and the servers
//! that tests start.
//!
//! The guest target is not handled here: `argonaut plugin build` picks its own way to it. A linker
//! is not either: without one cargo could not have built this program.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::{cargo, check, succeeds};

/// Makes sure that `cargo fmt` and `cargo clippy` exist; returns what had to be installed.
pub(crate) fn format_and_lints() -> Result<Vec<&'static str>> {
    let missing: Vec<&'static str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| !succeeds(&mut cargo([subcommand, "--version"])))
        .map(|(_, component)| component)
        .collect();
    if !missing.is_empty() {
        check(
            Command::new("rustup")
                .args(["component", "add"])
                .args(&missing),
        )
        .with_context(|| {
            format!(
                "{} missing; install with your toolchain's manager",
                missing.join(" and ")
            )
        })?;
    }
    Ok(missing)
}

/// Whether `cargo nextest` is there. It is faster, not needed: `cargo test` runs the same tests.
pub(crate) fn has_nextest() -> bool {
    succeeds(&mut cargo(["nextest", "--version"]))
}

/// Programs that tests start servers with, and the Debian packages that bring them.
const SERVERS: [(&str, &str); 2] = [
    ("/usr/bin/redis-server", "redis-server"),
    ("/usr/lib/postgresql", "postgresql"),
];

/// Makes sure that Redis and PostgreSQL are installed; returns what had to be. Tests start servers
/// of their own, so it does not matter whether any runs.
pub(crate) fn servers() -> Result<Vec<&'static str>> {
    let missing = SERVERS
        .iter()
        .filter(|(program, _)| !Path::new(program).exists());
    let missing: Vec<_> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(missing);
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let by_hand = || {
        let packages = missing.join(" ");
        format!("{packages} missing; install with `apt-get install {packages}` as root")
    };
    // The lists may be old or absent; what matters is whether the installation works.
    let _updated = check(apt().arg("update"));
    let install = ["install", "--yes", "--no-install-recommends"];
    check(apt().args(install).args(&missing)).with_context(by_hand)?;
    Ok(missing)
}
