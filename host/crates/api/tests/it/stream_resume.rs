//! Clients that come back get what they missed, once and in order, or are told that they cannot.

use crate::fake::{BTCUSD, EURUSD, Fake, fill, position, quote};
use crate::stream_client::{Client, PATIENCE, Server};
use api::StreamSettings;
use model::Fill;
use serde_json::{Value, json};
use services::handle::Queries;
use services::view::Change;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn greeted(settings: StreamSettings) -> (Server, Client) {
    let server = Server::start(Fake::new(), settings).await;
    let client = again(&server).await;
    (server, client)
}

async fn again(server: &Server) -> Client {
    let mut client = server.connect().await;
    client.expect("hello").await;
    client
}

/// Reads updates that must follow each other; returns the sequence of the last.
async fn follow(client: &mut Client, mut previous: u64, executions: &[u64]) -> u64 {
    for execution in executions {
        let update = client.expect("update").await;
        assert_eq!(update["previous"], previous, "{update}");
        assert_eq!(update["data"]["execution"], execution.to_string());
        previous = update["sequence"].as_u64().unwrap();
    }
    previous
}

#[tokio::test]
async fn what_was_missed_comes_once_and_in_order() {
    let (server, mut client) = greeted(StreamSettings::default()).await;
    let begin = client.subscribe(r#""channel":"fills""#).await;
    let begin = begin["sequence"].as_u64().unwrap();
    for n in 2..6 {
        // What comes between belongs to another channel.
        server.host.publish(Change::Quote(quote(EURUSD, "1.2")));
        server.host.publish(Change::Fill(fill(n)));
    }
    let had = follow(&mut client, begin, &[2, 3]).await;
    drop(client);
    server.host.publish(Change::Fill(fill(6)));
    let mut client = again(&server).await;
    let ack = client.resume(r#""channel":"fills""#, had).await;
    assert_eq!(ack["resumed"], true);
    let had = follow(&mut client, had, &[4, 5, 6]).await;
    server.host.publish(Change::Fill(fill(7)));
    let had = follow(&mut client, had, &[7]).await;
    // Nothing was missed: nothing comes but what is new.
    let mut third = again(&server).await;
    third.resume(r#""channel":"fills""#, had).await;
    server.host.publish(Change::Fill(fill(8)));
    follow(&mut third, had, &[8]).await;
}

#[tokio::test]
async fn a_subscription_to_one_instrument_has_a_chain_of_its_own() {
    let (server, mut client) = greeted(StreamSettings::default()).await;
    let wish = r#""channel":"fills","instrument":"EUR/USD.SIM""#;
    let begin = client.subscribe(wish).await["sequence"].as_u64().unwrap();
    let other = |n| Fill {
        instrument: BTCUSD,
        ..fill(n)
    };
    for n in [2, 4, 6] {
        server.host.publish(Change::Fill(fill(n)));
        server.host.publish(Change::Fill(other(n + 1)));
    }
    let had = follow(&mut client, begin, &[2, 4, 6]).await;
    let mut again = again(&server).await;
    again.resume(wish, begin).await;
    assert_eq!(follow(&mut again, begin, &[2, 4, 6]).await, had);
}

#[tokio::test]
async fn much_that_was_missed_waits_until_the_reader_has_room() {
    let settings = StreamSettings {
        queue_messages: 64,
        ..StreamSettings::default()
    };
    let (server, client) = greeted(settings).await;
    drop(client);
    for n in 2..=1_000 {
        server.host.publish(Change::Fill(fill(n)));
        if n % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut client = again(&server).await;
    client.resume(r#""channel":"fills""#, 0).await;
    let all: Vec<u64> = (2..=1_000).collect();
    let had = follow(&mut client, 0, &all).await;
    server.host.publish(Change::Fill(fill(1_001)));
    follow(&mut client, had, &[1_001]).await;
}

/// Has so much happen elsewhere, more than waits for a connection, that who does not hear it loses some;
/// `other` hears it all.
async fn much_elsewhere(server: &Server, other: &mut Client) {
    for _ in 0..36 {
        for _ in 0..256 {
            server.host.publish(Change::Engine(server.host.engine()));
        }
        for _ in 0..256 {
            other.expect("update").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_falls_behind_gets_no_fill_of_the_snapshot_once_more() {
    let settings = StreamSettings {
        heartbeat: Duration::from_secs(3_600),
        ..StreamSettings::default()
    };
    let (server, mut client) = greeted(settings).await;
    let mut other = again(&server).await;
    other.subscribe(r#""channel":"engine""#).await;
    client.subscribe(r#""channel":"engine""#).await;
    // Eight tries, each with a fill, and one fill that is in the snapshot and comes behind it.
    server.host.trade_under_way(9);
    let snapshot = client.subscribe(r#""channel":"fills""#).await;
    assert_eq!(snapshot["sequence"], 8);
    assert_eq!(snapshot["data"][0]["execution"], "10");
    let last = server.host.publish(Change::Engine(server.host.engine()));
    for client in [&mut client, &mut other] {
        assert_eq!(client.expect("update").await["sequence"], last);
    }
    let leave = r#"{"op":"unsubscribe","channel":"engine"}"#;
    client.send(leave).await;
    client.expect("ack").await;
    let release = server.host.hold();
    client
        .send(r#"{"op":"subscribe","channel":"quotes"}"#)
        .await;
    while !server.host.holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    much_elsewhere(&server, &mut other).await;
    for n in [11, 12] {
        server.host.publish(Change::Fill(fill(n)));
    }
    // All of it has gone out, so that the connection loses updates once.
    let last = server.host.publish(Change::Engine(server.host.engine()));
    assert_eq!(other.expect("update").await["sequence"], last);
    drop(release);
    for kind in ["ack", "snapshot"] {
        client.expect(kind).await;
    }
    let gap = client.expect("gap").await;
    assert_eq!(gap["reason"], "OVERRUN");
    client.expect("snapshot").await;
    follow(&mut client, 8, &[11, 12]).await;
}

/// What the host tells who watches it.
async fn metrics(server: &Server) -> String {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    socket.write_all(request).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn who_resumes_and_reads_nothing_is_sent_away() {
    let settings = StreamSettings {
        queue_messages: 64,
        resume_updates: 65_536,
        resume_bytes: 1 << 30,
        ..StreamSettings::default()
    };
    let (server, mut client) = greeted(settings).await;
    // More than sockets hold.
    for n in 0..40_000 {
        server.host.publish(Change::Position(position("5000")));
        if n % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    client.resume(r#""channel":"positions""#, 0).await;
    let sent_away = async {
        let closed = "argonaut_websocket_closed_total{code=\"TOO_SLOW\"} 1";
        while !metrics(&server).await.contains(closed) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let sent_away = tokio::time::timeout(PATIENCE, sent_away).await;
    sent_away.expect("the client should have been sent away");
}

#[tokio::test]
async fn who_never_read_and_comes_back_has_lost_no_fill() {
    let settings = StreamSettings {
        queue_messages: 1_024,
        resume_updates: 65_536,
        resume_bytes: 1 << 30,
        heartbeat: Duration::from_secs(3_600),
        close_grace: Duration::from_millis(100),
        ..StreamSettings::default()
    };
    let (server, mut client) = greeted(settings).await;
    let begin = client.subscribe(r#""channel":"fills""#).await;
    let begin = begin["sequence"].as_u64().unwrap();
    // More than sockets hold, while it reads nothing and stays.
    let executions: Vec<u64> = (2..50_000).collect();
    for n in &executions {
        server.host.publish(Change::Fill(fill(*n)));
        if n % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let sent_away = async {
        let closed = "argonaut_websocket_closed_total{code=\"TOO_SLOW\"} 1";
        while !metrics(&server).await.contains(closed) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let sent_away = tokio::time::timeout(PATIENCE, sent_away).await;
    sent_away.expect("the client should have been sent away");
    let mut back = again(&server).await;
    let ack = back.resume(r#""channel":"fills""#, begin).await;
    assert_eq!(ack["resumed"], true);
    follow(&mut back, begin, &executions).await;
    drop(client);
}

async fn check_gap(client: &mut Client, resume: &str, reason: &str) {
    let wish = format!(r#"{{"op":"subscribe","channel":"fills","resume":{resume}}}"#);
    client.send(&wish).await;
    assert_eq!(client.expect("ack").await["resumed"], false);
    let gap = client.expect("gap").await;
    let expect = json!(["fills", null, null, "/api/v1/history/fills", reason]);
    let names = ["channel", "instrument", "missed", "history", "reason"];
    let found: Value = names.iter().map(|name| gap[*name].clone()).collect();
    assert_eq!(found, expect);
    let snapshot = client.expect("snapshot").await;
    assert!(snapshot["sequence"].as_u64() >= gap["sequence"].as_u64());
}

#[tokio::test]
async fn what_cannot_be_told_is_a_gap_with_its_reason_and_a_snapshot() {
    let settings = StreamSettings {
        resume_updates: 2,
        ..StreamSettings::default()
    };
    let (server, mut client) = greeted(settings).await;
    client.subscribe(r#""channel":"fills""#).await;
    for n in 2..6 {
        server.host.publish(Change::Fill(fill(n)));
        client.expect("update").await;
    }
    let mut client = again(&server).await;
    let epoch = r#"{"epoch":"run-0","sequence":4}"#;
    check_gap(&mut client, epoch, "EPOCH").await;
    let ahead = r#"{"epoch":"run-1","sequence":5}"#;
    check_gap(&mut client, ahead, "AHEAD").await;
    let forgotten = r#"{"epoch":"run-1","sequence":1}"#;
    check_gap(&mut client, forgotten, "FORGOTTEN").await;
    assert_eq!(
        client.resume(r#""channel":"fills""#, 2).await["resumed"],
        true
    );
    follow(&mut client, 2, &[4, 5]).await;
}

#[tokio::test]
async fn wrong_resumptions_name_the_field() {
    let (_server, mut client) = greeted(StreamSettings::default()).await;
    client
        .subscribe(r#""channel":"orders","instrument":"EUR/USD.SIM""#)
        .await;
    let good = r#"{"epoch":"run-1","sequence":0}"#;
    for (channel, resume, field) in [
        ("fills", "7", "/resume"),
        ("fills", r#"{"epoch":"run-1"}"#, "/resume/sequence"),
        (
            "fills",
            r#"{"epoch":"run-1","sequence":-1}"#,
            "/resume/sequence",
        ),
        ("fills", r#"{"epoch":1,"sequence":1}"#, "/resume/epoch"),
        ("fills", r#"{"epoch":"","sequence":1}"#, "/resume/epoch"),
        (
            "fills",
            r#"{"epoch":"a","sequence":1,"message":2}"#,
            "/resume/message",
        ),
        ("quotes", good, "/resume"),
        ("accounts", good, "/resume"),
        ("orders", good, "/resume"),
    ] {
        let wish = format!(r#"{{"op":"subscribe","channel":"{channel}","resume":{resume}}}"#);
        client.send(&wish).await;
        let error = client.expect("error").await;
        assert_eq!(error["field"], field, "{error}");
        assert_eq!(error["code"], "INVALID_FIELD");
    }
}
