//! Webhooks that place orders or tell strategies: who may call them, with what, and how often.

use super::identity_desk::Desk;
use super::rest_client::{Answer, Client, request};
use api::{
    Api, HookConfig, HookKind, HookOrder, HookPurpose, Hooks, OrderTemplate, SignalTemplate,
    ValueKind, ValueTemplate,
};
use axum::body::Body;
use model::{Duration, Side, TimeInForce, Timestamp};
use notices::{SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, sign};
use serde_json::{Value, json};
use services::clock::ManualClock;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const SECRET: &str = "a secret of some length";
/// 2026-01-02T00:00:00Z, in seconds since the epoch.
pub(crate) const NOW_S: u64 = 1_767_312_000;
const NOW: &str = "2026-01-02T00:00:00Z";

pub(crate) fn hook(name: &str, kind: HookKind) -> HookConfig {
    HookConfig {
        name: name.to_owned(),
        kind,
        secret: Secret::new(SECRET),
        purpose: HookPurpose::Orders(OrderTemplate {
            strategy: "manual".to_owned(),
            instruments: BTreeMap::from([("EURUSD".to_owned(), "EUR/USD.SIM".to_owned())]),
            sides: vec![Side::Buy],
            types: vec![HookOrder::Market, HookOrder::Limit],
            quantity: Some("1000".parse().unwrap()),
            min_quantity: "1000".parse().unwrap(),
            max_quantity: "5000".parse().unwrap(),
            time_in_force: TimeInForce::Ioc,
        }),
        max_age: Duration::from_secs(60),
        per_minute: 3,
    }
}

/// One that tells a strategy to buy or sell.
pub(crate) fn teller(name: &str, strategy: &str) -> HookConfig {
    let one_of = ["buy", "sell"].map(str::to_owned).to_vec();
    let side = ValueTemplate {
        kind: ValueKind::Text(one_of),
        optional: false,
    };
    let quantity = ValueTemplate {
        kind: ValueKind::Decimal {
            digits: 8,
            least: Some("1000".parse().unwrap()),
            most: Some("5000".parse().unwrap()),
        },
        optional: true,
    };
    let values = [("side", side), ("quantity", quantity)];
    HookConfig {
        purpose: HookPurpose::Signals(SignalTemplate {
            strategy: strategy.to_owned(),
            name: "chart".to_owned(),
            values: values.map(|(name, value)| (name.to_owned(), value)).into(),
        }),
        ..hook(name, HookKind::TradingView)
    }
}

fn hooks() -> Hooks {
    let clock = ManualClock::at(Timestamp::from_nanos(NOW_S * 1_000_000_000));
    let all = vec![
        hook("signed", HookKind::Generic),
        hook("tv", HookKind::TradingView),
        teller("tell", "ema"),
        teller("lost", "nobody"),
    ];
    Hooks::new(all, Arc::new(clock))
}

fn with_hooks<H: api::HostPort>(api: Api<H>) -> Api<H> {
    api.with_hooks(Some(hooks()))
}

pub(crate) fn order(id: &str) -> Value {
    json!({"id": id, "instrument": "EURUSD", "side": "BUY"})
}

/// What a chart sends.
pub(crate) fn alert(id: &str) -> Value {
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
        ("id", json!("")),
        ("id", json!("x".repeat(129))),
        ("strategy", json!("ema")),
    ] {
        let answer = charted(&client, &with(alert("a"), field, value)).await;
        let place = format!("/{field}");
        answer.check_problem(400, "INVALID_FIELD", Some(&place));
    }
    let priced = charted(&client, &with(alert("a"), "price", json!("1.1"))).await;
    priced.check_problem(422, "FIELDS_DISAGREE", Some("/price"));
    let body = with(order("a"), "secret", SECRET.into()).to_string();
    let answer = signed(&client, SECRET, NOW_S, &body).await;
    answer.check_problem(422, "FIELDS_DISAGREE", Some("/secret"));
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

fn told(id: &str, values: Value) -> Value {
    json!({"secret": SECRET, "time": NOW, "id": id, "values": values})
}

async fn tell(client: &Client, hook: &str, body: &Value) -> Answer {
    let body = body.to_string();
    client.json("POST", &format!("!/hooks/{hook}"), &body).await
}

