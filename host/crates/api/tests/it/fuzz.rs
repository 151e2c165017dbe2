//! Bytes that nearly make sense, as heads of requests and as bodies of webhooks: each is answered clearly or its
//! connection ends, no answer is a fault of the host, and the host goes on.
//!
//! `ARGONAUT_FUZZ` says how many of each kind, `ARGONAUT_FUZZ_SEED` which; a failure names its seed and number.

use crate::fake::Fake;
use crate::rest_client::{Client, request};
use crate::rest_hooks::{NOW_S, SECRET, alert, hook, order, teller};
use crate::stream_client::{PATIENCE, Server};
use api::{HookConfig, HookKind, Hooks, StreamSettings};
use axum::body::Body;
use futures_util::future::join_all;
use model::Timestamp;
use notices::{SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, sign};
use serde_json::json;
use services::clock::ManualClock;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Of each kind unless told.
const CASES: u64 = 2_000;
/// Connections at a time.
const AT_ONCE: u64 = 64;
/// After so long without a byte of an answer the client says that it has nothing to add.
const QUIET: Duration = Duration::from_millis(100);
/// Longest of what is made, in bytes.
const LONGEST: usize = 32 << 10;

/// What is put in between.
const PIECES: [&[u8]; 22] = [
    b"1e999",
    b"-1",
    b"-0",
    b"99999999999999999999",
    b"0.00000000000000000000001",
    b"null",
    b"true",
    b"NaN",
    b"\"\"",
    b"\"id\":",
    b"{\"op\":\"ping\"}",
    b"[[[[[[[[[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff\xfe\xfd",
    b"\xdf\xff\xff\xff\xff",
    b"\xc1",
    b"\r\n",
    b"%00%ff/../",
    b"\xf0\x9f\x98\x80",
];

/// How many cases, and from which seed.
pub(crate) fn wanted() -> (u64, u64) {
    let number =
        |name: &str, unless: u64| std::env::var(name).map_or(unless, |text| text.parse().unwrap());
    (
        number("ARGONAUT_FUZZ", CASES),
        number("ARGONAUT_FUZZ_SEED", 7),
    )
}

/// SplitMix64.
pub(crate) struct Dice(u64);

impl Dice {
    /// Those of a case, whatever came before it.
    pub(crate) fn of(seed: u64, case: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ case.wrapping_mul(0xaf25_1af3_b0f0_25b5))
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % bound as u64).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// One of the samples, with up to four things wrong with it; now and then with none.
    pub(crate) fn mutated(&mut self, samples: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = samples[self.below(samples.len())].clone();
        for _ in 0..self.below(5) {
            self.mutate(&mut bytes, samples);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>, samples: &[Vec<u8>]) {
        let place = self.below(bytes.len() + 1);
        let end = bytes.len().min(place + 1 + self.below(32));
        match self.below(7) {
            0 => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << self.below(8);
                }
            }
            1 => drop(bytes.drain(place..end)),
            2 => {
                let count = self.below(8);
                let some: Vec<u8> = (0..count).map(|_| self.byte()).collect();
                drop(bytes.splice(place..place, some));
            }
            3 => {
                let again = bytes[place..end].repeat(1 + self.below(3));
                drop(bytes.splice(place..place, again));
            }
            4 => bytes.truncate(place),
            5 => {
                let other = &samples[self.below(samples.len())];
                let from = self.below(other.len() + 1);
                bytes.truncate(place);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                drop(bytes.splice(place..place, piece.iter().copied()));
            }
        }
    }
}

