//! Who may not read any more loses its WebSocket within the time that is promised, whether it reads or not.

use crate::fake::{Fake, fill};
use crate::identity_desk::{Desk, HERE};
use crate::stream_client::{Client, PATIENCE, Server};
use api::StreamSettings;
use futures_util::StreamExt;
use identity::{NewKey, Role};
use serde_json::json;
use services::view::Change;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// What is promised, from the answer to who revokes.
const PROMISED: Duration = Duration::from_secs(5);

async fn server(desk: &Desk, settings: StreamSettings) -> Server {
    Server::with_identity(Fake::new(), settings, Some(desk.guarded.clone())).await
}

/// Says who it is of; whether it was let in.
async fn is_let_in(client: &mut Client, token: &str) -> bool {
    let first = json!({ "op": "authenticate", "token": token });
    client.send(&first.to_string()).await;
    client.next_of_any_number().await["type"] == "hello"
}

async fn reading(server: &Server, token: &str) -> Client {
    let mut client = server.connect().await;
    assert!(is_let_in(&mut client, token).await);
    client.subscribe(r#""channel":"fills""#).await;
    client
}

/// The place of the latest session of somebody.
fn session(desk: &Desk, name: &str) -> String {
    let session = desk.guarded.identity().sessions(Some(name)).remove(0);
    format!("/sessions/{}", session.id)
}

/// The place and the text of a key of somebody.
fn key(desk: &Desk, token: &str) -> (String, String) {
    let who = desk.guarded.identity().authenticate(token, HERE).unwrap();
    let new = NewKey {
        name: "script".to_owned(),
        scopes: [Role::Viewer].into(),
        networks: Vec::new(),
        days: 1,
    };
    let (view, text) = desk.guarded.identity().add_key(&who, new).unwrap();
    (format!("/keys/{}", view.id), text)
}

#[tokio::test]
async fn whatever_it_was_by_it_is_closed_within_five_seconds() {
    let desk = Desk::new(false);
    let root = desk.login("root");
    let [ended, script, disabled, removed, narrowed] =
        ["ended", "script", "disabled", "removed", "narrowed"]
            .map(|name| desk.person(name, &[Role::Viewer]));
    let (key_place, key) = key(&desk, &script);
    let session_place = session(&desk, "ended");
    let server = server(&desk, StreamSettings::default()).await;
    let ways = [
        (ended, ("DELETE", session_place.as_str()), "", 204),
        (key, ("DELETE", key_place.as_str()), "", 204),
        (
            disabled,
            ("PATCH", "/users/disabled"),
            r#"{"disabled":true}"#,
            200,
        ),
        (removed, ("DELETE", "/users/removed"), "", 204),
        (
            narrowed,
            ("PATCH", "/users/narrowed"),
            r#"{"networks":["10.0.0.0/8"]}"#,
            200,
        ),
    ];
    let mut waiting = Vec::new();
    for (shown, what, body, status) in ways {
        let client = reading(&server, &shown).await;
        let revoked = desk.by(&root, what, body).await;
        assert_eq!(revoked.status.as_u16(), status, "{what:?} {}", revoked.text);
        waiting.push((client, Instant::now(), what));
    }
    // The session that the key's owner has is another thing.
    let mut stays = reading(&server, &script).await;
    for (mut client, revoked, what) in waiting {
        assert_eq!(client.expect_bye("UNAUTHENTICATED").await, 1008, "{what:?}");
        let took = revoked.elapsed();
        assert!(took <= PROMISED, "{what:?} {took:?}");
    }
    server.host.publish(Change::Fill(fill(2)));
    stays.expect("update").await;
}

#[tokio::test]
async fn who_reads_nothing_is_closed_as_soon_and_told_nothing_more() {
    let desk = Desk::new(false);
    let root = desk.login("root");
    let [anna, bert] = ["anna", "bert"].map(|name| desk.person(name, &[Role::Viewer]));
    let place = session(&desk, "anna");
    let settings = StreamSettings {
        max_connections: 1,
        queue_messages: 65_536,
        queue_bytes: 1 << 30,
        ..StreamSettings::default()
    };
    let server = server(&desk, settings).await;
    let mut client = reading(&server, &anna).await;
    // More than sockets hold.
    for n in 2..60_000 {
        server.host.publish(Change::Fill(fill(n)));
        if n % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let ended = desk.by(&root, ("DELETE", place.as_str()), "").await;
    assert_eq!(ended.status, 204, "{}", ended.text);
    let ended = Instant::now();
    // Its place is the only one.
    let closed = async {
        while !is_let_in(&mut server.connect().await, &bert).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let closed = tokio::time::timeout(PATIENCE, closed).await;
    closed.expect("its place should be free");
    assert!(ended.elapsed() <= PROMISED, "{:?}", ended.elapsed());
    // What was on its way to it is there; what waited behind that is not.
    let mut told = 0;
    while let Some(Ok(Message::Text(_))) = client.socket.next().await {
        told += 1;
    }
    assert!(told < 59_998, "{told}");
}
