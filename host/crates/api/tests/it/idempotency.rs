//! What is sent again with the same key: done once, whoever crashed meanwhile.

use crate::fake::Fake;
use crate::identity_desk::Desk;
use crate::identity_policy::path;
use crate::real_host::Stand;
use crate::rest_client::{Answer, Client, keyless};
use api::{IdempotencyKeys, KeyUse, operations};
use axum::body::Body;
use identity::Role;
use serde_json::json;
use services::clock::SystemClock;
use services::handle::HostError;
use std::path::Path;
use std::sync::Arc;

const ORDER: &str = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"LIMIT",
    "quantity":"1000","price":"1.0000"}"#;
const OTHER: &str = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"LIMIT",
    "quantity":"2000","price":"1.0000"}"#;

/// Sends with a key; a body is JSON, or a component when it is none.
async fn keyed(client: &Client, (method, path): (&str, &str), key: &str, body: &str) -> Answer {
    let kind = match body.starts_with('{') {
        true => "application/json",
        false => "application/wasm",
    };
    let request = keyless(method, path)
        .header("content-type", kind)
        .header("idempotency-key", key);
    client
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

async fn place(client: &Client, key: &str, body: &str) -> Answer {
    keyed(client, ("POST", "/orders"), key, body).await
}

fn kept(file: &Path) -> IdempotencyKeys {
    IdempotencyKeys::open(file, Arc::new(SystemClock)).unwrap()
}

#[tokio::test]
async fn what_needs_a_key_is_not_done_without_one() {
    let client = Client::new();
    let operations = operations::<Fake>();
    let needs: Vec<_> = operations
        .iter()
        .filter(|operation| operation.key == KeyUse::Required)
        .collect();
    for operation in &needs {
        let place = path(operation);
        let request = keyless(operation.method.as_str(), &place);
        let answer = client.send(request.body(Body::empty()).unwrap()).await;
        answer.check_problem(400, "IDEMPOTENCY_KEY_MISSING", None);
    }
    for id in [
        "orders.place",
        "risk.kill.set",
        "risk.kill.clear",
        "strategies.swap",
    ] {
        assert!(needs.iter().any(|operation| operation.id == id), "{id}");
    }
    assert_eq!(client.host.asked(), Vec::<String>::new());
    let answer = place(&client, "with space", ORDER).await;
    answer.check_problem(400, "INVALID_HEADER", None);
    let paused = keyless("POST", "/strategies/ema/pause").body(Body::empty());
    client.send(paused.unwrap()).await.check(200, &[]);
}

#[tokio::test]
async fn the_first_answer_is_given_again() {
    let client = Client::new();
    let first = place(&client, "a", ORDER).await;
    first.check(201, &[("/status", json!("ACCEPTED"))]);
    assert!(first.headers.get("idempotency-replayed").is_none());
    // The quotation marks of a structured field are not part of the key.
    for key in ["a", "\"a\""] {
        let again = place(&client, key, ORDER).await;
        assert_eq!(again.status, 201);
        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        for name in ["location", "content-type"] {
            assert_eq!(again.headers[name], first.headers[name], "{name}");
        }
    }
    assert_eq!(client.host.asked().len(), 1);
    let other = place(&client, "a", OTHER).await;
    other.check_problem(422, "IDEMPOTENCY_KEY_REUSED", None);
    let elsewhere = keyed(&client, ("POST", "/orders/lists"), "a", ORDER).await;
    elsewhere.check_problem(422, "IDEMPOTENCY_KEY_REUSED", None);
    assert_eq!(client.host.asked().len(), 1);
    place(&client, "b", ORDER).await.check(201, &[]);
    assert_eq!(client.host.asked().len(), 2);
}

#[tokio::test]
async fn a_component_is_taken_once() {
    let client = Client::new();
    let swap = ("POST", "/strategies/ema/swap?param.fast=3");
    let first = keyed(&client, swap, "a", "\0asm").await;
    first.check(200, &[]);
    let again = keyed(&client, swap, "a", "\0asm").await;
    assert_eq!(again.text, first.text);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = keyed(&client, swap, "a", "\0asm of another").await;
    other.check_problem(422, "IDEMPOTENCY_KEY_REUSED", None);
    assert_eq!(client.host.asked().len(), 1);
}

#[tokio::test]
async fn what_did_nothing_leaves_the_key_free() {
    let client = Client::new();
    let wrong = place(&client, "a", r#"{"side":"BUY"}"#).await;
    assert_eq!(wrong.status, 400);
    let apart = place(&client, "a", r#"{"side":"BUY","type":"MARKET"}"#).await;
    apart.check_problem(422, "FIELDS_DISAGREE", Some("/quantity"));
    client.host.fail_with(HostError::Busy);
    let busy = place(&client, "a", ORDER).await;
    busy.check_problem(503, "BUSY", None);
    assert!(busy.headers.contains_key("retry-after"));
    let client = Client::new();
    client.host.fail_with(HostError::Conflict("it runs".into()));
    let stop = ("POST", "/strategies/ema/stop");
    let refused = keyed(&client, stop, "a", "{}").await;
    refused.check_problem(409, "CONFLICT", None);
    let again = keyed(&client, stop, "a", "{}").await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(client.host.asked().len(), 1);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again() {
    let client = Client::new();
    client.host.fail_with(HostError::Stopped);
    let swap = "/strategies/ema/swap";
    for (asked, (path, body)) in [("/orders", ORDER), (swap, "{}")].into_iter().enumerate() {
        let lost = keyed(&client, ("POST", path), path, body).await;
        lost.check_problem(503, "NOT_RUNNING", None);
        assert_eq!(client.host.asked().len(), asked + 1);
        let again = keyed(&client, ("POST", path), path, body).await;
        again.check_problem(409, "IDEMPOTENCY_OUTCOME_UNKNOWN", None);
        assert_eq!(client.host.asked().len(), asked + 1);
    }
}

#[tokio::test]
async fn a_stop_that_may_have_come_to_nothing_is_done_again() {
    let client = Client::new();
    client.host.fail_with(HostError::Stopped);
    let asked = |path: &str| {
        let asked = client.host.asked();
        asked.iter().filter(|it| it.starts_with(path)).count()
    };
    let (kill, halt) = ("/risk/kill", "/engine/trading-state");
    for (path, body, host, field) in [
        (kill, r#"{"scope":"firm"}"#, "kill", Some("/scope")),
        (halt, r#"{"state":"HALTED"}"#, "trading state Halted", None),
    ] {
        for times in 1..=2 {
            let lost = keyed(&client, ("POST", path), path, body).await;
            lost.check_problem(503, "NOT_RUNNING", field);
            assert_eq!(asked(host), times, "{path}");
        }
    }
    // Meanwhile somebody may have halted.
    let reducing = r#"{"state":"REDUCING"}"#;
    let lost = keyed(&client, ("POST", halt), "r", reducing).await;
    lost.check_problem(503, "NOT_RUNNING", None);
    let again = keyed(&client, ("POST", halt), "r", reducing).await;
    again.check_problem(409, "IDEMPOTENCY_OUTCOME_UNKNOWN", None);
    assert_eq!(asked("trading state Reducing"), 1);
}

#[tokio::test]
async fn a_restart_knows_what_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.log");
    let keys = kept(&file);
    let client = Client::over(|api| api.with_keys(keys.clone()));
    let first = place(&client, "a", ORDER).await;
    first.check(201, &[]);
    client.host.fail_with(HostError::Stopped);
    let swap = ("POST", "/strategies/ema/swap");
    let lost = keyed(&client, swap, "b", "{}").await;
    assert_eq!(lost.status, 503);
    keys.end();
    let client = Client::over(|api| api.with_keys(kept(&file)));
    let again = place(&client, "a", ORDER).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let again = keyed(&client, swap, "b", "{}").await;
    again.check_problem(409, "IDEMPOTENCY_OUTCOME_UNKNOWN", None);
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_is_of_who_shows_it_and_secrets_are_not_kept() {
    let desk = Desk::new(false);
    let tokens = [
        desk.person("otto", &[Role::Operator]),
        desk.person("olga", &[Role::Operator]),
    ];
    for token in &tokens {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "a")];
        for replayed in [false, true] {
            let answer = ask(&desk, ("POST", "/orders"), &headers, ORDER).await;
            answer.check(201, &[]);
            let is = answer.headers.contains_key("idempotency-replayed");
            assert_eq!(is, replayed);
        }
    }
    assert_eq!(desk.host.asked().len(), 2);
    let bearer = format!("Bearer {}", tokens[0]);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k")];
    let key = r#"{"name":"robot","scopes":["operator"]}"#;
    let made = ask(&desk, ("POST", "/keys"), &headers, key).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = ask(&desk, ("POST", "/keys"), &headers, key).await;
    again.check_problem(409, "IDEMPOTENCY_ANSWER_NOT_KEPT", None);
    let written = desk.written();
    let outcomes: Vec<_> = written.iter().map(|it| it.outcome.as_str()).collect();
    let expect = ["201", "REPLAYED", "201", "REPLAYED", "201", "409"];
    assert_eq!(outcomes, expect);
}

async fn ask(desk: &Desk, what: (&str, &str), headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = keyless(what.0, what.1).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    desk.send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_knows_an_order_whose_key_a_crash_forgot() {
    let mut stand = Stand::new();
    stand.priced().await;
    let list = r#"{"bracket":{
        "entry":{"instrument":"EUR/USD.SIM","side":"BUY","type":"LIMIT","quantity":"1000","price":"1.0000"},
        "stop":{"type":"STOP_MARKET","trigger":"0.9000"},"target":{"type":"LIMIT","price":"1.2000"}}}"#;
    for (path, body) in [("/orders", ORDER), ("/orders/lists", list)] {
        let first = stand.send_keyed(path, "a", body).await;
        first.check(201, &[]);
        assert!(first.headers.get("idempotency-replayed").is_none());
        stand.forget_keys();
        let again = stand.send_keyed(path, "a", body).await;
        again.check(201, &[]);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        for pointer in ["/id", "/list", "/orders/0/id", "/orders/2/id"] {
            let (first, again) = (first.json(), again.json());
            assert_eq!(again.pointer(pointer), first.pointer(pointer), "{pointer}");
        }
        stand.forget_keys();
    }
    let open = stand.send("GET", "/orders?status=open", "").await;
    assert_eq!(open.json().as_array().unwrap().len(), 4, "{}", open.text);
}
