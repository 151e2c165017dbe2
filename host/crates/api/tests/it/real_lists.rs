//! Lists of orders over REST, against the real host: taken whole or not at all, and what follows
//! from fills and ends.

use crate::real_host::Stand;
use crate::real_orders::ticket;
use crate::rest_client::Answer;
use serde_json::{Value, json};

impl Stand {
    async fn list(&self, body: Value) -> Answer {
        self.send("POST", "/orders/lists", &body.to_string()).await
    }

    /// Waits until the orders of a list have these statuses.
    async fn statuses(&self, list: &Answer, expect: [&str; 3]) {
        for (place, status) in expect.iter().enumerate() {
            let id = &list.json()["orders"][place]["id"];
            let path = format!("/orders/{}", id.as_str().unwrap());
            self.until(&path, "/status", json!(status)).await;
        }
    }
}

fn bracket(entry: Value) -> Value {
    json!({"bracket": {
        "entry": ticket(entry),
        "stop": {"type": "STOP_MARKET", "trigger": "1.08"},
        "target": {"type": "LIMIT", "price": "1.12", "tag": "target"},
    }})
}

#[tokio::test]
async fn a_bracket_takes_the_exits_from_its_entry() {
    let mut stand = Stand::new();
    stand.priced().await;
    let list = stand
        .list(bracket(json!({"type": "LIMIT", "price": "1.09"})))
        .await;
    let first = list.json()["orders"][0]["id"].clone();
    let expect = [
        ("/list", first.clone()),
        ("/orders/0/status", json!("ACCEPTED")),
        ("/orders/0/list", first.clone()),
        ("/orders/0/parent", Value::Null),
        ("/orders/1/status", json!("EMULATED")),
        ("/orders/1/side", json!("SELL")),
        ("/orders/1/instrument", json!("EUR/USD.SIM")),
        ("/orders/1/quantity", json!("2000")),
        ("/orders/1/reduce_only", json!(true)),
        ("/orders/1/parent", json!(0)),
        ("/orders/1/group", json!(1)),
        ("/orders/1/rule", json!("OUO")),
        ("/orders/2/list", first),
        ("/orders/2/tag", json!("target")),
    ];
    list.check(201, &expect);
    assert_eq!(list.json()["orders"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_exits_of_a_bracket_cancel_each_other() {
    for (bid, ask, expect) in [
        ("1.1300", "1.1302", ["FILLED", "CANCELED", "FILLED"]),
        ("1.0700", "1.0702", ["FILLED", "FILLED", "CANCELED"]),
    ] {
        let mut stand = Stand::new();
        stand.priced().await;
        let list = stand.list(bracket(json!({}))).await;
        stand
            .statuses(&list, ["FILLED", "ACCEPTED", "ACCEPTED"])
            .await;
        stand.quoted(bid, ask).await;
        stand.statuses(&list, expect).await;
        let positions = stand.send("GET", "/positions", "").await;
        positions.check(200, &[("/0/side", json!("FLAT"))]);
    }
}

#[tokio::test]
async fn a_cancelled_entry_takes_its_exits_along() {
    let mut stand = Stand::new();
    stand.priced().await;
    let list = stand
        .list(bracket(json!({"type": "LIMIT", "price": "1.09"})))
        .await;
    let id = list.json()["orders"][0]["id"].as_str().unwrap().to_owned();
    let answer = stand.send("DELETE", &format!("/orders/{id}"), "").await;
    answer.check(202, &[("/status", json!("CANCELED"))]);
    stand.statuses(&list, ["CANCELED"; 3]).await;
}

#[tokio::test]
async fn one_order_of_a_group_cancels_the_others() {
    let mut stand = Stand::new();
    stand.priced().await;
    let limit =
        |price: &str| ticket(json!({"type": "LIMIT", "price": price, "group": 3, "rule": "OCO"}));
    let body = json!({
        "strategy": "manual",
        "orders": [limit("1.07"), limit("1.08"), limit("1.09")],
    });
    let list = stand.list(body).await;
    list.check(
        201,
        &[
            ("/orders/2/group", json!(3)),
            ("/orders/2/rule", json!("OCO")),
        ],
    );
    stand.statuses(&list, ["ACCEPTED"; 3]).await;
    stand.quoted("1.0898", "1.0900").await;
    stand
        .statuses(&list, ["CANCELED", "CANCELED", "FILLED"])
        .await;
}

#[tokio::test]
async fn a_list_is_taken_whole_or_not_at_all() {
    let mut stand = Stand::new();
    stand.priced().await;
    let limit =
        |quantity: &str| ticket(json!({"type": "LIMIT", "price": "1.09", "quantity": quantity}));
    let body = json!({"orders": [limit("1000"), limit("1500"), limit("2000")]});
    let list = stand.list(body).await;
    let expect = [
        ("/list", Value::Null),
        ("/orders/0/status", json!("DENIED")),
        ("/orders/0/deny_code", json!("LIST")),
        ("/orders/1/status", json!("DENIED")),
        ("/orders/1/deny_code", json!("P05")),
        ("/orders/2/deny_code", json!("LIST")),
    ];
    list.check(201, &expect);
    let open = stand.send("GET", "/orders?status=open", "").await;
    assert_eq!(open.json(), json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_list_is_named_by_its_place() {
    let stand = Stand::new();
    let check = async |body: Value, field: &str| {
        let answer = stand.list(body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    let together = async |body: Value, field: &str| {
        let answer = stand.list(body).await;
        answer.check_problem(422, "FIELDS_DISAGREE", Some(field));
    };
    let with = |fields: Value| json!({"orders": [ticket(json!({})), ticket(fields)]});
    together(json!({}), "/orders").await;
    check(json!({"orders": []}), "/orders").await;
    let many = vec![ticket(json!({})); 33];
    check(json!({"orders": many}), "/orders").await;
    check(json!({"orders": [["EUR/USD.SIM"]]}), "/orders/0").await;
    check(json!({"orders": [1]}), "/orders/0").await;
    together(with(json!({"type": "LIMIT"})), "/orders/1/price").await;
    check(with(json!({"colour": "red"})), "/orders/1/colour").await;
    check(with(json!({"quantity": 5})), "/orders/1/quantity").await;
    check(with(json!({"instrument": "NO"})), "/orders/1/instrument").await;
    together(with(json!({"parent": 1})), "/orders/1/parent").await;
    check(with(json!({"parent": 300})), "/orders/1/parent").await;
    together(with(json!({"group": 1})), "/orders/1/group").await;
    together(with(json!({"rule": "OCO"})), "/orders/1/group").await;
    check(with(json!({"group": 1, "rule": "OTO"})), "/orders/1/rule").await;
    together(with(json!({"strategy": "manual"})), "/orders/1/strategy").await;
    let mut unknown = with(json!({}));
    unknown["strategy"] = json!("none");
    check(unknown, "/strategy").await;
    let grouped = |rule: &str| ticket(json!({"group": 1, "rule": rule}));
    let mixed = json!({"orders": [grouped("OCO"), grouped("OUO")]});
    together(mixed, "/orders/0/rule").await;
    let mut child = grouped("OCO");
    child["parent"] = json!(0);
    let families = json!({"orders": [grouped("OCO"), child]});
    together(families, "/orders/0/parent").await;
    let mut both = bracket(json!({}));
    both["orders"] = json!([ticket(json!({}))]);
    together(both, "/bracket").await;
    let mut linked = bracket(json!({}));
    linked["bracket"]["stop"]["parent"] = json!(0);
    together(linked, "/bracket/stop/parent").await;
    let mut whole = bracket(json!({}));
    whole["bracket"]["target"]["price"].take();
    together(whole, "/bracket/target/price").await;
    let mut without = bracket(json!({}));
    without["bracket"].as_object_mut().unwrap().remove("stop");
    check(without, "/bracket/stop").await;
    let money = bracket(json!({"quote_quantity": true}));
    together(money, "/bracket/stop/quantity").await;
    let unknown = bracket(json!({"instrument": "NO"}));
    check(unknown, "/bracket/entry/instrument").await;
    let orders = stand.send("GET", "/orders", "").await;
    assert_eq!(orders.json(), json!([]), "nothing was placed");
}
