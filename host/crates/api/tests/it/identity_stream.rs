//! WebSocket clients say who they are first.

use crate::asyncapi::Document;
use crate::fake::Fake;
use crate::identity_desk::{Desk, HERE};
use crate::stream_client::{Client, Server};
use api::StreamSettings;
use identity::{Role, UserChange};
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

/// Greets somebody of these roles.
async fn greeted(desk: &Desk, name: &str, roles: &[Role]) -> (Server, Client) {
    let token = desk.person(name, roles);
    let (server, mut client) = connect(desk).await;
    client.send(&first("token", &token)).await;
    client.expect("hello").await;
    (server, client)
}

#[tokio::test]
async fn what_people_do_is_told_to_who_may_read_the_log() {
    let (desk, document) = (Desk::new(false), Document::read());
    let trader = desk.person("otto", &[Role::Operator]);
    let (_server, mut client) = greeted(&desk, "rita", &[Role::Risk]).await;
    let begin = client.subscribe(r#""channel":"audit""#).await;
    document.check(&begin);
    let mut previous = begin["sequence"].as_u64().unwrap();
    for set in ["true", "true"] {
        let body = format!(r#"{{"set":{set}}}"#);
        let killed = desk.by(&trader, ("POST", "/engine/kill"), &body).await;
        killed.check(200, &[]);
        let update = client.expect("update").await;
        document.check(&update);
        assert_eq!(update["previous"], previous);
        assert_eq!(
            (&update["data"]["actor"], &update["data"]["number"]),
            (&json!("otto"), &update["sequence"])
        );
        previous = update["sequence"].as_u64().unwrap();
    }
    assert_eq!(desk.written().len() as u64, previous);
    // The log outlives the host, so that its epoch does not count.
    let (_server, mut again) = greeted(&desk, "rolf", &[Role::Risk]).await;
    let resume = |sequence| {
        let resume = json!({ "epoch": "another", "sequence": sequence });
        json!({ "op": "subscribe", "channel": "audit", "resume": resume }).to_string()
    };
    again.send(&resume(previous - 1)).await;
    assert_eq!(again.expect("ack").await["resumed"], true);
    assert_eq!(again.expect("update").await["sequence"], previous);
    again.send(&resume(previous + 1)).await;
    assert_eq!(again.expect("ack").await["resumed"], false);
    let gap = again.expect("gap").await;
    document.check(&gap);
    assert_eq!(gap["reason"], "AHEAD");
    assert_eq!(gap["sequence"], previous, "as the log counts");
    assert_eq!(again.expect("snapshot").await["sequence"], previous);
}

#[tokio::test]
async fn what_waits_for_a_second_person_is_told_with_what_becomes_of_it() {
    let (desk, document) = (Desk::new(true), Document::read());
    let [anna, bert] = ["anna", "bert"].map(|name| desk.person(name, &[Role::Risk]));
    let otto = desk.person("otto", &[Role::Operator]);
    let (_server, mut client) = greeted(&desk, "vera", &[Role::Viewer]).await;
    let begin = client.subscribe(r#""channel":"approvals""#).await;
    document.check(&begin);
    assert_eq!(
        (&begin["sequence"], &begin["data"]),
        (&json!(0), &json!([]))
    );
    let place = ("POST", "/engine/trading-state");
    let (halted, reducing) = (r#"{"state":"HALTED"}"#, r#"{"state":"REDUCING"}"#);
    desk.by(&otto, place, halted).await.check(200, &[]);
    let asked = desk.by(&anna, place, reducing).await;
    asked.check(202, &[]);
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    let confirm = format!("/approvals/{id}/confirm");
    let confirmed = desk.by(&bert, ("POST", confirm.as_str()), "").await;
    confirmed.check(200, &[]);
    let bearer = format!("Bearer {anna}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-approval", id.as_str()),
    ];
    desk.ask(place, &headers, reducing).await.check(200, &[]);
    for (number, state) in [(1, "OPEN"), (2, "CONFIRMED"), (3, "USED")] {
        let update = client.expect("update").await;
        document.check(&update);
        assert_eq!(
            (&update["sequence"], &update["previous"]),
            (&json!(number), &json!(number - 1))
        );
        assert_eq!(
            (&update["data"]["id"], &update["data"]["state"]),
            (&json!(id), &json!(state))
        );
    }
    let (_server, mut again) = greeted(&desk, "viktor", &[Role::Viewer]).await;
    let resume = |epoch, sequence| {
        let resume = json!({ "epoch": epoch, "sequence": sequence });
        json!({ "op": "subscribe", "channel": "approvals", "resume": resume }).to_string()
    };
    again.send(&resume("run-1", 1)).await;
    assert_eq!(again.expect("ack").await["resumed"], true);
    assert_eq!(again.expect("update").await["data"]["state"], "CONFIRMED");
    assert_eq!(again.expect("update").await["data"]["state"], "USED");
    for (epoch, sequence, reason) in [("another", 1, "EPOCH"), ("run-1", 4, "AHEAD")] {
        again.send(&resume(epoch, sequence)).await;
        assert_eq!(again.expect("ack").await["resumed"], false);
        let gap = again.expect("gap").await;
        document.check(&gap);
        assert_eq!(
            (&gap["reason"], &gap["sequence"]),
            (&json!(reason), &json!(3))
        );
        let snapshot = again.expect("snapshot").await;
        assert_eq!(snapshot["sequence"], 3);
        assert_eq!(snapshot["data"][0]["state"], "USED");
    }
    let leave = r#"{"op":"unsubscribe","channel":"approvals"}"#;
    again.send(leave).await;
    again.expect("ack").await;
    again.send(leave).await;
    assert_eq!(again.expect("error").await["field"], "/channel");
}

#[tokio::test]
async fn the_log_is_not_told_to_who_may_not_read_it() {
    let desk = Desk::new(false);
    let (_server, mut client) = greeted(&desk, "vera", &[Role::Viewer, Role::Operator]).await;
    client.send(r#"{"op":"subscribe","channel":"audit"}"#).await;
    assert_eq!(client.expect("error").await["code"], "FORBIDDEN");
    let (_server, mut client) = greeted(&desk, "rita", &[Role::Risk]).await;
    client.subscribe(r#""channel":"audit""#).await;
    client
        .send(r#"{"op":"unsubscribe","channel":"audit"}"#)
        .await;
    client.expect("ack").await;
    client
        .send(r#"{"op":"unsubscribe","channel":"audit"}"#)
        .await;
    assert_eq!(client.expect("error").await["field"], "/channel");
}

#[tokio::test]
async fn who_loses_the_role_hears_no_more_of_the_log() {
    let desk = Desk::new(false);
    let (_server, mut client) = greeted(&desk, "rita", &[Role::Risk, Role::Viewer]).await;
    client.subscribe(r#""channel":"audit""#).await;
    let viewer = [Role::Viewer].into_iter().collect();
    let change = UserChange {
        roles: Some(viewer),
        ..UserChange::default()
    };
    desk.guarded.identity().change_user("rita", change).unwrap();
    assert_eq!(client.expect("error").await["code"], "FORBIDDEN");
    client
        .send(r#"{"op":"unsubscribe","channel":"audit"}"#)
        .await;
    assert_eq!(client.expect("error").await["field"], "/channel");
}
