//! Work that goes on after its answer.

use crate::identity_desk::Desk;
use crate::rest_client::{Answer, Client, request};
use axum::body::Body;
use identity::Role;
use serde_json::{Value, json};
use services::handle::HostError;

/// Asks for an answer at once.
fn asked(what: (&str, &str), kind: &str, body: &str) -> axum::http::Request<Body> {
    let request = request(what.0, what.1)
        .header("prefer", "respond-async")
        .header("content-type", kind);
    request.body(Body::from(body.to_owned())).unwrap()
}

const SWAP: (&str, &str) = ("POST", "/strategies/ema/swap");
const JSON: &str = "application/json";

/// Waits until a job is over.
async fn over(client: &Client, job: &Answer) -> Value {
    let place = job.headers["location"].to_str().unwrap();
    loop {
        let shown = client.get(&format!("!{place}")).await.json();
        if !["QUEUED", "RUNNING"].contains(&shown["state"].as_str().unwrap()) {
            return shown;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_swap_is_answered_at_once_and_shown_as_a_job() {
    let client = Client::new();
    let go_on = client.host.hold_swaps();
    for (kind, body) in [
        (JSON, r#"{"parameters":{"fast":5}}"#),
        ("application/wasm", "asm"),
    ] {
        let job = client.send(asked(SWAP, kind, body)).await;
        let expect = [
            ("/kind", json!("strategies.swap")),
            ("/subject", json!("/api/v1/strategies/ema/swap")),
        ];
        job.check(202, &expect);
        assert_eq!(job.headers["preference-applied"], "respond-async");
        go_on.notify_one();
        let done = over(&client, &job).await;
        assert_eq!(done["state"], "DONE", "{done}");
        assert_eq!(done["status"], 200);
        assert_eq!(done["progress"], 1.0);
        assert_eq!(done["result"]["strategy"]["name"], "ema", "{done}");
        assert_eq!(done["problem"], Value::Null);
    }
    assert_eq!(client.host.asked().len(), 2);
    let list = client.get("/jobs?state=done").await;
    list.check(200, &[("/0/kind", json!("strategies.swap"))]);
    client.get("/jobs?state=failed").await.check(200, &[]);
}

#[tokio::test]
async fn what_fails_shows_why_and_stays() {
    let client = Client::new();
    client
        .host
        .fail_with(HostError::Conflict("it is on probation".into()));
    let job = client.send(asked(SWAP, JSON, "{}")).await;
    job.check(202, &[]);
    let failed = over(&client, &job).await;
    assert_eq!(failed["state"], "FAILED");
    assert_eq!(failed["status"], 409);
    assert_eq!(failed["problem"]["code"], "CONFLICT");
    let id = failed["id"].as_str().unwrap();
    let place = format!("/jobs/{id}");
    let answer = client.bare("DELETE", &place).await;
    answer.check_problem(409, "CONFLICT", None);
    let answer = client.bare("POST", &format!("{place}/resume")).await;
    answer.check_problem(409, "CONFLICT", None);
    for unknown in ["99", "x", "run-ema", "run-ema-1"] {
        let answer = client.get(&format!("/jobs/{unknown}")).await;
        answer.check_problem(404, "NOT_FOUND", None);
    }
    // What is short is answered as ever.
    let paused = client
        .send(asked(("POST", "/strategies/ema/pause"), JSON, ""))
        .await;
    assert_ne!(paused.status, 202);
}

#[tokio::test]
async fn the_same_key_names_the_same_job_and_the_log_has_what_came_of_it() {
    let desk = Desk::new(false);
    let otto = desk.person("otto", &[Role::Operator]);
    let bearer = format!("Bearer {otto}");
    let ask = || {
        let mut sent = asked(SWAP, JSON, "{}");
        let headers = sent.headers_mut();
        headers.insert("authorization", bearer.parse().unwrap());
        headers.insert("idempotency-key", "once".parse().unwrap());
        sent
    };
    let first = desk.send(ask()).await;
    first.check(202, &[("/by", json!("otto"))]);
    let again = desk.send(ask()).await;
    assert_eq!(again.headers["location"], first.headers["location"]);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let outcome = loop {
        let written = desk.written();
        let of_job = written.iter().find(|it| it.subject.ends_with("(job 1)"));
        if let Some(record) = of_job {
            break record.outcome.clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(outcome, "200");
    assert_eq!(desk.host.asked().len(), 1);
    let anna = desk.person("anna", &[Role::Author]);
    let refused = desk.by(&anna, ("DELETE", "/jobs/1"), "").await;
    refused.check_problem(403, "FORBIDDEN", None);
}
