//! Builds the first-party plugins from source, with the host's own `plugin build`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::check;
use crate::paths::{self, Profile};

/// Other versions of some plugins: the folder, the feature that makes the version, and the file's name. Hot swaps are
/// measured with the counter's; `examples/operations` has an operator's day with the others.
const VERSIONS: [(&str, &str, &str); 3] = [
    ("plugins/counter", "v2", "counter-v2"),
    ("plugins/order-every", "v2", "order-every-v2"),
    ("plugins/order-every", "broken", "order-every-v3"),
];

/// Builds every crate under `plugins/` into `target/plugins`, using an already built host, and other versions of
/// some of them.
pub(crate) fn build(host: Profile) -> Result<()> {
    let root = paths::root();
    check(build_command(host).args(crates_in(&root.join("plugins"))?))?;
    for (folder, feature, name) in VERSIONS {
        let version = [folder, "--features", feature, "--name", name];
        check(build_command(host).args(version))?;
    }
    Ok(())
}

fn build_command(host: Profile) -> Command {
    let mut command = Command::new(paths::argonaut(host));
    command
        .current_dir(paths::root())
        .args(["plugin", "build", "--out"])
        .arg(paths::plugins_out());
    command
}

/// The folders directly under `folder` that hold a crate, in name order.
fn crates_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut crates = Vec::new();
    for entry in folder
        .read_dir()
        .with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.join("Cargo.toml").is_file() {
            crates.push(path);
        }
    }
    if crates.is_empty() {
        bail!("{} holds no plugin crate", folder.display());
    }
    crates.sort();
    Ok(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_with_a_manifest_are_plugins() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            crates_in(folder.path()).is_err(),
            "an empty folder holds nothing to build"
        );
        for name in ["b", "a", "notes"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in ["b", "a"] {
            std::fs::write(folder.path().join(name).join("Cargo.toml"), "").unwrap();
        }
        let found = crates_in(folder.path()).unwrap();
        assert_eq!(found, [folder.path().join("a"), folder.path().join("b")]);
    }
}
