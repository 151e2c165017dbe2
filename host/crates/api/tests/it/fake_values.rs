//! What the table of a host holds at the beginning.

use crate::fake::{EMA, EURUSD, MANUAL, NOON, number};
use engine::{HandOver, LimitScope, Probation, Profit, Severity, StrategyState};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, Balance, BookView, CurrencyId, DenyCode,
    Duration, Fault, FaultKind, FeeTier, Fees, Fill, Instrument, InstrumentId, Liquidity, LogLevel,
    Margin, Money, Order, OrderChange, OrderId, OrderKind, OrderStatus, OrderUpdate, PluginHash,
    PositionState, Price, PriceLevel, Quantity, Quote, Rate, Side, Terms, TimeInForce, Timestamp,
    VenueId,
};
use quant::portfolio::Exposure;
use quant::{Figure, Unavailable};
use services::handle::{HostError, SwapReport};
use services::metrics::{
    CorrelationView, DrawdownView, ExposureView, MetricsView, ScenarioView, ScopeMetrics, TailView,
};
use services::shadow::{
    Difference, Handling, ShadowReport, ShadowState, ShadowView, SideReport, Wanted,
};
use services::view::{
    AccountView, AlertCode, AlertState, AlertView, Change, FaultView, InstrumentView, LogLine,
    PluginView, PositionView, ProbationView, RestartOutcome, RestartView, RollBackView,
    StrategyView,
};
use std::sync::Arc;

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
        venue_mark: None,
        index: None,
        halted: false,
        book: (id == EURUSD).then(|| Arc::new(book(id, "1.1"))),
    }
}

