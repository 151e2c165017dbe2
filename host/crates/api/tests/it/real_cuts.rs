//! Clients that are cut off again and again have in the end what those have that never were, and what REST says:
//! one in JSON and one in MessagePack, of every complete channel on which something happens here.
//!
//! `ARGONAUT_CUTS` says how often; each cut is after a random number of bytes, in the middle of a message, of
//! the handshake, or between the two.

use crate::identity_desk::{Desk, HERE};
use crate::real_host::Stand;
use crate::stream_client::PATIENCE;
use api::{Api, Settings, StreamSettings, serve};
use futures_util::{SinkExt, StreamExt};
use identity::audit::Draft;
use identity::{NewKey, Role};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const CHANNELS: [&str; 6] = [
    "orders",
    "fills",
    "positions",
    "strategies",
    "alerts",
    "audit",
];
/// Each is spoken by half of the clients.
const ENCODINGS: [Encoding; 2] = [Encoding::Json, Encoding::MessagePack];
/// Cuts unless told.
const CUTS: u64 = 40;
/// Bytes that a connection gets at least and at most: a handshake and a few messages.
const LEAST_BYTES: u64 = 20;
const MOST_BYTES: u64 = 12_000;

/// How a client speaks.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    Json,
    MessagePack,
}

impl Encoding {
    fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "argonaut.v1.json",
            Self::MessagePack => "argonaut.v1.msgpack",
        }
    }

    fn write(self, value: &Value) -> Message {
        match self {
            Self::Json => Message::text(value.to_string()),
            Self::MessagePack => Message::binary(rmp_serde::to_vec_named(value).unwrap()),
        }
    }

    /// What a message says; nothing of one that only keeps the connection.
    fn read(self, message: &Message) -> Option<Value> {
        match (self, message) {
            (Self::Json, Message::Text(text)) => Some(serde_json::from_str(text).unwrap()),
            (Self::MessagePack, Message::Binary(bytes)) => {
                Some(rmp_serde::from_slice(bytes).unwrap())
            }
            (_, Message::Text(_) | Message::Binary(_)) => panic!("{self:?}: {message}"),
            _ => None,
        }
    }
}

/// Where to, as whom, and how.
#[derive(Clone)]
struct Way {
    address: SocketAddr,
    key: String,
    encoding: Encoding,
}

/// What a client has.
#[derive(Default)]
struct Held {
    epoch: Option<String>,
    last: BTreeMap<String, u64>,
    /// Updates, by channel and sequence.
    updates: BTreeSet<(String, u64)>,
    orders: BTreeMap<String, (Value, Value)>,
    fills: Vec<String>,
    positions: BTreeMap<String, Value>,
    /// By name.
    strategies: BTreeMap<String, Value>,
    /// By id, how each stands and how often it was raised.
    alerts: BTreeMap<u64, (Value, Value)>,
    /// Numbers of records.
    audit: Vec<u64>,
    resumed: u64,
}

impl Held {
    fn wish(&self, channel: &str) -> Value {
        let mut wish = json!({ "op": "subscribe", "channel": channel });
        if let (Some(epoch), Some(sequence)) = (&self.epoch, self.last.get(channel)) {
            wish["resume"] = json!({ "epoch": epoch, "sequence": sequence });
        }
        wish
    }

    fn take(&mut self, message: &Value) {
        let channel = message["channel"].as_str().unwrap_or_default().to_owned();
        match message["type"].as_str().unwrap() {
            "hello" => self.epoch = Some(message["run"].as_str().unwrap().to_owned()),
            "ack" => {
                let is_known = self.last.contains_key(&channel);
                assert_eq!(message["resumed"], is_known, "{message}");
                self.resumed += u64::from(is_known);
            }
            "snapshot" => {
                for item in message["data"].as_array().unwrap().iter().rev() {
                    self.item(&channel, item);
                }
                self.last
                    .insert(channel, message["sequence"].as_u64().unwrap());
            }
            "update" => {
                let sequence = message["sequence"].as_u64().unwrap();
                let before = self.last.insert(channel.clone(), sequence);
                assert_eq!(message["previous"].as_u64(), before, "{message}");
                assert!(
                    self.updates.insert((channel.clone(), sequence)),
                    "twice: {message}"
                );
                self.item(&channel, &message["data"]);
            }
            other => assert_eq!(other, "heartbeat", "{message}"),
        }
    }

    fn item(&mut self, channel: &str, item: &Value) {
        match channel {
            "orders" => {
                let id = item["id"].as_str().unwrap().to_owned();
                self.orders
                    .insert(id, (item["status"].clone(), item["filled"].clone()));
            }
            "fills" => self
                .fills
                .push(item["execution"].as_str().unwrap().to_owned()),
            "positions" => {
                self.positions.insert(key(item), item["quantity"].clone());
            }
            "strategies" => {
                let name = item["name"].as_str().unwrap().to_owned();
                self.strategies.insert(name, item["state"].clone());
            }
            "alerts" => {
                let id = item["id"].as_u64().unwrap();
                self.alerts
                    .insert(id, (item["state"].clone(), item["count"].clone()));
            }
            other => {
                assert_eq!(other, "audit", "{item}");
                self.audit.push(item["number"].as_u64().unwrap());
            }
        }
    }
}

