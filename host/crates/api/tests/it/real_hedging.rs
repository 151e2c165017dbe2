//! Hedging accounts over REST, against the real host: positions are listed one by one and named by
//! orders.

use crate::real_host::Stand;
use crate::real_orders::ticket;
use crate::rest_client::Answer;
use engine::Definition;
use model::HedgeMargin;
use serde_json::{Value, json};

async fn stand() -> Stand {
    let mut stand = Stand::with(|definition| {
        if let Definition::Account(account) = definition {
            account.hedging = Some(HedgeMargin::Gross);
        }
    });
    stand.priced().await;
    stand
}

async fn place(stand: &Stand, fields: Value) -> Answer {
    let body = ticket(fields).to_string();
    stand.send("POST", "/orders", &body).await
}

/// Waits until there are so many positions, and gives them.
async fn positions(stand: &Stand, count: usize) -> Value {
    for _ in 0..1_000 {
        let listed = stand.send("GET", "/positions", "").await.json();
        if listed.as_array().unwrap().len() == count {
            return listed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("there are not {count} positions");
}

#[tokio::test]
async fn a_long_and_a_short_are_listed_beside_their_sum_and_closed_by_name() {
    let stand = stand().await;
    let long = place(&stand, json!({"quantity": "3000"})).await;
    let id = long.json()["id"].clone();
    long.check(201, &[("/position", id.clone())]);
    let short = place(&stand, json!({"side": "SELL", "quantity": "2000"})).await;
    let listed = positions(&stand, 3).await;
    let shown = |place: usize| {
        let item = &listed[place];
        [&item["position"], &item["side"], &item["quantity"]].map(Value::clone)
    };
    assert_eq!(shown(0), [json!(null), json!("LONG"), json!("1000")]);
    assert_eq!(shown(1), [id.clone(), json!("LONG"), json!("3000")]);
    let other = short.json()["id"].clone();
    assert_eq!(shown(2), [other, json!("SHORT"), json!("-2000")]);
    let close = json!({"side": "SELL", "quantity": "3000", "position": id});
    let close = place(&stand, close).await;
    close.check(
        201,
        &[("/status", json!("FILLED")), ("/position", id.clone())],
    );
    let left = positions(&stand, 2).await;
    assert_eq!(left[0]["quantity"], json!("-2000"));
    // Bought at 1.1002, sold at 1.1.
    assert_eq!(left[0]["realized"], json!("-0.6"));
    let fills = stand.send("GET", "/fills", "").await;
    fills.check(
        200,
        &[("/0/position", id.clone()), ("/2/position", id.clone())],
    );
    let late = json!({"side": "SELL", "quantity": "1000", "position": id});
    let late = place(&stand, late).await;
    late.check(201, &[("/deny_code", json!("P30"))]);
    let account = stand.send("GET", "/accounts", "").await;
    account.check(200, &[("/0/hedging", json!("GROSS"))]);
}

#[tokio::test]
async fn a_netting_account_has_no_position_to_name() {
    let mut stand = Stand::new();
    stand.priced().await;
    let named = place(&stand, json!({"position": "1-0"})).await;
    named.check(201, &[("/deny_code", json!("P07"))]);
    let plain = place(&stand, json!({})).await;
    plain.check(201, &[("/position", Value::Null)]);
}
