//! A host whose venue is another process. Connections are cut, either stands still, ends in order or is killed,
//! and both at once; in the end both tell of the same executions, positions and open orders, and no order came twice.
//! How long starts and ends take is printed.

use super::crash::{Running, data, ledger};
use super::process::plugin_dir;
use super::venue_process::{Outside, PATIENCE};
use model::OrderId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testkit::venue::outside::{Holdings, SYMBOL};

/// What a venue or a host holds.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// How much was executed of our orders, by order and price.
    executed: BTreeMap<(OrderId, i64), u64>,
    /// What the account holds.
    position: i128,
    open: BTreeSet<OrderId>,
}

/// What the venue holds of ours.
fn truth(outside: &Outside) -> Held {
    let held = outside.holdings();
    assert_eq!(held.sent_twice, Vec::<u64>::new(), "an order came twice");
    let ours = |order: Option<u64>| OrderId::from_number(order.expect("all orders are ours"));
    let mut executed = BTreeMap::new();
    for each in held.executions {
        let place = (ours(each.order), each.price);
        *executed.entry(place).or_default() += each.quantity;
    }
    let open = held.open.into_iter();
    Held {
        executed,
        position: held.position,
        open: open.map(|order| ours(order.order)).collect(),
    }
}

/// What the host's journal says of executions, and what its API says is held and open.
fn told(folder: &Path, host: &Running) -> Held {
    let mut executed = BTreeMap::new();
    for fill in ledger(folder).fills {
        *executed.entry((fill.order, fill.price.raw())).or_default() += fill.quantity.raw();
    }
    let positions = host.get("/positions").unwrap();
    let quantities = positions.as_array().unwrap().iter().map(|position| {
        let quantity = position["quantity"].as_str().unwrap();
        quantity.parse::<model::SignedQuantity>().unwrap().raw()
    });
    let orders = host.get("/orders?status=open&limit=1000").unwrap();
    let orders = orders.as_array().unwrap().iter();
    Held {
        executed,
        position: quantities.sum(),
        open: orders
            .map(|order| order["id"].as_str().unwrap().parse().unwrap())
            .collect(),
    }
}

