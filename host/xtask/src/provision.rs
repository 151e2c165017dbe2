//! Installs what a command needs and a bare machine lacks: rustup components.
//!
//! The guest target is not handled here: `argonaut plugin build` picks its own way to it. A linker
//! is not either: without one cargo could not have built this program.

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