fn key(position: &Value) -> String {
    let [strategy, instrument, id] =
        ["strategy", "instrument", "position"].map(|name| position[name].to_string());
    format!("{strategy} {instrument} {id}")
}

/// Connects, says what it has and takes what comes, again and again.
async fn follow(way: Way, held: Arc<Mutex<Held>>) {
    loop {
        if once(&way, &held).await.is_none() {
            tokio::task::yield_now().await;
        }
    }
}

async fn once(way: &Way, held: &Mutex<Held>) -> Option<()> {
    let mut request = format!("ws://{}/ws", way.address)
        .into_client_request()
        .unwrap();
    let subprotocol = way.encoding.subprotocol().parse().unwrap();
    let name = "sec-websocket-protocol";
    request.headers_mut().insert(name, subprotocol);
    let connected = tokio_tungstenite::connect_async(request).await;
    let (mut socket, _) = connected.ok()?;
    let first = json!({ "op": "authenticate", "token": way.key });
    socket.send(way.encoding.write(&first)).await.ok()?;
    for channel in CHANNELS {
        let wish = held.lock().unwrap().wish(channel);
        socket.send(way.encoding.write(&wish)).await.ok()?;
    }
    loop {
        if let Some(message) = way.encoding.read(&socket.next().await?.ok()?) {
            held.lock().unwrap().take(&message);
        }
    }
}

/// Cuts connections.
struct Scissors {
    wanted: u64,
    begun: AtomicU64,
    done: AtomicU64,
    random: AtomicU64,
}

impl Scissors {
    fn new(wanted: u64) -> Self {
        Self {
            wanted,
            begun: AtomicU64::new(0),
            done: AtomicU64::new(0),
            random: AtomicU64::new(7),
        }
    }

    /// How many bytes the next connection gets.
    fn bytes(&self) -> u64 {
        if self.begun.fetch_add(1, Ordering::Relaxed) >= self.wanted {
            return u64::MAX;
        }
        // SplitMix64.
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.random.fetch_add(step, Ordering::Relaxed);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        LEAST_BYTES + (bits ^ (bits >> 31)) % (MOST_BYTES - LEAST_BYTES)
    }

    fn are_done(&self) -> bool {
        self.done.load(Ordering::Relaxed) >= self.wanted
    }
}

/// Stands between clients and a server.
async fn between(listener: TcpListener, server: SocketAddr, scissors: Arc<Scissors>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(server).await.unwrap();
        let scissors = scissors.clone();
        tokio::spawn(async move {
            let bytes = scissors.bytes();
            pass(client, server, bytes).await;
            scissors.done.fetch_add(1, Ordering::Relaxed);
        });
    }
}

async fn pass(client: TcpStream, server: TcpStream, bytes: u64) {
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut some = from_server.take(bytes);
    // Whichever ends first ends both: their sockets are dropped.
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        _ = tokio::io::copy(&mut some, &mut to_client) => {}
    }
}

async fn server(stand: &Stand, desk: &Desk) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = Settings {
        run: "run-1".into(),
        stream: StreamSettings {
            max_connections: 1_024,
            ..StreamSettings::default()
        },
        ..Settings::default()
    };
    let api = Api::new(stand.host.clone(), settings).with_identity(Some(desk.guarded.clone()));
    tokio::spawn(serve(listener, api, std::future::pending()));
    address
}

/// What REST says: the latest orders and executions, and positions.
async fn rest(stand: &Stand, desk: &Desk) -> Held {
    let mut held = Held {
        audit: vec![desk.guarded.audit().records()],
        ..Held::default()
    };
    for (channel, path) in [
        ("orders", "/orders?limit=10000"),
        ("fills", "/fills?limit=10000"),
        ("positions", "/positions"),
        ("strategies", "/strategies"),
        ("alerts", "/risk/alerts?limit=10000"),
    ] {
        let list = stand.send("GET", path, "").await.json();
        for item in list.as_array().unwrap().iter().rev() {
            held.item(channel, item);
        }
    }
    held
}

/// A key of somebody who may read everything. It outlives a long run.
fn key_of_rita(desk: &Desk) -> String {
    let token = desk.person("rita", &[Role::Risk]);
    let identity = desk.guarded.identity();
    let who = identity.authenticate(&token, HERE).unwrap();
    let new = NewKey {
        name: "cut off".to_owned(),
        scopes: [Role::Risk].into(),
        networks: Vec::new(),
        days: 1,
    };
    identity.add_key(&who, new).unwrap().1
}

