//! What the command line says of files, strategies and orders that are wrong: one line with the
//! file and line, the strategy's fault and event, or the deny code. Nothing hangs, nothing panics.

use super::process::{argonaut, error_line, plugin, stdout};
use serde_json::Value;
use std::fmt::Write;
use std::process::Output;
use tempfile::TempDir;
use testkit::hostile::{HostilePlugin, component};
use testkit::plugin::Plugin;

const HEADER: &str = "ts_ns,bid,ask,bid_size,ask_size";
const FIRST: &str = "1609459200000000001,1.1,1.2,5,5";

/// A folder with `quotes.csv`: 40 good quotes, one a second.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = format!("{HEADER}\n");
    for second in 0..40 {
        let time = 1_609_459_200 + second;
        writeln!(text, "{time}000000000,1.1000,1.2000,1000,1000").unwrap();
    }
    std::fs::write(folder.path().join("quotes.csv"), text).unwrap();
    folder
}

fn backtest(folder: &TempDir, strategy: &str, arguments: &[&str]) -> Output {
    let mut all = vec!["backtest", "--strategy", strategy];
    all.extend_from_slice(arguments);
    argonaut(folder.path(), &all)
}

const QUOTES: [&str; 4] = ["--data", "quotes.csv", "--instrument", "EUR/USD"];

/// What a backtest of a first-party plugin over good data says when `more` is wrong.
fn told(name: &str, more: &[&str]) -> String {
    let arguments: Vec<_> = QUOTES.iter().chain(more).copied().collect();
    let strategy = plugin(name).display().to_string();
    error_line(&backtest(&folder(), &strategy, &arguments))
}

fn assert_has(text: &str, expect: &[&str]) {
    for part in expect {
        assert!(text.contains(part), "{text}\nexpected: {part}");
    }
}

#[test]
fn files_that_are_no_strategies_are_refused_before_they_run() {
    use HostilePlugin as H;
    let check = |hostile: H, expect: &[&str]| {
        let folder = folder();
        let file = folder.path().join("bad.wasm");
        std::fs::write(file, component(hostile).unwrap()).unwrap();
        let inspect = argonaut(folder.path(), &["plugin", "inspect", "bad.wasm"]);
        for output in [inspect, backtest(&folder, "bad.wasm", &QUOTES)] {
            let line = error_line(&output);
            assert!(line.starts_with("error: bad.wasm: the plugin "), "{line}");
            assert_has(&line, expect);
        }
    };
    check(H::Truncated, &["damaged or invalid at byte "]);
    check(H::NotWasm, &["is not WebAssembly", "argonaut plugin build"]);
    check(H::CoreModule, &["is a core WebAssembly module"]);
    check(
        H::ImportsWasi,
        &[
            "wasi:clocks/wall-clock@0.2.0",
            "wasi:random/random@0.2.0",
            "which a `argonaut:plugin/strategy@1.0.0` may not use",
        ],
    );
    check(H::AnotherWorld, &["is no `", "does not export"]);
    check(H::WrongExportType, &["is no `", "on-timer"]);
    check(H::WrongVersion, &["the plugin"]);
}

#[test]
fn an_empty_or_missing_strategy_is_named() {
    let folder = folder();
    std::fs::write(folder.path().join("empty.wasm"), "").unwrap();
    let line = error_line(&backtest(&folder, "empty.wasm", &QUOTES));
    assert_has(&line, &["error: empty.wasm: the plugin is empty"]);
    let line = error_line(&backtest(&folder, "none.wasm", &QUOTES));
    assert_has(&line, &["error: none.wasm: the plugin cannot be read"]);
}

/// Runs a component over the good quotes.
fn run_component(bytes: Vec<u8>) -> (TempDir, Output) {
    let folder = folder();
    std::fs::write(folder.path().join("hostile.wasm"), bytes).unwrap();
    let mut arguments = QUOTES.to_vec();
    arguments.extend(["--json", "report.json"]);
    let output = backtest(&folder, "hostile.wasm", &arguments);
    (folder, output)
}

/// Runs a strategy that listens to quotes and does `on_quote` at each; gives its report too.
fn run_on_quote(on_quote: &str) -> (Value, Output) {
    let init = "(call $subscribe-quotes (i32.const 0)) (i32.const 1088)";
    let plugin = Plugin::new().with("init", init).with("on-quote", on_quote);
    let (folder, output) = run_component(plugin.build().unwrap());
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    (serde_json::from_str(&report).unwrap(), output)
}

