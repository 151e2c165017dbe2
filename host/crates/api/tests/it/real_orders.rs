//! Every type, time in force and term of an order over REST, against the real host; and changes.

use crate::fake::number;
use crate::real_host::Stand;
use crate::rest_client::Answer;
use engine::Definition;
use model::{Duration, InstrumentId, MarkPrice, OrderKindName, Session};
use serde_json::{Value, json};
use services::feed::MarketInput;

/// A market order to buy 2,000, with other or more fields.
pub(crate) fn ticket(fields: Value) -> Value {
    let mut ticket = json!({
        "instrument": "EUR/USD.SIM", "side": "BUY", "type": "MARKET", "quantity": "2000",
    });
    let fields = fields.as_object().unwrap().clone();
    ticket.as_object_mut().unwrap().extend(fields);
    ticket
}

impl Stand {
    /// Places an order and returns it.
    async fn place(&self, fields: Value) -> Answer {
        let body = ticket(fields).to_string();
        self.send("POST", "/orders", &body).await
    }

    async fn change(&self, order: &Answer, change: Value) -> Answer {
        self.send("PATCH", &path(order), &change.to_string()).await
    }
}

fn path(order: &Answer) -> String {
    format!("/orders/{}", order.json()["id"].as_str().unwrap())
}

/// Places the order and compares what the answer, and the order afterwards, show at some pointers.
async fn check(stand: &Stand, fields: Value, expect: &[(&str, Value)]) {
    let placed = stand.place(fields).await;
    placed.check(201, expect);
    stand
        .send("GET", &path(&placed), "")
        .await
        .check(200, expect);
}

#[tokio::test]
async fn every_type_is_taken_and_shows_its_prices() {
    let mut stand = Stand::new();
    stand.priced().await;
    let status = |status: &str| ("/status", json!(status));
    let kind = |kind: &str| ("/type", json!(kind));
    check(&stand, json!({}), &[kind("MARKET"), status("FILLED")]).await;
    let limit = json!({"type": "LIMIT", "price": "1.09"});
    let expect = [
        kind("LIMIT"),
        status("ACCEPTED"),
        ("/price", json!("1.0900")),
    ];
    check(&stand, limit, &expect).await;
    let to_limit = json!({"type": "MARKET_TO_LIMIT"});
    check(&stand, to_limit, &[status("FILLED")]).await;
    let trigger = [
        status("ACCEPTED"),
        ("/trigger", json!("1.2000")),
        ("/trigger_now", json!("1.2000")),
    ];
    let stop = json!({"type": "STOP_MARKET", "trigger": "1.2"});
    check(&stand, stop, &trigger).await;
    let touched = json!({"type": "MARKET_IF_TOUCHED", "side": "SELL", "trigger": "1.2"});
    check(&stand, touched, &trigger).await;
    let both = [
        status("ACCEPTED"),
        ("/trigger", json!("1.2000")),
        ("/trigger_by", json!("MID")),
        ("/price", json!("1.2100")),
    ];
    let stop =
        json!({"type": "STOP_LIMIT", "trigger": "1.2", "trigger_by": "MID", "price": "1.21"});
    check(&stand, stop, &both).await;
    let touched = json!({
        "type": "LIMIT_IF_TOUCHED", "side": "SELL", "trigger": "1.2", "trigger_by": "MID",
        "price": "1.21",
    });
    check(&stand, touched, &both).await;
}

#[tokio::test]
async fn trailing_stops_show_where_they_have_got_to() {
    let mut stand = Stand::new();
    stand.priced().await;
    let market = json!({
        "type": "TRAILING_STOP_MARKET", "side": "SELL",
        "trail": {"offset": "25", "unit": "BASIS_POINTS"},
    });
    let expect = [
        ("/status", json!("ACCEPTED")),
        ("/trail/offset", json!("25")),
        ("/trail/unit", json!("BASIS_POINTS")),
        ("/trail/activation", Value::Null),
        ("/trigger", Value::Null),
        ("/trigger_by", json!("BID_ASK")),
        ("/trigger_now", json!("1.0972")),
        ("/limit_offset", Value::Null),
    ];
    let placed = stand.place(market).await;
    stand
        .send("GET", &path(&placed), "")
        .await
        .check(200, &expect);
    let limit = json!({
        "type": "TRAILING_STOP_LIMIT", "side": "SELL",
        "trail": {"offset": "0.003", "unit": "PRICE", "activation": "1.15"},
        "limit_offset": {"offset": "5", "unit": "TICKS"},
    });
    let expect = [
        ("/trail/offset", json!("0.0030")),
        ("/trail/activation", json!("1.1500")),
        ("/trigger_now", Value::Null),
        ("/limit_offset/offset", json!("5")),
        ("/limit_offset/unit", json!("TICKS")),
    ];
    let waiting = stand.place(limit).await;
    waiting.check(201, &expect);
    stand.quoted("1.2000", "1.2002").await;
    stand
        .until(&path(&placed), "/trigger_now", json!("1.1970"))
        .await;
    stand
        .until(&path(&waiting), "/trigger_now", json!("1.1970"))
        .await;
    stand.quoted("1.1960", "1.1962").await;
    stand
        .until(&path(&placed), "/status", json!("FILLED"))
        .await;
    // It woke as a limit order 5 ticks below its trigger, which the market is within.
    stand
        .until(&path(&waiting), "/price", json!("1.1965"))
        .await;
}

