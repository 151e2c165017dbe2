//! A host that publishes to a Redis of the test's own, while one and the other die.

use super::crash::{Running, configuration, ledger, until_fills};
use super::process::{argonaut, signal, stdout};
use super::retention::{keeps_little, until_kept};
use ::bus::{Consumer, Delivery, Monitor, Settings};
use model::Fill;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Far longer than anything here takes, the pause of a minute after ten attempts among it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Redis that keeps nothing when it dies.
pub(super) struct Redis {
    port: u16,
    folder: PathBuf,
    process: Child,
}

impl Redis {
    pub(super) fn start_on_free_port(folder: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self::start(port, folder.to_owned())
    }

    fn start(port: u16, folder: PathBuf) -> Self {
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: apt-get install redis-server");
        Self {
            port,
            folder,
            process,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) fn again(&mut self) {
        *self = Self::start(self.port, self.folder.clone());
    }

    fn ask(&self, command: &[&str]) -> String {
        let mut client = Command::new("redis-cli");
        client.args(["-p", &self.port.to_string()]).args(command);
        let output = client.output().unwrap();
        assert!(output.status.success(), "{command:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(super) fn empty(&self) {
        self.ask(&["FLUSHALL"]);
    }

    /// Waits until the market cache has a key.
    fn until_cached(&self, key: &str) {
        let begun = Instant::now();
        loop {
            let value = self.ask(&["-n", "1", "GET", key]);
            if value.contains("\"instrument\":\"EUR/USD.SIM\"") {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{key}: {value}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The executions of all fills that were published, in their order, each entry once.
pub(super) struct Fills {
    reader: Consumer,
    known: BTreeMap<::bus::EntryId, u64>,
}

impl Fills {
    pub(super) fn of(redis: &Redis) -> Self {
        let settings = Settings::new(&redis.url());
        Self {
            reader: Consumer::new("test", settings, Monitor::default()).unwrap(),
            known: BTreeMap::new(),
        }
    }

    /// Reads until so many are known; gives up when there are no more of them for a while.
    pub(super) fn reach(&mut self, count: usize) {
        let (mut seen, mut since) = (0, Instant::now());
        while self.known.len() < count {
            if self.known.len() > seen {
                (seen, since) = (self.known.len(), Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{seen} of {count}");
            match self.reader.take(500, Duration::from_millis(100)) {
                Ok(deliveries) => {
                    deliveries.iter().for_each(|delivery| self.note(delivery));
                    // Where it is lost, entries come again.
                    let _lost = self.reader.acknowledge(&deliveries);
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Nothing was published that is not in the journal, and in its order.
    pub(super) fn are_the_first_of(&self, made: &[Fill]) {
        let made: Vec<_> = made.iter().map(|fill| fill.execution).collect();
        let published: Vec<_> = self.known.values().copied().collect();
        assert_eq!(published, made[..published.len()]);
    }

    fn note(&mut self, delivery: &Delivery) {
        if delivery.entry.kind != "fill" {
            return;
        }
        let body: Value = serde_json::from_str(&delivery.entry.body).unwrap();
        let execution = body["execution"].as_str().unwrap().parse().unwrap();
        let before = self.known.insert(delivery.entry.id, execution);
        assert!(
            before.is_none_or(|before| before == execution),
            "one id, two fills"
        );
    }
}

/// `argonaut bus tail` shows what a group of its own has not seen yet.
fn tail(folder: &Path, url: &str) {
    let arguments = [
        "bus", "tail", "--url", url, "--group", "tail", "--count", "5",
    ];
    let lines = stdout(&argonaut(folder, &arguments));
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 5);
    for line in &lines {
        assert!(
            line["body"].is_object() && line["kind"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn every_fill_of_the_journal_is_published_whoever_dies() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = Redis::start_on_free_port(folder.path());
    let file = configuration(folder.path());
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str(&format!("\n[bus]\nurl = \"{}\"\n", redis.url()));
    std::fs::write(&file, text).unwrap();
    let mut fills = Fills::of(&redis);
    let host = Running::start(&file, None).expect("it comes up");
    fills.reach(3);
    assert_eq!(host.get("/health").unwrap()["bus"]["state"], "CONNECTED");
    redis.until_cached("latest:quote:SIM:EUR/USD.SIM");
    redis.until_cached("latest:bar:SIM:EUR/USD.SIM");
    tail(folder.path(), &redis.url());
    redis.empty();
    fills.reach(6);
    signal(&redis.process, "-STOP");
    let shown = ledger(folder.path()).fills.len();
    until_fills(folder.path(), shown + 3);
    signal(&redis.process, "-CONT");
    fills.reach(shown + 3);
    redis.kill();
    let shown = ledger(folder.path()).fills.len();
    until_fills(folder.path(), shown + 3);
    host.kill();
    let host = Running::start(&file, None).expect("it comes back without a Redis");
    redis.again();
    let before = ledger(folder.path()).fills.len();
    fills.reach(before + 3);
    host.end();
    fills.are_the_first_of(&ledger(folder.path()).fills);
    redis.kill();
}

/// A Redis that lost everything cannot be filled with what the journal does not have any more: its
/// consumers are told.
#[test]
fn an_emptied_redis_is_told_what_the_journal_does_not_have_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = Redis::start_on_free_port(folder.path());
    let file = keeps_little(folder.path());
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str(&format!("\n[bus]\nurl = \"{}\"\n", redis.url()));
    std::fs::write(&file, text).unwrap();
    let host = Running::start(&file, None).expect("it comes up");
    let kept = until_kept(&host, |kept| kept["first_sequence"].as_u64().unwrap() > 1);
    redis.empty();
    let mut reader =
        Consumer::new("test", Settings::new(&redis.url()), Monitor::default()).unwrap();
    let begun = Instant::now();
    let first = loop {
        assert!(begun.elapsed() < PATIENCE, "no entry");
        let taken = reader.take(1, Duration::from_millis(100));
        // Until the publisher has found out, there is no group either.
        let Some(delivery) = taken.ok().and_then(|taken| taken.into_iter().next()) else {
            continue;
        };
        break delivery.entry;
    };
    assert_eq!((first.kind.as_str(), first.id.ordinal), ("gap", 0));
    let body: Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(body["first_sequence"], first.id.sequence);
    assert!(first.id.sequence >= kept["first_sequence"].as_u64().unwrap());
    host.end();
    redis.kill();
}
