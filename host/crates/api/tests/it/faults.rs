//! Dead letters and quarantine over REST.

use crate::fake::faults::LETTER;
use crate::rest_client::Client;
use serde_json::json;
use services::faults::DeadLetter;

#[tokio::test]
async fn dead_letters_say_what_killed_a_strategy_and_where() {
    let client = Client::new();
    let expect = [
        ("/dropped", json!(3)),
        ("/letters/0/letter", json!(LETTER)),
        ("/letters/0/sequence", json!(12)),
        ("/letters/0/kind", json!("TRAP")),
        (
            "/letters/0/place",
            json!({"file": "src/lib.rs", "line": 42}),
        ),
        ("/letters/0/input", json!("Clock")),
        ("/letters/0/saved", json!({"version": 2, "bytes": 3})),
        ("/letters/0/parameters", json!({"fast": "10"})),
    ];
    let letters = client.get("/strategies/ema/dead-letters?limit=5").await;
    letters.check(200, &expect);
    let missing = client.get("/strategies/nobody/dead-letters").await;
    missing.check_problem(404, "NOT_FOUND", None);
    let other = client.get("/strategies/ema/dead-letters/other").await;
    other.check_problem(404, "NOT_FOUND", None);
}

#[tokio::test]
async fn a_dead_letter_is_sent_as_it_is_kept() {
    let client = Client::new();
    let path = format!("/strategies/ema/dead-letters/{LETTER}");
    let answer = client.get(&path).await;
    let letter = DeadLetter::from_bytes(&answer.body).unwrap();
    assert_eq!(letter.sequence, 12);
}

#[tokio::test]
async fn plugins_in_quarantine_are_listed_and_released() {
    let client = Client::new();
    let expect = [
        ("/0/version", json!("1.1.0")),
        ("/0/quarantined", json!(true)),
        (
            "/0/quarantine/reason",
            json!("it broke 3 times within 3600 s"),
        ),
        ("/0/faults/0/strategy", json!("ema")),
        ("/0/faults/0/sequence", json!(12)),
    ];
    client.get("/plugins/quarantine").await.check(200, &expect);
    let body = r#"{"by":"ben","reason":"the feed was bad"}"#;
    let release = "/plugins/cdcdcdcd/release";
    let released = client.json("POST", release, body).await;
    let expect = [
        ("/strategies", json!(["ema"])),
        ("/plugin/quarantined", json!(false)),
    ];
    released.check(200, &expect);
    let refused = client.json("POST", release, r#"{"force":true}"#).await;
    refused.check_problem(400, "INVALID_FIELD", Some("/force"));
    let asked = r#"release cdcdcdcd by Some("ben") because Some("the feed was bad")"#;
    assert_eq!(client.host.asked(), [asked]);
}

#[tokio::test]
async fn what_events_cost_is_told_beside_what_they_may() {
    let client = Client::new();
    let expect = [
        ("/plugin", json!("ab".repeat(32))),
        ("/time_ns/p99", json!("2000")),
        ("/fuel", json!({"p50": 700, "p99": 800, "max": 900})),
        ("/budget/fuel", json!(1_000)),
        ("/budget/demote", json!(true)),
    ];
    client.get("/strategies/ema/cost").await.check(200, &expect);
    let missing = client.get("/strategies/nobody/cost").await;
    missing.check_problem(404, "NOT_FOUND", None);
}
