//! What well-behaved clients of the WebSocket get.

use crate::asyncapi::Document;
use crate::fake::{BTCUSD, EMA, EURUSD, Fake, fill, number, order, order_change, position, quote};
use crate::fake_values::{alert, book, metrics};
use crate::stream_client::{Client, Server};
use api::StreamSettings;
use engine::{LimitScope, StrategyState, TradingState};
use model::{
    AccountId, Balance, CurrencyId, DenyCode, OrderChange, OrderId, OrderKind, OrderStatus,
    PluginHash, Timestamp, Trigger,
};
use serde_json::{Value, json};
use services::handle::Queries;
use services::view::{Change, EngineView, PipelineView, ScopeView, StrategyView};
use std::sync::Arc;
use std::time::Duration;

async fn greeted() -> (Server, Client) {
    let server = Server::start(Fake::new(), StreamSettings::default()).await;
    let mut client = server.connect().await;
    let hello = client.expect("hello").await;
    assert_eq!(
        (&hello["protocol"], &hello["run"]),
        (&json!(1), &json!("run-1"))
    );
    (server, client)
}

#[tokio::test]
async fn every_channel_begins_with_its_state() {
    let (_server, mut client) = greeted().await;
    for (channel, pointer, expect) in [
        ("quotes", "/data/0/bid", json!("1.10000")),
        ("orders", "/data/0/id", json!("9-0")),
        ("fills", "/data/0/execution", json!("1")),
        ("positions", "/data/0/unrealized", json!("1000")),
        ("strategies", "/data/0/plugin/name", json!("ema-cross")),
        ("accounts", "/data/0/name", json!("paper")),
        ("engine", "/data/0/state", json!("RUNNING")),
        ("risk", "/data/0/scope", json!("firm")),
        ("metrics", "/data", json!([])),
        ("alerts", "/data", json!([])),
        ("bars", "/data", json!([])),
        ("book", "/data/0/bids/0/price", json!("1.10000")),
    ] {
        let snapshot = client.subscribe(&format!(r#""channel":"{channel}""#)).await;
        assert_eq!(snapshot.pointer(pointer), Some(&expect), "{snapshot:#}");
        assert_eq!(snapshot["channel"], channel);
    }
}

#[tokio::test]
async fn updates_follow_in_order_without_a_gap() {
    let (server, mut client) = greeted().await;
    let snapshot = client.subscribe(r#""channel":"fills""#).await;
    assert_eq!(snapshot["sequence"], 0);
    let published: Vec<u64> = (2..502)
        .map(|n| server.host.publish(Change::Fill(fill(n))))
        .collect();
    for (n, sequence) in (2_u64..).zip(published) {
        let update = client.expect("update").await;
        assert_eq!(update["sequence"], sequence);
        assert_eq!(update["data"]["execution"], n.to_string());
    }
}

#[tokio::test]
async fn a_snapshot_taken_under_way_neither_misses_nor_repeats_a_fill() {
    let (server, mut client) = greeted().await;
    let host = server.host.clone();
    let publisher = tokio::spawn(async move {
        for n in 2..=400 {
            host.publish(Change::Fill(fill(n)));
            tokio::task::yield_now().await;
        }
    });
    tokio::task::yield_now().await;
    let snapshot = client.subscribe(r#""channel":"fills""#).await;
    let execution = |fill: &Value| -> u64 { fill["execution"].as_str().unwrap().parse().unwrap() };
    // The snapshot holds the latest 200 only.
    let mut last = snapshot["data"]
        .as_array()
        .unwrap()
        .first()
        .map_or(0, execution);
    while last < 400 {
        let update = client.expect("update").await;
        let next = execution(&update["data"]);
        assert_eq!(next, last + 1);
        last = next;
    }
    publisher.await.unwrap();
}

#[tokio::test]
async fn changes_of_an_order_come_with_its_prices_and_why_they_were_refused() {
    let (server, mut client) = greeted().await;
    client.subscribe(r#""channel":"orders""#).await;
    let mut stop = order(OrderId::derive(20, 0).unwrap(), OrderStatus::PendingUpdate);
    stop.kind = OrderKind::StopLimit {
        trigger: Trigger::at(number("1.2")),
        price: number("1.21"),
    };
    stop.trigger = Some(number("1.2"));
    let pending = server
        .host
        .publish(order_change(stop, OrderChange::PendingUpdate));
    stop.status = OrderStatus::Accepted;
    stop.trigger = Some(number("1.19"));
    stop.kind = stop
        .kind
        .with_trigger(number("1.19"))
        .with_price(number("1.2"));
    let (price, trigger) = (stop.kind.price(), stop.trigger);
    for change in [
        OrderChange::Updated { price, trigger },
        OrderChange::UpdateDenied(DenyCode::Price),
        OrderChange::UpdateRejected,
        OrderChange::Emulated,
        OrderChange::Released,
    ] {
        server.host.publish(order_change(stop, change));
    }
    let update = client.expect("update").await;
    assert_eq!(update["sequence"], pending);
    let check = |update: &Value, expect: [Value; 5]| {
        let names = ["change", "pending", "price", "trigger_now", "deny_code"];
        assert_eq!(names.map(|name| update["data"][name].clone()), expect);
    };
    let [no, before, after] = [Value::Null, json!("1.20000"), json!("1.19000")];
    let limit = json!("1.21000");
    check(
        &update,
        [
            json!("PENDING_UPDATE"),
            json!("UPDATE"),
            limit,
            before.clone(),
            no.clone(),
        ],
    );
    for (change, code) in [
        ("UPDATED", no.clone()),
        ("UPDATE_DENIED", json!("P06")),
        ("UPDATE_REJECTED", no.clone()),
        ("EMULATED", no.clone()),
        ("RELEASED", no.clone()),
    ] {
        let update = client.expect("update").await;
        let expect = [
            json!(change),
            no.clone(),
            before.clone(),
            after.clone(),
            code,
        ];
        check(&update, expect);
    }
}

#[tokio::test]
async fn only_the_wanted_instrument_comes_through() {
    let (server, mut client) = greeted().await;
    client
        .subscribe(r#""channel":"orders","instrument":"BTC/USD.SIM""#)
        .await;
    let id = |n| OrderId::derive(n, 0).unwrap();
    let euro = order(id(20), OrderStatus::Accepted);
    let coin = model::Order {
        instrument: BTCUSD,
        ..order(id(21), OrderStatus::Denied)
    };
    server
        .host
        .publish(order_change(euro, OrderChange::Accepted));
    let denied = OrderChange::Denied(DenyCode::BuyingPower);
    server.host.publish(order_change(coin, denied));
    let update = client.expect("update").await;
    assert_eq!(update["data"]["id"], "21-0");
    assert_eq!(
        (&update["data"]["change"], &update["data"]["deny_code"]),
        (&json!("DENIED"), &json!("P17"))
    );
}

#[tokio::test]
async fn each_kind_of_change_has_its_message() {
    let (server, mut client) = greeted().await;
    for channel in ["positions", "strategies", "accounts", "engine"] {
        client.subscribe(&format!(r#""channel":"{channel}""#)).await;
    }
    let host = &server.host;
    host.publish(Change::Position(position("5000")));
    let update = client.expect("update").await;
    assert_eq!(update["data"]["quantity"], "5000");
    let new = StrategyView {
        id: model::StrategyId::new(7),
        name: "newcomer".into(),
        state: StrategyState::Error,
        ..StrategyView::clone(&host.strategies()[0])
    };
    host.publish(Change::Strategy(Arc::new(new)));
    let update = client.expect("update").await;
    assert_eq!(
        (&update["data"]["name"], &update["data"]["state"]),
        (&json!("newcomer"), &json!("ERROR"))
    );
    let balance = Balance {
        total: number("10"),
        locked: number("4"),
    };
    host.publish(Change::Balance(
        AccountId::new(0),
        CurrencyId::new(1),
        balance,
    ));
    let update = client.expect("update").await;
    let expect = json!({
        "account": "paper", "currency": "EUR", "total": "10", "locked": "4", "free": "6",
    });
    assert_eq!(update["data"], expect);
    host.publish(Change::Engine(host.engine()));
    assert_eq!(client.expect("update").await["channel"], "engine");
}

#[tokio::test]
async fn orders_of_a_strategy_that_came_later_have_its_name() {
    let (server, mut client) = greeted().await;
    client.subscribe(r#""channel":"orders""#).await;
    let id = model::StrategyId::new(7);
    let new = StrategyView {
        id,
        name: "newcomer".into(),
        ..StrategyView::clone(&server.host.strategies()[0])
    };
    server.host.publish(Change::Strategy(Arc::new(new)));
    let order = model::Order {
        strategy: id,
        ..order(OrderId::derive(30, 0).unwrap(), OrderStatus::Submitted)
    };
    server
        .host
        .publish(order_change(order, OrderChange::Submitted));
    assert_eq!(
        client.expect("update").await["data"]["strategy"],
        "newcomer"
    );
}

#[tokio::test]
async fn quotes_are_conflated_to_the_latest() {
    let (server, mut client) = greeted().await;
    client.subscribe(r#""channel":"quotes","max_hz":5"#).await;
    let mut last = 0;
    for n in 0..1_000 {
        let quote = quote(EURUSD, &format!("1.{n:04}"));
        last = server.host.publish(Change::Quote(quote));
    }
    let mut received = 0;
    loop {
        let update = client.expect("update").await;
        received += 1;
        if update["sequence"] == last {
            assert_eq!(update["data"]["bid"], "1.09990");
            break;
        }
    }
    assert!(received < 100, "{received} of 1000 quotes came through");
}

#[tokio::test]
async fn order_books_are_conflated_to_the_latest_and_replace_no_quote() {
    let (server, mut client) = greeted().await;
    let document = Document::read();
    let wish = r#""channel":"book","instrument":"EUR/USD.SIM","max_hz":5"#;
    document.check(&client.subscribe(wish).await);
    client.subscribe(r#""channel":"quotes","max_hz":5"#).await;
    let known = |id, bid: &str| Change::Book(id, Some(Arc::new(book(id, bid))));
    server.host.publish(known(BTCUSD, "9"));
    let quoted = server.host.publish(Change::Quote(quote(EURUSD, "1.3")));
    for n in 0..1_000 {
        server.host.publish(known(EURUSD, &format!("1.{n:04}")));
    }
    let last = server.host.publish(Change::Book(EURUSD, None));
    let (mut quotes, mut books) = (0, 0);
    loop {
        let update = client.expect("update").await;
        document.check(&update);
        if update["channel"] == "quotes" {
            assert_eq!(update["sequence"], quoted);
            quotes += 1;
            continue;
        }
        assert_eq!(update["data"]["instrument"], "EUR/USD.SIM");
        books += 1;
        if update["sequence"] == last {
            let data = &update["data"];
            assert_eq!((&data["known"], &data["bids"]), (&json!(false), &json!([])));
            break;
        }
    }
    assert_eq!(quotes, 1);
    assert!(books < 100, "{books} of 1001 books came through");
}

#[tokio::test]
async fn what_is_owned_comes_with_the_engines_numbers_and_as_the_latest() {
    let (server, mut client) = greeted().await;
    let document = Document::read();
    let begin = client
        .subscribe(r#""channel":"portfolio","max_hz":5"#)
        .await;
    document.check(&begin);
    let profit = "/strategies/0/unrealized";
    assert_eq!(begin["data"][0].pointer(profit), Some(&json!("1005")));
    // Half of it is sold; that is told when the engine's numbers are.
    server.host.publish(Change::Position(position("50000")));
    let engine = server.host.engine();
    let mut last = 0;
    for sequence in 1_001..=2_000 {
        let engine = EngineView { sequence, ..engine };
        last = server.host.publish(Change::Engine(engine));
    }
    let (mut received, mut previous) = (0, begin["sequence"].clone());
    loop {
        let update = client.expect("update").await;
        document.check(&update);
        assert_eq!(update["previous"], previous);
        previous = update["sequence"].clone();
        received += 1;
        if update["sequence"] == last {
            let data = &update["data"];
            assert_eq!(data["sequence"], 2_000);
            let instrument = data.pointer("/instruments/0/quantity");
            assert_eq!(instrument, Some(&json!("50000")));
            assert_ne!(data.pointer(profit), Some(&json!("1005")));
            break;
        }
    }
    assert!(received < 100, "{received} of 1000 came through");
}

#[tokio::test]
async fn unsubscribing_ends_it() {
    let (server, mut client) = greeted().await;
    client.subscribe(r#""channel":"fills""#).await;
    client
        .send(r#"{"op":"unsubscribe","id":2,"channel":"fills"}"#)
        .await;
    assert_eq!(client.expect("ack").await["op"], "unsubscribe");
    server.host.publish(Change::Fill(fill(2)));
    client.send(r#"{"op":"ping","id":3}"#).await;
    assert_eq!(client.expect("pong").await["id"], 3);
    client
        .send(r#"{"op":"unsubscribe","id":4,"channel":"fills"}"#)
        .await;
    let error = client.expect("error").await;
    assert_eq!(
        (&error["id"], &error["field"]),
        (&json!(4), &json!("/channel"))
    );
}

#[tokio::test]
async fn heartbeats_come_by_themselves() {
    let settings = StreamSettings {
        heartbeat: Duration::from_millis(20),
        ..StreamSettings::default()
    };
    let server = Server::start(Fake::new(), settings).await;
    let mut client = server.connect().await;
    assert_eq!(client.expect("hello").await["heartbeat_ms"], 20);
    for _ in 0..3 {
        assert_eq!(
            client.expect("heartbeat").await["time_ns"],
            "1704067200000000000"
        );
    }
}

#[tokio::test]
async fn states_and_kills_come_on_the_channel_of_risk() {
    let (server, mut client) = greeted().await;
    client.subscribe(r#""channel":"risk""#).await;
    let scope = ScopeView {
        scope: LimitScope::Strategy(EMA),
        state: TradingState::Reducing,
        killed: true,
    };
    server.host.publish(Change::Risk(scope));
    let update = client.expect("update").await;
    let data = &update["data"];
    assert_eq!(
        (&update["channel"], &data["scope"]),
        (&json!("risk"), &json!("strategy/ema"))
    );
    assert_eq!(
        (&data["state"], &data["killed"]),
        (&json!("REDUCING"), &json!(true))
    );
}

#[tokio::test]
async fn alerts_come_as_they_change_and_metrics_as_they_are_latest() {
    let (server, mut client) = greeted().await;
    for channel in ["alerts", "metrics"] {
        client.subscribe(&format!(r#""channel":"{channel}""#)).await;
    }
    server.host.publish(Change::Alert(alert(7)));
    let update = client.expect("update").await;
    let data = &update["data"];
    assert_eq!(
        (&update["channel"], &data["id"]),
        (&json!("alerts"), &json!(7))
    );
    assert_eq!(
        (&data["state"], &data["scope"]),
        (&json!("OPEN"), &json!("strategy/ema"))
    );
    let metrics = Arc::new(metrics(crate::fake::NOON));
    server.host.publish(Change::Metrics(metrics));
    let update = client.expect("update").await;
    assert_eq!(update["channel"], "metrics");
    assert_eq!(
        update.pointer("/data/scopes/0/leverage"),
        Some(&json!(0.11))
    );
    let refused = r#"{"op":"subscribe","id":9,"channel":"metrics","instrument":"EUR/USD.SIM"}"#;
    client.send(refused).await;
    let error = client.expect("error").await;
    assert_eq!(error["field"], "/instrument");
}

#[tokio::test]
async fn where_a_deployment_is_comes_when_it_changes_and_is_remembered() {
    let (server, mut client) = greeted().await;
    let begin = client.subscribe(r#""channel":"pipelines""#).await;
    assert_eq!(begin["data"], json!([]));
    let at = |run, stage| PipelineView {
        time: Timestamp::from_nanos(crate::fake::NOON),
        run,
        plugin: PluginHash::new([7; 32]),
        state: "RUNNING",
        stage,
        is_bad: false,
        verdict: "as wanted".into(),
    };
    let mut sequences = Vec::new();
    for (run, stage) in [(1, "PAPER"), (1, "PAPER"), (1, "CANARY"), (2, "PAPER")] {
        let view = StrategyView {
            pipeline: Some(Box::new(at(run, stage))),
            ..StrategyView::clone(&server.host.strategies()[0])
        };
        sequences.push(server.host.publish(Change::Strategy(Arc::new(view))));
    }
    let expect = [(1, "PAPER", 0), (1, "CANARY", 2), (2, "PAPER", 3)];
    let mut again = server.connect().await;
    again.expect("hello").await;
    let from = begin["sequence"].as_u64().unwrap();
    again.resume(r#""channel":"pipelines""#, from).await;
    for (run, stage, place) in expect {
        let update = client.expect("update").await;
        assert_eq!(again.expect("update").await["data"], update["data"]);
        assert_eq!(update["sequence"], sequences[place]);
        let data = &update["data"];
        assert_eq!(
            (&data["strategy"], &data["run"], &data["stage"]),
            (&json!("ema"), &json!(run), &json!(stage))
        );
    }
    let now = server.connect().await.snapshot("pipelines").await;
    assert_eq!(now["data"].as_array().unwrap().len(), 1);
}
