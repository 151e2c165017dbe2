//! Controls, limits, states and kills, against the table and against the real host.

use crate::real_host::Stand;
use crate::rest_client::Client;
use serde_json::{Value, json};

#[tokio::test]
async fn controls_are_listed_by_code_with_what_they_denied() {
    let client = Client::new();
    let expect = [
        ("/0/code", json!("P01")),
        ("/0/name", json!("trading state")),
        ("/28/code", json!("P29")),
        ("/28/metric", json!("denied_latch")),
        ("/28/denied", json!(29)),
    ];
    let answer = client.get("/risk/controls").await;
    answer.check(200, &expect);
    assert_eq!(answer.json().as_array().unwrap().len(), 30);
}

#[tokio::test]
async fn limits_of_every_scope_are_replaced_as_a_whole() {
    let client = Client::new();
    let accounts = client.get("/accounts").await.json();
    let account = format!("account/{}", accounts[0]["name"].as_str().unwrap());
    for scope in ["firm", &account, "strategy/ema", "instrument/EUR/USD.SIM"] {
        let path = format!("/risk/limits/{scope}");
        let body = r#"{"max_position":"5000","price":{"max_distance":"0.05"}}"#;
        let expect = [
            ("/scope", json!(scope)),
            ("/limits/max_position", json!("5000")),
            ("/limits/price/max_distance", json!("0.05")),
            ("/limits/loss/max_daily", Value::Null),
            ("/limits/max_open_orders", json!(1000)),
        ];
        client.json("PUT", &path, body).await.check(200, &expect);
        client.get(&path).await.check(200, &expect);
        let expect = [("/limits/max_position", Value::Null)];
        client.json("PUT", &path, "{}").await.check(200, &expect);
    }
}

