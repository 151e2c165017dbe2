//! Hosts whose disk is full, or makes no new files: orders are denied, what stops goes on, and when the disk takes
//! something again so does the host, with nothing lost. Disks are mounted by the tests; where that is refused they
//! say so and are skipped.

use super::crash::{Running, configuration, data, ledger, until_fills, verify};
use super::fan_out::address;
use super::identity::{PASSWORD, ask, visited_with};
use super::process::{argonaut, fresh_key, stdout};
use super::sent_again::{post, until_priced};
use super::store::until_stored;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Far longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(60);
/// Size of a disk, in MiB: plugins and their compiled forms have room on it.
const SIZE: u32 = 96;

/// A mounted disk, until it is dropped.
struct Disk(PathBuf);

impl Disk {
    /// An empty one at a folder.
    fn small(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={SIZE}m,mode=0700");
        mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], at).then(|| Self(at.to_owned()))
    }

    /// The same folder once more in its own place, as a disk that turned read-only: what is open there stays so.
    fn read_only(at: &Path) -> Option<Self> {
        let path = at.to_str().unwrap();
        if !mount(&["--bind", path], at) {
            return None;
        }
        let disk = Self(at.to_owned());
        mount(&["-o", "remount,bind,ro"], at).then_some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Whether that works; says why it does not.
fn mount(how: &[&str], at: &Path) -> bool {
    let done = Command::new("mount").args(how).arg(at).output();
    let why = match done {
        Ok(done) if done.status.success() => return true,
        Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    eprintln!("skipped: no disk of its own can be mounted: {why}");
    false
}

fn filler(disk: &Path) -> PathBuf {
    disk.join("filler")
}

/// Leaves no byte of a disk.
fn fill(disk: &Path) {
    let mut options = OpenOptions::new();
    let mut file = options
        .append(true)
        .create(true)
        .open(filler(disk))
        .unwrap();
    for piece in [1 << 20, 4_096, 1] {
        let bytes = vec![1; piece];
        while file.write_all(&bytes).is_ok() {}
    }
}

fn make_room(disk: &Path) {
    std::fs::remove_file(filler(disk)).unwrap();
}

/// Waits until something holds; how long that took.
fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    begun.elapsed()
}

/// Asks for what stands outside of `/api/v1`, by the address of that.
fn watched(base: &str, path: &str) -> (u16, Value) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = agent.build().into();
    let url = base.replace("/api/v1", path);
    let mut answer = agent.get(url).call().unwrap();
    (
        answer.status().as_u16(),
        answer.body_mut().read_json().unwrap(),
    )
}

fn is_ready(base: &str) -> bool {
    watched(base, "/readyz").0 == 200
}

/// Whether a host gives this as a reason why it is not ready.
fn says(base: &str, reason: &str) -> bool {
    let (status, shown) = watched(base, "/readyz");
    let reasons = shown["reasons"].as_array().unwrap();
    status == 503 && reasons.iter().any(|given| given == reason)
}

/// An order that rests far below the market.
fn resting() -> Value {
    json!({
        "instrument": "EUR/USD.SIM", "side": "BUY", "quantity": "1000", "type": "LIMIT", "price": "0.5",
    })
}

fn place(host: &Running) -> Value {
    let (status, _, order) = post(host, "/orders", &fresh_key(), &resting());
    assert_eq!(status, 201, "{order}");
    order
}

/// Places an order that is taken; returns its id.
fn placed(host: &Running) -> String {
    let order = place(host);
    assert_eq!(order["deny_code"], Value::Null, "{order}");
    order["id"].as_str().unwrap().to_owned()
}

fn until_cancelled(host: &Running, id: &str) {
    let path = format!("/orders/{id}");
    until("a cancel", || {
        let shown = host.get(&path).unwrap_or_default();
        shown["status"] == "CANCELED"
    });
}

fn cancel(host: &Running, id: &str) {
    let url = host.url(&format!("/orders/{id}"));
    let cancel = ureq::delete(url).header("idempotency-key", fresh_key());
    let answer = cancel.call().unwrap();
    assert_eq!(answer.status().as_u16(), 202);
    until_cancelled(host, id);
}

/// The state of the alert about the journal, where there is one.
fn alert(host: &Running) -> Value {
    let alerts = host.get("/risk/alerts").unwrap();
    let all = alerts.as_array().or(alerts["items"].as_array());
    let found = all.unwrap().iter().find(|alert| alert["code"] == "JOURNAL");
    found.map_or(Value::Null, |alert| alert["state"].clone())
}

