//! What the table of a host holds at the beginning.

use crate::fake::{EMA, EURUSD, MANUAL, NOON, number};
use engine::{
    DrawnLatency, FillChances, Latency, Quantiles, StrategyState, VenueConfig, VenueModels,
};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, Balance, CurrencyId, Duration, Fault,
    FaultKind, FeeTier, Fees, Fill, Instrument, InstrumentId, Liquidity, LogLevel, Margin,
    ModelSpec, Money, Order, OrderChange, OrderId, OrderKind, OrderKindName, OrderStatus,
    OrderUpdate, PluginHash, PositionState, Price, Quantity, Quote, Rate, Side, Terms, TimeInForce,
    Timestamp, VenueId,
};
use services::view::{
    AccountView, Change, FaultView, InstrumentView, LogLine, PluginView, PositionView, StrategyView,
};

pub(crate) fn venue() -> VenueConfig {
    let nanos = [0, 5, 90].map(Duration::from_nanos);
    VenueConfig {
        name: "SIM".into(),
        latency: Latency {
            insert: Duration::from_millis(2),
            drawn: DrawnLatency {
                feed: Quantiles(nanos.to_vec()),
                ..DrawnLatency::default()
            },
            ..Latency::default()
        },
        chances: Some(FillChances {
            touch: number("0.4"),
            ..FillChances::default()
        }),
        models: VenueModels {
            fee: Some(ModelSpec {
                name: "house".into(),
                parameters: Vec::new(),
            }),
            ..VenueModels::default()
        },
        lacks: vec![OrderKindName::StopMarket],
        ..VenueConfig::default()
    }
}

pub(crate) fn instrument(id: InstrumentId, symbol: &str, tick: &str, lot: &str) -> InstrumentView {
    InstrumentView {
        id,
        instrument: Instrument {
            symbol: symbol.into(),
            venue: VenueId::new(0),
            class: AssetClass::FxPair {
                base: CurrencyId::new(1),
            },
            quote_currency: CurrencyId::new(0),
            tick: number(tick),
            lot: number(lot),
            min_quantity: number(lot),
            max_quantity: number("10000000"),
            multiplier: Quantity::ONE,
            margin: Margin {
                initial: number("0.02"),
                maintenance: number("0.01"),
            },
            fees: Fees {
                max_share: Some(number("0.01")),
                ..Fees::default()
            },
            day_end: Duration::ZERO,
            session: None,
            tradable: true,
            sector: None,
        },
        quote_currency: "USD".into(),
        venue: "SIM".into(),
        fee_tiers: vec![FeeTier {
            from: number("1000000"),
            maker: number("-0.0001"),
            taker: number("0.0002"),
        }],
        quote: (id == EURUSD).then(|| quote(id, "1.1")),
        last: None,
    }
}

pub(crate) fn quote(instrument: InstrumentId, bid: &str) -> Quote {
    let bid: Price = number(bid);
    Quote {
        instrument,
        bid,
        ask: bid.checked_add(number("0.0001")).unwrap(),
        bid_size: number("1000000"),
        ask_size: Quantity::ZERO,
        ts_event: Timestamp::from_nanos(NOON + 1),
        ts_init: Timestamp::from_nanos(NOON + 2),
    }
}

pub(crate) fn ema() -> StrategyView {
    StrategyView {
        id: EMA,
        name: "ema".into(),
        manual: false,
        account: AccountId::new(0),
        state: StrategyState::Running,
        plugin: Some(PluginView {
            hash: PluginHash::new([0xab; 32]),
            name: "ema-cross".into(),
            version: "1.0.0".into(),
            parameters: vec![("fast".into(), "10".into()), ("slow".into(), "20".into())],
        }),
        swap: None,
        faults: vec![FaultView {
            time: Timestamp::from_nanos(NOON),
            sequence: 12,
            fault: Fault {
                kind: FaultKind::OutOfFuel,
                message: "on-quote".into(),
            },
        }],
        log: ["first", "<b>second</b>"]
            .map(|text| LogLine {
                time: Timestamp::from_nanos(NOON),
                level: LogLevel::Info,
                text: text.into(),
            })
            .into(),
    }
}

pub(crate) fn manual() -> StrategyView {
    StrategyView {
        id: MANUAL,
        name: "manual".into(),
        manual: true,
        plugin: None,
        faults: Vec::new(),
        log: Vec::new(),
        ..ema()
    }
}

pub(crate) fn order(id: OrderId, status: OrderStatus) -> Order {
    Order {
        id,
        strategy: EMA,
        account: AccountId::new(0),
        instrument: EURUSD,
        side: Side::Buy,
        kind: OrderKind::Limit {
            price: number("1.09"),
        },
        quantity: number("100000"),
        time_in_force: TimeInForce::Gtc,
        terms: Terms::default(),
        intent: 0,
        list: None,
        parent: None,
        algorithm: None,
        trigger: None,
        status,
        filled: number("40000"),
        filled_value: number("43600"),
        ts_created: Timestamp::from_nanos(NOON),
        expires: Timestamp::MAX,
    }
}

/// A change of an order to what it is in `order`.
pub(crate) fn order_change(order: Order, change: OrderChange) -> Change {
    let update = OrderUpdate {
        order: order.id,
        strategy: order.strategy,
        instrument: order.instrument,
        side: order.side,
        change,
        status: order.status,
        filled: order.filled,
        quantity: order.quantity,
        ts_event: Timestamp::from_nanos(NOON),
    };
    Change::Order(update, order)
}

pub(crate) fn fill(execution: u64) -> Fill {
    Fill {
        execution,
        order: OrderId::derive(9, 0).unwrap(),
        strategy: EMA,
        account: AccountId::new(0),
        instrument: EURUSD,
        side: Side::Buy,
        price: number("1.09"),
        quantity: number("40000"),
        fee: number("0.8"),
        liquidity: Liquidity::Maker,
        ts_event: Timestamp::from_nanos(NOON),
    }
}

pub(crate) fn position(quantity: &str) -> PositionView {
    let quantity: Quantity = number(quantity);
    PositionView {
        strategy: EMA,
        instrument: EURUSD,
        state: PositionState {
            quantity: quantity.long(),
            open_cost: number::<Price>("1.09")
                .notional(quantity, Quantity::ONE)
                .unwrap(),
            realized: number("12.5"),
            fees: number("0.8"),
        },
        unrealized: Some(number("1000")),
        ts_event: Timestamp::from_nanos(NOON),
    }
}

pub(crate) fn account() -> AccountView {
    let balance = |total: &str, locked: &str| Balance {
        total: number(total),
        locked: number(locked),
    };
    AccountView {
        id: AccountId::new(0),
        config: AccountConfig {
            name: "paper".into(),
            venue: VenueId::new(0),
            kind: AccountKind::Margin {
                leverage: number::<Rate>("10"),
            },
            base_currency: CurrencyId::new(0),
            deposits: vec![(CurrencyId::new(0), number::<Money>("1000000"))],
        },
        balances: vec![
            (CurrencyId::new(0), "USD".into(), balance("1000000", "2180")),
            (CurrencyId::new(1), "EUR".into(), balance("0", "0")),
        ],
    }
}
