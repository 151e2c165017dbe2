//! Why a plugin could not be built.

use crate::Language;
use std::path::PathBuf;

/// Why a plugin could not be built. None of these is transient but [`BuildError::Toolchain`] when
/// the network was the reason.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder holds no plugin in any language.
    #[error(
        "`{0}` holds no plugin: there is no Cargo.toml, package.json, pyproject.toml or .c file; \
         begin one with `argonaut plugin new`"
    )]
    NoPlugin(PathBuf),
    /// The manifest cannot be read. The text is the reader's own.
    #[error("cannot read `{path}`:\n{message}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What its reader said.
        message: String,
    },
    /// Cargo features were asked of a plugin that is no crate.
    #[error("feature `{feature}`: only crates have features, and this plugin is in {language}")]
    Features {
        /// The first of them.
        feature: String,
        /// The plugin's language.
        language: Language,
    },
    /// A program that the language needs is not there.
    #[error("{language} plugins need {what}; install it with\n    {command}")]
    MissingTool {
        /// The language.
        language: Language,
        /// What is missing.
        what: String,
        /// The command that installs it.
        command: String,
    },
    /// A new plugin cannot be begun.
    #[error("{0}")]
    Project(String),
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
        /// What the compiler said.
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
