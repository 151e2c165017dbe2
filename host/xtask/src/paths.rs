//! Where things are. Every path hangs off the repository's root, so commands work from any folder.

use std::path::PathBuf;

/// The repository's root, fixed when xtask is compiled: `cargo xtask` rebuilds it in a moved tree.
pub(crate) fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .map_or_else(|| manifest.clone(), PathBuf::from)
}

/// Cargo's output folder.
pub(crate) fn target() -> PathBuf {
    // Joining an absolute path gives that path.
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The host program of a cargo profile.
pub(crate) fn argonaut(profile: Profile) -> PathBuf {
    target().join(profile.folder()).join("argonaut")
}

/// The simulator, in release.
pub(crate) fn simulator() -> PathBuf {
    example("simulate")
}

/// What runs the hostile corpus, in release.
pub(crate) fn hostile() -> PathBuf {
    example("hostile")
}

/// What puts a load on a host, in release.
pub(crate) fn load() -> PathBuf {
    example("load")
}

fn example(name: &str) -> PathBuf {
    let folder = target().join(Profile::Release.folder());
    folder.join("examples").join(name)
}

/// Where the built plugins go: one `<name>.wasm` each.
pub(crate) fn plugins_out() -> PathBuf {
    root().join("target").join("plugins")
}

/// Where the tools of authors' languages go that are no packages of the system.
pub(crate) fn author_tools() -> PathBuf {
    root().join("target").join("tools")
}

/// Where the server of buckets for tests goes.
pub(crate) fn object_store() -> PathBuf {
    author_tools().join("object-store")
}

/// Where what asks a host all that its description says goes.
pub(crate) fn schemathesis() -> PathBuf {
    author_tools().join("schemathesis")
}

/// Which of the two builds of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Cargo's `dev`: checks on, what tests use.
    Debug,
    /// What users run and what is measured.
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}
