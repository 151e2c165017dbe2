//! The registry of plugins: every route with good and bad input.

use crate::rest_client::{Client, request};
use axum::body::Body;
use axum::http::Request;
use futures_util::future::join;
use registry::{Refusal, Untrusted};
use serde_json::{Value, json};
use services::handle::HostError;
use std::convert::Infallible;

const SIGNED: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

#[tokio::test]
async fn plugins_are_listed_and_filtered() {
    let client = Client::new();
    let expect = [
        ("/0/version", json!("1.1.0")),
        ("/0/signed_by", Value::Null),
        ("/1/hash", json!("ab".repeat(32))),
        ("/1/state", json!("APPROVED")),
        ("/1/signed_by", json!("E7620F1842B4E81F")),
        ("/1/time", json!("2024-01-01T00:00:00.000000000Z")),
        ("/1/used_by", json!([{"role": "strategy", "name": "ema"}])),
    ];
    client.get("/plugins").await.check(200, &expect);
    let one = client
        .get("/plugins?state=UPLOADED&name=ema-cross&world=strategy")
        .await;
    one.check(200, &[("/0/version", json!("1.1.0"))]);
    assert_eq!(one.json().as_array().unwrap().len(), 1);
    let none = client.get("/plugins?name=rsi").await;
    assert_eq!(none.json(), json!([]));
    let limited = client.get("/plugins?limit=1").await;
    assert_eq!(limited.json().as_array().unwrap().len(), 1);
    let after = format!("1704067200000000001.{}", "cd".repeat(32));
    let next = format!("/plugins?limit=1&after={after}");
    let link = format!("</api/v1{next}>; rel=\"next\"");
    assert_eq!(limited.headers["link"], link.as_str());
    let last = client.get(&next).await;
    last.check(200, &[("/0/version", json!("1.0.0"))]);
    assert_eq!(last.json().as_array().unwrap().len(), 1);
    assert!(!last.headers.contains_key("link"), "{:?}", last.headers);
    for after in ["7", "7.ab", "+7.ab", ""] {
        let wrong = client.get(&format!("/plugins?after={after}")).await;
        wrong.check_problem(400, "INVALID_FIELD", Some("/after"));
    }
    let wrong = client.get("/plugins?state=uploaded").await;
    wrong.check_problem(400, "INVALID_FIELD", Some("/state"));
    let wrong = client.get("/plugins?colour=red").await;
    wrong.check_problem(400, "INVALID_FIELD", Some("/colour"));
}

#[tokio::test]
async fn a_plugin_shows_all_that_is_known_of_it() {
    let client = Client::new();
    let expect = [
        ("/name", json!("ema-cross")),
        ("/authors", json!("Anna")),
        (
            "/imports/0",
            json!("argonaut:plugin/orders@1.0.0#submit-market"),
        ),
        ("/parameters/0/minimum", json!("2")),
        ("/parameters/0/maximum", Value::Null),
        ("/limits/event_fuel", json!(10_000_000)),
        ("/fuel", json!({"events": 512, "median": 700, "most": 900})),
        ("/signature/key", json!(SIGNED)),
        ("/signature/comment", json!("build 7")),
        ("/source", json!("upload")),
        ("/refusal", Value::Null),
        ("/acts/0/act", json!("UPLOAD")),
        ("/acts/0/by", json!("anna")),
        ("/uses/0/journal", json!("run-1")),
    ];
    client.get("/plugins/abababab").await.check(200, &expect);
    let expect = [
        ("/refusal/code", json!("PLUGIN_NOT_APPROVED")),
        ("/signature", Value::Null),
    ];
    client.get("/plugins/cdcdcdcd").await.check(200, &expect);
    let unknown = client.get("/plugins/00000000").await;
    unknown.check_problem(404, "PLUGIN_UNKNOWN", None);
}

