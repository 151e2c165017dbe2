//! The tables that follow a host's journal: by queries, while host and database die, and compared
//! with the journal afterwards.

use super::crash::{Running, configuration, data, ledger, until_fills};
use super::process::argonaut;
use ::store::sql::rows::{self, Place};
use ::store::sql::{
    ALERTS, BALANCES, Batch, Location, RISK_EVENTS, RISK_METRICS, Reader, Record, Table, Writer,
};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::postgres;

/// Far longer than anything here takes, the pause of a minute after ten attempts among it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until the store has all of the journal up to `sequence`.
pub(super) fn until_stored(host: &Running, sequence: u64) {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        let health = host.get("/health").unwrap();
        let stored = health["store"]["sequence"].as_u64().unwrap();
        if stored >= sequence {
            return;
        }
        if stored > seen {
            (seen, since) = (stored, Instant::now());
        }
        assert!(since.elapsed() < PATIENCE, "{}", health["store"]);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// All executions in the store, read in small pages.
fn executions(host: &Running, filter: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/history/fills?limit=7{filter}{after}");
        let page = host.get(&path).expect("the store answers");
        let items = page["items"].as_array().unwrap();
        let numbers = items.iter().map(|item| item["execution"].as_str().unwrap());
        found.extend(numbers.map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
        assert_eq!(items.len(), 7, "only the last page is short");
    }
}

/// `argonaut store`, with how it ended.
fn store(folder: &Path, command: &str) -> (Option<i32>, Value) {
    let file = folder.join("host.toml");
    let arguments = [
        "store",
        command,
        "--json",
        "--config",
        file.to_str().unwrap(),
    ];
    let output = argonaut(folder, &arguments);
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), report)
}

/// The tables of a host that ended are those that its journal makes anew.
pub(super) fn equals_the_journal(folder: &Path, fills: usize) {
    let (code, report) = store(folder, "verify");
    assert_eq!((code, differing(&report)), (Some(0), vec![]), "{report}");
    assert_eq!(report["tables"]["fills"]["rows"], fills);
}

fn differing(report: &Value) -> Vec<&str> {
    let tables = report["tables"].as_object().unwrap().iter();
    tables
        .filter(|(_, table)| table["equal"] == false)
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Waits until what the host reckoned is in the store; returns a page of it.
fn until_reckoned(host: &Running) -> Value {
    let begun = Instant::now();
    loop {
        let page = host.get("/history/risk-metrics?account=paper&order=newest");
        // A database is connected to while the host trades already.
        let page = page.unwrap_or_default();
        if page["items"][0]["equity"].is_string() {
            return page;
        }
        assert!(begun.elapsed() < PATIENCE, "{page}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What is in a table of an embedded store.
fn kept(folder: &Path, table: &'static Table) -> Vec<Record> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let reader = Reader::new(&Location::file(data(folder).join("store.sqlite")));
        let mut found = Vec::new();
        let reading = reader.scan(table, |rows| found.extend_from_slice(rows));
        reading.await.unwrap();
        reader.close().await;
        found
    })
}

#[test]
fn balances_follow_the_journal_and_metrics_outlast_a_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let host = Running::start(&file, None).expect("it comes up");
    until_fills(folder.path(), 30);
    let reckoned = until_reckoned(&host);
    assert_eq!(reckoned["items"][0]["scope"], "ACCOUNT", "{reckoned}");
    until_stored(&host, ledger(folder.path()).fills[20].order.sequence());
    let first = host.get("/history/balances?limit=1").unwrap();
    let deposit = host.get("/history/cash-flows?limit=1").unwrap();
    assert_eq!(first["items"][0]["total"], deposit["items"][0]["amount"]);
    let (status, text) = host.ask("/history/alerts?strategy=every");
    assert_eq!(status, 200, "{text}");
    host.end();

    let fills = ledger(folder.path()).fills.len();
    assert!(
        kept(folder.path(), &BALANCES).len() > fills,
        "one for each fill at least"
    );
    let before = kept(folder.path(), &RISK_METRICS);
    assert!(!before.is_empty());
    equals_the_journal(folder.path(), fills);
    let (code, report) = store(folder.path(), "rebuild");
    assert_eq!((code, differing(&report)), (Some(0), vec![]), "{report}");
    assert!(
        kept(folder.path(), &RISK_METRICS) == before,
        "what no journal has stays"
    );
    equals_the_journal(folder.path(), fills);
}

/// Adds an alert that no run will resolve.
fn leave_alert(location: &Location) {
    let place = Place {
        time: model::Timestamp::from_nanos(1),
        sequence: 0,
        ordinal: 1,
    };
    let alert = rows::Alert {
        severity: "SERIOUS",
        code: "LEVERAGE",
        scope: rows::Scope::Firm,
        share: model::Rate::ZERO,
        last_time: place.time,
        last_sequence: 0,
        count: 1,
        state: "OPEN",
        acknowledged: None,
        escalations: 0,
        reason: None,
    };
    let mut batch = Batch::default();
    batch.push(&ALERTS, rows::alert(place, &alert));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut writer = Writer::open(location).await.unwrap();
        writer.keep(&batch).await.unwrap();
    });
}