#[test]
fn a_strategy_that_breaks_in_init_never_runs() {
    use HostilePlugin as H;
    let check = |hostile: H, expect: &[&str]| {
        let line = error_line(&run_component(component(hostile).unwrap()).1);
        assert_has(&line, &["strategy `backtest`: ", "init: "]);
        assert_has(&line, expect);
    };
    check(H::TrapInInit, &["TRAP"]);
    check(H::RefuseInInit, &["REFUSED", "no thanks"]);
    check(H::LoopInInit, &["OUT_OF_FUEL"]);
}

#[test]
fn a_strategy_that_breaks_in_an_event_is_stopped_there_and_reported() {
    let check = |on_quote: &str, expect: &str| {
        let (report, output) = run_on_quote(on_quote);
        let line = error_line(&output);
        assert_has(
            &line,
            &["error: strategy `wat` broke at event 0: ", "on-quote: "],
        );
        assert_has(&line, &[expect]);
        // The run itself went on to its end, and says so.
        assert_eq!(report["counters"]["events"], "40");
        assert_has(&report["warnings"].to_string(), &["went to ERROR", expect]);
    };
    check("unreachable", "TRAP");
    check("(loop $again (br $again))", "OUT_OF_FUEL");
    check(
        "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) \
         unreachable",
        "MEMORY",
    );
    // A side that is neither buy nor sell.
    check(
        "(drop (call $submit-market (i32.const 0) (i32.const 7) (i64.const 1) (i32.const 0) \
         (i64.const 0) (i64.const 0)))",
        "BAD_OUTPUT",
    );
}

#[test]
fn orders_that_make_no_sense_are_denied_by_code() {
    let check = |order: &str, code: &str| {
        let (report, output) = run_on_quote(&format!("(drop (call {order}))"));
        stdout(&output);
        assert_eq!(report["counters"]["fills"], "0", "{order}");
        assert_eq!(report["counters"]["denied"], "40", "{order}");
        let expect = format!("40 orders denied with {code}: ");
        assert_has(&report["warnings"].to_string(), &[&expect]);
    };
    let market = |instrument: &str, quantity: &str| {
        format!(
            "$submit-market (i32.const {instrument}) (i32.const 0) (i64.const {quantity}) \
             (i32.const 0) (i64.const 0) (i64.const 0)"
        )
    };
    let limit = |price: &str| {
        format!(
            "$submit-limit (i32.const 0) (i32.const 0) (i64.const 100000000) (i64.const {price}) \
             (i32.const 0) (i64.const 0) (i64.const 0)"
        )
    };
    check(&market("99", "100000000"), "P04");
    check(&market("0", "0"), "P05");
    // One hundred-millionth of a euro more than one.
    check(&market("0", "100000001"), "P05");
    // Off the tick of 0.1 that the data has, and negative.
    check(&limit("1150000001"), "P06");
    check(&limit("-5000000000"), "P06");
}

#[test]
fn orders_beyond_the_account_or_the_grid_are_denied_by_code() {
    let denied = |name: &str, instrument: &str, parameters: &[&str]| {
        let strategy = plugin(name).display().to_string();
        let mut arguments = vec!["--data", "quotes.csv", "--instrument", instrument];
        arguments.extend(["--json", "-"]);
        for parameter in parameters {
            arguments.extend(["--param", *parameter]);
        }
        let output = backtest(&folder(), &strategy, &arguments);
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(report["counters"]["fills"], "0", "{report}");
        report["warnings"].to_string()
    };
    // 1.2 million dollars of margin at 100 % against an account of one million.
    let found = denied(
        "order-every",
        "EUR/USD,initial_margin=1",
        &["quantity=1000000"],
    );
    assert_has(&found, &["4 orders denied with P17"]);
    // Orders come in lots of 1,000.
    let found = denied("order-every", "EUR/USD,lot=1000", &["quantity=1500"]);
    assert_has(&found, &["4 orders denied with P05"]);
}

/// What a backtest over a file of these rows says.
fn rows(rows: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(folder.path().join("bad.csv"), text).unwrap();
    let strategy = plugin("noop").display().to_string();
    let arguments = ["--data", "bad.csv", "--instrument", "EUR/USD"];
    backtest(&folder, &strategy, &arguments)
}

