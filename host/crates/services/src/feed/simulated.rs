//! A simulated market: seeded, of several instruments, with the stylised facts that strategies and
//! dashboards should meet.
//!
//! Per instrument the logarithm of the middle price walks randomly with stochastic volatility (its
//! logarithm reverts to the mean, as in Taylor, 1982) and a weak pull to where it began; the spread
//! in ticks reverts to its mean; events arrive as a self-exciting process (Hawkes, 1971: each makes
//! others likelier for a while, hence bursts) around a U-shaped activity over a session; sizes are
//! log-normal. Floating point lives only in here; what comes out lies exactly on tick and lot.
//! Equal seeds give equal events.

use crate::inbox::MarketInput;
use model::{Duration, Instrument, InstrumentId, Price, Quantity, Quote, Side, Timestamp, Trade};
use quant::random::Random;

/// Seconds in a year of 365.25 days.
const YEAR_S: f64 = 31_557_600.0;
/// Share of events that earlier events caused.
const BRANCHING: f64 = 0.5;
/// How fast the excitement of an event dies down, per second.
const DECAY_PER_S: f64 = 4.0;
/// How fast volatility reverts, per second, and how much its logarithm varies.
const VOLATILITY_REVERSION_PER_S: f64 = 1.0 / 300.0;
const VOLATILITY_DEVIATION: f64 = 0.4;
/// How fast the spread reverts, per second, and how much its logarithm varies.
const SPREAD_REVERSION_PER_S: f64 = 0.5;
const SPREAD_DEVIATION: f64 = 0.35;
/// How fast the price is pulled back to where it began, per second.
const PRICE_REVERSION_PER_S: f64 = 1.0 / 14_400.0;
/// Deviation of the logarithm of sizes.
const SIZE_DEVIATION: f64 = 0.8;

/// How one instrument behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct InstrumentModel {
    /// Its handle.
    pub id: InstrumentId,
    /// Its definition: tick and lot are the grid.
    pub instrument: Instrument,
    /// Where the middle price begins.
    pub price: Price,
    /// Volatility of a year, as a share: 0.6 is 60 %.
    pub volatility: f64,
    /// Mean spread in ticks.
    pub spread_ticks: f64,
    /// Mean size in lots.
    pub size_lots: f64,
    /// Mean events per second, over a session.
    pub events_per_second: f64,
    /// Share of events that are trades.
    pub trade_share: f64,
}

/// The whole market.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedConfig {
    /// Seed of everything.
    pub seed: u64,
    /// The instruments.
    pub instruments: Vec<InstrumentModel>,
    /// Length of a session: activity is highest at its ends. Aligned to the epoch.
    pub session: Duration,
    /// So much past is generated as history.
    pub warm_up: Duration,
    /// Chance that a bad event comes before an event: repeated, late, out of order, or impossible.
    pub bad_share: f64,
}

/// The generator. Its own time is virtual: it runs as fast as it is asked.
#[derive(Debug)]
pub struct SimulatedMarket {
    session: Duration,
    lanes: Vec<Lane>,
}

/// One instrument's state.
#[derive(Debug)]
struct Lane {
    model: InstrumentModel,
    random: Random,
    /// When the next event happens.
    next: Timestamp,
    /// When the last one did.
    last: Timestamp,
    /// Events per second that earlier events add.
    excitement: f64,
    /// Logarithm of the middle price relative to the beginning.
    drift: f64,
    /// Logarithm of volatility relative to its mean.
    turbulence: f64,
    /// Logarithm of the spread relative to its mean.
    width: f64,
    bid_ticks: i64,
    ask_ticks: i64,
}

impl SimulatedMarket {
    /// A market that begins at `start`.
    ///
    /// # Errors
    /// A setting that makes no market, named.
    pub fn new(config: &SimulatedConfig, start: Timestamp) -> Result<Self, String> {
        config.instruments.iter().try_for_each(check)?;
        if !(0.0..=1.0).contains(&config.bad_share) {
            return Err("the share of bad events must be from 0 to 1".to_owned());
        }
        let session = Duration::from_nanos(config.session.nanos().max(1));
        let lanes = config.instruments.iter().zip(0_u64..);
        let lanes = lanes
            .map(|(model, stream)| {
                Lane::new(model, Random::new(config.seed, stream), start, session)
            })
            .collect();
        Ok(Self { session, lanes })
    }