#[tokio::test]
async fn two_plugins_are_compared() {
    let client = Client::new();
    let expect = [
        ("/same", json!(false)),
        ("/name", Value::Null),
        ("/version", json!({"before": "1.0.0", "after": "1.1.0"})),
        ("/order", json!("NEWER")),
        ("/size_bytes", json!({"before": 1_234, "after": 2_345})),
        ("/imports/added/0", json!("argonaut:plugin/log@1.0.0#log")),
        (
            "/imports/removed/0",
            json!("argonaut:plugin/orders@1.0.0#submit-market"),
        ),
        ("/options", json!({"added": [], "removed": []})),
        ("/parameters/0/before/default", json!("10")),
        ("/parameters/0/after/default", json!("12")),
        ("/fuel/before/median", json!(700)),
        ("/fuel/after", Value::Null),
    ];
    let path = "/plugins/abababab/diff/cdcdcdcd";
    client.get(path).await.check(200, &expect);
    let turned = client.get("/plugins/cdcdcdcd/diff/abababab").await;
    turned.check(200, &[("/order", json!("OLDER"))]);
    let unknown = client.get("/plugins/abababab/diff/1").await;
    unknown.check_problem(404, "PLUGIN_UNKNOWN", None);
}

/// Sends a component with a signature in the header.
async fn send(client: &Client, path: &str, signatures: &[&str]) -> crate::rest_client::Answer {
    let mut request = request("POST", path).header("content-type", "application/wasm");
    for signature in signatures {
        request = request.header("x-plugin-signature", *signature);
    }
    client
        .send(request.body(Body::from(vec![0; 70_000])).unwrap())
        .await
}

#[tokio::test]
async fn a_plugin_is_uploaded_with_its_signature() {
    let client = Client::new();
    // Whether it is a signature is for the host to say.
    let text = "aGVsbG8=";
    let answer = send(&client, "/plugins?by=anna&force=true", &[text]).await;
    answer.check(201, &[("/version", json!("1.1.0"))]);
    let place = format!("/api/v1/plugins/{}", "cd".repeat(32));
    assert_eq!(answer.headers["location"], place.as_str());
    let strategies = "/strategies?name=rsi&force=true";
    send(&client, strategies, &[text]).await.check(201, &[]);
    let swap = "/strategies/ema/swap";
    send(&client, swap, &[text]).await.check(200, &[]);
    assert_eq!(
        client.host.asked(),
        [
            r#"upload 70000 bytes, signed by Some("anna") force=true"#,
            r#"load rsi 70000 bytes, signed, forced None {} Cancel start=false"#,
            r#"swap ema Some("70000 bytes, signed") {} SwapTerms { hand_over: Carry, probation: None }"#,
        ]
    );
}

/// A component of which nothing ever comes.
fn endless(path: &str) -> Request<Body> {
    let nothing = futures_util::stream::pending::<Result<Vec<u8>, Infallible>>();
    request("POST", path)
        .header("content-type", "application/wasm")
        .body(Body::from_stream(nothing))
        .unwrap()
}

#[tokio::test]
async fn what_names_a_component_does_not_wait_for_those_who_send_one() {
    let client = Client::new();
    let sending = join(
        client.send(endless("/plugins")),
        client.send(endless("/strategies/ema/swap")),
    );
    let meanwhile = async {
        let third = send(&client, "/plugins", &[]).await;
        third.check_problem(503, "BUSY", None);
        assert_eq!(third.headers["retry-after"], "1");
        let named = client.json("POST", "/strategies/ema/swap", "{}").await;
        named.check(200, &[]);
    };
    tokio::select! {
        // Both have begun before the others do.
        biased;
        _ = sending => panic!("what never came was taken"),
        () = meanwhile => {}
    }
}

