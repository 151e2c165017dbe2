//! How often somebody may ask: by address, person and key, of log-ins, orders and messages; and what is never
//! held back.

use crate::fake::Fake;
use crate::identity_desk::{Desk, PASSWORD};
use crate::rest_client::{Answer, Client, request};
use crate::stream_client::Server;
use crate::tls_desk::{Authority, Files, connect, serve_over, shake};
use api::{Api, Pace, RateSettings, StreamSettings};
use identity::Role;
use model::{Duration, Timestamp};
use services::clock::ManualClock;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

const BEGIN_S: u64 = 1_767_312_000;
const KILL: &str = r#"{"set":true}"#;
const ORDER: &str = r#"{"instrument":"EUR/USD.SIM","side":"BUY","type":"MARKET","quantity":"1000",
    "time_in_force":"GTC"}"#;

/// So many at once, and one in a second after that.
fn at_once(burst: u32) -> Pace {
    Pace::new(1, Duration::from_secs(1), burst).unwrap()
}

/// Limits that nothing here meets.
fn wide() -> RateSettings {
    let wide = at_once(1_000_000);
    RateSettings {
        by_address: true,
        address: wide,
        login: wide,
        principal: wide,
        key: wide,
        orders: wide,
        messages: wide,
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(after(0)))
}

fn after(seconds: u64) -> Timestamp {
    Timestamp::from_nanos((BEGIN_S + seconds) * 1_000_000_000)
}

fn client(settings: RateSettings, clock: &Arc<ManualClock>) -> Client {
    let clock = clock.clone();
    Client::over(|api| api.with_rates(Some(settings), clock))
}

fn desk(settings: RateSettings, clock: &Arc<ManualClock>) -> Desk {
    let clock = clock.clone();
    Desk::over(false, |api| api.with_rates(Some(settings), clock))
}

/// Checks that an answer says no for being one too many of these.
#[track_caller]
fn held_back(answer: &Answer, words: &str) {
    answer.check_problem(429, "TOO_MANY", None);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(words), "{detail}");
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn an_address_asks_so_often_and_another_is_not_concerned() {
    let clock = clock();
    let settings = RateSettings {
        address: at_once(3),
        ..wide()
    };
    let client = client(settings, &clock);
    let ask = async |address: &str| client.from(address, request("GET", "/engine"), "").await;
    for left in [2, 1, 0] {
        let answer = ask("192.0.2.1").await;
        answer.check(200, &[]);
        assert_eq!(answer.headers["ratelimit-policy"], "\"address\";q=3;w=3");
        let expect = format!("\"address\";r={left};t={}", 3 - left);
        assert_eq!(answer.headers["ratelimit"], expect);
    }
    let refused = ask("192.0.2.1").await;
    held_back(&refused, "from this address");
    assert_eq!(refused.headers["ratelimit"], "\"address\";r=0;t=1");
    ask("192.0.2.2").await.check(200, &[]);
    clock.set(after(1));
    ask("192.0.2.1").await.check(200, &[]);
    held_back(&ask("192.0.2.1").await, "from this address");
    // A network of IPv6 is one client.
    for n in 1..4 {
        ask(&format!("2001:db8::{n}")).await.check(200, &[]);
    }
    held_back(&ask("2001:db8::ffff").await, "from this address");
    let told = client
        .from("192.0.2.3", request("GET", "!/metrics"), "")
        .await;
    let line = "argonaut_http_held_back_total{limit=\"address\"} 3";
    assert!(told.text.contains(line), "{}", told.text);
}

#[tokio::test]
async fn looks_at_health_and_kills_are_never_held_back() {
    let clock = clock();
    let settings = RateSettings {
        address: at_once(1),
        ..wide()
    };
    let client = client(settings, &clock);
    let ask = async |what: (&str, &str), body: &'static str| {
        let request = request(what.0, what.1).header("content-type", "application/json");
        client.from("192.0.2.1", request, body).await
    };
    ask(("GET", "/engine"), "").await.check(200, &[]);
    held_back(&ask(("GET", "/engine"), "").await, "from this address");
    held_back(&ask(("GET", "/nothing"), "").await, "from this address");
    for _ in 0..50 {
        ask(("GET", "/health"), "").await.check(200, &[]);
        assert_eq!(ask(("GET", "!/livez"), "").await.status, 200);
        ask(("POST", "/engine/kill"), KILL).await.check(200, &[]);
        let scope = r#"{"scope":"firm"}"#;
        let killed = ask(("POST", "/risk/kill"), scope).await;
        assert!(killed.status.is_success(), "{}", killed.text);
    }
}

#[tokio::test]
async fn addresses_that_tell_nobody_apart_are_not_counted() {
    let settings = RateSettings {
        by_address: false,
        address: at_once(1),
        ..wide()
    };
    let client = client(settings, &clock());
    for _ in 0..5 {
        client.get("/engine").await.check(200, &[]);
    }
}