#[test]
fn a_bad_row_is_named_by_file_and_line() {
    let check = |row: &str, expect: &str| {
        let line = error_line(&rows(&[HEADER, FIRST, row]));
        assert_eq!(line, format!("error: bad.csv: line 3: {expect}"));
    };
    check("1609459200000000002,1.1", "has 2 fields, `ask` is field 3");
    check(
        "1609459200000000002,NaN,1.2,5,5",
        "`bid` is `NaN`; a number must be finite",
    );
    check(
        "1609459200000000002,-1.1,1.2,5,5",
        "`bid` is negative: -1.1",
    );
    check(
        "1609459200000000002,1.3,1.2,5,5",
        "crossed quote: bid 1.3 is above ask 1.2",
    );
    check(
        "1609459200000000000,1.1,1.2,5,5",
        "time goes back: 2021-01-01T00:00:00.000000000Z after 2021-01-01T00:00:00.000000001Z; \
         sort the file or skip bad rows",
    );
    check(
        "1609459200000000002,1.1000000000001,1.2,5,5",
        "`bid` is `1.1000000000001`: more than 9 digits after the point; allow rounding or cut \
         the digits",
    );
}

#[test]
fn mixed_precision_is_no_error_while_it_can_be_held() {
    let output = rows(&[HEADER, FIRST, "1609459200000000002,1.10001,1.2,5,5"]);
    assert_has(&stdout(&output), &["events          2"]);
}

#[test]
fn empty_and_missing_files_are_named() {
    assert_eq!(error_line(&rows(&[])), "error: bad.csv: is empty");
    assert_eq!(
        error_line(&rows(&[HEADER])),
        "error: bad.csv: has a header but no rows"
    );
    let strategy = plugin("noop").display().to_string();
    let arguments = ["--data", "none.csv", "--instrument", "EUR/USD"];
    assert_eq!(
        error_line(&backtest(&folder(), &strategy, &arguments)),
        "error: none.csv: there is no such file"
    );
}

#[test]
fn instruments_are_checked() {
    let strategy = plugin("noop").display().to_string();
    let check = |arguments: &[&str], expect: &str| {
        let line = error_line(&backtest(&folder(), &strategy, arguments));
        assert_has(&line, &[expect]);
    };
    let data = ["--data", "quotes.csv"];
    let with = |instruments: &[&'static str]| {
        let pairs = instruments.iter().flat_map(|text| ["--instrument", *text]);
        data.into_iter().chain(pairs).collect::<Vec<_>>()
    };
    check(
        &with(&["EUR/USD,tik=0.01"]),
        "error: --instrument EUR/USD: tik: unknown field `tik`, expected one of `symbol`, ",
    );
    check(
        &with(&["EUR/USD,tick"]),
        "error: --instrument EUR/USD: `tick` is not key=value",
    );
    check(
        &with(&["EUR/USD", "USD/JPY"]),
        "error: --data quotes.csv: with several instruments write SYMBOL=FILE; symbols are \
         EUR/USD, USD/JPY",
    );
    check(
        &[
            "--data",
            "EUR/USD=quotes.csv",
            "--instrument",
            "EUR/USD",
            "--instrument",
            "USD/JPY",
        ],
        "error: --instrument USD/JPY: there is no --data for it",
    );
}

#[test]
fn a_call_without_data_says_what_is_missing() {
    let strategy = plugin("noop").display().to_string();
    let output = backtest(&folder(), &strategy, &["--instrument", "EUR/USD"]);
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert_has(&text, &["required arguments", "--data"]);
}

#[test]
fn parameters_are_checked_before_the_run() {
    assert_eq!(
        told("noop", &["--param", "speed=1"]),
        "error: `noop` has no parameter `speed`; it has `instrument`"
    );
    assert_eq!(
        told("ema-cross", &["--param", "fast=1"]),
        "error: parameter `fast` is `1`, which is out of range; expected integer from 2 to 1000"
    );
    assert_eq!(
        told("ema-cross", &["--param", "fast=ten"]),
        "error: parameter `fast` is `ten`, which is not a whole number; expected integer from 2 \
         to 1000"
    );
    assert_eq!(
        told("ema-cross", &["--param", "fast=9", "--param", "slow=3"]),
        "error: strategy `backtest`: REFUSED: init: parameter `fast`: 9 is not less than `slow`, 3"
    );
    assert_eq!(
        told("noop", &["--param", "instrument=GBP/USD"]),
        "error: strategy `backtest`: REFUSED: init: instrument `GBP/USD` is not configured for \
         this strategy"
    );
}

#[test]
fn data_that_cannot_serve_the_strategy_is_refused() {
    let line = told("ema-cross", &["--param", "basis=last"]);
    assert_has(
        &line,
        &["the strategy would see nothing: it wants 60-second last bars of EUR/USD"],
    );
}