#[tokio::test]
async fn every_time_in_force_is_taken() {
    let mut stand = Stand::new();
    stand.priced().await;
    let lasting =
        |name: &str, price: &str| json!({"type": "LIMIT", "price": price, "time_in_force": name});
    for (name, price, status) in [
        ("GTC", "1.09", "ACCEPTED"),
        ("DAY", "1.09", "ACCEPTED"),
        ("IOC", "1.1002", "FILLED"),
        ("IOC", "1.09", "CANCELED"),
        ("FOK", "1.1002", "FILLED"),
        ("AT_THE_OPEN", "1.09", "REJECTED"),
    ] {
        let expect = [("/time_in_force", json!(name)), ("/status", json!(status))];
        check(&stand, lasting(name, price), &expect).await;
    }
    let day = [("/expires", json!("2024-01-02T00:00:00.000000000Z"))];
    check(&stand, lasting("DAY", "1.08"), &day).await;
    let mut dated = lasting("GTD", "1.07");
    dated["expires"] = json!("2024-01-01T01:00:03+01:00");
    let placed = stand.place(dated).await;
    let expect = [
        ("/status", json!("ACCEPTED")),
        ("/expires", json!("2024-01-01T00:00:03.000000000Z")),
    ];
    placed.check(201, &expect);
    for _ in 0..3 {
        stand.priced().await;
    }
    stand
        .until(&path(&placed), "/status", json!("EXPIRED"))
        .await;
}

#[tokio::test]
async fn orders_for_an_auction_wait_for_the_session() {
    let stand = Stand::with(|definition| {
        if let Definition::Instrument(instrument) = definition {
            instrument.session = Some(Session {
                open: Duration::from_secs(2),
                close: Duration::from_secs(3_600),
                days: [true; 7],
            });
        }
    });
    let mut stand = stand;
    let before = stand.place(json!({"type": "LIMIT", "price": "1.09"})).await;
    before.check(201, &[("/deny_code", json!("P04"))]);
    let opening = json!({
        "type": "LIMIT", "price": "1.2", "time_in_force": "AT_THE_OPEN",
    });
    let placed = stand.place(opening).await;
    placed.check(201, &[("/status", json!("ACCEPTED"))]);
    stand.tick();
    stand.priced().await;
    stand
        .until(&path(&placed), "/status", json!("FILLED"))
        .await;
    let shown = stand.send("GET", "/instruments/EUR/USD.SIM", "").await;
    let expect = [
        ("/session/open", json!("00:00:02")),
        ("/session/close", json!("01:00:00")),
        ("/session/days/6", json!("SUN")),
    ];
    shown.check(200, &expect);
}

#[tokio::test]
async fn flags_do_what_they_say() {
    let mut stand = Stand::new();
    stand.priced().await;
    let limit = |price: &str, more: Value| {
        let mut fields = json!({"type": "LIMIT", "price": price});
        let more = more.as_object().unwrap().clone();
        fields.as_object_mut().unwrap().extend(more);
        fields
    };
    let post_only = json!({"post_only": true});
    let expect = [("/post_only", json!(true)), ("/status", json!("ACCEPTED"))];
    check(&stand, limit("1.0950", post_only.clone()), &expect).await;
    let refused = [("/status", json!("REJECTED"))];
    check(&stand, limit("1.1002", post_only), &refused).await;
    let reduce = json!({"reduce_only": true, "side": "SELL"});
    let nothing = stand.place(limit("1.2", reduce.clone())).await;
    let status = nothing.json()["status"].clone();
    assert!(status == "REJECTED" || status == "DENIED", "{status}");
    stand.place(json!({})).await.check(201, &[]);
    let expect = [
        ("/reduce_only", json!(true)),
        ("/status", json!("ACCEPTED")),
    ];
    check(&stand, limit("1.2", reduce), &expect).await;
    let iceberg = json!({"quantity": "5000", "display": "1000", "tag": "entry", "intent": 7});
    let expect = [
        ("/display", json!("1000")),
        ("/tag", json!("entry")),
        ("/intent", json!(7)),
        ("/status", json!("ACCEPTED")),
    ];
    check(&stand, limit("1.0900", iceberg.clone()), &expect).await;
    let again = [("/status", json!("DENIED")), ("/deny_code", json!("P21"))];
    check(&stand, limit("1.0800", iceberg), &again).await;
    let money = json!({"quantity": "3500", "quote_quantity": true});
    let expect = [("/quantity", json!("3000")), ("/status", json!("FILLED"))];
    check(&stand, money, &expect).await;
}

