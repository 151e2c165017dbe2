//! Native strategies behind the plugin port. The bytes of a "plugin" are its name and version; the
//! version `late` waits on the gate before it starts.

use crate::custom::{AtMost, Halves};
use engine::replay::Instances;
use engine::{AlgorithmConfig, Engine, RuleConfig};
use model::{
    AlgorithmMaker, BarBasis, BarSpec, Duration, Event, Fault, FaultKind, HistoryRequest,
    Instrument, InstrumentId, Intent, Intents, LogLevel, OrderKind, OrderRequest, PluginHash,
    PreTradeRule, Quantity, SavedState, Side, StartSnapshot, Strategy, StrategyId, Subscription,
    Timestamp,
};
use registry::Manifest;
use services::plugin::{
    CustomRequest, InstanceRequest, Made, MadeAlgorithm, MadeRule, Plugin, PluginHost, Progress,
    Refusal,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a native strategy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Counts numbered quotes.
    Counter,
    /// Sends a market order every ten quotes, buying and selling in turn.
    Taker,
    /// Does as a taker, and breaks over the quote numbered 30.
    Breaker,
    /// Buys at every quote, and so pays a fee and half a spread each time.
    Loser,
    /// Rests a limit order far below the market.
    Rester,
    /// Refuses `init`.
    BadInit,
    /// Refuses to start.
    BadStart,
    /// Breaks on its first quote.
    BadQuote,
    /// Breaks when it saves.
    BadSave,
    /// Writes a line for every quote.
    Chatty,
    /// Waits on the gate for every quote.
    Gated,
    /// Asks for history.
    Historian,
    /// Sends a market order at every quote but its first five, and does not save that they came.
    Forgetful,
    /// Sets timers; breaks on one that is early or comes again.
    Timed,
}

const KINDS: [(&str, Kind); 14] = [
    ("counter", Kind::Counter),
    ("taker", Kind::Taker),
    ("breaker", Kind::Breaker),
    ("loser", Kind::Loser),
    ("rester", Kind::Rester),
    ("bad-init", Kind::BadInit),
    ("bad-start", Kind::BadStart),
    ("bad-quote", Kind::BadQuote),
    ("bad-save", Kind::BadSave),
    ("chatty", Kind::Chatty),
    ("gated", Kind::Gated),
    ("historian", Kind::Historian),
    ("forgetful", Kind::Forgetful),
    ("timed", Kind::Timed),
];

/// Ids from here on are of a timer that is set anew, under the next id, whenever it comes.
const TICKS: u64 = 32;
/// Timers of `timed`, and how many milliseconds after the start they are due.
const TIMERS: [(u64, u64); 4] = [(1, 500), (2, 1_800_000), (3, 10_800_000), (TICKS, 1_000)];

/// Admits them. The gate holds `gated` strategies while locked.
#[derive(Clone, Default)]
pub(crate) struct Natives {
    pub(crate) gate: Arc<Mutex<()>>,
    admitted: Arc<Mutex<BTreeMap<PluginHash, Vec<u8>>>>,
}

fn refusal(stage: &'static str, reason: &str) -> Refusal {
    Refusal {
        stage,
        reason: reason.to_owned(),
    }
}

fn hash(bytes: &[u8]) -> PluginHash {
    PluginHash::of(bytes)
}

/// Name and version of a native; the version is `1` where none is given.
fn named(bytes: &[u8]) -> Result<(&str, &str), Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| refusal("parse", "not a name"))?;
    Ok(text.split_once('@').unwrap_or((text, "1")))
}

impl PluginHost for Natives {
    fn inspect(&self, bytes: &[u8], _: &Progress) -> Result<Manifest, Refusal> {
        let (name, version) = named(bytes)?;
        let is_custom = ["halves", "at-most"].contains(&name);
        if !is_custom {
            self.admit(bytes)?;
        }
        Ok(Manifest {
            hash: hash(bytes),
            size_bytes: bytes.len() as u64,
            world: if is_custom { "custom" } else { "strategy" }.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            documentation: String::new(),
            authors: None,
            imports: Vec::new(),
            options: Vec::new(),
            parameters: Vec::new(),
            limits: BTreeMap::new(),
            fuel: None,
        })
    }

