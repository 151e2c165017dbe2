//! How notifications stand, and tests of routes.

use super::rest_client::Client;
use notices::{
    Filter, Kind, Level, Notifications, Retry, RouteConfig, Secret, SinkConfig, Template,
};
use serde_json::json;
use services::clock::SystemClock;
use std::net::TcpListener;
use std::sync::Arc;

/// A route to a port at which nobody listens any more.
fn dead_route() -> Notifications {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/TOKEN", listener.local_addr().unwrap());
    drop(listener);
    let route = RouteConfig {
        name: "desk".to_owned(),
        sink: SinkConfig::Slack {
            url: Secret::new(url),
        },
        filter: Filter {
            kinds: Kind::ALL.to_vec(),
            at_least: Level::Info,
            codes: Vec::new(),
        },
        quiet: Vec::new(),
        subject: Template::parse("{title}").unwrap(),
        text: Template::parse("{title}").unwrap(),
        queue: 10,
        retry: Retry::default(),
    };
    Notifications::begin("run-1".to_owned(), vec![route], Arc::new(SystemClock)).unwrap()
}

#[tokio::test]
async fn a_host_that_tells_nobody_has_no_routes() {
    let client = Client::new();
    let answer = client.get("/notifications").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "[]"));
    let answer = client.json("POST", "/notifications/desk/test", "").await;
    answer.check_problem(404, "NOT_FOUND", None);
    let health = client.get("/health").await.json();
    assert_eq!(health["notifications"], json!(null));
}

#[tokio::test]
async fn a_test_of_a_dead_route_says_so_and_shows_no_secret() {
    let client = Client::over(|api| api.with_notifications(Some(dead_route())));
    let answer = client.get("/notifications").await;
    answer.check(
        200,
        &[
            ("/0/route", "desk".into()),
            ("/0/sink", "slack".into()),
            ("/0/state", "IDLE".into()),
            ("/0/waiting", 0.into()),
        ],
    );
    let answer = client.json("POST", "/notifications/desk/test", "").await;
    answer.check_problem(502, "NOT_SENT", None);
    assert!(!answer.text.contains("TOKEN"), "{}", answer.text);
    let answer = client.get("/notifications").await;
    answer.check(
        200,
        &[("/0/state", "FAILING".into()), ("/0/failed", 1.into())],
    );
    assert!(!answer.text.contains("TOKEN"), "{}", answer.text);
    let health = client.get("/health").await.json();
    assert_eq!(health["notifications"]["failing"], json!(["desk"]));
    let answer = client.json("POST", "/notifications/ops/test", "").await;
    answer.check_problem(404, "NOT_FOUND", None);
}
