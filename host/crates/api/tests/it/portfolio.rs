//! What is owned, in one look.

use crate::fake::{BTCUSD, position};
use crate::rest_client::Client;
use serde_json::{Value, json};
use services::view::{Change, PositionView};

#[tokio::test]
async fn a_portfolio_is_told_by_account_strategy_and_instrument() {
    let client = Client::new();
    // 100,000 EUR, bought for 109,000 USD, at 1.10005.
    let expect = [
        ("/time_ns", json!("1704067200000000000")),
        ("/sequence", json!(17)),
        ("/totals/0/currency", json!("USD")),
        ("/totals/0/cash", json!("1000000")),
        ("/totals/0/positions_value", json!("1005")),
        ("/totals/0/net_worth", json!("1001005")),
        ("/totals/0/gross_exposure", json!("110005")),
        ("/accounts/0/account", json!("paper")),
        ("/accounts/0/net_worth", json!("1001005")),
        ("/strategies/0/strategy", json!("ema")),
        ("/strategies/0/unrealized", json!("1005")),
        ("/strategies/0/realized", json!("12.5")),
        ("/strategies/0/fees", json!("0.8")),
        ("/strategies/0/unpriced", json!([])),
        ("/instruments/0/instrument", json!("EUR/USD.SIM")),
        ("/instruments/0/quantity", json!("100000")),
        ("/instruments/0/mark", json!("1.10005")),
        ("/instruments/0/net_exposure", json!("110005")),
    ];
    let answer = client.get("/portfolio").await;
    answer.check(200, &expect);
    let leverage = answer.json()["totals"][0]["leverage"].as_f64().unwrap();
    assert!(
        (leverage - 110_005.0 / 1_001_005.0).abs() < 1e-12,
        "{leverage}"
    );
}

#[tokio::test]
async fn what_has_no_price_is_named() {
    let client = Client::new();
    client.host.publish(Change::Position(PositionView {
        instrument: BTCUSD,
        ..position("2")
    }));
    let expect = [
        ("/accounts/0/cash", json!("1000000")),
        ("/accounts/0/net_worth", Value::Null),
        ("/accounts/0/leverage", Value::Null),
        ("/accounts/0/unpriced", json!(["BTC/USD.SIM"])),
        ("/accounts/0/unconverted", json!([])),
        ("/strategies/0/unrealized", Value::Null),
        ("/strategies/0/realized", json!("12.5")),
        ("/instruments/0/mark", Value::Null),
        ("/instruments/0/quantity", json!("2")),
    ];
    client.get("/portfolio").await.check(200, &expect);
}

#[tokio::test]
async fn performance_is_of_a_store_a_known_strategy_and_a_period() {
    let client = Client::new();
    let same = "from=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z";
    let same = format!("/performance?{same}");
    for (path, status, code, field) in [
        ("/performance", 404, "NO_STORE", None),
        ("/performance/ema", 404, "NO_STORE", None),
        ("/performance/nobody", 404, "NOT_FOUND", None),
        (same.as_str(), 422, "FIELDS_DISAGREE", Some("/until")),
        (
            "/performance/ema?from=yesterday",
            400,
            "INVALID_FIELD",
            Some("/from"),
        ),
        (
            "/performance?strategy=ema",
            400,
            "INVALID_FIELD",
            Some("/strategy"),
        ),
    ] {
        let answer = client.get(path).await;
        answer.check_problem(status, code, field);
    }
}

#[tokio::test]
async fn a_portfolio_takes_no_parameters() {
    let client = Client::new();
    let answer = client.get("/portfolio?account=paper").await;
    answer.check_problem(400, "INVALID_FIELD", Some("/account"));
}
