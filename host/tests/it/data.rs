//! `argonaut data`, and backtests that stream from a catalog.

use super::process::{argonaut, error_line, plugin, stdout};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

/// A folder with two files of quotes, over the midnight between two days.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, from) in [("a.csv", 0), ("b.csv", 1_200)] {
        let mut text = "ts_ns,bid,ask\n".to_owned();
        for second in from..from + 1_200_i64 {
            let wave = (second % 600 - 300).abs() + second * 7 % 13;
            let time = 1_609_459_200_000_000_000 + (second - 900) * 1_000_000_000;
            writeln!(text, "{time},1.{:05},1.{:05}", 10_000 + wave, 10_003 + wave).unwrap();
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn json(folder: &Path, line: &str) -> Value {
    let arguments: Vec<_> = line.split_whitespace().collect();
    serde_json::from_str(&stdout(&argonaut(folder, &arguments))).unwrap()
}

fn hash(folder: &Path, data: &str) -> Value {
    let strategy = plugin("ema-cross").display().to_string();
    let line = format!(
        "backtest --strategy {strategy} --param fast=2 --param slow=4 --param warm_up=0 \
         --param quantity=1000 --instrument EUR/USD --json - {data}"
    );
    let report = json(folder, &line);
    assert_ne!(report["counters"]["fills"], "0", "it traded");
    report["journal_hash"].clone()
}

#[test]
fn a_streamed_backtest_has_the_journal_of_one_in_memory() {
    let folder = folder();
    let import = "data import a.csv b.csv --catalog cat --instrument EUR/USD --json";
    let taken = json(folder.path(), import);
    assert_eq!(taken["files"][0]["parts"], 2);
    assert_eq!(json(folder.path(), import)["files"][0]["already"], 1_200);
    let memory = hash(folder.path(), "--data a.csv b.csv");
    assert_eq!(hash(folder.path(), "--catalog cat"), memory);
    json(folder.path(), "data compact --catalog cat --json");
    assert_eq!(hash(folder.path(), "--catalog cat"), memory);
    let half = hash(folder.path(), "--catalog cat --to 2021-01-01T00:05:00Z");
    assert_eq!(hash(folder.path(), "--data a.csv"), half);
}

#[test]
fn a_backfill_goes_on_where_it_stopped_and_doubles_nothing() {
    let folder = folder();
    let backfill = |pattern: &str| {
        let line = "data backfill --catalog cat --instrument EUR/USD --json";
        json(folder.path(), &format!("{line} {pattern}"))
    };
    assert_eq!(backfill("a.csv")["events"], 1_200);
    let rest = backfill("?.csv");
    assert_eq!(
        (&rest["done_before"], &rest["events"]),
        (&1.into(), &1_200.into())
    );
    // As if the run had ended before the notes were written.
    std::fs::remove_file(folder.path().join("cat/.backfill.jsonl")).unwrap();
    let again = backfill("*.csv");
    assert_eq!(
        (&again["already"], &again["events"]),
        (&2_400.into(), &0.into())
    );
    let list = json(folder.path(), "data list --catalog cat --json");
    assert_eq!(list["series"][0]["events"], 2_400);
}

#[test]
fn checks_have_an_exit_code_of_their_own() {
    let folder = folder();
    json(
        folder.path(),
        "data import a.csv --catalog cat --instrument EUR/USD --json",
    );
    let run = |line: &str| argonaut(folder.path(), &line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(run("data verify --catalog cat").status.code(), Some(0));
    assert_eq!(
        run("data quality --catalog cat --gap 1ms").status.code(),
        Some(3)
    );
    let stray = folder.path().join("cat/kind=quotes/.writing-x");
    std::fs::write(stray, "x").unwrap();
    assert_eq!(run("data verify --catalog cat").status.code(), Some(3));
    let missing = run("data list --catalog nowhere");
    assert_eq!(missing.status.code(), Some(1));
    assert!(error_line(&missing).contains("no catalog"));
    assert_eq!(run("data list").status.code(), Some(2));
}
