//! How messages get there: signed, again where that helps, in quiet hours, past a sink that is dead.

use crate::parts::{NOON_S, desk, notice, route, settled};
use crate::server::Server;
use notices::{
    ID_HEADER, Level, QuietHours, Retry, RouteConfig, RouteError, SIGNATURE_HEADER, Secret,
    SinkConfig, TIMESTAMP_HEADER, TestError, is_signed,
};
use std::net::TcpListener;
use std::time::Duration;

const SECRET: &str = "a secret of some length";

fn webhook(url: String) -> SinkConfig {
    SinkConfig::Webhook {
        url: Secret::new(url),
        secret: Secret::new(SECRET),
    }
}

fn to(server: &Server) -> RouteConfig {
    route("ops", webhook(server.url("/in?token=TOKEN")))
}

#[test]
fn a_webhook_gets_json_that_it_can_check() {
    let server = Server::answering(&[(204, "")]);
    let desk = desk(vec![to(&server)]);
    desk.tell(&notice("loss", Level::Serious));
    let posted = server.next();
    assert_eq!(posted.path, "/in?token=TOKEN");
    let timestamp = posted.header(TIMESTAMP_HEADER);
    assert_eq!(timestamp, NOON_S.to_string());
    let signature = posted.header(SIGNATURE_HEADER);
    let secret = Secret::new(SECRET);
    assert!(is_signed(
        &secret,
        timestamp,
        posted.body.as_bytes(),
        signature
    ));
    let json = posted.json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["id"], posted.header(ID_HEADER));
    assert_eq!(
        (&json["kind"], &json["state"]),
        (&"alert".into(), &"RAISED".into())
    );
    assert_eq!(
        (&json["severity"], &json["code"]),
        (&"serious".into(), &"P18".into())
    );
    assert_eq!(json["text"], "SERIOUS loss");
    assert_eq!(json["alert"], 7);
    let view = settled(&desk, |view| view.sent == 1);
    assert_eq!((view.failed, view.is_failing), (0, false));
    desk.end();
}

#[test]
fn what_fails_for_now_is_sent_again_under_the_same_name() {
    let server = Server::answering(&[(503, ""), (429, "retry-after: 0\r\n"), (200, "")]);
    let desk = desk(vec![to(&server)]);
    desk.tell(&notice("loss", Level::Serious));
    let names: Vec<_> = (0..3)
        .map(|_| server.next().header(ID_HEADER).to_owned())
        .collect();
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
    let view = settled(&desk, |view| view.sent == 1);
    assert!(!view.is_failing);
    assert!(view.last_error.unwrap().contains("429"));
    desk.end();
}

#[test]
fn what_is_refused_is_not_sent_again_and_attempts_have_an_end() {
    let server = Server::answering(&[(400, ""), (500, "")]);
    let desk = desk(vec![to(&server)]);
    desk.tell(&notice("refused", Level::Serious));
    desk.tell(&notice("given up", Level::Serious));
    let view = settled(&desk, |view| view.failed == 2);
    assert!(view.is_failing);
    let texts: Vec<_> = (0..4)
        .map(|_| server.next().json()["title"].clone())
        .collect();
    assert_eq!(texts, ["refused", "given up", "given up", "given up"]);
    assert!(server.is_idle());
    desk.end();
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::answering(&[(200, "")]);
    let location = format!("location: {}\r\n", elsewhere.url("/"));
    let server = Server::answering(&[(307, location.as_str())]);
    let desk = desk(vec![to(&server)]);
    assert!(matches!(desk.test("ops"), Err(TestError::NotSent(_))));
    server.next();
    assert!(elsewhere.is_idle());
    desk.end();
}

#[test]
fn a_dead_sink_holds_up_nobody_and_loses_the_oldest() {
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let alive = Server::answering(&[(200, "")]);
    let dead = RouteConfig {
        queue: 3,
        retry: Retry {
            attempts: u32::MAX,
            first: Duration::from_secs(3_600),
            longest: Duration::from_secs(3_600),
        },
        ..route("dead", webhook(format!("http://{address}/TOKEN")))
    };
    let desk = desk(vec![dead, route("alive", webhook(alive.url("/")))]);
    desk.tell(&notice("0", Level::Serious));
    settled(&desk, |view| view.is_failing);
    for number in 1..=10 {
        desk.tell(&notice(&number.to_string(), Level::Serious));
    }
    for number in 0..=10 {
        assert_eq!(alive.next().json()["title"], number.to_string());
    }
    let view = desk.routes().remove(0);
    assert_eq!((view.waiting, view.dropped, view.sent), (3, 7, 0));
    let error = view.last_error.unwrap();
    assert!(!error.contains("TOKEN"), "{error}");
    // Nobody waits for an hour.
    desk.end();
    let view = desk.routes().remove(0);
    assert_eq!(view.failed + view.dropped, 11, "{view:?}");
}

