//! The deny codes of the gate over REST, against the real host: each cause is made by requests, and the
//! order that meets it is made all the same, `DENIED`, with its code and what that means.

use crate::real_host::{Stand, definitions};
use crate::real_orders::ticket;
use crate::rest_client::Answer;
use engine::{Allowed, Definition, OrdersOnFault, Permissions, StrategyConfig};
use model::{AccountId, DenyCode, Side};
use serde_json::{Value, json};
use services::metrics::RiskSettings;

const DAY_NS: &str = "86400000000000";

async fn stand() -> Stand {
    let mut stand = Stand::new();
    stand.priced().await;
    stand
}

async fn limit(stand: &Stand, limits: Value) {
    let path = "/risk/limits/firm";
    let set = stand.send("PUT", path, &limits.to_string()).await;
    assert_eq!(set.status, 200, "{limits}: {}", set.text);
}

async fn place(stand: &Stand, fields: Value) -> Answer {
    let body = ticket(fields).to_string();
    stand.send("POST", "/orders", &body).await
}

/// Places an order that is denied with a code: in the answer, as it is shown later, and in the count of the
/// control.
async fn denied(stand: &Stand, fields: Value, code: DenyCode) {
    let name = code.to_string();
    let expect = [
        ("/status", json!("DENIED")),
        ("/deny_code", json!(name)),
        ("/deny_reason", json!(code.reason())),
    ];
    let answer = place(stand, fields).await;
    assert_eq!(answer.json()["deny_code"], json!(name), "{}", answer.text);
    answer.check(201, &expect);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let place = format!("/api/v1/orders/{id}");
    assert_eq!(answer.headers["location"], place.as_str());
    let shown = stand.send("GET", &format!("/orders/{id}"), "").await;
    shown.check(200, &expect);
    let counted = format!("/{}/denied", code.number() - 1);
    stand.until("/risk/controls", &counted, json!(1)).await;
}

