//! Requests that are sent again to a host that was killed meanwhile: done once.

use super::crash::{Running, configuration, data};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// An answer, and whether it was given before.
fn post(host: &Running, path: &str, key: &str, body: &Value) -> (u16, bool, Value) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = agent.build().into();
    let mut answer = agent
        .post(host.url(path))
        .header("idempotency-key", key)
        .send_json(body)
        .unwrap();
    let replayed = answer.headers().contains_key("idempotency-replayed");
    let status = answer.status().as_u16();
    (status, replayed, answer.body_mut().read_json().unwrap())
}

/// How many orders rest far below the market.
fn resting(host: &Running) -> usize {
    let orders = host.get("/orders?status=open&strategy=manual").unwrap();
    orders.as_array().unwrap().len()
}

/// Without a price an order is denied.
fn until_priced(host: &Running) {
    let begun = Instant::now();
    let price = || host.get("/instruments/EUR/USD.SIM").unwrap()["quote"].clone();
    while price().is_null() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no price came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_order_that_is_sent_again_after_a_kill_is_one_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let order = json!({
        "instrument": "EUR/USD.SIM", "side": "BUY", "quantity": "1000", "type": "LIMIT", "price": "0.5",
    });
    let place = |host: &Running, key: &str| {
        let (status, replayed, order_now) = post(host, "/orders", key, &order);
        assert_eq!(status, 201, "{order_now}");
        assert_ne!(order_now["status"], "DENIED", "{order_now}");
        (replayed, order_now["id"].clone())
    };
    let mut host = Running::start(&file, None).expect("it comes up");
    until_priced(&host);
    let mut known = Vec::new();
    for (count, key) in ["a", "b", "c"].into_iter().enumerate() {
        let (replayed, id) = place(&host, key);
        assert!(!replayed);
        known.push((key, id));
        host.kill();
        if key == "c" {
            // As if the machine had died before the file was on its disk: the journal still knows.
            std::fs::remove_file(data(folder.path()).join("idempotency.log")).unwrap();
        }
        host = Running::start(&file, None).expect("it comes back");
        for (key, id) in &known {
            assert_eq!(place(&host, key), (true, id.clone()), "{key}");
        }
        assert_eq!(resting(&host), count + 1);
    }
    let other = json!({
        "instrument": "EUR/USD.SIM", "side": "SELL", "quantity": "1000", "type": "LIMIT", "price": "2",
    });
    let (status, _, problem) = post(&host, "/orders", "c", &other);
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("IDEMPOTENCY_KEY_REUSED"))
    );
}
