//! A live run on the built-in configuration: it trades, it is swapped, it stops, and its journal
//! runs again to the same byte.

use super::process::{argonaut, fresh_key, plugin, plugin_dir, stdout};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const FILE: &str = "built-in configuration";
/// Far longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(120);

fn config(folder: &Path) -> Config {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let overrides = [
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set(
            "ARGONAUT_HOST__PLUGIN_DIR",
            plugin_dir().display().to_string(),
        ),
    ];
    config::parse(Path::new(FILE), DEFAULT_CONFIG, &overrides).unwrap()
}

fn get(base: &str, path: &str) -> Value {
    let mut answer = ureq::get(format!("{base}{path}")).call().unwrap();
    answer.body_mut().read_json().unwrap()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn items(value: &Value) -> &[Value] {
    let list = value
        .as_array()
        .or_else(|| value.get("items").and_then(Value::as_array));
    list.map_or(&[], Vec::as_slice)
}

#[test]
fn a_live_run_trades_is_swapped_and_replays_to_the_same_hash() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, journal) = runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder.path());
        let app = App::start(Path::new(FILE), &config, "test".to_owned(), compiler)
            .await
            .unwrap();
        let base = format!("http://{}/api/v1", app.address().unwrap());
        let journal = app.journal().to_owned();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        tokio::task::spawn_blocking(move || {
            until("fills", || items(&get(&base, "/fills")).len() >= 3);
            swap(&base);
            trade_by_hand(&base);
        })
        .await
        .unwrap();
        stop.send(()).unwrap();
        (serving.await.unwrap().unwrap(), journal)
    });
    assert_eq!(ended.journal_error, None);
    let plugins = folder.path().join("plugins");
    let output = argonaut(
        folder.path(),
        &[
            "replay",
            journal.to_str().unwrap(),
            "--verify",
            "--invariants",
            "10",
            "--json",
            "--plugins",
            plugins.to_str().unwrap(),
        ],
    );
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let [inputs, checks] = ["inputs", "checks"].map(|name| report[name].as_u64().unwrap());
    assert_eq!(checks, inputs / 10 + 1);
    assert_eq!(report["hash"], ended.journal_hash.to_string());
    assert_eq!(report["equal"], true);
    assert_eq!(report["sealed"], true);
}

/// Swaps the EMA crossover for itself with other parameters, by upload.
fn swap(base: &str) {
    let bytes = std::fs::read(plugin("ema-cross")).unwrap();
    let url = format!("{base}/strategies/ema-eurusd/swap?param.fast=3");
    let mut answer = ureq::post(url)
        .header("idempotency-key", fresh_key())
        .header("content-type", "application/wasm")
        .send(&bytes[..])
        .unwrap();
    let report: Value = answer.body_mut().read_json().unwrap();
    let text = report.to_string();
    assert!(
        text.contains("ema-eurusd") && text.contains("RUNNING"),
        "{text}"
    );
}

/// Sends JSON; the answer must be a success.
fn send(method: &str, url: String, body: &Value) -> Value {
    let request = match method {
        "PATCH" => ureq::patch(url),
        _ => ureq::post(url),
    };
    let mut answer = request
        .header("idempotency-key", fresh_key())
        .send_json(body)
        .unwrap();
    answer.body_mut().read_json().unwrap()
}

/// Waits until an order has one of these statuses.
fn until_status(base: &str, order: &Value, wanted: &[&str]) {
    let id = order["id"].as_str().unwrap();
    let status = || get(base, &format!("/orders/{id}"))["status"].clone();
    until(&format!("{wanted:?} of {order}"), || {
        wanted.contains(&status().as_str().unwrap())
    });
}

/// Places an order of every type, a bracket and a change; the replay must make the same of them.
fn trade_by_hand(base: &str) {
    until("a price", || {
        !get(base, "/instruments/EUR/USD.SIM")["quote"].is_null()
    });
    let order = |fields: Value| {
        let mut order = json!({"instrument": "EUR/USD.SIM", "side": "BUY", "quantity": "1000"});
        let fields = fields.as_object().unwrap().clone();
        order.as_object_mut().unwrap().extend(fields);
        order
    };
    let bracket = json!({"bracket": {
        "entry": order(json!({"type": "MARKET"})),
        "stop": {"type": "STOP_MARKET", "trigger": "0.5"},
        "target": {"type": "LIMIT", "price": "2"},
    }});
    let list = send("POST", format!("{base}/orders/lists"), &bracket);
    until_status(base, &list["orders"][0], &["FILLED"]);
    until_status(base, &list["orders"][1], &["ACCEPTED"]);
    until_status(base, &list["orders"][2], &["ACCEPTED"]);
    let trail = json!({"offset": "25", "unit": "BASIS_POINTS"});
    let limit = json!({"offset": "5", "unit": "TICKS"});
    let mut placed = Vec::new();
    for fields in [
        json!({"type": "LIMIT", "price": "0.5", "time_in_force": "DAY"}),
        json!({"type": "MARKET_TO_LIMIT"}),
        json!({"type": "STOP_MARKET", "trigger": "2"}),
        json!({"type": "STOP_LIMIT", "trigger": "2", "price": "2.1", "trigger_by": "MID"}),
        json!({"type": "MARKET_IF_TOUCHED", "trigger": "0.5"}),
        json!({"type": "LIMIT_IF_TOUCHED", "trigger": "0.5", "price": "0.51"}),
        json!({"type": "TRAILING_STOP_MARKET", "trail": trail}),
        json!({"type": "TRAILING_STOP_LIMIT", "trail": trail, "limit_offset": limit}),
    ] {
        let answer = send("POST", format!("{base}/orders"), &order(fields));
        until_status(base, &answer, &["ACCEPTED", "FILLED", "TRIGGERED"]);
        placed.push(answer);
    }
    let path = format!("/orders/{}", placed[0]["id"].as_str().unwrap());
    let change = json!({"price": "0.51", "quantity": "2000"});
    send("PATCH", format!("{base}{path}"), &change);
    until("the change", || {
        let order = get(base, &path);
        order["price"] == "0.51000" && order["quantity"] == "2000"
    });
}
