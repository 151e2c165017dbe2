//! What the measurements share: an engine with a sequence counter, a venue to define on it, and medians.

use engine::{Definition, Engine, Input, Journal, Sequenced, VenueConfig};
use model::{
    AssetClass, CurrencyId, Duration, Fees, Instrument, Margin, Price, Quantity, Rate, Timestamp,
    VenueId,
};

/// An engine that knows a currency and a simulated venue.
pub struct Bench {
    pub engine: Engine,
    sequence: u64,
}

impl Bench {
    pub fn new() -> Self {
        let mut bench = Self {
            engine: Engine::new(Journal::default()),
            sequence: 0,
        };
        bench.define(Definition::Currency("USD".to_owned()));
        bench.define(Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            ..VenueConfig::default()
        }));
        bench
    }

    #[inline]
    pub fn step(&mut self, time: Timestamp, input: Input) {
        self.sequence += 1;
        let sequence = self.sequence;
        let input = Sequenced {
            sequence,
            time,
            input,
        };
        self.engine.step(input).unwrap();
    }

    pub fn define(&mut self, definition: Definition) {
        self.step(self.engine.now(), Input::Define(Box::new(definition)));
    }
}

/// An instrument of that venue, which an account must pay in full.
pub fn instrument(symbol: &str) -> Instrument {
    Instrument {
        symbol: symbol.to_owned(),
        venue: VenueId::new(0),
        class: AssetClass::Equity,
        quote_currency: CurrencyId::new(0),
        tick: Price::from_raw(1),
        lot: Quantity::ONE,
        min_quantity: Quantity::ONE,
        max_quantity: Quantity::MAX,
        multiplier: Quantity::ONE,
        margin: Margin {
            initial: Rate::from_raw(Rate::SCALE),
            maintenance: Rate::from_raw(Rate::SCALE),
        },
        fees: Fees::default(),
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    }
}

/// The median wall time of an action that is told its number, in nanoseconds.
pub fn median(samples: u32, mut act: impl FnMut(u32)) -> u64 {
    let samples = (0..samples).map(|n| {
        let begin = std::time::Instant::now();
        act(n);
        u64::try_from(begin.elapsed().as_nanos()).unwrap()
    });
    let mut samples: Vec<u64> = samples.collect();
    samples.sort_unstable();
    samples[samples.len() / 2]
}
