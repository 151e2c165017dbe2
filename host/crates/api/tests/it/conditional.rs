//! Changes of what somebody else may have changed meanwhile.

use crate::fake::{number, order, order_change};
use crate::identity_desk::Desk;
use crate::rest_client::{Answer, Client, keyless, request};
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use futures_util::future::join;
use identity::Role;
use model::{Order, OrderChange, OrderId, OrderStatus};
use serde_json::json;
use std::convert::Infallible;

const LIMITS: &str = "/risk/limits/firm";
const SWAP: &str = "/strategies/ema/swap";
const BODY: &str = r#"{"max_order_quantity":"5"}"#;

fn tag(answer: &Answer) -> String {
    let tag = answer.headers.get("etag").expect("it has a tag");
    tag.to_str().unwrap().to_owned()
}

/// Sends JSON on a condition.
async fn on(client: &Client, (method, path): (&str, &str), tag: &str, body: &str) -> Answer {
    let request = keyless(method, path)
        .header("if-match", tag)
        .header(
            "idempotency-key",
            format!("{method} {path} {tag}").replace(' ', "-"),
        )
        .header("content-type", "application/json");
    let request = request.body(Body::from(body.to_owned()));
    client.send(request.unwrap()).await
}

#[tokio::test]
async fn limits_are_replaced_by_whoever_has_seen_them() {
    let client = Client::new();
    let first = tag(&client.get(LIMITS).await);
    assert_eq!(tag(&client.get(LIMITS).await), first, "it moves by no look");
    let what = ("PUT", LIMITS);
    on(&client, what, &first, BODY).await.check(200, &[]);
    let second = tag(&client.get(LIMITS).await);
    assert_ne!(second, first);
    let request = keyless("PUT", LIMITS)
        .header("if-match", &first)
        .header("content-type", "application/json");
    let late = client.send(request.body(Body::from("{}")).unwrap()).await;
    late.check_problem(412, "PRECONDITION_FAILED", None);
    assert_eq!(tag(&late), second);
    let request = keyless("PUT", LIMITS).header("content-type", "application/json");
    let blind = client.send(request.body(Body::from("{}")).unwrap()).await;
    blind.check_problem(428, "PRECONDITION_REQUIRED", None);
    let weak = on(&client, what, &format!("W/{second}"), "{}").await;
    weak.check_problem(412, "PRECONDITION_FAILED", None);
    let shown = client.get(LIMITS).await;
    shown.check(200, &[("/limits/max_order_quantity", json!("5"))]);
    // The factor is part of what limits are.
    let half = r#"{"factor":"0.5"}"#;
    on(&client, ("PUT", "/risk/factors/firm"), &second, half)
        .await
        .check(200, &[]);
    assert_ne!(tag(&client.get(LIMITS).await), second);
    on(&client, what, "*", "{}").await.check(200, &[]);
}

#[tokio::test]
async fn other_things_have_tags_too() {
    let client = Client::new();
    let strategy = tag(&client.get("/strategies/ema").await);
    let body = r#"{"parameters":{"fast":5}}"#;
    let what = ("PUT", "/strategies/ema/parameters");
    client
        .bare("POST", "/strategies/ema/pause")
        .await
        .check(200, &[]);
    let late = on(&client, what, &strategy, body).await;
    late.check_problem(412, "PRECONDITION_FAILED", None);
    on(&client, what, &tag(&late), body).await.check(200, &[]);

    let state = "/risk/states/strategy/ema";
    let shown = client.get(state).await;
    shown.check(200, &[("/state", json!("ACTIVE"))]);
    let reducing = r#"{"state":"REDUCING"}"#;
    on(&client, ("PUT", state), &tag(&shown), reducing)
        .await
        .check(200, &[]);
    let late = on(
        &client,
        ("PUT", state),
        &tag(&shown),
        r#"{"state":"ACTIVE"}"#,
    )
    .await;
    // Its key was that of another request.
    late.check_problem(422, "IDEMPOTENCY_KEY_REUSED", None);

    for path in ["/risk/scenarios/none", "/risk/rules/none"] {
        let gone = on(&client, ("DELETE", path), "*", "").await;
        gone.check_problem(412, "PRECONDITION_FAILED", None);
        client.get(path).await.check_problem(404, "NOT_FOUND", None);
    }
    let unknown = on(&client, ("PUT", "/risk/limits/strategy/none"), "*", "{}").await;
    assert_eq!(unknown.status, 404, "{}", unknown.text);
    let untagged = on(&client, ("POST", "/strategies/ema/stop"), "*", "").await;
    untagged.check_problem(400, "INVALID_HEADER", None);
    assert!(client.get("/orders").await.headers.get("etag").is_none());
    tag(&client.get("/orders/9-0").await);
}

