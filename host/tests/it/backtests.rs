//! Backtests that a running host is asked for, with a real plugin in a host of its own process: the hash of the
//! command line, an end in the middle, what is refused, and a host that is killed meanwhile.

use super::crash::{Running, configuration, data};
use super::determinism;
use super::process::{argonaut, execute, fresh_key, plugin, stdout};
use super::versions::Host;
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Quotes of a backtest that takes a while.
const MANY: i64 = 300_000;
/// Far longer than anything here takes; it only keeps a broken host from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host with `quotes.csv` and `many.csv` that takes backtests, one at a time.
fn up(folder: &Path) -> Running {
    // Asked for here, so that a missing one is named.
    plugin("ema-cross");
    let market = folder.join("market");
    fs::create_dir_all(&market).unwrap();
    let small = determinism::folder();
    fs::copy(small.path().join("quotes.csv"), market.join("quotes.csv")).unwrap();
    fs::write(folder.join("secret.csv"), "time,bid,ask\n").unwrap();
    let mut text = "ts_ns,bid,ask,bid_size,ask_size\n".to_owned();
    for second in 0..MANY {
        let wave = (second % 600 - 300).abs() + second * 7 % 13;
        let time = 1_609_459_200_000_000_000 + second * 1_000_000_000;
        let (bid, ask) = (10_000 + wave, 10_003 + wave);
        writeln!(text, "{time},1.{bid:05},1.{ask:05},50000,60000").unwrap();
    }
    fs::write(market.join("many.csv"), text).unwrap();
    let file = configuration(folder);
    let mut text = fs::read_to_string(&file).unwrap();
    write!(text, "\n[backtests]\ndata = \"{}\"\n", market.display()).unwrap();
    fs::write(&file, text).unwrap();
    Running::start(&file, None).unwrap()
}

fn asked(file: &str) -> Value {
    json!({
        "plugin": "ema-cross.wasm",
        "parameters": {"fast": 2, "slow": 4, "warm_up": 0, "quantity": 1000},
        "instruments": ["EUR/USD,taker_fee=0.0001"],
        "data": [file],
        "latency": "5ms",
        "by": "anna",
    })
}

/// Asks for one; its path and that of its job.
fn begin(host: &Host, body: &Value) -> (String, String) {
    let (status, job) = host.post("/backtests", body);
    assert_eq!(status, 202, "{job}");
    assert_eq!(job["kind"], "backtests.run");
    let path = job["subject"].as_str().unwrap().replace("/api/v1", "");
    (path, format!("/jobs/{}", job["id"].as_str().unwrap()))
}

fn until(host: &Host, path: &str, state: &str) -> Value {
    host.until(state, path, |shown| {
        let now = shown["state"].as_str().unwrap();
        let is_over = now != "QUEUED" && now != "RUNNING";
        assert!(now == state || !is_over, "{shown:#}");
        now == state
    })
}

/// The hash of the same on the command line.
fn hash_of_the_command_line(folder: &Path, more: &str) -> Value {
    let (strategy, file) = (plugin("ema-cross"), folder.join("market/quotes.csv"));
    let (strategy, file) = (strategy.to_str().unwrap(), file.to_str().unwrap());
    let mut line = vec![
        "backtest",
        "--strategy",
        strategy,
        "--data",
        file,
        "--json",
        "-",
    ];
    let rest = "--param fast=2 --param slow=4 --param warm_up=0 --param quantity=1000 \
                --instrument EUR/USD,taker_fee=0.0001 --latency 5ms";
    line.extend(rest.split_whitespace());
    line.extend(more.split_whitespace());
    let report = stdout(&argonaut(folder, &line));
    let mut report: Value = serde_json::from_str(&report).unwrap();
    report["journal_hash"].take()
}

/// Child processes that backtest for the host of this folder.
fn children(folder: &Path) -> usize {
    let wanted = data(folder).join("backtests").display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let ours = lines.filter(|line| String::from_utf8_lossy(line).contains(&wanted));
    ours.count()
}

fn delete(host: &Host, path: &str) -> u16 {
    let request = Host::agent().delete(format!("{}{path}", host.0));
    let answer = request.header("idempotency-key", fresh_key()).call();
    answer.unwrap().status().as_u16()
}