/// A host leaves an alert open and comes back.
fn closes_what_was_left_open(folder: &Path, section: &str, location: &Location) {
    let file = configuration(folder);
    let text = std::fs::read_to_string(&file).unwrap() + section;
    std::fs::write(&file, text).unwrap();
    let host = Running::start(&file, None).expect("it comes up");
    until_fills(folder, 1);
    until_stored(&host, 1);
    host.end();
    leave_alert(location);
    let host = Running::start(&file, None).expect("it comes back");
    let begun = Instant::now();
    loop {
        let page = host
            .get("/history/alerts?limit=1")
            .expect("the store answers");
        let alert = &page["items"][0];
        assert_eq!(alert["code"], "LEVERAGE", "{page}");
        if alert["state"] == "RESOLVED" {
            assert_eq!(alert["reason"], "RESTART", "{page}");
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{page}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let kept = host.get("/health").unwrap()["store"]["kept"].take();
    assert_eq!(
        (&kept["lost"], &kept["missed_updates"], &kept["error"]),
        (&0.into(), &0.into(), &Value::Null)
    );
    host.end();
}

#[test]
fn alerts_of_earlier_runs_do_not_stay_open() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = Location::file(data(folder.path()).join("store.sqlite"));
    closes_what_was_left_open(folder.path(), "", &embedded);

    let server = postgres::Server::start();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port());
    let section = format!("\n[store]\nurl = \"{url}\"\n");
    let location = Location::parse(&url, "argonaut").unwrap();
    closes_what_was_left_open(folder.path(), &section, &location);
}

/// Waits until what health says of the kept tables is as wanted.
fn until_kept(host: &Running, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let store = host.get("/health").unwrap()["store"].take();
        if wanted(&store["kept"]) {
            return store;
        }
        assert!(begun.elapsed() < PATIENCE, "{store}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_kept_table_that_is_gone_holds_up_no_fill() {
    let server = postgres::Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let mut text = std::fs::read_to_string(&file).unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port());
    text.push_str(&format!("\n[store]\nurl = \"{url}\"\n"));
    std::fs::write(&file, text).unwrap();
    let host = Running::start(&file, None).expect("it comes up");
    until_reckoned(&host);
    server.run("ALTER TABLE argonaut.risk_metrics RENAME TO elsewhere");
    let is_failing = |kept: &Value| {
        let error = kept["error"].as_str().unwrap_or_default();
        error.starts_with("risk_metrics: ")
    };
    let store = until_kept(&host, is_failing);
    assert_ne!(store["state"], "AWAY", "{store}");
    // What is traded from now on gets into the store all the same.
    let shown = ledger(folder.path()).fills.len();
    until_fills(folder.path(), shown + 5);
    until_stored(&host, ledger(folder.path()).fills[shown].order.sequence());
    server.run("ALTER TABLE argonaut.elsewhere RENAME TO risk_metrics");
    let store = until_kept(&host, |kept| kept["error"].is_null());
    assert_eq!(store["kept"]["lost"], 0, "{store}");
    host.end();
    equals_the_journal(folder.path(), ledger(folder.path()).fills.len());
}