#[tokio::test]
async fn the_tag_of_an_order_does_not_move_by_itself() {
    let client = Client::new();
    let was = order(OrderId::derive(9, 0).unwrap(), OrderStatus::Accepted);
    let trailed = Order {
        trigger: Some(number("1.08")),
        filled: number("50000"),
        filled_value: number("54500"),
        ..was
    };
    let amended = Order {
        quantity: number("90000"),
        ..trailed
    };
    let first = tag(&client.get("/orders/9-0").await);
    for (order, moves) in [(trailed, false), (amended, true)] {
        let change = order_change(order, OrderChange::Accepted);
        client.host.publish(change);
        let now = tag(&client.get("/orders/9-0").await);
        assert_eq!(now != first, moves, "{order:?}");
    }
}

/// A change of what has any tag, and of which nothing more ever comes.
fn endless(request: Builder, kind: &str) -> Request<Body> {
    let nothing = futures_util::stream::pending::<Result<Vec<u8>, Infallible>>();
    request
        .header("if-match", "*")
        .header("content-type", kind)
        .body(Body::from_stream(nothing))
        .unwrap()
}

#[tokio::test]
async fn who_sends_slowly_keeps_nobody_waiting() {
    let client = Client::new();
    let sending = join(
        client.send(endless(keyless("PUT", LIMITS), "application/json")),
        client.send(endless(request("POST", SWAP), "application/wasm")),
    );
    let meanwhile = async {
        let limits = on(&client, ("PUT", LIMITS), "*", BODY).await;
        limits.check(200, &[]);
        let what = ("PUT", "/strategies/ema/parameters");
        let body = r#"{"parameters":{"fast":5}}"#;
        on(&client, what, "*", body).await.check(200, &[]);
    };
    tokio::select! {
        // Both have begun before the others do.
        biased;
        _ = sending => panic!("what never came was taken"),
        () = meanwhile => {}
    }
}

#[tokio::test]
async fn a_component_is_taken_on_a_condition() {
    let client = Client::new();
    let strategy = tag(&client.get("/strategies/ema").await);
    let strategy = strategy.as_str();
    for (wanted, status) in [("\"0\"", 412), (strategy, 200), (strategy, 412)] {
        let request = request("POST", SWAP)
            .header("if-match", wanted)
            .header("content-type", "application/wasm");
        let body = Body::from("\0asm");
        let answer = client.send(request.body(body).unwrap()).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        if status == 412 {
            let now = client.get("/strategies/ema").await;
            assert_eq!(tag(&answer), tag(&now));
        }
    }
    assert_eq!(client.host.asked().len(), 1);
}

#[tokio::test]
async fn a_second_person_is_not_asked_about_what_will_be_refused() {
    let desk = Desk::new(true);
    let anna = desk.person("anna", &[Role::Risk]);
    let sent = |request: axum::http::request::Builder| {
        let bearer = format!("Bearer {anna}");
        let request = request.header("authorization", bearer);
        let request = request.header("content-type", "application/json");
        request.body(Body::from(BODY)).unwrap()
    };
    let blind = desk.send(sent(keyless("PUT", LIMITS))).await;
    blind.check_problem(428, "PRECONDITION_REQUIRED", None);
    let asked = desk.send(sent(request("PUT", LIMITS))).await;
    asked.check(202, &[("/operation", json!("risk.limits.set"))]);
}

#[tokio::test]
async fn a_person_is_changed_by_whoever_has_seen_it() {
    let desk = Desk::new(false);
    desk.person("bert", &[Role::Viewer]);
    let root = desk.login("root");
    let place = ("GET", "/users/bert");
    let first = tag(&desk.by(&root, place, "").await);
    for (body, status) in [
        (r#"{"disabled":true}"#, 200),
        (r#"{"roles":["risk"]}"#, 412),
    ] {
        let bearer = format!("Bearer {root}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("if-match", first.as_str()),
        ];
        let answer = desk.ask(("PATCH", "/users/bert"), &headers, body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
}