#[test]
fn in_quiet_hours_only_the_worst_is_told() {
    let server = Server::answering(&[(200, "")]);
    let quiet = QuietHours::parse("11:00", "13:00", Level::Critical).unwrap();
    let desk = desk(vec![RouteConfig {
        quiet: vec![quiet],
        ..to(&server)
    }]);
    desk.tell(&notice("not now", Level::Serious));
    desk.tell(&notice("now", Level::Critical));
    assert_eq!(server.next().json()["title"], "now");
    let view = settled(&desk, |view| view.sent == 1);
    assert_eq!(view.hushed, 1);
    // Who asks for a test wants to see it.
    assert_eq!(desk.test("ops"), Ok(()));
    assert_eq!(server.next().json()["kind"], "test");
    desk.end();
}

#[test]
fn a_test_says_why_nothing_arrived_without_the_address() {
    let server = Server::answering(&[(404, "")]);
    let desk = desk(vec![to(&server)]);
    let Err(TestError::NotSent(reason)) = desk.test("ops") else {
        panic!("it was not taken");
    };
    assert!(
        reason.contains("404") && reason.contains("word"),
        "{reason}"
    );
    assert!(!reason.contains("TOKEN"), "{reason}");
    let unknown = desk.test("nobody").unwrap_err();
    assert_eq!(unknown, TestError::Unknown("nobody".to_owned()));
    assert_eq!(desk.routes()[0].failed, 1);
    desk.end();
}

#[test]
fn what_waits_at_the_end_is_still_sent() {
    let server = Server::answering(&[(200, "")]);
    let desk = desk(vec![to(&server)]);
    for title in ["a", "b", "c"] {
        desk.tell(&notice(title, Level::Info));
    }
    desk.end();
    let titles: Vec<_> = (0..3)
        .map(|_| server.next().json()["title"].clone())
        .collect();
    assert_eq!(titles, ["a", "b", "c"]);
    assert_eq!(desk.routes()[0].sent, 3);
}

#[test]
fn what_a_process_left_is_sent_by_the_next_under_the_same_name_and_not_for_ever() {
    let folder = std::env::temp_dir().join(format!("argonaut-left-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("notifications.json");
    let begin = |run: &str, routes: Vec<RouteConfig>| {
        let clock = std::sync::Arc::new(services::clock::SystemClock);
        let run = run.to_owned();
        notices::Notifications::begin_kept(run, routes, clock, Some(file.clone())).unwrap()
    };
    let patient = |server: &Server, attempts: u32| RouteConfig {
        retry: Retry {
            attempts,
            first: Duration::from_secs(3_600),
            longest: Duration::from_secs(3_600),
        },
        ..to(server)
    };
    let away = Server::answering(&[(503, "")]);
    let before = begin("run-1", vec![patient(&away, 9)]);
    let broke = notices::Notice {
        kind: notices::Kind::Fault,
        state: "HAPPENED",
        alert: None,
        ..notice("broke", Level::Serious)
    };
    before.tell(&broke);
    let name = away.next().header(ID_HEADER).to_owned();
    settled(&before, |view| view.is_failing);
    before.end();
    let view = before.routes().remove(0);
    assert_eq!((view.failed, view.dropped), (0, 0), "{view:?}");
    // It was tried once; here it may be twice.
    let still_away = Server::answering(&[(503, "")]);
    let next = begin("run-2", vec![patient(&still_away, 2)]);
    assert_eq!(still_away.next().header(ID_HEADER), name);
    settled(&next, |view| view.failed == 1);
    next.end();
    let there = Server::answering(&[(200, "")]);
    let last = begin("run-3", vec![patient(&there, 9)]);
    last.end();
    assert!(there.is_idle());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn routes_that_cannot_be_meant_are_told_by_place_and_key() {
    let begin = |routes: Vec<RouteConfig>| {
        let clock = std::sync::Arc::new(services::clock::SystemClock);
        notices::Notifications::begin("run-1".to_owned(), routes, clock)
    };
    let good = || route("ops", webhook("https://hooks.example/".to_owned()));
    let check = |routes: Vec<RouteConfig>, expect: (usize, &str)| match begin(routes) {
        Err(RouteError::Key { place, key, .. }) => assert_eq!((place, key), expect),
        other => panic!("{other:?}"),
    };
    check(vec![good(), good()], (1, "name"));
    let open = webhook("http://hooks.example/".to_owned());
    check(vec![good(), route("open", open)], (1, "url"));
    let weak = SinkConfig::Webhook {
        url: Secret::new("https://hooks.example/"),
        secret: Secret::new("short"),
    };
    check(vec![route("weak", weak)], (0, "secret"));
}
