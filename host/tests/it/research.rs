//! Factors and indicators over a catalog: `argonaut factor run`, `argonaut indicator run`, and what `argonaut
//! plugin test` finds in them.

use super::process::{argonaut, error_line, plugin, stdout};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;
use testkit::plugin::Plugin;

/// Days of the catalog, from 2024-01-01 on.
const DAYS: u32 = 30;

/// The close of a day, in cents; of B there is none on the eleventh.
fn close(symbol: &str, day: u32) -> Option<u32> {
    match symbol {
        "A" => Some(10_000 + day * 130 + day * 37 % 101),
        "B" if day == 10 => None,
        _ => Some(5_000 + (day % 9).abs_diff(4) * 210 + day * 11 % 17),
    }
}

fn date(day: u32) -> String {
    match day {
        0..31 => format!("2024-01-{:02}", day + 1),
        _ => format!("2024-02-{:02}", day - 30),
    }
}

/// A folder with the catalog `cat` of daily bars of A and B.
fn catalog() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for symbol in ["A", "B"] {
        let mut text = "time,open,high,low,close,volume\n".to_owned();
        for (day, close) in (0..DAYS).filter_map(|day| Some((day, close(symbol, day)?))) {
            let cents = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
            let (high, low) = (cents(close + 40), cents(close - 35));
            let (open, close, date) = (cents(close - 5), cents(close), date(day));
            writeln!(text, "{date}T00:00:00Z,{open},{high},{low},{close},100").unwrap();
        }
        let file = format!("{symbol}.csv");
        fs::write(folder.path().join(&file), text).unwrap();
        let line = format!("data import {file} --catalog cat --instrument {symbol} --bar 1d");
        stdout(&run(folder.path(), &line));
    }
    folder
}

fn run(folder: &Path, line: &str) -> Output {
    let arguments: Vec<_> = line.split_whitespace().collect();
    argonaut(folder, &arguments)
}

/// What is written in a test that found something.
fn found(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}{errors}");
    text
}

/// A line with the path of a first-party plugin in the place of its name.
fn with(name: &str, line: &str) -> String {
    line.replace(name, &plugin(name).display().to_string())
}

/// The gain from five days before to one day before, of bars that end on the day after theirs.
fn expected() -> BTreeMap<(String, String), Option<f64>> {
    let mut scores = BTreeMap::new();
    for day in 5..DAYS {
        for symbol in ["A", "B"] {
            let time = format!("{}T00:00:00.000000000Z", date(day + 1));
            let prices = [day - 5, day - 1].map(|day| close(symbol, day));
            let score = match prices {
                [Some(begin), Some(end)] => Some(f64::from(end) / f64::from(begin) - 1.0),
                _ => None,
            };
            scores.insert((time, symbol.to_owned()), score);
        }
    }
    scores
}

