//! The same bytes over the same data give the same journal, in every build of the program; and a
//! journal runs again to the same byte, or says what was changed.

use super::process::{argonaut, error_line, plugin, plugin_dir, run, stdout};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

/// A folder with `quotes.csv`: 40 minutes of a market that rises and falls.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "ts_ns,bid,ask,bid_size,ask_size\n".to_owned();
    for second in 0..2_400_i64 {
        let wave = (second % 600 - 300).abs() + second * 7 % 13;
        let (bid, ask) = (110_000 + wave, 110_003 + wave);
        let time = 1_609_459_200_000_000_000 + second * 1_000_000_000;
        writeln!(
            text,
            "{time},1.{:05},1.{:05},{},{}",
            bid - 100_000,
            ask - 100_000,
            50_000 + second,
            60_000 - second
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("quotes.csv"), text).unwrap();
    folder
}

fn ema() -> String {
    plugin("ema-cross").display().to_string()
}

/// A backtest of the EMA crossover, with fees and latency.
fn backtest(strategy: &str) -> Vec<&str> {
    let rest = "--param fast=2 --param slow=4 --param warm_up=0 --param quantity=1000 \
                --data quotes.csv --instrument EUR/USD,taker_fee=0.0001 --latency 5ms";
    let mut arguments = vec!["backtest", "--strategy", strategy];
    arguments.extend(rest.split_whitespace());
    arguments
}

/// The report of one build's backtest.
fn report(program: &Path, folder: &Path) -> Value {
    let strategy = ema();
    let mut arguments = backtest(&strategy);
    arguments.extend(["--json", "-"]);
    serde_json::from_str(&stdout(&run(program, folder, &arguments))).unwrap()
}

/// One build's bench of one mode.
fn bench(program: &Path, folder: &Path, mode: &str) -> Value {
    let plugins = plugin_dir().display().to_string();
    let arguments = [
        "bench",
        "--quotes",
        "quotes.csv",
        "--mode",
        mode,
        "--plugins",
        &plugins,
        "--json",
    ];
    serde_json::from_str(&stdout(&run(program, folder, &arguments))).unwrap()
}

fn this() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_argonaut"))
}

#[test]
fn the_same_bytes_and_data_give_the_same_hash_twice() {
    let folder = folder();
    let (first, second) = (report(this(), folder.path()), report(this(), folder.path()));
    assert_eq!(first["journal_hash"], second["journal_hash"]);
    assert_eq!(first["end_equity"], second["end_equity"]);
    assert_ne!(first["counters"]["fills"], "0", "it traded");
    let hashes = |mode| {
        let once = bench(this(), folder.path(), mode);
        let again = bench(this(), folder.path(), mode);
        (once["journal_hash"].clone(), again["journal_hash"].clone())
    };
    for mode in ["none", "ema", "order"] {
        let (once, again) = hashes(mode);
        assert!(once.is_string(), "{mode}");
        assert_eq!(once, again, "{mode}");
    }
}

#[test]
fn other_parameters_give_another_hash() {
    let folder = folder();
    let hash = |slow: &str| {
        let strategy = ema();
        let mut arguments = backtest(&strategy);
        let place = arguments.iter().position(|argument| *argument == "slow=4");
        arguments[place.unwrap()] = slow;
        arguments.extend(["--json", "-"]);
        let output = argonaut(folder.path(), &arguments);
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        report["journal_hash"].clone()
    };
    assert_ne!(hash("slow=4"), hash("slow=5"));
}

/// Set `ARGONAUT_OPTIMISED_BIN` to an optimised build of the program.
#[test]
#[ignore = "needs an optimised build"]
fn debug_and_release_builds_agree() {
    let release = std::env::var("ARGONAUT_OPTIMISED_BIN").expect("ARGONAUT_OPTIMISED_BIN is set");
    let release = Path::new(&release);
    assert_ne!(release.canonicalize().unwrap(), this());
    let folder = folder();
    let (here, there) = (
        report(this(), folder.path()),
        report(release, folder.path()),
    );
    assert_eq!(here["journal_hash"], there["journal_hash"]);
    assert_eq!(here["end_equity"], there["end_equity"]);
    for mode in ["none", "noop", "ema", "order"] {
        let (here, there) = (
            bench(this(), folder.path(), mode),
            bench(release, folder.path(), mode),
        );
        assert_eq!(here["journal_hash"], there["journal_hash"], "{mode}");
    }
}

