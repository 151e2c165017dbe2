//! Orders for algorithms, and custom rules, over REST.

use crate::fake::order;
use crate::rest_client::Client;
use model::{AlgorithmId, Order, OrderChange, OrderId, OrderStatus};
use serde_json::json;

#[tokio::test]
async fn an_order_for_an_algorithm_shows_it_and_its_parts() {
    let client = Client::new();
    let body = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"LIMIT","quantity":"1000","price":"1.1",
        "algorithm":{"name":"twap","parameters":{"slices":4,"style":"passive"}}}"#;
    let answer = client.json("POST", "/orders", body).await;
    let expect = [
        ("/algorithm", json!("twap")),
        ("/parent_order", json!(null)),
    ];
    answer.check(201, &expect);
    let asked = client.host.asked();
    assert!(
        asked[0].contains(r#"("slices", "4"), ("style", "passive")"#),
        "{asked:?}"
    );
    let parent = OrderId::derive(100, 0).unwrap();
    let child = Order {
        parent: Some(parent),
        ..order(OrderId::derive(101, 0).unwrap(), OrderStatus::Accepted)
    };
    client
        .host
        .publish(crate::fake::order_change(child, OrderChange::Accepted));
    let expect = [("/children", json!(["101-0"]))];
    client.get("/orders/100-0").await.check(200, &expect);
    let expect = [("/parent_order", json!("100-0"))];
    client.get("/orders/101-0").await.check(200, &expect);
    let unnamed = Order {
        algorithm: Some(AlgorithmId::new(9)),
        ..child
    };
    client
        .host
        .publish(crate::fake::order_change(unnamed, OrderChange::Accepted));
    client
        .get("/orders/101-0")
        .await
        .check(200, &[("/algorithm", json!("#9"))]);
}

#[tokio::test]
async fn algorithms_are_listed_with_their_parameters() {
    let expect = [
        ("/0/name", json!("twap")),
        ("/0/parameters", json!({"slices": "10"})),
    ];
    Client::new().get("/algorithms").await.check(200, &expect);
}

#[tokio::test]
async fn a_rule_is_set_listed_and_removed() {
    let client = Client::new();
    let body = r#"{"scope":"strategy/manual","plugin":"ten.wasm","parameters":{"most":10}}"#;
    let expect = [
        ("/name", json!("ten")),
        ("/scope", json!("strategy/manual")),
        ("/parameters", json!({"most": "10"})),
    ];
    client
        .json("PUT", "/risk/rules/ten", body)
        .await
        .check(200, &expect);
    client
        .get("/risk/rules")
        .await
        .check(200, &[("/0/name", json!("ten"))]);
    let answer = client.bare("DELETE", "/risk/rules/ten").await;
    assert_eq!(answer.status, 204);
    client
        .get("/risk/rules")
        .await
        .check(200, &[("", json!([]))]);
    let answer = client.bare("DELETE", "/risk/rules/ten").await;
    answer.check_problem(404, "NOT_FOUND", None);
}

#[tokio::test]
async fn bad_rules_and_calls_name_the_field() {
    let client = Client::new();
    let check = async |body: &str, field: &str| {
        let answer = client.json("PUT", "/risk/rules/ten", body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    check(r#"{"scope":"everybody","plugin":"ten.wasm"}"#, "/scope").await;
    check(
        r#"{"scope":"instrument/EUR/USD.SIM","plugin":"ten.wasm"}"#,
        "/scope",
    )
    .await;
    check(r#"{"scope":"firm"}"#, "/plugin").await;
    check(r#"{"scope":"firm","plugin":"a","since":1}"#, "/since").await;
    let body = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1000",
        "algorithm":{"parameters":{}}}"#;
    let answer = client.json("POST", "/orders", body).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/algorithm/name"));
}
