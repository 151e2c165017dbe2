//! Canaries: begun, shown, promoted, ended; and versions that change places.

use crate::rest_client::Client;
use serde_json::json;
use services::handle::HostError;

const BODY: &str = r#"{"plugin":"ema2.wasm","parameters":{"fast":5},"state":"fresh",
    "instruments":["BTC/USD.SIM"],"when_over":"promote",
    "probation":{"for_ns":"3600000000000","max_loss":"250.5"}}"#;

#[tokio::test]
async fn a_canary_is_begun_by_path_or_by_bytes() {
    let client = Client::new();
    let expect = [
        ("/committed_at", json!(105)),
        (
            "/strategy/probation/canary/instruments",
            json!(["BTC/USD.SIM"]),
        ),
        ("/strategy/probation/canary/when_over", json!("PROMOTE")),
        ("/strategy/probation/until_ns", json!("1704070800000000000")),
        ("/strategy/probation/max_loss", json!("250.5")),
    ];
    let answer = client.json("POST", "/strategies/ema/canary", BODY).await;
    answer.check(201, &expect);
    let shown = [("/probation/canary/when_over", json!("PROMOTE"))];
    client.get("/strategies/ema").await.check(200, &shown);
    let path = "/strategies/ema/canary?instruments=BTC/USD.SIM,%20EUR/USD.SIM\
                &probation.for_ns=5&probation.max_denials=3&param.slow=50";
    client
        .typed("POST", path, "application/wasm", vec![0; 70_000])
        .await
        .check(
            201,
            &[("/strategy/probation/canary/when_over", json!("ROLL_BACK"))],
        );
    let asked = client.host.asked();
    let begins = [
        r#"canary ema Some("ema2.wasm") {"fast": "5"} Fresh ["BTC/USD.SIM"] Probation"#,
        r#"canary ema Some("70000 bytes") {"slow": "50"} Carry ["BTC/USD.SIM", "EUR/USD.SIM"]"#,
    ];
    for (asked, begin) in asked.iter().zip(begins) {
        assert!(asked.starts_with(begin), "{asked}");
    }
    assert!(asked[0].ends_with(" Promote"), "{asked:?}");
    assert!(asked[1].ends_with(" RollBack"), "{asked:?}");
    assert!(asked[1].contains("max_denials: Some(3)"), "{asked:?}");
}

#[tokio::test]
async fn it_is_promoted_or_ended_and_versions_change_places() {
    let client = Client::new();
    client.json("POST", "/strategies/ema/canary", BODY).await;
    let path = "/strategies/ema/canary/promote";
    let body = r#"{"probation":{"for_ns":"5","max_faults":1}}"#;
    let expect = [
        ("/probation/max_faults", json!(1)),
        ("/probation/canary", json!(null)),
    ];
    client.json("POST", path, body).await.check(200, &expect);
    let answer = client.bare("POST", path).await;
    answer.check(200, &[("/probation", json!(null))]);
    let answer = client.bare("DELETE", "/strategies/ema/canary").await;
    answer.check(200, &[("/last_roll_back/sequence", json!(77))]);
    let answer = client.bare("POST", "/strategies/ema/flip").await;
    answer.check(200, &[("/name", json!("ema"))]);
    let asked = client.host.asked();
    assert!(asked[1].contains("max_faults: 1"), "{asked:?}");
    let expect = ["promote canary ema None", "end canary ema", "flip ema"];
    assert_eq!(asked[2..], expect);
}

#[tokio::test]
async fn a_promotion_that_means_another_version_is_refused() {
    let client = Client::new();
    client.json("POST", "/strategies/ema/canary", BODY).await;
    let path = "/strategies/ema/canary/promote";
    let named = |hash: &str| json!({ "plugin": hash }).to_string();
    let other = client.json("POST", path, &named(&"cd".repeat(32))).await;
    other.check_problem(409, "CONFLICT", None);
    let short = client.json("POST", path, &named("abababab")).await;
    short.check_problem(400, "INVALID_FIELD", Some("/plugin"));
    assert_eq!(client.host.asked().len(), 1);
    let meant = format!("sha256:{}", "ab".repeat(32));
    client
        .json("POST", path, &named(&meant))
        .await
        .check(200, &[]);
}

#[tokio::test]
async fn bad_requests_name_the_field() {
    let client = Client::new();
    let check = async |body: &str, field: &str| {
        let answer = client.json("POST", "/strategies/ema/canary", body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    let probation = r#""probation":{"for_ns":"5"}"#;
    let with = |rest: &str| format!(r#"{{"instruments":["BTC/USD.SIM"],{probation},{rest}}}"#);
    check(&format!("{{{probation}}}"), "/instruments").await;
    check(r#"{"instruments":["BTC/USD.SIM"]}"#, "/probation").await;
    check(
        r#"{"instruments":["BTC/USD.SIM"],"probation":{"for_ns":5}}"#,
        "/probation/for_ns",
    )
    .await;
    check(&with(r#""when_over":"stay""#), "/when_over").await;
    check(&with(r#""state":"warm""#), "/state").await;
    check(&with(r#""share":0.1"#), "/share").await;
    let query = async |query: &str, field: &str| {
        let path = format!("/strategies/ema/canary?{query}");
        let answer = client
            .typed("POST", &path, "application/wasm", vec![0])
            .await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    let lacking = async |query: &str, field: &str| {
        let path = format!("/strategies/ema/canary?{query}");
        let answer = client
            .typed("POST", &path, "application/wasm", vec![0])
            .await;
        answer.check_problem(422, "FIELDS_DISAGREE", Some(field));
    };
    lacking("instruments=BTC/USD.SIM", "/probation/for_ns").await;
    lacking("probation.for_ns=5", "/instruments").await;
    lacking("probation.for_ns=5&instruments=,", "/instruments").await;
    query("probation.for_ns=5&when_over=stay", "/when_over").await;
    let all = "instruments=BTC/USD.SIM&probation.for_ns=5&speed=1";
    query(all, "/speed").await;
    assert_eq!(client.host.asked(), Vec::<String>::new());
    let path = "/strategies/ema/canary/promote";
    let answer = client.typed("POST", path, "text/plain", vec![1]).await;
    answer.check_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_cannot_be_is_a_conflict() {
    let client = Client::new();
    let answer = client.json("POST", "/strategies/none/canary", BODY).await;
    answer.check_problem(404, "NOT_FOUND", None);
    let reason = "the strategy has no canary".to_owned();
    client.host.fail_with(HostError::Conflict(reason));
    for (method, path) in [
        ("DELETE", "/strategies/ema/canary"),
        ("POST", "/strategies/ema/canary/promote"),
        ("POST", "/strategies/ema/flip"),
    ] {
        let answer = client.bare(method, path).await;
        answer.check_problem(409, "CONFLICT", None);
    }
}
