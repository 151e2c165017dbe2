//! What an order book costs: a recorded feed through an engine without strategies, printed as level
//! updates per second of processor time. `cargo run --release -p engine --example book_cost`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    reason = "a measurement for developers, with the tests' reader of recordings"
)]

#[path = "../tests/it/capture.rs"]
mod capture;

use engine::{Definition, Engine, Input, Journal, Sequenced, VenueConfig};
use model::{
    AssetClass, BookChanges, CurrencyId, Duration, Fees, Instrument, Margin, Quantity, VenueId,
};

const FILES: [&str; 3] = [
    "binance_usdm/btcusdt_20240808.gz",
    "binance_coinm/btcusd_perp_20240808.gz",
    "binance_spot/btcusdt_20240808.gz",
];
const ROUNDS: usize = 20;

fn main() {
    for file in FILES {
        let Some(capture) = capture::read(file) else {
            return;
        };
        let inputs: Vec<Input> = capture
            .updates
            .iter()
            .map(|update| Input::Book(Box::new(update.clone())))
            .collect();
        let levels: usize = capture
            .updates
            .iter()
            .map(|update| match &update.changes {
                BookChanges::Levels(levels) => levels.len(),
                BookChanges::Orders(orders) => orders.len(),
            })
            .sum();
        let mut nanos = 0;
        for _ in 0..ROUNDS {
            nanos += play(inputs.clone());
        }
        let levels = (levels * ROUNDS) as u128;
        let per_second = levels * 1_000_000_000 / nanos.max(1);
        println!(
            "{file}: {per_second} level updates a second, {} batches",
            inputs.len()
        );
    }
}

/// Processor time of one thread in nanoseconds: what others do on the machine does not count.
fn processor_nanos() -> u128 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

fn play(inputs: Vec<Input>) -> u128 {
    let mut engine = Engine::new(Journal::default());
    let mut sequence = 0;
    let mut step = |engine: &mut Engine, input: Input| {
        sequence += 1;
        let time = match &input {
            Input::Book(update) => update.ts_init.max(engine.now()),
            _ => engine.now(),
        };
        let refused = engine
            .step(Sequenced {
                sequence,
                time,
                input,
            })
            .unwrap()
            .len();
        assert_eq!(refused, 0);
    };
    for definition in definitions() {
        step(&mut engine, Input::Define(Box::new(definition)));
    }
    let begin = processor_nanos();
    for input in inputs {
        step(&mut engine, input);
    }
    processor_nanos() - begin
}

fn definitions() -> [Definition; 3] {
    [
        Definition::Currency("USD".to_owned()),
        Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            ..VenueConfig::default()
        }),
        Definition::Instrument(Instrument {
            symbol: "BTC.SIM".to_owned(),
            venue: VenueId::new(0),
            class: AssetClass::Equity,
            quote_currency: CurrencyId::new(0),
            tick: "0.01".parse().unwrap(),
            lot: "0.001".parse().unwrap(),
            min_quantity: "0.001".parse().unwrap(),
            max_quantity: Quantity::MAX,
            multiplier: Quantity::ONE,
            margin: Margin::default(),
            fees: Fees::default(),
            day_end: Duration::ZERO,
            session: None,
            tradable: true,
            sector: None,
        }),
    ]
}