/// An order that is taken, whatever becomes of it.
async fn passes(stand: &Stand, fields: Value) -> String {
    let answer = place(stand, fields).await;
    answer.check(201, &[("/deny_code", Value::Null)]);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn resting() -> Value {
    json!({"type": "LIMIT", "price": "1.0500"})
}

#[tokio::test]
async fn orders_that_are_wrong_in_themselves() {
    for (fields, code) in [
        (json!({"quantity": "1500"}), DenyCode::Quantity),
        (
            json!({"type": "LIMIT", "price": "1.05005"}),
            DenyCode::Price,
        ),
        (json!({"position": "1-0"}), DenyCode::Unsupported),
        (json!({"quantity": "1000000"}), DenyCode::BuyingPower),
    ] {
        let stand = stand().await;
        denied(&stand, fields, code).await;
        passes(&stand, json!({})).await;
    }
}

#[tokio::test]
async fn orders_beyond_a_limit_that_was_set_by_a_request() {
    use DenyCode as Code;
    for (limits, code) in [
        (json!({"max_order_quantity": "1000"}), Code::MaxQuantity),
        (json!({"max_order_notional": "2000"}), Code::MaxNotional),
        (json!({"max_open_orders": 0}), Code::MaxOpenOrders),
        (json!({"max_position": "1000"}), Code::MaxPosition),
        (
            json!({"volume": {"max_book_share": "0.001"}}),
            Code::Participation,
        ),
        (json!({"exposure": {"max_gross": "2000"}}), Code::Exposure),
        (
            json!({"exposure": {"max_instrument_share": "0.01"}}),
            Code::Concentration,
        ),
        (
            json!({"max_messages": 0, "message_window_ns": DAY_NS}),
            Code::MessageRate,
        ),
        (
            json!({"price": {"max_distance": "0.00001"}}),
            Code::PriceCollar,
        ),
    ] {
        let stand = stand().await;
        limit(&stand, limits).await;
        denied(&stand, json!({}), code).await;
        limit(&stand, json!({})).await;
        passes(&stand, json!({})).await;
    }
}

#[tokio::test]
async fn sales_of_what_is_not_there() {
    let stand = stand().await;
    limit(&stand, json!({"short": {"no_short_sale": true}})).await;
    denied(&stand, json!({"side": "SELL"}), DenyCode::ShortSale).await;
    passes(&stand, json!({})).await;
    passes(&stand, json!({"side": "SELL"})).await;
}

#[tokio::test]
async fn what_an_order_before_leads_to() {
    let repeats = stand().await;
    limit(&repeats, json!({"duplicate_window_ns": DAY_NS})).await;
    passes(&repeats, resting()).await;
    denied(&repeats, resting(), DenyCode::Duplicate).await;

    let meets = stand().await;
    limit(&meets, json!({"conduct": {"no_self_match": true}})).await;
    let offer = json!({"side": "SELL", "type": "LIMIT", "price": "1.1001"});
    passes(&meets, offer).await;
    let bid = json!({"type": "LIMIT", "price": "1.1001"});
    denied(&meets, bid, DenyCode::SelfMatch).await;

    let churns = stand().await;
    let conduct = json!({
        "max_cancels_per_fill": 1, "free_cancels": 0, "cancel_window_ns": DAY_NS,
    });
    limit(&churns, json!({"conduct": conduct})).await;
    let order = passes(&churns, resting()).await;
    let path = format!("/orders/{order}");
    churns.until(&path, "/status", json!("ACCEPTED")).await;
    let cancelled = churns.send("DELETE", &path, "").await;
    assert!(cancelled.status.is_success(), "{}", cancelled.text);
    denied(&churns, json!({}), DenyCode::CancelRatio).await;

    let loses = stand().await;
    limit(&loses, json!({"loss": {"max_daily": "0.1"}})).await;
    passes(&loses, json!({})).await;
    denied(&loses, json!({}), DenyCode::Loss).await;
}

#[tokio::test]
async fn what_the_market_the_state_and_the_latch_forbid() {
    let mut old = stand().await;
    limit(&old, json!({"data": {"max_age_ns": "1"}})).await;
    old.tick();
    denied(&old, json!({}), DenyCode::MarketData).await;

    let halted = stand().await;
    let state = r#"{"state":"HALTED"}"#;
    let set = halted.send("POST", "/engine/trading-state", state).await;
    assert_eq!(set.status, 200);
    denied(&halted, json!({}), DenyCode::TradingState).await;

    let killed = stand().await;
    let set = killed.send("POST", "/engine/kill", r#"{"set":true}"#).await;
    assert_eq!(set.status, 200);
    denied(&killed, json!({}), DenyCode::Latch).await;
}

#[tokio::test]
async fn what_is_not_tradable_and_who_may_not_trade() {
    let mut closed = Stand::with(|definition| {
        if let Definition::Instrument(instrument) = definition {
            instrument.tradable = false;
        }
    });
    closed.priced().await;
    denied(&closed, json!({}), DenyCode::Instrument).await;

    let seller = Definition::Strategy(StrategyConfig {
        name: "manual".to_owned(),
        account: AccountId::new(0),
        on_fault: OrdersOnFault::Cancel,
        manual: true,
        permissions: Permissions {
            sides: Allowed::Only(vec![Side::Sell]),
            ..Permissions::ALL
        },
    });
    let mut defined = definitions();
    defined.push(seller);
    let mut bound = Stand::of(RiskSettings::default(), defined);
    bound.priced().await;
    denied(&bound, json!({}), DenyCode::Permission).await;
    passes(&bound, json!({"side": "SELL"})).await;
}

/// A list falls as a whole: the order that is to blame has its own code, the others say so.
#[tokio::test]
async fn lists_that_close_more_than_they_open() {
    let stand = stand().await;
    let entry = ticket(resting());
    let exit = json!({
        "instrument": "EUR/USD.SIM", "side": "SELL", "type": "STOP_MARKET", "trigger": "1.0400",
        "quantity": "3000", "parent": 0,
    });
    let list = json!({"orders": [entry, exit]}).to_string();
    let placed = stand.send("POST", "/orders/lists", &list).await;
    let expect = [
        ("/orders/0/deny_code", json!("LIST")),
        ("/orders/0/deny_reason", json!(DenyCode::List.reason())),
        ("/orders/1/deny_code", json!("P30")),
        ("/orders/1/deny_reason", json!(DenyCode::Child.reason())),
    ];
    placed.check(201, &expect);
}

/// Of a change, which makes nothing, the refusal is a problem.
#[tokio::test]
async fn changes_that_are_denied_are_problems_with_their_code() {
    for (limits, change, code) in [
        (json!({}), json!({"quantity": "2500"}), DenyCode::Quantity),
        (json!({}), json!({"price": "1.05005"}), DenyCode::Price),
        (
            json!({"max_order_quantity": "2000"}),
            json!({"quantity": "3000"}),
            DenyCode::MaxQuantity,
        ),
        (
            json!({"max_position": "2000"}),
            json!({"quantity": "3000"}),
            DenyCode::MaxPosition,
        ),
        (
            json!({}),
            json!({"quantity": "1000000"}),
            DenyCode::BuyingPower,
        ),
    ] {
        let stand = stand().await;
        limit(&stand, limits).await;
        let order = passes(&stand, resting()).await;
        let path = format!("/orders/{order}");
        stand.until(&path, "/status", json!("ACCEPTED")).await;
        let refused = stand.send("PATCH", &path, &change.to_string()).await;
        refused.check_problem(422, "CHANGE_DENIED", None);
        refused.check(422, &[("/deny_code", json!(code.to_string()))]);
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(code.reason()), "{detail}");
        let left = stand.send("GET", &path, "").await;
        left.check(
            200,
            &[("/quantity", json!("2000")), ("/price", json!("1.0500"))],
        );
    }
}
