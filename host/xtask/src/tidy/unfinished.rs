//! What is in the repository is finished: no reminders, no holes. Plans belong into issues.

use super::Violation;
use super::files::Files;

/// Words that mark unfinished work.
const MARKS: &[&str] = &["FIXME", "TODO", "todo!", "unimplemented!"];

/// Kinds of files people write; others (lock files, data) may hold anything.
const ENDINGS: &[&str] = &[
    ".rs", ".wit", ".toml", ".md", ".html", ".css", ".js", ".sql", ".sh",
];

/// This file lists the words, and the workspace's lints forbid two of them by name.
const EXEMPT: &[&str] = &["host/xtask/src/tidy/unfinished.rs"];

pub(super) fn check(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| is_checked(&file.path)) {
        for (index, line) in file.text.lines().enumerate() {
            for mark in MARKS.iter().filter(|mark| has_word(line, mark)) {
                let message = format!("unfinished: {mark}");
                violations.push(Violation::new(&file.path, index + 1, message));
            }
        }
    }
    violations
}

fn is_checked(path: &str) -> bool {
    !EXEMPT.contains(&path) && ENDINGS.iter().any(|ending| path.ends_with(ending))
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let joins = |side: Option<char>| side.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !joins(line[..at].chars().next_back()) && !joins(line[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, line: &str, violations: usize) {
        assert_eq!(
            super::check(&Files::of(&[(path, line)])).len(),
            violations,
            "{line}"
        );
    }

    #[test]
    fn reminders_and_holes_are_found() {
        check("a.rs", "// TODO: later", 1);
        check("a.md", "FIXME", 1);
        check("a.rs", "todo!()", 1);
        check("a.rs", "let autodo = TODOS;", 0);
        check("Cargo.toml", "todo = \"warn\"", 0);
        check("data.csv", "TODO", 0);
    }
}
