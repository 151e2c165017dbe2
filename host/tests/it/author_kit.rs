//! What an author tries a component with: `argonaut plugin test` and `argonaut plugin bench`, on real
//! plugins and on some that are wrong on purpose.

use super::process::{argonaut, error_line, plugin, root, stdout};
use serde_json::Value;
use std::fs;
use std::process::Output;
use tempfile::TempDir;
use testkit::plugin::Plugin;

/// Runs `plugin test` of a first-party plugin in a folder with these files.
fn test_with(files: &[(&str, &str)], name: &str, more: &[&str]) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let component = plugin(name).display().to_string();
    let mut arguments = vec!["plugin", "test", component.as_str()];
    arguments.extend_from_slice(more);
    let output = argonaut(folder.path(), &arguments);
    (folder, output)
}

fn scenario(name: &str, text: &str) -> Output {
    test_with(&[("one.scenario", text)], name, &["one.scenario"]).1
}

/// What a test says that found something.
fn found(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}{errors}");
    text
}

fn assert_has(text: &str, expect: &[&str]) {
    for part in expect {
        assert!(text.contains(part), "{text}\nexpected: {part}");
    }
}

/// An order at each second quote, as it comes, is answered and is not.
const ORDERS: &str = "
given parameter every 2
given parameter quantity 1000
09:30:00 quote 1.10000 x 5000 / 1.10002 x 5000
09:30:01 quote 1.10001 x 5000 / 1.10003 x 5000
-> buy 1000 MARKET GTC as A
-> A SUBMITTED
-> A FILLED 1000 @ 1.10003 taker
-> position 1000 @ 1.10003
+1s quote 1.10001 x 5000 / 1.10003 x 5000
+1s deny too much today
+0ms quote 1.10001 x 5000 / 1.10003 x 5000
-> sell 1000 MARKET as B
-> B DENIED RULE
-> position 1000
";

#[test]
fn what_every_new_plugin_brings_passes() {
    let read = |word: &str| {
        let file = format!("examples/strategies/{word}/scenarios/crossover.scenario");
        fs::read_to_string(root().join(file)).unwrap()
    };
    let text = read("rust");
    for word in ["c", "python", "ts"] {
        assert_eq!(read(word), text, "{word}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scenarios")).unwrap();
    fs::write(folder.path().join("scenarios/crossover.scenario"), text).unwrap();
    let component = plugin("ema-cross").display().to_string();
    let said = stdout(&argonaut(folder.path(), &["plugin", "test", &component]));
    assert_eq!(said, "ok      scenarios/crossover.scenario\n");
}

#[test]
fn orders_fill_at_the_exchange_and_are_denied_on_demand() {
    assert_has(
        &stdout(&scenario("order-every", ORDERS)),
        &["ok      one.scenario"],
    );
}

#[test]
fn signals_are_told_to_the_plugin() {
    const SIGNALS: &str = "
given parameter quantity 1000
09:30:00 quote 1.10000 x 5000 / 1.10002 x 5000
+1s signal buy
-> buy 1000 MARKET GTC as A
-> A FILLED 1000 @ 1.10002 taker
-> position 1000 @ 1.10002
+1s signal chart action=sell, quantity=3000, limit=1.10100
-> sell 3000 LIMIT limit 1.101 GTC as B
+1s signal chart action=flat
-> cancel_all
-> sell 1000 MARKET GTC reduce_only as C
-> position flat
+1s signal hold
-> log WARN the signal `hold` is none of buy, sell and flat
";
    let said = stdout(&scenario("signal-follower", SIGNALS));
    assert_has(&said, &["ok      one.scenario"]);
    // It has a hook for signals, as all that are made with the SDK, and says that this is none of its own.
    let other = "
09:30:00 signal buy
-> log WARN the signal `buy` is not for this strategy
";
    let said = stdout(&scenario("order-every", other));
    assert_has(&said, &["ok      one.scenario"]);
}

