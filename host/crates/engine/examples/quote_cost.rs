//! What a quote costs and what an order adds: a million quotes through an engine without a strategy, with
//! one that does nothing, with one that holds a position, and with one that sends a market order every
//! ten quotes. Nanoseconds of wall time, at the median of many stretches, and the hash of the journal, by
//! which two builds show that they did the same.
//! `cargo run --release -p engine --example quote_cost`, with a part of a name for one of them alone.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a measurement for developers"
)]

mod shared;

use engine::{
    Command, Definition, Input, LimitScope, Limits, OrdersOnFault, Permissions, Staged,
    StrategyConfig,
};
use model::{
    AccountConfig, AccountId, AccountKind, CurrencyId, Event, Fault, HistoryRequest, Instrument,
    InstrumentId, Intents, Margin, Money, OrderKind, OrderRequest, PluginHash, Price, Quantity,
    Quote, Rate, SavedState, Side, StartSnapshot, Strategy, StrategyId, Subscription, Timestamp,
    VenueId,
};
use shared::{Bench, instrument, median};

/// Stretches that are timed, and quotes in each of them.
const SAMPLES: u32 = 1_000;
const QUOTES: usize = 1_000;
/// A trader that trades sends an order every so many quotes.
const EVERY: u64 = 10;

fn main() {
    let measure = |name: &str, orders| {
        let wanted = std::env::args().nth(1);
        let wanted = wanted.is_none_or(|wanted| name.contains(&wanted));
        wanted.then(|| measure(name, orders))
    };
    measure("no strategy", None);
    let idle = measure("no orders", Some(0));
    measure("a position held", Some(1));
    let trading = measure("an order every ten quotes", Some(u64::MAX));
    if let (Some(idle), Some(trading)) = (idle, trading) {
        println!("{:.0} ns per order", (trading - idle) * 10.0);
    }
}

/// Runs the quotes, with a strategy that sends so many orders at most; nanoseconds per quote.
fn measure(name: &str, orders: Option<u64>) -> f64 {
    let mut bench = Bench::new();
    define(&mut bench);
    if let Some(most) = orders {
        let trader = Box::new(Trader {
            left: most,
            seen: 0,
            subscriptions: [Subscription::Quotes(InstrumentId::new(0))],
        });
        let staged = Staged::Instance(trader);
        bench.engine.stage(StrategyId::new(0), staged).ok();
        bench.step(Timestamp::ZERO, Input::Command(Box::new(start())));
    }
    // Made before, as a feed has them in memory.
    let quotes: Vec<Quote> = (1..=u64::from(SAMPLES) * QUOTES as u64)
        .map(quote)
        .collect();
    let mut stretches = quotes.chunks(QUOTES);
    let nanos = median(SAMPLES, |_| {
        for quote in stretches.next().unwrap() {
            bench.step(quote.ts_init, Input::Quote(*quote));
        }
    });
    let each = f64::from(u32::try_from(nanos).unwrap()) / 1_000.0;
    let hash = bench.engine.journal().hash();
    println!("{each:.1} ns per quote, {name}, journal {hash}");
    each
}

fn quote(n: u64) -> Quote {
    let at = Timestamp::from_nanos(n * 250_000_000);
    let bid = Price::from_raw(1_100_000_000 + i64::try_from(n % 1_000).unwrap() * 10_000);
    Quote {
        instrument: InstrumentId::new(0),
        bid,
        ask: bid.checked_add(Price::from_raw(60_000)).unwrap(),
        bid_size: Quantity::whole(100_000).unwrap(),
        ask_size: Quantity::whole(100_000).unwrap(),
        ts_event: at,
        ts_init: at,
    }
}

/// Buys and sells in turn, as long as it may.
struct Trader {
    left: u64,
    seen: u64,
    subscriptions: [Subscription; 1],
}

impl Strategy for Trader {
    fn declared(&self) -> &[Subscription] {
        &self.subscriptions
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &[]
    }

    fn start(&mut self, _: &StartSnapshot, _: &mut Intents) -> Result<(), Fault> {
        Ok(())
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        if !matches!(event, Event::Quote(_)) {
            return Ok(());
        }
        self.seen += 1;
        if self.seen.is_multiple_of(EVERY) && self.left > 0 {
            self.left -= 1;
            let side = match (self.seen / EVERY) % 2 {
                1 => Side::Buy,
                _ => Side::Sell,
            };
            let quantity = Quantity::whole(1_000).unwrap();
            out.submit(OrderRequest::new(
                InstrumentId::new(0),
                side,
                OrderKind::Market,
                quantity,
            ));
        }
        Ok(())
    }

    fn stop(&mut self, _: &mut Intents) -> Result<(), Fault> {
        Ok(())
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        Ok(SavedState::default())
    }
}

fn start() -> Command {
    Command::Start {
        strategy: StrategyId::new(0),
        plugin: PluginHash::default(),
        parameters: Vec::new(),
        state: None,
        history: Vec::new(),
    }
}

fn define(bench: &mut Bench) {
    let share = Rate::from_raw(Rate::SCALE / 100 * 3);
    bench.define(Definition::Instrument(Instrument {
        tick: "0.00001".parse().unwrap(),
        margin: Margin {
            initial: share,
            maintenance: share,
        },
        ..instrument("EUR/USD.SIM")
    }));
    bench.define(Definition::Account(AccountConfig {
        name: "bench".to_owned(),
        venue: VenueId::new(0),
        kind: AccountKind::Margin {
            leverage: Rate::whole(1).unwrap(),
        },
        base_currency: CurrencyId::new(0),
        deposits: vec![(CurrencyId::new(0), Money::whole(10_000_000).unwrap())],
        hedging: None,
    }));
    bench.define(Definition::Limits(LimitScope::Firm, Limits::default()));
    bench.define(Definition::Strategy(StrategyConfig {
        name: "bench".to_owned(),
        account: AccountId::new(0),
        on_fault: OrdersOnFault::Cancel,
        manual: false,
        permissions: Permissions::ALL,
    }));
}
