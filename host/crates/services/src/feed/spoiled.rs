//! Market data as a bad feed sends it: what comes is sent along with events that are repeated, late,
//! out of order, or that no market makes. For trying a host, its strategies and their operators.

use crate::inbox::MarketInput;
use model::{Duration, InstrumentId, Price, Quantity, Quote, Timestamp, Trade};
use quant::random::Random;

/// How late a stale event is.
const STALE: Duration = Duration::from_secs(3_600);
/// How far an event is out of order.
const OUT_OF_ORDER: Duration = Duration::from_millis(5);

/// Sends bad events between good ones. Equal seeds and good events give equal bad ones.
#[derive(Debug)]
pub(crate) struct Spoiler {
    random: Random,
    share: f64,
}

impl Spoiler {
    /// Before each event comes a bad one with a chance of `share`, from 0 to 1.
    pub(crate) fn new(seed: u64, share: f64) -> Self {
        // Apart from the streams of the instruments, which are numbered from 0.
        let random = Random::new(seed, u64::MAX);
        Self { random, share }
    }

    /// Puts bad events among good ones.
    pub(crate) fn spoil(&mut self, events: &mut Vec<MarketInput>) {
        if self.share <= 0.0 {
            return;
        }
        let good = std::mem::take(events);
        for event in good {
            if self.random.uniform() < self.share {
                events.push(self.bad(&event));
            }
            events.push(event);
        }
    }

    /// Something wrong that resembles `event`.
    fn bad(&mut self, event: &MarketInput) -> MarketInput {
        match event {
            MarketInput::Quote(quote) => MarketInput::Quote(self.bad_quote(*quote)),
            MarketInput::Trade(trade) => MarketInput::Trade(self.bad_trade(*trade)),
            other => *other,
        }
    }

    fn bad_quote(&mut self, good: Quote) -> Quote {
        let mut quote = good;
        match self.kind() {
            0 => {}
            1 => quote.ts_event = good.ts_event.before(STALE),
            2 => quote.ts_event = good.ts_event.before(OUT_OF_ORDER),
            3 => std::mem::swap(&mut quote.bid, &mut quote.ask),
            4 => (quote.bid, quote.ask) = (Price::ZERO, Price::ZERO),
            5 => quote.bid = Price::from_raw(good.bid.raw().saturating_neg()),
            6 => (quote.bid, quote.ask) = (Price::MIN, Price::MAX),
            7 => quote.ts_event = Timestamp::MAX,
            _ => quote.instrument = InstrumentId::new(u32::MAX),
        }
        quote
    }

    fn bad_trade(&mut self, good: Trade) -> Trade {
        let mut trade = good;
        match self.kind() {
            0 => {}
            1 => trade.ts_event = good.ts_event.before(STALE),
            2 => trade.ts_event = good.ts_event.before(OUT_OF_ORDER),
            3 => trade.price = Price::ZERO,
            4 => trade.price = Price::from_raw(-1),
            5 => trade.price = Price::MIN,
            6 => trade.size = Quantity::ZERO,
            7 => trade.size = Quantity::MAX,
            _ => trade.instrument = InstrumentId::new(u32::MAX),
        }
        trade
    }

    /// Which of nine things is wrong.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to 8"
    )]
    fn kind(&mut self) -> u8 {
        (self.random.uniform() * 9.0) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(n: u64) -> MarketInput {
        let at = Timestamp::from_nanos(1_700_000_000_000_000_000 + n);
        MarketInput::Quote(Quote {
            instrument: InstrumentId::new(0),
            bid: "1.1".parse().unwrap(),
            ask: "1.2".parse().unwrap(),
            bid_size: Quantity::ONE,
            ask_size: Quantity::ONE,
            ts_event: at,
            ts_init: at,
        })
    }

    fn spoiled(seed: u64, share: f64) -> Vec<MarketInput> {
        let mut events = (0..2_000).map(good).collect();
        Spoiler::new(seed, share).spoil(&mut events);
        events
    }

    #[test]
    fn good_events_all_come_and_a_share_of_bad_ones_besides() {
        assert_eq!(spoiled(1, 0.0), (0..2_000).map(good).collect::<Vec<_>>());
        let events = spoiled(1, 0.25);
        assert_eq!(events, spoiled(1, 0.25));
        assert!((2_400..2_600).contains(&events.len()), "{}", events.len());
        let mut rest = events.iter();
        for wanted in (0..2_000).map(good) {
            assert!(rest.any(|event| *event == wanted));
        }
    }

    #[test]
    fn every_kind_of_bad_quote_comes() {
        let quotes: Vec<Quote> = spoiled(2, 1.0)
            .into_iter()
            .step_by(2)
            .map(|event| match event {
                MarketInput::Quote(quote) => quote,
                other => panic!("{other:?}"),
            })
            .collect();
        let some = |test: fn(&Quote) -> bool| quotes.iter().any(test);
        assert!(some(|quote| quote.ask < quote.bid));
        assert!(some(|quote| quote.bid < Price::ZERO));
        assert!(some(|quote| quote.ask == Price::ZERO));
        assert!(some(|quote| quote.ask == Price::MAX));
        assert!(some(|quote| quote.ts_event < quote.ts_init));
        assert!(some(|quote| quote.ts_event > quote.ts_init));
        assert!(some(|quote| quote.instrument.number() > 0));
    }
}