#[test]
fn a_line_that_does_not_go_as_written_is_told_with_what_came() {
    let check = |from: &str, to: &str, expect: &[&str]| {
        let text = ORDERS.replacen(from, to, 1);
        assert_ne!(text, ORDERS);
        assert_has(&found(&scenario("order-every", &text)), expect);
    };
    check(
        "buy 1000 MARKET GTC as A",
        "buy 500 LIMIT limit 1.1 GTC as A",
        &[
            "FAILED  one.scenario:6: at `09:30:01 quote",
            "expected: buy 500 LIMIT limit 1.1 GTC as A",
            "came:     buy 1000 MARKET GTC",
            "quantity is 1000 and not 500, type is MARKET and not LIMIT, no limit",
        ],
    );
    check(
        "-> buy 1000 MARKET GTC as A\n-> A SUBMITTED\n-> A FILLED 1000 @ 1.10003 taker",
        "-> nothing",
        &[
            "one.scenario:6:",
            "expected: no orders",
            "came:     buy 1000 MARKET GTC",
        ],
    );
    check(
        "1.10003 taker",
        "1.10002 taker",
        &[
            "one.scenario:8:",
            "A SUBMITTED; A FILLED 1000 @ 1.10003 taker",
        ],
    );
    check(
        "position 1000 @ 1.10003",
        "position flat",
        &["one.scenario:9:", "came:     position 1000 @ 1.10003"],
    );
    check(
        "+1s deny",
        "-> cancel A\n+1s deny",
        &[
            "one.scenario:11:",
            "expected: cancel A",
            "came:     nothing",
        ],
    );
    check(
        "+1s deny",
        "-> log INFO bought\n+1s deny",
        &["one.scenario:11:", "no such line of the log"],
    );
    check(
        "1.10001 x 5000 / 1.10003",
        "1.20001 x 5000 / 1.10003",
        &[
            "one.scenario:5:",
            "the engine ignored it: impossible prices",
        ],
    );
}

#[test]
fn orders_are_answered_by_hand_where_a_scenario_says_so() {
    let text = "
given answers by_hand
given parameter every 1
given parameter quantity 1000
09:30:00 quote 1.10000 / 1.10002
-> buy 1000 MARKET as A
-> A SUBMITTED
-> position flat
+1s accept A
-> A ACCEPTED
+1s fill A 400 @ 1.10010
-> A PARTIALLY_FILLED 400 @ 1.1001
-> position 400 @ 1.1001
+1s fill A 600 @ 1.10010
-> A FILLED 600
+1s quote 1.10000 / 1.10002
-> sell 1000 MARKET as B
+1s reject B
-> B REJECTED
-> position 1000
";
    assert_has(&stdout(&scenario("order-every", text)), &["ok"]);
}

#[test]
fn another_version_takes_over_with_state_with_other_parameters_or_fresh() {
    let text = "
given parameter every 3
given parameter quantity 1000
09:30:00 quote 1.10000 / 1.10002
+1s quote 1.10000 / 1.10002
+1s swap
-> state version 1
+1s quote 1.10000 / 1.10002
-> buy 1000 MARKET
+1s swap every=1 quantity=500
+1s quote 1.10000 / 1.10002
-> sell 500 MARKET
+1s restart
+1s quote 1.10000 / 1.10002
-> buy 500 MARKET
+1s swap fresh every=2
+1s quote 1.10000 / 1.10002
+1s quote 1.10000 / 1.10002
-> buy 500 MARKET
+1s swap other.wasm
-> fault every
+1s stop
-> state version 1
";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.scenario"), text).unwrap();
    // Another strategy, which has none of these parameters.
    fs::copy(plugin("noop"), folder.path().join("other.wasm")).unwrap();
    let component = plugin("order-every").display().to_string();
    let arguments = ["plugin", "test", &component, "one.scenario"];
    assert_has(&stdout(&argonaut(folder.path(), &arguments)), &["ok"]);
}

