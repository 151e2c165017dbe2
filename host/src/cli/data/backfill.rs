//! `argonaut data backfill`: many files, in the order of their names, with a note of each one done.
//!
//! The note is written once the file's parts have their names. A run that is cut off between the two
//! takes the file in again, which the catalog notices: the very same parts change nothing.

use super::CatalogArguments;
use super::import::take_in;
use crate::cli::reading::ReadingArguments;
use crate::cli::say;
use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use store::catalog::Catalog;

/// What to take in.
#[derive(Debug, Args)]
pub(super) struct BackfillArguments {
    /// Files, folders, or paths whose last name has `*` and `?`, in quotes: "ticks/EURUSD-*.csv.gz"
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    /// The symbol of the instrument they are about.
    #[arg(long, value_name = "SYMBOL")]
    instrument: String,
    /// Where to note what is done; by default `.backfill.jsonl` in the catalog, if that is a folder.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    catalog: CatalogArguments,
    #[command(flatten)]
    reading: ReadingArguments,
}

/// A file that is done, as it was then: a changed file is another one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Done {
    instrument: String,
    file: PathBuf,
    bytes: u64,
    modified_ns: u64,
}

pub(super) fn run(arguments: &BackfillArguments) -> Result<()> {
    let template = arguments.reading.source()?;
    let address = &arguments.catalog.catalog;
    let own = (!Catalog::is_bucket(address)).then(|| address.join(".backfill.jsonl"));
    let note = arguments.resume.clone().or(own);
    let note = note.context("--resume: name a file for the notes; a bucket keeps none")?;
    let catalog = Catalog::create(address)?;
    let files = files(&arguments.patterns)?;
    let done = read_notes(&note)?;
    let (mut events, mut already, mut left_out) = (0, 0, 0);
    for (index, file) in files.iter().enumerate() {
        let this = describe(file, &arguments.instrument)?;
        if done.contains(&this) {
            left_out += 1;
            continue;
        }
        let taken = take_in(&catalog, &template, file, &arguments.instrument)?;
        append(&note, &this)?;
        events += taken.added().events;
        already += taken.added().already;
        if !arguments.catalog.json {
            say(&format!(
                "{} of {}: {}",
                index + 1,
                files.len(),
                taken.line()
            ))?;
        }
    }
    let all = files.len();
    if arguments.catalog.json {
        let answer = json!({
            "files": all, "done_before": left_out, "events": events, "already": already,
        });
        return say(&answer.to_string());
    }
    say(&format!(
        "{all} files, {left_out} of them done before; {events} new events"
    ))
}

/// All files that the patterns name, each once, sorted.
fn files(patterns: &[String]) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let path = Path::new(pattern);
        let before = found.len();
        if path.is_file() {
            found.insert(path.canonicalize()?);
        } else if path.is_dir() {
            found.extend(matching(path, "*")?);
        } else {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            found.extend(matching(folder.unwrap_or(Path::new(".")), name)?);
        }
        if found.len() == before {
            bail!("{pattern}: names no file that is not named already");
        }
    }
    Ok(found)
}

fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_file() && !name.starts_with('.') && fits(name.as_bytes(), pattern.as_bytes()) {
            found.push(path.canonicalize()?);
        }
    }
    Ok(found)
}

/// Whether a name fits a pattern: `*` stands for any characters, `?` for one.
fn fits(name: &[u8], pattern: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|from| fits(&name[from..], rest)),
        ([b'?', rest @ ..], [_, tail @ ..]) => fits(tail, rest),
        ([a, rest @ ..], [b, tail @ ..]) if a == b => fits(tail, rest),
        _ => false,
    }
}

fn describe(file: &Path, instrument: &str) -> Result<Done> {
    let about = || file.display().to_string();
    let metadata = fs::metadata(file).with_context(about)?;
    let modified = metadata.modified().with_context(about)?;
    let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Done {
        instrument: instrument.to_owned(),
        file: file.to_owned(),
        bytes: metadata.len(),
        modified_ns: u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX),
    })
}

/// What is done. A last line that was cut off is not.
fn read_notes(note: &Path) -> Result<BTreeSet<Done>> {
    let text = match fs::read_to_string(note) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        text => text.with_context(|| note.display().to_string())?,
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().enumerate();
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).with_context(|| {
                let note = note.display();
                format!(
                    "{note}: line {} is no note of a file; remove the line",
                    index + 1
                )
            })
        })
        .collect()
}

/// Notes a file, durably. What was cut off before is cut away first.
fn append(note: &Path, done: &Done) -> Result<()> {
    let about = || note.display().to_string();
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    let mut file = options.open(note).with_context(about)?;
    let text = fs::read(note).with_context(about)?;
    let whole = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    file.set_len(whole as u64).with_context(about)?;
    let mut line = serde_json::to_string(done)?;
    line.push('\n');
    file.write_all(line.as_bytes()).with_context(about)?;
    file.sync_all().with_context(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        let fit = |name: &str, pattern: &str| fits(name.as_bytes(), pattern.as_bytes());
        assert!(fit("EURUSD-2024.csv", "EURUSD-*.csv"));
        assert!(fit("a.csv", "?.csv") && fit("", "*"));
        assert!(!fit("ab.csv", "?.csv") && !fit("a.csv", "*.csv.gz"));
    }

    #[test]
    fn a_note_that_was_cut_off_is_no_note() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("note");
        let file = folder.path().join("x.csv");
        fs::write(&file, "x").unwrap();
        let done = describe(&file, "A").unwrap();
        append(&note, &done).unwrap();
        let mut text = fs::read(&note).unwrap();
        let whole = text.clone();
        text.extend(&whole[..9]);
        fs::write(&note, &text).unwrap();
        assert!(read_notes(&note).unwrap().contains(&done));
        append(&note, &describe(&file, "B").unwrap()).unwrap();
        assert_eq!(read_notes(&note).unwrap().len(), 2);
    }
}
