//! WebSocket clients say who they are first.

use crate::fake::Fake;
use crate::identity_desk::{Desk, HERE};
use crate::stream_client::{Client, Server};
use api::StreamSettings;
use identity::Role;
use serde_json::json;

async fn connect(desk: &Desk) -> (Server, Client) {
    let guarded = Some(desk.guarded.clone());
    let server = Server::with_identity(Fake::new(), StreamSettings::default(), guarded).await;
    let client = server.connect().await;
    (server, client)
}

fn first(how: &str, credential: &str) -> String {
    json!({ "op": "authenticate", how: credential }).to_string()
}

#[tokio::test]
async fn a_client_that_is_known_is_greeted() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Viewer]);
    let (_server, mut client) = connect(&desk).await;
    client.send(&first("token", &anna)).await;
    client.expect("hello").await;
    client
        .send(r#"{"op":"subscribe","channel":"orders"}"#)
        .await;
    client.expect("ack").await;
}

#[tokio::test]
async fn a_ticket_lets_in_once() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Viewer]);
    let answer = desk.by(&anna, ("POST", "/auth/ticket"), "").await;
    answer.check(200, &[]);
    let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
    let (server, mut client) = connect(&desk).await;
    client.send(&first("ticket", &ticket)).await;
    client.expect("hello").await;
    let mut second = server.connect().await;
    second.send(&first("ticket", &ticket)).await;
    assert_eq!(second.expect_bye("UNAUTHENTICATED").await, 1008);
}

#[tokio::test]
async fn who_is_not_known_is_told_nothing() {
    let desk = Desk::new(false);
    let nobody = desk.person("nobody", &[]);
    let wrong = [
        first("token", "v4.local.x"),
        first("token", &nobody),
        first("ticket", "x"),
        r#"{"op":"authenticate"}"#.to_owned(),
        r#"{"op":"subscribe","channel":"orders"}"#.to_owned(),
        "{".to_owned(),
    ];
    let (server, _) = connect(&desk).await;
    for text in wrong {
        let mut client = server.connect().await;
        client.send(&text).await;
        assert_eq!(client.expect_bye("UNAUTHENTICATED").await, 1008, "{text}");
    }
}

#[tokio::test]
async fn strangers_take_no_place_of_those_who_are_known() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Viewer]);
    let settings = StreamSettings {
        max_connections: 1,
        ..StreamSettings::default()
    };
    let guarded = Some(desk.guarded.clone());
    let server = Server::with_identity(Fake::new(), settings, guarded).await;
    let mut strangers = Vec::new();
    for _ in 0..7 {
        strangers.push(server.connect().await);
    }
    let mut client = server.connect().await;
    // There are eight, so that another one is sent away.
    assert!(server.connect_as(None).await.is_err());
    client.send(&first("token", &anna)).await;
    client.expect("hello").await;
    // Its place is another now; who comes next finds all places of the known taken.
    let mut second = server.connect().await;
    second.send(&first("token", &anna)).await;
    assert_eq!(second.expect_bye("BUSY").await, 1013);
}

#[tokio::test]
async fn a_session_that_is_ended_takes_its_connections_along() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Viewer]);
    let (_server, mut client) = connect(&desk).await;
    client.send(&first("token", &anna)).await;
    client.expect("hello").await;
    let who = desk.guarded.identity().authenticate(&anna, HERE).unwrap();
    let session = desk.guarded.identity().sessions(Some("anna")).remove(0);
    desk.guarded
        .identity()
        .end_session(&session.id, &who)
        .unwrap();
    assert_eq!(client.expect_bye("UNAUTHENTICATED").await, 1008);
}
