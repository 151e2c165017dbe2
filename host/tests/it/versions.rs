//! An operator's day with real plugins: a version is tried in a shadow, promoted on probation, followed
//! by one that breaks, and is back without having missed a quote; another has one instrument beside the
//! one that has the rest, and two take turns; and all of it runs again.

use super::process::{argonaut, fresh_key, plugin, plugin_dir, stdout};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const FILE: &str = "configuration";
/// Far longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(120);
/// An hour of engine time.
const HOUR: &str = "3600000000000";

/// The built-in market, faster, with a strategy that orders every fifth quote and one that counts.
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
    let mut text = DEFAULT_CONFIG.to_owned();
    for rate in ["25.0", "20.0", "30.0"] {
        let slow = format!("events_per_second = {rate}");
        text = text.replace(&slow, "events_per_second = 200.0");
    }
    text.push_str(
        "\n[[strategy]]\nname = \"every\"\nplugin = \"order-every.wasm\"\n\
         parameters = { instrument = \"BTC/USD.SIM\", quantity = \"0.001\", every = \"5\" }\n\
         \n[[strategy]]\nname = \"count\"\nplugin = \"counter.wasm\"\n\
         parameters = { instrument = \"BTC/USD.SIM\" }\n",
    );
    config::parse(Path::new(FILE), &text, &overrides).unwrap()
}

/// A host's address with what a test asks of it.
pub struct Host(pub String);

impl Host {
    pub fn agent() -> ureq::Agent {
        let agent = ureq::Agent::config_builder().http_status_as_error(false);
        agent.build().into()
    }

    pub fn get(&self, path: &str) -> Value {
        let mut answer = Self::agent()
            .get(format!("{}{path}", self.0))
            .call()
            .unwrap();
        answer.body_mut().read_json().unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let mut answer = Self::agent()
            .post(format!("{}{path}", self.0))
            .header("idempotency-key", fresh_key())
            .send_json(body)
            .unwrap();
        let body = answer.body_mut().read_json().unwrap();
        (answer.status().as_u16(), body)
    }

    pub fn bare(&self, method: &str, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.0);
        let mut answer = match method {
            "DELETE" => Self::agent()
                .delete(url)
                .header("idempotency-key", fresh_key())
                .call()
                .unwrap(),
            _ => Self::agent()
                .post(url)
                .header("idempotency-key", fresh_key())
                .send_empty()
                .unwrap(),
        };
        let body = answer.body_mut().read_json().unwrap();
        (answer.status().as_u16(), body)
    }

    fn upload(&self, path: &str, name: &str) -> (u16, Value) {
        let bytes = std::fs::read(plugin(name)).unwrap();
        let mut answer = Self::agent()
            .post(format!("{}{path}", self.0))
            .header("idempotency-key", fresh_key())
            .header("content-type", "application/wasm")
            .send(&bytes[..])
            .unwrap();
        let body = answer.body_mut().read_json().unwrap();
        (answer.status().as_u16(), body)
    }

    pub fn until(&self, what: &str, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let shown = self.get(path);
            if done(&shown) {
                return shown;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "waited in vain for {what}: {shown}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn count(shown: &Value, field: &str) -> u64 {
    shown[field].as_u64().unwrap()
}

#[test]
fn a_version_is_tried_promoted_and_sent_back_and_all_of_it_replays() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, journal) = runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder.path());
        let app = App::start(Path::new(FILE), &config, "test".to_owned(), compiler)
            .await
            .unwrap();
        let host = Host(format!("http://{}/api/v1", app.address().unwrap()));
        let journal = app.journal().to_owned();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        tokio::task::spawn_blocking(move || {
            the_same_version_agrees(&host);
            another_one_differs_and_is_promoted(&host);
            a_canary_trades_beside_the_version_before(&host);
            two_versions_take_turns(&host);
            one_that_breaks_is_sent_back(&host);
            what_cannot_be_done_is_said(&host);
        })
        .await
        .unwrap();
        stop.send(()).unwrap();
        (serving.await.unwrap().unwrap(), journal)
    });
    assert_eq!(ended.journal_error, None);
    replays_equal(folder.path(), &journal, &ended.journal_hash.to_string());
}

/// Steps a host's journal again with the plugins it kept in a folder: the same records, and the hash it
/// ended with.
pub fn replays_equal(folder: &Path, journal: &Path, hash: &str) {
    let plugins = folder.join("plugins");
    let arguments = [
        "replay",
        journal.to_str().unwrap(),
        "--verify",
        "--json",
        "--plugins",
        plugins.to_str().unwrap(),
    ];
    let report = argonaut(folder, &arguments);
    let report: Value = serde_json::from_str(&stdout(&report)).unwrap();
    assert_eq!(report["hash"], hash);
    assert_eq!(report["equal"], true);
}

