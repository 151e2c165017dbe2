//! ARCHITECTURE.md is the newcomer's map: every crate must be on it, and the paths that our
//! documents name must exist.

use super::Violation;
use super::files::Files;
use super::metadata::Member;

/// The map.
const MAP: &str = "ARCHITECTURE.md";

/// Documents whose paths are not checked: it tells of what is no more, too.
const HISTORY: &str = "CHANGELOG.md";

/// Folders whose paths are checked when a document names them in backticks.
const FOLDERS: &[&str] = &[
    "docker/",
    "docs/",
    "examples/",
    "host/",
    "migrations/",
    "plugins/",
    "sdk/",
    "wit/",
];

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
    let documents = files.iter().filter(|file| file.path.ends_with(".md"));
    for file in documents.filter(|file| file.path != HISTORY) {
        for (line, path) in named(&file.text).filter(|(_, path)| !exists(files, path)) {
            let message = format!("names `{path}`, which does not exist");
            violations.push(Violation::new(&file.path, line, message));
        }
    }
    violations
}

/// The paths in backticks with their lines, from 1; without what stands in blocks of code, and names with a part
/// that is left open.
fn named(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    let lines = text.lines().enumerate().filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.flat_map(|(index, line)| {
        // Every second piece between backticks is code.
        let quoted = line.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|word| FOLDERS.iter().any(|start| word.starts_with(start)));
        let whole = paths.filter(|path| !path.contains(['<', '{', '*', ' ']));
        whole.map(move |path| (index + 1, path))
    })
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
        check("`plugins/`, `plugins/<hash>.json` and `plugins/{name}`", 0);
        check(
            "```sh\ncat `host/gone.rs`\n```\n`plugins/` and `host/gone.rs`",
            1,
        );
    }

    #[test]
    fn all_documents_but_the_history_are_checked() {
        let gone = "`docker/gone` and `migrations/gone.sql`";
        let documents = ["docs/adr/a.md", "host/README.md", HISTORY];
        let files = Files::of(&documents.map(|path| (path, gone)));
        let found = dead_paths(&files);
        let paths: Vec<&str> = found.iter().map(|it| it.path.as_str()).collect();
        let [decision, other, _] = documents;
        assert_eq!(paths, [decision, decision, other, other]);
    }
}
