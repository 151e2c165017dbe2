//! WebSocket frames that nearly make sense, in both encodings: each is answered, or the connection is closed with a
//! code that says why, and the next one is served.

use crate::fake::Fake;
use crate::fuzz::{Dice, wanted};
use crate::stream_client::{Client, PATIENCE, Server};
use api::StreamSettings;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// Frames after which a connection is begun anew.
const OF_ONE: u64 = 200;
/// Every so many frames one is larger than it may be.
const LARGE: usize = 250;
const TOO_LARGE_BYTES: usize = 70_000;
/// What a host may send.
const TYPES: [&str; 9] = [
    "hello",
    "ack",
    "snapshot",
    "update",
    "gap",
    "heartbeat",
    "pong",
    "error",
    "bye",
];

fn samples(write: impl Fn(&Value) -> Vec<u8>) -> Vec<Vec<u8>> {
    let resume = json!({ "epoch": "run-1", "sequence": 0 });
    let all = [
        json!({ "op": "ping", "id": 1 }),
        json!({ "op": "subscribe", "id": 2, "channel": "orders" }),
        json!({ "op": "subscribe", "id": 3, "channel": "fills", "resume": resume }),
        json!({ "op": "subscribe", "channel": "fills", "params": { "instrument": "EUR/USD.SIM" } }),
        json!({ "op": "subscribe", "id": 4, "channel": "quotes", "max_hz": 5.5 }),
        json!({ "op": "subscribe", "id": 5, "channel": "book", "instrument": "BTC/USD.SIM" }),
        json!({ "op": "subscribe", "id": 6, "channel": "audit" }),
        json!({ "op": "subscribe", "id": 7, "channel": "approvals" }),
        json!({ "op": "unsubscribe", "id": 8, "channel": "orders" }),
        json!({ "op": "authenticate", "token": "v4.local.x" }),
    ];
    all.iter().map(write).collect()
}

/// What a host said, strictly read.
fn read(message: &Message) -> Option<Value> {
    match message {
        Message::Text(text) => Some(serde_json::from_str(text).unwrap()),
        Message::Binary(bytes) => Some(rmp_serde::from_slice(bytes).unwrap()),
        _ => None,
    }
}

/// Sends a frame and a ping behind it; whether the connection goes on. `told` says what was sent.
async fn goes_on(client: &mut Client, frame: Message, marker: u64, told: &str) -> bool {
    let is_large = frame.len() > 64 << 10;
    let is_binary = client.chosen.as_deref() == Some("argonaut.v1.msgpack");
    let ping = json!({ "op": "ping", "id": marker });
    let ping = match is_binary {
        false => Message::text(ping.to_string()),
        true => Message::binary(rmp_serde::to_vec_named(&ping).unwrap()),
    };
    // Who was sent away meanwhile reads why.
    for message in [frame, ping] {
        let _ = client.socket.send(message).await;
    }
    let mut bye = None;
    loop {
        let next = tokio::time::timeout(PATIENCE, client.socket.next()).await;
        let next = next.unwrap_or_else(|_| panic!("no answer and no end: {told}"));
        let message = match next {
            Some(Ok(Message::Close(frame))) => {
                let code: u16 = frame.unwrap().code.into();
                assert!(bye.is_some(), "closed without a word: {told}");
                assert!([1008, 1009].contains(&code), "{code}: {told}");
                return false;
            }
            Some(Ok(message)) => message,
            // What of a large frame was not read yet takes the goodbye along.
            Some(Err(_)) | None => {
                assert!(is_large, "cut off: {told}");
                return false;
            }
        };
        let Some(value) = read(&message) else {
            continue;
        };
        let kind = value["type"].as_str().unwrap_or_default();
        assert!(TYPES.contains(&kind), "{value}: {told}");
        match kind {
            "pong" if value["id"] == marker => return true,
            "error" => assert!(value["code"].is_string(), "{value}: {told}"),
            "bye" => bye = Some(value),
            _ => {}
        }
    }
}

async fn fuzzed(subprotocol: &str, write: impl Fn(&Value) -> Vec<u8>) {
    let (cases, seed) = wanted();
    let settings = StreamSettings {
        max_connections: 1_024,
        ..StreamSettings::default()
    };
    let server = Server::start(Fake::new(), settings).await;
    let samples = samples(write);
    let is_json = subprotocol == "argonaut.v1.json";
    let mut connection: Option<(Client, u64)> = None;
    let mut closed = 0;
    for case in 0..cases {
        let mut dice = Dice::of(seed, case);
        let mut bytes = dice.mutated(&samples);
        if dice.below(LARGE) == 0 {
            bytes.resize(TOO_LARGE_BYTES, b' ');
        }
        let told = format!("seed {seed}, case {case}: {}", bytes.escape_ascii());
        // Now and then in a frame of the other kind.
        let frame = if is_json == (dice.below(8) > 0) {
            Message::text(String::from_utf8_lossy(&bytes).into_owned())
        } else {
            Message::binary(bytes)
        };
        let (mut client, frames) = match connection.take() {
            Some(known) => known,
            None => {
                let mut client = server.connect_by(subprotocol).await.unwrap();
                client.expect("hello").await;
                (client, 0)
            }
        };
        // No mutated frame has an id as large as this.
        let marker = (1_u64 << 52) + case;
        if !goes_on(&mut client, frame, marker, &told).await {
            closed += 1;
        } else if frames < OF_ONE {
            connection = Some((client, frames + 1));
        }
    }
    assert!(closed > 0 || cases < 500, "seed {seed}: none was sent away");
    let mut last = server.connect_by(subprotocol).await.unwrap();
    last.expect("hello").await;
    last.subscribe(r#""channel":"fills""#).await;
    assert!(!server.task.is_finished());
}

#[tokio::test]
async fn frames_of_garbage_in_json_are_answered_or_closed() {
    fuzzed("argonaut.v1.json", |value| value.to_string().into_bytes()).await;
}

#[tokio::test]
async fn frames_of_garbage_in_message_pack_are_answered_or_closed() {
    fuzzed("argonaut.v1.msgpack", |value| {
        rmp_serde::to_vec_named(value).unwrap()
    })
    .await;
}
