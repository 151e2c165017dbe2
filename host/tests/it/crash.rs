//! Real hosts that are killed: at every named point, and at random by SIGKILL. What their journals
//! say of fills and positions must never change afterwards, and must run again to the same byte.

#[path = "crash_outside.rs"]
mod outside;

use super::fan_out::{Client, Hearing, address};
use super::process::{
    argonaut, end_of, freeze, fresh_key, plugin, plugin_dir, signal, stdout, told_by,
};
use super::sent_again::{post, until_priced};
use argonaut::run::DEFAULT_CONFIG;
use engine::journal::reader::{Reader, Record};
use journal::crash;
use model::{Fill, OrderId, SignedQuantity};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Far longer than anything here takes; it only keeps a broken host from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host in a process of its own.
pub(super) struct Running {
    process: Child,
    base: String,
    /// Inputs that it came back from, the seconds it took, and how many were stepped again.
    pub(super) came_back: Option<(u64, f64, u64)>,
}

/// What a journal says.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) inputs: u64,
    pub(super) fills: Vec<Fill>,
    orders: BTreeSet<OrderId>,
    seals: usize,
}

impl Ledger {
    /// Whether the latest run ended in order.
    pub(super) fn is_sealed(&self) -> bool {
        self.seals > 0
    }
}

pub(super) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Writes a configuration of a market that moves fast, with segments that end soon.
pub(super) fn configuration(folder: &Path) -> PathBuf {
    let mut text = DEFAULT_CONFIG.replace("127.0.0.1:8080", "127.0.0.1:0");
    for rate in ["25.0", "20.0", "30.0"] {
        let slow = format!("events_per_second = {rate}");
        text = text.replace(&slow, "events_per_second = 400.0");
    }
    let host = format!(
        "data_dir = \"{}\"\nplugin_dir = \"{}\"\njournal_segment_mib = 1\n\
         journal_snapshot_inputs = 400",
        data(folder).display(),
        plugin_dir().display()
    );
    text = text.replace(
        "data_dir = \".argonaut\"\nplugin_dir = \"target/plugins\"",
        &host,
    );
    text.push_str(
        "\n[[strategy]]\nname = \"every\"\nplugin = \"order-every.wasm\"\n\
         parameters = { instrument = \"BTC/USD.SIM\", quantity = \"0.001\", every = \"5\" }\n",
    );
    let file = folder.join("host.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// Where the latest run of a host says what is wrong.
fn log(configuration: &Path) -> PathBuf {
    configuration.with_extension("log")
}

fn run(configuration: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_argonaut"));
    command.arg("run").arg("--config").arg(configuration);
    command.env("ARGONAUT_LOG", "warn");
    command
}

impl Running {
    /// Starts a host; `None` when it ended before it was up.
    pub(super) fn start(configuration: &Path, crash: Option<&str>) -> Option<Self> {
        let mut command = run(configuration);
        if let Some(plan) = crash {
            command.env("ARGONAUT_CRASH", plan);
        }
        Self::up(command, &log(configuration))
    }

    /// Starts a host with a new journal.
    pub(super) fn start_fresh(configuration: &Path) -> Option<Self> {
        let mut command = run(configuration);
        command.arg("--fresh");
        Self::up(command, &log(configuration))
    }

    /// Starts a host that must come up; says what it said where it does not.
    pub(super) fn start_surely(configuration: &Path) -> Self {
        Self::start(configuration, None).unwrap_or_else(|| {
            let said = std::fs::read_to_string(log(configuration)).unwrap();
            panic!("it does not come up:\n{said}")
        })
    }

    fn up(mut command: Command, log: &Path) -> Option<Self> {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(File::create(log).unwrap())
            .spawn()
            .unwrap();
        let lines = told_by(process.stdout.take().unwrap());
        let (mut base, mut came_back) = (None, None);
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            if let Some(address) = line.strip_prefix("argonaut is up: ") {
                let address = address.split("/ ").next().unwrap();
                base = Some(format!("{address}/api/v1"));
            }
            if let Some(rest) = line.strip_prefix("came back from ") {
                let mut words = rest.split(' ');
                let inputs = words.next().unwrap().parse().unwrap();
                let seconds = words.nth(2).unwrap().parse().unwrap();
                came_back = Some((inputs, seconds, words.nth(1).unwrap().parse().unwrap()));
            }
        }
        let Some(base) = base else {
            let _ended_already = process.kill();
            process.wait().unwrap();
            return None;
        };
        Some(Self {
            process,
            base,
            came_back,
        })
    }

    /// How it ended by itself.
    pub(super) fn code(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    /// The process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The address of a path below `/api/v1`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(super) fn get(&self, path: &str) -> Option<Value> {
        let mut answer = ureq::get(format!("{}{path}", self.base)).call().ok()?;
        answer.body_mut().read_json().ok()
    }

    /// The status and the text of an answer, whatever it is.
    pub(super) fn ask(&self, path: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false);
        let agent: ureq::Agent = agent.build().into();
        let mut answer = agent.get(format!("{}{path}", self.base)).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    }

    /// Stops a strategy.
    pub(super) fn stop_strategy(&self, name: &str) {
        let url = format!("{}/strategies/{name}/stop", self.base);
        let answer = ureq::post(url).send_empty().unwrap();
        assert!(answer.status().is_success());
    }

    /// Swaps a strategy; whether it worked is the crash point's business.
    fn swap(&self) {
        let bytes = std::fs::read(plugin("ema-cross")).unwrap();
        let url = format!("{}/strategies/ema-eurusd/swap?param.fast=3", self.base);
        let _answer = ureq::post(url)
            .header("idempotency-key", fresh_key())
            .header("content-type", "application/wasm")
            .send(&bytes[..]);
    }

    /// Tries another version beside a strategy; whether it worked is the crash point's business.
    fn shadow(&self) {
        let bytes = std::fs::read(plugin("ema-cross")).unwrap();
        let url = format!("{}/strategies/ema-eurusd/shadow?param.fast=3", self.base);
        let _answer = ureq::post(url)
            .header("idempotency-key", fresh_key())
            .header("content-type", "application/wasm")
            .send(&bytes[..]);
    }

    pub(super) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Lets it stand still, or go on.
    pub(super) fn freeze(&self, still: bool) {
        freeze(&self.process, still);
    }

    /// Asks it to end, as an operator does.
    pub(super) fn end(self) {
        self.end_timed();
    }

    /// The same; how long it took.
    pub(super) fn end_timed(mut self) -> Duration {
        let begun = Instant::now();
        signal(&self.process, "-TERM");
        let ended = end_of(&mut self.process);
        assert!(ended.success(), "{ended}");
        begun.elapsed()
    }
}

