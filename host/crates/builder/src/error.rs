//! Why a plugin could not be built.

use std::path::PathBuf;

/// Why a plugin could not be built. None of these is transient but [`BuildError::Toolchain`] when
/// the network was the reason.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The directory holds no `Cargo.toml`.
    #[error("`{0}` holds no Cargo.toml: name the directory of a plugin crate")]
    NotACrate(PathBuf),
    /// cargo does not understand the manifest. The text is cargo's own.
    #[error("cargo cannot read `{path}`:\n{message}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What cargo said.
        message: String,
    },
    /// The crate makes no `cdylib`, so there is no module to wrap.
    #[error("`{0}` makes no cdylib: add `[lib] crate-type = [\"cdylib\", \"rlib\"]`")]
    NotAPlugin(PathBuf),
    /// No way to compile for the guest was found, and why.
    #[error("no compiler for plugins: {0}")]
    Toolchain(String),
    /// The code does not compile. The text is the compiler's own, with files and lines.
    #[error("`{crates}` does not compile:\n{message}")]
    Compile {
        /// What was being compiled.
        crates: String,
        /// What cargo said.
        message: String,
    },
    /// The module cannot be made a component, usually because it imports something that no plugin
    /// may have.
    #[error("`{name}` cannot be made a component: {message}")]
    Component {
        /// Which module.
        name: String,
        /// Why.
        message: String,
    },
    /// A program could not be started.
    #[error("cannot run `{program}`: {source}")]
    Run {
        /// Which program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error("`{path}`: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
