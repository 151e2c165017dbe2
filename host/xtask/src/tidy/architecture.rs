//! ARCHITECTURE.md is the newcomer's map: every crate must be on it, and the paths that our
//! documents name must exist.

use super::Violation;
use super::files::Files;
use super::metadata::Member;

/// The map.
const MAP: &str = "ARCHITECTURE.md";

/// Documents whose paths are checked.
const DOCUMENTS: &[&str] = &[MAP, "README.md", "CONTRIBUTING.md", "docs/performance.md"];

/// Folders whose paths are checked when a document names them in backticks.
const FOLDERS: &[&str] = &["docs/", "examples/", "host/", "plugins/", "sdk/", "wit/"];

pub(super) fn check(files: &Files, members: &[Member]) -> Vec<Violation> {
    let map = files.get(MAP).map_or("", |file| file.text.as_str());
    let missing = members.iter().filter(|member| !mentions(map, member));
    missing
        .map(|member| Violation::new(MAP, 0, format!("does not mention `{}`", member.name)))
        .chain(dead_paths(files))
        .collect()
}

/// A crate is on the map by name in backticks; sample plugins also as part of `plugins/`.
fn mentions(map: &str, member: &Member) -> bool {
    map.contains(&format!("`{}`", member.name))
        || (member.folder.starts_with("plugins/") && map.contains("`plugins/`"))
}

fn dead_paths(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files
        .iter()
        .filter(|file| DOCUMENTS.contains(&file.path.as_str()))
    {
        for (index, line) in file.text.lines().enumerate() {
            // Every second piece between backticks is code.
            let quoted = line.split('`').skip(1).step_by(2);
            let paths = quoted.filter(|word| FOLDERS.iter().any(|start| word.starts_with(start)));
            for path in paths.filter(|path| !exists(files, path)) {
                let message = format!("names `{path}`, which does not exist");
                violations.push(Violation::new(&file.path, index + 1, message));
            }
        }
    }
    violations
}

/// Whether the path is a file, or a folder with a file in it.
fn exists(files: &Files, path: &str) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    files
        .iter()
        .any(|file| file.path == path || file.path.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(map: &str, name: &str, folder: &str, violations: usize) {
        let member = Member {
            name: name.to_owned(),
            folder: folder.to_owned(),
        };
        let files = Files::of(&[(MAP, map), ("plugins/ema-cross/src/lib.rs", "//! x")]);
        let found = super::check(&files, &[member]);
        assert_eq!(found.len(), violations, "{map}");
    }

    #[test]
    fn a_crate_that_is_not_on_the_map_is_found() {
        check("the `engine` is", "engine", "host/crates/engine", 0);
        check("the engine is", "engine", "host/crates/engine", 1);
        check("the `engines` are", "engine", "host/crates/engine", 1);
        check("samples in `plugins/`", "ema-cross", "plugins/ema-cross", 0);
        check("samples", "ema-cross", "plugins/ema-cross", 1);
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        let check = |text, violations| check(text, "plugins/", "", violations);
        check(
            "`plugins/` and `plugins/ema-cross/src/lib.rs` and `plugins/ema-cross`",
            0,
        );
        check("`plugins/` and `plugins/ema` and `host/gone.rs`", 2);
        check("`plugins/` and host/gone.rs and `target/x`", 0);
    }
}