/// Buys, sells, and lets what waits be filled. What is bought raises an alert, which is over when it is sold.
async fn trade(stand: &mut Stand, desk: &Desk, round: u64) {
    let side = if round.is_multiple_of(2) {
        "BUY"
    } else {
        "SELL"
    };
    let ticket = json!({
        "instrument": "EUR/USD.SIM", "side": side, "type": "MARKET", "quantity": "1000",
    });
    let placed = stand.send("POST", "/orders", &ticket.to_string()).await;
    placed.check(201, &[]);
    if round.is_multiple_of(5) {
        for act in ["pause", "resume"] {
            let path = format!("/strategies/manual/{act}");
            stand.send("POST", &path, "").await.check(200, &[]);
        }
    }
    // Less often: connections read the log four times a second.
    if round.is_multiple_of(2) {
        let draft = Draft {
            actor: "otto".to_owned(),
            action: "orders.place".to_owned(),
            subject: round.to_string(),
            ..Draft::default()
        };
        desk.guarded.audit().append(draft).unwrap();
    }
    stand.quote();
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// Whether a client has what REST says. The host forgets old orders and executions, the client does not.
fn has(held: &Held, rest: &Held) -> bool {
    let mut orders = rest.orders.iter();
    orders.all(|(id, order)| held.orders.get(id) == Some(order))
        && held.fills.ends_with(&rest.fills)
        && held.positions == rest.positions
        && held.strategies == rest.strategies
        && rest
            .alerts
            .iter()
            .all(|(id, alert)| held.alerts.get(id) == Some(alert))
        && held.audit.last() == rest.audit.last()
}

fn is_over((status, _): &(Value, Value)) -> bool {
    ["FILLED", "DENIED", "REJECTED", "CANCELED", "EXPIRED"].contains(&status.as_str().unwrap())
}

/// Checks that clients have the same, of which the first was never cut off.
fn check(clients: &[Arc<Mutex<Held>>]) {
    let whole = clients[0].lock().unwrap();
    for other in &clients[1..] {
        let other = other.lock().unwrap();
        assert_eq!(other.fills, whole.fills);
        assert_eq!(other.orders, whole.orders);
        assert_eq!(other.positions, whole.positions);
        assert_eq!(other.strategies, whole.strategies);
        assert_eq!(other.alerts, whole.alerts);
        assert_eq!(other.audit, whole.audit);
    }
    // The log was empty when they began.
    let numbers: Vec<u64> = (1..).take(whole.audit.len()).collect();
    assert_eq!(whole.audit, numbers);
    assert!(!whole.alerts.is_empty() && !whole.strategies.is_empty());
}

/// A client on its way, and what it has.
fn client(key: &str, address: SocketAddr, encoding: Encoding) -> Arc<Mutex<Held>> {
    let held = Arc::new(Mutex::new(Held::default()));
    let way = Way {
        address,
        key: key.to_owned(),
        encoding,
    };
    tokio::spawn(follow(way, held.clone()));
    held
}

/// Waits until clients have every channel once, as who comes late finds only the latest in a snapshot.
async fn have_all(clients: &[Arc<Mutex<Held>>]) {
    let has = |held: &Arc<Mutex<Held>>| held.lock().unwrap().last.len() == CHANNELS.len();
    while !clients.iter().all(has) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_cut_off_has_in_the_end_what_everybody_has() {
    let wanted = std::env::var("ARGONAUT_CUTS").map_or(CUTS, |text| text.parse().unwrap());
    let mut stand = Stand::new();
    stand.priced().await;
    let limits = r#"{"exposure":{"max_gross":"1000000"},"escalation":{"warn":"0.0001"}}"#;
    let limited = stand.send("PUT", "/risk/limits/firm", limits).await;
    limited.check(200, &[]);
    let desk = Desk::new(false);
    let address = server(&stand, &desk).await;
    let scissors = Arc::new(Scissors::new(wanted));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = listener.local_addr().unwrap();
    tokio::spawn(between(listener, address, scissors.clone()));
    let key = key_of_rita(&desk);
    let [whole, cut] =
        [address, through].map(|address| ENCODINGS.map(|encoding| client(&key, address, encoding)));
    let clients = [whole.clone(), cut.clone()].concat();
    let begun = tokio::time::timeout(PATIENCE, have_all(&clients)).await;
    begun.expect("each client should have begun");
    let mut round = 0;
    let trading = async {
        while !scissors.are_done() || round < 20 {
            trade(&mut stand, &desk, round).await;
            round += 1;
        }
    };
    let most = PATIENCE + Duration::from_millis(100) * u32::try_from(wanted).unwrap();
    tokio::time::timeout(most, trading)
        .await
        .expect("the clients should have been cut off often enough");
    let agreed = async {
        loop {
            let rest = rest(&stand, &desk).await;
            if rest.orders.values().all(is_over)
                && clients.iter().all(|held| has(&held.lock().unwrap(), &rest))
            {
                return rest.fills.len();
            }
            stand.quote();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let agreed = tokio::time::timeout(PATIENCE, agreed).await;
    check(&clients);
    assert!(agreed.expect("REST should say what the clients have") > 0);
    for cut in cut {
        assert!(cut.lock().unwrap().resumed > 0, "no resumption was tried");
    }
    for whole in whole {
        assert_eq!(
            whole.lock().unwrap().resumed,
            0,
            "this one was never cut off"
        );
    }
}
