//! The kits that authors write against: kept in this program, and laid out in the folder
//! `.argonaut` of a plugin, where compilers and editors find them. A kit that is older or newer than
//! the program is replaced, so that what is built fits the host that built it.

use crate::build::file_error;
use crate::{BuildError, Language};
use rust_embed::{Embed, EmbeddedFile};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder in a plugin's folder that belongs to this program.
pub(crate) const FOLDER: &str = ".argonaut";

#[derive(Embed)]
#[folder = "../../../sdk"]
#[exclude = "*/node_modules/*"]
#[exclude = "*/__pycache__/*"]
#[exclude = "*/target/*"]
#[exclude = "*/tests/*"]
struct Sdk;

#[derive(Embed)]
#[folder = "../../../wit/v1"]
struct Contract;

/// Files of the C kit that are made of the contract at each build.
const GENERATED: [&str; 2] = ["strategy.c", "strategy.h"];
/// Folders that tools of the languages make.
const CACHES: [&str; 2] = ["__pycache__", "node_modules"];

/// The workspace's manifest, which the Rust kit's own refers to.
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// Lays the kit of `language` out in `folder` and returns where it is. Files that are already right
/// are not touched, so that compilers need not look at them again.
pub(crate) fn lay_out(folder: &Path, language: Language) -> Result<PathBuf, BuildError> {
    let root = folder.join(FOLDER);
    let prefix = format!("{}/", language.kit());
    let mut wanted = Vec::new();
    for path in Sdk::iter().filter(|path| path.starts_with(&prefix)) {
        let bytes = contents(Sdk::get(&path));
        let bytes = match &*path {
            "rust/Cargo.toml" => standalone(&bytes)?,
            _ => bytes,
        };
        wanted.push((root.join("sdk").join(&*path), bytes));
    }
    let contract = match language {
        // Where its code says.
        Language::Rust => root.join("wit/v1"),
        _ => root.join("sdk/wit/deps/v1"),
    };
    for path in Contract::iter() {
        wanted.push((contract.join(&*path), contents(Contract::get(&path))));
    }
    if language != Language::Rust {
        let world = "wit/plugin.wit";
        wanted.push((root.join("sdk").join(world), contents(Sdk::get(world))));
    }
    let kit = root.join("sdk").join(language.kit());
    refuse_links(folder, &[&kit, &contract])?;
    for (path, bytes) in &wanted {
        write_if_other(path, bytes)?;
    }
    forget_others(&kit, &wanted)?;
    forget_others(&contract, &wanted)?;
    Ok(kit)
}

/// Refuses a kit that is a link, or lies behind one: what is written and removed there is somebody
/// else's.
fn refuse_links(project: &Path, folders: &[&Path]) -> Result<(), BuildError> {
    let inside = |folder: &&Path| folder.starts_with(project) && *folder != project;
    for folder in folders.iter().flat_map(|folder| folder.ancestors()) {
        if inside(&folder) && folder.is_symlink() {
            return Err(BuildError::Project(format!(
                "{} is a link, and the kit is written there; remove the link",
                folder.display()
            )));
        }
    }
    Ok(())
}

/// Removes what another version's kit had and this one has not: compilers would take it in.
fn forget_others(folder: &Path, wanted: &[(PathBuf, Vec<u8>)]) -> Result<(), BuildError> {
    let entries = fs::read_dir(folder).map_err(|source| file_error(folder, source))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let is = |names: &[&str]| names.iter().any(|name| path.ends_with(name));
        let kind = entry.file_type();
        // A link is a file to be removed: what it leads to is not of the kit.
        if kind.map_err(|source| file_error(&path, source))?.is_dir() {
            if !is(&CACHES) {
                forget_others(&path, wanted)?;
            }
        } else if !is(&GENERATED) && !wanted.iter().any(|(known, _)| *known == path) {
            fs::remove_file(&path).map_err(|source| file_error(&path, source))?;
        }
    }
    Ok(())
}

/// The folder with the world that plugins in other languages than Rust are built for.
pub(crate) fn world(folder: &Path) -> PathBuf {
    folder.join(FOLDER).join("sdk/wit")
}

fn contents(file: Option<EmbeddedFile>) -> Vec<u8> {
    file.map(|file| file.data.into_owned()).unwrap_or_default()
}

/// Writes a file unless it holds these bytes already.
pub(crate) fn write_if_other(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(|source| file_error(directory, source))?;
    fs::write(path, bytes).map_err(|source| file_error(path, source))
}

