//! The same messages in both encodings, and what becomes of those in another.

use crate::fake::{BTCUSD, EURUSD};
use crate::fake::{Fake, fill, quote};
use crate::fake_values::alert;
use crate::stream_client::{Client, PATIENCE, Server};
use api::StreamSettings;
use futures_util::SinkExt;
use serde_json::{Value, json};
use services::handle::Queries;
use services::view::Change;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

const MESSAGE_PACK: &str = "argonaut.v1.msgpack";

async fn server() -> Server {
    Server::start(Fake::new(), StreamSettings::default()).await
}

async fn greeted(server: &Server, subprotocols: &str) -> Client {
    let mut client = server.connect_by(subprotocols).await.unwrap();
    client.expect("hello").await;
    client
}

#[tokio::test]
async fn the_first_subprotocol_that_is_known_is_chosen() {
    let server = server().await;
    for (asked, chosen) in [
        ("argonaut.v1.json", "argonaut.v1.json"),
        (MESSAGE_PACK, MESSAGE_PACK),
        (
            "argonaut.v9.json, argonaut.v1.msgpack,argonaut.v1.json",
            MESSAGE_PACK,
        ),
    ] {
        let client = greeted(&server, asked).await;
        assert_eq!(client.chosen.as_deref(), Some(chosen));
    }
    assert_eq!(server.connect().await.chosen, None);
}

#[tokio::test]
async fn unknown_subprotocols_are_refused_with_the_names_of_ours() {
    let server = server().await;
    for asked in ["argonaut.v2.json, soap", ",", "ARGONAUT.V1.JSON"] {
        let answer = refusal(&server, asked).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{asked}: {answer}");
        assert!(answer.contains("UNKNOWN_SUBPROTOCOL"), "{asked}: {answer}");
        assert!(answer.contains("argonaut.v1.json"), "{asked}: {answer}");
    }
}

/// The answer to a handshake that asks for what is not there, up to the name of our last subprotocol.
async fn refusal(server: &Server, subprotocols: &str) -> String {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: {subprotocols}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&answer).contains(MESSAGE_PACK) {
            let more = socket.read_buf(&mut answer).await.unwrap();
            assert_ne!(more, 0, "the answer names `{MESSAGE_PACK}`");
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A message with twelve decimals of each float: one that is read from text may differ in its last digit from what
/// was written.
fn rounded(message: Value) -> Value {
    match message {
        Value::Number(number) if number.is_f64() => {
            json!(format!("{:.12}", number.as_f64().unwrap()))
        }
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(name, value)| (name, rounded(value))).collect())
        }
        other => other,
    }
}

#[tokio::test]
async fn both_encodings_tell_the_same() {
    let server = server().await;
    let mut text = greeted(&server, "argonaut.v1.json").await;
    let mut binary = greeted(&server, MESSAGE_PACK).await;
    for channel in [
        "quotes",
        "bars",
        "orders",
        "fills",
        "positions",
        "strategies",
        "accounts",
        "engine",
        "risk",
        "metrics",
        "alerts",
        "venues",
        "cash_flows",
        "life_events",
        "book",
        "portfolio",
    ] {
        let wish = format!(r#""channel":"{channel}""#);
        let expect = rounded(text.subscribe(&wish).await);
        let told = rounded(binary.subscribe(&wish).await);
        assert_eq!(told, expect, "{channel}");
    }
    let host = &server.host;
    for change in [
        Change::Fill(fill(2)),
        Change::Quote(quote(EURUSD, "1.2")),
        Change::Quote(quote(BTCUSD, "40000.25")),
        Change::Alert(alert(3)),
        Change::Strategy(host.strategies()[0].clone()),
        Change::Engine(host.engine()),
    ] {
        host.publish(change);
        let expect = rounded(text.expect("update").await);
        assert_eq!(rounded(binary.expect("update").await), expect);
    }
}

#[tokio::test]
async fn requests_in_message_pack_are_read_as_strictly() {
    let server = server().await;
    let mut client = greeted(&server, MESSAGE_PACK).await;
    for (request, id, field) in [
        (r#"{"op":"subscribe","id":5}"#, json!(5), "/channel"),
        (r#"{"op":"shout","id":7}"#, json!(7), "/op"),
        (r#"{"op":"ping","id":8,"loud":true}"#, json!(8), "/loud"),
        (
            r#"{"op":"subscribe","channel":"fills","resume":{"epoch":"run-1","sequence":"1"}}"#,
            Value::Null,
            "/resume/sequence",
        ),
        (
            r#"{"op":"subscribe","channel":"fills","params":{"instrument":"NO"}}"#,
            Value::Null,
            "/params/instrument",
        ),
    ] {
        client.send(request).await;
        let error = client.expect("error").await;
        assert_eq!(
            (&error["id"], &error["field"], &error["code"]),
            (&id, &json!(field), &json!("INVALID_FIELD")),
            "{error}"
        );
    }
    client.send(r#"{"op":"ping","id":9}"#).await;
    assert_eq!(client.expect("pong").await["id"], 9);
}

#[tokio::test]
async fn what_is_no_message_pack_is_refused_and_ends_the_connection_in_the_end() {
    let server = server().await;
    let mut client = greeted(&server, MESSAGE_PACK).await;
    let ping = rmp_serde::to_vec_named(&json!({"op": "ping"})).unwrap();
    let twice = [ping.clone(), ping].concat();
    let wrong = [
        Message::text(r#"{"op":"ping"}"#),
        Message::binary(vec![0xc1]),
        Message::binary(vec![0xdf, 0xff, 0xff, 0xff, 0xff]),
        Message::binary(vec![0x91; 9_000]),
        Message::binary(twice),
    ];
    for message in wrong.iter().chain(&wrong) {
        client.socket.send(message.clone()).await.unwrap();
        let error = client.expect("error").await;
        assert_eq!(error["code"], "MALFORMED_MESSAGEPACK", "{error}");
        assert!(!error["reason"].as_str().unwrap().is_empty());
    }
    assert_eq!(client.expect_bye("TOO_MANY_ERRORS").await, 1008);
}
