//! The API in front of the real host, with a market of a few quotes and orders by hand.

use crate::fake::number;
use crate::real_refusals;
use crate::rest_client::{Answer, keyless, request};
use api::{Api, Settings, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use engine::{Definition, VenueConfig};
use model::{
    AccountConfig, AccountKind, AssetClass, CurrencyId, Duration, Fees, Instrument, InstrumentId,
    Margin, Money, Quantity, Quote, Rate, Timestamp, VenueId,
};
use registry::Manifest;
use serde_json::json;
use services::clock::ManualClock;
use services::feed::MarketInput;
use services::host::{Host, HostConfig, HostHandle};
use services::metrics::RiskSettings;
use services::plugin::{
    CustomRequest, MadeAlgorithm, MadeRule, Plugin, PluginHost, Progress, Refusal,
};
use std::sync::Arc;
use tower::ServiceExt;

const START_NS: u64 = 1_704_067_200_000_000_000;

/// Refuses every strategy at its first stage. Rules and algorithms are in `real_refusals`.
struct NoPlugins;

impl PluginHost for NoPlugins {
    fn admit(&self, _: &[u8]) -> Result<Arc<dyn Plugin>, Refusal> {
        Err(Refusal {
            stage: "parse",
            reason: "this is not WebAssembly".into(),
        })
    }

    fn inspect(&self, bytes: &[u8], _: &Progress) -> Result<Manifest, Refusal> {
        match bytes {
            b"any" => Ok(real_refusals::manifest(bytes)),
            _ => Err(Refusal {
                stage: "parse",
                reason: "this is not WebAssembly".into(),
            }),
        }
    }

    fn algorithm(&self, _: &[u8], _: CustomRequest) -> Result<MadeAlgorithm, Refusal> {
        Ok(real_refusals::algorithm())
    }

    fn rule(&self, _: &[u8], _: CustomRequest) -> Result<MadeRule, Refusal> {
        Ok(real_refusals::rule())
    }
}

/// A currency, a venue, an instrument and a margin account with 100,000.
pub(crate) fn definitions() -> Vec<Definition> {
    let usd = CurrencyId::new(0);
    let instrument = Instrument {
        symbol: "EUR/USD.SIM".into(),
        venue: VenueId::new(0),
        class: AssetClass::Equity,
        quote_currency: usd,
        tick: number("0.0001"),
        lot: number("1000"),
        min_quantity: number("1000"),
        max_quantity: number("1000000"),
        multiplier: Quantity::ONE,
        margin: Margin {
            initial: number("0.1"),
            maintenance: number("0.05"),
        },
        fees: Fees::default(),
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    };
    vec![
        Definition::Currency("USD".into()),
        Definition::Venue(VenueConfig {
            name: "SIM".into(),
            ..VenueConfig::default()
        }),
        Definition::Instrument(instrument),
        Definition::Account(AccountConfig {
            name: "paper".into(),
            venue: VenueId::new(0),
            kind: AccountKind::Margin {
                leverage: Rate::whole(1).unwrap(),
            },
            base_currency: usd,
            deposits: vec![(usd, Money::whole(100_000).unwrap())],
            hedging: None,
        }),
    ]
}

/// A host on a test stand, and a router in front of it.
pub(crate) struct Stand {
    pub(crate) host: HostHandle,
    clock: Arc<ManualClock>,
    router: Router,
    sent: u64,
    _folder: tempfile::TempDir,
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A stand whose definitions were edited.
    pub(crate) fn with(edit: impl Fn(&mut Definition)) -> Self {
        Self::risking(RiskSettings::default(), edit)
    }

    /// A stand with other risk settings, whose definitions were edited.
    pub(crate) fn risking(risk: RiskSettings, edit: impl Fn(&mut Definition)) -> Self {
        let mut definitions = definitions();
        definitions.iter_mut().for_each(edit);
        Self::of(risk, definitions)
    }

    /// A stand of these definitions.
    pub(crate) fn of(risk: RiskSettings, definitions: Vec<Definition>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = HostConfig::new(definitions, folder.path());
        config.risk = risk;
        let clock = Arc::new(ManualClock::at(Timestamp::from_nanos(START_NS)));
        // The engine's thread ends with the last handle; nobody needs its verdict here.
        let (host, _thread) = Host::start(config, Arc::new(NoPlugins), clock.clone()).unwrap();
        Self {
            router: router(Api::new(host.clone(), Settings::default())),
            host,
            clock,
            sent: 0,
            _folder: folder,
        }
    }

    /// Waits until something that the host does on its own is seen.
    pub(crate) async fn until(&self, path: &str, pointer: &str, expect: serde_json::Value) {
        for _ in 0..4_000 {
            if self.send("GET", path, "").await.json().pointer(pointer) == Some(&expect) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("{pointer} of {path} did not become {expect}");
    }

    /// Sends a quote and waits until the engine has it: orders may overtake market data.
    pub(crate) async fn priced(&mut self) {
        self.quoted("1.1000", "1.1002").await;
    }

    /// The same with another quote.
    pub(crate) async fn quoted(&mut self, bid: &str, ask: &str) {
        self.send_quote(bid, ask);
        let path = "/instruments/EUR/USD.SIM";
        let moment = self.moment().to_string();
        self.until(path, "/quote/ts_event", json!(moment)).await;
    }

    /// A second for each event sent so far.
    pub(crate) fn moment(&self) -> Timestamp {
        Timestamp::from_nanos(START_NS).after(Duration::from_secs(self.sent))
    }

    /// Sends a quote of 1.1000 / 1.1002 a second later.
    pub(crate) fn quote(&mut self) {
        self.send_quote("1.1000", "1.1002");
    }

    /// Lets a second pass and says what time it is.
    pub(crate) fn tick(&mut self) -> Timestamp {
        self.sent += 1;
        self.clock.set(self.moment());
        self.moment()
    }

    fn send_quote(&mut self, bid: &str, ask: &str) {
        let at = self.tick();
        let quote = Quote {
            instrument: InstrumentId::new(0),
            bid: number(bid),
            ask: number(ask),
            bid_size: number("1000000"),
            ask_size: number("1000000"),
            ts_event: at,
            ts_init: at,
        };
        self.host.send_market(&[MarketInput::Quote(quote)]).unwrap();
    }

    /// Forgets keys and answers, as a crash does to what was not on disk; the host goes on.
    pub(crate) fn forget_keys(&mut self) {
        self.router = router(Api::new(self.host.clone(), Settings::default()));
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.sent_as(request(method, path), body).await
    }

    /// Posts with a key.
    pub(crate) async fn send_keyed(&self, path: &str, key: &str, body: &str) -> Answer {
        let request = keyless("POST", path).header("idempotency-key", key);
        self.sent_as(request, body).await
    }

    async fn sent_as(&self, request: axum::http::request::Builder, body: &str) -> Answer {
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            body: bytes.into(),
        }
    }

    async fn buy(&self, quantity: &str) -> Answer {
        let ticket = json!({
            "instrument": "EUR/USD.SIM", "side": "BUY", "type": "MARKET", "quantity": quantity,
        });
        self.send("POST", "/orders", &ticket.to_string()).await
    }

    /// Sends quotes until a list has an item.
    async fn until_listed(&mut self, path: &str) -> Answer {
        for _ in 0..1_000 {
            let answer = self.send("GET", path, "").await;
            if answer.text != "[]" {
                return answer;
            }
            self.quote();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("{path} stayed empty");
    }
}

#[tokio::test]
async fn an_order_by_hand_fills_and_shows_everywhere() {
    let mut stand = Stand::new();
    stand.priced().await;
    let placed = stand.buy("2000").await;
    placed.check(201, &[("/strategy", json!("manual"))]);
    let expect = [
        ("/0/price", json!("1.1002")),
        ("/0/quantity", json!("2000")),
    ];
    stand.until_listed("/fills").await.check(200, &expect);
    let expect = [
        ("/0/side", json!("LONG")),
        ("/0/average_price", json!("1.1002")),
    ];
    stand.until_listed("/positions").await.check(200, &expect);
    // 2,000 at the middle of 1.1000 and 1.1002, bought at 1.1002.
    let expect = [
        ("/accounts/0/cash", json!("100000")),
        ("/accounts/0/positions_value", json!("-0.2")),
        ("/accounts/0/net_worth", json!("99999.8")),
        ("/totals/0/gross_exposure", json!("2200.2")),
        ("/strategies/0/strategy", json!("manual")),
        ("/instruments/0/quantity", json!("2000")),
    ];
    stand
        .send("GET", "/portfolio", "")
        .await
        .check(200, &expect);
    let sources = stand.send("GET", "/sources", "").await;
    let expect = [
        ("/feed", json!(null)),
        ("/market_data/trades", json!(0)),
        ("/gateways", json!([])),
    ];
    sources.check(200, &expect);
    let quotes = sources.json()["market_data"]["quotes"].as_u64();
    assert_eq!(quotes, Some(stand.sent));
    let id = placed.json()["id"].as_str().unwrap().to_owned();
    let order = stand.send("GET", &format!("/orders/{id}"), "").await;
    order.check(200, &[("/status", json!("FILLED"))]);
    let again = stand.send("DELETE", &format!("/orders/{id}"), "").await;
    again.check_problem(409, "CONFLICT", None);
}

#[tokio::test]
async fn the_gate_denies_with_its_code() {
    let mut stand = Stand::new();
    stand.priced().await;
    let off_the_lot = [("/status", json!("DENIED")), ("/deny_code", json!("P05"))];
    stand.buy("1500").await.check(201, &off_the_lot);
    let killed = stand.send("POST", "/engine/kill", r#"{"set":true}"#).await;
    killed.check(200, &[("/killed", json!(true))]);
    stand
        .buy("2000")
        .await
        .check(201, &[("/deny_code", json!("P29"))]);
    stand.send("POST", "/engine/kill", r#"{"set":false}"#).await;
    let halted = stand
        .send("POST", "/engine/trading-state", r#"{"state":"HALTED"}"#)
        .await;
    halted.check(200, &[("/trading_state", json!("HALTED"))]);
    stand
        .buy("2000")
        .await
        .check(201, &[("/deny_code", json!("P01"))]);
}

#[tokio::test]
async fn what_the_host_does_not_know_names_the_field() {
    let stand = Stand::new();
    let ticket = r#"{"instrument":"NO","side":"BUY","type":"MARKET","quantity":"1"}"#;
    let answer = stand.send("POST", "/orders", ticket).await;
    answer.check_problem(400, "INVALID_FIELD", Some("/instrument"));
    let answer = stand.send("DELETE", "/orders/99-0", "").await;
    answer.check_problem(404, "NOT_FOUND", None);
    let answer = stand.send("POST", "/strategies/none/start", "").await;
    answer.check_problem(404, "NOT_FOUND", None);
}

#[tokio::test]
async fn a_plugin_that_is_refused_leaves_nothing_behind() {
    let stand = Stand::new();
    let load = request("POST", "/strategies?name=a").header("content-type", "application/wasm");
    let response = stand
        .router
        .clone()
        .oneshot(load.body(Body::from("not wasm")).unwrap());
    assert_eq!(response.await.unwrap().status(), 422);
    let expect = [("/0/name", json!("manual")), ("/0/manual", json!(true))];
    let list = stand.send("GET", "/strategies", "").await;
    list.check(200, &expect);
    assert_eq!(list.json().as_array().unwrap().len(), 1);
    stand.until("/health", "/status", json!("UP")).await;
}
