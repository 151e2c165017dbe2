//! What happens to instruments and to an account's money, through the API of the real host.

use crate::real_host::Stand;
use serde_json::{Value, json};

const EVENTS: &str = "/instruments/EUR/USD.SIM/events";

async fn holding() -> Stand {
    let mut stand = Stand::new();
    stand.priced().await;
    let order = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1000"}"#;
    stand.send("POST", "/orders", order).await.check(201, &[]);
    stand
        .until("/positions", "/0/quantity", json!("1000"))
        .await;
    stand
}

#[tokio::test]
async fn a_split_and_a_dividend_reach_positions_and_balances() {
    let stand = holding().await;
    let split = r#"{"event":"SPLIT","numerator":2,"denominator":1}"#;
    let answer = stand.send("POST", EVENTS, split).await;
    answer.check(200, &[("/symbol", json!("EUR/USD.SIM"))]);
    let positions = stand.send("GET", "/positions", "").await;
    positions.check(
        200,
        &[
            ("/0/quantity", json!("2000")),
            ("/0/change", json!("SPLIT")),
        ],
    );
    let dividend = r#"{"event":"DIVIDEND","amount":"0.05","currency":"USD"}"#;
    stand.send("POST", EVENTS, dividend).await.check(200, &[]);
    let account = stand.send("GET", "/account", "").await;
    let expect = [
        ("/balances/0/total", json!("100100")),
        ("/margin", Value::Null),
    ];
    account.check(200, &expect);
    let flows = stand.send("GET", "/cash-flows", "").await;
    let expect = [
        ("/0/reason", json!("DIVIDEND")),
        ("/0/amount", json!("100")),
        ("/0/strategy", json!("manual")),
        ("/0/instrument", json!("EUR/USD.SIM")),
    ];
    flows.check(200, &expect);
    let events = stand.send("GET", "/life-events", "").await;
    let expect = [
        ("/0/event", json!("DIVIDEND")),
        ("/0/amount", json!("0.05")),
        ("/0/currency", json!("USD")),
        ("/1/event", json!("SPLIT")),
        ("/1/numerator", json!(2)),
    ];
    events.check(200, &expect);
}

#[tokio::test]
async fn what_cannot_happen_is_refused() {
    let stand = holding().await;
    let check = async |path: &str, body: &str, status: u16| {
        stand.send("POST", path, body).await.check(status, &[]);
    };
    let funding = r#"{"event":"FUNDING","rate":"0.0001"}"#;
    check(EVENTS, funding, 409).await;
    check("/instruments/GONE.SIM/events", funding, 404).await;
    check("/instruments/EUR/USD.SIM", funding, 404).await;
    check(EVENTS, r#"{"event":"FUNDING"}"#, 400).await;
    check(EVENTS, r#"{"event":"FUNDING","rate":1}"#, 400).await;
    let same = r#"{"event":"SPLIT","numerator":2,"denominator":2}"#;
    check(EVENTS, same, 409).await;
    let unknown = r#"{"event":"DIVIDEND","amount":"1","currency":"XXX"}"#;
    check(EVENTS, unknown, 400).await;
    let to_itself = r#"{"from":"USD","to":"USD","amount":"1"}"#;
    check("/accounts/paper/conversions", to_itself, 409).await;
    check("/accounts/gone/conversions", to_itself, 404).await;
}
