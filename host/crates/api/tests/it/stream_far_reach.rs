//! From where, and how often, a process that serves the stream of a host is asked.

use crate::stream_client::Server;
use crate::stream_far::two_of;
use api::{FanOut, FanOutReach, NetworkSettings, Networks, Pace, RateSettings, StreamSettings};
use model::{Duration, Timestamp};
use services::clock::ManualClock;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

const PAGES: &str = "https://pages.example";

/// A process that is reached so, and its host.
async fn reached(network: NetworkSettings) -> (Server, Server) {
    let reach = FanOutReach {
        network,
        ..FanOutReach::default()
    };
    let far = FanOut::new(StreamSettings::default());
    let (near, far, _) = two_of(None, (far, reach)).await;
    (near, far)
}

fn refused<T>(connected: Result<T, Error>) -> u16 {
    match connected {
        Err(Error::Http(answer)) => answer.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => 101,
    }
}

/// The head of an answer, in small letters.
async fn head(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let asked = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    head.to_lowercase()
}

#[tokio::test]
async fn pages_and_clients_are_let_in_as_they_are_listed() {
    let (_near, far) = reached(NetworkSettings {
        origins: vec![PAGES.to_owned()],
        ..NetworkSettings::default()
    })
    .await;
    assert_eq!(refused(far.connect_as(Some(PAGES)).await), 101);
    let other = far.connect_as(Some("https://evil.example")).await;
    assert_eq!(refused(other), 403);
    let head = head(&far, "/livez").await;
    for strict in [
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "content-security-policy: default-src 'none'",
    ] {
        assert!(head.contains(strict), "{head}");
    }
    let (_near, far) = reached(NetworkSettings {
        clients: Networks::parse(&["10.0.0.0/8".to_owned()]).unwrap(),
        ..NetworkSettings::default()
    })
    .await;
    assert_eq!(refused(far.connect_as(None).await), 403);
}

#[tokio::test]
async fn addresses_and_clients_ask_so_often_and_health_is_always_shown() {
    let pace = |burst| Pace::new(1, Duration::from_secs(1), burst).unwrap();
    let settings = RateSettings {
        by_address: true,
        address: pace(2),
        login: pace(1),
        principal: pace(1),
        key: pace(1),
        orders: pace(1),
        messages: pace(3),
    };
    let clock = Arc::new(ManualClock::at(Timestamp::from_nanos(1_000_000_000)));
    let far = FanOut::new(StreamSettings::default()).with_rates(Some(settings), clock);
    let (_near, far, _) = two_of(None, (far, FanOutReach::default())).await;
    let mut client = far.connect().await;
    client.expect("hello").await;
    for _ in 0..3 {
        client.send(r#"{"op":"ping"}"#).await;
        client.expect("pong").await;
    }
    client.send(r#"{"op":"ping"}"#).await;
    assert_eq!(client.expect_bye("TOO_MANY").await, 1008);
    assert!(head(&far, "/metrics").await.contains(" 200 "));
    assert!(head(&far, "/metrics").await.contains(" 429 "));
    assert!(head(&far, "/livez").await.contains(" 200 "));
    assert_eq!(refused(far.connect_as(None).await), 429);
}
