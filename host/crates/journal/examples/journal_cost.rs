//! What the journal costs: `cargo run --release -p journal --example journal_cost`, with a folder on
//! the disk to be measured, or else below the system's one for temporary files. Prints
//! events a second without forcing the disk, the time from an order to a journal that lasts for each
//! policy, how fast a journal is stepped again, and how long 10,000 open and recent orders take.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a measurement for developers"
)]

#[path = "../tests/it/world.rs"]
mod world;

use engine::{Engine, Journal};
use hdrhistogram::Histogram;
use journal::{Folder, Fsync, SegmentOptions, SegmentWriter, repeat};
use model::Side;
use std::path::Path;
use std::time::{Duration, Instant};
use world::{Nobody, World};

const EVENTS: u32 = 5_000_000;
const BATCH: u32 = 256;

fn main() {
    let given = std::env::args().nth(1).map(std::path::PathBuf::from);
    let parent = given.unwrap_or_else(std::env::temp_dir);
    let folder = parent.join(format!("journal-cost-{}", std::process::id()));
    sustained(&folder.join("sustained"));
    let policies = [
        ("never", Fsync::Never, 20_000),
        (
            "interval 50 ms",
            Fsync::Interval(Duration::from_millis(50)),
            20_000,
        ),
        ("commit", Fsync::OnCommit, 2_000),
    ];
    for (name, fsync, orders) in policies {
        durable(&folder.join(name), name, fsync, orders);
    }
    orders_come_back(&folder.join("orders"));
    std::fs::remove_dir_all(&folder).unwrap();
}

fn open(folder: &Path, fsync: Fsync) -> World {
    let options = SegmentOptions {
        fsync,
        ..SegmentOptions::default()
    };
    let lock = Folder::lock(folder, "bench").unwrap();
    let start = Journal::default().hash();
    let writer = SegmentWriter::new(lock, options, 0, start).unwrap();
    World::new(Journal::with_sink(Box::new(writer)))
}

/// Quotes through an engine without strategies, a commit for every batch; then the same again.
fn sustained(folder: &Path) {
    let mut world = open(folder, Fsync::Never);
    let begun = processor_time();
    for n in 1..=EVENTS {
        world.quote();
        if n.is_multiple_of(BATCH) {
            world.engine.journal().commit().unwrap();
        }
    }
    world.engine.journal().seal().unwrap();
    say("stepped and journaled", EVENTS, begun);
    drop(world);
    let begun = processor_time();
    let mut unwritten = World::new(Journal::default());
    (0..EVENTS).for_each(|_| unwritten.quote());
    say("stepped and hashed only", EVENTS, begun);
    step_again(folder, EVENTS);
}

fn step_again(folder: &Path, events: u32) {
    let begun = processor_time();
    let mut engine = Engine::new(Journal::repeating());
    repeat(folder, &mut engine, &mut Nobody, |_| {}).unwrap();
    say("read, stepped again and compared", events, begun);
}

/// Time on the processor and time that passed, both in seconds, so far.
fn processor_time() -> (f64, Instant) {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos: f64 = times.split(' ').next().unwrap().parse().unwrap();
    (nanos / 1e9, Instant::now())
}

fn say(what: &str, events: u32, (processor, begun): (f64, Instant)) {
    let rate = |seconds: f64| f64::from(events) / seconds / 1e6;
    let passed = rate(begun.elapsed().as_secs_f64());
    let used = rate(processor_time().0 - processor);
    println!("{what}: {passed:.2} M events/s, {used:.2} M per second of processor time");
}

/// From an order by hand to a commit that lasts.
fn durable(folder: &Path, name: &str, fsync: Fsync, orders: u32) {
    let mut world = open(folder, fsync);
    let mut times: Histogram<u64> = Histogram::new(3).unwrap();
    for n in 0..orders {
        world.quote();
        world.engine.journal().commit().unwrap();
        let begun = Instant::now();
        world.order(if n % 2 == 0 { Side::Buy } else { Side::Sell }, None);
        world.engine.journal().commit().unwrap();
        times
            .record(u64::try_from(begun.elapsed().as_nanos()).unwrap())
            .unwrap();
    }
    let us = |quantile| times.value_at_quantile(quantile) as f64 / 1e3;
    println!(
        "order to journal, fsync {name}: p50 {:.1} us, p99 {:.1} us",
        us(0.5),
        us(0.99)
    );
}

/// 5,000 open orders and 5,000 that filled lately, among a million quotes.
fn orders_come_back(folder: &Path) {
    let mut world = open(folder, Fsync::Never);
    for n in 0..10_000_u32 {
        (0..100).for_each(|_| world.quote());
        let resting = (n % 2 == 0).then_some("1.09");
        world.order(Side::Buy, resting);
        world.engine.journal().commit().unwrap();
    }
    assert_eq!(world.engine.orders().len(), 5_000);
    let inputs = world.engine.sequence();
    drop(world);
    let begun = Instant::now();
    let mut engine = Engine::new(Journal::repeating());
    repeat(folder, &mut engine, &mut Nobody, |_| {}).unwrap();
    assert_eq!(engine.orders().len(), 5_000);
    println!(
        "10,000 open and recent orders in {inputs} inputs come back in {:.2} s",
        begun.elapsed().as_secs_f64()
    );
}
