//! What cargo knows of a plugin crate: its package, its workspace, whether it makes a module.

use super::Toolchain;
use crate::BuildError;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A plugin crate as cargo sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plugin {
    /// Package name.
    pub(super) package: String,
    /// The manifest, as cargo spells it.
    pub(super) manifest: PathBuf,
    /// Root of its workspace, where cargo runs.
    pub(super) workspace: PathBuf,
    /// The workspace's target directory.
    pub(super) target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
pub(super) struct Target {
    pub(super) kind: Vec<String>,
}

impl Target {
    /// Whether it makes a module.
    pub(super) fn is_module(&self) -> bool {
        self.kind.iter().any(|kind| kind == "cdylib")
    }
}

/// Reads the crate in `directory`.
pub(super) fn read(directory: &Path, toolchain: Toolchain) -> Result<Plugin, BuildError> {
    let manifest = directory.join("Cargo.toml");
    let not_a_crate = || BuildError::NoPlugin(directory.to_owned());
    let manifest = manifest.canonicalize().map_err(|_| not_a_crate())?;
    let metadata = metadata(&manifest, toolchain)?;
    let package = metadata
        .packages
        .into_iter()
        .find(|package| {
            package
                .manifest_path
                .canonicalize()
                .is_ok_and(|path| path == manifest)
        })
        .ok_or_else(not_a_crate)?;
    if !package.targets.iter().any(Target::is_module) {
        return Err(BuildError::NotAPlugin(manifest));
    }
    Ok(Plugin {
        package: package.name,
        manifest: package.manifest_path,
        workspace: metadata.workspace_root,
        target_directory: metadata.target_directory,
    })
}

fn metadata(manifest: &Path, toolchain: Toolchain) -> Result<Metadata, BuildError> {
    let mut command = toolchain.cargo();
    command.args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--manifest-path",
    ]);
    let directory = manifest.parent().unwrap_or(Path::new("."));
    let output = command
        .arg(manifest)
        .current_dir(directory)
        .output()
        .map_err(|source| BuildError::Run {
            program: "cargo".to_owned(),
            source,
        })?;
    let failed = |message: String| BuildError::Manifest {
        path: manifest.to_owned(),
        message,
    };
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

/// Whether the workspace brings its own profile `plugin`.
pub(super) fn has_plugin_profile(workspace: &Path) -> bool {
    let text = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    let manifest: Option<toml::Table> = text.parse().ok();
    manifest.is_some_and(|manifest| {
        manifest
            .get("profile")
            .and_then(|profiles| profiles.get("plugin"))
            .is_some()
    })
}