/// A test that fails leaves no host behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.process.kill();
        let _known = self.process.wait();
    }
}

/// Reads the journal of a host's folder.
pub(super) fn ledger(folder: &Path) -> Ledger {
    ledger_of(&data(folder).join("journal"))
}

/// Reads a journal: no sequence is missing and no execution is there twice.
pub(super) fn ledger_of(journal: &Path) -> Ledger {
    let from = journal::open(journal).unwrap();
    let mut reader = Reader::new(from).unwrap();
    let (mut ledger, mut executions) = (Ledger::default(), BTreeSet::new());
    while let Some(record) = reader.next_record().unwrap() {
        match record {
            Record::Input(input) => {
                ledger.inputs += 1;
                assert_eq!(input.sequence, ledger.inputs, "a sequence is missing");
            }
            Record::Fill(fill) => {
                let new = executions.insert((fill.account, fill.execution));
                assert!(new, "execution {} is there twice", fill.execution);
                ledger.fills.push(fill);
            }
            Record::NewOrder(order) => {
                assert!(
                    ledger.orders.insert(order.id),
                    "{} is there twice",
                    order.id
                );
            }
            Record::Seal(hash) => {
                ledger.seals += 1;
                assert_eq!(hash, reader.hash());
            }
            _ => {}
        }
    }
    ledger
}

/// Whether some of the fills, all of the first `least` among them, make these open positions: what they
/// come to by strategy and instrument, in order.
fn make_positions(fills: &[Fill], least: usize, shown: &[i128]) -> bool {
    let mut sums: BTreeMap<(u32, u32), i128> = BTreeMap::new();
    let equal = |sums: &BTreeMap<(u32, u32), i128>| {
        let mut open: Vec<_> = sums.values().copied().filter(|sum| *sum != 0).collect();
        open.sort_unstable();
        open == shown
    };
    if least == 0 && equal(&sums) {
        return true;
    }
    fills.iter().zip(1..).any(|(fill, count)| {
        let place = (fill.strategy.number(), fill.instrument.number());
        *sums.entry(place).or_default() += fill.side.signed(fill.quantity).raw();
        count >= least && equal(&sums)
    })
}

/// Nothing that was in a ledger before may be different after.
pub(super) fn goes_on_from(after: &Ledger, before: &Ledger) {
    assert!(after.inputs >= before.inputs, "inputs were lost");
    assert_eq!(
        after.fills[..before.fills.len()],
        before.fills,
        "fills changed"
    );
    assert!(after.orders.is_superset(&before.orders), "orders were lost");
}