/// Waits until a host says of executions, positions and open orders what its venue does.
pub(super) fn until_agreed(outside: &Outside, folder: &Path, host: &Running) {
    let begun = Instant::now();
    loop {
        let (truth, told) = (truth(outside), told(folder, host));
        if truth == told {
            return;
        }
        if begun.elapsed() > PATIENCE {
            let missing: BTreeSet<_> = truth.executed.keys().collect();
            let known: BTreeSet<_> = told.executed.keys().collect();
            panic!(
                "held there {}, here {}; not here {:?}; not there {:?}; open there {:?}, here {:?}",
                truth.position,
                told.position,
                missing.difference(&known),
                known.difference(&missing),
                truth.open,
                told.open
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub(super) fn configuration(folder: &Path, port: u16) -> PathBuf {
    let text = format!(
        r#"
[host]
listen = "127.0.0.1:0"
data_dir = "{data}"
plugin_dir = "{plugins}"

[feed]
kind = "simulated"
seed = 7
history_minutes = 0

[[venue]]
name = "OUT"
gateway = "127.0.0.1:{port}"
answer_within = "500ms"
reconcile_every = "2s"

[[instrument]]
symbol = "{SYMBOL}"
class = "fx_pair"
base = "EUR"
quote = "USD"
tick = "0.00001"
lot = "1000"
simulation = {{ start_price = "1.08500", volatility = 0.1, spread_ticks = 6.0, size_lots = 800.0, events_per_second = 100.0 }}

[[account]]
name = "main"
kind = "margin"
leverage = "30"
base_currency = "USD"
deposits = {{ USD = "100000000" }}

[[strategy]]
name = "every"
plugin = "order-every.wasm"
parameters = {{ instrument = "{SYMBOL}", quantity = "1000", every = "10" }}
"#,
        data = data(folder).display(),
        plugins = plugin_dir().display(),
    );
    let file = folder.join("host.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// How a host says that it stands with its venue.
fn standing(host: &Running) -> Value {
    host.get("/venues").unwrap()[0]["outside"].clone()
}

/// Waits until a host stands with its venue in a way.
fn until_it_stands(host: &Running, what: &str, is_so: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    loop {
        let standing = standing(host);
        if is_so(&standing) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "not {what}: {standing}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until orders were sent to a venue that does not read them, and their time is over.
fn until_in_doubt(host: &Running) {
    until_it_stands(host, "in doubt", |standing| {
        standing["in_doubt_count"].as_u64() > Some(0)
    });
}

/// Both, where they are and what they trade by.
struct Pair {
    outside: Outside,
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Pair {
    fn begin() -> Self {
        let outside = Outside::open();
        let folder = tempfile::tempdir().unwrap();
        let file = configuration(folder.path(), outside.port);
        Self {
            outside,
            folder,
            file,
        }
    }

    /// Starts the host, for the first time or again.
    fn host(&self) -> Running {
        let begun = Instant::now();
        let host = Running::start(&self.file, None).expect("it comes up");
        eprintln!("the host was ready in {:.2?}", begun.elapsed());
        host
    }

    /// Waits until there are a few executions more than there were.
    fn trade_on(&self, before: &Holdings) {
        self.outside.until_executions(before.executions.len() + 3);
    }

    /// Starts the venue again: it has what it had, under the same names.
    fn venue_back(&mut self, before: &Holdings) {
        self.outside.again();
        let after = self.outside.holdings();
        let still = after.executions.get(..before.executions.len());
        assert_eq!(still, Some(&before.executions[..]), "it forgot");
        assert!(after.queries >= before.queries);
    }

    /// Stops trading, and waits until both hold the same and nothing is left in doubt.
    fn agree(&self, host: &Running) {
        host.stop_strategy("every");
        until_it_stands(host, "out of doubt", |standing| {
            standing["in_doubt_count"] == 0
        });
        until_agreed(&self.outside, self.folder.path(), host);
    }

    /// Ends the host in order.
    fn end(self, host: Running) {
        eprintln!("the host ended in {:.2?}", host.end_timed());
        assert!(ledger(self.folder.path()).is_sealed());
    }
}

#[test]
fn a_venue_in_another_process_and_a_host_that_dies_agree_in_the_end() {
    let pair = Pair::begin();
    let outside = &pair.outside;
    let mut host = pair.host();
    outside.until_executions(5);
    for round in 0..3 {
        let before = outside.connections();
        for time in [0, 300, 20] {
            outside.cut(Duration::from_millis(time + 30));
            outside.until_executions(outside.executions() + 3);
        }
        assert!(outside.connections() > before);
        if round < 2 {
            host.kill();
            host = pair.host();
            outside.until_executions(outside.executions() + 3);
        }
    }
    pair.agree(&host);
    assert!(outside.executions() > 30);
    pair.end(host);
}

#[test]
fn a_venue_that_is_killed_with_orders_on_the_way_forgets_nothing_and_gets_none_twice() {
    let mut pair = Pair::begin();
    let host = pair.host();
    pair.outside.until_executions(5);
    for (unread, away) in [(false, 0), (true, 0), (false, 400), (true, 50)] {
        let before = pair.outside.holdings();
        if unread {
            // What is sent to it now dies with it.
            pair.outside.freeze(true);
            until_in_doubt(&host);
        }
        pair.outside.kill();
        std::thread::sleep(Duration::from_millis(away));
        pair.venue_back(&before);
        pair.trade_on(&before);
    }
    pair.agree(&host);
    let ruled = standing(&host)["ruled"].clone();
    assert!(ruled["unknown_order"].as_u64() > Some(0), "{ruled}");
    pair.end(host);
}

#[test]
fn a_venue_that_stood_still_is_asked_about_orders_and_gets_none_twice() {
    let pair = Pair::begin();
    let host = pair.host();
    pair.outside.until_executions(5);
    // The second time longer than a host waits for a pong: it hangs up, and what it had sent is there to be read.
    for seconds in [2, 9] {
        let before = pair.outside.holdings();
        pair.outside.freeze(true);
        until_in_doubt(&host);
        std::thread::sleep(Duration::from_secs(seconds));
        pair.outside.freeze(false);
        pair.trade_on(&before);
        pair.outside.until_asked(before.queries);
    }
    pair.agree(&host);
    pair.end(host);
}

#[test]
fn a_venue_that_was_ended_and_both_that_were_killed_agree_in_the_end() {
    let mut pair = Pair::begin();
    let mut host = pair.host();
    pair.outside.until_executions(5);
    let before = pair.outside.holdings();
    pair.outside.end();
    pair.venue_back(&before);
    pair.trade_on(&before);
    for venue_first in [true, false] {
        let before = pair.outside.holdings();
        if venue_first {
            pair.outside.kill();
            host.kill();
            pair.venue_back(&before);
            host = pair.host();
        } else {
            host.kill();
            pair.outside.kill();
            host = pair.host();
            pair.venue_back(&before);
        }
        pair.trade_on(&before);
    }
    pair.agree(&host);
    pair.end(host);
}
