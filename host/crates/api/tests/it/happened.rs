//! What happened without a trade, and how things stand with venues: as lists and as they come.

use crate::fake::{Fake, number};
use crate::fake_happened::{
    conversion, funding, instrument_event, margin, margin_call, outside, split,
};
use crate::rest_client::Client;
use crate::stream_client::{self, Server};
use api::StreamSettings;
use model::{CurrencyId, LifeEventKind, MarginState};
use serde_json::{Value, json};
use services::view::{Change, OutsideView, VenueView};
use std::sync::Arc;

#[tokio::test]
async fn how_things_stand_with_a_venue_outside_is_shown() {
    let client = Client::new();
    let now = json!("1704067200000000000");
    let expect = [
        ("/0/outside", Value::Null),
        ("/0/model_faults/0/model", json!("FEE")),
        ("/0/model_faults/0/instrument", json!("EUR/USD.SIM")),
        ("/0/model_faults/0/kind", json!("BAD_OUTPUT")),
        ("/0/model_faults/0/message", json!("beyond the ceiling")),
        ("/0/model_faults/0/sequence", json!(12)),
        ("/0/model_faults/0/time_ns", now.clone()),
        ("/1/name", json!("OUT")),
        ("/1/model_faults", json!([])),
        ("/1/outside/connected", json!(true)),
        ("/1/outside/since", json!("2024-01-01T00:00:00.000000000Z")),
        ("/1/outside/since_ns", now.clone()),
        ("/1/outside/accounts/0/account", json!("paper")),
        ("/1/outside/accounts/0/standing", json!("DIFFERS")),
        ("/1/outside/accounts/0/compared_ns", now.clone()),
        (
            "/1/outside/accounts/0/differences",
            json!([{"instrument": "EUR/USD.SIM", "ours": "1000", "theirs": "2000"}]),
        ),
        ("/1/outside/in_doubt_count", json!(1)),
        ("/1/outside/in_doubt", json!(["9-0"])),
        ("/1/outside/ruled", json!({"ack_lost": 3})),
        ("/1/outside/refusals/0/order", json!("9-0")),
        ("/1/outside/refusals/0/reason", json!("no margin")),
        ("/1/outside/taken_back/0/time_ns", now),
        ("/1/outside/taken_back/0/fill/execution", json!("1")),
    ];
    client.get("/venues").await.check(200, &expect);
}

#[tokio::test]
async fn a_venue_that_never_was_there_says_so() {
    let client = Client::new();
    let never = VenueView {
        outside: Some(OutsideView::default()),
        ..outside()
    };
    client.host.publish(Change::Venue(Arc::new(never)));
    let expect = [
        ("/1/outside/connected", json!(false)),
        ("/1/outside/since", Value::Null),
        ("/1/outside/accounts", json!([])),
    ];
    client.get("/venues").await.check(200, &expect);
}

