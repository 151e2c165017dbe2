//! What events cost a strategy: made-up events, the same for every component, handled with default
//! parameters. Fuel is equal on every machine, so two builds can be compared by it.
//!
//! Nothing answers the orders that the strategy wants sent, and there is no history: what is measured is
//! what it does to look at the market, which is what it does nearly always.

use crate::parameters::Parameters;
use crate::{Admitted, Description, Instance, InstanceConfig};
use model::{
    AssetClass, Bar, CurrencyId, Event, Fees, Instrument, InstrumentId, Intent, Intents, Margin,
    OrderId, Price, Quantity, Quote, StartReason, StartSnapshot, Strategy, Subscription, Timestamp,
    Trade, VenueId,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Most events.
const EVENTS: u64 = 512;
/// Fuel after which there are no more: some tenths of a second.
const FUEL: u64 = 400_000_000;
/// Time after which it is given up: only who spends time and no fuel takes so long.
const PATIENCE: Duration = Duration::from_secs(2);
/// Subscriptions that are served, the first ones.
const SUBSCRIPTIONS: usize = 16;
/// When the first event happens, in nanoseconds: a Monday at nine.
const BEGIN_NS: u64 = 1_704_099_600_000_000_000;
/// A second.
const STEP_NS: u64 = 1_000_000_000;
/// The grid of prices, in units of 1e-9.
const TICK: i64 = 10_000;
/// The price about which the market moves, in ticks.
const MIDDLE: i64 = 108_500;

/// What events cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFuel {
    /// How many there were.
    pub events: u32,
    /// What half of them took at most.
    pub median: u64,
    /// What the dearest took.
    pub most: u64,
}

impl Admitted {
    /// Measures a strategy; takes up to some tenths of a second. `None` when it cannot be measured: it
    /// needs a parameter, refuses, breaks, is slow, or asks for nothing that is made up here.
    pub fn measure(&self, description: &Description) -> Option<EventFuel> {
        let parameters = Parameters::check(description, &BTreeMap::new()).ok()?;
        let id = InstrumentId::new(0);
        let config = InstanceConfig {
            strategy: "measured".to_owned(),
            instruments: vec![(id, instrument()?)],
            currencies: vec!["USD".to_owned(), "EUR".to_owned()],
            parameters,
            limits: *self.limits(),
        };
        let begun = Instant::now();
        let mut instance = self.instantiate(config).ok()?;
        let mut out = Intents::default();
        out.reset(Timestamp::from_nanos(BEGIN_NS), OrderId::derive(1, 0));
        instance.start(&fresh(), &mut out).ok()?;
        let asked = out.items().iter().filter_map(|intent| match intent {
            Intent::Subscribe(subscription) => Some(*subscription),
            _ => None,
        });
        let declared = instance.declared().iter().copied();
        let wanted: Vec<_> = declared.chain(asked).take(SUBSCRIPTIONS).collect();
        let mut market = Market::default();
        let mut taken = Vec::new();
        let mut total = 0_u64;
        for n in 1..=EVENTS {
            market.move_on();
            let now = Timestamp::from_nanos(BEGIN_NS + n * STEP_NS);
            for event in wanted.iter().filter_map(|one| market.event(*one, now)) {
                let fuel = handle(&mut instance, &event, (now, n), &mut out)?;
                total = total.saturating_add(fuel);
                taken.push(fuel);
            }
            if begun.elapsed() > PATIENCE {
                return None;
            }
            if total > FUEL || taken.len() as u64 >= EVENTS {
                break;
            }
        }
        taken.sort_unstable();
        Some(EventFuel {
            events: u32::try_from(taken.len()).ok()?,
            median: *taken.get(taken.len().checked_sub(1)? / 2)?,
            most: *taken.last()?,
        })
    }
}

fn handle(
    instance: &mut Instance,
    event: &Event,
    (now, n): (Timestamp, u64),
    out: &mut Intents,
) -> Option<u64> {
    out.reset(now, OrderId::derive(n + 1, 0));
    instance.handle(event, out).ok()?;
    Some(instance.usage().last_call_fuel)
}

/// A price that wanders, by a rule of its own.
#[derive(Default)]
struct Market {
    drawn: u64,
    moved: i64,
}

impl Market {
    /// Up to two ticks up or down, drawn by the generator of Knuth's MMIX.
    fn move_on(&mut self) {
        let next = self.drawn.wrapping_mul(6_364_136_223_846_793_005);
        self.drawn = next.wrapping_add(1_442_695_040_888_963_407);
        let step = i64::try_from((self.drawn >> 33) % 5).unwrap_or_default() - 2;
        self.moved = (self.moved + step).clamp(-MIDDLE / 2, MIDDLE / 2);
    }

    fn price(&self, ticks: i64) -> Price {
        Price::from_raw((MIDDLE + self.moved + ticks) * TICK)
    }

    fn event(&self, wanted: Subscription, now: Timestamp) -> Option<Event> {
        let size = Quantity::ONE;
        match wanted {
            Subscription::Quotes(instrument) => Some(Event::Quote(Quote {
                instrument,
                bid: self.price(-1),
                ask: self.price(1),
                bid_size: size,
                ask_size: size,
                ts_event: now,
                ts_init: now,
            })),
            Subscription::Trades(instrument) => Some(Event::Trade(Trade {
                instrument,
                price: self.price(0),
                size,
                aggressor: None,
                ts_event: now,
                ts_init: now,
            })),
            Subscription::Bars(instrument, spec) => Some(Event::Bar(Bar {
                instrument,
                spec,
                open: self.price(0),
                high: self.price(2),
                low: self.price(-2),
                close: self.price(1),
                volume: size,
                ts_open: Timestamp::from_nanos(now.nanos().saturating_sub(STEP_NS)),
                ts_event: now,
                ts_init: now,
            })),
            Subscription::Book(..) => None,
        }
    }
}

fn fresh() -> StartSnapshot {
    StartSnapshot {
        reason: StartReason::Fresh,
        state: None,
        values: Vec::new(),
        history: Vec::new(),
        positions: Vec::new(),
        orders: Vec::new(),
    }
}

/// A currency pair.
fn instrument() -> Option<Instrument> {
    Some(Instrument {
        symbol: "EUR/USD.SIM".to_owned(),
        venue: VenueId::new(0),
        class: AssetClass::FxPair {
            base: CurrencyId::new(1),
        },
        quote_currency: CurrencyId::new(0),
        tick: Price::from_raw(TICK),
        lot: Quantity::ONE,
        min_quantity: Quantity::ONE,
        max_quantity: Quantity::whole(1_000_000).ok()?,
        multiplier: Quantity::ONE,
        margin: Margin::default(),
        fees: Fees::default(),
        day_end: model::Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    })
}
