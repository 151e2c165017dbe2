//! Shadows: begun, looked at, ended, promoted. Versions on probation: sent back, kept.

use crate::rest_client::Client;
use serde_json::json;
use services::handle::HostError;

#[tokio::test]
async fn a_shadow_is_begun_by_path_or_by_bytes() {
    let client = Client::new();
    let body = r#"{"plugin":"ema2.wasm","parameters":{"fast":5},"state":"fresh",
        "tolerance_ns":"2000000000","force":true,"by":"anna"}"#;
    let answer = client.json("POST", "/strategies/ema/shadow", body).await;
    answer.check(201, &[("/state", json!("TRADING"))]);
    let path = "/strategies/ema/shadow?param.slow=50&state=carry&tolerance_ns=7&force=true";
    client
        .typed("POST", path, "application/wasm", vec![0; 70_000])
        .await
        .check(201, &[("/strategy", json!("ema"))]);
    client
        .json("POST", "/strategies/ema/shadow", "{}")
        .await
        .check(201, &[("/hand_over", json!("CARRY"))]);
    let expect = [
        r#"shadow ema Some("ema2.wasm, forced") {"fast": "5"} Fresh Some(Duration(2000000000))"#,
        r#"shadow ema Some("70000 bytes, forced") {"slow": "50"} Carry Some(Duration(7))"#,
        r#"shadow ema None {} Carry None"#,
    ];
    assert_eq!(client.host.asked(), expect);
    let shown = [
        ("/shadow/plugin/version", json!("2.0.0")),
        ("/shadow/since_ns", json!("1704067200000000000")),
    ];
    client.get("/strategies/ema").await.check(200, &shown);
}

#[tokio::test]
async fn its_report_has_both_sides_of_each_difference() {
    let client = Client::new();
    client.json("POST", "/strategies/ema/shadow", "{}").await;
    let expect = [
        ("/verdict", json!("1 difference")),
        ("/reason", json!(null)),
        ("/plugin/version", json!("2.0.0")),
        ("/matched", json!(1)),
        ("/other_terms", json!(1)),
        ("/tolerance_ns", json!("1000000000")),
        ("/waiting", json!(3)),
        ("/first/0/kind", json!("OTHER_TERMS")),
        ("/first/0/running/price", json!("1.09000")),
        ("/first/0/running/type", json!("LIMIT")),
        ("/first/0/running/instrument", json!("EUR/USD.SIM")),
        ("/first/0/shadow/price", json!("1.08000")),
        ("/first/0/shadow/deny_code", json!("P18")),
        ("/latest", json!([])),
        ("/running/orders", json!(2)),
        ("/running/profit/net", json!("9.25")),
        ("/running/profit/currency", json!("USD")),
        ("/running/positions/0/quantity", json!("-1000")),
        ("/running/handling/time_p99_ns", json!("2000")),
        ("/shadow/handling/fuel_p50", json!(120)),
        ("/shadow/profit", json!(null)),
    ];
    let answer = client.get("/strategies/ema/shadow").await;
    answer.check(200, &expect);
}

#[tokio::test]
async fn it_is_ended_or_promoted() {
    let client = Client::new();
    client.json("POST", "/strategies/ema/shadow", "{}").await;
    let answer = client.bare("DELETE", "/strategies/ema/shadow").await;
    let expect = [
        ("/state", json!("ENDED")),
        ("/reason", json!("ended by an operator")),
    ];
    answer.check(200, &expect);
    client.json("POST", "/strategies/ema/shadow", "{}").await;
    let answer = client.bare("POST", "/strategies/ema/shadow/promote").await;
    let expect = [
        ("/committed_at", json!(105)),
        ("/strategy/shadow", json!(null)),
    ];
    answer.check(200, &expect);
    assert_eq!(client.host.asked()[1], "end shadow ema");
    assert_eq!(client.host.asked()[3], "promote ema None");
    // `null` says as little as no body.
    client.json("POST", "/strategies/ema/shadow", "{}").await;
    let path = "/strategies/ema/shadow/promote";
    client.json("POST", path, "null").await.check(200, &expect);
    assert_eq!(client.host.asked()[5], "promote ema None");
}