#[test]
fn a_plugin_that_refuses_is_expected_or_told() {
    let text = "given parameter fast 9\ngiven parameter slow 3\n09:30 start\n";
    let said = found(&scenario("ema-cross", text));
    assert_has(
        &said,
        &["one.scenario:3:", "expected: no fault", "REFUSED", "`fast`"],
    );
    let expected = format!("{text}-> fault parameter `fast`\n");
    assert_has(&stdout(&scenario("ema-cross", &expected)), &["ok"]);
}

#[test]
fn a_scenario_that_cannot_be_read_names_file_line_and_fix() {
    let check = |text: &str, expect: &[&str]| {
        assert_has(&error_line(&scenario("noop", text)), expect);
    };
    check(
        "09:30:00 qoute 1 / 2",
        &["one.scenario:1: `qoute` is not", "quote, trade"],
    );
    check(
        "given parameters a 1",
        &["one.scenario:1: `parameters`", "parameter, deposit"],
    );
    check(
        "\n09:30 quote 1.0 / x",
        &["one.scenario:2: quote: `x` is not a price such as"],
    );
    let missing = test_with(&[], "noop", &["none.scenario"]).1;
    assert_has(&error_line(&missing), &["none.scenario: cannot be read"]);
    let none = test_with(&[], "noop", &[]).1;
    assert_has(
        &error_line(&none),
        &["no folder `scenarios`", "--random 100"],
    );
    let empty = test_with(&[], "noop", &["."]).1;
    assert_has(&error_line(&empty), &["ends in .scenario"]);
    let parameter = test_with(&[], "noop", &["--random", "1", "--param", "fast"]).1;
    assert_has(&error_line(&parameter), &["--param fast: write NAME=VALUE"]);
    let instrument = ["--random", "1", "--instrument", "EUR/USD,tik=1"];
    let instrument = test_with(&[], "noop", &instrument).1;
    assert_has(&error_line(&instrument), &["--instrument EUR/USD", "tik"]);
}

#[test]
fn random_markets_find_nothing_wrong_with_our_own() {
    for name in [
        "ema-cross",
        "rsi-reversion",
        "market-maker",
        "order-every",
        "counter",
        "noop",
    ] {
        println!("{name}");
        let more = ["--random", "4", "--seed", "7", "--events", "120"];
        let said = stdout(&test_with(&[], name, &more).1);
        assert_has(&said, &["4 random markets with seeds 7 to 10"]);
    }
}

#[test]
fn random_markets_without_an_order_say_that_they_show_little() {
    let more = ["--random", "3", "--seed", "7", "--events", "60"];
    let said = stdout(&test_with(&[], "noop", &more).1);
    let empty = "EMPTY   3 random markets with seeds 7 to 9: no order in any of them";
    assert_has(&said, &[empty, "--param", "--demand-orders"]);
    assert!(!said.contains("ok "), "{said}");
    let demanded = [&more[..], &["--demand-orders"][..]].concat();
    let said = found(&test_with(&[], "noop", &demanded).1);
    assert_has(&said, &["FAILED  3 random markets", "no order in any"]);
    let every = [&demanded[..], &["--param", "every=2"][..]].concat();
    let said = stdout(&test_with(&[], "order-every", &every).1);
    assert_has(&said, &["ok      3 random markets"]);
}

#[test]
fn beside_anything_what_a_line_wants_must_come_all_the_same() {
    let with = |line: &str| ORDERS.replacen("-> buy 1000 MARKET GTC as A", line, 1);
    let come = with("-> anything\n-> buy 1000 MARKET GTC as A");
    assert_has(&stdout(&scenario("order-every", &come)), &["ok"]);
    let other = with("-> anything\n-> buy 999 MARKET GTC as A");
    assert_has(
        &found(&scenario("order-every", &other)),
        &[
            "one.scenario:7:",
            "expected: buy 999 MARKET",
            "quantity is 1000",
        ],
    );
    let more = with("-> buy 1000 MARKET GTC as A\n-> cancel A\n-> anything");
    assert_has(
        &found(&scenario("order-every", &more)),
        &["one.scenario:7:", "expected: cancel A", "came:     nothing"],
    );
}