#[tokio::test]
async fn logins_of_an_address_are_few_whoever_they_are_for() {
    let clock = clock();
    let settings = RateSettings {
        login: at_once(2),
        ..wide()
    };
    let desk = desk(settings, &clock);
    let login = async |name: &str| {
        let body = format!(r#"{{"name":"{name}","password":"{PASSWORD}"}}"#);
        desk.ask(("POST", "/auth/login"), &[], &body).await
    };
    assert_eq!(login("nobody").await.status, 401);
    login("root").await.check(200, &[]);
    held_back(&login("somebody").await, "log in");
    held_back(&login("root").await, "log in");
    // Who is known stays so.
    let refresh = desk.ask(("POST", "/auth/refresh"), &[], "").await;
    assert_eq!(refresh.status, 401);
    clock.set(after(1));
    login("root").await.check(200, &[]);
}

#[tokio::test]
async fn a_key_and_its_person_ask_so_often_and_may_always_stop() {
    let clock = clock();
    let settings = RateSettings {
        key: at_once(2),
        principal: at_once(6),
        ..wide()
    };
    let desk = desk(settings, &clock);
    let anna = desk.person("anna", &[Role::Operator]);
    let bert = desk.person("bert", &[Role::Operator]);
    let made = r#"{"name":"robot","scopes":["operator"]}"#;
    let made = desk.by(&anna, ("POST", "/keys"), made).await;
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let by_key = async |what: (&str, &str), body: &str| {
        let key = [("x-api-key", secret.as_str())];
        desk.ask(what, &key, body).await
    };
    by_key(("GET", "/engine"), "").await.check(200, &[]);
    let answer = by_key(("GET", "/engine"), "").await;
    answer.check(200, &[]);
    let policy = answer.headers["ratelimit-policy"].to_str().unwrap();
    assert!(policy.contains("\"key\";q=2;w=2"), "{policy}");
    assert!(policy.contains("\"principal\";q=6;w=6"), "{policy}");
    held_back(&by_key(("GET", "/engine"), "").await, "by this key");
    // One for the key that was made, and two by it.
    for _ in 0..3 {
        desk.by(&anna, ("GET", "/engine"), "").await.check(200, &[]);
    }
    let refused = desk.by(&anna, ("GET", "/engine"), "").await;
    held_back(&refused, "of this person");
    desk.by(&bert, ("GET", "/engine"), "").await.check(200, &[]);
    for _ in 0..20 {
        let killed = by_key(("POST", "/engine/kill"), KILL).await;
        killed.check(200, &[]);
        let killed = desk.by(&anna, ("POST", "/engine/kill"), KILL).await;
        killed.check(200, &[]);
    }
    clock.set(after(1));
    desk.by(&anna, ("GET", "/engine"), "").await.check(200, &[]);
}

#[tokio::test]
async fn who_may_not_stop_is_held_back_from_it_as_from_all_else() {
    let settings = RateSettings {
        principal: at_once(2),
        ..wide()
    };
    let desk = desk(settings, &clock());
    let vera = desk.person("vera", &[Role::Viewer]);
    for _ in 0..2 {
        let refused = desk.by(&vera, ("POST", "/engine/kill"), KILL).await;
        refused.check_problem(403, "FORBIDDEN", None);
    }
    let refused = desk.by(&vera, ("POST", "/engine/kill"), KILL).await;
    held_back(&refused, "of this person");
    assert_eq!(desk.written().len(), 2);
}

#[tokio::test]
async fn orders_are_fewer_than_requests_and_cancels_are_free() {
    let clock = clock();
    let settings = RateSettings {
        orders: at_once(1),
        ..wide()
    };
    let desk = desk(settings.clone(), &clock);
    let anna = desk.person("anna", &[Role::Operator]);
    desk.by(&anna, ("POST", "/orders"), ORDER)
        .await
        .check(201, &[]);
    let refused = desk.by(&anna, ("POST", "/orders"), ORDER).await;
    held_back(&refused, "too many orders");
    for _ in 0..5 {
        let cancel = desk.by(&anna, ("DELETE", "/orders/x"), "").await;
        assert_ne!(cancel.status, 429, "{}", cancel.text);
        desk.by(&anna, ("GET", "/orders"), "").await.check(200, &[]);
    }
    // Where identity is off, of an address.
    let client = client(settings, &clock);
    let place = async || {
        let request = request("POST", "/orders").header("content-type", "application/json");
        client.from("192.0.2.1", request, ORDER).await
    };
    place().await.check(201, &[]);
    held_back(&place().await, "too many orders");
}

#[tokio::test]
async fn a_client_that_sends_too_many_messages_is_sent_away() {
    let settings = RateSettings {
        messages: at_once(3),
        ..wide()
    };
    let over = |api: Api<Fake>| api.with_rates(Some(settings), clock());
    let server = Server::over(Fake::new(), StreamSettings::default(), over).await;
    let mut client = server.connect().await;
    client.expect("hello").await;
    for _ in 0..3 {
        client.send(r#"{"op":"ping"}"#).await;
        client.expect("pong").await;
    }
    client.send(r#"{"op":"ping"}"#).await;
    assert_eq!(client.expect_bye("TOO_MANY").await, 1008);
}

#[tokio::test]
async fn over_tls_clients_are_told_apart_too() {
    let authority = Authority::new("one");
    let tls = Files::new(&authority.issue()).open();
    let settings = RateSettings {
        address: at_once(1),
        ..wide()
    };
    let server = serve_over(&tls, |api| api.with_rates(Some(settings), clock())).await;
    let config = authority.client(None);
    let head = async |from: &str| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let socket = socket.connect(server.address).await.unwrap();
        let mut stream = shake(socket, &config).await.unwrap();
        let asked = b"GET /api/v1/engine HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(asked).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap().to_owned()
    };
    assert_eq!(head("127.0.0.1").await, "HTTP/1.1 200 OK");
    assert_eq!(head("127.0.0.1").await, "HTTP/1.1 429 Too Many Requests");
    assert_eq!(head("127.0.0.2").await, "HTTP/1.1 200 OK");
    // Shaking hands is no request.
    connect(server.address, &config).await.unwrap();
}
