//! The repository's own rules, checked by `cargo xtask tidy` and by a test of this crate.
//!
//! Each rule is a function from file texts to violations, so that its test can show it a bad text.
//! What rustfmt and clippy can check is not repeated here.

mod architecture;
mod banned;
mod edges;
mod files;
mod heads;
mod leaks;
mod metadata;
mod points;
mod ratchet;
mod reasons;
mod tokens;
mod unfinished;
mod wit;

use std::fmt;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::paths;
use files::Files;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    /// Path from the root, with forward slashes.
    path: String,
    /// Line from 1; 0 when the whole file is meant.
    line: usize,
    message: String,
}

impl Violation {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.message),
            line => write!(out, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// `cargo xtask tidy`. With `shrink`, first lowers the ratchet to what the code has become.
pub(crate) fn command(shrink: bool) -> Result<ExitCode> {
    if shrink {
        let files = Files::read(&paths::root())?;
        std::fs::write(paths::root().join(ratchet::FILE), ratchet::shrunk(&files)?)?;
    }
    check_repository()?;
    println!("tidy");
    Ok(ExitCode::SUCCESS)
}

/// `cargo xtask freeze-wit v1`: records the hashes of a folder that is being released.
pub(crate) fn freeze_wit(folder: &str) -> Result<ExitCode> {
    let files = Files::read(&paths::root())?;
    std::fs::write(paths::root().join(wit::FILE), wit::frozen(&files, folder)?)?;
    println!("wit/{folder} is frozen from now on");
    Ok(ExitCode::SUCCESS)
}

/// Checks this repository; the error lists every violation.
pub(crate) fn check_repository() -> Result<()> {
    let files = Files::read(&paths::root())?;
    let metadata = metadata::Metadata::read()?;
    let mut violations = source_violations(&files)?;
    violations.extend(edges::check(&metadata));
    violations.extend(architecture::check(&files, &metadata.members()));
    violations.sort();
    if violations.is_empty() {
        return Ok(());
    }
    for violation in &violations {
        eprintln!("{violation}");
    }
    bail!(
        "{} broken rules of the repository, see CONTRIBUTING.md",
        violations.len()
    )
}

fn source_violations(files: &Files) -> Result<Vec<Violation>> {
    let mut violations = heads::check(files);
    violations.extend(leaks::check(files));
    violations.extend(unfinished::check(files));
    violations.extend(wit::check(files));
    let parsed = tokens::parse(files)?;
    violations.extend(banned::check(&parsed));
    violations.extend(points::check(&parsed));
    violations.extend(reasons::check(&parsed));
    violations.extend(ratchet::check(files, &parsed));
    Ok(violations)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_repository_is_tidy() {
        if let Err(error) = super::check_repository() {
            panic!("{error}");
        }
    }
}
