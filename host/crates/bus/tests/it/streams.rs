//! What reaches consumers, whatever happens to Redis and to them.

use crate::server::Server;
use bus::{
    Consumer, Delivery, Entry, EntryId, LinkState, Monitor, Priority, Publisher, Read, Settings,
    Source, SourceError,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A journal whose end moves: two entries of each input.
#[derive(Clone)]
struct Made {
    run: String,
    inputs: Arc<AtomicU64>,
}

impl Made {
    fn new(run: &str, inputs: u64) -> Self {
        Self {
            run: run.to_owned(),
            inputs: Arc::new(AtomicU64::new(inputs)),
        }
    }

    fn all(&self) -> BTreeSet<EntryId> {
        let inputs = self.inputs.load(Ordering::Relaxed);
        let ids = (1..=inputs).flat_map(|sequence| [1, 2].map(|ordinal| (sequence, ordinal)));
        ids.map(|(sequence, ordinal)| EntryId { sequence, ordinal })
            .collect()
    }
}

impl Source for Made {
    fn run(&self) -> &str {
        &self.run
    }

    fn read(&mut self, after: EntryId, limit: usize) -> Result<Read, SourceError> {
        let ids = self.all().into_iter().filter(|id| *id > after);
        let entries: Vec<_> = ids.take(limit).map(entry).collect();
        if entries.is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let place = entries.last().map_or(after, |last| last.id);
        Ok(Read { entries, place })
    }
}

fn entry(id: EntryId) -> Entry {
    let index = usize::try_from(id.sequence % 3).unwrap();
    Entry {
        id,
        priority: Priority::ALL[index],
        kind: "fill".to_owned(),
        time_ns: id.sequence,
        body: format!("{{\"n\":{}}}", id.sequence),
    }
}

/// A publisher on a thread of its own, stopped when dropped.
struct Publishing {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
    monitor: Monitor,
}

impl Publishing {
    fn begin(source: &Made, settings: &Settings) -> Self {
        let (stop, monitor) = (Arc::new(AtomicBool::new(false)), Monitor::default());
        let publisher = Publisher::new(source.clone(), settings.clone(), monitor.clone()).unwrap();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || publisher.run(&stopped));
        Self {
            stop,
            thread: Some(thread),
            monitor,
        }
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn consumer(name: &str, settings: &Settings) -> Consumer {
    Consumer::new(name, settings.clone(), Monitor::default()).unwrap()
}

fn take(consumer: &mut Consumer) -> Vec<Delivery> {
    match consumer.take(100, Duration::from_millis(50)) {
        Ok(deliveries) => deliveries,
        Err(_) => {
            std::thread::sleep(consumer.pause().min(Duration::from_millis(50)));
            Vec::new()
        }
    }
}

/// Waits until something holds; a test that waits for ever fails.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a consumer did, each entry once, as one who remembers ids does.
#[derive(Default)]
struct Effects(BTreeMap<EntryId, String>);

impl Effects {
    fn apply(&mut self, deliveries: &[Delivery]) {
        for Delivery { entry, .. } in deliveries {
            let known = self.0.insert(entry.id, entry.body.clone());
            assert!(known.is_none_or(|known| known == entry.body));
        }
    }

    fn are(&self, source: &Made) -> bool {
        self.0.keys().copied().collect::<BTreeSet<_>>() == source.all()
    }
}

#[test]
fn all_entries_arrive_once_the_urgent_first() {
    let server = Server::start();
    let (source, settings) = (Made::new("one", 300), server.settings());
    let publishing = Publishing::begin(&source, &settings);
    until("all are published", || {
        publishing.monitor.status().published == 600
    });
    let mut reader = consumer("a", &settings);
    let mut taken = Vec::new();
    while taken.len() < 600 {
        let deliveries = take(&mut reader);
        reader.acknowledge(&deliveries).unwrap();
        taken.extend(deliveries);
    }
    assert!(take(&mut reader).is_empty());
    let order: Vec<_> = taken
        .iter()
        .map(|it| (it.entry.priority, it.entry.id))
        .collect();
    assert!(order.is_sorted(), "urgent first, and each stream in order");
    assert!(
        taken
            .iter()
            .all(|it| it.run == "one" && it.entry == entry(it.entry.id))
    );
    assert_eq!(publishing.monitor.status().state, LinkState::Connected);
}

#[test]
fn a_second_publisher_of_the_same_run_adds_nothing_twice() {
    let server = Server::start();
    let (source, settings) = (Made::new("one", 500), server.settings());
    let both = [
        Publishing::begin(&source, &settings),
        Publishing::begin(&source, &settings),
    ];
    until("all are published", || {
        let published = |it: &Publishing| it.monitor.status().published;
        both.iter().map(published).sum::<u64>() >= 1_000
    });
    drop(both);
    let lengths = Priority::ALL.map(|priority| {
        let stream = format!("argonaut-streams:{}", priority.name());
        server.ask::<u64>(&["XLEN", &stream]).unwrap()
    });
    assert_eq!(lengths.iter().sum::<u64>(), 1_000);
}

#[test]
fn a_consumer_that_dies_leaves_its_entries_to_others() {
    let server = Server::start();
    let (source, settings) = (Made::new("one", 90), server.settings());
    let _publishing = Publishing::begin(&source, &settings);
    let mut first = consumer("first", &settings);
    let mut lost = Vec::new();
    until("the first one has some", || {
        lost = take(&mut first);
        !lost.is_empty()
    });
    drop(first);
    let (mut second, mut effects) = (consumer("second", &settings), Effects::default());
    until("the second one has all", || {
        let deliveries = take(&mut second);
        effects.apply(&deliveries);
        second.acknowledge(&deliveries).unwrap();
        effects.are(&source)
    });
    assert!(lost.iter().all(|it| effects.0.contains_key(&it.entry.id)));
}

#[test]
fn an_entry_nobody_can_handle_is_put_aside() {
    let server = Server::start();
    let source = Made::new("one", 1);
    let settings = Settings {
        claim_after: Duration::from_millis(5),
        ..server.settings()
    };
    let _publishing = Publishing::begin(&source, &settings);
    let mut reader = consumer("a", &settings);
    let mut times: BTreeMap<EntryId, u64> = BTreeMap::new();
    until("both are put aside", || {
        for delivery in take(&mut reader) {
            *times.entry(delivery.entry.id).or_default() += 1;
        }
        server
            .ask::<u64>(&["XLEN", "argonaut-streams:parked"])
            .unwrap()
            == 2
    });
    assert_eq!(times.into_values().collect::<Vec<_>>(), [5, 5]);
    let left: (u64, redis::Value, redis::Value, redis::Value) = server
        .ask(&["XPENDING", "argonaut-streams:normal", "dashboard-group"])
        .unwrap();
    assert_eq!(left.0, 0, "nothing comes back");
}

#[test]
fn an_emptied_redis_is_filled_again() {
    let server = Server::start();
    let (source, settings) = (Made::new("one", 400), server.settings());
    let publishing = Publishing::begin(&source, &settings);
    let (mut reader, mut effects) = (consumer("a", &settings), Effects::default());
    until("some arrive", || {
        let deliveries = take(&mut reader);
        effects.apply(&deliveries);
        reader.acknowledge(&deliveries).unwrap();
        effects.0.len() > 100
    });
    server.ask::<String>(&["FLUSHALL"]).unwrap();
    source.inputs.store(800, Ordering::Relaxed);
    until("all arrive", || {
        let deliveries = take(&mut reader);
        effects.apply(&deliveries);
        reader.acknowledge(&deliveries).is_ok() && effects.are(&source)
    });
    drop(publishing);
    let lengths = Priority::ALL.map(|priority| {
        let stream = format!("argonaut-streams:{}", priority.name());
        server.ask::<u64>(&["XLEN", &stream]).unwrap()
    });
    assert_eq!(lengths.iter().sum::<u64>(), 1_600, "what was lost too");
}

#[test]
fn a_redis_that_dies_and_comes_back_misses_nothing() {
    let mut server = Server::start();
    let (source, settings) = (Made::new("one", 0), server.settings());
    let publishing = Publishing::begin(&source, &settings);
    let effects = Arc::new(Mutex::new(Effects::default()));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut reader = consumer("a", &settings);
            while !stop.load(Ordering::Relaxed) {
                let deliveries = take(&mut reader);
                effects.lock().unwrap().apply(&deliveries);
                // Lost acknowledgements make entries come again.
                let _lost = reader.acknowledge(&deliveries);
            }
        });
        for round in 1..=4 {
            source.inputs.store(round * 200, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(60));
            server.kill();
            source.inputs.store(round * 200 + 100, Ordering::Relaxed);
            until("the loss is seen", || {
                publishing.monitor.status().state == LinkState::Reconnecting
            });
            server.up();
        }
        until("all arrive", || effects.lock().unwrap().are(&source));
        stop.store(true, Ordering::Relaxed);
    });
    let status = publishing.monitor.status();
    assert_eq!(status.state, LinkState::Connected);
    assert!(status.last_error.is_some(), "it says what happened");
}

