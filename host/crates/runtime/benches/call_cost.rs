//! What a call into a plugin costs, in nanoseconds of this thread's CPU time.
//!
//! `cargo bench -p runtime` measures plugins in WebAssembly text that do nothing, order, and log;
//! `cargo bench -p runtime -- a.wasm b.wasm` measures the files given.

#![allow(
    clippy::print_stdout,
    reason = "a measuring program prints what it measured"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a failed measurement may stop the program"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "nanoseconds per call, for people"
)]

use model::{
    AssetClass, CurrencyId, Duration, Event, Fault, Fees, HistoryRequest, Instrument, InstrumentId,
    Intents, Margin, OrderId, Price, Quantity, Quote, SavedState, StartReason, StartSnapshot,
    Strategy, Subscription, Timestamp, VenueId,
};
use runtime::{Admitted, Instance, InstanceConfig, Limits, Parameters, Runtime, RuntimeOptions};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;
use testkit::plugin::Plugin;

/// Calls of one round at the most: a strategy in an interpreted language gets fewer.
const CALLS: u32 = 1_000_000;
/// Calls that show how many fit a round, and warm up.
const FIRST_CALLS: u32 = 1_000;
const ROUND_NS: f64 = 3e8;
const ROUNDS: usize = 7;

fn main() {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    // Cargo passes `--bench`.
    let files: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    for file in &files {
        measure(file, &runtime, &std::fs::read(file).unwrap());
    }
    let mut native: Box<dyn Strategy> = Box::new(Native);
    println!(
        "reference, a native call: on-quote {:.1} ns",
        quotes(black_box(native.as_mut()), CALLS)
    );
    if files.is_empty() {
        measure("nothing", &runtime, &Plugin::new().build().unwrap());
        let order = "(drop (call $submit-market (i32.const 0) (i32.const 0) (i64.const 100000000)
            (i32.const 0) (i64.const 0) (i64.const 0)))";
        measure(
            "one order",
            &runtime,
            &Plugin::new().with("on-quote", order).build().unwrap(),
        );
        let log = "(call $write (i32.const 1) (i32.const 512) (i32.const 19))";
        measure(
            "one log line",
            &runtime,
            &Plugin::new().with("on-quote", log).build().unwrap(),
        );
    }
}

fn measure(name: &str, runtime: &Runtime, bytes: &[u8]) {
    let start = Instant::now();
    let admitted = runtime.admit(bytes, &Limits::default()).unwrap();
    let admit_ms = start.elapsed().as_secs_f64() * 1e3;
    let mut instance = start_instance(&admitted);
    let calls = calls(quotes(&mut instance, FIRST_CALLS));
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| quotes(&mut instance, calls)).collect();
    rounds.sort_by(f64::total_cmp);
    let (best, median) = (rounds[0], rounds[ROUNDS / 2]);
    println!(
        "{name}: on-quote {median:.1} ns (best {best:.1}), fuel {}, instantiate and start {:.1} us, \
         admit {admit_ms:.1} ms, memory {} KiB",
        instance.usage().last_call_fuel,
        instantiation_us(&admitted),
        instance.usage().memory_bytes / 1024,
    );
}

/// How many calls of so many nanoseconds make a round.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is cast is brought into range"
)]
fn calls(each_ns: f64) -> u32 {
    ((ROUND_NS / each_ns) as u32).clamp(FIRST_CALLS, CALLS)
}

/// Nanoseconds of one of so many quotes.
fn quotes(strategy: &mut dyn Strategy, calls: u32) -> f64 {
    let mut out = Intents::default();
    let first = OrderId::derive(1, 0).unwrap();
    let start = cpu_ns();
    for number in 0..calls {
        out.reset(Timestamp::from_nanos(u64::from(number)), first);
        strategy.handle(&quote(number), &mut out).unwrap();
    }
    (cpu_ns() - start) as f64 / f64::from(calls)
}

/// CPU time of this thread in nanoseconds, so that a busy machine does not count.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

fn instantiation_us(admitted: &Admitted) -> f64 {
    const COUNT: u32 = 100;
    let start = cpu_ns();
    for _ in 0..COUNT {
        start_instance(admitted);
    }
    (cpu_ns() - start) as f64 / 1e3 / f64::from(COUNT)
}

fn start_instance(admitted: &Admitted) -> Instance {
    let description = admitted.describe().unwrap();
    let config = InstanceConfig {
        strategy: "cost".to_owned(),
        instruments: vec![(InstrumentId::new(0), instrument())],
        currencies: vec!["USD".to_owned()],
        parameters: Parameters::check(&description, &BTreeMap::new()).unwrap(),
        limits: Limits::default(),
    };
    let mut instance = admitted.instantiate(config).unwrap();
    let snapshot = StartSnapshot {
        reason: StartReason::Fresh,
        state: None,
        values: Vec::new(),
        history: Vec::new(),
        positions: Vec::new(),
        orders: Vec::new(),
    };
    instance
        .start(
            &snapshot,
            &mut Intents::new(Timestamp::ZERO, OrderId::default()),
        )
        .unwrap();
    instance
}

fn quote(number: u32) -> Event {
    let price = Price::from_raw(1_100_000_000 + i64::from(number % 1_000) * 10_000);
    Event::Quote(Quote {
        instrument: InstrumentId::new(0),
        bid: price,
        ask: price,
        bid_size: Quantity::ONE,
        ask_size: Quantity::ONE,
        ts_event: Timestamp::from_nanos(u64::from(number)),
        ts_init: Timestamp::from_nanos(u64::from(number)),
    })
}

fn instrument() -> Instrument {
    Instrument {
        symbol: "EUR/USD.SIM".to_owned(),
        venue: VenueId::new(0),
        class: AssetClass::Equity,
        quote_currency: CurrencyId::new(0),
        tick: "0.00001".parse().unwrap(),
        lot: Quantity::ONE,
        min_quantity: Quantity::ONE,
        max_quantity: Quantity::MAX,
        multiplier: Quantity::ONE,
        margin: Margin::default(),
        fees: Fees::default(),
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    }
}

/// A strategy compiled into the host that does nothing: what a call costs without a sandbox.
struct Native;

impl Strategy for Native {
    fn declared(&self) -> &[Subscription] {
        &[]
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &[]
    }

    fn start(&mut self, _: &StartSnapshot, _: &mut Intents) -> Result<(), Fault> {
        Ok(())
    }

    fn handle(&mut self, event: &Event, _: &mut Intents) -> Result<(), Fault> {
        black_box(event);
        Ok(())
    }

    fn stop(&mut self, _: &mut Intents) -> Result<(), Fault> {
        Ok(())
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        Ok(SavedState::default())
    }
}