/// The manifest of the Rust kit with what it takes from this workspace written out, as `cargo
/// package` would.
fn standalone(manifest: &[u8]) -> Result<Vec<u8>, BuildError> {
    let broken = |what: &str| BuildError::Project(format!("the manifest of the Rust kit: {what}"));
    let parse = |text: &str| text.parse::<toml::Table>();
    let text = String::from_utf8_lossy(manifest);
    let mut manifest = parse(&text).map_err(|error| broken(error.message()))?;
    let root = parse(WORKSPACE).map_err(|error| broken(error.message()))?;
    let workspace = root
        .get("workspace")
        .and_then(toml::Value::as_table)
        .ok_or_else(|| broken("no workspace"))?;
    write_out(&mut manifest, workspace);
    let text = toml::to_string(&manifest).map_err(|error| broken(&error.to_string()))?;
    Ok(text.into_bytes())
}

/// Replaces every `key.workspace = true`, at any depth, by what the workspace says of the key.
fn write_out(table: &mut toml::Table, workspace: &toml::Table) {
    let shared = |key: &str| {
        ["package", "dependencies"]
            .iter()
            .find_map(|section| workspace.get(*section)?.get(key))
    };
    for (key, value) in table {
        let Some(inner) = value.as_table_mut() else {
            continue;
        };
        if inner.get("workspace").and_then(toml::Value::as_bool) == Some(true) {
            if let Some(shared) = shared(key) {
                *value = shared.clone();
            }
        } else {
            write_out(inner, workspace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kits_hold_what_their_languages_need_and_nothing_of_builds() {
        let folder = tempfile::tempdir().unwrap();
        for language in Language::ALL {
            let kit = lay_out(folder.path(), language).unwrap();
            assert!(kit.read_dir().unwrap().next().is_some(), "{language}");
        }
        let root = folder.path().join(FOLDER);
        for path in [
            "wit/v1/strategy.wit",
            "sdk/wit/deps/v1/types.wit",
            "sdk/wit/plugin.wit",
        ] {
            assert!(root.join(path).is_file(), "{path}");
        }
        assert!(Sdk::iter().all(|path| !path.contains("node_modules")));
    }

    #[test]
    fn the_rust_kit_stands_alone() {
        let manifest = standalone(&contents(Sdk::get("rust/Cargo.toml"))).unwrap();
        let text = String::from_utf8(manifest).unwrap();
        assert!(!text.contains("workspace"), "{text}");
        assert!(text.contains("edition = \"2024\""), "{text}");
    }

    #[test]
    fn what_another_version_left_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let kit = lay_out(folder.path(), Language::C).unwrap();
        let (left, made) = (kit.join("src/left.c"), kit.join("src/strategy.c"));
        fs::write(&left, "").unwrap();
        fs::write(&made, "").unwrap();
        lay_out(folder.path(), Language::C).unwrap();
        assert!(!left.exists() && made.is_file());
    }

    /// Lays a kit out in a project in which this place is a link to a folder of somebody else, which must
    /// stay as it is.
    #[cfg(unix)]
    #[track_caller]
    fn refuses_link(language: Language, place: &str) {
        let (folder, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let theirs = others.path().join("theirs");
        fs::write(&theirs, "theirs").unwrap();
        let link = folder.path().join(place);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(others.path(), &link).unwrap();
        let error = lay_out(folder.path(), language).unwrap_err().to_string();
        assert!(error.contains("is a link"), "{place}: {error}");
        assert!(error.contains(place), "{place}: {error}");
        let left: Vec<_> = others.path().read_dir().unwrap().collect();
        assert_eq!(left.len(), 1, "{place}: {left:?}");
        assert_eq!(fs::read(&theirs).unwrap(), b"theirs", "{place}");
    }

    #[cfg(unix)]
    #[test]
    fn a_kit_that_is_a_link_or_lies_behind_one_is_refused() {
        for place in [".argonaut", ".argonaut/sdk", ".argonaut/sdk/c"] {
            refuses_link(Language::C, place);
        }
        for place in [".argonaut/sdk/wit/deps", ".argonaut/sdk/wit/deps/v1"] {
            refuses_link(Language::Python, place);
        }
        for place in [".argonaut/wit", ".argonaut/wit/v1"] {
            refuses_link(Language::Rust, place);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_project_behind_a_link_is_the_author_s_own_business() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        lay_out(&link, Language::C).unwrap();
        assert!(real.join(FOLDER).join("sdk/c").is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_within_a_kit_is_removed_and_not_followed() {
        let (folder, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let theirs = others.path().join("theirs.c");
        fs::write(&theirs, "").unwrap();
        let kit = lay_out(folder.path(), Language::C).unwrap();
        let link = kit.join("src/others");
        std::os::unix::fs::symlink(others.path(), &link).unwrap();
        lay_out(folder.path(), Language::C).unwrap();
        assert!(theirs.is_file());
        assert!(!link.is_symlink());
    }

    #[test]
    fn what_is_right_already_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        write_if_other(&path, b"one").unwrap();
        let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        let before = time(&path);
        write_if_other(&path, b"one").unwrap();
        assert_eq!(time(&path), before);
        write_if_other(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
