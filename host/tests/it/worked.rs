//! Orders that the four sample algorithms work on a live host: parts belong to their order and never make
//! more than it is for (P30), and the journal runs again to the same byte.

use super::crash::{Running, configuration, data};
use super::process::{end_of, fresh_key, plugin};
use engine::journal::reader::{Reader, Record};
use model::{Order, OrderId, Quantity};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// Each algorithm, with parameters by which it cuts an order of four lots into parts.
fn calls() -> [(&'static str, Value); 4] {
    [
        ("twap", json!({"slices": "2", "duration_seconds": "2"})),
        ("vwap", json!({"profile": "1,1", "duration_seconds": "2"})),
        ("pov", json!({"rate": "100", "max_slice": "1000"})),
        ("iceberg", json!({"visible": "1000"})),
    ]
}

/// Adds the algorithms to a configuration.
fn with_algorithms(file: &Path) {
    let mut text = std::fs::OpenOptions::new().append(true).open(file).unwrap();
    for (name, _) in calls() {
        // Built, or the message says what to do.
        plugin(name);
        let section = "\n[[algorithm]]";
        writeln!(
            text,
            "{section}\nname = \"{name}\"\nplugin = \"{name}.wasm\""
        )
        .unwrap();
    }
}

/// Asks with a bound on each answer.
fn agent() -> ureq::Agent {
    let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
    agent.http_status_as_error(false).build().into()
}

fn get(host: &Running, path: &str) -> Value {
    let mut answer = agent().get(host.url(path)).call().unwrap();
    answer.body_mut().read_json().unwrap()
}

/// Hands a buy order to an algorithm; its id.
fn place(host: &Running, (name, parameters): &(&str, Value)) -> String {
    let ticket = json!({
        "instrument": "EUR/USD.SIM",
        "side": "BUY",
        "type": "LIMIT",
        "price": "1.10000",
        "quantity": "4000",
        "algorithm": {"name": name, "parameters": parameters},
    });
    let request = agent().post(host.url("/orders"));
    let request = request.header("idempotency-key", fresh_key());
    let mut answer = request.send_json(&ticket).unwrap();
    let order: Value = answer.body_mut().read_json().unwrap();
    assert_eq!(order["algorithm"], *name, "{order}");
    order["id"].as_str().unwrap().to_owned()
}

/// Waits until there is a price to judge an order by.
fn until_quoted(host: &Running) {
    let begun = Instant::now();
    while get(host, "/instruments/EUR/USD.SIM")["quote"].is_null() {
        assert!(begun.elapsed() < PATIENCE, "no price");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until an order is filled; how long that took.
fn until_filled(host: &Running, order: &str) -> Duration {
    let begun = Instant::now();
    loop {
        let shown = get(host, &format!("/orders/{order}"));
        let status = shown["status"].as_str();
        if status == Some("FILLED") {
            return begun.elapsed();
        }
        let ended = matches!(status, Some("DENIED" | "CANCELED" | "EXPIRED"));
        assert!(!ended && begun.elapsed() < PATIENCE, "{shown}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Parents of a journal, with the parts of each; what parts filled never is more than their order.
fn families(journal: &Path) -> BTreeMap<OrderId, (Order, Vec<Order>)> {
    let mut reader = Reader::new(journal::open(journal).unwrap()).unwrap();
    let mut families: BTreeMap<OrderId, (Order, Vec<Order>)> = BTreeMap::new();
    let (mut parents, mut filled) = (BTreeMap::new(), BTreeMap::new());
    while let Some(record) = reader.next_record().unwrap() {
        match record {
            Record::NewOrder(order) if order.algorithm.is_some() => {
                families.insert(order.id, (order, Vec::new()));
            }
            Record::NewOrder(order) => {
                if let Some(parent) = order.parent {
                    parents.insert(order.id, parent);
                    let family = families.get_mut(&parent);
                    let family = family.unwrap_or_else(|| panic!("no parent of {order:?}"));
                    family.1.push(order);
                }
            }
            Record::Fill(fill) => {
                assert!(
                    !families.contains_key(&fill.order),
                    "a parent is at no venue"
                );
                if let Some(parent) = parents.get(&fill.order) {
                    let sum: &mut Quantity = filled.entry(*parent).or_default();
                    *sum = sum.checked_add(fill.quantity).unwrap();
                    let whole = families[parent].0.quantity;
                    assert!(*sum <= whole, "{parent:?}: {sum} of {whole}");
                }
            }
            _ => {}
        }
    }
    for (parent, (order, _)) in &families {
        assert_eq!(filled.get(parent), Some(&order.quantity), "{parent:?}");
    }
    families
}

#[test]
fn four_algorithms_work_orders_in_parts_that_belong_to_them_and_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    with_algorithms(&file);
    let host = Running::start(&file, None).expect("it comes up");
    until_quoted(&host);
    let calls = calls();
    let orders: Vec<_> = calls.iter().map(|call| place(&host, call)).collect();
    for (order, (name, _)) in orders.iter().zip(&calls) {
        let took = until_filled(&host, order);
        println!("{name}: {order} filled, {took:.2?} after the one before");
    }
    host.end();
    let journal = data(folder.path()).join("journal");
    let families = families(&journal);
    let algorithms: BTreeSet<_> = families
        .values()
        .map(|(order, _)| order.algorithm)
        .collect();
    assert_eq!((families.len(), algorithms.len()), (4, 4), "{families:?}");
    for (parent, parts) in families.values() {
        let sizes: Vec<_> = parts.iter().map(|part| part.quantity).collect();
        println!("{}: {} in {sizes:?}", parent.id, parent.quantity);
        assert!(parts.len() >= 2, "{parent:?} in {} parts", parts.len());
        for part in parts {
            let whose = (part.instrument, part.side, part.strategy, part.account);
            let of = (
                parent.instrument,
                parent.side,
                parent.strategy,
                parent.account,
            );
            assert_eq!(whose, of);
            assert!(part.quantity <= parent.quantity && part.algorithm.is_none());
        }
    }
    let report = run_again(folder.path());
    println!("{report}");
    assert_eq!(
        (&report["equal"], &report["sealed"]),
        (&json!(true), &json!(true))
    );
}

/// What a second run of a host's journal says, which may take as long as a host may to end.
fn run_again(folder: &Path) -> Value {
    let mut process = Command::new(env!("CARGO_BIN_EXE_argonaut"))
        .args(["replay", "--verify", "--json", "--plugins"])
        .args([data(folder).join("plugins"), data(folder).join("journal")])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = end_of(&mut process);
    let mut said = String::new();
    let mut output = process.stdout.take().unwrap();
    output.read_to_string(&mut said).unwrap();
    assert!(ended.success(), "{ended}: {said}");
    serde_json::from_str(&said).unwrap()
}