#[tokio::test]
async fn a_genuine_call_tells_a_strategy_once() {
    let client = Client::over(with_hooks);
    let body = told("a", json!({"side": "buy", "quantity": "1500.500000000"}));
    for (status, duplicate) in [(201, false), (200, true)] {
        let expect = [
            ("/id", json!("a")),
            ("/strategy", json!("ema")),
            ("/signal", json!("chart")),
            ("/duplicate", json!(duplicate)),
        ];
        tell(&client, "tell", &body).await.check(status, &expect);
    }
    let expect = "signal hook:tell:a chart quantity=1500.5 side=buy to ema";
    assert_eq!(client.host.asked(), [expect]);
}

#[tokio::test]
async fn what_the_engine_knows_again_is_no_news_to_a_host_that_forgot_it() {
    let client = Client::over(with_hooks);
    let body = told("a", json!({"side": "buy"}));
    tell(&client, "tell", &body).await.check(201, &[]);
    // Another host over the same engine.
    let again = Client::around(client.host.clone(), with_hooks);
    let duplicate = [("/duplicate", json!(true))];
    tell(&again, "tell", &body).await.check(200, &duplicate);
}

#[tokio::test]
async fn a_signal_is_within_the_template_or_not_told() {
    let client = Client::over(with_hooks);
    for (values, field) in [
        (json!({}), "/values/side"),
        (json!({"side": "buy", "note": "x"}), "/values/note"),
    ] {
        let answer = tell(&client, "tell", &told("a", values)).await;
        answer.check_problem(422, "FIELDS_DISAGREE", Some(field));
    }
    for (values, field) in [
        (json!({"side": "hold"}), "/values/side"),
        (
            json!({"side": "buy", "quantity": "999"}),
            "/values/quantity",
        ),
        (
            json!({"side": "buy", "quantity": "5001"}),
            "/values/quantity",
        ),
        (
            json!({"side": "buy", "quantity": "1500.000000001"}),
            "/values/quantity",
        ),
        (
            json!({"side": "buy", "quantity": "many"}),
            "/values/quantity",
        ),
        (json!({"side": 1}), "/values/side"),
    ] {
        let answer = tell(&client, "tell", &told("a", values)).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    }
    // It is no order.
    let answer = tell(&client, "tell", &alert("a")).await;
    assert_eq!(answer.status.as_u16(), 400, "{}", answer.text);
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_signal_that_was_not_taken_may_be_sent_again() {
    let client = Client::over(with_hooks);
    let body = told("a", json!({"side": "buy"}));
    let lost = tell(&client, "lost", &body).await;
    lost.check_problem(409, "CONFLICT", None);
    let deaf = "the strategy takes no signals";
    let refused = services::handle::HostError::Conflict(deaf.to_owned());
    client.host.fail_with(refused);
    for _ in 0..2 {
        let answer = tell(&client, "tell", &body).await;
        answer.check_problem(409, "CONFLICT", None);
        assert_eq!(answer.json()["detail"], deaf);
    }
}

#[tokio::test]
async fn a_copy_of_a_signal_that_is_being_told_waits_for_what_comes_of_it() {
    let client = Client::over(with_hooks);
    let body = told("a", json!({"side": "buy"}));
    let go_on = client.host.hold_swaps();
    // Who called first leaves before the answer.
    let first = tell(&client, "tell", &body);
    let left = tokio::time::timeout(std::time::Duration::from_millis(50), first).await;
    assert!(left.is_err());
    let copy = tell(&client, "tell", &body).await;
    copy.check_problem(409, "CONFLICT", None);
    assert_eq!(copy.headers["retry-after"], "1");
    go_on.notify_one();
    let mut answer = copy;
    for _ in 0..1_000 {
        if answer.status.as_u16() == 200 {
            break;
        }
        tokio::task::yield_now().await;
        answer = tell(&client, "tell", &body).await;
    }
    answer.check(200, &[("/duplicate", json!(true))]);
    assert_eq!(client.host.asked().len(), 1);
}

#[tokio::test]
async fn what_strategies_are_told_is_written_down() {
    let desk = Desk::over(false, with_hooks);
    let body = told("a", json!({"side": "buy"})).to_string();
    let answer = desk.ask(("POST", "!/hooks/tell"), &[], &body).await;
    answer.check(201, &[]);
    let record = desk.written().pop().unwrap();
    assert_eq!(record.actor.as_str(), "hook:tell");
    let after = record.after.unwrap();
    assert_eq!(after["strategy"], "ema");
    assert_eq!(after["signal"], "chart side=buy");
    assert!(!after.to_string().contains(SECRET), "{after}");
}