#[tokio::test]
async fn bad_limits_name_the_field() {
    let client = Client::new();
    let check = async |scope: &str, body: &str, field: &str| {
        let path = format!("/risk/limits/{scope}");
        let answer = client.json("PUT", &path, body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    check("firm", r#"{"loss":{"max_daily":5}}"#, "/loss/max_daily").await;
    check("firm", r#"{"loss":{"max_daily":"-5"}}"#, "/loss/max_daily").await;
    check("firm", r#"{"loss":{"max_dayly":"5"}}"#, "/loss/max_dayly").await;
    check("firm", r#"{"loss":["5"]}"#, "/loss").await;
    check("firm", r#"{"max_position":"1e3"}"#, "/max_position").await;
    check("firm", r#"{"max_open_orders":-1}"#, "/max_open_orders").await;
    let together = async |scope: &str, body: &str, field: &str| {
        let path = format!("/risk/limits/{scope}");
        let answer = client.json("PUT", &path, body).await;
        answer.check_problem(422, "FIELDS_DISAGREE", Some(field));
    };
    together(
        "firm",
        r#"{"price":{"max_drift":"0.1"}}"#,
        "/price/drift_window",
    )
    .await;
    together(
        "instrument/EUR/USD.SIM",
        r#"{"exposure":{"max_net":"1"}}"#,
        "/exposure/max_net",
    )
    .await;
}

#[tokio::test]
async fn scopes_that_do_not_exist_are_not_found() {
    let client = Client::new();
    for scope in ["desk", "account/none", "strategy/none", "instrument/none"] {
        let path = format!("/risk/limits/{scope}");
        let not_found = |answer: crate::rest_client::Answer| {
            answer.check_problem(404, "NOT_FOUND", None);
        };
        not_found(client.get(&path).await);
        not_found(client.json("PUT", &path, "{}").await);
        let path = format!("/risk/states/{scope}");
        not_found(client.json("PUT", &path, r#"{"state":"HALTED"}"#).await);
        not_found(client.bare("DELETE", &format!("/risk/kill/{scope}")).await);
        let body = json!({ "scope": scope }).to_string();
        let answer = client.json("POST", "/risk/kill", &body).await;
        answer.check_problem(400, "INVALID_FIELD", Some("/scope"));
    }
}

#[tokio::test]
async fn states_and_kills_are_set_and_cleared() {
    let client = Client::new();
    let reducing = r#"{"state":"REDUCING"}"#;
    let answer = client
        .json("PUT", "/risk/states/strategy/ema", reducing)
        .await;
    answer.check(200, &[("/state", json!("REDUCING"))]);
    let answer = client
        .json("PUT", "/risk/states/firm", r#"{"state":"OPEN"}"#)
        .await;
    answer.check_problem(400, "INVALID_FIELD", Some("/state"));
    let body = r#"{"scope":"strategy/ema"}"#;
    let answer = client.json("POST", "/risk/kill", body).await;
    answer.check(200, &[("/killed", json!(true))]);
    let states = client.get("/risk/states").await.json();
    let states = states.as_array().unwrap();
    let ema = states.iter().find(|state| state["scope"] == "strategy/ema");
    assert_eq!(ema.unwrap()["killed"], true);
    assert_eq!(states[0]["scope"], "firm");
    let answer = client.bare("DELETE", "/risk/kill/strategy/ema").await;
    answer.check(200, &[("/killed", json!(false))]);
    let answer = client
        .json("PUT", "/risk/factors/firm", r#"{"factor":"0.5"}"#)
        .await;
    answer.check(200, &[("/factor", json!("0.5"))]);
    let answer = client.bare("DELETE", "/risk/repeats/ema").await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn what_an_account_may_be_short_is_located() {
    let client = Client::new();
    client
        .get("/risk/locates")
        .await
        .check(200, &[("", json!([]))]);
    let locate = |account: &str, instrument: &str, quantity: &str| {
        json!({ "account": account, "instrument": instrument, "quantity": quantity }).to_string()
    };
    let body = locate("paper", "EUR/USD.SIM", "2500");
    let answer = client.json("PUT", "/risk/locates", &body).await;
    let located = json!({ "account": "paper", "instrument": "EUR/USD.SIM", "quantity": "2500" });
    answer.check(200, &[("", located.clone())]);
    client
        .get("/risk/locates")
        .await
        .check(200, &[("/0", located)]);
    for (body, field) in [
        (locate("gone", "EUR/USD.SIM", "1"), "/account"),
        (locate("paper", "gone", "1"), "/instrument"),
        (locate("paper", "EUR/USD.SIM", "-1"), "/quantity"),
    ] {
        let answer = client.json("PUT", "/risk/locates", &body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    }
}

/// A limit order far below the market.
const RESTING: &str = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"LIMIT",
    "quantity":"1000","price":"1.0000"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_of_a_scope_denies_and_cancels_until_it_is_cleared() {
    let mut stand = Stand::new();
    stand.priced().await;
    for scope in [
        "firm",
        "account/paper",
        "strategy/manual",
        "instrument/EUR/USD.SIM",
    ] {
        let open = stand.send("POST", "/orders", RESTING).await;
        open.check(201, &[]);
        let id = open.json()["id"].as_str().unwrap().to_owned();
        let body = json!({ "scope": scope }).to_string();
        let answer = stand.send("POST", "/risk/kill", &body).await;
        answer.check(200, &[("/killed", json!(true)), ("/scope", json!(scope))]);
        let denied = stand.send("POST", "/orders", RESTING).await;
        let expect = [("/status", json!("DENIED")), ("/deny_code", json!("P29"))];
        denied.check(201, &expect);
        stand.priced().await;
        let path = format!("/orders/{id}");
        stand.until(&path, "/status", json!("CANCELED")).await;
        let path = format!("/risk/kill/{scope}");
        let answer = stand.send("DELETE", &path, "").await;
        answer.check(200, &[("/killed", json!(false))]);
    }
    let controls = stand.send("GET", "/risk/controls", "").await;
    controls.check(200, &[("/28/denied", json!(4))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_set_over_rest_bind_the_next_order() {
    let mut stand = Stand::new();
    stand.priced().await;
    let path = "/risk/limits/strategy/manual";
    let body = r#"{"max_order_quantity":"500"}"#;
    let answer = stand.send("PUT", path, body).await;
    answer.check(200, &[("/limits/max_order_quantity", json!("500"))]);
    let denied = stand.send("POST", "/orders", RESTING).await;
    denied.check(201, &[("/deny_code", json!("P10"))]);
    stand.send("PUT", path, "{}").await.check(200, &[]);
    let halted = r#"{"state":"HALTED"}"#;
    let answer = stand
        .send("PUT", "/risk/states/account/paper", halted)
        .await;
    answer.check(200, &[("/state", json!("HALTED"))]);
    let denied = stand.send("POST", "/orders", RESTING).await;
    denied.check(201, &[("/deny_code", json!("P01"))]);
    let factor = stand
        .send("PUT", "/risk/factors/firm", r#"{"factor":"1.5"}"#)
        .await;
    factor.check_problem(400, "INVALID_FIELD", Some("/factor"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalation_raises_an_alert_that_can_be_acknowledged() {
    let mut stand = Stand::new();
    stand.priced().await;
    let body = r#"{"exposure":{"max_gross":"1000000"},"escalation":{"warn":"0.0001"}}"#;
    stand
        .send("PUT", "/risk/limits/firm", body)
        .await
        .check(200, &[]);
    let open = stand.send("POST", "/orders", RESTING).await;
    open.check(201, &[]);
    stand.priced().await;
    stand
        .until("/risk/alerts", "/0/severity", json!("WARNING"))
        .await;
    let expect = [("/0/code", json!("P15")), ("/0/scope", json!("firm"))];
    stand
        .send("GET", "/risk/alerts", "")
        .await
        .check(200, &expect);
    let after = |id: &str| format!("/risk/alerts?after={id}");
    for (id, count) in [("1", 0), ("2", 1)] {
        let page = stand.send("GET", &after(id), "").await;
        assert_eq!(page.json().as_array().map(Vec::len), Some(count), "{id}");
    }
    let wrong = stand.send("GET", &after("x"), "").await;
    wrong.check_problem(400, "INVALID_FIELD", Some("/after"));
    let path = "/risk/alerts/1/acknowledge";
    let answer = stand.send("POST", path, r#"{"by":"anna"}"#).await;
    let expect = [
        ("/state", json!("ACKNOWLEDGED")),
        ("/acknowledged_by", json!("anna")),
    ];
    answer.check(200, &expect);
    let answer = stand.send("POST", path, r#"{"by":" "}"#).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/by"));
}
