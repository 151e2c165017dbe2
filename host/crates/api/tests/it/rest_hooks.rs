//! Webhooks that place orders: who may call them, with what, and how often.

use super::identity_desk::Desk;
use super::rest_client::{Answer, Client, request};
use api::{Api, HookConfig, HookKind, HookOrder, Hooks};
use axum::body::Body;
use model::{Duration, Side, TimeInForce, Timestamp};
use notices::{SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, sign};
use serde_json::{Value, json};
use services::clock::ManualClock;
use std::collections::BTreeMap;
use std::sync::Arc;

const SECRET: &str = "a secret of some length";
/// 2026-01-02T00:00:00Z, in seconds since the epoch.
const NOW_S: u64 = 1_767_312_000;
const NOW: &str = "2026-01-02T00:00:00Z";

fn hook(name: &str, kind: HookKind) -> HookConfig {
    HookConfig {
        name: name.to_owned(),
        kind,
        secret: Secret::new(SECRET),
        strategy: "manual".to_owned(),
        instruments: BTreeMap::from([("EURUSD".to_owned(), "EUR/USD.SIM".to_owned())]),
        sides: vec![Side::Buy],
        types: vec![HookOrder::Market, HookOrder::Limit],
        quantity: Some("1000".parse().unwrap()),
        min_quantity: "1000".parse().unwrap(),
        max_quantity: "5000".parse().unwrap(),
        time_in_force: TimeInForce::Ioc,
        max_age: Duration::from_secs(60),
        per_minute: 3,
    }
}

fn hooks() -> Hooks {
    let clock = ManualClock::at(Timestamp::from_nanos(NOW_S * 1_000_000_000));
    let both = vec![
        hook("signed", HookKind::Generic),
        hook("tv", HookKind::TradingView),
    ];
    Hooks::new(both, Arc::new(clock))
}

fn with_hooks<H: api::HostPort>(api: Api<H>) -> Api<H> {
    api.with_hooks(Some(hooks()))
}

fn order(id: &str) -> Value {
    json!({"id": id, "instrument": "EURUSD", "side": "BUY"})
}

