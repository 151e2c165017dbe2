//! Risk metrics, scenarios, regimes and alerts, against the table and against the real host.

use crate::fake::{EURUSD, NOON, quote};
use crate::fake_values::{alert, metrics};
use crate::real_host::Stand;
use crate::rest_client::Client;
use model::{Duration, Quote, Timestamp};
use serde_json::{Value, json};
use services::metrics::{MetricLimit, MetricName, MetricSettings, Regimes, RiskSettings};
use services::view::Change;
use std::sync::Arc;

#[tokio::test]
async fn alerts_are_listed_newest_first_and_acknowledged_by_name() {
    let client = Client::new();
    client.host.publish(Change::Alert(alert(1)));
    client.host.publish(Change::Alert(alert(2)));
    let expect = [
        ("/0/id", json!(2)),
        ("/0/severity", json!("WARNING")),
        ("/0/code", json!("P18")),
        ("/0/name", json!("loss")),
        ("/0/scope", json!("strategy/ema")),
        ("/0/share", json!("0.5")),
        ("/0/count", json!(3)),
        ("/1/state", json!("OPEN")),
    ];
    client.get("/risk/alerts").await.check(200, &expect);
    let one = client.get("/risk/alerts?limit=1").await.json();
    assert_eq!(one.as_array().unwrap().len(), 1);
    let path = "/risk/alerts/1/acknowledge";
    let answer = client.json("POST", path, r#"{"by":"anna"}"#).await;
    let expect = [
        ("/state", json!("ACKNOWLEDGED")),
        ("/acknowledged_by", json!("anna")),
    ];
    answer.check(200, &expect);
    for body in ["{}", r#"{"by":7}"#] {
        let answer = client.json("POST", path, body).await;
        answer.check_problem(400, "INVALID_FIELD", Some("/by"));
    }
    let answer = client.json("POST", path, r#"{"by":"a","at":1}"#).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/at"));
    for id in ["9", "x"] {
        let path = format!("/risk/alerts/{id}/acknowledge");
        let answer = client.json("POST", &path, r#"{"by":"anna"}"#).await;
        answer.check_problem(404, "NOT_FOUND", None);
    }
}

#[tokio::test]
async fn metrics_say_why_a_figure_is_missing() {
    let client = Client::new();
    let none = [("/time", Value::Null), ("/scopes", json!([]))];
    client.get("/risk/metrics").await.check(200, &none);
    client
        .host
        .publish(Change::Metrics(Arc::new(metrics(NOON))));
    let expect = [
        ("/time", json!("2024-01-01T00:00:00.000000000Z")),
        ("/horizon_ns", json!("86400000000000")),
        ("/scopes/0/scope", json!("firm")),
        ("/scopes/0/currency", json!("USD")),
        ("/scopes/0/equity", json!(1_001_000.0)),
        ("/scopes/0/tails/0/confidence", json!("0.95")),
        ("/scopes/0/tails/0/historical", Value::Null),
        (
            "/scopes/0/unavailable/tails~10~1historical",
            json!("needs 20 returns and has 7"),
        ),
        (
            "/scopes/0/unavailable/beta",
            json!("no benchmark is chosen"),
        ),
        ("/scopes/0/exposure/gross", json!(110_000.0)),
        ("/scopes/0/instruments/0/instrument", json!("EUR/USD.SIM")),
        ("/scopes/0/sectors/0/sector", Value::Null),
        ("/scopes/0/currencies/0/currency", json!("EUR")),
        ("/scopes/0/components/0/value_at_risk", json!(12.5)),
    ];
    client.get("/risk/metrics").await.check(200, &expect);
    client
        .get("/risk/metrics?scope=firm")
        .await
        .check(200, &expect);
    // What the latest do not have is reckoned at once.
    let expect = [("/scopes/0/scope", json!("strategy/ema"))];
    let answer = client.get("/risk/metrics?scope=strategy/ema").await;
    answer.check(200, &expect);
    let body = r#"{"scope":"strategy/ema"}"#;
    client
        .json("POST", "/risk/metrics", body)
        .await
        .check(200, &expect);
    client
        .json("POST", "/risk/metrics", "{}")
        .await
        .check(200, &[]);
    for scope in ["desk", "account/none", "instrument/EUR/USD.SIM"] {
        let answer = client.get(&format!("/risk/metrics?scope={scope}")).await;
        answer.check_problem(400, "INVALID_FIELD", Some("/scope"));
    }
    let answer = client.json("POST", "/risk/metrics", r#"{"scope":1}"#).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/scope"));
    let answer = client.get("/risk/metrics?horizon=1").await;
    answer.check_problem(400, "INVALID_FIELD", Some("/horizon"));
}

#[tokio::test]
async fn correlations_and_regimes_are_shown() {
    let client = Client::new();
    let expect = [
        ("/instruments/1", json!("BTC/USD.SIM")),
        ("/correlations/0", json!([1.0, null])),
        ("/covariances/0/0", json!(0.0001)),
        ("/positive_semidefinite", json!(true)),
    ];
    let answer = client
        .get("/risk/correlation?instruments=EUR/USD.SIM,BTC/USD.SIM")
        .await;
    answer.check(200, &expect);
    let asked = r#"correlation ["EUR/USD.SIM", "BTC/USD.SIM"]"#;
    assert_eq!(client.host.asked(), [asked]);
    let body = r#"{"scope":"strategy/ema","regime":"stressed"}"#;
    let answer = client.json("PUT", "/risk/regime", body).await;
    let expect = [("/factor", json!("0.5")), ("/regime", json!("stressed"))];
    answer.check(200, &expect);
    let expect = [
        ("/regimes/1", json!({"regime": "stressed", "factor": "0.5"})),
        (
            "/scopes/0",
            json!({"scope": "strategy/ema", "regime": "stressed"}),
        ),
    ];
    client.get("/risk/regime").await.check(200, &expect);
    for (body, field) in [
        (r#"{"scope":"desk","regime":"calm"}"#, "/scope"),
        (r#"{"scope":"account/none","regime":"calm"}"#, "/scope"),
        (r#"{"scope":"firm"}"#, "/regime"),
        (
            r#"{"scope":"firm","regime":"calm","factor":"1"}"#,
            "/factor",
        ),
    ] {
        let answer = client.json("PUT", "/risk/regime", body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    }
}

#[tokio::test]
async fn scenarios_are_set_shown_run_and_removed() {
    let client = Client::new();
    let path = "/risk/scenarios/crash";
    let body = r#"{"shocks":[{"target":"market","price":"-0.2","volatility":"1"}]}"#;
    let shock = json!({"target": "market", "price": "-0.2", "volatility": "1"});
    let expect = [("/name", json!("crash")), ("/shocks/0", shock)];
    client.json("PUT", path, body).await.check(200, &expect);
    client.get(path).await.check(200, &expect);
    let body = r#"{"window":{"from":"2024-01-01T00:00:00Z","to":"2024-01-02T00:00:00Z"}}"#;
    let past = "/risk/scenarios/past%20day";
    let answer = client.json("PUT", past, body).await;
    answer.check(200, &[("/name", json!("past day"))]);
    let list = client.get("/risk/scenarios").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let expect = [
        ("/profit", json!(-22_000.0)),
        ("/strategies/0", json!({"name": "ema", "profit": -22_000.0})),
        (
            "/unavailable/value_at_risk",
            json!("needs 20 returns and has 7"),
        ),
    ];
    let answer = client.bare("POST", "/risk/scenarios/crash/run").await;
    answer.check(200, &expect);
    assert_eq!(client.bare("DELETE", path).await.status, 204);
    client
        .bare("DELETE", path)
        .await
        .check_problem(404, "NOT_FOUND", None);
    client.get(path).await.check_problem(404, "NOT_FOUND", None);
}

/// A catalog in which the euro fell from 1.1 by a fifth over two days, and went on.
fn catalog(folder: &std::path::Path) {
    let day = 86_400_000_000_000;
    let places = [
        (0, ["1.09", "1.11"]),
        (1, ["1.29", "1.31"]),
        (day, ["0.87", "0.89"]),
        (2 * day, ["1.99", "2.01"]),
    ];
    let quotes = places.map(|(later, [bid, ask])| {
        let time = Timestamp::from_nanos(NOON + later);
        Quote {
            bid: bid.parse().unwrap(),
            ask: ask.parse().unwrap(),
            ts_event: time,
            ts_init: time,
            ..quote(EURUSD, "1.1")
        }
    });
    let catalog = store::catalog::Catalog::create(folder).unwrap();
    let series = store::Series::Quotes(quotes.into());
    catalog.add("EUR/USD.SIM", &series).unwrap();
}

/// A body that asks for history.
fn history(from: &str, to: &str, instruments: Option<&[&str]>) -> String {
    let mut window = json!({ "from": from, "to": to });
    if let Some(instruments) = instruments {
        window["instruments"] = json!(instruments);
    }
    json!({ "history": window }).to_string()
}

#[tokio::test]
async fn a_window_of_the_catalog_becomes_the_shocks_of_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    let root = folder.path().to_owned();
    let client = Client::over(|api| api.with_catalog(Some(root)));
    let path = "/risk/scenarios/fall";
    let (from, to) = ("2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z");
    let shock = json!({ "target": "instrument/EUR/USD.SIM", "price": "-0.2", "volatility": null });
    let expect = [("/shocks", json!([shock]))];
    for named in [None, Some(&["EUR/USD.SIM"][..])] {
        let answer = client.json("PUT", path, &history(from, to, named)).await;
        answer.check(200, &expect);
    }
    // It was read once.
    drop(folder);
    client.get(path).await.check(200, &expect);
    let gone = client.json("PUT", path, &history(from, to, None)).await;
    gone.check_problem(503, "CATALOG_UNAVAILABLE", None);
}

#[tokio::test]
async fn history_that_cannot_be_had_says_why() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    let root = folder.path().to_owned();
    let client = Client::over(|api| api.with_catalog(Some(root)));
    let check = async |body: &str, expect: (u16, &str), field: &str| {
        let answer = client.json("PUT", "/risk/scenarios/fall", body).await;
        answer.check_problem(expect.0, expect.1, Some(field));
    };
    let (invalid, disagree) = ((400, "INVALID_FIELD"), (422, "FIELDS_DISAGREE"));
    let (from, to) = ("2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z");
    let before = history("2023-01-01T00:00:00Z", from, None);
    check(&before, disagree, "/history").await;
    check(&history(to, from, None), disagree, "/history/to").await;
    check(&history("x", to, None), invalid, "/history/from").await;
    let list = "/history/instruments";
    check(&history(from, to, Some(&[])), invalid, list).await;
    check(&history(from, to, Some(&["GOLD"])), invalid, list).await;
    let both = ["EUR/USD.SIM", "BTC/USD.SIM"];
    check(&history(from, to, Some(&both)), disagree, list).await;
    let mut shocked: Value = serde_json::from_str(&history(from, to, None)).unwrap();
    shocked["shocks"] = json!([{ "target": "market", "price": "-0.1" }]);
    check(&shocked.to_string(), disagree, "/history").await;
    let none = Client::new();
    let body = history(from, to, None);
    let asked = none.json("PUT", "/risk/scenarios/fall", &body).await;
    asked.check_problem(404, "NO_CATALOG", None);
}

#[tokio::test]
async fn bad_scenarios_name_the_field() {
    let client = Client::new();
    let check = async |body: &str, field: &str| {
        let answer = client.json("PUT", "/risk/scenarios/crash", body).await;
        answer.check_problem(400, "INVALID_FIELD", Some(field));
    };
    let together = async |body: &str, field: &str| {
        let answer = client.json("PUT", "/risk/scenarios/crash", body).await;
        answer.check_problem(422, "FIELDS_DISAGREE", Some(field));
    };
    together("{}", "/shocks").await;
    check(r#"{"shocks":[]}"#, "/shocks").await;
    check(r#"{"shocks":[["market","-0.2"]]}"#, "/shocks/0").await;
    check(r#"{"shocks":[{"price":"-0.2"}]}"#, "/shocks/0/target").await;
    check(
        r#"{"shocks":[{"target":"desk","price":"-0.2"}]}"#,
        "/shocks/0/target",
    )
    .await;
    check(
        r#"{"shocks":[{"target":"market","price":-0.2}]}"#,
        "/shocks/0/price",
    )
    .await;
    together(r#"{"shocks":[{"target":"market"}]}"#, "/shocks/price").await;
    check(
        r#"{"shocks":[{"target":"market","price":"-1.5"}]}"#,
        "/shocks/price",
    )
    .await;
    check(
        r#"{"shocks":[{"target":"market","vol":"1"}]}"#,
        "/shocks/0/vol",
    )
    .await;
    check(
        r#"{"window":{"from":"2024-01-01T00:00:00Z"}}"#,
        "/window/to",
    )
    .await;
    check(r#"{"window":{"from":"x","to":"y"}}"#, "/window/from").await;
    let window = r#""window":{"from":"2024-01-02T00:00:00Z","to":"2024-01-01T00:00:00Z"}"#;
    together(&format!("{{{window}}}"), "/window/to").await;
    together(
        &format!(r#"{{"shocks":[{{"target":"market","price":"0"}}],{window}}}"#),
        "/window",
    )
    .await;
    let body = r#"{"shocks":[{"target":"market","price":"0"}]}"#;
    let answer = client.json("PUT", "/risk/scenarios/a%2Fb", body).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/name"));
}

/// A host that reckons and samples each second.
fn settings() -> RiskSettings {
    let second = Duration::from_secs(1);
    let table = [("calm", "1"), ("stressed", "0.5")];
    let table = table.map(|(name, factor)| (name.to_owned(), factor.parse().unwrap()));
    RiskSettings {
        metrics: MetricSettings {
            period: second,
            sample_period: second,
            benchmark: Some("EUR/USD.SIM".to_owned()),
            ..MetricSettings::default()
        },
        escalate_after: Some(Duration::from_secs(3)),
        regimes: Regimes::new(table.into()).unwrap(),
        ..RiskSettings::default()
    }
}

/// Buys 50,000 and sends quotes that go up and down by a thousandth.
async fn held(stand: &mut Stand, quotes: u32) {
    stand.quoted("1.0000", "1.0000").await;
    let body = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"50000"}"#;
    stand.send("POST", "/orders", body).await.check(201, &[]);
    for n in 0..quotes {
        let price = if n % 2 == 0 { "1.0010" } else { "1.0000" };
        stand.quoted(price, price).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_reckoned_as_engine_time_passes() {
    let mut stand = Stand::risking(settings(), |_| {});
    held(&mut stand, 30).await;
    let path = "/risk/metrics?scope=firm";
    stand.until(path, "/scopes/0/returns", json!(29)).await;
    let answer = stand.send("GET", path, "").await;
    let json = answer.json();
    let at = |pointer: &str| json.pointer(pointer).unwrap();
    assert_eq!(
        at("/scopes/0/unavailable/liquidity_days"),
        "the average daily volume is not known"
    );
    assert_eq!(at("/scopes/0/tails/1/historical"), &Value::Null);
    assert_eq!(at("/scopes/0/concentration"), 1.0);
    // One instrument, which is the benchmark: 50,000 of 100,000 move with it.
    let near = |pointer: &str, expect: f64| {
        let got = at(pointer).as_f64().unwrap();
        assert!(
            (got - expect).abs() < 0.002 * expect,
            "{pointer}: {got}, not {expect}"
        );
    };
    near("/scopes/0/beta_exposure", 50_000.0);
    near("/scopes/0/beta", 0.5);
    near("/scopes/0/leverage", 0.5);
    // A thousandth down in every second second, over the seconds of a day.
    near("/scopes/0/tails/0/historical", 50.0 * 86_400_f64.sqrt());
    near(
        "/scopes/0/tails/0/normal",
        1.6449 * 50_000.0 * deviation(29) * 86_400_f64.sqrt(),
    );
    let again = stand
        .send("POST", "/risk/metrics", r#"{"scope":"firm"}"#)
        .await;
    let pointer = "/scopes/0/tails/0/simulated";
    again.check(200, &[("/scopes/0/returns", json!(29))]);
    assert!(again.json().pointer(pointer).unwrap().as_f64().unwrap() > 0.0);
    let answer = stand.send("GET", "/risk/correlation", "").await;
    answer.check(200, &[("/correlations", json!([[1.0]]))]);
    let answer = stand
        .send("GET", "/risk/correlation?instruments=X", "")
        .await;
    answer.check_problem(400, "INVALID_FIELD", Some("/instruments"));
}

/// Sample deviation of returns that are a thousandth up and down in turn.
fn deviation(returns: u32) -> f64 {
    let up_and_down = |n| if n % 2 == 0 { -1.0 / 1001.0 } else { 0.001 };
    let values: Vec<f64> = (0..returns).map(up_and_down).collect();
    quant::moments::deviation(&values).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_falls_on_what_is_held_now() {
    let mut stand = Stand::risking(settings(), |_| {});
    held(&mut stand, 2).await;
    let body = r#"{"shocks":[{"target":"market","price":"-0.2"},
        {"target":"instrument/EUR/USD.SIM","price":"-0.1"}]}"#;
    let answer = stand.send("PUT", "/risk/scenarios/fall", body).await;
    answer.check(200, &[]);
    // A tenth of 50,000 at 1.0000: the instrument's own shock counts, not the market's.
    let answer = stand.send("POST", "/risk/scenarios/fall/run", "").await;
    let profit = answer.json()["profit"].as_f64().unwrap();
    assert!((profit + 5_000.0).abs() < 1e-6, "{profit}");
    let expect = [(
        "/unavailable/value_at_risk",
        json!("needs 20 returns and has 1"),
    )];
    answer.check(200, &expect);
    let body = r#"{"shocks":[{"target":"sector/oil","price":"-0.2"}]}"#;
    let answer = stand.send("PUT", "/risk/scenarios/oil", body).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/shocks/target"));
    let answer = stand.send("POST", "/risk/scenarios/none/run", "").await;
    answer.check_problem(404, "NOT_FOUND", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_above_its_limit_alerts_reduces_escalates_and_resolves() {
    let limit = MetricLimit {
        scope: "account/paper".parse().unwrap(),
        metric: MetricName::Leverage,
        max: "0.2".parse().unwrap(),
        reduce: true,
    };
    let risk = RiskSettings {
        limits: vec![limit],
        ..settings()
    };
    let mut stand = Stand::risking(risk, |_| {});
    held(&mut stand, 2).await;
    stand
        .until("/risk/alerts", "/0/code", json!("LEVERAGE"))
        .await;
    let state = "/risk/states";
    stand.until(state, "/1/state", json!("REDUCING")).await;
    stand
        .send("GET", state, "")
        .await
        .check(200, &[("/1/scope", json!("account/paper"))]);
    let expect = [
        ("/0/severity", json!("SERIOUS")),
        ("/0/scope", json!("account/paper")),
    ];
    stand
        .send("GET", "/risk/alerts", "")
        .await
        .check(200, &expect);
    for _ in 0..5 {
        stand.quoted("1.0010", "1.0010").await;
    }
    stand
        .until("/risk/alerts", "/0/severity", json!("CRITICAL"))
        .await;
    let more = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1000"}"#;
    let denied = stand.send("POST", "/orders", more).await;
    denied.check(201, &[("/deny_code", json!("P01"))]);
    let close = r#"{"instrument":"EUR/USD.SIM","side":"SELL","type":"MARKET","quantity":"50000"}"#;
    stand.send("POST", "/orders", close).await.check(201, &[]);
    for _ in 0..3 {
        stand.quoted("1.0010", "1.0010").await;
    }
    stand
        .until("/risk/alerts", "/0/state", json!("RESOLVED"))
        .await;
    // It never comes back by itself.
    stand
        .send("GET", state, "")
        .await
        .check(200, &[("/1/state", json!("REDUCING"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regime_scales_limits_and_an_unknown_one_is_refused() {
    let stand = Stand::risking(settings(), |_| {});
    let body = r#"{"scope":"firm","regime":"stressed"}"#;
    let answer = stand.send("PUT", "/risk/regime", body).await;
    answer.check(
        200,
        &[("/factor", json!("0.5")), ("/regime", json!("stressed"))],
    );
    let expect = [("/scopes/0/regime", json!("stressed"))];
    stand
        .send("GET", "/risk/regime", "")
        .await
        .check(200, &expect);
    let answer = stand
        .send("PUT", "/risk/regime", r#"{"scope":"firm","regime":"wild"}"#)
        .await;
    answer.check_problem(400, "INVALID_FIELD", Some("/regime"));
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .contains("calm, stressed")
    );
    stand
        .send("PUT", "/risk/factors/firm", r#"{"factor":"0.7"}"#)
        .await
        .check(200, &[]);
    let expect = [("/scopes", json!([]))];
    stand
        .send("GET", "/risk/regime", "")
        .await
        .check(200, &expect);
}
