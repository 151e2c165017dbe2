//! What a step costs: a million quotes through an engine without strategies, printed as
//! nanoseconds of wall time per quote. `cargo run --release -p engine --example step_cost`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement for developers"
)]

use engine::{Definition, Engine, Input, Journal, Sequenced, VenueConfig};
use model::{
    AssetClass, CurrencyId, Duration, Fees, Instrument, InstrumentId, Margin, Price, Quantity,
    Quote, Timestamp, VenueId,
};

const QUOTES: u64 = 1_000_000;

fn main() {
    let mut engine = Engine::new(Journal::default());
    let mut sequence = 0;
    let mut step = |engine: &mut Engine, time: u64, input: Input| {
        sequence += 1;
        engine
            .step(Sequenced {
                sequence,
                time: Timestamp::from_nanos(time),
                input,
            })
            .unwrap();
    };
    for definition in definitions() {
        step(&mut engine, 0, Input::Define(Box::new(definition)));
    }
    let begin = std::time::Instant::now();
    for n in 1..=QUOTES {
        let at = Timestamp::from_nanos(n * 250_000_000);
        let bid = Price::from_raw(1_100_000_000 + i64::try_from(n % 1_000).unwrap() * 10_000);
        let quote = Quote {
            instrument: InstrumentId::new(0),
            bid,
            ask: bid.checked_add(Price::from_raw(60_000)).unwrap(),
            bid_size: Quantity::whole(100_000).unwrap(),
            ask_size: Quantity::whole(100_000).unwrap(),
            ts_event: at,
            ts_init: at,
        };
        step(&mut engine, at.nanos(), Input::Quote(quote));
    }
    let nanos = begin.elapsed().as_nanos() / u128::from(QUOTES);
    println!("{nanos} ns per quote, journal {}", engine.journal().hash());
}

fn definitions() -> [Definition; 3] {
    let name = "SIM".to_owned();
    [
        Definition::Currency("USD".to_owned()),
        Definition::Venue(VenueConfig {
            name,
            latency: engine::Latency::default(),
            slippage: engine::Slippage::None,
            lacks: Vec::new(),
        }),
        Definition::Instrument(Instrument {
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
        }),
    ]
}