/// A folder with a backtest's `run.journal`, and the hash its report names.
fn recorded() -> (TempDir, Value) {
    let folder = folder();
    let strategy = ema();
    let mut arguments = backtest(&strategy);
    arguments.extend(["--journal", "run.journal", "--json", "-"]);
    let output = argonaut(folder.path(), &arguments);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    (folder, report["journal_hash"].clone())
}

#[test]
fn a_journal_runs_again_to_the_same_hash() {
    let (folder, hash) = recorded();
    let plugins = plugin_dir().display().to_string();
    let arguments = [
        "replay",
        "run.journal",
        "--verify",
        "--json",
        "--plugins",
        &plugins,
    ];
    let report: Value =
        serde_json::from_str(&stdout(&argonaut(folder.path(), &arguments))).unwrap();
    assert_eq!(report["equal"], true);
    assert_eq!(report["sealed"], true);
    assert_eq!(report["hash"], hash);
    // 2,400 quotes, and what defined, started and stopped.
    assert!(report["inputs"].as_u64().unwrap() > 2_400, "{report}");
}

#[test]
fn a_strategy_backtests_with_algorithms_and_rules_and_runs_again() {
    let folder = folder();
    let part = |option: &str, name: &str, rest: &str| {
        [
            option.to_owned(),
            format!("{name}={}{rest}", plugin(name).display()),
        ]
    };
    let run = |wide: &[String]| {
        let strategy = plugin("order-every").display().to_string();
        let rest = "--param every=300 --param quantity=1000 --param algorithm=twap --data quotes.csv \
                    --instrument EUR/USD --json - --journal run.journal";
        let mut arguments = vec!["backtest", "--strategy", &strategy];
        arguments.extend(rest.split_whitespace());
        arguments.extend(wide.iter().map(String::as_str));
        let report = stdout(&argonaut(folder.path(), &arguments));
        serde_json::from_str::<Value>(&report).unwrap()
    };
    let fills = |report: &Value| report["counters"]["fills"].to_string();
    let twap = part("--algorithm", "twap", ",slices=4,duration_seconds=60");
    let worked = run(&twap);
    // Seven orders of four parts, and the first part of the one that the last quote made.
    assert_eq!(fills(&worked), "\"29\"", "{worked}");
    let plugins = plugin_dir().display().to_string();
    let arguments = ["replay", "run.journal", "--verify", "--json", "--plugins"];
    let arguments: Vec<&str> = arguments.into_iter().chain([plugins.as_str()]).collect();
    let again = stdout(&argonaut(folder.path(), &arguments));
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["hash"], worked["journal_hash"]);
    let forget = || std::fs::remove_file(folder.path().join("run.journal")).unwrap();
    forget();
    // Nobody knows the algorithm: every order is denied.
    assert_eq!(fills(&run(&[])), "\"0\"");
    let rule = part("--rule", "order-pace", ",max_orders=1,window_ms=86400000");
    forget();
    let ruled = run(&[twap, rule].concat());
    // One order a side may pass.
    assert_eq!(fills(&ruled), "\"8\"", "{ruled}");
    let warnings = ruled["warnings"].to_string();
    assert!(
        warnings.contains("custom rules refused 6 times"),
        "{warnings}"
    );
}

#[test]
fn algorithms_that_cannot_be_had_are_named() {
    let folder = folder();
    let strategy = ema();
    let check = |option: &str, value: &str, expect: &str| {
        let mut arguments = backtest(&strategy);
        arguments.extend([option, value]);
        let line = error_line(&argonaut(folder.path(), &arguments));
        assert!(line.contains(expect), "{line}");
    };
    check(
        "--algorithm",
        "twap=nowhere.wasm",
        "nowhere.wasm: the plugin cannot be read",
    );
    let other = format!("twap={strategy}");
    check("--algorithm", &other, "error: --algorithm twap: ");
    check(
        "--rule",
        &format!("pace={strategy}"),
        "error: --rule pace: ",
    );
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let (folder, _) = recorded();
    let file = folder.path().join("run.journal");
    let good = std::fs::read(&file).unwrap();
    let plugins = plugin_dir().display().to_string();
    for place in [good.len() / 3, good.len() / 2, good.len() - 20] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        std::fs::write(&file, bad).unwrap();
        for arguments in [
            vec!["replay", "run.journal"],
            vec!["replay", "run.journal", "--verify", "--plugins", &plugins],
        ] {
            let line = error_line(&argonaut(folder.path(), &arguments));
            assert!(line.starts_with("error: run.journal: "), "{line}");
            let told = ["altered", "record", "sequence"];
            assert!(told.iter().any(|word| line.contains(word)), "{line}");
        }
    }
}