/// Adds a row that no journal knows.
fn tamper(location: &Location) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut writer = Writer::open(location).await.unwrap();
        let cursor = writer.cursor().await.unwrap();
        let place = Place {
            time: model::Timestamp::from_nanos(1),
            sequence: 1,
            ordinal: 1_000,
        };
        let mut batch = Batch::default();
        let row = rows::risk_event(place, "KILL", rows::Scope::Firm, "true");
        batch.push(&RISK_EVENTS, row);
        writer
            .write(cursor.sequence, &batch, &cursor)
            .await
            .unwrap();
    });
}

#[test]
fn the_embedded_store_answers_and_is_what_the_journal_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let host = Running::start(&file, None).expect("it comes up");
    until_fills(folder.path(), 30);
    let before = ledger(folder.path());
    until_stored(&host, before.fills.last().unwrap().order.sequence());
    let found = executions(&host, "");
    let made: Vec<_> = before
        .fills
        .iter()
        .map(|fill| fill.execution.to_string())
        .collect();
    let common = found.len().min(made.len());
    assert!(common >= 20);
    assert_eq!(found[..common], made[..common]);
    let mut backward = executions(&host, "&order=newest");
    backward.reverse();
    assert!(backward.len() >= common && backward[..common] == made[..common]);
    let every = executions(&host, "&strategy=every");
    assert!(!every.is_empty() && every.len() < found.len() + 100);
    let at = before.fills[20].ts_event.to_string();
    let wanted = executions(&host, &format!("&strategy=every&until={at}")).len();
    let made = host.get(&format!("/performance/every?until={at}")).unwrap();
    for parts in ["currencies", "instruments"] {
        let parts = made[parts].as_array().unwrap().iter();
        let fills: u64 = parts.map(|part| part["fills"].as_u64().unwrap()).sum();
        assert_eq!(fills, wanted as u64, "{made}");
    }
    let latest = host.get("/market-data/BTC/USD.SIM/trades").unwrap();
    assert_eq!(latest["source"], "STORE", "{latest}");
    let older = latest["history"].as_str().unwrap();
    let older = older.strip_prefix("/api/v1").unwrap();
    assert!(host.get(older).unwrap()["items"].is_array());
    let orders = host.get("/history/orders?strategy=every&limit=1").unwrap();
    let order = &orders["items"][0];
    assert_eq!(
        (&order["type"], &order["instrument"], &order["status"]),
        (&"MARKET".into(), &"BTC/USD.SIM".into(), &"FILLED".into())
    );
    host.end();

    equals_the_journal(folder.path(), ledger(folder.path()).fills.len());
    tamper(&Location::file(data(folder.path()).join("store.sqlite")));
    let (code, report) = store(folder.path(), "verify");
    assert_eq!((code, differing(&report)), (Some(3), vec!["risk_events"]));
    let (code, report) = store(folder.path(), "rebuild");
    assert_eq!((code, differing(&report)), (Some(0), vec!["risk_events"]));
    equals_the_journal(folder.path(), ledger(folder.path()).fills.len());
}

#[test]
fn wrong_questions_are_answered_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let host = Running::start(&file, None).expect("it comes up");
    for (path, code, says) in [
        ("/history/nonsense", 404, "order-events"),
        ("/history/fills?after=x", 400, "`next` of a page"),
        ("/history/fills?from=yesterday", 400, "a moment after 1970"),
        (
            "/history/fills?strategy=nobody",
            400,
            "there is no strategy",
        ),
        ("/history/risk-events?limit=0", 400, "from 1 to"),
        (
            "/history/quotes?strategy=every",
            400,
            "quotes are not kept by strategy",
        ),
        ("/history/fills?order=up", 400, "neither oldest nor newest"),
        ("/history/fills?color=red", 400, "is not a parameter"),
    ] {
        let (status, text) = host.ask(path);
        assert_eq!(status, code, "{path}: {text}");
        assert!(text.contains(says), "{path}: {text}");
    }
    let (status, text) = {
        let arguments = ["store", "verify", "--config", file.to_str().unwrap()];
        let output = argonaut(folder.path(), &arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text)
    };
    assert_eq!(status, Some(1));
    assert!(text.contains("stop the host first"), "{text}");
    host.end();
}

