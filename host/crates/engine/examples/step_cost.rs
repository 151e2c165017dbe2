//! What a step costs: a million quotes through an engine without a strategy, with one that holds a
//! position, and with one that sends a market order every ten quotes; printed as nanoseconds of wall
//! time per quote. `cargo run --release -p engine --example step_cost`, with a part of a name for one of
//! them alone.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement for developers"
)]

use engine::{
    Command, Definition, Engine, Input, Journal, LimitScope, Limits, OrdersOnFault, Permissions,
    Sequenced, Staged, StrategyConfig, VenueConfig,
};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, CurrencyId, Duration, Event, Fault, Fees,
    HistoryRequest, Instrument, InstrumentId, Intents, Margin, Money, OrderKind, OrderRequest,
    PluginHash, Price, Quantity, Quote, Rate, SavedState, Side, StartSnapshot, Strategy,
    StrategyId, Subscription, Timestamp, VenueId,
};

const QUOTES: u64 = 1_000_000;

fn main() {
    for (name, orders) in [
        ("no orders", None),
        ("a position held", Some((1, 1))),
        ("an order every ten quotes", Some((10, u64::MAX))),
    ] {
        let wanted = std::env::args().nth(1);
        if wanted.is_none_or(|wanted| name.contains(&wanted)) {
            measure(name, orders);
        }
    }
}

/// Runs the quotes; `orders` says every how many quotes to send one, and how many at most.
fn measure(name: &str, orders: Option<(u64, u64)>) {
    let mut engine = Engine::new(Journal::default());
    let mut sequence = 0;
    let mut step = |engine: &mut Engine, time: u64, input: Input| {
        sequence += 1;
        let time = Timestamp::from_nanos(time);
        let input = Sequenced {
            sequence,
            time,
            input,
        };
        engine.step(input).unwrap();
    };
    for definition in definitions() {
        step(&mut engine, 0, Input::Define(Box::new(definition)));
    }
    if let Some((every, most)) = orders {
        let trader = Box::new(Trader {
            every,
            left: most,
            seen: 0,
            subscriptions: [Subscription::Quotes(InstrumentId::new(0))],
        });
        engine
            .stage(StrategyId::new(0), Staged::Instance(trader))
            .ok();
        step(&mut engine, 0, Input::Command(Box::new(start())));
    }
    let begin = std::time::Instant::now();
    for n in 1..=QUOTES {
        let quote = quote(n);
        step(&mut engine, quote.ts_init.nanos(), Input::Quote(quote));
    }
    let nanos = begin.elapsed().as_nanos() / u128::from(QUOTES);
    println!(
        "{name}: {nanos} ns per quote, journal {}",
        engine.journal().hash()
    );
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

/// Buys and sells in turn.
struct Trader {
    every: u64,
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
        if self.seen.is_multiple_of(self.every) && self.left > 0 {
            self.left -= 1;
            let side = match (self.seen / self.every) % 2 {
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

fn definitions() -> [Definition; 6] {
    [
        Definition::Currency("USD".to_owned()),
        Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            ..VenueConfig::default()
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
            margin: Margin {
                initial: "0.03".parse().unwrap(),
                maintenance: "0.03".parse().unwrap(),
            },
            fees: Fees::default(),
            day_end: Duration::ZERO,
            session: None,
            tradable: true,
            sector: None,
        }),
        Definition::Account(AccountConfig {
            name: "bench".to_owned(),
            venue: VenueId::new(0),
            kind: AccountKind::Margin {
                leverage: Rate::whole(1).unwrap(),
            },
            base_currency: CurrencyId::new(0),
            deposits: vec![(CurrencyId::new(0), Money::whole(10_000_000).unwrap())],
            hedging: None,
        }),
        Definition::Limits(LimitScope::Firm, Limits::default()),
        Definition::Strategy(StrategyConfig {
            name: "bench".to_owned(),
            account: AccountId::new(0),
            on_fault: OrdersOnFault::Cancel,
            manual: false,
            permissions: Permissions::ALL,
        }),
    ]
}
