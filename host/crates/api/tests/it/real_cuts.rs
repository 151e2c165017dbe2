//! A client that is cut off again and again has in the end what one has that never was, and what REST says.
//!
//! `ARGONAUT_CUTS` says how often; each cut is after a random number of bytes, in the middle of a message, of
//! the handshake, or between the two.

use crate::real_host::Stand;
use crate::stream_client::PATIENCE;
use api::{Api, Settings, StreamSettings, serve};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

const CHANNELS: [&str; 3] = ["orders", "fills", "positions"];
/// Cuts unless told.
const CUTS: u64 = 40;
/// Bytes that a connection gets at least and at most: a handshake and a few messages.
const LEAST_BYTES: u64 = 20;
const MOST_BYTES: u64 = 6_000;

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
    resumed: u64,
}

impl Held {
    fn wish(&self, channel: &str) -> String {
        let mut wish = json!({ "op": "subscribe", "channel": channel });
        if let (Some(epoch), Some(sequence)) = (&self.epoch, self.last.get(channel)) {
            wish["resume"] = json!({ "epoch": epoch, "sequence": sequence });
        }
        wish.to_string()
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
            _ => {
                self.positions.insert(key(item), item["quantity"].clone());
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
async fn follow(address: SocketAddr, held: Arc<Mutex<Held>>) {
    loop {
        if once(address, &held).await.is_none() {
            tokio::task::yield_now().await;
        }
    }
}

async fn once(address: SocketAddr, held: &Mutex<Held>) -> Option<()> {
    let connected = tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await;
    let (mut socket, _) = connected.ok()?;
    for channel in CHANNELS {
        let wish = held.lock().unwrap().wish(channel);
        socket.send(Message::text(wish)).await.ok()?;
    }
    loop {
        if let Message::Text(text) = socket.next().await?.ok()? {
            let message = serde_json::from_str(&text).unwrap();
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

async fn server(stand: &Stand) -> SocketAddr {
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
    let api = Api::new(stand.host.clone(), settings);
    tokio::spawn(serve(listener, api, std::future::pending()));
    address
}

/// What REST says: the latest orders and executions, and positions.
async fn rest(stand: &Stand) -> Held {
    let mut held = Held::default();
    for (channel, path) in [
        ("orders", "/orders?limit=10000"),
        ("fills", "/fills?limit=10000"),
        ("positions", "/positions"),
    ] {
        let list = stand.send("GET", path, "").await.json();
        for item in list.as_array().unwrap().iter().rev() {
            held.item(channel, item);
        }
    }
    held
}

/// Buys, sells, and lets what waits be filled.
async fn trade(stand: &mut Stand, round: u64) {
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
    stand.quote();
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// Whether a client has what REST says. The host forgets old orders and executions, the client does not.
fn has(held: &Held, rest: &Held) -> bool {
    let mut orders = rest.orders.iter();
    orders.all(|(id, order)| held.orders.get(id) == Some(order))
        && held.fills.ends_with(&rest.fills)
        && held.positions == rest.positions
}

fn is_over((status, _): &(Value, Value)) -> bool {
    ["FILLED", "DENIED", "REJECTED", "CANCELED", "EXPIRED"].contains(&status.as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_cut_off_has_in_the_end_what_everybody_has() {
    let wanted = std::env::var("ARGONAUT_CUTS").map_or(CUTS, |text| text.parse().unwrap());
    let mut stand = Stand::new();
    stand.priced().await;
    let address = server(&stand).await;
    let scissors = Arc::new(Scissors::new(wanted));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = listener.local_addr().unwrap();
    tokio::spawn(between(listener, address, scissors.clone()));
    let [cut, whole] = [through, address].map(|address| {
        let held = Arc::new(Mutex::new(Held::default()));
        tokio::spawn(follow(address, held.clone()));
        held
    });
    let mut round = 0;
    let trading = async {
        while !scissors.are_done() || round < 20 {
            trade(&mut stand, round).await;
            round += 1;
        }
    };
    let most = PATIENCE + Duration::from_millis(100) * u32::try_from(wanted).unwrap();
    tokio::time::timeout(most, trading)
        .await
        .expect("the client should have been cut off often enough");
    let agreed = async {
        loop {
            let rest = rest(&stand).await;
            if rest.orders.values().all(is_over)
                && has(&cut.lock().unwrap(), &rest)
                && has(&whole.lock().unwrap(), &rest)
            {
                return rest.fills.len();
            }
            stand.quote();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let agreed = tokio::time::timeout(PATIENCE, agreed).await;
    let (cut, whole) = (cut.lock().unwrap(), whole.lock().unwrap());
    assert_eq!(cut.fills, whole.fills);
    assert_eq!(cut.orders, whole.orders);
    assert_eq!(cut.positions, whole.positions);
    assert!(agreed.expect("REST should say what the clients have") > 0);
    assert!(cut.resumed > 0, "no resumption was tried");
    assert_eq!(whole.resumed, 0, "this one was never cut off");
}
