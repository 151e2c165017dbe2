//! Clients that leave in the middle of a deployment: it is done once, and whoever comes back with the same key is
//! told what came of it.

use crate::fake::Fake;
use crate::identity_desk::Desk;
use crate::stream_client::{PATIENCE, Server};
use api::StreamSettings;
use identity::Role;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const JSON: &str = "application/json";
const WASM: &str = "application/wasm";
/// What ends the connection after its answer.
const LAST: &str = "connection: close\r\n";

/// Deployments: where, and with what.
const DEPLOYMENTS: [(&str, &str, &str); 4] = [
    ("/strategies/ema/swap", JSON, r#"{"parameters":{"fast":5}}"#),
    (
        "/strategies/ema/swap?param.fast=3",
        WASM,
        "\0asm and more of it",
    ),
    (
        "/strategies?name=x&account=main",
        WASM,
        "\0asm and more of it",
    ),
    (
        "/strategies/ema/canary",
        JSON,
        r#"{"instruments":["BTC/USD.SIM"],"probation":{"for_ns":"5"}}"#,
    ),
];

/// A host with identity on, and somebody who may deploy.
struct Place {
    desk: Desk,
    server: Server,
    otto: String,
}

impl Place {
    async fn new() -> Self {
        let desk = Desk::new(false);
        let otto = desk.person("otto", &[Role::Operator]);
        let guarded = Some(desk.guarded.clone());
        let settings = StreamSettings::default();
        let server = Server::with_identity(Fake::new(), settings, guarded).await;
        Self { desk, server, otto }
    }

    /// A request, always with the same key.
    fn request(&self, (path, kind, body): (&str, &str, &str), more: &str) -> String {
        format!(
            "POST /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             idempotency-key: once\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{more}\r\n{body}",
            self.otto,
            body.len()
        )
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut socket = TcpStream::connect(self.server.address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        socket
    }

    /// The answer to a deployment.
    async fn answer(&self, deployment: (&str, &str, &str)) -> String {
        let request = self.request(deployment, LAST);
        let mut socket = self.send(request.as_bytes()).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
        read.expect("an answer should have come").unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// The same, asked for until it is another than this code.
    async fn answer_but(&self, code: &str, deployment: (&str, &str, &str)) -> String {
        let asking = async {
            loop {
                let answer = self.answer(deployment).await;
                if !answer.contains(code) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let answer = tokio::time::timeout(PATIENCE, asking).await;
        answer.expect("it should be over")
    }

    /// How often something was done, as the log has it.
    fn done(&self) -> usize {
        let written = self.desk.written();
        let done = written
            .iter()
            .filter(|record| record.outcome.starts_with('2'));
        done.count()
    }
}

#[tokio::test]
async fn who_leaves_meanwhile_finds_it_done_once() {
    for deployment in DEPLOYMENTS {
        let place = Place::new().await;
        let host = &place.server.host;
        let go_on = host.hold_swaps();
        let left = place.send(place.request(deployment, "").as_bytes()).await;
        let begun = async {
            while host.asked().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, begun)
            .await
            .expect("it should have begun");
        drop(left);
        let early = place.answer(deployment).await;
        assert!(early.starts_with("HTTP/1.1 409 "), "{deployment:?} {early}");
        assert!(
            early.contains("IDEMPOTENCY_KEY_IN_USE"),
            "{deployment:?} {early}"
        );
        go_on.notify_one();
        let answer = place.answer_but("IDEMPOTENCY_KEY_IN_USE", deployment).await;
        assert!(answer.starts_with("HTTP/1.1 20"), "{deployment:?} {answer}");
        assert!(
            answer.contains("idempotency-replayed: true"),
            "{deployment:?} {answer}"
        );
        assert_eq!(host.asked().len(), 1, "{deployment:?} {:?}", host.asked());
        assert_eq!(place.done(), 1, "{deployment:?} {:?}", place.desk.written());
    }
}

#[tokio::test]
async fn who_leaves_before_all_was_said_has_done_nothing_and_may_say_it_again() {
    for deployment in DEPLOYMENTS {
        let place = Place::new().await;
        let host = &place.server.host;
        let whole = place.request(deployment, "");
        let said = whole.len() - deployment.2.len();
        // At the end of the head, in the middle of the body, and before its last byte.
        for bytes in [said, said + deployment.2.len() / 2, whole.len() - 1] {
            drop(place.send(&whole.as_bytes()[..bytes]).await);
        }
        // It takes a moment until it is noticed that they left, and few may send a component at a time.
        let answer = place.answer_but("\"BUSY\"", deployment).await;
        assert!(answer.starts_with("HTTP/1.1 20"), "{deployment:?} {answer}");
        assert!(
            !answer.contains("idempotency-replayed"),
            "{deployment:?} {answer}"
        );
        assert_eq!(host.asked().len(), 1, "{deployment:?} {:?}", host.asked());
        assert_eq!(place.done(), 1, "{deployment:?} {:?}", place.desk.written());
    }
}