    /// When the next event happens; never, without instruments.
    pub fn next_time(&self) -> Timestamp {
        self.lanes
            .iter()
            .map(|lane| lane.next)
            .min()
            .unwrap_or(Timestamp::MAX)
    }

    /// The next event, if it happens before `end`.
    pub fn next_before(&mut self, end: Timestamp) -> Option<MarketInput> {
        let session = self.session;
        let lane = self.lanes.iter_mut().min_by_key(|lane| lane.next)?;
        if lane.next >= end {
            return None;
        }
        Some(lane.happen(session))
    }
}

impl Iterator for SimulatedMarket {
    type Item = MarketInput;

    fn next(&mut self) -> Option<MarketInput> {
        self.next_before(Timestamp::MAX)
    }
}

fn check(model: &InstrumentModel) -> Result<(), String> {
    let positive = |value: f64| value.is_finite() && value > 0.0;
    let rules = [
        (
            positive(model.volatility) && model.volatility < 100.0,
            "volatility must be above 0",
        ),
        (
            model.spread_ticks.is_finite() && model.spread_ticks >= 1.0,
            "spread must be a tick or more",
        ),
        (positive(model.size_lots), "size must be above 0"),
        (
            positive(model.events_per_second) && model.events_per_second <= 1e6,
            "events per second must be above 0 and at most a million",
        ),
        (
            (0.0..=1.0).contains(&model.trade_share),
            "trade share must be from 0 to 1",
        ),
        (
            model.instrument.tick > Price::ZERO,
            "the tick must be positive",
        ),
        (
            model.price.raw() / model.instrument.tick.raw().max(1) >= 100,
            "the price must be at least 100 ticks",
        ),
    ];
    let broken = rules.into_iter().find(|(holds, _)| !holds);
    broken.map_or(Ok(()), |(_, rule)| {
        Err(format!("{}: {rule}", model.instrument.symbol))
    })
}

impl Lane {
    fn new(model: &InstrumentModel, random: Random, start: Timestamp, session: Duration) -> Self {
        let mut lane = Self {
            model: model.clone(),
            random,
            next: start,
            last: start,
            excitement: 0.0,
            drift: 0.0,
            turbulence: 0.0,
            width: 0.0,
            bid_ticks: 0,
            ask_ticks: 0,
        };
        lane.requote();
        lane.schedule(session);
        lane
    }

    /// Makes the event that is due and schedules the next.
    fn happen(&mut self, session: Duration) -> MarketInput {
        let at = self.next;
        self.move_on(seconds(at.since(self.last)));
        self.last = at;
        let is_trade = self.random.uniform() < self.model.trade_share;
        let event = if is_trade {
            self.trade(at)
        } else {
            self.requote();
            self.quote(at)
        };
        self.excitement += BRANCHING * DECAY_PER_S;
        self.schedule(session);
        event
    }

    /// Lets everything that walks walk for `passed` seconds.
    fn move_on(&mut self, passed: f64) {
        let Self { random, .. } = self;
        self.excitement *= libm::exp(-DECAY_PER_S * passed);
        revert(
            &mut self.turbulence,
            VOLATILITY_REVERSION_PER_S,
            VOLATILITY_DEVIATION,
            passed,
            random,
        );
        revert(
            &mut self.width,
            SPREAD_REVERSION_PER_S,
            SPREAD_DEVIATION,
            passed,
            random,
        );
        let volatility = self.model.volatility * libm::exp(self.turbulence);
        let deviation = volatility * libm::sqrt(passed / YEAR_S);
        self.drift *= libm::exp(-PRICE_REVERSION_PER_S * passed);
        self.drift += deviation * random.normal();
    }

    /// Puts bid and ask around the middle price.
    fn requote(&mut self) {
        let tick = to_f64(self.model.instrument.tick.raw());
        let middle = to_f64(self.model.price.raw()) / tick * libm::exp(self.drift);
        let spread = to_i64(self.model.spread_ticks * libm::exp(self.width)).max(1);
        // Never nearer to zero than a tick, however far the price has walked.
        self.bid_ticks = to_i64(middle - to_f64(spread) / 2.0).max(1);
        self.ask_ticks = self.bid_ticks.saturating_add(spread);
    }

    fn quote(&mut self, at: Timestamp) -> MarketInput {
        MarketInput::Quote(Quote {
            instrument: self.model.id,
            bid: self.price(self.bid_ticks),
            ask: self.price(self.ask_ticks),
            bid_size: self.size(),
            ask_size: self.size(),
            ts_event: at,
            ts_init: at,
        })
    }

