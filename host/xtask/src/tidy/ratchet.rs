//! Long functions and files may shrink, never grow, and no new ones may come.
//!
//! The committed list holds what was too long when it was made. An entry must be exact: when the
//! code shrinks, `cargo xtask tidy --shrink` lowers the entry, so that the gain is kept.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::Violation;
use super::files::Files;
use super::tokens::{self, Parsed};

/// The list, one `<lines> <what>` an entry.
pub(super) const FILE: &str = "host/xtask/ratchet.txt";

const FUNCTION_LIMIT_LINES: usize = 70;
const FILE_LIMIT_LINES: usize = 600;

/// Lines by what they measure: `path` for a file, `path::name` for a function.
type Lengths = BTreeMap<String, usize>;

pub(super) fn check(files: &Files, parsed: &[Parsed]) -> Vec<Violation> {
    let list = files.get(FILE).map_or("", |file| file.text.as_str());
    let allowed = match read(list) {
        Ok(allowed) => allowed,
        Err(violation) => return vec![violation],
    };
    compare(&too_long(files, parsed), &allowed)
}

/// The list with every entry lowered to what the code is now; never adds or raises one.
pub(super) fn shrunk(files: &Files) -> Result<String> {
    let list = files.get(FILE).map_or("", |file| file.text.as_str());
    let allowed = match read(list) {
        Ok(allowed) => allowed,
        Err(violation) => bail!("{violation}"),
    };
    let found = too_long(files, &tokens::parse(files)?);
    let comments = list
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(str::to_owned);
    let entries = allowed.iter().filter_map(|(what, &limit)| {
        found
            .get(what)
            .map(|&lines| format!("{} {what}", lines.min(limit)))
    });
    Ok(comments.chain(entries).map(|line| line + "\n").collect())
}

fn read(list: &str) -> Result<Lengths, Violation> {
    let mut lengths = Lengths::new();
    for (index, line) in list.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let entry = line
            .split_once(' ')
            .and_then(|(lines, what)| Some((lines.parse().ok()?, what)));
        let Some((lines, what)) = entry else {
            return Err(Violation::new(FILE, index + 1, "expected `<lines> <what>`"));
        };
        lengths.insert(what.to_owned(), lines);
    }
    Ok(lengths)
}

/// What is over a limit. Functions of one name in one file share an entry: the longest counts.
fn too_long(files: &Files, parsed: &[Parsed]) -> Lengths {
    let mut lengths = Lengths::new();
    for file in files.rust() {
        let lines = file.text.lines().count();
        if lines > FILE_LIMIT_LINES {
            lengths.insert(file.path.clone(), lines);
        }
    }
    for file in parsed {
        for function in tokens::functions(&file.tokens) {
            if function.length_lines > FUNCTION_LIMIT_LINES {
                let longest = lengths
                    .entry(format!("{}::{}", file.path, function.name))
                    .or_default();
                *longest = function.length_lines.max(*longest);
            }
        }
    }
    lengths
}

fn compare(found: &Lengths, allowed: &Lengths) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (what, &lines) in found {
        let limit = if what.contains("::") {
            FUNCTION_LIMIT_LINES
        } else {
            FILE_LIMIT_LINES
        };
        let message = match allowed.get(what) {
            None => format!("{lines} lines, over {limit}: split it by idea"),
            Some(&entry) if lines > entry => format!("grew from {entry} to {lines} lines"),
            Some(&entry) if lines < entry => shrink_message(entry),
            Some(_) => continue,
        };
        violations.push(Violation::new(what, 0, message));
    }
    let gone = allowed
        .iter()
        .filter(|(what, _)| !found.contains_key(*what));
    violations.extend(gone.map(|(what, &entry)| Violation::new(what, 0, shrink_message(entry))));
    violations
}

fn shrink_message(entry: usize) -> String {
    format!("shorter than its entry of {entry} lines: run `cargo xtask tidy --shrink`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!(
            "//! x\nfn long() {{\n{}}}\n",
            "    work();\n".repeat(lines - 2)
        )
    }

    fn tree(source: &str, list: &str) -> Files {
        Files::of(&[("a.rs", source), (FILE, list)])
    }

    #[track_caller]
    fn check(source: &str, list: &str, expect: Option<&str>) {
        let files = tree(source, list);
        let violations = super::check(&files, &tokens::parse(&files).unwrap());
        match expect {
            None => assert!(violations.is_empty(), "{violations:?}"),
            Some(part) => {
                assert_eq!(violations.len(), 1, "{violations:?}");
                assert!(violations[0].message.contains(part), "{violations:?}");
            }
        }
    }

    #[test]
    fn a_new_long_function_is_found() {
        check(&function(70), "", None);
        check(&function(71), "", Some("over 70"));
    }

    #[test]
    fn a_listed_function_may_neither_grow_nor_shrink_unnoticed() {
        let list = "# long ones\n80 a.rs::long\n";
        check(&function(80), list, None);
        check(&function(81), list, Some("grew from 80 to 81"));
        check(&function(79), list, Some("--shrink"));
        check(&function(10), list, Some("--shrink"));
    }

    #[test]
    fn a_long_file_is_found() {
        check(&"//! x\n".repeat(600), "", None);
        check(&"//! x\n".repeat(601), "", Some("over 600"));
    }

    #[test]
    fn a_broken_list_is_found() {
        check("//! x\n", "many a.rs\n", Some("expected"));
    }

    #[test]
    fn shrinking_lowers_and_drops_but_never_raises() {
        let shrink = |lines, list| shrunk(&tree(&function(lines), list)).unwrap();
        assert_eq!(
            shrink(75, "# why\n80 a.rs::long\n"),
            "# why\n75 a.rs::long\n"
        );
        assert_eq!(shrink(90, "80 a.rs::long\n"), "80 a.rs::long\n");
        assert_eq!(shrink(20, "80 a.rs::long\n"), "");
        assert_eq!(shrink(90, ""), "");
    }
}
