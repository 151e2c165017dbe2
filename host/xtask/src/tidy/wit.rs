//! A released folder of `wit/` never changes: plugins out there were built against it.
//!
//! `wit/frozen.txt` has a line `<folder> unreleased` or `<folder> released` for every folder, and
//! for released ones a line `<folder>/<file> <blake3>` for every file.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::Violation;
use super::files::Files;

/// The record of what is frozen.
pub(super) const FILE: &str = "wit/frozen.txt";

const RELEASED: &str = "released";
const UNRELEASED: &str = "unreleased";

pub(super) fn check(files: &Files) -> Vec<Violation> {
    let record = entries(files.get(FILE).map_or("", |file| file.text.as_str()));
    let actual = hashes(files);
    let mut violations = Vec::new();
    for folder in folders(&actual) {
        match record.get(folder.as_str()).map(String::as_str) {
            Some(RELEASED) => violations.extend(check_released(&folder, &record, &actual)),
            Some(UNRELEASED) => {}
            _ => violations.push(Violation::new(
                FILE,
                0,
                format!("wit/{folder} is neither `{RELEASED}` nor `{UNRELEASED}`"),
            )),
        }
    }
    let recorded = record
        .keys()
        .filter(|key| key.contains('/') && !actual.contains_key(*key));
    violations.extend(
        recorded.map(|name| Violation::new(&format!("wit/{name}"), 0, "was released and is gone")),
    );
    violations
}

fn check_released(folder: &str, record: &Entries, actual: &Entries) -> Vec<Violation> {
    actual
        .iter()
        .filter(|(name, hash)| in_folder(name, folder) && record.get(*name) != Some(*hash))
        .map(|(name, _)| {
            let message = format!("wit/{folder} is released: change a new folder instead");
            Violation::new(&format!("wit/{name}"), 0, message)
        })
        .collect()
}

/// The record after releasing `folder`. Fails if it does not exist or is released already.
pub(super) fn frozen(files: &Files, folder: &str) -> Result<String> {
    let text = files.get(FILE).map_or("", |file| file.text.as_str());
    let mut record = entries(text);
    let actual = hashes(files);
    if !folders(&actual).iter().any(|known| known == folder) {
        bail!("wit/{folder} holds no .wit file");
    }
    if record.get(folder).is_some_and(|status| status == RELEASED) {
        bail!("wit/{folder} is released already");
    }
    record.insert(folder.to_owned(), RELEASED.to_owned());
    record.extend(
        actual
            .into_iter()
            .filter(|(name, _)| in_folder(name, folder)),
    );
    let comments = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(str::to_owned);
    let lines = record.iter().map(|(name, value)| format!("{name} {value}"));
    Ok(comments.chain(lines).map(|line| line + "\n").collect())
}

/// Name to value: a folder's status or a file's hash.
type Entries = BTreeMap<String, String>;

fn entries(text: &str) -> Entries {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Hash of every `.wit` file, by its path below `wit/`.
fn hashes(files: &Files) -> Entries {
    files
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix("wit/")?, file)))
        .filter(|(name, _)| name.ends_with(".wit") && name.contains('/'))
        .map(|(name, file)| {
            (
                name.to_owned(),
                blake3::hash(file.text.as_bytes()).to_hex().to_string(),
            )
        })
        .collect()
}

fn folders(hashes: &Entries) -> Vec<String> {
    let mut folders: Vec<String> = hashes
        .keys()
        .filter_map(|name| Some(name.split_once('/')?.0.to_owned()))
        .collect();
    folders.dedup();
    folders
}

fn in_folder(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree<'a>(source: &'a str, record: &'a str) -> Files {
        Files::of(&[("wit/v1/types.wit", source), (FILE, record)])
    }

    #[track_caller]
    fn check(files: &Files, violations: usize) {
        let found = super::check(files);
        assert_eq!(found.len(), violations, "{found:?}");
    }

    #[test]
    fn an_unreleased_folder_may_change() {
        check(&tree("one", "v1 unreleased\n"), 0);
        check(&tree("two", "v1 unreleased\n"), 0);
    }

    #[test]
    fn a_folder_must_be_declared() {
        check(&tree("one", "# nothing\n"), 1);
        check(&tree("one", "v1 perhaps\n"), 1);
    }

    #[test]
    fn a_released_folder_may_not_change_grow_or_shrink() {
        let record = frozen(&tree("one", "# why\nv1 unreleased\n"), "v1").unwrap();
        assert!(
            record.starts_with("# why\nv1 released\nv1/types.wit "),
            "{record}"
        );
        check(&tree("one", &record), 0);
        check(&tree("two", &record), 1);
        let grown = [
            ("wit/v1/types.wit", "one"),
            ("wit/v1/new.wit", "new"),
            (FILE, record.as_str()),
        ];
        check(&Files::of(&grown), 1);
        check(&Files::of(&[(FILE, record.as_str())]), 1);
    }

    #[test]
    fn only_an_existing_unreleased_folder_can_be_released() {
        assert!(frozen(&tree("one", "v1 unreleased\n"), "v2").is_err());
        assert!(frozen(&tree("one", "v1 released\n"), "v1").is_err());
    }
}
