//! Finds a C compiler for WebAssembly with a C library: clang with wasi-libc, as Debian and the WASI
//! SDK have them, or Zig, as PyPI has it.

use crate::build::file_error;
use crate::{BuildError, Language, Progress, tool};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Names a compiler, with arguments, that is used instead of those looked for.
const FORCE: &str = "ARGONAUT_CC";
/// What installs one.
const INSTALL: &str = "apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32\n(or, \
                       without root: python3 -m venv .venv && .venv/bin/pip install ziglang)";
/// Versions of clang that Debian gives names of their own, newest first.
const CLANG_VERSIONS: std::ops::RangeInclusive<u32> = 14..=22;
/// Where Debian's wasi-libc is.
const DEBIAN_ROOT: &str = "/usr";

/// A command that compiles C to WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiler(Vec<OsString>);

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|word| word.to_string_lossy()).collect();
        f.write_str(&words.join(" "))
    }
}

impl Compiler {
    /// The first that compiles a small program. `work` is where it tries; Zig compiles its C library
    /// then, once on a machine.
    pub(super) fn find(
        folder: &Path,
        work: &Path,
        progress: Progress<'_>,
    ) -> Result<Self, BuildError> {
        let probe = work.join("probe.c");
        let text = "#include <stdlib.h>\nvoid *probe(void) { return malloc(1); }\n";
        fs::write(&probe, text).map_err(|source| file_error(&probe, source))?;
        let forced = std::env::var(FORCE).unwrap_or_default();
        if !forced.is_empty() {
            let forced = Self(forced.split_whitespace().map(OsString::from).collect());
            return forced
                .works(&probe)
                .then_some(forced)
                .ok_or_else(|| missing(FORCE));
        }
        if let Some(clang) = clangs().find(|clang| clang.works(&probe)) {
            return Ok(clang);
        }
        for zig in zigs(folder) {
            progress("no clang for WebAssembly; trying zig, whose first run takes half a minute");
            if zig.works(&probe) {
                return Ok(zig);
            }
        }
        Err(missing("clang with wasi-libc, or zig"))
    }

    pub(super) fn command(&self) -> Command {
        let mut words = self.0.iter();
        let mut command = Command::new(words.next().cloned().unwrap_or_default());
        command.args(words);
        command
    }

    /// Whether it makes a module of the program in the file `probe`.
    fn works(&self, probe: &Path) -> bool {
        let mut command = self.command();
        command
            .args(["-mexec-model=reactor", "-o"])
            .arg(probe.with_extension("wasm"))
            .arg(probe);
        tool::succeeds(&mut command)
    }
}

fn missing(what: &str) -> BuildError {
    BuildError::MissingTool {
        language: Language::C,
        what: format!("a C compiler for WebAssembly ({what})"),
        command: INSTALL.replace('\n', "\n    "),
    }
}

/// Every clang on the path, told where Debian keeps the C library for WebAssembly.
fn clangs() -> impl Iterator<Item = Compiler> {
    let versions = CLANG_VERSIONS
        .rev()
        .map(|version| format!("clang-{version}"));
    let names = std::iter::once("clang".to_owned()).chain(versions);
    names
        .filter(|name| tool::on_path(name).is_some())
        .map(|name| {
            let sysroot = format!("--sysroot={DEBIAN_ROOT}");
            Compiler(
                [name, "--target=wasm32-wasi".to_owned(), sysroot]
                    .map(OsString::from)
                    .into(),
            )
        })
}

/// Every Zig: of the plugin's own Python environment, of the shared one, on the path.
fn zigs(folder: &Path) -> Vec<Compiler> {
    let target = ["cc", "-target", "wasm32-wasi"].map(OsString::from);
    let mut found = Vec::new();
    for python in crate::python::interpreters(folder) {
        let module = [OsString::from("-m"), OsString::from("ziglang")];
        found.push([&[python.into_os_string()], &module[..], &target[..]].concat());
    }
    if let Some(zig) = tool::on_path("zig") {
        found.push([&[zig.into_os_string()], &target[..]].concat());
    }
    found.into_iter().map(Compiler).collect()
}
