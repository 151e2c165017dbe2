//! A journal whose oldest segments were dropped: it runs again from the oldest snapshot that is there.

use super::{Counts, Report};
use anyhow::{Context, Result, bail};
use engine::replay::Instances;
use engine::{Engine, Journal, JournalHash};
use journal::{Beginning, Blocks, SnapshotFile, snapshots};
use services::host::engine_of;
use std::path::Path;

/// What a folder begins with, if not with its first input.
pub(super) fn of(folder: &Path) -> Result<Option<Beginning>> {
    let beginning = journal::beginning(folder)?;
    Ok(beginning.filter(|beginning| !beginning.is_whole()))
}

/// What is left. The hash is that of the blocks: records alone do not say it without those before.
pub(super) fn summary(folder: &Path) -> Result<Report> {
    let mut blocks = Blocks::left(folder)?;
    let (mut counts, mut first, mut hash) = (Counts::default(), None, None);
    while let Some(block) = blocks.next_block()? {
        first.get_or_insert(block.first);
        for record in block.records()? {
            let counted = counts.take(&record, block.hash);
            counted.with_context(|| folder.display().to_string())?;
        }
        hash = Some(block.hash);
    }
    let mut report = counts.report(hash.context("no block is left")?);
    report.insert("first_input".to_owned(), first.into());
    Ok(report)
}

/// An engine at the oldest snapshot that it can begin from, with what is to be said of it.
pub(super) fn begin(
    folder: &Path,
    beginning: &Beginning,
    instances: &mut dyn Instances,
) -> Result<(Engine, Report)> {
    let mut known = snapshots(folder)?;
    known.reverse();
    let mut passed_over = Vec::new();
    for snapshot in known.iter().filter(|it| it.last >= beginning.first) {
        match engine_at(snapshot, instances) {
            Ok(mut engine) => {
                check_up_to(folder, snapshot.last, engine.journal().hash())?;
                return Ok((engine, said(beginning, snapshot, passed_over)));
            }
            Err(reason) => {
                passed_over.push(format!("{}: {reason:#}", snapshot.path.display()));
            }
        }
    }
    bail!(
        "{}: the journal begins with input {}: what was before was dropped, and there is no snapshot to \
         begin from ({}); put the archived segments back beside the others, or use the program that wrote it",
        folder.display(),
        beginning.first,
        match passed_over.is_empty() {
            true => "none is there".to_owned(),
            false => passed_over.join("; "),
        }
    )
}

fn said(beginning: &Beginning, snapshot: &SnapshotFile, passed_over: Vec<String>) -> Report {
    let (first, last) = (beginning.first, snapshot.last);
    let note = format!(
        "inputs before {first} were dropped; up to {last} blocks were checked by their checksums and hashes, \
         and from the snapshot there on everything ran again"
    );
    let mut report = Report::new();
    report.insert("first_input".to_owned(), first.into());
    report.insert("from_snapshot".to_owned(), last.into());
    if !passed_over.is_empty() {
        report.insert("passed_over".to_owned(), passed_over.into());
    }
    report.insert("note".to_owned(), note.into());
    report
}

fn engine_at(snapshot: &SnapshotFile, instances: &mut dyn Instances) -> Result<Engine> {
    let bytes = engine_of(&snapshot.read()?)?;
    Ok(Engine::from_snapshot(
        &bytes,
        Journal::repeating(),
        instances,
    )?)
}

/// Reads what is there up to a snapshot: each block by its checksum, each segment by the hash it begins
/// with, and the last by the hash in the snapshot.
fn check_up_to(folder: &Path, last: u64, hash: JournalHash) -> Result<()> {
    let mut blocks = Blocks::left(folder)?;
    while let Some(block) = blocks.next_block()? {
        if block.last == last {
            if block.hash != hash {
                bail!(
                    "{}: input {last} hashes to {}, its snapshot says {hash}",
                    folder.display(),
                    block.hash
                );
            }
            return Ok(());
        }
    }
    bail!(
        "{}: it ends before its snapshot of input {last}",
        folder.display()
    )
}