/// A host whose journal cannot be written denies orders, says so, lives, and cancels.
fn denies_and_cancels(host: &Running, order: &str) {
    let base = host.url("");
    let took = until("the journal to take nothing", || {
        says(&base, "JOURNAL_NOT_WRITABLE")
    });
    eprintln!("orders were denied after {took:.2?}");
    let denied = place(host);
    assert_eq!(denied["status"], "DENIED", "{denied}");
    assert_eq!(denied["deny_code"], "P29", "{denied}");
    cancel(host, order);
    assert_eq!(watched(&base, "/livez").0, 200);
    until("an alert", || alert(host) == "OPEN");
}

/// A host whose disk takes something again trades on by itself.
fn trades_on(host: &Running) {
    let base = host.url("");
    let took = until("the journal to be written", || is_ready(&base));
    eprintln!("it was ready after {took:.2?}");
    until("the end of the alert", || alert(host) == "RESOLVED");
}

/// New orders are taken, and strategies fill theirs.
fn fills_more(host: &Running, folder: &Path) {
    placed(host);
    let before = ledger(folder).fills.len();
    until_fills(folder, before + 3);
    let filled = ledger(folder).fills;
    until_stored(host, filled.last().unwrap().order.sequence());
}

/// Ends a host; its journal is whole, runs again to the same byte, and the store has the same.
fn ends_equal(host: Running, file: &Path, folder: &Path) {
    host.end();
    let ledger = ledger(folder);
    assert!(ledger.is_sealed());
    verify(folder, &ledger);
    let said = std::fs::read_to_string(file.with_extension("log")).unwrap();
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_full_disk_denies_orders_lets_stop_and_is_traded_on_once_it_has_room() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let disk = data(folder);
    let Some(_mounted) = Disk::small(&disk) else {
        return;
    };
    let file = configuration(folder);
    let kill_file = disk.join("kill");
    let text = std::fs::read_to_string(&file).unwrap();
    let with = format!("[host]\nkill_file = \"{}\"\n", kill_file.display());
    std::fs::write(&file, text.replace("[host]\n", &with)).unwrap();
    let host = Running::start_surely(&file);
    until_priced(&host);
    until_fills(folder, 5);
    let orders = [placed(&host), placed(&host)];

    fill(&disk);
    denies_and_cancels(&host, &orders[0]);
    let at = address(&host);
    let kill = ["kill", "--address", &at];
    let file_too = ["--kill-file", kill_file.to_str().unwrap()];
    stdout(&argonaut(folder, &[&kill[..], &file_too[..]].concat()));
    until("a kill", || host.get("/engine").unwrap()["killed"] == true);
    assert!(kill_file.exists(), "its name alone means the firm");
    until_cancelled(&host, &orders[1]);

    make_room(&disk);
    trades_on(&host);
    std::fs::remove_file(&kill_file).unwrap();
    stdout(&argonaut(folder, &[&kill[..], &["--clear"]].concat()));
    fills_more(&host, folder);
    ends_equal(host, &file, folder);
}

#[test]
fn a_journal_that_gets_no_new_segment_denies_orders_until_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = configuration(folder);
    let text = std::fs::read_to_string(&file).unwrap();
    // A segment is full soon.
    let text = text.replace("events_per_second = 400.0", "events_per_second = 1500.0");
    let text = text.replace("history_minutes = 30", "history_minutes = 1");
    let text = text.replace("max_messages = 500", "max_messages = 1000000");
    std::fs::write(&file, text).unwrap();
    let host = Running::start_surely(&file);
    until_priced(&host);
    until_fills(folder, 5);
    let order = placed(&host);
    let Some(turned) = Disk::read_only(&data(folder).join("journal")) else {
        return;
    };
    denies_and_cancels(&host, &order);
    drop(turned);
    trades_on(&host);
    fills_more(&host, folder);
    ends_equal(host, &file, folder);
}

/// What somebody asks of a host, and how it was answered.
struct Desk {
    base: String,
    access: String,
}

impl Desk {
    fn claim(base: String, invitation: &str) -> Self {
        let claim = json!({ "token": invitation, "name": "anna", "password": PASSWORD });
        let (status, granted) = ask("POST", &format!("{base}/auth/claim"), "", &claim);
        assert_eq!(status, 200, "{granted}");
        let access = granted["access"].as_str().unwrap().to_owned();
        Self { base, access }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        ask(method, &format!("{}{path}", self.base), &self.access, body)
    }

    fn add(&self, name: &str) -> (u16, Value) {
        self.ask(
            "POST",
            "/users",
            &json!({ "name": name, "roles": ["viewer"] }),
        )
    }

    fn records(&self) -> usize {
        let (status, page) = self.ask("GET", "/audit?limit=1000", &Value::Null);
        assert_eq!(status, 200, "{page}");
        page["items"].as_array().unwrap().len()
    }