    fn admit(&self, bytes: &[u8]) -> Result<Arc<dyn Plugin>, Refusal> {
        let (name, version) = named(bytes)?;
        let kind = KINDS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| refusal("world", "no such strategy"))?;
        self.admitted
            .lock()
            .unwrap()
            .insert(hash(bytes), bytes.to_vec());
        Ok(Arc::new(Native {
            kind,
            hash: hash(bytes),
            version: version.to_owned(),
            gate: Arc::clone(&self.gate),
        }))
    }

    fn algorithm(&self, bytes: &[u8], _: CustomRequest) -> Result<MadeAlgorithm, Refusal> {
        if bytes != b"halves" {
            return Err(refusal("world", "no such algorithm"));
        }
        Ok(MadeAlgorithm {
            plugin: hash(bytes),
            maker: Box::new(Halves),
        })
    }

    fn rule(&self, bytes: &[u8], request: CustomRequest) -> Result<MadeRule, Refusal> {
        if bytes != b"at-most" {
            return Err(refusal("world", "no such rule"));
        }
        let most = request
            .parameters
            .get("most")
            .and_then(|most| most.parse().ok());
        let most = most.ok_or_else(|| refusal("parameters", "most: not a quantity"))?;
        Ok(MadeRule {
            plugin: hash(bytes),
            rule: Box::new(AtMost(most)),
            parameters: request.parameters.into_iter().collect(),
        })
    }
}

impl Instances for Natives {
    fn make(
        &mut self,
        engine: &Engine,
        strategy: StrategyId,
        plugin: PluginHash,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        let bytes = self.admitted.lock().unwrap().get(&plugin).cloned();
        let plugin = self
            .admit(&bytes.ok_or("unknown")?)
            .map_err(|error| error.to_string())?;
        let instruments = engine.market().iter();
        let request = InstanceRequest {
            strategy: format!("{strategy:?}"),
            instruments: instruments
                .map(|(id, state)| (id, state.instrument.clone()))
                .collect(),
            currencies: Vec::new(),
            parameters: parameters.iter().cloned().collect(),
        };
        plugin
            .make(request)
            .map(|made| made.instance)
            .map_err(|error| error.to_string())
    }

    fn algorithm(
        &mut self,
        _: &Engine,
        _: &AlgorithmConfig,
    ) -> Result<Box<dyn AlgorithmMaker>, String> {
        Ok(Box::new(Halves))
    }

    fn rule(&mut self, _: &Engine, config: &RuleConfig) -> Result<Box<dyn PreTradeRule>, String> {
        let most = config.parameters[0]
            .1
            .parse()
            .map_err(|_| "not a quantity")?;
        Ok(Box::new(AtMost(most)))
    }
}

struct Native {
    kind: Kind,
    hash: PluginHash,
    version: String,
    gate: Arc<Mutex<()>>,
}

impl Plugin for Native {
    fn hash(&self) -> PluginHash {
        self.hash
    }