    /// A trade at the touch; buyers are likelier where the price rises.
    fn trade(&mut self, at: Timestamp) -> MarketInput {
        let buys = self.random.uniform() < 0.5 + 0.2 * libm::tanh(self.drift * 100.0);
        let (side, ticks) = if buys {
            (Side::Buy, self.ask_ticks)
        } else {
            (Side::Sell, self.bid_ticks)
        };
        MarketInput::Trade(Trade {
            instrument: self.model.id,
            price: self.price(ticks),
            size: self.size(),
            aggressor: Some(side),
            ts_event: at,
            ts_init: at,
        })
    }

    fn price(&self, ticks: i64) -> Price {
        Price::from_raw(ticks.saturating_mul(self.model.instrument.tick.raw()))
    }

    /// A log-normal number of lots, with the mean of the model.
    fn size(&mut self) -> Quantity {
        let shape = SIZE_DEVIATION * self.random.normal() - SIZE_DEVIATION * SIZE_DEVIATION / 2.0;
        let lots = to_i64(self.model.size_lots * libm::exp(shape)).clamp(1, 1_000_000_000);
        let lot = self.model.instrument.lot.raw();
        Quantity::from_raw(lot.saturating_mul(lots.unsigned_abs()))
    }

    /// Draws the time of the next event by thinning (Ogata, 1981): between events the intensity
    /// only falls, up to the slow change of activity, which the bound covers.
    fn schedule(&mut self, session: Duration) {
        let base = self.model.events_per_second * (1.0 - BRANCHING);
        let mut at = self.next;
        let mut excitement = self.excitement;
        loop {
            let bound = base * MAX_ACTIVITY + excitement;
            let wait = self.random.exponential() / bound;
            at = at.after(from_seconds(wait));
            excitement *= libm::exp(-DECAY_PER_S * wait);
            let intensity = base * activity(at, session) + excitement;
            if self.random.uniform() * bound <= intensity {
                // Strictly later: no two events of an instrument share a moment.
                self.next = at.max(self.next.after(Duration::from_nanos(1)));
                return;
            }
        }
    }
}

/// Highest activity, at the ends of a session.
const MAX_ACTIVITY: f64 = 2.2;

/// Activity relative to its mean of 1: a parabola, lowest in the middle of the session.
fn activity(at: Timestamp, session: Duration) -> f64 {
    let phase = seconds(Duration::from_nanos(at.nanos() % session.nanos())) / seconds(session);
    let from_middle = 2.0 * phase - 1.0;
    0.4 + (MAX_ACTIVITY - 0.4) * from_middle * from_middle
}

/// One exact step of an Ornstein-Uhlenbeck process around zero with a stationary deviation.
fn revert(value: &mut f64, rate_per_s: f64, deviation: f64, passed: f64, random: &mut Random) {
    let kept = libm::exp(-rate_per_s * passed);
    *value = *value * kept + deviation * libm::sqrt(1.0 - kept * kept) * random.normal();
}

#[allow(clippy::cast_precision_loss, reason = "a model of a market, not money")]
fn seconds(duration: Duration) -> f64 {
    duration.nanos() as f64 / 1e9
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "waits are positive, and the cast stops at the ends of the range"
)]
fn from_seconds(seconds: f64) -> Duration {
    Duration::from_nanos((seconds * 1e9) as u64)
}

