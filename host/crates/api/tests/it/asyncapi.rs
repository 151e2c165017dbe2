//! `docs/asyncapi.json` against what the host says: every message and every field of it is described, every
//! channel is in it and no other.

use crate::fake::{EMA, EURUSD, Fake, fill, number, order, order_change, position, quote};
use crate::fake_happened::{funding, outside, split};
use crate::fake_values::{alert, book, metrics};
use crate::rest_client;
use crate::stream_client::{Client, Server};
use api::StreamSettings;
use engine::{LimitScope, TradingState};
use model::{
    AccountId, Balance, Bar, BarBasis, BarSpec, CurrencyId, OrderChange, OrderId, OrderStatus,
    PluginHash, Timestamp,
};
use serde_json::{Value, json};
use services::handle::Queries;
use services::view::{Change, PipelineView, ScopeView, StrategyView};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const DOCUMENT: &str = include_str!("../../../../../docs/asyncapi.json");

/// The description.
pub(crate) struct Document(Value);

impl Document {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(DOCUMENT).unwrap())
    }

    fn at(&self, pointer: &str) -> &Value {
        let found = self.0.pointer(pointer);
        found.unwrap_or_else(|| panic!("{pointer} is not in the description"))
    }

    fn channels(&self) -> BTreeSet<String> {
        let channels = self.at("/x-channels").as_object().unwrap();
        channels.keys().cloned().collect()
    }

    /// Checks a message, and what it carries of a channel.
    #[track_caller]
    pub(crate) fn check(&self, message: &Value) {
        let kind = message["type"].as_str().unwrap();
        let payload = self.at(&format!("/components/messages/{kind}/payload"));
        self.fit(payload, message);
        let items = match kind {
            "snapshot" => message["data"].as_array().unwrap().as_slice(),
            "update" => std::slice::from_ref(&message["data"]),
            _ => return,
        };
        let channel = message["channel"].as_str().unwrap();
        for item in items {
            self.fit(self.at(&format!("/x-channels/{channel}/{kind}")), item);
        }
    }

    #[track_caller]
    fn fit(&self, schema: &Value, value: &Value) {
        if let Err(reason) = self.fits(schema, value) {
            panic!("{reason} in {value:#}");
        }
    }

    /// Whether a value is what a schema says, of what these schemas use.
    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(place) = schema["$ref"].as_str() {
            return self.fits(self.at(place.trim_start_matches('#')), value);
        }
        for part in list(&schema["allOf"]) {
            self.fits(part, value)?;
        }
        for name in ["anyOf", "oneOf"] {
            let parts = list(&schema[name]);
            if !parts.is_empty() && parts.iter().all(|part| self.fits(part, value).is_err()) {
                return Err(format!("{value} is none of {name}"));
            }
        }
        if let Some(only) = schema.get("const")
            && only != value
        {
            return Err(format!("{value} is not {only}"));
        }
        let allowed = list(&schema["enum"]);
        if !allowed.is_empty() && !allowed.contains(value) {
            return Err(format!("{value} is none of {allowed:?}"));
        }
        if !is_of(&schema["type"], value) {
            return Err(format!("{value} is not of type {}", schema["type"]));
        }
        for (place, item) in list(value).iter().enumerate() {
            if let Some(items) = schema.get("items") {
                let fits = self.fits(items, item);
                fits.map_err(|reason| format!("{place}: {reason}"))?;
            }
        }
        self.fields_fit(schema, value)
    }

    fn fields_fit(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let Some(fields) = value.as_object() else {
            return Ok(());
        };
        for name in list(&schema["required"]) {
            if !fields.contains_key(name.as_str().unwrap()) {
                return Err(format!("{name} is missing"));
            }
        }
        for (name, field) in fields {
            let known = schema["properties"].get(name);
            let Some(known) = known.or(schema.get("additionalProperties")) else {
                continue;
            };
            if *known == Value::Bool(false) {
                return Err(format!("{name} is not described"));
            }
            let fits = self.fits(known, field);
            fits.map_err(|reason| format!("{name}: {reason}"))?;
        }
        Ok(())
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_of(kind: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    match kind {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap())),
        _ => true,
    }
}

/// A change of each channel.
fn changes(host: &Fake) -> Vec<Change> {
    let at = Timestamp::from_nanos(crate::fake::NOON);
    let bar = Bar {
        instrument: EURUSD,
        spec: BarSpec::seconds(60, BarBasis::Mid),
        open: number("1.1"),
        high: number("1.2"),
        low: number("1.0"),
        close: number("1.1"),
        volume: number("1000"),
        ts_open: at,
        ts_event: at,
        ts_init: at,
    };
    let pipeline = PipelineView {
        time: at,
        run: 1,
        plugin: PluginHash::new([7; 32]),
        state: "RUNNING",
        stage: "PAPER",
        is_bad: false,
        verdict: "as wanted".into(),
    };
    let strategy = StrategyView {
        pipeline: Some(Box::new(pipeline)),
        ..StrategyView::clone(&host.strategies()[0])
    };
    let order = order(OrderId::derive(20, 0).unwrap(), OrderStatus::Accepted);
    let balance = Balance {
        total: number("10"),
        locked: number("4"),
    };
    let scope = ScopeView {
        scope: LimitScope::Strategy(EMA),
        state: TradingState::Reducing,
        killed: false,
    };
    vec![
        Change::Quote(quote(EURUSD, "1.2")),
        Change::Bar(bar),
        order_change(order, OrderChange::Accepted),
        Change::Fill(fill(2)),
        Change::Position(position("5000")),
        Change::Strategy(Arc::new(strategy)),
        Change::Balance(AccountId::new(0), CurrencyId::new(1), balance),
        Change::Engine(host.engine()),
        Change::Risk(scope),
        Change::Metrics(Arc::new(metrics(crate::fake::NOON))),
        Change::Alert(alert(3)),
        Change::Venue(Arc::new(outside())),
        Change::CashFlow(funding(3)),
        Change::LifeEvent(split(3)),
        Change::Book(EURUSD, Some(Arc::new(book(EURUSD, "1.2")))),
    ]
}