#[test]
fn after_a_swap_that_was_aborted_at_its_commit_the_one_before_goes_on() {
    // It subscribes to an instrument that there is not, which its place in the engine cannot have.
    let refused = Plugin::new().with("init", LISTEN);
    let refused = refused.with("on-start", "(call $subscribe-quotes (i32.const 9))");
    let text = "09:30:00 quote 1.10000 / 1.10002
-> cancel_all
+1s swap refused.wasm
-> fault the swap was aborted
+1s quote 1.10000 / 1.10002
-> cancel_all
";
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, bytes: &[u8]| fs::write(folder.path().join(file), bytes).unwrap();
    write("one.scenario", text.as_bytes());
    write("refused.wasm", &refused.build().unwrap());
    write(
        "goes-on.wasm",
        &counting("(call $cancel-all (i32.const 0))"),
    );
    let arguments = ["plugin", "test", "goes-on.wasm", "one.scenario"];
    assert_has(&stdout(&argonaut(folder.path(), &arguments)), &["ok"]);
}

/// What random markets say of a plugin that is wrong on purpose.
fn random(bytes: &[u8], more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrong.wasm"), bytes).unwrap();
    let mut arguments = vec![
        "plugin",
        "test",
        "wrong.wasm",
        "--random",
        "20",
        "--seed",
        "3",
    ];
    arguments.extend_from_slice(more);
    found(&argonaut(folder.path(), &arguments))
}

const LISTEN: &str = "(call $subscribe-quotes (i32.const 0)) (i32.const 1088)";
const COUNT: &str = "(global.set $seen (i32.add (global.get $seen) (i32.const 1)))";

fn counting(then: &str) -> Vec<u8> {
    let on_quote = format!("{COUNT} {then}");
    let plugin = Plugin::new()
        .with("init", LISTEN)
        .with("on-quote", &on_quote);
    let plugin = plugin.items("(global $seen (mut i32) (i32.const 0))");
    plugin.build().unwrap()
}

#[test]
fn what_breaks_in_a_random_market_is_told_with_its_seed_and_a_short_scenario() {
    let traps = "(if (i32.gt_u (global.get $seen) (i32.const 3)) (then unreachable))";
    let said = random(&counting(traps), &["--no-hand-over"]);
    assert_has(
        &said,
        &[
            "FAILED  random market with seed 3: it broke: TRAP: on-quote",
            "4 of its 300 events show it:",
            "again: argonaut plugin test wrong.wasm --random 1 --seed 3 --events 300 --max-fuel 5000000 --no-hand-over",
        ],
    );
    // What is printed is a scenario.
    let lines = said.lines().filter(|line| line.starts_with("    "));
    let text = lines.collect::<Vec<_>>().join("\n");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("found.scenario"), text).unwrap();
    fs::write(folder.path().join("wrong.wasm"), counting(traps)).unwrap();
    let arguments = ["plugin", "test", "wrong.wasm", "found.scenario"];
    let again = found(&argonaut(folder.path(), &arguments));
    assert_has(&again, &["found.scenario:4:", "TRAP: on-quote"]);
}