#[tokio::test]
async fn uploads_that_make_no_sense_are_refused() {
    let client = Client::new();
    let field = Some("/X-Plugin-Signature");
    let check = async |signatures: &[&str], status, code: &str| {
        let answer = send(&client, "/plugins", signatures).await;
        answer.check_problem(status, code, field);
    };
    check(&["aGVsbG8=", "aGVsbG8="], 400, "INVALID_FIELD").await;
    for signature in ["not base64!", "/w==", &"A".repeat(40_000)] {
        check(&[signature], 422, "FIELDS_DISAGREE").await;
    }
    let json = client
        .json("POST", "/plugins", r#"{"plugin":"ema.wasm"}"#)
        .await;
    json.check_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
    let wrong = send(&client, "/plugins?force=maybe", &[]).await;
    wrong.check_problem(400, "INVALID_FIELD", Some("/force"));
    let wrong = send(&client, "/plugins?name=ema", &[]).await;
    wrong.check_problem(400, "INVALID_FIELD", Some("/name"));
    // The signature of a file lies beside it.
    let body = r#"{"name":"ema","plugin":"ema.wasm"}"#;
    let beside = request("POST", "/strategies")
        .header("content-type", "application/json")
        .header("x-plugin-signature", "aGVsbG8=");
    let answer = client.send(beside.body(Body::from(body)).unwrap()).await;
    answer.check_problem(422, "FIELDS_DISAGREE", field);
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn plugins_are_decided_about() {
    let client = Client::new();
    let body = r#"{"by":"ben","reason":"looked at it","force":true}"#;
    let answer = client.json("POST", "/plugins/cdcdcdcd/approve", body).await;
    answer.check(200, &[("/state", json!("APPROVED"))]);
    let body = r#"{"by":"ben","reason":"sends too much"}"#;
    let answer = client.json("POST", "/plugins/abababab/revoke", body).await;
    let expect = [
        ("/plugin/state", json!("REVOKED")),
        ("/paused", json!(["ema"])),
    ];
    answer.check(200, &expect);
    let path = "/plugins/cdcdcdcd?by=ben&reason=old";
    let answer = client.bare("DELETE", path).await;
    answer.check(200, &[("/state", json!("DELETED"))]);
    assert_eq!(
        client.host.asked(),
        [
            r#"approve cdcdcdcd by Some("ben") because Some("looked at it") force=true"#,
            r#"revoke abababab by Some("ben") because Some("sends too much") force=false"#,
            r#"delete cdcdcdcd by Some("ben") because Some("old") force=false"#,
        ]
    );
    let check = async |method: &str, path: &str, body: &str, code: &str, field: Option<&str>| {
        let status = if code == "PLUGIN_UNKNOWN" { 404 } else { 400 };
        client
            .json(method, path, body)
            .await
            .check_problem(status, code, field);
    };
    let unknown = "/plugins/00000000/approve";
    check("POST", unknown, "{}", "PLUGIN_UNKNOWN", None).await;
    let forced = r#"{"force":true}"#;
    let revoke = "/plugins/abababab/revoke";
    check("POST", revoke, forced, "INVALID_FIELD", Some("/force")).await;
    let wrong = r#"{"who":"ben"}"#;
    check("POST", revoke, wrong, "INVALID_FIELD", Some("/who")).await;
    let path = "/plugins/abababab?force=true";
    check("DELETE", path, "{}", "INVALID_FIELD", Some("/force")).await;
}

#[tokio::test]
async fn each_refusal_has_its_code_and_status() {
    let check = async |refusal: Refusal, status: u16, code: &str| {
        let client = Client::new();
        client.host.fail_with(HostError::Registry(refusal));
        send(&client, "/plugins", &[])
            .await
            .check_problem(status, code, None);
        let path = "/strategies/ema/swap";
        send(&client, path, &[])
            .await
            .check_problem(status, code, None);
    };
    check(Untrusted::Unsigned.into(), 422, "PLUGIN_UNSIGNED").await;
    let client = Client::new();
    client.host.fail_with(HostError::HeldBack {
        done: "the new version took over",
        refusal: Untrusted::Unsigned.into(),
    });
    send(&client, "/strategies/ema/swap", &[])
        .await
        .check_problem(409, "PLUGIN_HELD_BACK", None);
    check(
        Untrusted::Malformed.into(),
        422,
        "PLUGIN_SIGNATURE_MALFORMED",
    )
    .await;
    let hash = "ab".repeat(32);
    let downgrade = Refusal::Downgrade {
        name: "ema".to_owned(),
        version: "1".to_owned(),
        than: "2".to_owned(),
        why: "runs".to_owned(),
    };
    check(downgrade, 409, "PLUGIN_DOWNGRADE").await;
    let quarantined = Refusal::Quarantined {
        title: "ema 1".to_owned(),
        hash: hash.clone(),
        reason: "it broke 3 times".to_owned(),
    };
    check(quarantined, 409, "PLUGIN_QUARANTINED").await;
    let needed = Refusal::InUse {
        hash,
        users: vec!["the strategy `ema` has it".to_owned()],
        fix: "swap it",
    };
    check(needed, 409, "PLUGIN_IN_USE").await;
    check(Refusal::Disk("full".to_owned()), 503, "REGISTRY_DISK").await;
}

#[tokio::test]
async fn a_history_without_a_store_says_so() {
    let client = Client::new();
    let expect = [
        ("/acts/0/act", json!("UPLOAD")),
        ("/uses/0/name", json!("ema")),
        ("/runs", Value::Null),
    ];
    let answer = client.get("/plugins/abababab/history").await;
    answer.check(200, &expect);
    let why = answer.json()["runs_unavailable"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(why.contains("keeps no store"), "{why}");
}
