//! What judging an order costs with every control on: the median of many steps with an order that
//! only the last control denies, less that of steps with one that is refused at once, at one size of
//! the firm and at ten times that. `cargo run --release -p engine --example risk_cost`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a measurement for developers"
)]

mod shared;

use engine::{
    Command, ConductLimits, DataLimits, Definition, Escalation, ExposureLimits, Input, LimitScope,
    Limits, LossLimits, OrdersOnFault, Permissions, PriceLimits, ShortLimits, StrategyConfig,
    VolumeLimits,
};
use model::{
    AccountConfig, AccountId, AccountKind, CurrencyId, DenyCode, Duration, Instrument,
    InstrumentId, Money, OrderKind, OrderRequest, Price, Quantity, Quote, Rate, Side, StrategyId,
    Timestamp, VenueId,
};
use shared::Bench;

const SAMPLES: u32 = 20_001;

/// How large a firm is.
#[derive(Clone, Copy)]
struct Size {
    strategies: u32,
    instruments: u32,
    orders: u32,
}

const FIRM: Size = Size {
    strategies: 200,
    instruments: 1_000,
    orders: 1_000,
};

fn main() {
    for times in [1, 10] {
        let size = Size {
            strategies: FIRM.strategies * times,
            instruments: FIRM.instruments * times,
            orders: FIRM.orders * times,
        };
        measure(size);
    }
}

fn measure(size: Size) {
    let mut firm = Firm::new(size);
    let Size {
        strategies,
        instruments,
        orders,
    } = size;
    println!("{strategies} strategies, {instruments} instruments, {orders} open orders:");
    for (name, among) in [("a few", 16), ("all", strategies)] {
        let judged = firm.median(|firm, n| firm.ask(n % among, n % among, 1_000_000));
        // The one strategy that does not run is refused by one of the first controls.
        let refused = firm.median(|firm, n| firm.ask(strategies, n % among, 1_000_000));
        let gate = judged.saturating_sub(refused);
        println!("  among {name} strategies: {gate} ns per judged order, of a step of {judged} ns");
    }
    assert!(firm.bench.engine.denials(DenyCode::BuyingPower) >= 2 * u64::from(SAMPLES));
    let half = instruments / 2;
    let held = firm.median(|firm, n| firm.quote(n % half));
    let idle = firm.median(|firm, n| firm.quote(half + n % half));
    println!("  {held} ns per quote with orders on it, {idle} ns without");
    assert_eq!(firm.bench.engine.orders().len(), orders as usize);
}

struct Firm {
    bench: Bench,
    now: u64,
    size: Size,
}

impl Firm {
    fn new(size: Size) -> Self {
        let mut firm = Self {
            bench: Bench::new(),
            now: 1_000_000_000,
            size,
        };
        firm.define(Definition::Limits(LimitScope::Firm, limits()));
        for id in 0..size.instruments {
            firm.define(Definition::Instrument(instrument(id)));
            let id = InstrumentId::new(id);
            firm.define(Definition::AverageVolume(id, Quantity::MAX));
            firm.quote(id.number());
        }
        for id in 0..size.strategies / 10 {
            firm.define(Definition::Account(account(id)));
            let scope = LimitScope::Account(AccountId::new(id));
            firm.define(Definition::Limits(scope, limits()));
        }
        for id in 0..size.strategies {
            firm.define(Definition::Strategy(strategy(id)));
            let scope = LimitScope::Strategy(StrategyId::new(id));
            firm.define(Definition::Limits(scope, limits()));
        }
        firm.define(Definition::Strategy(StrategyConfig {
            manual: false,
            ..strategy(size.strategies)
        }));
        (0..size.orders).for_each(|n| firm.ask(n % size.strategies, n, 1));
        assert_eq!(firm.bench.engine.orders().len(), size.orders as usize);
        firm
    }

    fn step(&mut self, input: Input) {
        self.bench.step(Timestamp::from_nanos(self.now), input);
    }

    fn define(&mut self, definition: Definition) {
        self.step(Input::Define(Box::new(definition)));
    }

    fn command(&mut self, command: Command) {
        self.step(Input::Command(Box::new(command)));
    }

