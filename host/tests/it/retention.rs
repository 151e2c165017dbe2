//! Hosts that drop the oldest of their journals while they are killed. What was archived and what is left
//! together must be the whole journal, and what is left must be enough.

use super::crash::{Running, configuration, data, goes_on_from, ledger_of};
use super::process::{argonaut, error_line, stdout};
use journal::run_of;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host whose journal is to be of one segment, with a market that fills it soon.
pub(super) fn keeps_little(folder: &Path) -> PathBuf {
    let file = configuration(folder);
    let archive = folder.join("archive");
    let keep = format!(
        "journal_snapshot_inputs = 400\njournal_keep_mib = 1\njournal_archive_dir = \"{}\"",
        archive.display()
    );
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("journal_snapshot_inputs = 400", &keep);
    let text = text.replace("events_per_second = 400.0", "events_per_second = 1500.0");
    // The past of such a market would take long to make up.
    let text = text.replace("history_minutes = 30", "history_minutes = 1");
    std::fs::write(&file, text).unwrap();
    file
}

/// Waits until health says something of what is kept.
pub(super) fn until_kept(host: &Running, holds: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let (status, text) = host.ask("/health");
        let mut health = serde_json::from_str::<Value>(&text).unwrap();
        // Just after its start a host may not be seen to run yet.
        assert!(
            status == 200 || health["engine_state"] == "STOPPED",
            "{text}"
        );
        let kept = health["retention"].take();
        assert_eq!(kept["error"], Value::Null);
        if holds(&kept) {
            return kept;
        }
        assert!(begun.elapsed() < PATIENCE, "{kept}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn journal(folder: &Path) -> PathBuf {
    data(folder).join("journal")
}

fn archive(folder: &Path) -> PathBuf {
    let run = run_of(&journal(folder)).unwrap().unwrap();
    folder.join("archive").join(run)
}

/// Copies segments from one folder into another.
fn put(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "seg") {
            let copy = to.join(file.file_name().unwrap());
            assert!(!copy.exists(), "{} is there twice", file.display());
            std::fs::copy(&file, copy).unwrap();
        }
    }
}

/// What was archived and what is left, in one folder.
fn whole(folder: &Path) -> tempfile::TempDir {
    let whole = tempfile::tempdir().unwrap();
    put(&archive(folder), whole.path());
    put(&journal(folder), whole.path());
    whole
}

fn first_sequence(kept: &Value) -> u64 {
    kept["first_sequence"].as_u64().unwrap()
}

fn replay(folder: &Path, more: &[&str]) -> Value {
    let (journal, plugins) = (journal(folder), data(folder).join("plugins"));
    let mut arguments = vec!["replay", journal.to_str().unwrap(), "--json"];
    arguments.extend(["--plugins", plugins.to_str().unwrap()]);
    arguments.extend(more);
    serde_json::from_str(&stdout(&argonaut(folder, &arguments))).unwrap()
}

fn store(folder: &Path, command: &str) -> std::process::Output {
    let file = folder.join("host.toml");
    let arguments = ["store", command, "--config", file.to_str().unwrap()];
    argonaut(folder, &arguments)
}

#[test]
fn a_journal_that_is_dropped_from_under_kills_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = keeps_little(folder);
    let host = Running::start(&file, None).expect("it comes up");
    until_kept(&host, |kept| first_sequence(kept) > 1);
    host.kill();
    let mut before = ledger_of(whole(folder).path());
    for point in ["drop.marked", "drop.dropped"] {
        for action in ["exit", "error", "delay"] {
            let plan = format!("{point}:{action}:1");
            let host = Running::start(&file, Some(&plan));
            match (action, host) {
                // It may drop before it is up.
                ("exit", None) => {}
                ("exit", Some(host)) => {
                    assert_eq!(host.code(), Some(70), "{plan} was not reached");
                }
                (_, host) => {
                    let host = host.expect("it comes up");
                    std::thread::sleep(Duration::from_millis(1_500));
                    host.kill();
                }
            }
            let after = ledger_of(whole(folder).path());
            goes_on_from(&after, &before);
            before = after;
        }
    }
    let mut dice = quant::random::Random::new(1, 0);
    for _ in 0..3 {
        let host = Running::start(&file, None).expect("it comes up");
        std::thread::sleep(Duration::from_secs_f64(3.0 * dice.uniform()));
        host.kill();
        let after = ledger_of(whole(folder).path());
        goes_on_from(&after, &before);
        before = after;
    }
    let host = Running::start(&file, None).expect("it comes up");
    let begun = journal::beginning(&journal(folder)).unwrap().unwrap().first;
    until_kept(&host, |kept| first_sequence(kept) > begun);
    host.end();
    ends_well(folder);
}

/// What is left runs again from its snapshot; no store is made of it; with what was archived, all is as
/// if nothing had been dropped.
fn ends_well(folder: &Path) {
    let all = ledger_of(whole(folder).path());
    let first = journal::beginning(&journal(folder)).unwrap().unwrap().first;
    assert_eq!(replay(folder, &[])["first_input"], first);
    let report = replay(folder, &["--verify"]);
    assert_eq!(
        (&report["equal"], &report["sealed"]),
        (&true.into(), &true.into())
    );
    assert_eq!(report["first_input"], first);
    assert_eq!(report["inputs"], all.inputs);
    assert!(report["from_snapshot"].as_u64().unwrap() >= first);
    for command in ["verify", "rebuild"] {
        let error = error_line(&store(folder, command));
        assert!(error.contains("put the archived segments back"), "{error}");
    }
    put(&archive(folder), &journal(folder));
    let whole = replay(folder, &["--verify"]);
    assert_eq!(
        (&whole["hash"], &whole["equal"]),
        (&report["hash"], &true.into())
    );
    assert_eq!(
        (&whole["inputs"], &whole["from_snapshot"]),
        (&all.inputs.into(), &Value::Null)
    );
    super::store::equals_the_journal(folder, all.fills.len());
}

#[test]
fn a_store_that_is_away_keeps_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let file = keeps_little(folder.path());
    let mut text = std::fs::read_to_string(&file).unwrap();
    // Nobody listens on the discard port of this machine.
    text.push_str("\n[store]\nurl = \"postgres://nobody@127.0.0.1:9/none\"\n");
    std::fs::write(&file, text).unwrap();
    let host = Running::start(&file, None).expect("it comes up");
    let kept = until_kept(&host, |kept| kept["held_by"] == "store");
    assert_eq!(first_sequence(&kept), 1);
    host.kill();
    assert!(!folder.path().join("archive").exists());
}
