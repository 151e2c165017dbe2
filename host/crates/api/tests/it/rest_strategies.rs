//! Loading, commanding and swapping strategies.

use crate::rest_client::Client;
use serde_json::{Value, json};
use services::handle::HostError;

#[tokio::test]
async fn strategies_are_listed_with_plugin_log_and_faults() {
    let client = Client::new();
    let expect = [
        ("/name", json!("ema")),
        ("/state", json!("RUNNING")),
        ("/plugin/name", json!("ema-cross")),
        ("/plugin/hash", json!("ab".repeat(32))),
        ("/plugin/parameters", json!({"fast": "10", "slow": "20"})),
        ("/fault_count", json!(1)),
        ("/last_fault/kind", json!("OUT_OF_FUEL")),
    ];
    client.get("/strategies/ema").await.check(200, &expect);
    let expect = [
        ("/0/text", json!("<b>second</b>")),
        ("/1/level", json!("INFO")),
    ];
    client.get("/strategies/ema/log").await.check(200, &expect);
    client
        .get("/strategies/ema/faults")
        .await
        .check(200, &[("/0/sequence", json!(12))]);
    client
        .get("/strategies")
        .await
        .check(200, &[("/1/manual", json!(true))]);
}

#[tokio::test]
async fn commands_change_the_state() {
    let client = Client::new();
    for (command, state) in [
        ("pause", "PAUSED"),
        ("resume", "RUNNING"),
        ("stop", "STOPPED"),
        ("start", "RUNNING"),
    ] {
        let answer = client
            .bare("POST", &format!("/strategies/ema/{command}"))
            .await;
        answer.check(200, &[("/state", json!(state))]);
    }
    assert_eq!(
        client.host.asked(),
        ["Pause ema", "Resume ema", "Stop ema", "Start ema"]
    );
}

#[tokio::test]
async fn a_strategy_is_loaded_by_path() {
    let client = Client::new();
    let body = r#"{"name":"mean reversion","account":"paper","plugin":"rsi.wasm","start":true,
        "parameters":{"period":14,"level":"30.5","both":true},"on_fault":"keep"}"#;
    let answer = client.json("POST", "/strategies", body).await;
    answer.check(201, &[("/name", json!("mean reversion"))]);
    assert_eq!(
        answer.headers["location"],
        "/api/v1/strategies/mean%20reversion"
    );
    let expect = r#"load mean reversion rsi.wasm Some("paper") {"both": "true", "level": "30.5", "period": "14"} Keep start=true"#;
    assert_eq!(client.host.asked(), [expect]);
}

#[tokio::test]
async fn a_strategy_is_loaded_by_its_bytes() {
    let client = Client::new();
    let path = "/strategies?name=rsi&start=true&param.period=14&on_fault=cancel";
    let answer = client
        .typed("POST", path, "application/wasm", vec![0; 70_000])
        .await;
    answer.check(201, &[("/name", json!("rsi"))]);
    let expect = r#"load rsi 70000 bytes None {"period": "14"} Cancel start=true"#;
    assert_eq!(client.host.asked(), [expect]);
}