#[test]
fn a_factor_scores_a_catalog_as_it_is_worked_out_by_hand() {
    let folder = catalog();
    let line = "factor run momentum-12-1 --catalog cat --param lookback=5 --param skip=1 --out s.csv --json";
    let answer = stdout(&run(folder.path(), &with("momentum-12-1", line)));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["instruments"], 2, "{answer:#}");
    assert_eq!(answer["rows"], DAYS);
    assert_eq!(answer["rows_scored"], DAYS - 5);
    assert_eq!(answer["rows_checked"], 16);
    assert_eq!(answer["rows_written"], 2 * (DAYS - 5));
    assert_eq!(answer["scores"], 48);
    assert_eq!(answer["missing"], 2);
    let note = answer["note"].as_str().unwrap();
    assert!(note.contains("--to"), "{note}");
    let line = "factor run momentum-12-1 --catalog cat --param lookback=5 --param skip=1 --to 2100-01-01 --json";
    let answer = stdout(&run(folder.path(), &with("momentum-12-1", line)));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["note"], Value::Null);
    let expected = expected();
    let text = fs::read_to_string(folder.path().join("s.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("time,instrument,score"));
    let mut count = 0;
    for line in lines {
        let fields: Vec<_> = line.split(',').collect();
        let key = (fields[0].to_owned(), fields[1].to_owned());
        match expected[&key] {
            Some(score) => {
                let found: f64 = fields[2].parse().unwrap();
                assert!((found - score).abs() < 1e-12, "{line} {score}");
            }
            None => assert_eq!(fields[2], "", "{line}"),
        }
        count += 1;
    }
    assert_eq!(count, expected.len());
}

#[test]
fn batches_parquet_and_a_part_of_the_time_change_no_score() {
    let folder = catalog();
    let scores = |more: &str, file: &str| {
        let line = format!(
            "factor run momentum-12-1 --catalog cat --param lookback=5 --param skip=1 --out {file} {more}"
        );
        stdout(&run(folder.path(), &with("momentum-12-1", &line)));
        fs::read(folder.path().join(file)).unwrap()
    };
    let whole = scores("", "whole.csv");
    for batch in [1, 3, 7, 1_000] {
        let batched = scores(&format!("--batch {batch}"), "batched.csv");
        assert_eq!(batched, whole, "{batch}");
    }
    // The first five days of the rest are history again.
    let later = scores("--from 2024-01-12 --to 2024-01-25", "later.csv");
    let later = String::from_utf8(later).unwrap();
    let whole = String::from_utf8(whole).unwrap();
    assert_eq!(later.lines().count(), 1 + 2 * 8);
    assert!(
        later
            .lines()
            .all(|line| whole.lines().any(|other| other == line))
    );
    let parquet = scores("", "whole.parquet");
    assert_eq!(&parquet[..4], b"PAR1");
}

#[test]
fn what_cannot_be_scored_is_named() {
    let folder = catalog();
    let check = |line: &str, words: &[&str]| {
        let line = with("momentum-12-1", &with("supertrend", line));
        let error = error_line(&run(folder.path(), &line));
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    };
    check(
        "factor run momentum-12-1 --catalog cat",
        &["there are 30 rows", "the first score needs 252"],
    );
    check(
        "factor run momentum-12-1 --catalog cat --bars 60s",
        &["--bars 60s: no instrument", "argonaut data list"],
    );
    check(
        "factor run momentum-12-1 --catalog cat --instrument C",
        &["--instrument C", "86400s-last bars"],
    );
    check(
        "factor run momentum-12-1 --catalog cat --param skip=300",
        &["`skip`: 300 is not less than"],
    );
    check(
        "factor run supertrend --catalog cat",
        &["a `factor` is wanted", "the world `indicator`"],
    );
    check(
        "indicator run supertrend --catalog cat --instrument A --bars 1x",
        &["--bars 1x", "needs a unit"],
    );
}

#[test]
fn an_indicator_makes_lines_of_one_instrument() {
    let folder = catalog();
    let lines = |more: &str| {
        let line = format!(
            "indicator run supertrend --catalog cat --instrument A --param period=3 --out l.csv --json {more}"
        );
        let answer = stdout(&run(folder.path(), &with("supertrend", &line)));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        (
            answer,
            fs::read_to_string(folder.path().join("l.csv")).unwrap(),
        )
    };
    let (answer, text) = lines("");
    assert_eq!(answer["updates"], DAYS, "{answer:#}");
    assert_eq!(answer["rows"], DAYS - 3);
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("time,rising,falling,trend"));
    assert_eq!(rows.clone().count(), 27);
    for row in rows {
        let fields: Vec<_> = row.split(',').collect();
        let expect = match fields[3] {
            "1" => (false, true),
            "-1" => (true, false),
            other => panic!("{other}"),
        };
        assert_eq!(
            (fields[1].is_empty(), fields[2].is_empty()),
            expect,
            "{row}"
        );
    }
    // Two days lie in one bar, aligned to the epoch: the first and the last one are alone in theirs.
    let (answer, _) = lines("--bars 2d");
    assert_eq!(answer["updates"], 16, "{answer:#}");
}

/// A factor that scores everything by this number of 64 bits, in which `$i` counts the scores.
fn scoring(number: &str) -> Vec<u8> {
    let body = format!(
        "(local $n i32) (local $i i32)
         (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (local.set $n (i32.mul (local.get $instruments_len)
           (i32.sub (local.get $times_len) (local.get $first))))
         (loop $on
           (f64.store (i32.add (i32.const 2064) (i32.mul (i32.const 8) (local.get $i))) {number})
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $on (i32.lt_u (local.get $i) (local.get $n))))
         (i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) (i32.const 2064))
         (i32.store (i32.const 2056) (local.get $n))
         (i32.const 2048)"
    );
    let plugin = Plugin::factor().items("(global $calls (mut i32) (i32.const 0))");
    plugin.with("score", &body).build().unwrap()
}