#[tokio::test]
async fn an_order_is_held_until_the_price_is_crossed() {
    let mut stand = Stand::new();
    stand.priced().await;
    let held = json!({
        "type": "LIMIT", "price": "1.15", "hold": {"trigger": "1.12", "trigger_by": "MID"},
    });
    let placed = stand.place(held).await;
    let expect = [
        ("/status", json!("EMULATED")),
        ("/hold/trigger", json!("1.1200")),
        ("/hold/trigger_by", json!("MID")),
    ];
    placed.check(201, &expect);
    stand.quoted("1.1300", "1.1302").await;
    stand
        .until(&path(&placed), "/status", json!("FILLED"))
        .await;
    let done = stand.send("GET", &path(&placed), "").await;
    done.check(
        200,
        &[("/hold", Value::Null), ("/average_price", json!("1.1302"))],
    );
}

#[tokio::test]
async fn the_host_does_the_waiting_for_a_venue_that_lacks_the_type() {
    let mut stand = Stand::with(|definition| {
        if let Definition::Venue(venue) = definition {
            venue.lacks = vec![OrderKindName::StopMarket];
        }
    });
    stand.priced().await;
    let placed = stand
        .place(json!({"type": "STOP_MARKET", "trigger": "1.12"}))
        .await;
    let expect = [
        ("/status", json!("EMULATED")),
        ("/trigger_now", json!("1.1200")),
    ];
    placed.check(201, &expect);
    stand.quoted("1.1300", "1.1302").await;
    stand
        .until(&path(&placed), "/status", json!("FILLED"))
        .await;
}

#[tokio::test]
async fn a_trigger_watches_the_mark_and_the_index() {
    let mut stand = Stand::new();
    stand.priced().await;
    let by = |by: &str| json!({"type": "STOP_MARKET", "trigger": "1.2", "trigger_by": by});
    let mark = stand.place(by("MARK")).await;
    let index = stand.place(by("INDEX")).await;
    mark.check(201, &[("/trigger_by", json!("MARK"))]);
    let told = |at, mark: Option<&str>, index: Option<&str>| {
        MarketInput::Mark(MarkPrice {
            instrument: InstrumentId::new(0),
            mark: mark.map(number),
            index: index.map(number),
            ts_event: at,
            ts_init: at,
        })
    };
    let at = stand.tick();
    stand
        .host
        .send_market(&[told(at, Some("1.2"), None)])
        .unwrap();
    stand.until(&path(&mark), "/status", json!("FILLED")).await;
    stand
        .until(&path(&index), "/status", json!("ACCEPTED"))
        .await;
    let at = stand.tick();
    stand
        .host
        .send_market(&[told(at, None, Some("1.2"))])
        .unwrap();
    stand.until(&path(&index), "/status", json!("FILLED")).await;
}

#[tokio::test]
async fn a_change_is_taken_and_shows() {
    let mut stand = Stand::new();
    stand.priced().await;
    let placed = stand.place(json!({"type": "LIMIT", "price": "1.09"})).await;
    let changed = stand
        .change(&placed, json!({"price": "1.0950", "quantity": "3000"}))
        .await;
    let expect = [
        ("/price", json!("1.0950")),
        ("/quantity", json!("3000")),
        ("/status", json!("ACCEPTED")),
        ("/pending", Value::Null),
    ];
    changed.check(202, &expect);
    stand
        .send("GET", &path(&placed), "")
        .await
        .check(200, &expect);
    let stop = stand
        .place(json!({"type": "STOP_LIMIT", "trigger": "1.2", "price": "1.21"}))
        .await;
    let changed = stand.change(&stop, json!({"trigger": "1.19"})).await;
    let expect = [
        ("/trigger", json!("1.1900")),
        ("/trigger_now", json!("1.1900")),
        ("/price", json!("1.2100")),
    ];
    changed.check(202, &expect);
    // One that takes liquidity fills at once.
    let crossing = stand.change(&placed, json!({"price": "1.1002"})).await;
    crossing.check(202, &[("/status", json!("FILLED"))]);
}

