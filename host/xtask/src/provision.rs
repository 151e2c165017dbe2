//! Installs what a command needs and a bare machine lacks: rustup components, the servers that tests
//! start, and the tools of the languages that plugins are written in.
//!
//! The guest target is not handled here: `argonaut plugin build` picks its own way to it. A linker
//! is not either: without one cargo could not have built this program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::{cargo, check, succeeds};
use crate::paths;

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

/// Programs that tests start servers with, or ask a host with as the documents do, and the Debian packages
/// that bring them.
const SERVERS: [(&str, &str); 4] = [
    ("/usr/bin/redis-server", "redis-server"),
    ("/usr/lib/postgresql", "postgresql"),
    ("/usr/bin/curl", "curl"),
    ("/usr/bin/jq", "jq"),
];

/// Makes sure that Redis, PostgreSQL, curl and jq are installed; returns what had to be. Tests start servers
/// of their own, so it does not matter whether any runs.
pub(crate) fn servers() -> Result<Vec<&'static str>> {
    let missing = SERVERS
        .iter()
        .filter(|(program, _)| !Path::new(program).exists());
    install(missing.map(|(_, package)| *package).collect())
}

/// What the kits of C, Python and TypeScript need of the system, and the packages that bring it.
const AUTHORS: [(&str, &str); 4] = [
    ("/usr/bin/clang-19", "clang-19"),
    ("/usr/bin/wasm-ld-19", "lld-19"),
    ("/usr/include/wasm32-wasi", "wasi-libc"),
    (
        "/usr/lib/llvm-19/lib/clang/19/lib/wasi",
        "libclang-rt-19-dev-wasm32",
    ),
];

/// Makes sure that plugins in C, Python and TypeScript can be built, and the example clients run and be checked:
/// compilers and interpreters of the system, and in the folder `tools` environments of Python and packages of npm.
pub(crate) fn author_tools(tools: &Path) -> Result<()> {
    let missing = AUTHORS.iter().filter(|(path, _)| !Path::new(path).exists());
    let mut missing: Vec<_> = missing.map(|(_, package)| *package).collect();
    missing.extend(python());
    if !succeeds(Command::new("npm").arg("--version")) {
        missing.extend(["nodejs", "npm"]);
    }
    install(missing)?;
    let examples = paths::root().join("examples/strategies");
    python_packages(&examples.join("python/pyproject.toml"), &tools.join("venv"))?;
    let client = paths::root().join("examples/clients/python/pyproject.toml");
    python_packages(&client, &tools.join("clients"))?;
    let client = paths::root().join("examples/clients/typescript/package.json");
    npm_packages(&client, &tools.join("clients-node"))?;
    npm_packages(&examples.join("ts/package.json"), tools)
}

/// A server that speaks S3 as Amazon's does, for the tests of catalogs in buckets.
const OBJECT_STORE: &str = "moto[server,s3]==5.2.5";

/// Makes sure that the server of buckets is installed in a folder.
pub(crate) fn object_store(environment: &Path) -> Result<()> {
    install(python().into_iter().collect())?;
    python_environment(&[OBJECT_STORE], environment)
}

/// Its program.
pub(crate) fn program_of_object_store(environment: &Path) -> PathBuf {
    environment.join("bin/moto_server")
}

/// What asks a host all that its description allows and forbids.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Makes sure that it is installed in a folder.
pub(crate) fn schemathesis(environment: &Path) -> Result<()> {
    install(python().into_iter().collect())?;
    python_environment(&[SCHEMATHESIS], environment)
}

/// Its program.
pub(crate) fn program_of_schemathesis(environment: &Path) -> PathBuf {
    environment.join("bin/schemathesis")
}

/// The package that brings Python's environments, where they are not there.
fn python() -> Option<&'static str> {
    let is_there = succeeds(Command::new("python3").args(["-c", "import ensurepip"]));
    (!is_there).then_some("python3-venv")
}

/// Installs what the example's manifest names for developers.
fn python_packages(manifest: &Path, environment: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
    // The one line `dev = ["package==version", "other==version"]`; reading it needs no more than this.
    let wanted = text
        .lines()
        .find_map(|line| line.strip_prefix("dev = [\"")?.strip_suffix("\"]"))
        .with_context(|| format!("{} names no tools", manifest.display()))?;
    let wanted: Vec<&str> = wanted.split("\", \"").collect();
    python_environment(&wanted, environment)
}

/// Makes a Python environment with some packages and what they need.
fn python_environment(wanted: &[&str], environment: &Path) -> Result<()> {
    let stamp = environment.join("installed");
    let whole = wanted.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == whole) {
        return Ok(());
    }
    check(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(environment),
    )?;
    check(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet"])
            .args(wanted)
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    )?;
    fs::write(&stamp, whole).with_context(|| stamp.display().to_string())
}

/// Installs what the example's manifest names for developers.
fn npm_packages(manifest: &Path, tools: &Path) -> Result<()> {
    let wanted = fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
    let stamp = tools.join("installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(tools)?;
    fs::copy(manifest, tools.join("package.json"))?;
    let quiet = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
    check(Command::new("npm").current_dir(tools).args(quiet))?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

/// Installs Debian packages, if any; returns them.
fn install(missing: Vec<&'static str>) -> Result<Vec<&'static str>> {
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
    let arguments = ["install", "--yes", "--no-install-recommends"];
    check(apt().args(arguments).args(&missing)).with_context(by_hand)?;
    Ok(missing)
}
