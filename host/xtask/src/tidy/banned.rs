//! What the deterministic core must not touch: clocks, randomness, threads, locks, files, the
//! network, maps without an order, and floating point.
//!
//! A hash map's order differs from run to run, so replay would differ too. Looking up single keys
//! is harmless, hence the list of files that may hold one.

use super::Violation;
use super::tokens::{Leaf, Parsed, leaves_outside_tests};

/// Crates under the ban.
const CORE: &[&str] = &["host/crates/model/src/", "host/crates/engine/src/"];

/// Words that are wrong wherever they appear in code.
const WORDS: &[(&str, &str)] = &[
    ("SystemTime", "time comes with the input"),
    ("Instant", "time comes with the input"),
    ("thread", "the core is one synchronous function"),
    ("Mutex", "one thread owns all state"),
    ("RwLock", "one thread owns all state"),
    (
        "rand",
        "randomness comes from a seed in the configuration, by our own generator",
    ),
    (
        "RandomState",
        "randomness comes from a seed in the configuration, by our own generator",
    ),
    ("f32", "money is fixed-point"),
    ("f64", "money is fixed-point"),
];

/// Modules of the standard library that do I/O.
const MODULES: &[&str] = &["env", "fs", "net", "process"];

/// Maps and sets whose order differs from run to run.
const UNORDERED: &[&str] = &["HashMap", "HashSet"];

/// Files whose hash maps are only asked for single keys, never walked.
const LOOKUP_ONLY: &[&str] = &[
    "host/crates/model/src/identifiers.rs",
    "host/crates/engine/src/lookup.rs",
];

pub(super) fn check(parsed: &[Parsed]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in parsed.iter().filter(|file| in_core(file)) {
        let leaves = leaves_outside_tests(&file.tokens);
        for (index, leaf) in leaves.iter().enumerate() {
            if let Some(message) = verdict(&file.path, &leaves, index) {
                violations.push(Violation::new(&file.path, leaf.line, message));
            }
        }
    }
    violations
}

fn in_core(file: &Parsed) -> bool {
    !file.is_test() && CORE.iter().any(|folder| file.path.starts_with(folder))
}

/// Why the token at `index` is banned, if it is.
fn verdict(path: &str, leaves: &[Leaf], index: usize) -> Option<String> {
    let leaf = &leaves[index];
    if leaf.literal {
        let field = index > 0 && leaves[index - 1].text == ".";
        return (!field && is_float(&leaf.text))
            .then(|| format!("`{}` in the core: money is fixed-point", leaf.text));
    }
    let word = leaf.text.as_str();
    if let Some((_, why)) = WORDS.iter().find(|(banned, _)| *banned == word) {
        return Some(format!("`{word}` in the core: {why}"));
    }
    if MODULES.contains(&word) && follows_std(leaves, index) {
        return Some(format!("`std::{word}` in the core: it does no I/O"));
    }
    (UNORDERED.contains(&word) && !LOOKUP_ONLY.contains(&path)).then(|| {
        format!("`{word}` in the core: its order differs from run to run; use BTreeMap or a Vec")
    })
}

/// Whether the token is written `std::token`.
fn follows_std(leaves: &[Leaf], index: usize) -> bool {
    index >= 3
        && leaves[index - 3].text == "std"
        && leaves[index - 2].text == ":"
        && leaves[index - 1].text == ":"
}

fn is_float(literal: &str) -> bool {
    let number = literal.starts_with(|first: char| first.is_ascii_digit());
    let radix = ["0x", "0b", "0o"]
        .iter()
        .any(|prefix| literal.starts_with(prefix));
    let float = literal.contains(['.', 'e', 'E']) || literal.ends_with("f64");
    // `1usize` and `1_isize` have an `e` too.
    number && !radix && float && !literal.ends_with("size")
}

#[cfg(test)]
mod tests {
    use super::super::files::Files;
    use super::super::tokens::parse;

    #[track_caller]
    fn check_at(path: &str, text: &str, violations: usize) {
        let parsed = parse(&Files::of(&[(path, text)])).unwrap();
        assert_eq!(super::check(&parsed).len(), violations, "{path}: {text}");
    }

    #[track_caller]
    fn check(text: &str, violations: usize) {
        check_at("host/crates/engine/src/a.rs", text, violations);
    }

    #[test]
    fn clocks_threads_randomness_and_io_are_found() {
        check("let now = std::time::Instant::now();", 1);
        check("use std::time::{Duration, SystemTime};", 1);
        check("std::thread::spawn(work);", 1);
        check("let x: u8 = rand::random();", 1);
        check("std::fs::read(path);", 1);
        check("static LOCK: Mutex<u8> = Mutex::new(0);", 2);
        check("let net = position.net(); let process = step;", 0);
        check("// SystemTime\nlet text = \"Instant\";", 0);
    }

    #[test]
    fn hash_maps_are_found_outside_lookup_modules() {
        check("use std::collections::HashMap;", 1);
        check("use std::collections::{BTreeMap, HashSet};", 1);
        check_at(
            "host/crates/engine/src/lookup.rs",
            "use std::collections::HashMap;",
            0,
        );
    }

    #[test]
    fn floats_are_found_and_tuple_fields_are_not() {
        check("fn price(value: f64) {}", 1);
        check("let half = 0.5;", 1);
        check("let million = 1e6;", 1);
        check(
            "let x = pair.0.1; let n = 1_000u64; let h = 0x1e; let s = 1usize;",
            0,
        );
    }

    #[test]
    fn tests_and_other_crates_are_free() {
        check("#[cfg(test)] mod tests { use std::time::Instant; }", 0);
        check_at(
            "host/crates/engine/tests/it.rs",
            "use std::time::Instant;",
            0,
        );
        check_at(
            "host/crates/services/src/a.rs",
            "use std::time::Instant;",
            0,
        );
    }
}