#[tokio::test]
async fn bad_requests_name_the_field() {
    let client = Client::new();
    let check = async |body: &str, field: &str| {
        let answer = client.json("POST", "/strategies/ema/shadow", body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    check(r#"{"state":"warm"}"#, "/state").await;
    check(r#"{"tolerance_ns":5}"#, "/tolerance_ns").await;
    check(r#"{"tolerance_ns":"a second"}"#, "/tolerance_ns").await;
    check(r#"{"plugin":7}"#, "/plugin").await;
    check(r#"{"parameters":{"x":[1]}}"#, "/parameters/x").await;
    check(r#"{"speed":1}"#, "/speed").await;
    let query = async |query: &str, field: &str| {
        let path = format!("/strategies/ema/shadow{query}");
        let answer = client
            .typed("POST", &path, "application/wasm", vec![0])
            .await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    query("?state=warm", "/state").await;
    query("?tolerance_ns=-1", "/tolerance_ns").await;
    query("?speed=1", "/speed").await;
    assert_eq!(client.host.asked(), Vec::<String>::new());
    let answer = client.bare("POST", "/strategies/ema/shadow").await;
    answer.check_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_cannot_be_is_a_conflict() {
    let client = Client::new();
    for path in ["/strategies/none/shadow", "/strategies/ema/shadow"] {
        let answer = client.get(path).await;
        answer.check_problem(404, "NOT_FOUND", None);
    }
    let answer = client.json("POST", "/strategies/none/shadow", "{}").await;
    answer.check_problem(404, "NOT_FOUND", None);
    let reason = "`ema` has no shadow that trades".to_owned();
    client.host.fail_with(HostError::Conflict(reason));
    for (method, path) in [
        ("DELETE", "/strategies/ema/shadow"),
        ("POST", "/strategies/ema/shadow/promote"),
    ] {
        let answer = client.bare(method, path).await;
        answer.check_problem(409, "CONFLICT", None);
    }
}

#[tokio::test]
async fn a_version_is_put_on_probation_sent_back_or_kept() {
    let client = Client::new();
    let probation = r#"{"for_ns":"3600000000000","max_faults":1,"max_loss":"250.5"}"#;
    let body = format!(r#"{{"state":"fresh","probation":{probation}}}"#);
    client
        .json("POST", "/strategies/ema/swap", &body)
        .await
        .check(200, &[]);
    let path = "/strategies/ema/swap?probation.for_ns=5&probation.max_denials=3&param.fast=2";
    client
        .typed("POST", path, "application/wasm", vec![0; 9])
        .await
        .check(200, &[]);
    let body = format!(r#"{{"probation":{probation}}}"#);
    let path = "/strategies/ema/shadow/promote";
    let expect = [
        ("/strategy/probation/before/version", json!("1.0.0")),
        ("/strategy/probation/until_ns", json!("1704070800000000000")),
        ("/strategy/probation/max_faults", json!(1)),
        ("/strategy/probation/max_loss", json!("250.5")),
        ("/strategy/probation/max_denials", json!(null)),
    ];
    client.json("POST", path, &body).await.check(200, &expect);
    let expect = [
        ("/last_roll_back/reason", json!("asked for")),
        ("/last_roll_back/sequence", json!(77)),
        ("/last_roll_back/from/name", json!("ema-cross")),
    ];
    let answer = client.bare("POST", "/strategies/ema/rollback").await;
    answer.check(200, &expect);
    let answer = client.bare("DELETE", "/strategies/ema/probation").await;
    answer.check(200, &[("/probation", json!(null))]);
    let asked = client.host.asked();
    assert!(asked[0].contains("hand_over: Fresh"), "{asked:?}");
    assert!(asked[0].contains("max_faults: 1"), "{asked:?}");
    assert!(asked[1].contains("max_denials: Some(3)"), "{asked:?}");
    assert_eq!(asked[3..], ["roll back ema", "keep ema"]);
}

#[tokio::test]
async fn bad_probations_name_the_field() {
    let client = Client::new();
    let check = async |probation: &str, field: &str| {
        let body = format!(r#"{{"probation":{probation}}}"#);
        for path in ["/strategies/ema/swap", "/strategies/ema/shadow/promote"] {
            let answer = client.json("POST", path, &body).await;
            answer.check_problem(400, "INVALID_FIELD", Some(field));
        }
    };
    check("{}", "/probation/for_ns").await;
    check(r#"["5",0,null,null]"#, "/probation").await;
    check(r#"{"for_ns":5}"#, "/probation/for_ns").await;
    check(r#"{"for_ns":"5","max_faults":-1}"#, "/probation/max_faults").await;
    check(r#"{"for_ns":"5","max_loss":5}"#, "/probation/max_loss").await;
    check(r#"{"for_ns":"5","max_pain":5}"#, "/probation/max_pain").await;
    let query = async |query: &str, field: &str| {
        let path = format!("/strategies/ema/swap?{query}");
        let answer = client
            .typed("POST", &path, "application/wasm", vec![0])
            .await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    query("probation.for_ns=1h", "/probation/for_ns").await;
    let path = "/strategies/ema/swap?probation.max_loss=5";
    let endless = client
        .typed("POST", path, "application/wasm", vec![0])
        .await;
    endless.check_problem(422, "FIELDS_DISAGREE", Some("/probation/for_ns"));
    query(
        "probation.for_ns=5&probation.max_loss=much",
        "/probation/max_loss",
    )
    .await;
    assert_eq!(client.host.asked(), Vec::<String>::new());
    let answer = client
        .typed(
            "POST",
            "/strategies/ema/shadow/promote",
            "text/plain",
            vec![1],
        )
        .await;
    answer.check_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
}