#[test]
fn postgres_has_every_fill_whoever_dies() {
    let server = postgres::Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str(&format!(
        "\n[store]\nurl = \"postgres://postgres@127.0.0.1:{}/postgres\"\nmarket_data = \"all\"\n",
        server.port()
    ));
    std::fs::write(&file, text).unwrap();
    let host = Running::start(&file, None).expect("it comes up");
    until_fills(folder.path(), 5);
    until_stored(&host, 1);
    server.freeze(true);
    let shown = ledger(folder.path()).fills.len();
    until_fills(folder.path(), shown + 5);
    server.freeze(false);
    until_stored(&host, ledger(folder.path()).fills[shown].order.sequence());
    server.down();
    let shown = ledger(folder.path()).fills.len();
    until_fills(folder.path(), shown + 5);
    assert!(host.get("/history/fills").is_none(), "nobody can answer");
    assert_eq!(host.get("/health").unwrap()["status"], "UP");
    host.kill();

    let host = Running::start(&file, None).expect("it comes back without a database");
    let shown = ledger(folder.path()).fills.len();
    until_fills(folder.path(), shown + 3);
    server.up();
    let before = ledger(folder.path());
    until_stored(&host, before.fills.last().unwrap().order.sequence());
    host.end();
    let (code, report) = store(folder.path(), "verify");
    assert_eq!((code, differing(&report)), (Some(0), vec![]), "{report}");
    let fills = ledger(folder.path()).fills.len();
    assert!(fills >= before.fills.len());
    assert_eq!(report["tables"]["fills"]["rows"], fills);
    assert!(report["tables"]["quotes"]["rows"].as_u64().unwrap() > 100);
    let (code, report) = store(folder.path(), "rebuild");
    assert_eq!((code, differing(&report)), (Some(0), vec![]), "{report}");
    let (code, _) = store(folder.path(), "verify");
    assert_eq!(code, Some(0), "what was put in place is whole");
}

#[test]
fn a_fresh_run_begins_a_fresh_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let host = Running::start(&file, None).expect("it comes up");
    until_fills(folder.path(), 3);
    host.end();
    let host = Running::start_fresh(&file).expect("it comes up");
    until_fills(folder.path(), 3);
    let first = ledger(folder.path()).fills[0].order.sequence();
    until_stored(&host, first);
    assert_eq!(executions(&host, "")[0], "1", "of the run that is now");
    host.end();
    let away = std::fs::read_dir(data(folder.path()).join("journals")).unwrap();
    let kept = away.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".sqlite")
    });
    assert_eq!(kept.count(), 1);
}

#[test]
fn rows_of_another_journal_are_refused_and_trading_goes_on() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let section = format!(
        "\n[store]\nurl = \"sqlite:{}\"\n",
        one.path().join("shared.sqlite").display()
    );
    let start = |folder: &Path| {
        let file = configuration(folder);
        let text = std::fs::read_to_string(&file).unwrap() + &section;
        std::fs::write(&file, text).unwrap();
        Running::start(&file, None).expect("it comes up")
    };
    let host = start(one.path());
    until_fills(one.path(), 1);
    until_stored(&host, 1);
    host.end();
    let host = start(other.path());
    until_fills(other.path(), 1);
    let begun = Instant::now();
    let store = loop {
        let store = host.get("/health").unwrap()["store"].take();
        if store["state"] == "REFUSED" {
            break store;
        }
        assert!(begun.elapsed() < PATIENCE, "{store}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let says = store["error"].as_str().unwrap();
    assert!(
        says.contains("another journal") && says.contains("store rebuild"),
        "{says}"
    );
    host.end();
    let (code, report) = self::store(other.path(), "rebuild");
    assert_eq!(code, Some(0), "{report}");
    assert!(
        report["before"]
            .as_str()
            .unwrap()
            .contains("another journal")
    );
    let fills = ledger(other.path()).fills.len();
    assert_eq!(report["tables"]["fills"]["rows"], fills);
}