/// The numbers of what a list answers with.
async fn numbers(client: &Client, path: &str) -> Vec<u64> {
    let answer = client.get(path).await.json();
    let items = answer.as_array().unwrap().iter();
    items.map(|item| item["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn cash_flows_are_listed_by_account_strategy_and_instrument() {
    let client = Client::new();
    let expect = [
        ("/0/number", json!(2)),
        ("/0/sequence", json!(2)),
        ("/0/account", json!("paper")),
        ("/0/strategy", json!("ema")),
        ("/0/instrument", json!("EUR/USD.SIM")),
        ("/0/reason", json!("FUNDING")),
        ("/0/currency", json!("USD")),
        ("/0/amount", json!("-3.25")),
        ("/1/reason", json!("CONVERSION")),
        ("/1/strategy", Value::Null),
        ("/1/currency", json!("EUR")),
    ];
    client.get("/cash-flows").await.check(200, &expect);
    for (query, expect) in [
        ("?account=paper", vec![2, 1]),
        ("?limit=1", vec![2]),
        ("?strategy=ema", vec![2]),
        ("?strategy=manual", vec![]),
        ("?instrument=EUR/USD.SIM", vec![2]),
        ("?instrument=BTC/USD.SIM", vec![]),
    ] {
        let path = format!("/cash-flows{query}");
        assert_eq!(numbers(&client, &path).await, expect, "{query}");
    }
}

#[tokio::test]
async fn life_events_are_listed_by_instrument_and_account() {
    let client = Client::new();
    let expect = json!([
        {
            "number": 2, "sequence": 2, "instrument": "EUR/USD.SIM", "account": null,
            "event": "SPLIT", "numerator": 2, "denominator": 1,
            "ts_event": "2024-01-01T00:00:00.000000000Z", "ts_event_ns": "1704067200000000000",
        },
        {
            "number": 1, "sequence": 1, "instrument": null, "account": "paper",
            "event": "MARGIN_CALL", "equity": "900", "maintenance": "1000",
            "ts_event": "2024-01-01T00:00:00.000000000Z", "ts_event_ns": "1704067200000000000",
        },
    ]);
    client.get("/life-events").await.check(200, &[("", expect)]);
    for (query, expect) in [
        ("?account=paper", vec![1]),
        ("?instrument=EUR/USD.SIM", vec![2]),
        ("?instrument=BTC/USD.SIM", vec![]),
        ("?limit=1", vec![2]),
    ] {
        let path = format!("/life-events{query}");
        assert_eq!(numbers(&client, &path).await, expect, "{query}");
    }
}

#[tokio::test]
async fn every_event_says_what_there_is_to_know_of_it() {
    let client = Client::new();
    let price = number("1.25");
    for (event, expect) in [
        (
            instrument_event(
                3,
                LifeEventKind::Funding {
                    rate: number("-0.0001"),
                },
            ),
            json!({"event": "FUNDING", "rate": "-0.0001"}),
        ),
        (
            instrument_event(4, LifeEventKind::FinalPrice { price }),
            json!({"event": "FINAL_PRICE", "price": "1.25000"}),
        ),
        (
            instrument_event(5, LifeEventKind::Expiry),
            json!({"event": "EXPIRY"}),
        ),
        (
            instrument_event(6, LifeEventKind::Settlement { price }),
            json!({"event": "SETTLEMENT", "price": "1.25000"}),
        ),
        (
            instrument_event(
                7,
                LifeEventKind::Dividend {
                    amount: number("0.35"),
                    currency: CurrencyId::new(1),
                },
            ),
            json!({"event": "DIVIDEND", "amount": "0.35", "currency": "EUR"}),
        ),
        (
            margin(8, MarginState::Covered),
            json!({"event": "MARGIN_COVERED"}),
        ),
        (
            margin(9, MarginState::Liquidating),
            json!({"event": "LIQUIDATION"}),
        ),
        (
            margin(10, MarginState::Short),
            json!({"event": "MARGIN_SHORT", "equity": "900"}),
        ),
    ] {
        client.host.publish(Change::LifeEvent(event));
        let newest = client.get("/life-events?limit=1").await.json();
        for (name, value) in expect.as_object().unwrap() {
            assert_eq!(&newest[0][name], value, "{newest}");
        }
    }
}

#[tokio::test]
async fn questions_that_cannot_be_meant_name_the_field() {
    let client = Client::new();
    let check = async |path: &str, field: &str| {
        let answer = client.get(path).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    for path in ["/cash-flows", "/life-events"] {
        check(&format!("{path}?account=gone"), "/account").await;
        check(&format!("{path}?instrument=GONE"), "/instrument").await;
        check(&format!("{path}?limit=0"), "/limit").await;
    }
    check("/cash-flows?strategy=gone", "/strategy").await;
    check("/life-events?strategy=ema", "/strategy").await;
}

async fn connected() -> (Server, stream_client::Client) {
    let server = Server::start(Fake::new(), StreamSettings::default()).await;
    let mut client = server.connect().await;
    client.expect("hello").await;
    (server, client)
}

#[tokio::test]
async fn they_come_by_the_stream_after_a_snapshot() {
    let (server, mut client) = connected().await;
    let host = &server.host;
    for (channel, pointer, expect) in [
        ("venues", "/data/1/outside/connected", json!(true)),
        ("cash_flows", "/data/0/amount", json!("-3.25")),
        ("life_events", "/data/1/event", json!("MARGIN_CALL")),
    ] {
        let snapshot = client.subscribe(&format!(r#""channel":"{channel}""#)).await;
        assert_eq!(snapshot.pointer(pointer), Some(&expect), "{snapshot:#}");
    }
    let gone = VenueView {
        outside: Some(OutsideView::default()),
        ..outside()
    };
    for (change, pointer, expect) in [
        (
            Change::Venue(Arc::new(gone)),
            "/outside/connected",
            json!(false),
        ),
        (Change::CashFlow(funding(3)), "/number", json!(3)),
        (Change::LifeEvent(split(3)), "/event", json!("SPLIT")),
    ] {
        host.publish(change);
        let update = client.expect("update").await;
        assert_eq!(update["data"].pointer(pointer), Some(&expect), "{update:#}");
    }
}

#[tokio::test]
async fn what_the_snapshot_had_does_not_come_again() {
    let (server, mut client) = connected().await;
    client.subscribe(r#""channel":"cash_flows""#).await;
    client.subscribe(r#""channel":"life_events""#).await;
    // As when they were published between the reading of the position and of the list.
    server.host.publish(Change::CashFlow(conversion(1)));
    server.host.publish(Change::LifeEvent(margin_call(1)));
    let new = server.host.publish(Change::CashFlow(funding(3)));
    assert_eq!(client.expect("update").await["sequence"], new);
}

#[tokio::test]
async fn they_can_be_narrowed_to_an_instrument_and_venues_cannot() {
    let (server, mut client) = connected().await;
    let euro = r#""channel":"cash_flows","instrument":"EUR/USD.SIM""#;
    let snapshot = client.subscribe(euro).await;
    assert_eq!(snapshot["data"].as_array().unwrap().len(), 1);
    let coin = r#""channel":"life_events","instrument":"BTC/USD.SIM""#;
    assert_eq!(client.subscribe(coin).await["data"], json!([]));
    server.host.publish(Change::CashFlow(conversion(3)));
    server.host.publish(Change::LifeEvent(split(4)));
    let wanted = server.host.publish(Change::CashFlow(funding(5)));
    assert_eq!(client.expect("update").await["sequence"], wanted);
    client
        .send(r#"{"op":"subscribe","id":9,"channel":"venues","instrument":"EUR/USD.SIM"}"#)
        .await;
    assert_eq!(client.expect("error").await["field"], "/instrument");
}