#[tokio::test]
async fn a_change_on_its_way_shows_as_pending() {
    let mut stand = Stand::with(|definition| {
        if let Definition::Venue(venue) = definition {
            venue.latency.modify = Duration::from_secs(5);
        }
    });
    stand.priced().await;
    let placed = stand.place(json!({"type": "LIMIT", "price": "1.09"})).await;
    let changed = stand.change(&placed, json!({"price": "1.08"})).await;
    let expect = [
        ("/status", json!("PENDING_UPDATE")),
        ("/pending", json!("UPDATE")),
        ("/price", json!("1.0900")),
    ];
    changed.check(202, &expect);
    let again = stand.change(&placed, json!({"price": "1.07"})).await;
    again.check_problem(409, "CONFLICT", None);
    for _ in 0..6 {
        stand.priced().await;
    }
    stand.until(&path(&placed), "/price", json!("1.0800")).await;
    stand
        .until(&path(&placed), "/status", json!("ACCEPTED"))
        .await;
}

#[tokio::test]
async fn a_change_that_cannot_be_is_told_why() {
    let mut stand = Stand::new();
    stand.priced().await;
    let limit = stand.place(json!({"type": "LIMIT", "price": "1.09"})).await;
    let trailing = json!({
        "type": "TRAILING_STOP_MARKET", "side": "SELL", "trail": {"offset": "30", "unit": "TICKS"},
    });
    let trailing = stand.place(trailing).await;
    let off_the_grid = stand.change(&limit, json!({"price": "1.09005"})).await;
    off_the_grid.check_problem(422, "CHANGE_DENIED", None);
    off_the_grid.check(422, &[("/deny_code", json!("P06"))]);
    let off_the_lot = stand.change(&limit, json!({"quantity": "1500"})).await;
    off_the_lot.check(422, &[("/deny_code", json!("P05"))]);
    for (order, change, field) in [
        (&limit, json!({"trigger": "1.2"}), "/trigger"),
        (&limit, json!({"quantity": "0"}), "/quantity"),
        (&trailing, json!({"price": "1.2"}), "/price"),
        (&trailing, json!({"trigger": "1.2"}), "/trigger"),
        (&limit, json!({}), ""),
    ] {
        let answer = stand.change(order, change).await;
        answer.check_problem(422, "FIELDS_DISAGREE", Some(field));
    }
    for (order, change, field) in [
        (&limit, json!({"price": 1.09}), "/price"),
        (&limit, json!({"side": "SELL"}), "/side"),
        (&limit, json!([]), ""),
    ] {
        let answer = stand.change(order, change).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    }
    let same = stand.change(&limit, json!({"price": "1.09"})).await;
    same.check_problem(409, "CONFLICT", None);
    let expect = [("/price", json!("1.0900")), ("/quantity", json!("2000"))];
    stand
        .send("GET", &path(&limit), "")
        .await
        .check(200, &expect);
    stand
        .send("DELETE", &path(&limit), "")
        .await
        .check(202, &[]);
    let closed = stand.change(&limit, json!({"price": "1.08"})).await;
    closed.check_problem(409, "CONFLICT", None);
    let unknown = stand
        .send("PATCH", "/orders/99-0", r#"{"price":"1"}"#)
        .await;
    unknown.check_problem(404, "NOT_FOUND", None);
    let wrong = stand.send("PATCH", "/orders/x", r#"{"price":"1"}"#).await;
    wrong.check_problem(400, "INVALID_FIELD", Some("/id"));
}

#[tokio::test]
async fn a_venue_refuses_a_change_that_would_take_liquidity_post_only() {
    let mut stand = Stand::new();
    stand.priced().await;
    let post_only = json!({"type": "LIMIT", "price": "1.09", "post_only": true});
    let placed = stand.place(post_only).await;
    let answer = stand.change(&placed, json!({"price": "1.1002"})).await;
    answer.check_problem(409, "CONFLICT", None);
    let expect = [("/price", json!("1.0900")), ("/status", json!("ACCEPTED"))];
    stand
        .send("GET", &path(&placed), "")
        .await
        .check(200, &expect);
}
