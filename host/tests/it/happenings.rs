//! Backtests of hedging accounts, and with what happens beside the market data: funding, marks and halts.

use super::process::{argonaut, error_line, plugin, plugin_dir, stdout};
use model::Money;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// The beginning of 2021.
const BEGIN_NS: u64 = 1_609_459_200_000_000_000;

/// A folder with `quotes.csv`: so many quotes, a second apart, all alike.
fn folder(quotes: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "ts_ns,bid,ask,bid_size,ask_size\n".to_owned();
    for second in 0..quotes {
        let time = BEGIN_NS + second * 1_000_000_000;
        writeln!(text, "{time},100.0,100.1,50,50").unwrap();
    }
    std::fs::write(folder.path().join("quotes.csv"), text).unwrap();
    folder
}

/// Writes `events.jsonl` with these lines, of seconds and what is behind the instrument.
fn events(folder: &Path, lines: &[(u64, &str)]) {
    let lines = lines.iter().map(|(second, rest)| {
        let time = format!("2021-01-01T00:00:{second:02}Z");
        format!("{{\"time\":\"{time}\",\"instrument\":\"BTC-PERP\",{rest}}}\n")
    });
    std::fs::write(folder.join("events.jsonl"), lines.collect::<String>()).unwrap();
}

/// Backtests a plugin on the quotes.
fn backtest(folder: &Path, name: &str, more: &str) -> Output {
    let strategy = plugin(name).display().to_string();
    let mut line = vec!["backtest", "--strategy", &strategy];
    line.extend("--data quotes.csv --instrument BTC-PERP --json -".split(' '));
    line.extend(more.split_whitespace());
    argonaut(folder, &line)
}

fn report(folder: &Path, name: &str, more: &str) -> Value {
    serde_json::from_str(&stdout(&backtest(folder, name, more))).unwrap()
}

/// What a report warns of, in one text.
fn warnings(report: &Value) -> String {
    report["warnings"].to_string()
}

#[test]
fn a_hedging_account_holds_a_long_and_a_short_at_once() {
    let folder = folder(2);
    let line = "--param every=1 --param quantity=1";
    let netting = report(folder.path(), "order-every", line);
    assert_eq!(netting["counters"]["fills"], "2", "{netting:#}");
    assert!(!warnings(&netting).contains("was open"), "{netting:#}");
    let line = format!("{line} --account hedging=true,hedge_margin=gross");
    let hedging = report(folder.path(), "order-every", &line);
    assert_eq!(hedging["counters"]["fills"], "2", "{hedging:#}");
    for held in ["a position of 1 was open", "a position of -1 was open"] {
        assert!(warnings(&hedging).contains(held), "{hedging:#}");
    }
    assert_ne!(hedging["journal_hash"], netting["journal_hash"]);
    let cash = backtest(
        folder.path(),
        "order-every",
        &format!("{line} --cash-account"),
    );
    let error = error_line(&cash);
    assert!(
        error.contains("--account: hedging: a cash account"),
        "{error}"
    );
}

#[test]
fn funding_is_paid_at_the_mark_and_replays() {
    let folder = folder(5);
    let folder = folder.path();
    let line = "--param quantity=2 --events events.jsonl --journal run.journal";
    let mark = (2, r#""event":"PRICES","mark":"110","index":"109""#);
    let funding = (2, r#""event":"FUNDING","rate":"0.0002""#);
    let worth = |lines: &[(u64, &str)]| {
        events(folder, lines);
        let report = report(folder, "funding-carry", line);
        assert_eq!(report["counters"]["ignored inputs"], "0", "{report:#}");
        assert_eq!(report["counters"]["fills"], "1", "{report:#}");
        // A journal is not written over.
        std::fs::rename(folder.join("run.journal"), folder.join("kept")).unwrap();
        let end = report["end_equity"].as_str().unwrap().to_owned();
        end.parse::<Money>().unwrap()
    };
    let without = worth(&[mark]);
    let with = worth(&[mark, funding]);
    let paid = with.checked_sub(without).unwrap();
    assert_eq!(paid, "0.044".parse().unwrap());
    let plugins = plugin_dir().display().to_string();
    let replay = ["replay", "kept", "--verify", "--plugins", &plugins];
    stdout(&argonaut(folder, &replay));
}

#[test]
fn a_halt_denies_orders_and_what_is_not_traded_does_not_happen() {
    let folder = folder(6);
    let folder = folder.path();
    let line =
        "--param every=1 --param quantity=1 --events events.jsonl --start 2021-01-01T00:00:01Z";
    let status = |status: &str| format!(r#""event":"STATUS","status":"{status}""#);
    let (halted, trading) = (status("HALTED"), status("TRADING"));
    let (halted, trading) = (halted.as_str(), trading.as_str());
    // The first is before the start.
    events(folder, &[(0, halted), (2, halted), (4, trading)]);
    let report = report(folder, "order-every", line);
    assert_eq!(report["counters"]["denied"], "2", "{report:#}");
    assert!(warnings(&report).contains("P04"), "{report:#}");
    assert_ne!(report["counters"]["fills"], "0", "{report:#}");
    events(folder, &[(2, r#""event":"MERGER""#)]);
    let error = error_line(&backtest(folder, "order-every", line));
    assert!(error.contains("events.jsonl: line 1: "), "{error}");
    assert!(error.contains("MERGER"), "{error}");
}
