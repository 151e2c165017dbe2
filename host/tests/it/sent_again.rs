//! Requests that are sent again to a host that was killed meanwhile: done once.

use super::crash::{Running, configuration, data};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// An answer, and whether it was given before.
pub(super) fn post(host: &Running, path: &str, key: &str, body: &Value) -> (u16, bool, Value) {
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
    made(host, "&status=open")
}

/// How many orders there are, also those that were denied.
fn made(host: &Running, which: &str) -> usize {
    let path = format!("/orders?strategy=manual{which}");
    let orders = host.get(&path).unwrap();
    orders.as_array().unwrap().len()
}

/// The file of keys once it has the answer to an order, which comes last, without that.
fn without_answer(file: &Path, id: &str) -> String {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap();
        let lines = text.trim_end().rsplit_once('\n');
        if let Some((before, last)) = lines
            && last.contains("{\"answered\":")
            && last.contains(id)
        {
            return format!("{before}\n");
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it is not kept");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Without a price an order is denied.
pub(super) fn until_priced(host: &Running) {
    until_priced_at(host, "EUR/USD.SIM");
}

/// The same of an instrument.
pub(super) fn until_priced_at(host: &Running, symbol: &str) {
    let begun = Instant::now();
    let path = format!("/instruments/{symbol}");
    let price = || host.get(&path).unwrap()["quote"].clone();
    while price().is_null() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no price came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// As if the host had been killed between an order and its answer.
#[test]
fn an_order_that_was_begun_and_not_answered_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let keys = data(folder.path()).join("idempotency.log");
    let order = json!({
        "instrument": "EUR/USD.SIM", "side": "BUY", "quantity": "1000", "type": "LIMIT", "price": "0.5",
    });
    let host = Running::start(&file, None).expect("it comes up");
    until_priced(&host);
    let (status, _, first) = post(&host, "/orders", "a", &order);
    assert_eq!(status, 201, "{first}");
    let begun = without_answer(&keys, first["id"].as_str().unwrap());
    host.kill();
    std::fs::write(&keys, begun).unwrap();
    let host = Running::start(&file, None).expect("it comes back");
    // The second time its answer is kept.
    for _ in 0..2 {
        let (status, replayed, again) = post(&host, "/orders", "a", &order);
        assert_eq!((status, replayed), (201, true), "{again}");
        assert_eq!(again["id"], first["id"]);
    }
    assert_eq!(made(&host, ""), 1, "nothing was asked of the engine");
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