#[test]
fn a_new_run_begins_the_streams_anew() {
    let server = Server::start();
    let settings = server.settings();
    let old = Made::new("old", 50);
    let publishing = Publishing::begin(&old, &settings);
    let mut reader = consumer("a", &settings);
    let mut taken = 0;
    until("the old run is read", || {
        let deliveries = take(&mut reader);
        taken += deliveries.len();
        reader.acknowledge(&deliveries).unwrap();
        taken == 100
    });
    drop(publishing);
    let new = Made::new("new", 20);
    let _publishing = Publishing::begin(&new, &settings);
    let mut effects = Effects::default();
    until("the new run is read", || {
        let deliveries = take(&mut reader);
        assert!(deliveries.iter().all(|it| it.run == "new"));
        effects.apply(&deliveries);
        reader.acknowledge(&deliveries).unwrap();
        effects.are(&new)
    });
}

/// A journal that is not told, or does not believe, what was published: as when the connection breaks
/// between Redis's act and its answer.
struct Doubtful {
    made: Made,
    told: u64,
}

impl Source for Doubtful {
    fn run(&self) -> &str {
        self.made.run()
    }

    fn read(&mut self, after: EntryId, _: usize) -> Result<Read, SourceError> {
        self.made.read(after, 30)
    }

    fn published(&mut self, _: EntryId) -> Result<(), SourceError> {
        self.told += 1;
        match self.told % 2 {
            0 => Ok(()),
            _ => Err(SourceError("who knows".to_owned())),
        }
    }
}