#[test]
fn state_that_is_not_handed_over_is_found() {
    let cancels =
        "(if (i32.eq (global.get $seen) (i32.const 5)) (then (call $cancel-all (i32.const 0))))";
    let said = random(&counting(cancels), &[]);
    assert_has(
        &said,
        &[
            "after a hand-over it does not go on",
            "cancel_all",
            "+0ms swap",
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrong.wasm"), counting(cancels)).unwrap();
    let arguments = [
        "plugin",
        "test",
        "wrong.wasm",
        "--random",
        "5",
        "--no-hand-over",
    ];
    assert_has(
        &stdout(&argonaut(folder.path(), &arguments)),
        &["EMPTY   5 random markets"],
    );
}

#[test]
fn orders_that_no_gate_takes_and_events_that_take_too_much_are_found() {
    // A limit order at a price of 7 units of 1e-9: off every grid.
    let order = "(drop (call $submit-limit (i32.const 0) (i32.const 0) (i64.const 100000000) (i64.const 7) \
                 (i32.const 0) (i64.const 0) (i64.const 0)))";
    let said = random(&counting(order), &[]);
    assert_has(
        &said,
        &[
            "every gate refuses, P06",
            "buy 1 LIMIT limit 0.000000007 GTC",
        ],
    );
    let said = random(&counting(""), &["--max-fuel", "1"]);
    assert_has(&said, &["took ", "more than 1; `--max-fuel`"]);
    let endless = random(&counting("(loop $again (br $again))"), &[]);
    assert_has(&endless, &["it broke: OUT_OF_FUEL"]);
}

#[test]
fn the_bench_says_what_calls_cost_beside_a_plugin_that_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let component = plugin("ema-cross").display().to_string();
    let rest = "--param bar_seconds=10 --param warm_up=0 --events 400 --rounds 2";
    let mut arguments = vec!["plugin", "bench", &component];
    arguments.extend(rest.split_whitespace());
    let table = stdout(&argonaut(folder.path(), &arguments));
    assert_has(
        &table,
        &[
            "ema-cross 0.1.0",
            "bytes, compiled in",
            "KiB of memory",
            "no-op fuel",
            "bar ",
        ],
    );
    arguments.push("--json");
    let json: Value = serde_json::from_str(&stdout(&argonaut(folder.path(), &arguments))).unwrap();
    let calls = json["calls"].as_array().unwrap();
    let bars = calls.iter().find(|row| row["kind"] == "bar").unwrap();
    let fuel = |whose: &str| bars[whose]["fuel"]["p50"].as_u64().unwrap();
    assert!(fuel("plugin") > fuel("no_op"), "{json:#}");
    assert!(bars["plugin"]["time_ns"]["max"].as_u64() >= bars["plugin"]["time_ns"]["p50"].as_u64());
    for subject in ["plugin", "no_op"] {
        assert!(
            json[subject]["compile_ms"].as_f64().unwrap() > 0.0,
            "{json:#}"
        );
        assert!(
            json[subject]["memory_bytes"].as_u64().unwrap() > 0,
            "{json:#}"
        );
    }
    // Fuel is the same on every machine and in every run.
    let again: Value = serde_json::from_str(&stdout(&argonaut(folder.path(), &arguments))).unwrap();
    let fuels = |report: &Value| {
        let rows = report["calls"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["plugin"]["fuel"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(fuels(&json), fuels(&again));
}

#[test]
fn a_bench_of_what_cannot_be_measured_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let bench = |file: &str, more: &[&str]| {
        let mut arguments = vec!["plugin", "bench", file];
        arguments.extend_from_slice(more);
        error_line(&argonaut(folder.path(), &arguments))
    };
    fs::write(
        folder.path().join("deaf.wasm"),
        Plugin::new().build().unwrap(),
    )
    .unwrap();
    assert_has(
        &bench("deaf.wasm", &[]),
        &["deaf.wasm", "listens to nothing"],
    );
    assert_has(
        &bench("none.wasm", &[]),
        &["none.wasm: the plugin cannot be read"],
    );
    let component = plugin("ema-cross").display().to_string();
    assert_has(&bench(&component, &["--param", "fast=x"]), &["fast", "x"]);
}

#[test]
fn the_plugin_of_the_bench_is_the_one_that_does_nothing() {
    let kept = root().join("host/src/author/noop.wasm");
    let made = Plugin::with_books().build().unwrap();
    if std::env::var_os("ARGONAUT_BLESS").is_some() {
        fs::write(&kept, &made).unwrap();
    }
    assert!(
        fs::read(&kept).unwrap() == made,
        "the contract changed: run this test with ARGONAUT_BLESS=1"
    );
}