#[test]
fn a_backtest_by_rest_has_the_hash_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let running = up(folder.path());
    let host = Host(running.url(""));
    let expect = hash_of_the_command_line(folder.path(), "");
    let (path, job) = begin(&host, &asked("quotes.csv"));
    let done = until(&host, &job, "DONE");
    assert_eq!(done["progress"], 1.0, "{done}");
    assert_eq!(done["result"]["journal_hash"], expect, "{done}");
    let shown = host.get(&path);
    assert_eq!(shown["journal_hash"], expect, "{shown:#}");
    assert_eq!(shown["by"], "anna");
    assert_ne!(shown["result"]["counters"]["fills"], "0", "it traded");
    assert!(
        shown["result"]["statistics"]["drawdown"].is_object(),
        "{shown:#}"
    );
    assert_eq!(shown["result"].get("curve"), None);
    // No path of this machine.
    assert_eq!(shown["result"]["data"][0]["file"], "quotes.csv");
    let (status, report) = running.ask(&format!("{path}/report"));
    assert_eq!(status, 200);
    assert!(
        report.contains(expect.as_str().unwrap()),
        "the report names its journal"
    );

    let mut again = asked("EUR/USD=quotes.csv");
    again["plugin"] = json!(format!("sha256:{}", shown["plugin"].as_str().unwrap()));
    let (second, job) = begin(&host, &again);
    until(&host, &job, "DONE");
    assert_eq!(host.get(&second)["journal_hash"], expect);
    let list = host.get("/backtests?state=done");
    assert_eq!(list[0]["id"], 2, "{list}");
    let rows = host.until("rows of both", "/history/backtests", |page| {
        page["items"][1]["state"] == "DONE"
    });
    for (place, id) in [(0, 1), (1, 2)] {
        let row = &rows["items"][place];
        assert_eq!(row["sequence"], id, "{rows}");
        assert_eq!(row["journal_hash"], expect, "{rows}");
        assert_eq!(row["asked_by"], "anna", "{rows}");
        assert_eq!(row["has_report"], true, "{rows}");
    }
    assert_eq!(rows["items"][2], Value::Null, "{rows}");
    assert_eq!(list[1]["result"], Value::Null);

    let told = |line: &[&str]| {
        stdout(&execute(
            folder.path(),
            line,
            &[("ARGONAUT_URL", host.0.as_str())],
        ))
    };
    assert!(told(&["backtests", "list"]).contains(expect.as_str().unwrap()));
    assert_eq!(told(&["backtests", "report", "1"]).trim(), report.trim());
    assert_eq!(delete(&host, &path), 204);
    assert_eq!(running.ask(&path).0, 404);
    assert_eq!(running.ask(&format!("{path}/report")).0, 404);
}

#[test]
fn the_account_and_what_happens_are_those_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let running = up(folder.path());
    let host = Host(running.url(""));
    let mut events = String::new();
    for (minute, status) in [(10, "HALTED"), (20, "TRADING")] {
        let event = json!({
            "time": format!("2021-01-01T00:{minute}:00Z"), "instrument": "EUR/USD",
            "event": "STATUS", "status": status,
        });
        writeln!(events, "{event}").unwrap();
    }
    fs::write(folder.path().join("market/events.jsonl"), events).unwrap();
    let more = "--account margin_call.call=1 --events market/events.jsonl";
    let expect = hash_of_the_command_line(folder.path(), more);
    assert_ne!(expect, hash_of_the_command_line(folder.path(), ""));
    let mut body = asked("quotes.csv");
    body["account"] = json!("margin_call.call=1");
    body["events"] = json!("events.jsonl");
    let (path, job) = begin(&host, &body);
    until(&host, &job, "DONE");
    let shown = host.get(&path);
    assert_eq!(shown["journal_hash"], expect, "{shown:#}");
    assert_eq!(shown["settings"]["events"], "events.jsonl");
}

#[test]
fn one_at_work_is_ended_in_the_middle_and_the_next_one_runs() {
    let folder = tempfile::tempdir().unwrap();
    let running = up(folder.path());
    let host = Host(running.url(""));
    let (long, job) = begin(&host, &asked("many.csv"));
    let (waits, _) = begin(&host, &asked("quotes.csv"));
    let (last, _) = begin(&host, &asked("quotes.csv"));
    host.until("progress", &job, |shown| {
        assert!(
            ["QUEUED", "RUNNING"].contains(&shown["state"].as_str().unwrap()),
            "{shown}"
        );
        shown["progress"].as_f64().unwrap() > 0.0
    });
    assert_eq!(host.get(&waits)["state"], "QUEUED", "one at a time");
    assert_eq!(delete(&host, &long), 409, "it is not over");
    let (status, shown) = host.bare("POST", &format!("{waits}/cancel?by=ben"));
    assert_eq!(
        (status, &shown["state"]),
        (202, &json!("CANCELED")),
        "{shown}"
    );
    let (status, shown) = host.bare("DELETE", &format!("{job}?by=ben"));
    assert_eq!(status, 202, "{shown}");
    let shown = until(&host, &long, "CANCELED");
    assert_eq!(shown["error"], "canceled by ben", "{shown}");
    assert_eq!(shown["journal_hash"], Value::Null);
    assert!(shown["progress"].as_f64().unwrap() < 1.0, "{shown}");
    assert_eq!(running.ask(&format!("{long}/report")).0, 409);
    let (status, refused) = host.bare("POST", &format!("{long}/cancel"));
    assert_eq!(status, 409, "{refused}");
    until(&host, &last, "DONE");
    assert_eq!(children(folder.path()), 0);
}