    fn name(&self) -> &str {
        KINDS
            .iter()
            .find(|(_, kind)| *kind == self.kind)
            .map_or("?", |(name, _)| name)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn parameter_names(&self) -> Vec<String> {
        vec!["size".to_owned()]
    }

    fn check(&self, given: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, Refusal> {
        if let Some(unknown) = given.keys().find(|name| *name != "size") {
            return Err(refusal("parameters", &format!("no parameter `{unknown}`")));
        }
        let size = given.get("size").map_or("1", String::as_str);
        Ok(vec![("size".to_owned(), size.to_owned())])
    }

    fn make(&self, request: InstanceRequest) -> Result<Made, Refusal> {
        let parameters = self.check(&request.parameters)?;
        if self.kind == Kind::BadInit {
            return Err(refusal("init", "refuses"));
        }
        let instruments: Vec<(InstrumentId, Instrument)> = request.instruments;
        let first = instruments.first().expect("an instrument").0;
        let spec = BarSpec::seconds(60, BarBasis::Mid);
        let asks = self.kind == Kind::Historian;
        let instance = Running {
            kind: self.kind,
            late: self.version == "late",
            gate: Arc::clone(&self.gate),
            instrument: first,
            size: parameters[0].1.parse().expect("a quantity"),
            declared: vec![Subscription::Quotes(first)],
            history: Vec::from_iter(asks.then_some(HistoryRequest {
                instrument: first,
                spec,
                count: 30,
            })),
            tally: [0; 5],
            unsaved: 0,
        };
        Ok(Made {
            instance: Box::new(instance),
            parameters,
        })
    }
}

/// A native instance. Its state is the five words of a counter.
struct Running {
    kind: Kind,
    late: bool,
    gate: Arc<Mutex<()>>,
    instrument: InstrumentId,
    size: Quantity,
    declared: Vec<Subscription>,
    history: Vec<HistoryRequest>,
    /// Count, last number, gaps, doubles, last event time.
    tally: [u64; 5],
    /// Quotes since it was made.
    unsaved: u64,
}

pub(crate) fn fault(kind: FaultKind, message: &str) -> Fault {
    Fault {
        kind,
        message: message.to_owned(),
    }
}

fn log(out: &mut Intents, text: String) {
    out.push(Intent::Log {
        level: LogLevel::Info,
        text,
    });
}

impl Running {
    fn count(&mut self, quote: &model::Quote) {
        let [count, last, gaps, doubles, time] = &mut self.tally;
        let number = quote.bid_size.raw();
        if *count > 0 {
            *gaps += number.saturating_sub(*last + 1);
            *doubles += u64::from(number <= *last);
        }
        *count += 1;
        *last = number.max(*last);
        *time = quote.ts_event.nanos();
    }

    /// The first count up from one by being set anew each time; the others come once.
    fn on_timer(&mut self, id: u64, due: Timestamp, out: &mut Intents) -> Result<(), Fault> {
        let [_, ticks, seen, ..] = &mut self.tally;
        if out.now() < due {
            return Err(fault(FaultKind::Trap, "early"));
        }
        let is_new = match id {
            TICKS.. => id == TICKS + *ticks,
            _ => *seen & (1 << id) == 0,
        };
        if !is_new {
            return Err(fault(FaultKind::Trap, "again"));
        }
        if id < TICKS {
            *seen |= 1 << id;
            log(out, format!("timer {id}"));
        } else {
            *ticks += 1;
            let due = out.now().after(Duration::from_secs(1));
            out.push(Intent::SetTimer { id: id + 1, due });
        }
        Ok(())
    }

    fn order(&self, side: Side, kind: OrderKind, out: &mut Intents) {
        out.submit(OrderRequest::new(self.instrument, side, kind, self.size));
    }
}

impl Strategy for Running {
    fn declared(&self) -> &[Subscription] {
        &self.declared
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &self.history
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        if self.late {
            drop(self.gate.lock().unwrap());
        }
        if self.kind == Kind::BadStart {
            return Err(fault(FaultKind::Refused, "load: refuses"));
        }
        if let Some(state) = &snapshot.state {
            let (words, _) = state.bytes.as_chunks::<8>();
            self.tally = <[[u8; 8]; 5]>::try_from(words)
                .unwrap()
                .map(u64::from_le_bytes);
        }
        if self.kind == Kind::Historian {
            log(out, format!("{} bars", snapshot.history[0].bars.len()));
        }
        if self.kind == Kind::Timed {
            for (id, after_ms) in TIMERS {
                let due = out.now().after(Duration::from_millis(after_ms));
                out.push(Intent::SetTimer { id, due });
            }
        }
        Ok(())
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        if let Event::Timer { id, due } = *event {
            return self.on_timer(id, due, out);
        }
        let (Event::Quote(quote), true) = (event, self.kind != Kind::Timed) else {
            return Ok(());
        };
        self.count(quote);
        let count = self.tally[0];
        self.unsaved += 1;
        match self.kind {
            Kind::Breaker if quote.bid_size.raw() == 30 => {
                return Err(fault(FaultKind::Trap, "on-quote: breaks"));
            }
            Kind::Loser => self.order(Side::Buy, OrderKind::Market, out),
            Kind::Taker | Kind::Breaker if count.is_multiple_of(10) => {
                let side = if count.is_multiple_of(20) {
                    Side::Sell
                } else {
                    Side::Buy
                };
                self.order(side, OrderKind::Market, out);
            }
            Kind::Forgetful if self.unsaved > 5 => {
                self.order(Side::Buy, OrderKind::Market, out);
            }
            Kind::Rester if count == 1 => {
                let price = model::Price::whole(1).unwrap();
                self.order(Side::Buy, OrderKind::Limit { price }, out);
            }
            Kind::Chatty => log(out, format!("quote {count}")),
            Kind::BadQuote => return Err(fault(FaultKind::Trap, "on-quote: breaks")),
            Kind::Gated => drop(self.gate.lock().unwrap()),
            _ => {}
        }
        Ok(())
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        let of = usize::from(self.kind == Kind::Timed);
        log(out, format!("stopped after {}", self.tally[of]));
        Ok(())
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        if self.kind == Kind::BadSave {
            return Err(fault(FaultKind::Trap, "save: breaks"));
        }
        let bytes = self.tally.map(u64::to_le_bytes).concat();
        Ok(SavedState { version: 1, bytes })
    }
}