#[allow(clippy::cast_precision_loss, reason = "a model of a market, not money")]
fn to_f64(value: i64) -> f64 {
    value as f64
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the cast stops at the ends of the range"
)]
fn to_i64(value: f64) -> i64 {
    libm::round(value) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{AssetClass, CurrencyId, Fees, Margin, VenueId};

    fn model(symbol: u32, rate: f64) -> InstrumentModel {
        InstrumentModel {
            id: InstrumentId::new(symbol),
            instrument: Instrument {
                symbol: format!("S{symbol}"),
                venue: VenueId::new(0),
                class: AssetClass::Equity,
                quote_currency: CurrencyId::new(0),
                tick: "0.05".parse().unwrap(),
                lot: "0.001".parse().unwrap(),
                min_quantity: "0.001".parse().unwrap(),
                max_quantity: "1000".parse().unwrap(),
                multiplier: Quantity::ONE,
                margin: Margin::default(),
                fees: Fees::default(),
                day_end: Duration::ZERO,
                session: None,
                tradable: true,
                sector: None,
            },
            price: "250".parse().unwrap(),
            volatility: 0.6,
            spread_ticks: 2.0,
            size_lots: 500.0,
            events_per_second: rate,
            trade_share: 0.2,
        }
    }

    fn market(seed: u64) -> SimulatedMarket {
        let config = SimulatedConfig {
            seed,
            instruments: vec![model(0, 20.0), model(1, 5.0)],
            session: Duration::from_secs(3_600),
            warm_up: Duration::ZERO,
            bad_share: 0.0,
        };
        let start = Timestamp::from_nanos(1_700_000_000_000_000_000);
        SimulatedMarket::new(&config, start).unwrap()
    }

    #[test]
    fn seeds_repeat_exactly() {
        let take = |seed| market(seed).take(5_000).collect::<Vec<_>>();
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
    }

    #[test]
    fn every_event_is_possible_and_on_the_grid() {
        let mut latest = [Timestamp::ZERO; 2];
        for event in market(3).take(50_000) {
            let (instrument, prices, sizes) = match event {
                MarketInput::Quote(q) => {
                    assert!(q.bid < q.ask);
                    (q.instrument, [q.bid, q.ask], [q.bid_size, q.ask_size])
                }
                MarketInput::Trade(t) => (t.instrument, [t.price; 2], [t.size; 2]),
                other => panic!("{other:?}"),
            };
            let tick = "0.05".parse().unwrap();
            let lot = "0.001".parse().unwrap();
            assert!(
                prices
                    .iter()
                    .all(|price| price.is_on_grid(tick) && price.raw() > 0)
            );
            assert!(
                sizes
                    .iter()
                    .all(|size| size.is_on_grid(lot) && !size.is_zero())
            );
            let last = &mut latest[instrument.index()];
            assert!(event.time() > *last);
            *last = event.time();
        }
    }

    #[test]
    fn rates_volatility_and_bursts_are_as_configured() {
        let hours: u32 = 20;
        let events: Vec<_> = {
            let mut market = market(11);
            let end = market
                .next_time()
                .after(Duration::from_secs(u64::from(hours) * 3_600));
            std::iter::from_fn(|| market.next_before(end)).collect()
        };
        let first: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                MarketInput::Quote(q) if q.instrument.number() == 0 => Some(*q),
                _ => None,
            })
            .collect();
        let per_second =
            to_f64(i64::try_from(events.len()).unwrap()) / to_f64(i64::from(hours) * 3_600);
        assert!(
            (20.0..30.0).contains(&per_second),
            "{per_second} events per second, not 25"
        );
        let spread: i64 = first
            .iter()
            .map(|q| (q.ask.raw() - q.bid.raw()) / 50_000_000)
            .sum();
        let spread = to_f64(spread) / to_f64(i64::try_from(first.len()).unwrap());
        assert!(
            (1.5..3.0).contains(&spread),
            "mean spread of {spread} ticks, not about 2"
        );

        // Counts per second vary far more than those of a Poisson process, whose variance is its
        // mean.
        let mut counts = std::collections::BTreeMap::<u64, i64>::new();
        for event in &events {
            *counts
                .entry(event.time().nanos() / 1_000_000_000)
                .or_default() += 1;
        }
        let count = to_f64(i64::try_from(counts.len()).unwrap());
        let mean = to_f64(counts.values().sum()) / count;
        let variance = counts
            .values()
            .map(|n| (to_f64(*n) - mean).powi(2))
            .sum::<f64>()
            / count;
        assert!(variance > 2.0 * mean, "variance {variance}, mean {mean}");
    }

    #[test]
    fn settings_that_make_no_market_are_named() {
        let check = |edit: fn(&mut InstrumentModel), expect: &str| {
            let mut instrument = model(0, 20.0);
            edit(&mut instrument);
            assert_eq!(
                super::check(&instrument).unwrap_err(),
                format!("S0: {expect}")
            );
        };
        check(|m| m.volatility = f64::NAN, "volatility must be above 0");
        check(|m| m.spread_ticks = 0.0, "spread must be a tick or more");
        check(
            |m| m.price = "1".parse().unwrap(),
            "the price must be at least 100 ticks",
        );
        check(|m| m.trade_share = 1.5, "trade share must be from 0 to 1");
    }
}
