//! From where requests may come: pages of other origins, addresses, proxies; and the headers of every answer.

use crate::fake::Fake;
use crate::identity_policy::path;
use crate::rest_client::{Answer, Client, request};
use api::{NetworkSettings, Networks, Settings, operations};
use axum::body::Body;
use axum::http::request::Builder;

const PAGES: &str = "https://pages.example";

fn networks(texts: &[&str]) -> Networks {
    let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
    Networks::parse(&texts).unwrap()
}

fn client(network: NetworkSettings) -> Client {
    let settings = Settings {
        allowed_hosts: vec!["desk.example".to_owned()],
        network,
        ..Settings::default()
    };
    Client::with(settings, |api| api)
}

/// A host that answers pages of another origin.
fn host_of_pages() -> Client {
    client(NetworkSettings {
        origins: vec![PAGES.to_owned()],
        ..NetworkSettings::default()
    })
}

async fn send(client: &Client, request: Builder) -> Answer {
    client.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_answer_has_strict_headers() {
    let client = Client::new();
    for operation in operations::<Fake>() {
        let answer = client
            .bare(operation.method.as_str(), &path(&operation))
            .await;
        let check = |name: &str, words: &str| {
            let value = answer.headers.get(name);
            let value = value.map_or("", |value| value.to_str().unwrap());
            assert!(value.contains(words), "{operation:?} {name}: {value}");
        };
        check("x-content-type-options", "nosniff");
        check("referrer-policy", "no-referrer");
        check("x-frame-options", "DENY");
        check("permissions-policy", "camera=()");
        check("cross-origin-opener-policy", "same-origin");
        check("cross-origin-resource-policy", "same-origin");
        check("cache-control", "no-store");
        check("content-security-policy", "default-src 'none'");
        check("content-security-policy", "frame-ancestors 'none'");
        check("x-request-id", "-");
        for name in [
            "strict-transport-security",
            "access-control-allow-origin",
            "vary",
        ] {
            assert!(!answer.headers.contains_key(name), "{operation:?} {name}");
        }
    }
}

#[tokio::test]
async fn browsers_are_bound_to_tls_where_the_host_speaks_it() {
    let client = client(NetworkSettings {
        over_tls: true,
        ..NetworkSettings::default()
    });
    let is_bound = async |host: &str| {
        let request = axum::http::Request::builder().uri("/livez");
        let answer = send(&client, request.header("host", host)).await;
        answer.headers.contains_key("strict-transport-security")
    };
    assert!(is_bound("desk.example:8443").await);
    assert!(!is_bound("localhost:8443").await);
    assert!(!is_bound("127.0.0.1:8443").await);
    // What is no name of ours is bound to nothing.
    assert!(!is_bound("evil.example").await);
}

fn preflight(origin: &str) -> Builder {
    request("OPTIONS", "/orders")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
}

#[tokio::test]
async fn pages_of_listed_origins_are_answered_before_they_ask() {
    let client = host_of_pages();
    let answer = send(&client, preflight(PAGES)).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(answer.headers["access-control-allow-origin"], PAGES);
    assert_eq!(answer.headers["access-control-allow-credentials"], "true");
    assert_eq!(answer.headers["access-control-max-age"], "600");
    assert_eq!(answer.headers["vary"], "origin");
    let check = |name: &str, words: &[&str]| {
        let value = answer.headers[name].to_str().unwrap();
        let listed: Vec<_> = value.split(", ").collect();
        for word in words {
            assert!(listed.contains(word), "{name}: {value}");
        }
    };
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    check("access-control-allow-methods", &methods);
    let headers = [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "prefer",
        "traceparent",
        "x-api-key",
        "x-approval",
    ];
    check("access-control-allow-headers", &headers);
    assert_eq!(client.host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn pages_of_other_origins_are_not() {
    let client = host_of_pages();
    for origin in ["https://evil.example", "http://pages.example", "null"] {
        let answer = send(&client, preflight(origin)).await;
        answer.check_problem(403, "FORBIDDEN_ORIGIN", None);
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        assert_eq!(answer.headers["vary"], "origin");
    }
    // Where nobody is listed, nobody is.
    let answer = send(&Client::new(), preflight(PAGES)).await;
    answer.check_problem(403, "FORBIDDEN_ORIGIN", None);
    // The host's own pages need not ask before.
    let answer = send(&client, preflight("http://localhost:8080")).await;
    answer.check_problem(405, "METHOD_NOT_ALLOWED", None);
}

#[tokio::test]
async fn pages_of_listed_origins_read_answers_good_and_bad() {
    let client = host_of_pages();
    for (place, status) in [("/engine", 200), ("/nothing", 404)] {
        let answer = send(&client, request("GET", place).header("origin", PAGES)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["access-control-allow-origin"], PAGES);
        let exposed = answer.headers["access-control-expose-headers"].to_str();
        let exposed: Vec<_> = exposed.unwrap().split(", ").collect();
        for name in [
            "etag",
            "idempotency-replayed",
            "location",
            "preference-applied",
            "x-request-id",
        ] {
            assert!(exposed.contains(&name), "{name}: {exposed:?}");
        }
    }
    let answer = send(&client, request("GET", "/engine")).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    assert_eq!(answer.headers["vary"], "origin");
}

#[tokio::test]
async fn clients_are_answered_where_they_are_listed() {
    let client = client(NetworkSettings {
        clients: networks(&["192.168.0.0/16", "127.0.0.1"]),
        ..NetworkSettings::default()
    });
    for (address, status) in [
        ("192.168.7.1", 200),
        ("::ffff:192.168.7.1", 200),
        ("127.0.0.1", 200),
        ("192.169.0.1", 403),
        ("::1", 403),
    ] {
        let answer = client.from(address, request("GET", "/engine"), "").await;
        assert_eq!(answer.status, status, "{address} {}", answer.text);
        if status == 403 {
            answer.check_problem(403, "FORBIDDEN_ADDRESS", None);
        }
    }
    // Who stands behind somebody is of no account where no proxy is named.
    let made_up = request("GET", "/engine").header("x-forwarded-for", "127.0.0.1");
    let answer = client.from("192.169.0.1", made_up, "").await;
    answer.check_problem(403, "FORBIDDEN_ADDRESS", None);
}

#[tokio::test]
async fn proxies_say_whose_a_request_is() {
    let client = client(NetworkSettings {
        proxies: networks(&["127.0.0.1"]),
        clients: networks(&["192.168.0.0/16"]),
        ..NetworkSettings::default()
    });
    for (address, forwarded, status) in [
        ("127.0.0.1", "192.168.7.1", 200),
        ("127.0.0.1", "203.0.113.9", 403),
        ("127.0.0.1", "192.168.7.1, 203.0.113.9", 403),
        ("127.0.0.1", "203.0.113.9, 192.168.7.1", 200),
        ("203.0.113.9", "192.168.7.1", 403),
    ] {
        let asked = request("GET", "/engine").header("x-forwarded-for", forwarded);
        let answer = client.from(address, asked, "").await;
        assert_eq!(
            answer.status, status,
            "{address} {forwarded} {}",
            answer.text
        );
    }
}