/// How many rows there are: more when the future is among them.
const AHEAD: &str = "(f64.convert_i32_u (local.get $times_len))";
/// How often it was called.
const CALLS: &str = "(f64.convert_i32_u (global.get $calls))";
/// Where the score is, counted from the first row of the history.
const HISTORY: &str = "(f64.convert_i32_u (i32.add (local.get $i)
    (i32.mul (local.get $first) (local.get $instruments_len))))";

#[test]
fn scores_that_follow_from_what_they_must_not_are_found() {
    let folder = tempfile::tempdir().unwrap();
    for (number, words) in [
        (AHEAD, "it looks ahead: without the rows after it, I"),
        (CALLS, "it does not score the same rows alike"),
        (HISTORY, "it reaches further back than the 0 rows"),
    ] {
        fs::write(folder.path().join("wrong.wasm"), scoring(number)).unwrap();
        let said = found(&run(
            folder.path(),
            "plugin test wrong.wasm --random 20 --seed 3",
        ));
        assert!(said.contains("FAILED  random panel with seed 3"), "{said}");
        assert!(said.contains(words), "{said}");
        let again = "again: argonaut plugin test wrong.wasm --random 1 --seed 3";
        assert!(said.contains(again), "{said}");
    }
}

#[test]
fn scores_that_know_the_future_are_not_given_out() {
    let folder = catalog();
    fs::write(folder.path().join("wrong.wasm"), scoring(AHEAD)).unwrap();
    let line = "factor run wrong.wasm --catalog cat --out s.csv";
    let said = found(&run(folder.path(), line));
    assert!(said.contains("wrong.wasm: it looks ahead"), "{said}");
    assert!(!folder.path().join("s.csv").exists());
    // One row at a time it has nothing to look at.
    stdout(&run(folder.path(), &format!("{line} --batch 1")));
    let text = fs::read_to_string(folder.path().join("s.csv")).unwrap();
    assert!(
        text.lines().skip(1).all(|line| line.ends_with(",1")),
        "{text}"
    );
}

#[test]
fn what_is_right_passes_the_tests_of_its_world() {
    let folder = tempfile::tempdir().unwrap();
    let said = |line: &str| {
        let line = with("momentum-12-1", &with("supertrend", line));
        stdout(&run(folder.path(), &line))
    };
    let text = said("plugin test momentum-12-1");
    assert!(
        text.starts_with("ok      100 random panels with seeds 1 to 100"),
        "{text}"
    );
    let text = said("plugin test momentum-12-1 --random 5 --param lookback=3 --param skip=0");
    assert!(text.starts_with("ok      5 random panels"), "{text}");
    let text = said("plugin test supertrend --random 10");
    assert!(
        text.starts_with("ok      10 random series with seeds 1 to 10"),
        "{text}"
    );
    let text = said("plugin inspect momentum-12-1");
    for words in [
        "world    factor",
        "needs    close, 252 rows of history; higher is better",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let text = said("plugin inspect supertrend");
    let words = "shows    rising, falling, trend; by bars, after 10 updates";
    assert!(text.contains(words), "{text}");
    let wrong = with("supertrend", "plugin test supertrend one.scenario");
    let error = error_line(&run(folder.path(), &wrong));
    assert!(
        error.contains("the world `indicator` are tried without"),
        "{error}"
    );
}

#[test]
fn an_indicator_that_forgets_at_a_hand_over_is_found() {
    // One value for each update: how many there were.
    let body = "(global.set $seen (i32.add (global.get $seen) (i32.const 1)))
        (f64.store (i32.const 2064) (f64.convert_i32_u (global.get $seen)))
        (i32.store (i32.const 2048) (i32.const 1)) (i32.store (i32.const 2052) (i32.const 2064))
        (i32.store (i32.const 2056) (i32.const 1)) (i32.const 2048)";
    let counting = Plugin::indicator()
        .items("(global $seen (mut i32) (i32.const 0))")
        .with("update-bar", body);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrong.wasm"), counting.build().unwrap()).unwrap();
    let line = "plugin test wrong.wasm --random 5";
    let said = found(&run(folder.path(), line));
    assert!(said.contains("after a hand-over before update"), "{said}");
    let said = stdout(&run(folder.path(), &format!("{line} --no-hand-over")));
    assert!(said.starts_with("ok      5 random series"), "{said}");
}