#[test]
fn what_may_be_published_is_looked_up_and_not_published_twice() {
    let server = Server::start();
    let (made, settings) = (Made::new("one", 60), server.settings());
    let source = Doubtful {
        made: made.clone(),
        told: 0,
    };
    let monitor = Monitor::default();
    let publisher = Publisher::new(source, settings.clone(), monitor.clone()).unwrap();
    let stop = AtomicBool::new(false);
    let (mut reader, mut effects) = (consumer("a", &settings), Effects::default());
    std::thread::scope(|scope| {
        scope.spawn(|| publisher.run(&stop));
        until("the consumer has all", || {
            let deliveries = take(&mut reader);
            effects.apply(&deliveries);
            reader.acknowledge(&deliveries).unwrap();
            effects.are(&made)
        });
        stop.store(true, Ordering::Relaxed);
    });
    let lengths = Priority::ALL.map(|priority| {
        let stream = format!("argonaut-streams:{}", priority.name());
        server.ask::<u64>(&["XLEN", &stream]).unwrap()
    });
    assert_eq!(lengths.iter().sum::<u64>(), 120);
    // 30 entries at a time, and every other time in doubt.
    assert_eq!(monitor.status().published, 60);
}

/// A journal of which nothing is to be published.
struct Quiet(u64);

impl Source for Quiet {
    fn run(&self) -> &str {
        "quiet"
    }

    fn read(&mut self, after: EntryId, _: usize) -> Result<Read, SourceError> {
        std::thread::sleep(Duration::from_millis(1));
        let sequence = (after.sequence + 1_000).min(self.0);
        Ok(Read {
            entries: Vec::new(),
            place: EntryId {
                sequence,
                ordinal: 0,
            },
        })
    }
}

#[test]
fn the_cursor_moves_past_what_holds_nothing_to_publish() {
    let server = Server::start();
    let settings = server.settings();
    let monitor = Monitor::default();
    let publisher = Publisher::new(Quiet(25_500), settings, monitor.clone()).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| publisher.run(&stop));
        until("it moves", || monitor.status().place.sequence == 20_000);
        stop.store(true, Ordering::Relaxed);
    });
    let cursor: String = server.ask(&["GET", "argonaut-streams:cursor"]).unwrap();
    assert_eq!(cursor, "20000-0 quiet");
    assert_eq!(monitor.status().published, 0);
}

#[test]
fn what_is_no_entry_is_named() {
    let server = Server::start();
    let settings = server.settings();
    let mut reader = consumer("a", &settings);
    assert!(reader.take(10, Duration::ZERO).unwrap().is_empty());
    server
        .ask::<String>(&["XADD", "argonaut-streams:high", "5-1", "who", "a stranger"])
        .unwrap();
    let error = reader.take(10, Duration::ZERO).unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream `argonaut-streams:high`: entry 5-1: it has no `run`"
    );
}