/// What a chart sends.
fn alert(id: &str) -> Value {
    json!({"secret": SECRET, "time": NOW, "id": id, "instrument": "EURUSD", "side": "buy"})
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

/// Calls `signed` with a signature by a secret at a moment.
async fn signed(client: &Client, secret: &str, at_s: u64, body: &str) -> Answer {
    let timestamp = at_s.to_string();
    let signature = sign(&Secret::new(secret), &timestamp, body.as_bytes());
    let request = request("POST", "!/hooks/signed")
        .header(TIMESTAMP_HEADER, timestamp)
        .header(SIGNATURE_HEADER, signature);
    client
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

async fn charted(client: &Client, body: &Value) -> Answer {
    let body = body.to_string();
    client.json("POST", "!/hooks/tv", &body).await
}

#[tokio::test]
async fn a_genuine_call_places_an_order_once() {
    let client = Client::over(with_hooks);
    let body = order("a").to_string();
    let answer = signed(&client, SECRET, NOW_S, &body).await;
    answer.check(
        201,
        &[("/status", "ACCEPTED".into()), ("/duplicate", false.into())],
    );
    let placed = answer.json()["order"].clone();
    let again = signed(&client, SECRET, NOW_S + 1, &body).await;
    again.check(200, &[("/order", placed), ("/duplicate", true.into())]);
    let asked = client.host.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let ticket = &asked[0];
    for part in ["EUR/USD.SIM", "Buy", "Market", "Ioc", "manual"] {
        assert!(ticket.contains(part), "{part} in {ticket}");
    }
    // The engine knows a call again that this host has forgotten.
    assert!(!ticket.contains("intent: 0,"), "{ticket}");
}

#[tokio::test]
async fn a_chart_shows_its_secret_in_the_body() {
    let client = Client::over(with_hooks);
    let limit = with(
        with(alert("a"), "type", "LIMIT".into()),
        "price",
        "1.1".into(),
    );
    charted(&client, &limit).await.check(201, &[]);
    let answer = client
        .typed(
            "POST",
            "!/hooks/tv",
            "text/plain",
            alert("b").to_string().into(),
        )
        .await;
    answer.check(201, &[]);
    let asked = client.host.asked().join("\n");
    assert!(!asked.contains(SECRET), "{asked}");
}

#[tokio::test]
async fn whoever_is_not_genuine_hears_the_same_as_of_no_hook() {
    let client = Client::over(with_hooks);
    let body = order("a").to_string();
    let answers = [
        signed(&client, "another secret, as long", NOW_S, &body).await,
        client.json("POST", "!/hooks/signed", &body).await,
        client.json("POST", "!/hooks/signed", "{").await,
        charted(&client, &with(alert("a"), "secret", "wrong".into())).await,
        charted(&client, &order("a")).await,
        client.json("POST", "!/hooks/tv", "not JSON").await,
        client.json("POST", "!/hooks/nobody", &body).await,
        Client::new()
            .json("POST", "!/hooks/tv", &alert("a").to_string())
            .await,
    ];
    for answer in &answers {
        answer.check_problem(404, "NOT_FOUND", None);
        assert_eq!(answer.text, answers[0].text);
    }
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn calls_are_of_now() {
    let client = Client::over(with_hooks);
    for (place, (at_s, status)) in [
        (NOW_S - 60, 201),
        (NOW_S + 60, 201),
        (NOW_S - 61, 409),
        (NOW_S + 61, 409),
        (0, 409),
    ]
    .into_iter()
    .enumerate()
    {
        let body = order(&place.to_string()).to_string();
        let answer = signed(&client, SECRET, at_s, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{at_s}: {}", answer.text);
    }
    let late = charted(
        &client,
        &with(alert("x"), "time", "2026-01-01T23:58:59Z".into()),
    )
    .await;
    late.check_problem(409, "STALE", None);
    let timeless = charted(&client, &with(alert("x"), "time", "now".into())).await;
    timeless.check_problem(400, "INVALID_FIELD", Some("/time"));
}

#[tokio::test]
async fn an_order_is_within_the_template_or_not_placed() {
    let client = Client::over(with_hooks);
    for (field, value) in [
        ("instrument", json!("EUR/USD.SIM")),
        ("side", json!("SELL")),
        ("side", json!("HOLD")),
        ("quantity", json!("999")),
        ("quantity", json!("5001")),
        ("quantity", json!("-1000")),
        ("quantity", json!(1000)),
        ("type", json!("STOP_MARKET")),
        ("price", json!("1.1")),
        ("id", json!("")),
        ("id", json!("x".repeat(129))),
        ("strategy", json!("ema")),
    ] {
        let answer = charted(&client, &with(alert("a"), field, value)).await;
        let place = format!("/{field}");
        answer.check_problem(400, "INVALID_FIELD", Some(&place));
    }
    let body = with(order("a"), "secret", SECRET.into()).to_string();
    let answer = signed(&client, SECRET, NOW_S, &body).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/secret"));
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn calls_have_a_rate_and_bodies_a_size() {
    let client = Client::over(with_hooks);
    for id in ["a", "b", "c"] {
        charted(&client, &alert(id)).await.check(201, &[]);
    }
    let answer = charted(&client, &alert("d")).await;
    answer.check_problem(429, "TOO_MANY", None);
    assert_eq!(answer.headers["retry-after"], "60");
    charted(&client, &alert("a")).await.check(200, &[]);
    let large = with(alert("e"), "id", "x".repeat(17 << 10).into());
    let answer = charted(&client, &large).await;
    answer.check_problem(413, "PAYLOAD_TOO_LARGE", None);
}

#[tokio::test]
async fn a_call_of_which_nothing_came_may_be_sent_again() {
    let client = Client::over(with_hooks);
    client.host.fail_with(services::handle::HostError::Busy);
    for _ in 0..2 {
        let answer = charted(&client, &alert("a")).await;
        answer.check_problem(503, "BUSY", None);
    }
}

#[tokio::test]
async fn what_hooks_place_is_written_down_without_their_secrets() {
    let desk = Desk::over(false, with_hooks);
    let tv = ("POST", "!/hooks/tv");
    let wrong = with(alert("a"), "secret", "wrong".into()).to_string();
    desk.ask(tv, &[], &wrong)
        .await
        .check_problem(404, "NOT_FOUND", None);
    assert_eq!(desk.written().len(), 0, "strangers fill no log");
    desk.ask(tv, &[], &alert("a").to_string())
        .await
        .check(201, &[]);
    let record = desk.written().pop().unwrap();
    assert_eq!(
        (record.actor.as_str(), record.action.as_str()),
        ("hook:tv", "hooks.take")
    );
    assert_eq!(record.subject, "/hooks/tv");
    let after = record.after.unwrap();
    assert_eq!(after["instrument"], "EUR/USD.SIM");
    assert!(!after.to_string().contains(SECRET), "{after}");
    let log = std::fs::read_to_string(desk.log()).unwrap();
    assert!(!log.contains(SECRET));
}