/// What is asked over a socket.
fn heads() -> Vec<Vec<u8>> {
    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let send = |method: &str, path: &str, body: &str| {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nidempotency-key: k\r\n\
             if-match: *\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let order = json!({
        "instrument": "EUR/USD.SIM", "side": "BUY", "type": "LIMIT", "quantity": "1000", "price": "1.1",
    });
    let chunked = "POST /api/v1/engine/kill HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                   idempotency-key: c\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n\
                   c\r\n{\"set\":true}\r\n0\r\n\r\n";
    let upgrade = "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // A masked frame with a ping, one that is larger than it may be, and one with bits that mean nothing.
    let frames: [&[u8]; 3] = [
        b"\x81\x8d\0\0\0\0{\"op\":\"ping\"}",
        b"\x81\xff\0\0\xff\xff\xff\xff\xff\xff\0\0\0\0{",
        b"\xf3\x81\x01\x02\x03\x04{",
    ];
    let upgraded = frames.map(|frame| [upgrade.as_bytes(), frame].concat());
    let texts = [
        get("/api/v1/engine"),
        get("/api/v1/orders?limit=10&status=open"),
        get("/api/v1/instruments/EUR%2FUSD.SIM"),
        get("/api/v1/plugins?state=UPLOADED&name=ema-cross"),
        get("/api/v1/jobs/run-ema-1"),
        get("/metrics"),
        get("/"),
        send("POST", "/api/v1/orders", &order.to_string()),
        send(
            "PUT",
            "/api/v1/risk/limits/firm",
            r#"{"max_open_orders":50}"#,
        ),
        send("PATCH", "/api/v1/orders/9-0", r#"{"price":"1.2"}"#),
        send("DELETE", "/api/v1/orders/9-0", ""),
        send("POST", "/api/v1/strategies/ema/swap", "{}"),
        send("POST", "/hooks/tv", "{}"),
        chunked.to_owned(),
        upgrade.to_owned(),
    ];
    let texts = texts.into_iter().map(String::into_bytes);
    texts.chain(upgraded).collect()
}

/// Says something and reads whatever comes, until the connection ends.
async fn said(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    // The host may have heard enough before all was said.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    loop {
        match tokio::time::timeout(QUIET, socket.read_buf(&mut answer)).await {
            Ok(Ok(0) | Err(_)) => return answer,
            Ok(Ok(_)) => {}
            Err(_) => break,
        }
    }
    let _ = socket.shutdown().await;
    let rest = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    // That it ends counts, however it does.
    let _ = rest.expect("the connection should have ended");
    answer
}

/// Sends a mutated head, and whether it was answered.
async fn head(address: SocketAddr, samples: &[Vec<u8>], (seed, case): (u64, u64)) -> bool {
    let bytes = Dice::of(seed, case).mutated(samples);
    let answer = said(address, &bytes).await;
    let text = String::from_utf8_lossy(&answer);
    let told = || format!("seed {seed}, case {case}: {}\n{text}", bytes.escape_ascii());
    assert!(
        answer.is_empty() || text.starts_with("HTTP/1."),
        "{}",
        told()
    );
    assert!(!text.contains("HTTP/1.1 5"), "{}", told());
    !answer.is_empty()
}

#[tokio::test]
async fn heads_of_garbage_are_answered_or_end() {
    let (cases, seed) = wanted();
    let settings = StreamSettings {
        max_connections: 1_024,
        ..StreamSettings::default()
    };
    let server = Server::start(Fake::new(), settings).await;
    let samples = heads();
    let mut answered = 0;
    let mut case = 0;
    while case < cases {
        let next = cases.min(case + AT_ONCE);
        let all = (case..next).map(|case| head(server.address, &samples, (seed, case)));
        answered += join_all(all).await.into_iter().filter(|is| *is).count();
        case = next;
    }
    assert!(answered > 0, "seed {seed}");
    // It is there for others as before.
    for sample in &samples[..7] {
        let answer = said(server.address, sample).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with("HTTP/1.1 "), "{text}");
    }
    assert!(!server.task.is_finished());
}

#[tokio::test]
async fn bodies_of_garbage_are_no_fault_of_a_hook() {
    let (cases, seed) = wanted();
    let often = |config: HookConfig| HookConfig {
        per_minute: usize::MAX,
        ..config
    };
    let all = vec![
        often(hook("signed", HookKind::Generic)),
        often(hook("tv", HookKind::TradingView)),
        often(teller("tell", "ema")),
    ];
    let clock = ManualClock::at(Timestamp::from_nanos(NOW_S * 1_000_000_000));
    let hooks = Hooks::new(all, Arc::new(clock));
    let client = Client::over(|api| api.with_hooks(Some(hooks)));
    let mut signal = alert("b");
    signal["quantity"] = json!("2000");
    let samples = [alert("a"), signal, order("c")].map(|body| body.to_string().into_bytes());
    for case in 0..cases {
        let mut dice = Dice::of(seed, case);
        let body = dice.mutated(&samples);
        let place = ["!/hooks/signed", "!/hooks/tv", "!/hooks/tell"][dice.below(3)];
        let timestamp = NOW_S.to_string();
        // Genuine, so that the body is looked at.
        let signature = sign(&Secret::new(SECRET), &timestamp, &body);
        let sent = request("POST", place)
            .header("content-type", "application/json")
            .header(TIMESTAMP_HEADER, timestamp)
            .header(SIGNATURE_HEADER, signature)
            .body(Body::from(body.clone()));
        let answer = client.send(sent.unwrap()).await;
        let status = answer.status.as_u16();
        let told = || {
            let body = body.escape_ascii();
            format!(
                "seed {seed}, case {case}, {place}: {body}\n{status} {}",
                answer.text
            )
        };
        assert!((200..500).contains(&status), "{}", told());
        if status >= 400 {
            let kind = answer.headers["content-type"].to_str().unwrap();
            assert_eq!(kind, "application/problem+json", "{}", told());
            assert!(answer.json()["code"].is_string(), "{}", told());
        }
    }
}