/// A second full replay gives the same records, and the API of a host that came back the same fills.
pub(super) fn verify(folder: &Path, ledger: &Ledger) {
    let (journal, plugins) = (data(folder).join("journal"), data(folder).join("plugins"));
    let paths = [journal.to_str().unwrap(), plugins.to_str().unwrap()];
    let arguments = [
        "replay",
        paths[0],
        "--verify",
        "--json",
        "--plugins",
        paths[1],
    ];
    let report = argonaut(folder, &arguments);
    let report: Value = serde_json::from_str(&stdout(&report)).unwrap();
    assert_eq!(report["inputs"], ledger.inputs);
    super::store::equals_the_journal(folder, ledger.fills.len());
    assert_eq!(report["equal"], true);
}

/// The open positions that the API shows, in raw units and in order.
fn shown_positions(host: &Running) -> Vec<i128> {
    let shown = host.get("/positions").unwrap();
    let raw = |item: &Value| {
        let quantity = item["quantity"].as_str().unwrap();
        quantity.parse::<SignedQuantity>().unwrap().raw()
    };
    let mut open: Vec<_> = shown.as_array().unwrap().iter().map(raw).collect();
    open.retain(|quantity| *quantity != 0);
    open.sort_unstable();
    open
}

/// The journal of a host that came back, once its positions are what the fills make that it had before,
/// with or without some of those that came since.
fn until_held(host: &Running, folder: &Path, before: &Ledger) -> Ledger {
    let begun = Instant::now();
    loop {
        // First what is shown, for the market goes on.
        let shown = shown_positions(host);
        let now = ledger(folder);
        if make_positions(&now.fills, before.fills.len(), &shown) {
            return now;
        }
        let fills = (before.fills.len(), now.fills.len());
        assert!(
            begun.elapsed() < PATIENCE,
            "{shown:?} after {fills:?} fills"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What a client outside keeps for itself: orders that were answered 201, and fills that it was told.
#[derive(Default)]
struct Witness {
    answered: Vec<OrderId>,
    told: usize,
}

impl Witness {
    /// Orders that rest far below the market, so that all of them stay.
    const ORDERS: usize = 50;

    /// Places an order, unless it has enough.
    fn place(&mut self, host: &Running) {
        if self.answered.len() >= Self::ORDERS {
            return;
        }
        until_priced(host);
        let order = json!({
            "instrument": "EUR/USD.SIM", "side": "BUY", "quantity": "1000", "type": "LIMIT",
            "price": "0.5",
        });
        let (status, _, answer) = post(host, "/orders", &fresh_key(), &order);
        assert_eq!(status, 201, "{answer}");
        assert_ne!(answer["status"], "DENIED", "{answer}");
        self.answered
            .push(answer["id"].as_str().unwrap().parse().unwrap());
    }

    /// A host that came back has its orders as they were answered.
    fn asks_of(&self, host: &Running) {
        let orders = host.get("/orders?strategy=manual&status=open").unwrap();
        let orders = orders.as_array().unwrap().iter();
        let open: BTreeSet<OrderId> = orders
            .map(|order| order["id"].as_str().unwrap().parse().unwrap())
            .collect();
        let answered: BTreeSet<_> = self.answered.iter().copied().collect();
        assert_eq!(open, answered, "orders that were answered");
    }

    /// What was answered and told is in the journal of the host that was killed; between the first fill
    /// that was told and the last one is none that was not.
    fn compares(&mut self, client: &Client, ledger: &Ledger) {
        for order in &self.answered {
            assert!(ledger.orders.contains(order), "{order} was answered");
        }
        assert!(client.gaps.is_empty(), "{:?}", client.gaps);
        let told: Vec<u64> = client
            .updates
            .values()
            .map(|fill| fill["execution"].as_str().unwrap().parse().unwrap())
            .collect();
        self.told += told.len();
        let made: Vec<u64> = ledger.fills.iter().map(|fill| fill.execution).collect();
        if let Some(first) = told.first() {
            let from = made.iter().position(|execution| execution == first);
            let from = from.unwrap_or_else(|| panic!("{first} was told"));
            assert_eq!(made[from..].get(..told.len()), Some(&told[..]));
        }
    }
}

/// Waits until a journal has more fills than so many.
pub(super) fn until_fills(folder: &Path, more_than: usize) {
    let begun = Instant::now();
    while ledger(folder).fills.len() <= more_than {
        assert!(begun.elapsed() < PATIENCE, "no fills");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_host_that_says_ready_is_running() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    Running::start_surely(&file).kill();
    // Nobody waits for the engine's thread where all strategies come back.
    for slow in 1..=6 {
        // One of the first batches takes its time on the way to readers.
        let plan = format!("commit.before_out:delay:{slow}");
        let host = Running::start(&file, Some(&plan)).unwrap();
        let health = host.get("/health").unwrap();
        assert_eq!(health["engine_state"], "RUNNING", "{plan}: {health}");
    }
}

#[test]
fn every_named_point_can_be_crashed_at() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let first = Running::start(&file, None).unwrap();
    until_fills(folder.path(), 3);
    first.kill();
    let mut before = ledger(folder.path());
    // Nothing is dropped here, nothing published and no venue outside: `retention` and `outside` do it.
    let elsewhere = ["drop", "publish", "send", "ack"];
    let is_here = |point: &&&str| !elsewhere.iter().any(|other| point.starts_with(other));
    for point in crash::ALL.iter().filter(is_here) {
        for action in ["exit", "error", "delay"] {
            let count = match *point {
                "journal.rotate" | "recovery.done" => 1,
                swap if swap.starts_with("swap") => 1,
                shadow if shadow.starts_with("shadow") => 1,
                snapshot if snapshot.starts_with("snapshot") => 2,
                store if store.starts_with("store") => 3,
                _ => 25,
            };
            let plan = format!("{point}:{action}:{count}");
            if let Some(mut host) = Running::start(&file, Some(&plan)) {
                match point.starts_with("shadow") {
                    true => host.shadow(),
                    false => host.swap(),
                }
                match action {
                    "exit" => {
                        let code = host.process.wait().unwrap().code();
                        assert_eq!(code, Some(70), "{plan} was not reached");
                    }
                    _ => {
                        std::thread::sleep(Duration::from_millis(300));
                        host.kill();
                    }
                }
            } else {
                assert!(
                    point.starts_with("recovery") || *point == "journal.rotate",
                    "{plan}"
                );
            }
            let after = ledger(folder.path());
            goes_on_from(&after, &before);
            before = after;
        }
    }
    let last = Running::start(&file, None).unwrap();
    assert_eq!(last.came_back.unwrap().0, before.inputs);
    until_fills(folder.path(), before.fills.len());
    last.end();
    let after = ledger(folder.path());
    goes_on_from(&after, &before);
    assert_eq!(after.seals, 1);
    verify(folder.path(), &after);
}

#[test]
fn a_host_that_stood_still_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path());
    let host = Running::start(&file, None).expect("it comes up");
    let mut before = ledger(folder.path());
    for _ in 0..3 {
        until_fills(folder.path(), before.fills.len() + 2);
        host.freeze(true);
        before = ledger(folder.path());
        std::thread::sleep(Duration::from_secs(1));
        let still = ledger(folder.path());
        assert_eq!(still.inputs, before.inputs, "it stood still");
        host.freeze(false);
    }
    until_fills(folder.path(), before.fills.len());
    host.end();
    let after = ledger(folder.path());
    goes_on_from(&after, &before);
    verify(folder.path(), &after);
}

/// `CRASH_KILLS` says how many; `cargo xtask crash --kills 300` sets it.
#[test]
fn random_kills_change_no_ledger() {
    let kills: u32 = std::env::var("CRASH_KILLS").map_or(3, |text| text.parse().unwrap());
    let seed: u64 = std::env::var("CRASH_SEED").map_or(1, |text| text.parse().unwrap());
    let mut dice = quant::random::Random::new(seed, 0);
    let mut folder = tempfile::tempdir().unwrap();
    // What a long run left is worth looking at.
    folder.disable_cleanup(kills > 30);
    let file = configuration(folder.path());
    let (mut before, mut slowest) = (Ledger::default(), 0.0_f64);
    let (mut witness, mut ready) = (Witness::default(), Vec::new());
    for n in 0..kills {
        let begun = Instant::now();
        let host = Running::start_surely(&file);
        ready.push(begun.elapsed());
        goes_on_from(&until_held(&host, folder.path(), &before), &before);
        if let Some((inputs, seconds, _)) = host.came_back {
            assert!(inputs >= before.inputs);
            slowest = slowest.max(seconds);
        }
        witness.asks_of(&host);
        let hearing = Hearing::of(Client::follow(&address(&host), None));
        witness.place(&host);
        if n % 5 == 4 {
            host.swap();
        }
        std::thread::sleep(Duration::from_secs_f64(0.02 + 0.4 * dice.uniform()));
        host.kill();
        before = ledger(folder.path());
        witness.compares(&hearing.end(), &before);
    }
    verify(folder.path(), &before);
    ready.sort_unstable();
    let middle = ready[ready.len() / 2];
    println!(
        "seed {seed}: {kills} kills, {} inputs, {} fills, 0 differences; ready in {middle:.2?} at the \
         median and {:.2?} at most, of which stepping again took {slowest:.3} s at most; a client \
         was told of {} fills and answered {} orders, all of them there",
        before.inputs,
        before.fills.len(),
        ready[ready.len() - 1],
        witness.told,
        witness.answered.len(),
    );
    assert!(witness.told > 0 && !witness.answered.is_empty());
    assert!(
        before.fills.len() > usize::from(kills > 2),
        "nothing was traded"
    );
}