fn the_same_version_agrees(host: &Host) {
    let (status, begun) = host.post("/strategies/every/shadow", &json!({}));
    assert_eq!(
        (status, &begun["state"]),
        (201, &json!("TRADING")),
        "{begun}"
    );
    let path = "/strategies/every/shadow";
    let report = host.until("orders in common", path, |report| {
        count(report, "matched") >= 20
    });
    for field in ["only_running", "only_shadow", "other_terms"] {
        assert_eq!(count(&report, field), 0, "{report}");
    }
    let verdict = report["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("same decisions so far: "), "{verdict}");
    assert!(report["shadow"]["handling"]["fuel_p50"].as_u64().unwrap() > 0);
    let (status, over) = host.bare("DELETE", path);
    assert_eq!((status, &over["state"]), (200, &json!("ENDED")));
}

fn another_one_differs_and_is_promoted(host: &Host) {
    let body = json!({"parameters": {"quantity": "0.002"}});
    let (status, begun) = host.post("/strategies/every/shadow", &body);
    assert_eq!(status, 201, "{begun}");
    let path = "/strategies/every/shadow";
    let report = host.until("differences", path, |report| {
        count(report, "other_terms") >= 5
    });
    let first = &report["first"][0];
    assert_eq!(first["kind"], "OTHER_TERMS");
    assert_eq!(first["running"]["instrument"], "BTC/USD.SIM");
    assert_eq!(first["shadow"]["side"], first["running"]["side"]);
    assert_ne!(first["shadow"]["quantity"], first["running"]["quantity"]);
    let body = json!({"probation": {"for_ns": HOUR, "max_denials": 1_000_000}});
    let (status, promoted) = host.post("/strategies/every/shadow/promote", &body);
    assert_eq!(status, 200, "{promoted}");
    let strategy = &promoted["strategy"];
    assert_eq!(strategy["plugin"]["parameters"]["quantity"], "0.002");
    assert_eq!(
        strategy["probation"]["before"]["parameters"]["quantity"],
        "0.001"
    );
    assert_eq!(host.get(path)["reason"], "promoted");
    let (status, kept) = host.bare("DELETE", "/strategies/every/probation");
    assert_eq!((status, &kept["probation"]), (200, &Value::Null));
}

/// The version before goes on with the coin; what the canary wants elsewhere is not done.
fn a_canary_trades_beside_the_version_before(host: &Host) {
    let canary = |instruments: &[&str]| {
        json!({
            "parameters": {"instrument": "EUR/USD.SIM", "quantity": "1000"},
            "instruments": instruments,
            "probation": {"for_ns": HOUR, "max_loss": "100000"},
        })
    };
    let path = "/strategies/every/canary";
    let (status, begun) = host.post(path, &canary(&["EUR/USD.SIM"]));
    assert_eq!(status, 201, "{begun}");
    let probation = &begun["strategy"]["probation"];
    let has = json!({"instruments": ["EUR/USD.SIM"], "when_over": "ROLL_BACK"});
    assert_eq!(probation["canary"], has, "{begun}");
    assert_eq!(
        probation["before"]["parameters"]["instrument"],
        "BTC/USD.SIM"
    );
    let fills = |symbol: &str| format!("/fills?strategy=every&instrument={symbol}");
    host.until("a fill of the canary", &fills("EUR/USD.SIM"), |fills| {
        !fills[0].is_null()
    });
    let latest = host.get(&fills("BTC/USD.SIM"))[0].clone();
    host.until("one of the other", &fills("BTC/USD.SIM"), |fills| {
        fills[0] != latest
    });
    let (status, problem) = host.bare("DELETE", "/strategies/every/probation");
    assert_eq!(status, 409, "{problem}");
    let (status, ended) = host.bare("DELETE", path);
    assert_eq!((status, &ended["probation"]), (200, &Value::Null));
    assert_eq!(ended["plugin"]["parameters"]["instrument"], "BTC/USD.SIM");
    assert_eq!(ended["last_roll_back"]["reason"], "ended by an operator");

    let some_time = || {
        let latest = host.get(&fills("BTC/USD.SIM"))[0].clone();
        host.until("another fill of the coin", &fills("BTC/USD.SIM"), |fills| {
            fills[0] != latest
        });
    };
    some_time();
    let latest = host.get(&fills("EUR/USD.SIM"));
    let (status, begun) = host.post(path, &canary(&["USD/JPY.SIM"]));
    assert_eq!(status, 201, "{begun}");
    some_time();
    some_time();
    assert_eq!(host.get(&fills("EUR/USD.SIM")), latest);
    let path = "/strategies/every/canary/promote";
    let (status, promoted) = host.bare("POST", path);
    assert_eq!((status, &promoted["probation"]), (200, &Value::Null));
    assert_eq!(
        promoted["plugin"]["parameters"]["instrument"],
        "EUR/USD.SIM"
    );
    let now = host.get(&fills("EUR/USD.SIM"))[0].clone();
    host.until(
        "a fill of what is promoted",
        &fills("EUR/USD.SIM"),
        |fills| fills[0] != now,
    );
}

fn two_versions_take_turns(host: &Host) {
    let body = json!({"parameters": {"quantity": "2000"}, "probation": {"for_ns": HOUR}});
    let (status, swapped) = host.post("/strategies/every/swap", &body);
    assert_eq!(status, 200, "{swapped}");
    for (runs, warm) in [("1000", "2000"), ("2000", "1000"), ("1000", "2000")] {
        let (status, flipped) = host.bare("POST", "/strategies/every/flip");
        assert_eq!(status, 200, "{flipped}");
        let of = |plugin: &Value| plugin["parameters"]["quantity"].clone();
        assert_eq!(of(&flipped["plugin"]), runs);
        assert_eq!(of(&flipped["probation"]["before"]), warm);
        let path = "/fills?strategy=every&instrument=EUR/USD.SIM";
        host.until("a fill of who runs", path, |fills| {
            fills[0]["quantity"]
                .as_str()
                .is_some_and(|text| text == runs)
        });
    }
    let (status, kept) = host.bare("DELETE", "/strategies/every/probation");
    assert_eq!((status, &kept["probation"]), (200, &Value::Null));
    let (status, refused) = host.bare("POST", "/strategies/every/flip");
    assert_eq!(status, 409, "{refused}");
}

/// A counter finds every quote that it sees twice; how many there were the journal knows.
fn one_that_breaks_is_sent_back(host: &Host) {
    let path = "/strategies/count";
    let query = format!("/strategies/count/swap?param.fail_after=50&probation.for_ns={HOUR}");
    let (status, swapped) = host.upload(&query, "counter-v2");
    assert_eq!(status, 200, "{swapped}");
    assert_eq!(
        swapped["strategy"]["probation"]["before"]["version"],
        "1.0.0"
    );
    let back = host.until("a roll-back", path, |shown| {
        !shown["last_roll_back"].is_null()
    });
    assert_eq!(back["state"], "RUNNING");
    assert_eq!(back["plugin"]["version"], "1.0.0");
    assert_eq!(back["probation"], Value::Null);
    let reason = back["last_roll_back"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("it broke: TRAP"), "{reason}");
    assert_eq!(back["last_roll_back"]["from"]["version"], "2.0.0");
    let alerts = host.get("/risk/alerts");
    let alerts = alerts["items"].as_array().or(alerts.as_array()).unwrap();
    let raised = alerts.iter().filter(|alert| alert["code"] == "ROLL_BACK");
    let scopes: Vec<_> = raised.map(|alert| &alert["scope"]).collect();
    assert!(scopes.contains(&&json!("strategy/count")), "{scopes:?}");

    let query = format!("/strategies/count/swap?probation.for_ns={HOUR}");
    let (status, swapped) = host.upload(&query, "counter-v2");
    assert_eq!(status, 200, "{swapped}");
    let (status, back) = host.bare("POST", "/strategies/count/rollback");
    assert_eq!((status, &back["plugin"]["version"]), (200, &json!("1.0.0")));
    assert_eq!(back["last_roll_back"]["reason"], "asked for");
    let (status, _) = host.bare("POST", "/strategies/count/stop");
    assert_eq!(status, 200);
    let log = host.get("/strategies/count/log");
    let lines = log["items"].as_array().or(log.as_array()).unwrap();
    let said = lines.iter().find_map(|line| {
        let text = line["text"].as_str()?;
        text.contains(" missing").then(|| text.to_owned())
    });
    assert!(said.unwrap().ends_with(" 0 missing, 0 doubled"), "{log}");
}

fn what_cannot_be_done_is_said(host: &Host) {
    let problem = |(status, body): (u16, Value)| (status, body["code"].clone(), body);
    let (status, code, body) = problem(host.bare("POST", "/strategies/every/rollback"));
    assert_eq!((status, code), (409, json!("CONFLICT")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("`probation`"));
    let (status, _, body) = problem(host.bare("POST", "/strategies/every/shadow/promote"));
    assert_eq!(status, 409, "{body}");
    let (status, _, body) = problem(host.bare("POST", "/strategies/nobody/rollback"));
    assert_eq!(status, 404, "{body}");
    let (status, code, body) = problem(host.post("/strategies/count/shadow", &json!({})));
    assert_eq!((status, code), (409, json!("CONFLICT")), "{body}");
    let wrong = json!({"plugin": "twap.wasm"});
    let (status, code, body) = problem(host.post("/strategies/every/shadow", &wrong));
    assert_eq!((status, code), (422, json!("PLUGIN_REFUSED")), "{body}");
    assert_eq!(body["stage"], "world");
    let wrong = json!({"probation": {"for_ns": "0"}});
    let (status, _, body) = problem(host.post("/strategies/every/swap", &wrong));
    assert_eq!((status, &body["field"]), (400, &json!("/probation/for_ns")));
    let wrong = json!({"instruments": ["QQQ.SIM"], "probation": {"for_ns": HOUR}});
    let (status, _, body) = problem(host.post("/strategies/every/canary", &wrong));
    assert_eq!((status, &body["field"]), (400, &json!("/instruments")));
    let wrong = json!({"probation": {"for_ns": HOUR, "max_loss": "-5"}});
    let (status, _, body) = problem(host.post("/strategies/every/swap", &wrong));
    assert_eq!(
        (status, &body["field"]),
        (400, &json!("/probation/max_loss"))
    );
}