    /// Asks to buy below the market, on one of the first half of the instruments.
    fn ask(&mut self, strategy: u32, n: u32, units: i64) {
        let price = Price::from_raw(90 * Price::SCALE + i64::from(n));
        let ask = OrderRequest::new(
            InstrumentId::new(n * 7 % (self.size.instruments / 2)),
            Side::Buy,
            OrderKind::Limit { price },
            Quantity::whole(units).unwrap(),
        );
        let strategy = StrategyId::new(strategy);
        self.command(Command::PlaceOrders(strategy, vec![ask]));
    }

    fn quote(&mut self, id: u32) {
        self.now += 1_000;
        let at = Timestamp::from_nanos(self.now);
        let cents = i64::try_from(self.now / 1_000 % 100).unwrap();
        let bid = Price::from_raw(100 * Price::SCALE + cents * 10_000_000);
        self.step(Input::Quote(Quote {
            instrument: InstrumentId::new(id),
            bid,
            ask: bid.checked_add(Price::from_raw(10_000_000)).unwrap(),
            bid_size: Quantity::MAX,
            ask_size: Quantity::MAX,
            ts_event: at,
            ts_init: at,
        }));
    }

    /// The median wall time of an action, in nanoseconds.
    fn median(&mut self, act: impl Fn(&mut Self, u32)) -> u64 {
        shared::median(SAMPLES, |n| act(self, n))
    }
}

/// Every control on, none of them in the way of a small order.
fn limits() -> Limits {
    let (share, hour) = (Rate::from_raw(Rate::SCALE / 2), Duration::from_secs(3_600));
    let much = Money::whole(1_000_000_000_000).unwrap();
    Limits {
        max_order_notional: much,
        max_open_orders: 1_000_000,
        max_messages: 100_000,
        duplicate_window: Duration::from_nanos(1),
        price: PriceLimits {
            max_distance: share,
            max_drift: share,
            drift_window: hour,
        },
        volume: VolumeLimits {
            max_book_share: share,
            max_day_share: share,
            ..VolumeLimits::default()
        },
        exposure: ExposureLimits {
            max_gross: much,
            max_net: much,
            max_instrument_share: Rate::from_raw(Rate::SCALE * 1_000_000),
            max_sector_share: Rate::from_raw(Rate::SCALE * 1_000_000),
        },
        loss: LossLimits {
            max_daily: much,
            max_rolling: much,
            rolling_window: hour,
            max_drawdown: much,
        },
        conduct: ConductLimits {
            max_cancels_per_fill: 1_000,
            free_cancels: 1_000_000,
            cancel_window: hour,
            max_repeats: 1_000,
            repeat_window: hour,
            no_self_match: true,
        },
        data: DataLimits {
            max_age: hour,
            max_ahead: hour,
            max_behind: hour,
        },
        short: ShortLimits {
            no_short_sale: true,
            max_day_trades: 1_000,
            day_trade_days: 5,
            ..ShortLimits::default()
        },
        escalation: Escalation {
            warn: Rate::from_raw(Rate::SCALE / 10 * 8),
            ..Escalation::default()
        },
        ..Limits::default()
    }
}

fn instrument(id: u32) -> Instrument {
    Instrument {
        sector: Some(format!("sector {}", id % 11)),
        ..shared::instrument(&format!("I{id}"))
    }
}

fn account(id: u32) -> AccountConfig {
    AccountConfig {
        name: format!("A{id}"),
        venue: VenueId::new(0),
        kind: AccountKind::Margin {
            leverage: Rate::from_raw(Rate::SCALE),
        },
        base_currency: CurrencyId::new(0),
        deposits: vec![(CurrencyId::new(0), Money::whole(1_000_000).unwrap())],
        hedging: None,
    }
}

fn strategy(id: u32) -> StrategyConfig {
    StrategyConfig {
        name: format!("S{id}"),
        account: AccountId::new(id / 10 % (FIRM.strategies / 10)),
        on_fault: OrdersOnFault::Cancel,
        manual: true,
        permissions: Permissions::ALL,
    }
}
