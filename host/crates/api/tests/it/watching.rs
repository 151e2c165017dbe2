//! `/metrics`, `/livez`, `/readyz`, and which request a line of the log is about.

use crate::fake::Fake;
use crate::fake_values::alert;
use crate::identity_desk::Desk;
use crate::real_host::Stand;
use crate::rest_client::{Answer, Client, request};
use crate::stream_client::Server;
use api::StreamSettings;
use axum::body::Body;
use identity::Role;
use model::DenyCode;
use serde_json::{Value, json};
use services::handle::HostError;
use services::view::{
    AlertState, AlertView, Change, Counts, EngineState, Looked, VitalsView, Written,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing_subscriber::layer::SubscriberExt as _;

/// What a scrape says: the kind of each metric, and each sample by its name and labels as written.
pub(crate) struct Scraped {
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) samples: BTreeMap<String, f64>,
}

impl Scraped {
    /// Reads the text format as strictly as it is meant.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        let (mut kinds, mut samples) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(
                    kinds.insert(name.to_owned(), kind.to_owned()).is_none(),
                    "{name} twice"
                );
            } else if !line.starts_with("# HELP ") {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let value: f64 = value.parse().unwrap();
                let name = series.split('{').next().unwrap();
                assert!(family(name, &kinds).is_some(), "{name} has no type");
                assert!(
                    samples.insert(series.to_owned(), value).is_none(),
                    "{series} twice"
                );
            }
        }
        Self { kinds, samples }
    }

    #[track_caller]
    fn check(&self, series: &str, expect: f64) {
        let found = self.samples.get(series).copied();
        assert_eq!(found, Some(expect), "{series}");
    }

    /// How many series of this name there are.
    fn count(&self, name: &str) -> usize {
        let named = |series: &&String| series.split('{').next() == Some(name);
        self.samples.keys().filter(named).count()
    }
}

/// The metric that a series of this name belongs to.
pub(crate) fn family<'a>(name: &'a str, kinds: &BTreeMap<String, String>) -> Option<&'a str> {
    if kinds.contains_key(name) {
        return Some(name);
    }
    let ends = ["_bucket", "_sum", "_count"].iter();
    let mut stems = ends.filter_map(|end| name.strip_suffix(end));
    stems.find(|stem| kinds.get(*stem).is_some_and(|kind| kind == "histogram"))
}

async fn scraped(client: &Client) -> Scraped {
    let answer = client.get("!/metrics").await;
    assert_eq!(answer.status, 200);
    let kind = answer.headers["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    Scraped::read(&answer.text)
}

fn vitals() -> VitalsView {
    VitalsView {
        engine_quiet: Duration::from_millis(250),
        market_bound: 1_000,
        commands_bound: 100,
        projection_waiting: 3,
        projection_bound: 500,
        updates: 77,
        journal: Some(Written {
            bytes: 4_096,
            syncs: 3,
            sync_time: Duration::from_millis(1_500),
            syncs_by_length: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0],
            ..Written::default()
        }),
        letters_dropped: 1,
        counts: Counts {
            orders: [("SUBMITTED", 5)].into(),
            fills: 4,
            swaps: [("COMMITTED", 2)].into(),
            faults: [("strategy", 1)].into(),
        },
        invariants: Looked {
            checks: 9,
            violations: 2,
        },
    }
}