async fn next(document: &Document, client: &mut Client, kind: &str) -> Value {
    let message = client.expect(kind).await;
    document.check(&message);
    message
}

#[tokio::test]
async fn every_field_of_what_the_host_says_is_described() {
    let document = Document::read();
    let mut server = Server::start(Fake::new(), StreamSettings::default()).await;
    let mut client = server.connect().await;
    next(&document, &mut client, "hello").await;
    // What people do is told where identity is on: `identity_stream.rs`. What becomes of jobs is in `jobs.rs`.
    let mut channels = document.channels();
    channels.retain(|channel| !["audit", "approvals", "jobs"].contains(&channel.as_str()));
    for channel in &channels {
        let wish = format!(r#"{{"op":"subscribe","channel":"{channel}"}}"#);
        client.send(&wish).await;
        next(&document, &mut client, "ack").await;
        next(&document, &mut client, "snapshot").await;
    }
    for change in changes(&server.host) {
        server.host.publish(change);
    }
    let mut seen = BTreeSet::new();
    while seen.len() < channels.len() {
        let update = next(&document, &mut client, "update").await;
        seen.insert(update["channel"].as_str().unwrap().to_owned());
    }
    client.send(r#"{"op":"ping","id":3}"#).await;
    next(&document, &mut client, "pong").await;
    client.send(r#"{"op":"subscribe","id":4}"#).await;
    next(&document, &mut client, "error").await;
    let other = r#"{"op":"subscribe","channel":"fills","resume":{"epoch":"x","sequence":1}}"#;
    client.send(other).await;
    next(&document, &mut client, "ack").await;
    next(&document, &mut client, "gap").await;
    next(&document, &mut client, "snapshot").await;
    server.stop.take().unwrap().send(()).unwrap();
    next(&document, &mut client, "bye").await;
}

#[tokio::test]
async fn heartbeats_are_described() {
    let settings = StreamSettings {
        heartbeat: Duration::from_millis(20),
        ..StreamSettings::default()
    };
    let server = Server::start(Fake::new(), settings).await;
    let mut client = server.connect().await;
    client.expect("hello").await;
    next(&Document::read(), &mut client, "heartbeat").await;
}

#[tokio::test]
async fn the_channels_described_are_those_that_there_are() {
    let document = Document::read();
    let server = Server::start(Fake::new(), StreamSettings::default()).await;
    let mut client = server.connect().await;
    client.expect("hello").await;
    client
        .send(r#"{"op":"subscribe","channel":"nothing"}"#)
        .await;
    let error = client.expect("error").await;
    // It names what there is: unknown variant `nothing`, expected one of `quotes`, `bars` and so on.
    let reason = error["reason"].as_str().unwrap();
    let named: BTreeSet<String> = reason
        .split('`')
        .skip(3)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert_eq!(named, document.channels(), "{reason}");
    let listed = list(document.at("/components/schemas/Channel/enum")).iter();
    let listed: BTreeSet<String> = listed
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, named);
    for channel in &named {
        let described = document.at(&format!("/x-channels/{channel}"));
        let resume = r#""resume":{"epoch":"run-1","sequence":0}"#;
        let wish = format!(r#"{{"op":"subscribe","channel":"{channel}",{resume}}}"#);
        client.send(&wish).await;
        let answer = client.next().await;
        // Identity is off here.
        let is_complete = answer["type"] == "ack" || answer["code"] == "IDENTITY_OFF";
        assert_eq!(described["complete"], is_complete, "{channel}");
        let narrow = r#""instrument":"EUR/USD.SIM""#;
        let wish = format!(r#"{{"op":"unsubscribe","channel":"{channel}",{narrow}}}"#);
        client.send(&wish).await;
        let has_instruments = client.expect("error").await["field"] == "/channel";
        assert_eq!(
            described["narrowed_by_instrument"], has_instruments,
            "{channel}"
        );
    }
}

#[test]
fn examples_fit_their_schemas_and_all_parts_are_there() {
    let document = Document::read();
    assert_eq!(document.at("/asyncapi"), "3.0.0");
    let messages = document.at("/components/messages").as_object().unwrap();
    for (name, message) in messages {
        let examples = list(&message["examples"]);
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            document.fit(&message["payload"], &example["payload"]);
        }
        document.at(&format!("/channels/stream/messages/{name}"));
    }
    let told = list(document.at("/operations/tell/messages")).len();
    let asked = list(document.at("/operations/ask/messages")).len();
    assert_eq!(told + asked, messages.len());
    // A reference that leads nowhere stops the test.
    let mut waiting = vec![&document.0];
    while let Some(value) = waiting.pop() {
        if let Some(place) = value.get("$ref") {
            document.at(place.as_str().unwrap().trim_start_matches('#'));
        }
        waiting.extend(list(value));
        waiting.extend(
            value
                .as_object()
                .into_iter()
                .flat_map(|fields| fields.values()),
        );
    }
}

#[tokio::test]
async fn the_description_is_served() {
    let answer = rest_client::Client::new().get("/asyncapi.json").await;
    answer.check(200, &[("/asyncapi", json!("3.0.0"))]);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.text, DOCUMENT);
}
