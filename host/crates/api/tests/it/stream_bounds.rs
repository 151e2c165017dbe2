//! What the WebSocket does with clients that send nonsense, ask too much or read too slowly.

use crate::fake::{EURUSD, Fake, fill, quote};
use crate::stream_client::{Client, PATIENCE, Server};
use api::StreamSettings;
use futures_util::SinkExt;
use serde_json::{Value, json};
use services::view::Change;
use std::time::Duration;
use tokio_tungstenite::tungstenite::{Error, Message};

async fn greeted(host: Fake, settings: StreamSettings) -> (Server, Client) {
    let server = Server::start(host, settings).await;
    let mut client = server.connect().await;
    client.expect("hello").await;
    (server, client)
}

#[tokio::test]
async fn bad_requests_are_answered_with_field_and_reason() {
    let (_server, mut client) = greeted(Fake::new(), StreamSettings::default()).await;
    for (request, id, field) in [
        (r#"{"op":"subscribe","id":5}"#, json!(5), "/channel"),
        (
            r#"{"op":"subscribe","id":6,"channel":"weather"}"#,
            json!(6),
            "/channel",
        ),
        (
            r#"{"op":"subscribe","channel":"engine","instrument":"EUR/USD.SIM"}"#,
            Value::Null,
            "/instrument",
        ),
        (
            r#"{"op":"subscribe","channel":"fills","instrument":"NO"}"#,
            Value::Null,
            "/instrument",
        ),
        (
            r#"{"op":"subscribe","channel":"fills","max_hz":3}"#,
            Value::Null,
            "/max_hz",
        ),
        (
            r#"{"op":"subscribe","channel":"quotes","max_hz":0}"#,
            Value::Null,
            "/max_hz",
        ),
        (
            r#"{"op":"subscribe","channel":"quotes","max_hz":"fast"}"#,
            Value::Null,
            "/max_hz",
        ),
        (r#"{"op":"shout","id":7}"#, json!(7), "/op"),
        (r#"{"op":"ping","loud":true}"#, Value::Null, "/loud"),
    ] {
        client.send(request).await;
        let error = client.expect("error").await;
        assert_eq!(
            (&error["id"], &error["field"]),
            (&id, &json!(field)),
            "{error}"
        );
        assert!(!error["reason"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn ten_malformed_messages_end_the_connection() {
    let (_server, mut client) = greeted(Fake::new(), StreamSettings::default()).await;
    for n in 0..10 {
        match n % 2 {
            0 => client.send("{not json").await,
            _ => client
                .socket
                .send(Message::binary(vec![1, 2]))
                .await
                .unwrap(),
        }
        assert_eq!(client.expect("error").await["code"], "MALFORMED_JSON");
    }
    assert_eq!(client.expect_bye("TOO_MANY_ERRORS").await, 1008);
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection() {
    let (_server, mut client) = greeted(Fake::new(), StreamSettings::default()).await;
    let large = " ".repeat((64 << 10) + 1);
    client.send(&large).await;
    assert_eq!(client.expect_bye("TOO_LARGE").await, 1009);
}

#[tokio::test]
async fn subscriptions_are_bounded() {
    // Twice the channels by instrument are too few to reach the bound, so the fake gets more.
    let host = Fake::new();
    host.add_instruments(64);
    let (_server, mut client) = greeted(host, StreamSettings::default()).await;
    for n in 0..64 {
        client
            .subscribe(&format!(r#""channel":"fills","instrument":"X{n}.SIM""#))
            .await;
    }
    client
        .send(r#"{"op":"subscribe","channel":"engine"}"#)
        .await;
    assert_eq!(
        client.expect("error").await["code"],
        "TOO_MANY_SUBSCRIPTIONS"
    );
    client
        .subscribe(r#""channel":"fills","instrument":"X0.SIM""#)
        .await;
}

#[tokio::test]
async fn connections_are_bounded() {
    let settings = StreamSettings {
        max_connections: 1,
        ..StreamSettings::default()
    };
    let (server, client) = greeted(Fake::new(), settings).await;
    let refused = server.connect_as(None).await.err().unwrap();
    assert!(matches!(refused, Error::Http(response) if response.status() == 503));
    drop(client);
    let again = async {
        while server.connect_as(None).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, again)
        .await
        .expect("the place should be free again");
}

#[tokio::test]
async fn other_origins_get_no_stream() {
    let server = Server::start(Fake::new(), StreamSettings::default()).await;
    let refused = server
        .connect_as(Some("https://elsewhere.example"))
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, Error::Http(response) if response.status() == 403));
    let own = format!("http://{}", server.address);
    let mut client = server.connect_as(Some(&own)).await.unwrap();
    client.expect("hello").await;
}

/// Publishes more than sockets buffer without the client reading.
async fn flood(server: &Server, changes: u64, change: impl Fn(u64) -> Change) {
    for n in 0..changes {
        server.host.publish(change(n));
        if n % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_slow_reader_of_a_complete_channel_is_closed_with_a_reason() {
    let settings = StreamSettings {
        queue_messages: 64,
        close_grace: PATIENCE,
        ..StreamSettings::default()
    };
    let (server, mut client) = greeted(Fake::new(), settings).await;
    client.subscribe(r#""channel":"fills""#).await;
    flood(&server, 40_000, |n| Change::Fill(fill(n + 2))).await;
    let mut last = 1;
    let bye = loop {
        let message = client.next_of_any_number().await;
        if message["type"] == "bye" {
            break message;
        }
        let next: u64 = message["data"]["execution"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(next, last + 1, "what did come through came in order");
        last = next;
    };
    assert_eq!(bye["code"], "TOO_SLOW");
    assert!(last < 40_001);
    assert_eq!(client.close_code().await, 1013);
}

#[tokio::test]
async fn a_slow_reader_of_quotes_gets_fewer_and_stays() {
    let settings = StreamSettings {
        queue_messages: 16,
        ..StreamSettings::default()
    };
    let (server, mut client) = greeted(Fake::new(), settings).await;
    client
        .subscribe(r#""channel":"quotes","max_hz":1000"#)
        .await;
    flood(&server, 60_000, |_| Change::Quote(quote(EURUSD, "1.2"))).await;
    let last = server.host.publish(Change::Quote(quote(EURUSD, "1.3")));
    loop {
        let update = client.expect("update").await;
        if update["sequence"] == last {
            break;
        }
    }
}

#[tokio::test]
async fn a_host_that_overruns_ends_complete_channels_and_resends_public_ones() {
    // Publishing without giving the server a turn overruns the short channel.
    let settings = StreamSettings::default;
    let (server, mut client) = greeted(Fake::with_channel(16), settings()).await;
    client.subscribe(r#""channel":"quotes""#).await;
    for _ in 0..100 {
        server.host.publish(Change::Quote(quote(EURUSD, "1.2")));
    }
    let gap = client.expect("gap").await;
    assert_eq!(gap["missed"], 84);
    assert_eq!(client.expect("snapshot").await["data"][0]["bid"], "1.20000");
    drop(client);
    let (server, mut client) = greeted(Fake::with_channel(16), settings()).await;
    client.subscribe(r#""channel":"fills""#).await;
    for n in 0..100 {
        server.host.publish(Change::Fill(fill(n + 2)));
    }
    assert_eq!(client.expect_bye("OVERRUN").await, 1013);
}