    /// Has the room used up that the disk keeps for records; each that is answered was written down.
    fn until_refused(&self) {
        let before = self.records();
        // It is no such instrument, whose name stands in the record.
        let order = json!({
            "instrument": "X".repeat(7_000), "side": "BUY", "quantity": "1", "type": "MARKET",
        });
        for taken in 0..200 {
            let (status, answer) = self.ask("POST", "/orders", &order);
            if status == 503 {
                assert_eq!(answer["code"], "AUDIT_FAILED", "{answer}");
                assert_eq!(self.records(), before + taken);
                return;
            }
            assert!(status < 500, "{answer}");
        }
        panic!("the disk is full, and the log takes records");
    }
}

#[test]
fn on_a_full_disk_nothing_is_done_that_cannot_be_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("data");
    let Some(_mounted) = Disk::small(&disk) else {
        return;
    };
    let full = disk.clone();
    visited_with(&disk, "first", &[], move |base, invitation| {
        let desk = Desk::claim(base, &invitation.unwrap());
        assert_eq!(desk.add("bert").0, 201);
        fill(&full);
        desk.until_refused();
        let (status, refused) = desk.add("carl");
        assert_eq!(
            (status, &refused["code"]),
            (503, &json!("AUDIT_FAILED")),
            "{refused}"
        );
        let (_, people) = desk.ask("GET", "/users", &Value::Null);
        let people = people.to_string();
        assert!(
            people.contains("bert") && !people.contains("carl"),
            "{people}"
        );
        assert!(says(&desk.base, "AUDIT_NOT_WRITABLE"));
        assert_eq!(watched(&desk.base, "/livez").0, 200);
        let kill = json!({ "set": true });
        assert_eq!(desk.ask("POST", "/engine/kill", &kill).0, 200);
        let (_, engine) = desk.ask("GET", "/engine", &Value::Null);
        assert_eq!(engine["killed"], true, "{engine}");

        make_room(&full);
        until("records to be taken", || is_ready(&desk.base));
        let (status, added) = desk.add("carl");
        assert_eq!(status, 201, "{added}");
    });
    let place = ["audit", "verify", "--json", "--data-dir"];
    let verified = argonaut(
        folder.path(),
        &[&place[..], &[disk.to_str().unwrap()]].concat(),
    );
    let report: Value = serde_json::from_str(&stdout(&verified)).unwrap();
    assert!(report["records"].as_u64() > Some(3), "{report}");
}

/// `OPEN_ORDERS` says how many; a host is to be ready within five seconds with 10,000 (R4).
#[test]
fn all_open_orders_come_back_from_a_snapshot_and_what_came_after() {
    let count: usize = std::env::var("OPEN_ORDERS").map_or(2_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = configuration(folder);
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("max_open_orders = 200", "max_open_orders = 100000");
    let text = text.replace("max_messages = 500", "max_messages = 1000000");
    let often = "journal_snapshot_inputs = 400";
    let text = text.replace(often, "journal_snapshot_inputs = 2000");
    std::fs::write(&file, text).unwrap();
    let host = Running::start_surely(&file);
    until_priced(&host);
    let mut ids = Vec::new();
    while ids.len() < count {
        let orders = vec![resting(); (count - ids.len()).min(32)];
        let list = json!({ "orders": orders });
        let (status, _, made) = post(&host, "/orders/lists", &fresh_key(), &list);
        assert_eq!(status, 201, "{made}");
        for order in made["orders"].as_array().unwrap() {
            assert_eq!(order["deny_code"], Value::Null, "{order}");
            ids.push(order["id"].as_str().unwrap().to_owned());
        }
    }
    let placed = ledger(folder).inputs;
    // So that one was taken with all of them, and something came after it.
    until("a snapshot", || ledger(folder).inputs > placed + 4_500);
    host.kill();

    let before = ledger(folder).inputs;
    let begun = Instant::now();
    let host = Running::start_surely(&file);
    let ready = begun.elapsed();
    let (inputs, seconds, stepped) = host.came_back.unwrap();
    assert_eq!(inputs, before);
    assert!(stepped < inputs, "from a snapshot: {stepped} of {inputs}");
    // What is shown follows the engine, at most a moment behind.
    let last = format!("/orders/{}", ids.last().unwrap());
    until("the orders to be shown", || host.ask(&last).0 == 200);
    for id in &ids {
        let order = host.get(&format!("/orders/{id}")).unwrap();
        assert_eq!(
            (&order["id"], &order["status"]),
            (&json!(id), &json!("ACCEPTED")),
            "{order}"
        );
    }
    eprintln!(
        "{count} open orders: ready in {ready:.2?}, of which coming back took {seconds:.3} s; {stepped} of \
         {inputs} inputs were stepped again"
    );
    host.kill();
}
