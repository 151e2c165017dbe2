//! Who may read a host's stream by way of another process, where the host knows who asks.

use crate::fake::{Fake, fill};
use crate::identity_desk::{Desk, HERE};
use crate::stream_client::{Client, Server};
use crate::stream_far::{Carrier, two_of};
use api::{FanOut, FanOutReach, StreamSettings};
use identity::{NewKey, Role};
use serde_json::json;
use services::view::Change;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

/// What is promised, from the answer to who revokes.
const PROMISED: Duration = Duration::from_secs(5);

async fn two(desk: &Desk) -> (Server, Server, Arc<Carrier>) {
    let far = FanOut::new(StreamSettings::default()).with_tokens(desk.tokens());
    two_of(Some(desk), (far, FanOutReach::default())).await
}

async fn saying(server: &Server, how: &str, credential: &str) -> Client {
    let mut client = server.connect().await;
    let first = json!({ "op": "authenticate", how: credential });
    client.send(&first.to_string()).await;
    client
}

async fn reading(server: &Server, token: &str) -> Client {
    let mut client = saying(server, "token", token).await;
    client.expect("hello").await;
    client.subscribe(r#""channel":"fills""#).await;
    client
}

#[tokio::test]
async fn who_is_known_to_the_host_is_told_what_it_tells_but_for_what_it_alone_has() {
    let desk = Desk::new(false);
    let anna = desk.person("anna", &[Role::Risk, Role::Viewer]);
    let (near, far, _) = two(&desk).await;
    let mut client = reading(&far, &anna).await;
    for channel in ["audit", "approvals", "jobs"] {
        let wish = json!({ "op": "subscribe", "channel": channel });
        client.send(&wish.to_string()).await;
        let refused = client.expect("error").await;
        assert_eq!(refused["code"], "NOT_TOLD_HERE", "{channel}");
    }
    near.host.publish(Change::Fill(fill(2)));
    assert_eq!(client.expect("update").await["data"]["execution"], "2");
}

#[tokio::test]
async fn who_is_not_known_is_told_nothing_and_what_would_do() {
    let desk = Desk::new(false);
    let nobody = desk.person("nobody", &[]);
    let anna = desk.person("anna", &[Role::Viewer]);
    let identity = desk.guarded.identity();
    let who = identity.authenticate(&anna, HERE).unwrap();
    let new = NewKey {
        name: "script".to_owned(),
        scopes: [Role::Viewer].into(),
        networks: Vec::new(),
        days: 1,
    };
    let (_, key) = identity.add_key(&who, new).unwrap();
    let ticket = identity.ticket(&who).unwrap();
    let (_near, far, _) = two(&desk).await;
    let wrong = [
        ("token", nobody.as_str(), "the session is over"),
        ("token", "v4.local.x", "refresh it at the host"),
        ("token", key.as_str(), "connect to the host itself"),
        ("ticket", ticket.as_str(), "say the access token here"),
    ];
    for (how, credential, reason) in wrong {
        let mut client = saying(&far, how, credential).await;
        let bye = client.expect("bye").await;
        assert_eq!(bye["code"], "UNAUTHENTICATED", "{bye}");
        assert!(bye["reason"].as_str().unwrap().contains(reason), "{bye}");
    }
    // The ticket is as good as before.
    assert!(identity.redeem(&ticket, HERE).is_ok());
    reading(&far, &anna).await;
}

#[tokio::test]
async fn who_may_not_read_any_more_is_sent_away_within_five_seconds() {
    let desk = Desk::new(false);
    let root = desk.login("root");
    let people = ["ended", "disabled", "narrowed", "stays"];
    let [ended, disabled, narrowed, stays] = people.map(|name| desk.person(name, &[Role::Viewer]));
    let session = desk.guarded.identity().sessions(Some("ended")).remove(0);
    let place = format!("/sessions/{}", session.id);
    let (near, far, _) = two(&desk).await;
    let ways = [
        (ended, ("DELETE", place.as_str()), "", 204),
        (
            disabled,
            ("PATCH", "/users/disabled"),
            r#"{"disabled":true}"#,
            200,
        ),
        (
            narrowed,
            ("PATCH", "/users/narrowed"),
            r#"{"networks":["10.0.0.0/8"]}"#,
            200,
        ),
    ];
    let mut stays = reading(&far, &stays).await;
    let mut waiting = Vec::new();
    for (token, what, body, status) in ways {
        let client = reading(&far, &token).await;
        let revoked = desk.by(&root, what, body).await;
        assert_eq!(revoked.status.as_u16(), status, "{what:?} {}", revoked.text);
        waiting.push((client, Instant::now(), what));
    }
    for (mut client, revoked, what) in waiting {
        assert_eq!(client.expect_bye("UNAUTHENTICATED").await, 1008, "{what:?}");
        let took = revoked.elapsed();
        assert!(took <= PROMISED, "{what:?} {took:?}");
    }
    near.host.publish(Change::Fill(fill(2)));
    stays.expect("update").await;
}

#[tokio::test]
async fn whom_the_host_does_not_vouch_for_is_not_told_anything() {
    let desk = Desk::new(false);
    let [anna, bert] = ["anna", "bert"].map(|name| desk.person(name, &[Role::Viewer]));
    let (_near, far, carrier) = two(&desk).await;
    let mut client = reading(&far, &anna).await;
    carrier.loses.store(true, Ordering::Relaxed);
    let mut late = saying(&far, "token", &bert).await;
    assert_eq!(late.expect_bye("UNAUTHENTICATED").await, 1008);
    assert_eq!(client.expect_bye("UNAUTHENTICATED").await, 1008);
    carrier.loses.store(false, Ordering::Relaxed);
}

#[tokio::test]
async fn nobody_is_let_in_where_only_one_of_the_two_asks_who_it_is() {
    let desk = Desk::new(false);
    for asks_here in [true, false] {
        let far = FanOut::new(StreamSettings::default());
        let far = match asks_here {
            true => far.with_tokens(desk.tokens()),
            false => far,
        };
        let mut outlet = None;
        let known = (!asks_here).then(|| desk.guarded.clone());
        let _near = Server::over(Fake::new(), StreamSettings::default(), |api| {
            let api = api.with_identity(known);
            outlet = Some(api.outlet());
            api
        })
        .await;
        far.is_caught_up(true);
        let telling = outlet.unwrap().next(&[]);
        for entry in &telling.entries {
            if let Some(name) = far.hear(&entry.head, &entry.body).unwrap() {
                let value = telling.values.iter().find(|value| value.name == name);
                far.value(&name, &value.unwrap().text).unwrap();
            }
        }
        assert!(!far.is_ready(), "{asks_here}");
    }
}
