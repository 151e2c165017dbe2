//! Every route that reads or trades, with input as it should be.

use crate::fake::{EURUSD, order, order_change, quote};
use crate::rest_client::Client;
use model::{DenyCode, OrderChange, OrderId, OrderStatus};
use serde_json::{Value, json};
use services::view::{Change, EngineState};

#[tokio::test]
async fn engine_and_health_show_where_the_host_is() {
    let client = Client::new();
    let expect = [
        ("/state", json!("RUNNING")),
        ("/trading_state", json!("ACTIVE")),
        ("/killed", json!(false)),
        ("/sequence", json!(17)),
        ("/time", json!("2024-01-01T00:00:00.000000000Z")),
        ("/time_ns", json!("1704067200000000000")),
    ];
    client.get("/engine").await.check(200, &expect);
    client
        .get("/health")
        .await
        .check(200, &[("/status", json!("UP"))]);
    client.host.set_state(EngineState::Error);
    let expect = [
        ("/status", json!("DOWN")),
        ("/engine_state", json!("ERROR")),
    ];
    client.get("/health").await.check(503, &expect);
}

#[tokio::test]
async fn trading_state_and_kill_latch_are_set() {
    let client = Client::new();
    let answer = client
        .json("POST", "/engine/trading-state", r#"{"state":"REDUCING"}"#)
        .await;
    answer.check(200, &[("/trading_state", json!("REDUCING"))]);
    let answer = client.json("POST", "/engine/kill", r#"{"set":true}"#).await;
    answer.check(200, &[("/killed", json!(true))]);
    assert_eq!(client.host.asked(), ["trading state Reducing", "kill true"]);
}

#[tokio::test]
async fn instruments_are_found_by_plain_and_encoded_symbols() {
    let client = Client::new();
    let expect = [
        ("/symbol", json!("EUR/USD.SIM")),
        ("/class", json!("FX_PAIR")),
        ("/base", json!("EUR")),
        ("/quote_currency", json!("USD")),
        ("/tick", json!("0.00001")),
        ("/quote/bid", json!("1.10000")),
        ("/quote/ask_size", Value::Null),
        ("/margin/initial", json!("0.02")),
        ("/fees/min_per_order", json!("0")),
        ("/fees/max_per_order", Value::Null),
        ("/fees/max_share", json!("0.01")),
        ("/fees/tiers/0/from", json!("1000000")),
        ("/fees/tiers/0/maker", json!("-0.0001")),
    ];
    for path in ["/instruments/EUR/USD.SIM", "/instruments/EUR%2FUSD%2ESIM"] {
        client.get(path).await.check(200, &expect);
    }
    let list = client.get("/instruments").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn venues_show_their_models() {
    let client = Client::new();
    let expect = [
        ("/0/name", json!("SIM")),
        ("/0/fill/model", json!("PROBABLE")),
        ("/0/fill/touch_fill_chance", json!("0.4")),
        ("/0/fill/slip_chance", json!("0")),
        ("/0/fee/model", json!("house")),
        ("/0/latency/model", json!("DRAWN")),
        ("/0/latency/insert/constant_ns", json!("2000000")),
        ("/0/latency/insert/drawn", Value::Null),
        ("/0/latency/feed/drawn/median_ns", json!("5")),
        ("/0/latency/feed/drawn/most_ns", json!("90")),
        ("/0/lacks", json!(["STOP_MARKET"])),
        ("/0/self_match", json!("CANCEL_OLDEST")),
    ];
    client.get("/venues").await.check(200, &expect);
}

#[tokio::test]
async fn orders_are_listed_by_strategy_instrument_and_status() {
    let client = Client::new();
    let id = OrderId::derive(8, 0).unwrap();
    let closed = order(id, OrderStatus::Canceled);
    client
        .host
        .publish(order_change(closed, OrderChange::Canceled));
    let ids = async |query: &str| -> Vec<String> {
        let list = client.get(&format!("/orders{query}")).await.json();
        let id = |order: &Value| order["id"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(id).collect()
    };
    assert_eq!(ids("").await, ["8-0", "9-0"]);
    assert_eq!(ids("?status=open&strategy=ema").await, ["9-0"]);
    assert_eq!(
        ids("?status=closed&instrument=EUR%2FUSD.SIM").await,
        ["8-0"]
    );
    assert_eq!(ids("?limit=1").await, ["8-0"]);
    assert_eq!(ids("?instrument=BTC/USD.SIM").await, Vec::<String>::new());
    assert_eq!(ids("?strategy=manual").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_order_shows_exact_decimals() {
    let client = Client::new();
    let expect = [
        ("/strategy", json!("ema")),
        ("/account", json!("paper")),
        ("/side", json!("BUY")),
        ("/type", json!("LIMIT")),
        ("/price", json!("1.09000")),
        ("/quantity", json!("100000")),
        ("/filled", json!("40000")),
        ("/remaining", json!("60000")),
        ("/average_price", json!("1.09000")),
        ("/time_in_force", json!("GTC")),
        ("/status", json!("ACCEPTED")),
        ("/expires", Value::Null),
        ("/deny_code", Value::Null),
    ];
    client.get("/orders/9-0").await.check(200, &expect);
}

#[tokio::test]
async fn an_order_is_placed_and_cancelled() {
    let client = Client::new();
    let body = r#"{"instrument":"BTC/USD.SIM","side":"SELL","type":"LIMIT","quantity":"0.5",
        "price":"42000.10","time_in_force":"DAY","strategy":"manual","intent":7}"#;
    let answer = client.json("POST", "/orders", body).await;
    let expect = [
        ("/status", json!("ACCEPTED")),
        ("/price", json!("42000.10")),
        ("/quantity", json!("0.500")),
        ("/time_in_force", json!("DAY")),
    ];
    answer.check(201, &expect);
    assert_eq!(answer.headers["location"], "/api/v1/orders/100-0");
    assert!(
        client.host.asked()[0].contains("intent: 7"),
        "{:?}",
        client.host.asked()
    );
    let answer = client.bare("DELETE", "/orders/100-0").await;
    answer.check(202, &[("/status", json!("CANCELED"))]);
}

#[tokio::test]
async fn an_order_is_changed() {
    let client = Client::new();
    let body = r#"{"price":"1.08","quantity":"90000"}"#;
    let answer = client.json("PATCH", "/orders/9-0", body).await;
    answer.check(
        202,
        &[("/price", json!("1.08000")), ("/quantity", json!("90000"))],
    );
    let asked = client.host.asked();
    assert!(
        asked[0].starts_with("modify") && asked[0].contains("trigger: None"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn everything_that_was_asked_for_reaches_the_host_and_comes_back() {
    let client = Client::new();
    let body = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"STOP_LIMIT","quantity":"1000",
        "trigger":"1.1","trigger_by":"LAST","price":"1.2","time_in_force":"GTD",
        "expires":"2026-01-02T00:00:00Z","post_only":true,"reduce_only":true,"display":"100",
        "tag":"entry","hold":{"trigger":"1.05"}}"#;
    let answer = client.json("POST", "/orders", body).await;
    let expect = [
        ("/type", json!("STOP_LIMIT")),
        ("/trigger", json!("1.10000")),
        ("/trigger_by", json!("LAST")),
        ("/trigger_now", json!("1.10000")),
        ("/price", json!("1.20000")),
        ("/time_in_force", json!("GTD")),
        ("/expires", json!("2026-01-02T00:00:00.000000000Z")),
        ("/expires_ns", json!("1767312000000000000")),
        ("/post_only", json!(true)),
        ("/reduce_only", json!(true)),
        ("/quote_quantity", json!(false)),
        ("/display", json!("100")),
        ("/tag", json!("entry")),
        ("/hold/trigger", json!("1.05000")),
        ("/hold/trigger_by", json!("BID_ASK")),
        ("/trail", Value::Null),
        ("/list", Value::Null),
        ("/pending", Value::Null),
    ];
    answer.check(201, &expect);
}

#[tokio::test]
async fn market_and_stop_orders_need_no_more_than_their_prices() {
    let client = Client::new();
    let body = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1000"}"#;
    let expect = [("/type", json!("MARKET")), ("/time_in_force", json!("GTC"))];
    client
        .json("POST", "/orders", body)
        .await
        .check(201, &expect);
    let body = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"STOP_MARKET",
        "quantity":"1000","trigger":"1.2"}"#;
    let expect = [
        ("/type", json!("STOP_MARKET")),
        ("/trigger", json!("1.20000")),
    ];
    client
        .json("POST", "/orders", body)
        .await
        .check(201, &expect);
}

#[tokio::test]
async fn a_denied_order_is_an_answer_with_its_code() {
    let client = Client::new();
    let body = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1"}"#;
    let expect = [
        ("/status", json!("DENIED")),
        ("/deny_code", json!("P05")),
        ("/deny_reason", json!(DenyCode::Quantity.reason())),
    ];
    client
        .json("POST", "/orders", body)
        .await
        .check(201, &expect);
    client.get("/orders/100-0").await.check(200, &expect);
}

#[tokio::test]
async fn fills_positions_and_accounts_are_listed() {
    let client = Client::new();
    let expect = [
        ("/0/execution", json!("1")),
        ("/0/order", json!("9-0")),
        ("/0/price", json!("1.09000")),
        ("/0/fee", json!("0.8")),
        ("/0/fee_currency", json!("USD")),
        ("/0/liquidity", json!("MAKER")),
    ];
    client
        .get("/fills?strategy=ema&limit=5")
        .await
        .check(200, &expect);
    let expect = [
        ("/0/side", json!("LONG")),
        ("/0/quantity", json!("100000")),
        ("/0/average_price", json!("1.09000")),
        ("/0/realized", json!("12.5")),
        ("/0/unrealized", json!("1000")),
        ("/0/currency", json!("USD")),
    ];
    client
        .get("/positions?instrument=EUR/USD.SIM")
        .await
        .check(200, &expect);
    let expect = [
        ("/name", json!("paper")),
        ("/type", json!("MARGIN")),
        ("/leverage", json!("10")),
        ("/base_currency", json!("USD")),
        ("/balances/0/free", json!("997820")),
    ];
    client.get("/account").await.check(200, &expect);
    client
        .get("/accounts")
        .await
        .check(200, &[("/0/venue", json!("SIM"))]);
}

#[tokio::test]
async fn a_new_quote_shows_in_the_instrument() {
    let client = Client::new();
    client.host.publish(Change::Quote(quote(EURUSD, "1.23456")));
    let answer = client.get("/instruments/EUR/USD.SIM").await;
    answer.check(
        200,
        &[
            ("/quote/bid", json!("1.23456")),
            ("/quote/ask", json!("1.23466")),
        ],
    );
}
