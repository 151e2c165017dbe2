//! A host between a venue, a Redis and a PostgreSQL of other processes, ended, failed and killed at the
//! points where something goes to them or comes: in the end all of them have what its journal has.

use super::super::bus::{Fills, Redis};
use super::super::gateway;
use super::super::process::fresh_key;
use super::super::sent_again::{post, until_priced_at};
use super::super::store::until_stored;
use super::super::venue_process::Outside;
use super::{PATIENCE, Running, goes_on_from, ledger, log, verify};
use ::bus::{Consumer, EntryId, Monitor, Settings};
use journal::crash;
use model::OrderId;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testkit::postgres;
use testkit::venue::outside::SYMBOL;

/// Waits until a host is at the point of its plan, as its log says.
fn until_reached(file: &Path, plan: &str) {
    let begun = Instant::now();
    while !std::fs::read_to_string(log(file))
        .unwrap()
        .contains("crash point")
    {
        assert!(begun.elapsed() < PATIENCE, "{plan} was not reached");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How a host ended by itself.
fn ended(mut host: Running, plan: &str) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = host.process.try_wait().unwrap() {
            return status.code();
        }
        assert!(begun.elapsed() < PATIENCE, "{plan} was not reached");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What the streams in Redis hold, by id: kind and time. Read by a group of its own, until there is nothing more, or
/// nothing of up to `last` where a host goes on to publish.
fn streams(redis: &Redis, group: &str, last: Option<EntryId>) -> BTreeMap<EntryId, (String, u64)> {
    let mut settings = Settings::new(&redis.url());
    group.clone_into(&mut settings.group);
    let mut reader = Consumer::new("test", settings, Monitor::default()).unwrap();
    let (mut known, begun) = (BTreeMap::new(), Instant::now());
    loop {
        assert!(begun.elapsed() < PATIENCE, "{} entries", known.len());
        // Where the groups are just made anew, it is asked again.
        let Ok(deliveries) = reader.take(1_000, Duration::from_millis(100)) else {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        let over = match last {
            None => deliveries.is_empty() && !known.is_empty(),
            Some(last) => {
                let is_reached = known.last_key_value().is_some_and(|(id, _)| *id >= last);
                is_reached && deliveries.iter().all(|new| new.entry.id > last)
            }
        };
        if over {
            return known;
        }
        // Where it is lost, entries come again.
        let _lost = reader.acknowledge(&deliveries);
        for delivery in deliveries {
            let entry = delivery.entry;
            known.insert(entry.id, (entry.kind, entry.time_ns));
        }
    }
}

/// Everything that the host speaks with.
struct Around {
    folder: tempfile::TempDir,
    file: PathBuf,
    outside: Outside,
    redis: Redis,
    fills: Fills,
    /// It ends with the test.
    _database: postgres::Server,
    /// Orders that a client was answered, and that the venue has.
    answered: Vec<OrderId>,
}

impl Around {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (outside, database) = (Outside::open(), postgres::Server::start());
        let redis = Redis::start_on_free_port(folder.path());
        let file = gateway::configuration(folder.path(), outside.port);
        let mut text = std::fs::read_to_string(&file).unwrap();
        // All entries are kept, to be compared.
        let url = redis.url();
        text.push_str(&format!("\n[bus]\nurl = \"{url}\"\ncapacity = 10000000\n"));
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", database.port());
        text.push_str(&format!("\n[store]\nurl = \"{url}\"\n"));
        std::fs::write(&file, text).unwrap();
        Self {
            fills: Fills::of(&redis),
            folder,
            file,
            outside,
            redis,
            _database: database,
            answered: Vec::new(),
        }
    }

    /// Runs a host until it is at a point, and lets it end there, or kills it there, or, where something
    /// failed there, once that did no harm.
    fn crash(&mut self, point: &str, action: &str) {
        let count = match point {
            commit if commit.starts_with("commit") => 25,
            _ => 7,
        };
        let plan = format!("{point}:{action}:{count}");
        let Some(host) = Running::start(&self.file, Some(&plan)) else {
            // So soon that nobody heard of it.
            assert_eq!(action, "exit", "{plan}");
            until_reached(&self.file, &plan);
            return;
        };
        if action == "exit" {
            assert_eq!(ended(host, &plan), Some(70), "{plan}");
            return;
        }
        until_reached(&self.file, &plan);
        if action == "error" {
            self.outside.until_executions(self.outside.executions() + 3);
            self.place(&host);
            self.until_told(&host);
        }
        host.kill();
    }

    /// A client's order that rests far below the market, until the venue has it.
    fn place(&mut self, host: &Running) {
        until_priced_at(host, SYMBOL);
        let order = json!({
            "instrument": SYMBOL, "side": "BUY", "quantity": "1000", "type": "LIMIT",
            "price": "0.5",
        });
        let (resting, begun) = (self.outside.open_limits(), Instant::now());
        loop {
            let (status, _, answer) = post(host, "/orders", &fresh_key(), &order);
            assert_eq!(status, 201, "{answer}");
            // As long as what was lost leaves the account in doubt, orders are denied.
            if answer["status"] != "DENIED" {
                self.answered
                    .push(answer["id"].as_str().unwrap().parse().unwrap());
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{answer}");
            std::thread::sleep(Duration::from_millis(100));
        }
        while self.outside.open_limits() <= resting {
            assert!(begun.elapsed() < PATIENCE, "the venue does not have it");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until bus and store have every fill that there is now.
    fn until_told(&mut self, host: &Running) {
        let made = ledger(self.folder.path()).fills;
        self.fills.reach(made.len());
        until_stored(host, made.last().unwrap().order.sequence());
    }

    /// Whatever became of it, all agree with a host that goes on.
    fn agree(&mut self) {
        let host = Running::start_surely(&self.file);
        self.outside.until_executions(self.outside.executions() + 3);
        host.stop_strategy("every");
        gateway::until_agreed(&self.outside, self.folder.path(), &host);
        assert_eq!(self.outside.open_limits(), self.answered.len());
        for order in &self.answered {
            let (status, text) = host.ask(&format!("/orders/{order}"));
            assert_eq!(status, 200, "{order} was answered: {text}");
        }
        self.until_told(&host);
        host.end();
        let made = ledger(self.folder.path());
        self.fills.are_the_first_of(&made.fills);
        verify(self.folder.path(), &made);
    }

    /// What Redis has is what it is given of the same journal when it has nothing.
    fn is_published_whole(&self) {
        let told = streams(&self.redis, "whole", None);
        let last = *told.last_key_value().unwrap().0;
        self.redis.empty();
        let host = Running::start_surely(&self.file);
        let mut again = streams(&self.redis, "again", Some(last));
        host.end();
        again.retain(|id, _| *id <= last);
        let lacks: Vec<_> = again.keys().filter(|id| !told.contains_key(id)).collect();
        assert!(lacks.is_empty(), "it lacks {lacks:?}");
        assert_eq!(told, again);
    }
}

#[test]
fn venue_bus_and_store_agree_with_a_host_that_crashed_at_every_point_on_the_way_to_them() {
    let mut around = Around::begin();
    let first = Running::start_surely(&around.file);
    around.outside.until_executions(5);
    around.place(&first);
    around.until_told(&first);
    first.kill();
    let mut before = ledger(around.folder.path());
    let on_the_way = ["send", "ack", "publish", "store", "commit"];
    let is_there = |point: &&&str| on_the_way.iter().any(|some| point.starts_with(some));
    for point in crash::ALL.iter().filter(is_there) {
        for action in ["exit", "error", "delay"] {
            around.crash(point, action);
            let after = ledger(around.folder.path());
            goes_on_from(&after, &before);
            before = after;
        }
    }
    around.agree();
    around.is_published_whole();
    around.redis.kill();
}