#[tokio::test]
async fn numbers_of_the_host_come_out_in_base_units() {
    let client = Client::new();
    client.host.set_vitals(vitals());
    let found = scraped(&client).await;
    for (series, expect) in [
        ("argonaut_engine_inputs_total", 17.0),
        ("argonaut_engine_quiet_seconds", 0.25),
        (r#"argonaut_engine_state{state="RUNNING"}"#, 1.0),
        (r#"argonaut_engine_state{state="ERROR"}"#, 0.0),
        ("argonaut_kill_latch", 0.0),
        (r#"argonaut_queue_bound{queue="commands"}"#, 100.0),
        (r#"argonaut_queue_length{queue="projection"}"#, 3.0),
        (r#"argonaut_order_changes_total{change="SUBMITTED"}"#, 5.0),
        (r#"argonaut_order_changes_total{change="EXPIRED"}"#, 0.0),
        ("argonaut_fills_total", 4.0),
        ("argonaut_invariant_checks_total", 9.0),
        ("argonaut_invariant_violations_total", 2.0),
        (r#"argonaut_swaps_total{stage="COMMITTED"}"#, 2.0),
        (r#"argonaut_faults_total{of="strategy"}"#, 1.0),
        (r#"argonaut_strategies{state="RUNNING"}"#, 1.0),
        ("argonaut_journal_writable", 1.0),
        ("argonaut_journal_written_bytes_total", 4_096.0),
        (r#"argonaut_journal_fsync_seconds_bucket{le="0.0005"}"#, 2.0),
        (r#"argonaut_journal_fsync_seconds_bucket{le="+Inf"}"#, 3.0),
        ("argonaut_journal_fsync_seconds_sum", 1.5),
        (
            r#"argonaut_plugin_call_seconds{strategy="ema",quantile="0.99"}"#,
            0.000_002,
        ),
        (
            r#"argonaut_plugin_call_fuel{strategy="ema",quantile="1"}"#,
            900.0,
        ),
        (r#"argonaut_plugin_budget_fuel{strategy="ema"}"#, 1_000.0),
        ("argonaut_websocket_connections", 0.0),
        (r#"argonaut_websocket_closed_total{code="TOO_SLOW"}"#, 0.0),
    ] {
        found.check(series, expect);
    }
    // One control has the metric that `GET risk/controls` names; the fake host counts each by its number.
    found.check(
        r#"argonaut_denials_total{code="P01",control="denied_trading_state"}"#,
        1.0,
    );
    assert_eq!(found.count("argonaut_denials_total"), DenyCode::ALL.len());
    for (name, kind) in &found.kinds {
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} {kind}");
        for unit in ["_ms", "_ns", "_us", "_kib", "_percent", "_minutes"] {
            assert!(!name.contains(unit), "{name} is not in base units");
        }
    }
    for name in ["process_resident_memory_bytes", "process_open_fds"] {
        assert!(found.samples[name] > 0.0, "{name}");
    }
}

#[tokio::test]
async fn what_a_client_writes_makes_no_series() {
    let client = Client::new();
    client.get("/engine").await;
    client.get("/engine").await;
    client.get("/orders/1-1").await;
    for n in 0..50 {
        client.get(&format!("/nothing/{n}")).await;
        client.get(&format!("/strategies/s{n}/cost")).await;
    }
    client.bare("PUT", "/engine").await;
    let found = scraped(&client).await;
    let requests = |operation: &str, status: u16| {
        format!(r#"argonaut_http_requests_total{{operation="{operation}",status="{status}"}}"#)
    };
    found.check(&requests("engine.show", 200), 2.0);
    found.check(&requests("strategies.cost", 404), 50.0);
    found.check(&requests("none", 404), 50.0);
    found.check(&requests("none", 405), 1.0);
    let seconds = r#"argonaut_http_request_seconds_count{operation="engine.show"}"#;
    found.check(seconds, 2.0);
    assert_eq!(found.count("argonaut_http_requests_total"), 5);
    let operations: BTreeSet<_> = api::operations::<Fake>().iter().map(|it| it.id).collect();
    for series in found.samples.keys() {
        let Some((_, rest)) = series.split_once("operation=\"") else {
            continue;
        };
        let operation = rest.split('"').next().unwrap();
        assert!(
            operation == "none" || operations.contains(operation),
            "{series}"
        );
    }
}

#[tokio::test]
async fn a_host_that_is_well_lives_and_is_ready() {
    let client = Client::new();
    client.host.set_vitals(vitals());
    let live = client.get("!/livez").await;
    live.check(200, &[("/status", json!("LIVE")), ("/reasons", json!([]))]);
    let ready = client.get("!/readyz").await;
    ready.check(
        200,
        &[("/status", json!("READY")), ("/warnings", json!([]))],
    );
    client.json("POST", "/engine/kill", r#"{"set":true}"#).await;
    let ready = client.get("!/readyz").await;
    ready.check(200, &[("/warnings", json!(["KILLED"]))]);
}

#[tokio::test]
async fn what_is_wrong_is_said_by_codes() {
    let client = Client::new();
    client.host.fail_journal();
    let ready = client.get("!/readyz").await;
    let reasons = json!(["JOURNAL_NOT_WRITABLE"]);
    ready.check(
        503,
        &[("/status", json!("NOT_READY")), ("/reasons", reasons)],
    );
    assert_eq!(client.get("!/livez").await.status, 200);
    let found = scraped(&client).await;
    found.check("argonaut_journal_writable", 0.0);
    client.host.set_state(EngineState::Error);
    client.host.set_vitals(VitalsView {
        engine_quiet: Duration::from_secs(3_600),
        ..VitalsView::default()
    });
    let live = client.get("!/livez").await;
    // A full disk is waited for; a thread that hangs is not.
    let reasons = json!(["ENGINE_STUCK"]);
    live.check(503, &[("/status", json!("DEAD")), ("/reasons", reasons)]);
    let ready = client.get("!/readyz").await;
    let reasons = json!(["ENGINE_NOT_RUNNING", "ENGINE_STUCK", "JOURNAL_NOT_WRITABLE"]);
    ready.check(503, &[("/reasons", reasons)]);
}

#[tokio::test]
async fn strangers_learn_whether_it_lives_and_keys_the_numbers() {
    let desk = Desk::new(false);
    for place in ["!/livez", "!/readyz"] {
        let answer = desk.ask(("GET", place), &[], "").await;
        answer.check(200, &[("/reasons", json!([]))]);
    }
    let refused = desk.ask(("GET", "!/metrics"), &[], "").await;
    refused.check_problem(401, "UNAUTHENTICATED", None);
    let access = desk.person("anna", &[Role::Viewer]);
    let body = r#"{"name":"prometheus","scopes":["viewer"]}"#;
    let made = desk.by(&access, ("POST", "/keys"), body).await;
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let key = [("x-api-key", secret.as_str())];
    let answer = desk.ask(("GET", "!/metrics"), &key, "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = Scraped::read(&answer.text);
    found.check("argonaut_audit_writable", 1.0);
    assert!(!answer.text.contains(&secret) && !answer.text.contains("anna"));
}

/// Asks a server on a socket, and returns what came after the head.
async fn asked(server: &Server, path: &str) -> String {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn connections_are_counted_while_they_are_open_and_by_why_they_are_closed() {
    let server = Server::start(Fake::new(), StreamSettings::default()).await;
    let mut bad = server.connect().await;
    bad.expect("hello").await;
    let mut good = server.connect().await;
    good.expect("hello").await;
    let found = Scraped::read(&asked(&server, "/metrics").await);
    found.check("argonaut_websocket_connections", 2.0);
    found.check("argonaut_websocket_connections_bound", 64.0);
    for _ in 0..10 {
        bad.send("{not json").await;
        bad.expect("error").await;
    }
    bad.expect_bye("TOO_MANY_ERRORS").await;
    let found = Scraped::read(&asked(&server, "/metrics").await);
    found.check(
        r#"argonaut_websocket_closed_total{code="TOO_MANY_ERRORS"}"#,
        1.0,
    );
    found.check(r#"argonaut_websocket_closed_total{code="TOO_SLOW"}"#, 0.0);
    let upgraded = r#"argonaut_http_requests_total{operation="stream.connect",status="101"}"#;
    found.check(upgraded, 2.0);
}

#[tokio::test]
async fn a_real_host_counts_its_orders_and_denials() {
    let mut stand = Stand::new();
    stand.priced().await;
    let ticket = |quantity: &str| {
        let ticket = json!({
            "instrument": "EUR/USD.SIM", "side": "BUY", "type": "MARKET", "quantity": quantity,
        });
        ticket.to_string()
    };
    let placed = stand.send("POST", "/orders", &ticket("2000")).await;
    placed.check(201, &[("/status", json!("FILLED"))]);
    let denied = stand.send("POST", "/orders", &ticket("2500")).await;
    let code = denied.json()["deny_code"].as_str().unwrap().to_owned();
    let answer = stand.send("GET", "!/metrics", "").await;
    let found = Scraped::read(&answer.text);
    found.check(r#"argonaut_order_changes_total{change="SUBMITTED"}"#, 1.0);
    found.check("argonaut_fills_total", 1.0);
    let denials: f64 = found
        .samples
        .iter()
        .filter(|(series, _)| series.contains(&format!("argonaut_denials_total{{code=\"{code}\"")))
        .map(|(_, count)| count)
        .sum();
    assert!((denials - 1.0).abs() < f64::EPSILON, "{code}: {denials}");
    assert!(found.samples["argonaut_engine_inputs_total"] > 0.0);
    assert!(found.samples[r#"argonaut_queue_bound{queue="market"}"#] > 0.0);
    let live = stand.send("GET", "!/livez", "").await;
    live.check(200, &[]);
    stand.until("!/readyz", "/status", json!("READY")).await;
}

/// What is logged on this thread while it lives.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn read(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[tokio::test]
async fn each_line_of_a_request_names_it() {
    let lines = Lines::default();
    let written = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
        .with_writer(move || written.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let client = Client::new();
    client.host.fail_with(HostError::Stopped);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let asked = request("POST", "/engine/kill")
        .header("content-type", "application/json")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .body(Body::from(r#"{"set":true}"#))
        .unwrap();
    let answer = client.send(asked).await;
    answer.check_problem(503, "NOT_RUNNING", None);
    assert_eq!(answer.json()["trace_id"], trace);
    assert!(answer.headers.get("traceparent").is_none());
    let id = answer.headers["x-request-id"].to_str().unwrap();
    let lines = lines.read();
    let about: Vec<_> = lines
        .iter()
        .filter(|line| line["span"]["request"] == id)
        .collect();
    let [line] = about.as_slice() else {
        panic!("{lines:?}");
    };
    assert_eq!(line["span"]["operation"], "engine.kill");
    assert_eq!(line["span"]["trace"], trace);
    assert_eq!(line["fields"]["status"], 503);
    assert_eq!(line["level"], "WARN");
}

#[tokio::test]
async fn where_traces_are_sent_every_answer_names_its_own() {
    // Nobody is there, which is no request's business.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let telemetry = telemetry::Telemetry::begin(&telemetry::Settings {
        endpoint: format!("http://{}", nowhere.local_addr().unwrap()),
        sample: 1.0,
        service_name: "argonaut".to_owned(),
        service_version: "1".to_owned(),
        instance: "run-1".to_owned(),
        headers: Vec::new(),
    })
    .unwrap();
    drop(nowhere);
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    let _here = tracing::subscriber::set_default(subscriber);
    let client = Client::new();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let asked = request("GET", "/nothing")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .body(Body::empty())
        .unwrap();
    let answer = client.send(asked).await;
    answer.check_problem(404, "NOT_FOUND", None);
    assert_eq!(answer.json()["trace_id"], trace);
    let parent = answer.headers["traceparent"].to_str().unwrap();
    assert!(parent.starts_with(&format!("00-{trace}-")), "{parent}");
    let answer = client.get("/engine").await;
    let parent = answer.headers["traceparent"].to_str().unwrap().to_owned();
    assert!(!parent.contains(trace), "{parent}");
    let answer = client.get("/nothing").await;
    let other = answer.headers["traceparent"].to_str().unwrap();
    let id = answer.json()["trace_id"].as_str().unwrap().to_owned();
    assert!(other.contains(&id) && !parent.contains(&id), "{other}");
    tokio::task::spawn_blocking(move || telemetry.end(Duration::from_secs(60)))
        .await
        .unwrap();
}

#[tokio::test]
async fn each_request_has_an_id_of_its_own_and_the_audit_log_has_it_too() {
    let client = Client::new();
    let id = |answer: &Answer| answer.headers["x-request-id"].to_str().unwrap().to_owned();
    let ids: BTreeSet<_> = [
        id(&client.get("/engine").await),
        id(&client.get("/engine").await),
        id(&client.get("/nothing").await),
    ]
    .into();
    assert_eq!(ids.len(), 3);
    let desk = Desk::new(false);
    let root = desk.login("root");
    let answer = desk
        .by(&root, ("POST", "/engine/kill"), r#"{"set":true}"#)
        .await;
    assert_eq!(desk.written().pop().unwrap().request, id(&answer));
}

#[tokio::test]
async fn alerts_that_are_not_over_are_counted_by_what_they_are_about() {
    let client = Client::new();
    client.host.publish(Change::Alert(alert(1)));
    client.host.publish(Change::Alert(AlertView {
        state: AlertState::Resolved,
        ..alert(2)
    }));
    let found = scraped(&client).await;
    found.check(r#"argonaut_alerts{code="P18",severity="WARNING"}"#, 1.0);
    assert_eq!(found.count("argonaut_alerts"), 1);
}
