//! Counts quotes and checks that none is missing, doubled or out of order. It proves that swapping a
//! strategy while events flow neither loses an event nor repeats one: the tally is handed over from
//! instance to instance, and at the end it must equal what the feed sent.
//!
//! With the parameter `sequence` the feed is expected to carry a running number in the raw bid size
//! (1 more with every quote). The Cargo feature `v2` makes the same strategy under another version. With
//! the parameter `fail_after` it breaks after so many quotes, to rehearse what becomes of a bad version.

use argonaut_sdk::{
    Config, Context, Description, Parameter, Quote, SavedState, Strategy, Timestamp,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;
/// Version of the plugin.
const VERSION: &str = if cfg!(feature = "v2") {
    "2.0.0"
} else {
    "1.0.0"
};

/// What was seen so far. Saved as five little-endian 64-bit words in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Quotes seen.
    pub count: u64,
    /// Running number of the latest quote; 0 without `sequence`.
    pub last_number: u64,
    /// Running numbers that never came.
    pub gaps: u64,
    /// Quotes whose running number, or whose time, was not above the one before.
    pub doubles: u64,
    /// Event time of the latest quote, in nanoseconds.
    pub last_ts_event: u64,
}

impl Tally {
    /// The saved form.
    pub fn to_bytes(self) -> Vec<u8> {
        let Self {
            count,
            last_number,
            gaps,
            doubles,
            last_ts_event,
        } = self;
        [count, last_number, gaps, doubles, last_ts_event]
            .map(u64::to_le_bytes)
            .concat()
    }

    /// From the saved form; `None` when it is not five words.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks::<8>() else {
            return None;
        };
        let [count, last_number, gaps, doubles, last_ts_event] = *words else {
            return None;
        };
        Some(Self {
            count: u64::from_le_bytes(count),
            last_number: u64::from_le_bytes(last_number),
            gaps: u64::from_le_bytes(gaps),
            doubles: u64::from_le_bytes(doubles),
            last_ts_event: u64::from_le_bytes(last_ts_event),
        })
    }

    fn add(&mut self, number: Option<u64>, ts_event: Timestamp) {
        let is_first = self.count == 0;
        let mut is_double = !is_first && ts_event.nanos() <= self.last_ts_event;
        self.last_ts_event = self.last_ts_event.max(ts_event.nanos());
        if let Some(number) = number {
            let expected = self.last_number.saturating_add(1);
            if !is_first {
                is_double |= number < expected;
                self.gaps += number.saturating_sub(expected);
            }
            self.last_number = self.last_number.max(number);
        }
        self.count += 1;
        self.doubles += u64::from(is_double);
    }
}

/// Counts.
#[derive(Debug)]
pub struct Counter {
    sequence: bool,
    /// Quotes that this instance may still see before it breaks, if it shall.
    left: Option<u64>,
    tally: Tally,
}

impl Counter {
    #[allow(clippy::panic, reason = "breaking is what was asked for")]
    fn come_to_the_end(&mut self) {
        match &mut self.left {
            Some(0) => panic!("it was asked to break here"),
            Some(left) => *left -= 1,
            None => {}
        }
    }
}

impl Strategy for Counter {
    fn describe() -> Description {
        let documentation = "Counts quotes and finds gaps, doubles and disorder.";
        let sequence = "Whether the raw bid size is a running number to be checked.";
        let fail_after = "Quotes after which it breaks, to rehearse a roll-back; 0 for never.";
        Description::new("counter", VERSION, documentation)
            .with_instrument()
            .with(Parameter::boolean("sequence", sequence).default(false))
            .with(Parameter::integer("fail_after", fail_after).default(0))
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        context.subscribe_quotes(config.instrument()?.id);
        let fail_after = config.count("fail_after")?;
        Ok(Self {
            sequence: config.boolean("sequence")?,
            left: (fail_after > 0).then_some(fail_after),
            tally: Tally::default(),
        })
    }

    fn on_quote(&mut self, quote: &Quote, _: &mut Context<'_>) {
        self.come_to_the_end();
        let number = self.sequence.then_some(quote.bid_size.raw());
        self.tally.add(number, quote.ts_event);
    }

    fn on_stop(&mut self, context: &mut Context<'_>) {
        let Tally {
            count,
            gaps,
            doubles,
            ..
        } = self.tally;
        context.info(format_args!(
            "{count} quotes, {gaps} missing, {doubles} doubled"
        ));
    }

    fn save(&self) -> SavedState {
        SavedState {
            version: STATE_VERSION,
            bytes: self.tally.to_bytes(),
        }
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        let state = state.expect_version(STATE_VERSION)?;
        self.tally = Tally::from_bytes(&state.bytes).ok_or("the saved tally is not five words")?;
        Ok(())
    }
}

argonaut_sdk::export!(Counter);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{Harness, Setup, crypto, price};
    use argonaut_sdk::{Duration, InstrumentId, Quantity};

    fn start() -> Harness<Counter> {
        let setup = Setup::new().instrument(crypto("BTC/USDT", "0.01", "0.00001"));
        setup.parameter("sequence", true).start().unwrap()
    }

    fn send(test: &mut Harness<Counter>, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            let now = test.now() + Duration::from_nanos(1);
            test.send_quote(&Quote {
                instrument: InstrumentId::default(),
                bid: price("1"),
                ask: price("2"),
                bid_size: Quantity::from_raw(number),
                ask_size: Quantity::ONE,
                ts_event: now,
                ts_init: now,
            });
        }
    }

    fn check(numbers: &[u64], gaps: u64, doubles: u64) {
        let mut test = start();
        send(&mut test, numbers.iter().copied());
        let tally = Tally::from_bytes(&test.save().bytes).unwrap();
        assert_eq!(
            (tally.count, tally.gaps, tally.doubles),
            (numbers.len() as u64, gaps, doubles)
        );
    }

    #[test]
    fn gaps_and_doubles_are_found() {
        check(&[7, 8, 9], 0, 0);
        check(&[1, 2, 5, 6], 2, 0);
        check(&[1, 2, 2, 3], 0, 1);
        check(&[1, 3, 2, 4], 1, 1);
    }

    #[test]
    fn the_tally_survives_swaps() {
        let mut test = start();
        for round in 0..10 {
            send(&mut test, round * 5 + 1..=round * 5 + 5);
            test = test.swap::<Counter>().unwrap();
        }
        test.stop();
        assert_eq!(test.log()[0].text, "50 quotes, 0 missing, 0 doubled");
    }

    #[test]
    #[should_panic(expected = "asked to break")]
    fn it_breaks_where_it_was_asked_to() {
        let setup = Setup::new().instrument(crypto("BTC/USDT", "0.01", "0.00001"));
        let mut test: Harness<Counter> = setup.parameter("fail_after", 3).start().unwrap();
        send(&mut test, 1..=3);
        send(&mut test, [4]);
    }

    #[test]
    fn time_that_stands_still_is_a_double() {
        let mut tally = Tally::default();
        tally.add(None, Timestamp::from_nanos(5));
        tally.add(None, Timestamp::from_nanos(5));
        assert_eq!(
            (tally.doubles, Tally::from_bytes(&tally.to_bytes())),
            (1, Some(tally))
        );
    }
}
