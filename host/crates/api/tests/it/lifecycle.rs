//! What happens to instruments and to an account's money, and what somebody says in the place of a simulated venue,
//! through the API of the real host.

use crate::real_host::Stand;
use engine::{Definition, ExternalVenue};
use serde_json::{Value, json};

const EVENTS: &str = "/instruments/EUR/USD.SIM/events";
const STATUS: &str = "/instruments/EUR/USD.SIM/status";
const PRICES: &str = "/instruments/EUR/USD.SIM/prices";
const HALTED: &str = r#"{"status":"HALTED"}"#;
const TRADING: &str = r#"{"status":"TRADING"}"#;
const BUY: &str = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1000"}"#;

async fn holding() -> Stand {
    let mut stand = Stand::new();
    stand.priced().await;
    stand.send("POST", "/orders", BUY).await.check(201, &[]);
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
    check("/instruments/EUR/USD.SIM", funding, 405).await;
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

#[tokio::test]
async fn a_halt_denies_orders_until_it_is_over() {
    let mut stand = Stand::new();
    stand.priced().await;
    let halted = stand.send("PUT", STATUS, HALTED).await;
    halted.check(
        200,
        &[("/symbol", json!("EUR/USD.SIM")), ("/halted", json!(true))],
    );
    let denied = stand.send("POST", "/orders", BUY).await;
    let expect = [("/status", json!("DENIED")), ("/deny_code", json!("P04"))];
    denied.check(201, &expect);
    let resumed = stand.send("PUT", STATUS, TRADING).await;
    resumed.check(200, &[("/halted", json!(false))]);
    stand.priced().await;
    let taken = stand.send("POST", "/orders", BUY).await;
    taken.check(201, &[("/deny_code", Value::Null)]);
    stand
        .until("/positions", "/0/quantity", json!("1000"))
        .await;
}

#[tokio::test]
async fn marks_and_indices_wake_what_watches_them() {
    let mut stand = Stand::new();
    stand.priced().await;
    let mut paths = Vec::new();
    for by in ["MARK", "INDEX"] {
        let stop = json!({
            "instrument": "EUR/USD.SIM", "side": "BUY", "type": "STOP_MARKET", "quantity": "1000",
            "trigger": "1.2", "trigger_by": by,
        });
        let placed = stand.send("POST", "/orders", &stop.to_string()).await;
        placed.check(201, &[("/trigger_by", json!(by))]);
        let id = placed.json()["id"].as_str().unwrap().to_owned();
        paths.push(format!("/orders/{id}"));
    }
    let mark = stand.send("PATCH", PRICES, r#"{"mark":"1.2"}"#).await;
    mark.check(200, &[("/mark", json!("1.2")), ("/index", Value::Null)]);
    stand.until(&paths[0], "/status", json!("FILLED")).await;
    stand.until(&paths[1], "/status", json!("ACCEPTED")).await;
    let index = stand.send("PATCH", PRICES, r#"{"index":"1.3"}"#).await;
    index.check(200, &[("/mark", json!("1.2")), ("/index", json!("1.3"))]);
    stand.until(&paths[1], "/status", json!("FILLED")).await;
}

#[tokio::test]
async fn what_no_simulated_venue_says_is_refused() {
    let stand = Stand::new();
    let check = async |method: &str, path: &str, body: &str, status: u16| {
        stand.send(method, path, body).await.check(status, &[]);
    };
    check("PUT", "/instruments/GONE.SIM/status", HALTED, 404).await;
    check("PUT", "/instruments/EUR/USD.SIM", HALTED, 405).await;
    check("PUT", STATUS, r#"{"status":"CLOSED"}"#, 400).await;
    check("PUT", STATUS, r#"{"status":"HALTED","why":"x"}"#, 400).await;
    check("PATCH", PRICES, "{}", 422).await;
    check("PATCH", PRICES, r#"{"mark":"0"}"#, 400).await;
    check("PATCH", PRICES, r#"{"mark":1.2}"#, 400).await;
    let outside = Stand::with(|definition| {
        if let Definition::Venue(venue) = definition {
            venue.external = Some(ExternalVenue::default());
        }
    });
    for (method, path, body) in [
        ("PUT", STATUS, HALTED),
        ("PATCH", PRICES, r#"{"mark":"1.2"}"#),
    ] {
        let refused = outside.send(method, path, body).await;
        refused.check(409, &[]);
        assert!(refused.text.contains("is outside"), "{}", refused.text);
    }
}
