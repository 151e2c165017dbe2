//! Work that goes on after its answer.

use crate::asyncapi::Document;
use crate::fake::Fake;
use crate::identity_desk::Desk;
use crate::rest_client::{Answer, Client, request};
use crate::stream_client::{self, Server};
use api::{Api, Jobs, StreamSettings};
use axum::body::Body;
use identity::Role;
use serde_json::{Value, json};
use services::clock::SystemClock;
use services::handle::HostError;
use std::sync::Arc;

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
        let (stage, progress) = match kind {
            JSON => (Value::Null, 0.0),
            _ => (json!("RECEIVED"), 0.05),
        };
        job.check(202, &[("/stage", stage), ("/progress", json!(progress))]);
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
async fn jobs_go_on_page_by_page_whatever_comes_meanwhile() {
    let client = Client::new();
    let begin = async || {
        let job = client.send(asked(SWAP, JSON, "{}")).await;
        job.check(202, &[]);
        over(&client, &job).await
    };
    let mut begun = Vec::new();
    for _ in 0..5 {
        begun.push(begin().await["id"].clone());
    }
    let mut next = "/jobs?state=done&limit=2".to_owned();
    let mut seen = Vec::new();
    for count in [2, 2, 1] {
        let page = client.get(&next).await;
        let jobs = page.json().as_array().unwrap().clone();
        assert_eq!(jobs.len(), count, "{jobs:#?}");
        seen.extend(jobs.into_iter().map(|job| job["id"].clone()));
        let link = page.headers.get("link");
        assert_eq!(link.is_some(), count == 2);
        if let Some(link) = link {
            let link = link.to_str().unwrap();
            let rest = link.strip_prefix("</api/v1").unwrap();
            next = rest.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
            assert!(
                next.starts_with("/jobs?state=done&limit=2&after="),
                "{next}"
            );
        }
        // What is newer is in front of what was seen.
        begin().await;
    }
    begun.reverse();
    assert_eq!(seen, begun);
    for after in ["7", "7.", "x.7", "7.x", "7.run-ema"] {
        let wrong = client.get(&format!("/jobs?after={after}")).await;
        wrong.check_problem(400, "INVALID_FIELD", Some("/after"));
    }
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

async fn greeted(server: &Server, token: &str) -> stream_client::Client {
    let mut client = server.connect().await;
    let first = json!({ "op": "authenticate", "token": token });
    client.send(&first.to_string()).await;
    client.expect("hello").await;
    client
}

#[tokio::test]
async fn what_becomes_of_jobs_is_told_in_its_order_and_to_who_comes_back() {
    let jobs = Jobs::in_memory(Arc::new(SystemClock));
    let desk = Desk::over(false, |api| api.with_jobs(jobs.clone()));
    let otto = desk.person("otto", &[Role::Operator]);
    let vera = desk.person("vera", &[Role::Viewer]);
    let guarded = Some(desk.guarded.clone());
    let make = |api: Api<Fake>| api.with_identity(guarded).with_jobs(jobs);
    let server = Server::over(Fake::new(), StreamSettings::default(), make).await;
    let document = Document::read();
    let mut client = greeted(&server, &vera).await;
    let begin = client.subscribe(r#""channel":"jobs""#).await;
    document.check(&begin);
    let (sequence, data) = (&begin["sequence"], &begin["data"]);
    assert_eq!((sequence, data), (&json!(0), &json!([])));
    let go_on = desk.host.hold_swaps();
    let bearer = format!("Bearer {otto}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("prefer", "respond-async"),
    ];
    desk.ask(SWAP, &headers, "{}").await.check(202, &[]);
    go_on.notify_one();
    for (number, state) in [(1, "QUEUED"), (2, "RUNNING"), (3, "DONE")] {
        let update = client.expect("update").await;
        document.check(&update);
        let place = (&update["sequence"], &update["previous"]);
        assert_eq!(place, (&json!(number), &json!(number - 1)));
        let data = &update["data"];
        let job = (&data["id"], &data["kind"], &data["state"], &data["by"]);
        let expect = ["1", "strategies.swap", state, "otto"].map(|text| json!(text));
        assert_eq!(job, (&expect[0], &expect[1], &expect[2], &expect[3]));
    }
    let mut again = greeted(&server, &vera).await;
    assert_eq!(
        again.resume(r#""channel":"jobs""#, 1).await["resumed"],
        true
    );
    for state in ["RUNNING", "DONE"] {
        assert_eq!(again.expect("update").await["data"]["state"], state);
    }
    for (epoch, sequence, reason) in [("another", 1, "EPOCH"), ("run-1", 4, "AHEAD")] {
        let resume = json!({ "epoch": epoch, "sequence": sequence });
        let wish = json!({ "op": "subscribe", "channel": "jobs", "resume": resume });
        again.send(&wish.to_string()).await;
        assert_eq!(again.expect("ack").await["resumed"], false);
        let gap = again.expect("gap").await;
        document.check(&gap);
        let told = (&gap["reason"], &gap["sequence"], &gap["history"]);
        assert_eq!(told, (&json!(reason), &json!(3), &json!("/api/v1/jobs")));
        let snapshot = again.expect("snapshot").await;
        document.check(&snapshot);
        assert_eq!(snapshot["sequence"], 3);
        assert_eq!(snapshot["data"][0]["state"], "DONE");
    }
    let leave = r#"{"op":"unsubscribe","channel":"jobs"}"#;
    again.send(leave).await;
    again.expect("ack").await;
    again.send(leave).await;
    assert_eq!(again.expect("error").await["field"], "/channel");
}