#[test]
fn what_cannot_be_run_is_refused_with_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let running = up(folder.path());
    let host = Host(running.url(""));
    let refused = |field: &str, value: Value, expect: (u16, &str)| {
        let mut body = asked("quotes.csv");
        body[field] = value;
        let (status, problem) = host.post("/backtests", &body);
        let found = (status, problem["field"].as_str().unwrap_or_default());
        assert_eq!(found, expect, "{problem}");
    };
    refused("data", json!(["../secret.csv"]), (400, "/data"));
    refused("data", json!(["/etc/hostname"]), (400, "/data"));
    refused("data", json!(["none.csv"]), (400, "/data"));
    refused("data", json!([]), (422, "/data"));
    refused("catalog", json!("."), (422, "/catalog"));
    refused("from", json!("2024-01-01"), (422, "/from"));
    refused("account", json!("hedging=maybe"), (400, "/account"));
    refused("account", json!("leverage=2"), (400, "/account"));
    refused("events", json!("../secret.csv"), (400, "/events"));
    refused("events", json!("none.jsonl"), (400, "/events"));
    refused("latency", json!("5"), (400, "/latency"));
    refused("start", json!("soon"), (400, "/start"));
    refused("leverage", json!("much"), (400, "/leverage"));
    refused("instruments", json!([]), (400, "/instruments"));
    refused(
        "instruments",
        json!(["EUR/USD,lot=much"]),
        (400, "/instruments"),
    );
    refused("parameters", json!({"fasst": 2}), (400, "/parameters"));
    refused("plugin", json!("none.wasm"), (422, "/plugin"));
    refused("plugin", json!("../secret.csv"), (422, "/plugin"));
    refused("speed", json!(2), (400, "/speed"));
    assert_eq!(host.get("/backtests"), json!([]));
    assert_eq!(running.ask("/backtests/1").0, 404);
    assert_eq!(running.ask("/jobs/backtest-1").0, 404);

    // What only the run itself can find.
    let mut body = asked("quotes.csv");
    body["parameters"]["fast"] = json!("ten");
    let (_, job) = begin(&host, &body);
    let failed = until(&host, &job, "FAILED");
    let detail = failed["problem"]["detail"].as_str().unwrap();
    assert!(detail.contains("fast"), "{detail}");
}

#[test]
fn a_host_that_is_killed_leaves_no_backtest_behind_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let running = up(folder.path());
    let host = Host(running.url(""));
    let (long, _) = begin(&host, &asked("many.csv"));
    let (waits, _) = begin(&host, &asked("quotes.csv"));
    until(&host, &long, "RUNNING");
    // Its child has bound its end to that of the host before it says anything.
    host.until("progress", &long, |shown| {
        shown["progress"].as_f64().unwrap() > 0.0
    });
    assert!(children(folder.path()) > 0, "a child is at work");
    running.kill();
    let killed = Instant::now();
    while children(folder.path()) > 0 {
        assert!(killed.elapsed() < PATIENCE, "a child outlives its host");
        std::thread::sleep(Duration::from_millis(50));
    }
    let running = Running::start(&folder.path().join("host.toml"), None).unwrap();
    let host = Host(running.url(""));
    for path in [&long, &waits] {
        let shown = host.get(path);
        assert_eq!(shown["state"], "INTERRUPTED", "{shown}");
        let words = shown["error"].as_str().unwrap();
        assert!(words.contains("ask for it again"), "{words}");
    }
    let (status, refused) = host.bare("POST", "/jobs/backtest-1/resume");
    assert_eq!(status, 409, "{refused}");
    let (path, job) = begin(&host, &asked("quotes.csv"));
    assert_eq!(path, "/backtests/3", "numbers go on");
    until(&host, &job, "DONE");
}
