//! Finds or installs a compiler for the guest target, and says which.
//!
//! First choice is the author's own toolchain, adding the target's standard library with rustup
//! where that works. Where none can be fetched, Debian's packages bring a compiler and the source
//! of the standard library, which cargo then builds along with the plugin. The variable
//! `ARGONAUT_GUEST_TOOLCHAIN` (`rustup` or `debian`) forces one of the two.

use crate::{BuildError, Progress, TARGET};
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Forces the choice; unset or empty means the builder chooses.
const FORCE: &str = "ARGONAUT_GUEST_TOOLCHAIN";
/// The Debian packages that together compile for the guest.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
/// The linker of Debian's lld-19.
const LINKER: &str = "/usr/bin/wasm-ld-19";

/// A way to compile plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The author's own cargo, which has the target's standard library.
    Rustup,
    /// Debian's cargo, which builds the standard library from source.
    Debian,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rustup => "cargo with the installed target wasm32-unknown-unknown",
            Self::Debian => "Debian's cargo-web with the standard library from source",
        })
    }
}

impl Toolchain {
    /// Word used in directory names and in the forcing variable.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }

    /// A cargo command of this toolchain that ignores what the environment says about flags: those
    /// are meant for the host's processor.
    pub(crate) fn cargo(self) -> Command {
        let mut command = match self {
            Self::Rustup => Command::new("cargo"),
            Self::Debian => Command::new("/usr/bin/cargo"),
        };
        for variable in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "RUSTC",
        ] {
            command.env_remove(variable);
        }
        if self == Self::Debian {
            command
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER);
        }
        command
    }

    /// What this toolchain needs on the line of `cargo build`.
    pub(crate) const fn build_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Rustup => &[],
            Self::Debian => &["-Zbuild-std=std,panic_abort"],
        }
    }
}

/// Finds a way to compile plugins, installing what is missing if that is possible. `directory` is
/// where cargo will run, since rustup may choose by directory.
pub(crate) fn prepare_toolchain(
    directory: &Path,
    progress: Progress<'_>,
) -> Result<Toolchain, BuildError> {
    let forced = std::env::var(FORCE).unwrap_or_default();
    let toolchain = match forced.as_str() {
        "" => match prepare_rustup(directory, progress) {
            Ok(toolchain) => toolchain,
            Err(no_rustup) => {
                progress(&format!("not by rustup: {no_rustup}"));
                prepare_debian(progress).map_err(|no_debian| {
                    BuildError::Toolchain(format!("{no_rustup}; {no_debian}"))
                })?
            }
        },
        "rustup" => prepare_rustup(directory, progress).map_err(BuildError::Toolchain)?,
        "debian" => prepare_debian(progress).map_err(BuildError::Toolchain)?,
        other => {
            let message = format!("{FORCE} is `{other}`, which is neither rustup nor debian");
            return Err(BuildError::Toolchain(message));
        }
    };
    progress(&format!("plugins are compiled by {toolchain}"));
    Ok(toolchain)
}

fn prepare_rustup(directory: &Path, progress: Progress<'_>) -> Result<Toolchain, String> {
    if has_target(directory) {
        return Ok(Toolchain::Rustup);
    }
    progress(&format!("adding the target {TARGET} with rustup"));
    run(Command::new("rustup")
        .current_dir(directory)
        .args(["target", "add", TARGET]))?;
    if has_target(directory) {
        return Ok(Toolchain::Rustup);
    }
    Err(format!(
        "rustup added {TARGET}, but the rustc on the path does not have it"
    ))
}

/// Whether the rustc on the path has the target's standard library, however it came there.
fn has_target(directory: &Path) -> bool {
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let printed = Command::new("rustc")
        .current_dir(directory)
        .args(arguments)
        .output();
    printed.is_ok_and(|output| {
        let path = String::from_utf8_lossy(&output.stdout);
        output.status.success() && has_standard_library(Path::new(path.trim()))
    })
}

fn has_standard_library(directory: &Path) -> bool {
    let Ok(entries) = directory.read_dir() else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn prepare_debian(progress: Progress<'_>) -> Result<Toolchain, String> {
    if has_debian() {
        return Ok(Toolchain::Debian);
    }
    let packages = PACKAGES.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() {
        return Err(format!(
            "install the target with `rustup target add {TARGET}` (there is no apt-get here to \
             install {packages} instead)"
        ));
    }
    let by_hand = format!("install them with `apt-get install {packages}` as root");
    if !is_root() {
        return Err(format!("the Debian packages are missing: {by_hand}"));
    }
    progress(&format!("installing {packages}"));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        run(command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments))
    };
    // The lists may be old or absent; what matters is whether the installation works.
    let updated = apt(&["update"]);
    let install = ["install", "--yes", "--no-install-recommends"];
    apt(&[&install[..], &PACKAGES[..]].concat())
        .or_else(|error| updated.and(Err(error)))
        .map_err(|error| format!("{error}; {by_hand}"))?;
    if has_debian() {
        return Ok(Toolchain::Debian);
    }
    Err(format!(
        "{packages} are installed but bring no compiler, library source or linker"
    ))
}

/// Whether Debian's compiler, its cargo, the source of the standard library and the linker are all
/// there. (Debian's plain `rustc` has no source beside it and does not count.)
fn has_debian() -> bool {
    let printed = Command::new("/usr/bin/rustc")
        .args(["--print", "sysroot"])
        .output();
    let Ok(printed) = printed else { return false };
    let sysroot = String::from_utf8_lossy(&printed.stdout);
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml");
    source.exists() && Path::new("/usr/bin/cargo").exists() && Path::new(LINKER).exists()
}

fn is_root() -> bool {
    let printed = Command::new("id").arg("-u").output();
    printed.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Runs a command to its end; on failure returns the last line of what it complained of.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = complaint
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no reason");
    Err(format!("{program} failed: {}", last.trim()))
}