#[tokio::test]
async fn a_swap_reports_where_it_switched() {
    let client = Client::new();
    let body = r#"{"plugin":"ema2.wasm","parameters":{"fast":"5"}}"#;
    let expect = [
        ("/strategy/plugin/version", json!("1.1.0")),
        ("/begun_at", json!(100)),
        ("/committed_at", json!(105)),
        ("/caught_up", json!(4)),
        ("/switch_ns", json!("12345")),
    ];
    client
        .json("POST", "/strategies/ema/swap", body)
        .await
        .check(200, &expect);
    let path = "/strategies/ema/swap?param.slow=50";
    client
        .typed("POST", path, "application/wasm", vec![0; 9])
        .await
        .check(200, &expect);
    let path = "/strategies/ema/parameters";
    let answer = client
        .json("PUT", path, r#"{"parameters":{"fast":7}}"#)
        .await;
    answer.check(
        200,
        &[("/strategy/plugin/parameters", json!({"fast": "7"}))],
    );
    let expect = [
        r#"swap ema Some("ema2.wasm") {"fast": "5"} SwapTerms { hand_over: Carry, probation: None }"#,
        r#"swap ema Some("9 bytes") {"slow": "50"} SwapTerms { hand_over: Carry, probation: None }"#,
        r#"swap ema None {"fast": "7"} SwapTerms { hand_over: Carry, probation: None }"#,
    ];
    assert_eq!(client.host.asked(), expect);
}

#[tokio::test]
async fn beside_json_there_is_no_query() {
    let client = Client::new();
    for path in [
        "/strategies",
        "/strategies/ema/swap",
        "/strategies/ema/shadow",
    ] {
        let path = format!("{path}?param.fast=3");
        let answer = client.json("POST", &path, "{}").await;
        answer.check_problem(422, "FIELDS_DISAGREE", Some("/param/fast"));
    }
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_swap_may_start_what_does_not_run() {
    let client = Client::new();
    let path = "/strategies/ema/swap";
    let body = r#"{"plugin":"ema2.wasm","start":true,"state":"FRESH"}"#;
    client.json("POST", path, body).await.check(200, &[]);
    let path = "/strategies/ema/swap?start=true";
    client
        .typed("POST", path, "application/wasm", vec![0; 9])
        .await
        .check(200, &[]);
    let expect = [
        r#"swap ema Some("ema2.wasm") {} SwapTerms { hand_over: Fresh, probation: None }, started"#,
        r#"swap ema Some("9 bytes") {} SwapTerms { hand_over: Carry, probation: None }, started"#,
    ];
    assert_eq!(client.host.asked(), expect);
    let path = "/strategies/ema/swap?start=perhaps";
    let answer = client
        .typed("POST", path, "application/wasm", vec![0; 9])
        .await;
    answer.check_problem(400, "INVALID_FIELD", Some("/start"));
}

#[tokio::test]
async fn a_refused_plugin_names_its_stage() {
    let client = Client::new();
    client.host.fail_with(HostError::Plugin {
        stage: "imports",
        reason: "`wasi:io/poll` is not offered to strategies".into(),
    });
    let answer = client
        .typed("POST", "/strategies/ema/swap", "application/wasm", vec![0])
        .await;
    answer.check_problem(422, "PLUGIN_REFUSED", None);
    answer.check(422, &[("/stage", json!("imports"))]);
}

#[tokio::test]
async fn failures_of_the_host_have_their_own_status() {
    let check = async |failure: HostError, status: u16, code: &str, field: Option<&str>| {
        let client = Client::new();
        client.host.fail_with(failure);
        let answer = client.bare("POST", "/strategies/ema/pause").await;
        answer.check_problem(status, code, field);
        answer.headers.get("retry-after").cloned()
    };
    let conflict = HostError::Conflict("it is not running".into());
    check(conflict, 409, "CONFLICT", None).await;
    let invalid = HostError::Invalid {
        field: "parameters.fast",
        reason: "must be above 0".into(),
    };
    check(invalid, 400, "INVALID_FIELD", Some("/parameters/fast")).await;
    let disagrees = HostError::Disagrees {
        field: "probation",
        reason: "there is no version to go back to".into(),
    };
    check(disagrees, 422, "FIELDS_DISAGREE", Some("/probation")).await;
    check(HostError::Stopped, 503, "NOT_RUNNING", None).await;
    let retry = check(HostError::Busy, 503, "BUSY", None).await;
    assert_eq!(retry.unwrap(), "1");
}

#[tokio::test]
async fn unknown_strategies_are_not_found() {
    let client = Client::new();
    for (method, path) in [
        ("GET", "/strategies/none"),
        ("GET", "/strategies/none/log"),
        ("GET", "/strategies/none/faults"),
        ("POST", "/strategies/none/start"),
    ] {
        client
            .bare(method, path)
            .await
            .check_problem(404, "NOT_FOUND", None);
    }
    let answer = client.json("POST", "/strategies/none/swap", "{}").await;
    answer.check_problem(404, "NOT_FOUND", None);
}

#[tokio::test]
async fn bad_loading_requests_name_the_field() {
    let client = Client::new();
    let check = async |body: &str, field: &str| {
        let answer = client.json("POST", "/strategies", body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    check(r#"{"plugin":"a.wasm"}"#, "/name").await;
    check(r#"{"name":"a"}"#, "/plugin").await;
    check(
        r#"{"name":"a","plugin":"a.wasm","parameters":{"x":[1]}}"#,
        "/parameters/x",
    )
    .await;
    check(
        r#"{"name":"a","plugin":"a.wasm","on_fault":"explode"}"#,
        "/on_fault",
    )
    .await;
    check(r#"{"name":"a","plugin":"a.wasm","speed":1}"#, "/speed").await;
    let query = async |query: &str, field: &str| {
        let path = format!("/strategies{query}");
        let answer = client
            .typed("POST", &path, "application/wasm", vec![0])
            .await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    query("?name=a&start=perhaps", "/start").await;
    query("?name=a&on_fault=explode", "/on_fault").await;
    query("?name=a&speed=1", "/speed").await;
    query("?name=a&name=b", "/name").await;
    let nameless = client
        .typed(
            "POST",
            "/strategies?start=true",
            "application/wasm",
            vec![0],
        )
        .await;
    nameless.check_problem(422, "FIELDS_DISAGREE", Some("/name"));
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_of_other_types_and_sizes_are_refused() {
    let client = Client::new();
    let answer = client
        .typed("POST", "/strategies/ema/swap", "text/plain", vec![0])
        .await;
    answer.check_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
    let answer = client.bare("POST", "/strategies").await;
    answer.check_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
    let large = vec![0; (32 << 20) + 1];
    let answer = client
        .typed("POST", "/strategies/ema/swap", "application/wasm", large)
        .await;
    answer.check_problem(413, "PAYLOAD_TOO_LARGE", None);
    let large = vec![b' '; (64 << 10) + 1];
    let answer = client
        .typed("POST", "/strategies", "application/json", large)
        .await;
    answer.check_problem(413, "PAYLOAD_TOO_LARGE", None);
    let list: Value = client.get("/strategies").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_strategy_is_told_something_once_for_each_id() {
    let client = Client::new();
    let body = r#"{"id":"7","name":"buy","values":{"quantity":"1000","note":"a b"}}"#;
    for (status, duplicate) in [(201, false), (200, true)] {
        let answer = client.json("POST", "/strategies/ema/signals", body).await;
        let expect = [
            ("/id", json!("7")),
            ("/strategy", json!("ema")),
            ("/signal", json!("buy")),
            ("/duplicate", json!(duplicate)),
        ];
        answer.check(status, &expect);
    }
    let asked = client.host.asked();
    assert_eq!(asked[0], "signal api:7 buy note=a b quantity=1000 to ema");
}

#[tokio::test]
async fn what_is_no_signal_is_refused_by_its_field() {
    let client = Client::new();
    let long = format!(r#"{{"id":"{}","name":"buy"}}"#, "x".repeat(129));
    for (body, field) in [
        (r#"{"id":"","name":"buy"}"#, "/id"),
        (long.as_str(), "/id"),
        (r#"{"id":"7","name":"a b"}"#, "/name"),
        (r#"{"id":"7","name":"buy","values":{"é":"1"}}"#, "/values"),
        (r#"{"id":"7","name":"buy","side":"buy"}"#, "/side"),
    ] {
        let answer = client.json("POST", "/strategies/ema/signals", body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    }
    let body = r#"{"id":"7","name":"buy"}"#;
    let answer = client
        .json("POST", "/strategies/nobody/signals", body)
        .await;
    answer.check_problem(404, "NOT_FOUND", None);
    assert_eq!(client.host.asked(), Vec::<String>::new());
    client
        .host
        .fail_with(HostError::Conflict("PAUSED".to_owned()));
    let answer = client.json("POST", "/strategies/ema/signals", body).await;
    answer.check_problem(409, "CONFLICT", None);
}
