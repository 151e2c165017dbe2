//! People who are bound to strategies and accounts: what is of others is refused, whatever their roles.

use crate::identity_desk::Desk;
use identity::Role;
use serde_json::{Value, json};

/// Binds `bert`, an operator, and returns an access token.
async fn bound(desk: &Desk, to: Value) -> String {
    let bert = desk.person("bert", &[Role::Operator]);
    let root = desk.login("root");
    let body = json!({ "desk": to }).to_string();
    let answer = desk.by(&root, ("PATCH", "/users/bert"), &body).await;
    answer.check(200, &[("/desk", to.clone())]);
    let record = desk.written().pop().unwrap();
    assert_eq!(record.before.unwrap()["desk"], json!({}));
    assert_eq!(record.after.unwrap()["desk"], to);
    bert
}

fn order(strategy: Option<&str>) -> String {
    let mut order = json!({
        "instrument": "BTC/USD.SIM", "side": "SELL", "type": "LIMIT", "quantity": "0.5",
        "price": "42000.10", "time_in_force": "DAY",
    });
    if let Some(strategy) = strategy {
        order["strategy"] = json!(strategy);
    }
    order.to_string()
}

const ORDERS: (&str, &str) = ("POST", "/orders");
const CHANGE: (&str, &str) = ("PATCH", "/orders/9-0");
const CONVERT: (&str, &str) = ("POST", "/accounts/paper/conversions");
const RESUME: (&str, &str) = ("POST", "/strategies/ema/resume");
const CANCEL: (&str, &str) = ("DELETE", "/orders/9-0");
const PAUSE: (&str, &str) = ("POST", "/strategies/ema/pause");

/// Whether each of these requests is refused for whose it is.
async fn refused(desk: &Desk, token: &str, asks: &[((&str, &str), String)]) -> Vec<bool> {
    let mut refused = Vec::new();
    for (what, body) in asks {
        let answer = desk.by(token, *what, body).await;
        let told: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let is_refused = told["code"] == "NOT_PERMITTED";
        if is_refused {
            answer.check_problem(403, "NOT_PERMITTED", None);
            assert_eq!(answer.json()["deny_code"], "P03");
            assert_eq!(desk.written().pop().unwrap().outcome, "FORBIDDEN");
        }
        refused.push(is_refused);
    }
    refused
}

fn asks() -> Vec<((&'static str, &'static str), String)> {
    vec![
        (ORDERS, order(Some("manual"))),
        (ORDERS, order(None)),
        (ORDERS, order(Some("ema"))),
        (ORDERS, order(Some("nobody"))),
        (CHANGE, r#"{"price":"1.2"}"#.to_owned()),
        (RESUME, String::new()),
        (
            CONVERT,
            r#"{"from":"USD","to":"EUR","amount":"1"}"#.to_owned(),
        ),
        (PAUSE, String::new()),
        (CANCEL, String::new()),
    ]
}

#[tokio::test]
async fn a_person_bound_to_a_strategy_trades_by_no_other() {
    let desk = Desk::new(false);
    let bert = bound(&desk, json!({ "strategies": ["manual"] })).await;
    let expect = [false, false, true, true, true, true, true, false, false];
    assert_eq!(refused(&desk, &bert, &asks()).await, expect);
}

#[tokio::test]
async fn a_person_bound_to_an_account_trades_for_no_other() {
    let desk = Desk::new(false);
    let bert = bound(&desk, json!({ "accounts": ["paper"] })).await;
    let own = [false, false, false, true, false, false, false, false, false];
    assert_eq!(refused(&desk, &bert, &asks()).await, own);
    let desk = Desk::new(false);
    let bert = bound(&desk, json!({ "accounts": ["other"] })).await;
    let others = [true, true, true, true, true, true, true, false, false];
    assert_eq!(refused(&desk, &bert, &asks()).await, others);
}

#[tokio::test]
async fn a_person_bound_to_nothing_is_asked_for_roles_alone() {
    let desk = Desk::new(false);
    let bert = bound(&desk, json!({})).await;
    assert_eq!(refused(&desk, &bert, &asks()).await, [false; 9]);
}

#[tokio::test]
async fn a_list_of_orders_is_of_its_own_strategy() {
    let desk = Desk::new(false);
    let bert = bound(&desk, json!({ "strategies": [] })).await;
    let list = r#"{"strategy":"manual","orders":[]}"#.to_owned();
    let unnamed = r#"{"strategy":null,"orders":[]}"#.to_owned();
    let asks = [
        (("POST", "/orders/lists"), list),
        (("POST", "/orders/lists"), unnamed),
    ];
    assert_eq!(refused(&desk, &bert, &asks).await, [true; 2]);
}

#[tokio::test]
async fn nobody_sets_themselves_free() {
    let desk = Desk::new(false);
    let root = desk.login("root");
    let body = r#"{"desk":{}}"#;
    let answer = desk.by(&root, ("PATCH", "/users/root"), body).await;
    answer.check_problem(403, "FORBIDDEN", None);
}