/// A book of one level a side.
pub(crate) fn book(instrument: InstrumentId, bid: &str) -> BookView {
    let quote = quote(instrument, bid);
    let level = |price| PriceLevel {
        price,
        size: number("1000"),
    };
    BookView {
        instrument,
        bids: vec![level(quote.bid)],
        asks: vec![level(quote.ask)],
        ts_event: quote.ts_event,
        ts_init: quote.ts_init,
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
        probation: None,
        last_roll_back: None,
        last_kept: None,
        pipeline: None,
        last_build: None,
        restart: Some(Box::new(RestartView {
            time: Timestamp::from_nanos(NOON),
            attempt: 1,
            of: 3,
            outcome: RestartOutcome::Restored,
            due: None,
            reason: None,
        })),
        broke_paused: false,
        saved_at: None,
        shadow: None,
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
    Change::Order(update, order, None)
}

pub(crate) fn fill(execution: u64) -> Fill {
    Fill {
        execution,
        order: OrderId::derive(9, 0).unwrap(),
        strategy: EMA,
        account: AccountId::new(0),
        instrument: EURUSD,
        position: None,
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
        position: None,
        state: PositionState {
            quantity: quantity.long(),
            open_cost: number::<Price>("1.09")
                .notional(quantity, Quantity::ONE)
                .unwrap(),
            realized: number("12.5"),
            fees: number("0.8"),
        },
        unrealized: Some(number("1000")),
        change: model::PositionChange::Fill,
        ts_event: Timestamp::from_nanos(NOON),
    }
}

pub(crate) fn account() -> AccountView {
    let balance = |total: &str, locked: &str| Balance {
        total: number(total),
        locked: number(locked),
    };
    AccountView {
        rules: model::AccountRules::default(),
        margin: None,
        id: AccountId::new(0),
        config: AccountConfig {
            name: "paper".into(),
            venue: VenueId::new(0),
            kind: AccountKind::Margin {
                leverage: number::<Rate>("10"),
            },
            base_currency: CurrencyId::new(0),
            deposits: vec![(CurrencyId::new(0), number::<Money>("1000000"))],
            hedging: None,
        },
        balances: vec![
            (CurrencyId::new(0), "USD".into(), balance("1000000", "2180")),
            (CurrencyId::new(1), "EUR".into(), balance("0", "0")),
        ],
    }
}

/// A warning that a strategy's loss is half of its limit.
pub(crate) fn alert(id: u64) -> AlertView {
    AlertView {
        id,
        severity: Severity::Warning,
        raised_severity: Severity::Warning,
        code: AlertCode::Control(model::DenyCode::Loss),
        scope: LimitScope::Strategy(EMA),
        share: number("0.5"),
        sequence: 18,
        first_time: Timestamp::from_nanos(NOON),
        first_sequence: 12,
        last_time: Timestamp::from_nanos(NOON + 1),
        opened: Timestamp::from_nanos(NOON),
        count: 3,
        state: AlertState::Open,
        acknowledged_by: None,
        acknowledged_at: None,
        escalations: 0,
    }
}

const TOO_FEW: Figure = Err(Unavailable::History { needed: 20, had: 7 });

/// Metrics of the firm alone, which holds 100,000 and has seven returns.
pub(crate) fn metrics(nanos: u64) -> MetricsView {
    let exposure = Exposure {
        long: 110_000.0,
        short: 0.0,
    };
    let firm = ScopeMetrics {
        scope: LimitScope::Firm,
        currency: CurrencyId::new(0),
        equity: Ok(1_001_000.0),
        returns: 7,
        tails: vec![TailView {
            confidence: number("0.95"),
            historical: TOO_FEW,
            normal: TOO_FEW,
            simulated: TOO_FEW,
            historical_shortfall: TOO_FEW,
            normal_shortfall: TOO_FEW,
            simulated_shortfall: TOO_FEW,
        }],
        drawdown: DrawdownView {
            current: Ok(250.5),
            max: Ok(1_000.0),
            current_share: Ok(0.00025),
            max_share: Ok(0.001),
        },
        exposure: Ok(ExposureView {
            total: exposure,
            instruments: vec![(EURUSD, exposure)],
            sectors: vec![(None, exposure)],
            currencies: vec![("EUR".to_owned(), exposure)],
        }),
        leverage: Ok(0.11),
        concentration: Ok(1.0),
        largest_share: Ok(1.0),
        five_largest_share: Ok(1.0),
        beta: Err(Unavailable::Missing("no benchmark is chosen")),
        beta_exposure: Err(Unavailable::Missing("no benchmark is chosen")),
        liquidity_days: Ok(0.5),
        components: Ok(vec![(EURUSD, 12.5)]),
    };
    MetricsView {
        time: Timestamp::from_nanos(nanos),
        horizon: Duration::from_secs(86_400),
        sample_period: Duration::from_secs(5),
        scopes: vec![firm],
        skipped: 0,
    }
}

/// Two instruments, one of which does not move.
pub(crate) fn correlation() -> CorrelationView {
    let still = Err(Unavailable::NoVariation);
    CorrelationView {
        time: Timestamp::from_nanos(NOON),
        instruments: vec![EURUSD, crate::fake::BTCUSD],
        returns: 30,
        correlations: Ok(vec![vec![Ok(1.0), still], vec![still, still]]),
        covariances: Ok(vec![vec![0.0001, 0.0], vec![0.0, 0.0]]),
        is_positive_semidefinite: Some(true),
    }
}

/// What a scenario would do.
pub(crate) fn scenario_result(name: &str) -> ScenarioView {
    ScenarioView {
        name: name.to_owned(),
        time: Timestamp::from_nanos(NOON),
        currency: CurrencyId::new(0),
        total: Ok(-22_000.0),
        worst: None,
        balances: Ok(0.0),
        accounts: vec![(AccountId::new(0), Ok(-22_000.0))],
        strategies: vec![(EMA, Ok(-22_000.0))],
        instruments: vec![(EURUSD, Ok(-22_000.0))],
        value_at_risk: TOO_FEW,
        stressed_value_at_risk: TOO_FEW,
    }
}

/// Whether something of that name is there.
pub(crate) fn found(is_there: bool, what: &'static str, name: &str) -> Result<(), HostError> {
    let name = name.to_owned();
    is_there
        .then_some(())
        .ok_or(HostError::NotFound { what, name })
}

/// What a swap of it did.
pub(crate) fn swap_report(strategy: Arc<StrategyView>) -> SwapReport {
    SwapReport {
        strategy,
        begun_at: 100,
        committed_at: 105,
        caught_up: 4,
        switch_ns: 12_345,
        total_ns: 67_000_000,
    }
}

/// A shadow that agreed once and wanted another price the next time.
pub(crate) fn shadow_report() -> ShadowReport {
    let running = Wanted {
        order: order(OrderId::derive(50, 0).unwrap(), OrderStatus::Accepted),
        denied: None,
    };
    let mut other = running;
    other.order.kind = OrderKind::Limit {
        price: number("1.08"),
    };
    other.denied = Some(DenyCode::Loss);
    let side = |orders: u64, realized: &str| SideReport {
        orders,
        handling: Handling {
            calls: 900,
            time_p50_ns: 800,
            time_p99_ns: 2_000,
            fuel_p50: Some(120),
            fuel_p99: Some(340),
        },
        profit: Some(Profit {
            realized: number(realized),
            open: number("-0.5"),
            fees: number("0.25"),
        }),
        positions: vec![(EURUSD, number("-1000"))],
        ..SideReport::default()
    };
    ShadowReport {
        view: ShadowView {
            plugin: PluginView {
                version: "2.0.0".into(),
                ..ema().plugin.unwrap()
            },
            hand_over: HandOver::Carry,
            begun_at: 40,
            since: Timestamp::from_nanos(NOON),
        },
        state: ShadowState::Trading,
        time: Timestamp::from_nanos(NOON + 1),
        inputs: 1_000,
        waiting: 3,
        tolerance: Duration::from_secs(1),
        matched: 1,
        open: 0,
        only_running: 0,
        only_shadow: 0,
        other_terms: 1,
        first: vec![Difference {
            number: 1,
            running: Some(running),
            shadow: Some(other),
        }],
        latest: Vec::new(),
        running: side(2, "10"),
        shadow: SideReport {
            profit: None,
            ..side(2, "0")
        },
        verdict: "1 difference".into(),
    }
}

/// A version that is watched for an hour.
pub(crate) fn on_probation(terms: Probation) -> Box<ProbationView> {
    Box::new(ProbationView {
        before: ema().plugin,
        since: Timestamp::from_nanos(NOON),
        until: Timestamp::from_nanos(NOON).after(terms.lasts),
        terms,
        canary: None,
    })
}

/// A version that was sent back.
pub(crate) fn rolled_back() -> Box<RollBackView> {
    Box::new(RollBackView {
        time: Timestamp::from_nanos(NOON),
        sequence: 77,
        from: ema().plugin,
        reason: "asked for".into(),
    })
}
