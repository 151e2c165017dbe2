//! A host whose venue is another process: this one. Connections are cut, the gateway stays away, the
//! host is killed; in the end both tell of the same executions and positions.

use super::crash::{Running, data, ledger};
use super::process::plugin_dir;
use connectors::gateway::wire::{Answer, Request};
use connectors::gateway::{Codec, Names, PROTOCOL, Said};
use model::{AccountId, InstrumentId, OrderId, Price, Timestamp, VenueId};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use testkit::simulator::Dice;
use testkit::venue::{FakeVenue, Listing, Moods, Said as Heard};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often the venue looks around.
const BEAT: Duration = Duration::from_millis(5);
pub(super) const SYMBOL: &str = "EUR/USD.OUT";

/// What a venue or a host holds.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// How much was executed of our orders, by order and price.
    executed: BTreeMap<(OrderId, i64), u64>,
    /// What the account holds.
    position: i128,
    open: BTreeSet<OrderId>,
}

/// A venue with a gateway in front.
pub(super) struct Outside {
    venue: Arc<Mutex<FakeVenue>>,
    pub(super) port: u16,
    /// Connections made so far.
    connections: Arc<AtomicU32>,
    /// Whether nobody is let in, and who is in is put out.
    shut: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Outside {
    pub(super) fn open() -> Self {
        let listing = Listing {
            instrument: InstrumentId::new(0),
            tick: "0.00001".parse().unwrap(),
            lot: "1000".parse().unwrap(),
        };
        let venue = FakeVenue::new(VenueId::new(0), 7, Moods::default(), &[listing]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let mut outside = Self {
            venue: Arc::new(Mutex::new(venue)),
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            shut: Arc::default(),
            stop: Arc::default(),
            thread: None,
        };
        let at = Session {
            venue: Arc::clone(&outside.venue),
            connections: Arc::clone(&outside.connections),
            shut: Arc::clone(&outside.shut),
            stop: Arc::clone(&outside.stop),
            dice: Dice::of(&[11]),
            price: "1.08500".parse().unwrap(),
        };
        outside.thread = Some(std::thread::spawn(move || at.serve(&listener)));
        outside
    }

    /// What the venue holds of ours.
    fn truth(&self) -> Held {
        let venue = self.venue.lock().unwrap();
        assert_eq!(venue.sent_twice(), [], "an order came twice");
        let mut executed = BTreeMap::new();
        for each in venue.executions() {
            let order = each.order.expect("all orders are ours");
            *executed
                .entry((order, each.execution.price.raw()))
                .or_default() += each.execution.quantity.raw();
        }
        let open = venue.open_orders();
        Held {
            executed,
            position: venue.positions().into_values().next().unwrap_or(0),
            open: open.map(|(_, held)| held.order.unwrap()).collect(),
        }
    }

    /// Waits until a host says of executions, positions and open orders what the venue does.
    pub(super) fn until_agreed(&self, folder: &Path, host: &Running) {
        let begun = Instant::now();
        loop {
            let (truth, told) = (self.truth(), told(folder, host));
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

    /// How many limit orders of ours rest there.
    pub(super) fn open_limits(&self) -> usize {
        let venue = self.venue.lock().unwrap();
        let open = venue.open_orders();
        open.filter(|(_, held)| held.kind.price().is_some()).count()
    }

    pub(super) fn executions(&self) -> usize {
        self.venue.lock().unwrap().executions().len()
    }

    /// Waits until the market has traded with us so often.
    pub(super) fn until_executions(&self, count: usize) {
        let begun = Instant::now();
        while self.executions() < count {
            assert!(
                begun.elapsed() < PATIENCE,
                "{} of {count}",
                self.executions()
            );
            std::thread::sleep(BEAT);
        }
    }

    /// Puts everybody out; for a while nobody is let in.
    fn cut(&self, time: Duration) {
        self.shut.store(true, Ordering::Relaxed);
        std::thread::sleep(time);
        self.shut.store(false, Ordering::Relaxed);
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

/// What the venue's thread does.
struct Session {
    venue: Arc<Mutex<FakeVenue>>,
    connections: Arc<AtomicU32>,
    shut: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    dice: Dice,
    price: Price,
}

impl Session {
    fn serve(mut self, listener: &TcpListener) {
        while !self.stop.load(Ordering::Relaxed) {
            self.market();
            // What is said while nobody listens is lost.
            self.venue.lock().unwrap().hear();
            match listener.accept() {
                Ok((stream, _)) if !self.shut.load(Ordering::Relaxed) => {
                    self.connections.fetch_add(1, Ordering::Relaxed);
                    // A connection that breaks is the point of this.
                    let _broken = self.talk(stream);
                }
                _ => std::thread::sleep(BEAT),
            }
        }
    }

    fn market(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = Timestamp::from_nanos(u64::try_from(now.as_nanos()).unwrap());
        let step = i64::try_from(self.dice.below(7)).unwrap() - 3;
        self.price = Price::from_raw(self.price.raw() + step * 10_000);
        let mut venue = self.venue.lock().unwrap();
        venue.pass(now);
        venue.trade(InstrumentId::new(0), self.price);
    }

    fn talk(&mut self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(BEAT))?;
        let mut out = stream.try_clone()?;
        let mut lines = BufReader::new(stream);
        let (mut text, mut codec) = (Vec::new(), None);
        while !self.shut.load(Ordering::Relaxed) && !self.stop.load(Ordering::Relaxed) {
            match lines.read_until(b'\n', &mut text) {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    let request: Request = serde_json::from_slice(&text).unwrap();
                    text.clear();
                    self.take(&request, &mut codec, &mut out)?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            self.market();
            let heard = self.venue.lock().unwrap().hear();
            let Some(codec) = &codec else { continue };
            for heard in heard {
                let said = match heard {
                    Heard::Report(report) => Said::Report(report),
                    Heard::Snapshot(snapshot) => Said::Snapshot(snapshot),
                };
                say(&mut out, &codec.answer(&said).unwrap())?;
            }
        }
        Ok(())
    }

    fn take(
        &self,
        request: &Request,
        codec: &mut Option<Codec>,
        out: &mut TcpStream,
    ) -> std::io::Result<()> {
        match request {
            Request::Hello {
                protocol,
                journal,
                venue,
            } => {
                assert_eq!((protocol.as_str(), venue.as_str()), (PROTOCOL, "OUT"));
                let mut names = Names::default();
                names.add_instrument(InstrumentId::new(0), SYMBOL);
                names.add_account(AccountId::new(0), "main");
                *codec = Some(Codec::new(VenueId::new(0), journal, names));
                let protocol = PROTOCOL.to_owned();
                say(out, &Answer::Hello { protocol })
            }
            Request::Ping => say(out, &Answer::Pong),
            request => {
                let codec = codec.as_ref().expect("greeted first");
                let message = codec.outbound(request).unwrap().unwrap();
                self.venue.lock().unwrap().take(&message);
                Ok(())
            }
        }
    }
}

fn say(out: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    out.write_all(&line)
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

#[test]
fn a_venue_in_another_process_and_a_host_that_dies_agree_in_the_end() {
    let outside = Outside::open();
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(folder.path(), outside.port);
    let mut host = Running::start(&file, None).expect("it comes up");
    outside.until_executions(5);
    for round in 0..3 {
        let before = outside.connections.load(Ordering::Relaxed);
        for time in [0, 300, 20] {
            outside.cut(Duration::from_millis(time + 30));
            outside.until_executions(outside.executions() + 3);
        }
        assert!(outside.connections.load(Ordering::Relaxed) > before);
        if round < 2 {
            host.kill();
            host = Running::start(&file, None).expect("it comes back");
            outside.until_executions(outside.executions() + 3);
        }
    }
    host.stop_strategy("every");
    outside.until_agreed(folder.path(), &host);
    assert!(outside.executions() > 30);
    host.end();
}
