//! Where data comes from, and the process as a whole.

use crate::fake::{EURUSD, NOON, quote};
use crate::fake_happened::outside;
use crate::rest_client::Client;
use api::{BusView, Settings};
use model::{Quote, Timestamp};
use serde_json::{Value, json};
use services::view::{Change, OutsideView, VenueView, VitalsView, Written};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn the_feed_and_the_gateways_are_told() {
    let client = Client::new();
    let expect = [
        ("/feed", json!({"kind": "SIMULATED", "state": "RUNNING"})),
        ("/market_data/quotes", json!(12)),
        ("/market_data/trades", json!(3)),
        ("/market_data/bars", json!(0)),
        ("/market_data/last_ns", json!("1704067200000000002")),
        ("/market_data/waiting", json!(0)),
        ("/ignored", json!(0)),
        ("/gateways/0/venue", json!("OUT")),
        ("/gateways/0/state", json!("CONNECTED")),
        ("/gateways/0/since_ns", json!("1704067200000000000")),
        ("/gateways/0/unreconciled", json!(["paper"])),
        ("/gateways/0/in_doubt", json!(1)),
        ("/gateways/0/doubtful_reports", json!(3)),
    ];
    let answer = client.get("/sources").await;
    answer.check(200, &expect);
    let gateways = answer.json()["gateways"].as_array().unwrap().len();
    assert_eq!(gateways, 1, "a simulated venue has none");
    let never = VenueView {
        outside: Some(OutsideView::default()),
        ..outside()
    };
    client.host.publish(Change::Venue(Arc::new(never)));
    let expect = [
        ("/gateways/0/state", json!("NEVER")),
        ("/gateways/0/since", Value::Null),
        ("/gateways/0/last_refusal", Value::Null),
    ];
    client.get("/sources").await.check(200, &expect);
}

#[tokio::test]
async fn the_process_is_told_in_one_place() {
    let settings = Settings {
        run: "r7".to_owned(),
        ..Settings::default()
    };
    let bus = || BusView {
        state: "CONNECTED",
        published: 5,
        error: None,
    };
    let client = Client::with(settings, |api| api.with_bus(Some(Arc::new(bus))));
    client.host.set_vitals(VitalsView {
        engine_quiet: Duration::from_millis(3),
        market_bound: 1_000,
        journal: Some(Written {
            bytes: 4_096,
            syncs: 2,
            sync_time: Duration::from_micros(7),
            ..Written::default()
        }),
        ..VitalsView::default()
    });
    let expect = [
        ("/run", json!("r7")),
        ("/build/os", json!(std::env::consts::OS)),
        ("/features/bus", json!(true)),
        ("/features/store", json!(false)),
        ("/features/identity", json!(false)),
        ("/engine_quiet_ns", json!("3000000")),
        ("/queues/market", json!({"waiting": 0, "bound": 1_000})),
        ("/journal/bytes", json!(4_096)),
        ("/journal/sync_time_ns", json!("7000")),
        ("/health/status", json!("UP")),
        ("/health/store", Value::Null),
        ("/health/bus/published", json!(5)),
    ];
    let answer = client.get("/system").await;
    answer.check(200, &expect);
    let uptime = |answer: &Value| -> u128 {
        let text = answer["uptime_ns"].as_str().unwrap();
        text.parse().unwrap()
    };
    let later = client.get("/system").await.json();
    assert!(uptime(&later) > uptime(&answer.json()));
}

#[tokio::test]
async fn the_latest_quote_of_an_instrument_is_told() {
    let client = Client::new();
    let expect = [
        ("/instrument", json!("EUR/USD.SIM")),
        ("/source", json!("LIVE")),
        ("/items/0/bid", json!("1.10000")),
        ("/items/0/ts_event_ns", json!("1704067200000000001")),
        ("/history", Value::Null),
    ];
    for symbol in ["EUR/USD.SIM", "EUR%2FUSD.SIM"] {
        let answer = client.get(&format!("/market-data/{symbol}/quotes")).await;
        answer.check(200, &expect);
    }
    let unquoted = client.get("/market-data/BTC/USD.SIM/quotes").await;
    unquoted.check(200, &[("/items", json!([]))]);
    for (path, status, code, field) in [
        ("EUR/USD.SIM/trades", 404, "NO_STORE", None),
        ("EUR/USD.SIM/bars", 404, "NO_STORE", None),
        ("EUR/USD.SIM", 404, "NOT_FOUND", None),
        ("EUR/USD.SIM/depth", 404, "NOT_FOUND", None),
        ("X/Y.SIM/quotes", 404, "NOT_FOUND", None),
        (
            "EUR/USD.SIM/quotes?limit=0",
            400,
            "INVALID_FIELD",
            Some("/limit"),
        ),
    ] {
        let answer = client.get(&format!("/market-data/{path}")).await;
        answer.check_problem(status, code, field);
    }
}

/// A catalog with three quotes on two days.
fn catalog(folder: &Path) {
    let day = 86_400_000_000_000;
    let quotes = [0, 1, day].map(|later| {
        let time = Timestamp::from_nanos(NOON + later);
        Quote {
            ts_event: time,
            ts_init: time,
            ..quote(EURUSD, "1.1")
        }
    });
    let series = store::Series::Quotes(quotes.into());
    let catalog = store::catalog::Catalog::create(folder).unwrap();
    catalog.add("EUR/USD.SIM", &series).unwrap();
}

#[tokio::test]
async fn data_sets_of_a_catalog_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    let root = folder.path().to_owned();
    let client = Client::over(|api| api.with_catalog(Some(root)));
    let expect = [
        ("/0/kind", json!("quotes")),
        ("/0/instrument", json!("EUR/USD.SIM")),
        ("/0/bars", Value::Null),
        ("/0/days", json!(2)),
        ("/0/rows", json!(3)),
        ("/0/parts", json!(2)),
        ("/0/first_ns", json!("1704067200000000000")),
        ("/0/last_ns", json!("1704153600000000000")),
    ];
    let answer = client.get("/data-catalog").await;
    answer.check(200, &expect);
    assert!(answer.json()[0]["bytes"].as_u64().unwrap() > 0);
    for (wanted, count) in [("EUR/USD.SIM", 1), ("..", 0)] {
        let found = client
            .get(&format!("/data-catalog?instrument={wanted}"))
            .await;
        assert_eq!(found.status, 200, "{}", found.text);
        assert_eq!(found.json().as_array().unwrap().len(), count, "{wanted}");
    }
    drop(folder);
    let gone = client.get("/data-catalog").await;
    gone.check_problem(503, "CATALOG_UNAVAILABLE", None);
    let none = Client::new().get("/data-catalog").await;
    none.check_problem(404, "NO_CATALOG", None);
}

#[tokio::test]
async fn neither_takes_parameters() {
    let client = Client::new();
    for path in ["/sources?kind=FEED", "/system?verbose=1"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
}
