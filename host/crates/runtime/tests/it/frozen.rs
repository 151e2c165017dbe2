//! Plugins of once on the host of today: each is admitted, each of its exports is called, and what it asks for
//! is taken. The plugins and the contract they were made against never change; see `frozen` of the test kit.

use crate::support::{
    config, denied, expect_fault, fresh, instrument, intents, order, quote, runtime,
};
use model::{
    AccountId, Actions, AlgorithmEvent, AlgorithmSnapshot, Bar, BarBasis, BarSpec, BookView,
    CashFlow, CashFlowReason, ContextFacts, CurrencyId, Duration, Event, ExecutionAlgorithm,
    FaultKind, FeeQuery, FillQuery, Hears, HistoryBlock, HistoryRequest, InstrumentId, Intent,
    LatencyQuery, LifeEvent, LifeEventKind, Liquidity, Listing, MarketFeed, Message, ModelKind,
    Money, Occasion, OrderFacts, OrderId, OrderKind, PositionChange, PositionState, PositionUpdate,
    PreTradeRule, Price, PriceLevel, Quantity, Quote, Rate, SavedState, Side, Signal, SignalEvent,
    StartSnapshot, Strategy, StrategyId, Subscription, Terms, TimeInForce, Timestamp, Trade,
    VenueModel, Verdict,
};
use runtime::{
    Admitted, AlgorithmConfig, FactorConfig, Feed, IndicatorConfig, Limits, ModelConfig, PanelRows,
    Parameters, RuleConfig, World,
};
use std::sync::Arc;
use testkit::frozen::{COMPILED, Fixture};

const FIRST: InstrumentId = InstrumentId::new(0);
const AT: Timestamp = Timestamp::from_nanos(60_000_000_000);

/// The plugin made of its text, and as it was compiled once, where that was kept.
fn components(name: &str) -> Vec<Vec<u8>> {
    let fixture = Fixture::named(name);
    let made = fixture.build().unwrap();
    if std::env::var_os("ARGONAUT_BLESS").is_some() {
        fixture.keep(&made).unwrap();
    }
    let compiled = fixture.compiled().unwrap();
    std::iter::once(made).chain(compiled).collect()
}

/// Admitted as the world it finds by itself, which must be this one.
fn admitted(name: &str, world: World) -> Vec<Admitted> {
    let components = components(name).into_iter();
    let admitted = components.map(|bytes| {
        let admitted = runtime().admit_any(&bytes, &Limits::default()).unwrap();
        assert_eq!(admitted.world(), world, "{name}");
        let described = admitted.describe().unwrap();
        assert_eq!(described.name, "frozen");
        assert_eq!(described.documentation, "of 2026-11-27");
        admitted
    });
    admitted.collect()
}

/// The exports that were called, as the plugin noted them; all of `count` but `describe`.
#[track_caller]
fn check_called(saved: &SavedState, count: u32) {
    let called = u64::from_le_bytes(saved.bytes.as_slice().try_into().unwrap());
    let all = (1_u64 << count) - 2;
    assert_eq!(saved.version, 1);
    assert_eq!(called, all, "called: {called:b}, exported: {all:b}");
}

/// What a plugin of once saved.
fn saved() -> SavedState {
    SavedState {
        version: 1,
        bytes: vec![0; 8],
    }
}

fn bars() -> BarSpec {
    BarSpec::seconds(60, BarBasis::Mid)
}

fn bar() -> Bar {
    let price = Price::from_raw(7);
    Bar {
        instrument: FIRST,
        spec: bars(),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Quantity::ONE,
        ts_open: Timestamp::ZERO,
        ts_event: AT,
        ts_init: AT,
    }
}

fn trade() -> Trade {
    Trade {
        instrument: FIRST,
        price: Price::from_raw(7),
        size: Quantity::ONE,
        aggressor: Some(Side::Buy),
        ts_event: AT,
        ts_init: AT,
    }
}

fn bid_and_ask() -> Quote {
    Quote {
        instrument: FIRST,
        bid: Price::from_raw(7),
        ask: Price::from_raw(8),
        bid_size: Quantity::ONE,
        ask_size: Quantity::ONE,
        ts_event: AT,
        ts_init: AT,
    }
}

/// One event for each export that every strategy has, but the quote.
fn events() -> Vec<Event> {
    let position = PositionUpdate {
        position: None,
        strategy: StrategyId::new(0),
        instrument: FIRST,
        state: PositionState::default(),
        change: PositionChange::Fill,
        ts_event: AT,
    };
    vec![
        Event::Trade(trade()),
        Event::Bar(bar()),
        Event::Timer { id: 1, due: AT },
        Event::Order(denied()),
        Event::Position(position),
    ]
}

/// One event for each export that a strategy may have.
fn optional_events() -> Vec<Event> {
    let level = PriceLevel {
        price: Price::from_raw(7),
        size: Quantity::ONE,
    };
    let flow = CashFlow {
        account: AccountId::new(0),
        position: Some((StrategyId::new(0), FIRST)),
        reason: CashFlowReason::Position(PositionChange::Funding),
        currency: CurrencyId::new(0),
        amount: Money::from_raw(5),
        ts_event: AT,
    };
    let kind = LifeEventKind::Funding {
        rate: Rate::from_raw(7),
    };
    let event = LifeEvent {
        instrument: FIRST,
        kind,
        ts_event: AT,
    };
    let values = [("size".to_owned(), "1".to_owned())];
    vec![
        Event::Book(Arc::new(BookView {
            instrument: FIRST,
            bids: vec![level],
            asks: vec![level],
            ts_event: AT,
            ts_init: AT,
        })),
        Event::BookLost(FIRST),
        Event::CashFlow {
            flow,
            currency: "USD".into(),
        },
        Event::Life {
            event,
            currency: None,
        },
        Event::Signal(Arc::new(SignalEvent {
            signal: Signal::new("buy", values).unwrap(),
            ts_event: AT,
        })),
    ]
}

/// Runs a strategy from its start to its end; what it saved.
fn lived(admitted: &Admitted, optional: &[Event]) -> SavedState {
    let mut instance = admitted.instantiate(config(Limits::default())).unwrap();
    let mut wanted = vec![
        Subscription::Quotes(FIRST),
        Subscription::Trades(FIRST),
        Subscription::Bars(FIRST, bars()),
    ];
    if !optional.is_empty() {
        wanted.push(Subscription::Book(FIRST, 1));
    }
    assert_eq!(instance.declared(), wanted);
    let request = HistoryRequest {
        instrument: FIRST,
        spec: bars(),
        count: 2,
    };
    assert_eq!(instance.history_requests(), [request]);
    let bars = vec![bar()];
    let snapshot = StartSnapshot {
        state: Some(saved()),
        history: vec![HistoryBlock { request, bars }],
        ..fresh()
    };
    let mut out = intents();
    instance.start(&snapshot, &mut out).unwrap();
    let put = |intent: &Intent| matches!(intent, Intent::PutState { key, .. } if key == "k");
    assert!(out.items().iter().any(put), "{:?}", out.items());
    check_orders(&mut instance);
    for event in events().iter().chain(optional) {
        instance.handle(event, &mut intents()).unwrap();
    }
    let mut out = intents();
    instance.stop(&mut out).unwrap();
    assert_eq!(out.items().len(), wanted.len(), "{:?}", out.items());
    instance.save().unwrap()
}

/// A quote has it send an order in each way there is, change one, and withdraw.
fn check_orders(instance: &mut dyn Strategy) {
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap();
    let kinds: Vec<_> = out
        .items()
        .iter()
        .map(|intent| match intent {
            Intent::Submit(request) => match request.kind {
                OrderKind::Market => "market",
                OrderKind::Limit { .. } => "limit",
                OrderKind::StopMarket { .. } => "stop",
                _ => "another",
            },
            Intent::SubmitList(requests) if requests.len() == 1 => "list",
            Intent::Work(_, call) => call.name.as_str(),
            Intent::Modify(_) => "modify",
            Intent::Cancel(_) => "cancel",
            Intent::CancelAll(_) => "cancel all",
            _ => "something else",
        })
        .collect();
    let expect = [
        "market",
        "limit",
        "stop",
        "market",
        "list",
        "twap",
        "modify",
        "cancel",
        "cancel all",
    ];
    assert_eq!(kinds, expect);
}

#[test]
fn a_strategy_of_once_runs_without_what_is_optional() {
    for admitted in admitted("strategy", World::Strategy) {
        let instance = admitted.instantiate(config(Limits::default())).unwrap();
        assert_eq!(instance.hears(), Hears::default());
        check_called(&lived(&admitted, &[]), 13);
    }
}

#[test]
fn a_strategy_of_once_hears_all_that_was_optional_then() {
    for admitted in admitted("strategy-options", World::Strategy) {
        check_called(&lived(&admitted, &optional_events()), 18);
    }
}

#[test]
fn a_strategy_of_once_still_refuses_state_that_it_does_not_know() {
    for admitted in admitted("strategy", World::Strategy) {
        let state = SavedState {
            version: 2,
            bytes: Vec::new(),
        };
        let mut instance = admitted.instantiate(config(Limits::default())).unwrap();
        let snapshot = StartSnapshot {
            state: Some(state),
            ..fresh()
        };
        let refused = instance.start(&snapshot, &mut intents());
        expect_fault(refused, FaultKind::Refused, "load: another version");
    }
}

#[test]
fn what_was_compiled_once_runs() {
    let admitted = runtime().admit(COMPILED, &Limits::default()).unwrap();
    assert_eq!(admitted.describe().unwrap().name, "wat");
    let mut instance = admitted.instantiate(config(Limits::default())).unwrap();
    let snapshot = StartSnapshot {
        state: Some(saved()),
        ..fresh()
    };
    instance.start(&snapshot, &mut intents()).unwrap();
    for event in events().iter().chain(&optional_events()) {
        instance.handle(event, &mut intents()).unwrap();
    }
    instance.stop(&mut intents()).unwrap();
    assert_eq!(instance.save().unwrap().version, 1);
}

#[test]
fn an_algorithm_of_once_runs() {
    let parent = order(
        FIRST,
        Side::Sell,
        Quantity::from_raw(700),
        Price::from_raw(90),
    );
    for admitted in admitted("execution-algorithm", World::ExecutionAlgorithm) {
        let algorithm = admitted
            .algorithm(AlgorithmConfig {
                name: "slow".to_owned(),
                instruments: vec![(FIRST, instrument("ACME.SIM"))],
                currencies: vec!["USD".to_owned(), "EUR".to_owned()],
                limits: Limits::default(),
            })
            .unwrap();
        let mut instance = algorithm.instantiate(&parent, &[]).unwrap();
        let feeds = [
            MarketFeed::Quotes,
            MarketFeed::Trades,
            MarketFeed::Bars(bars()),
        ];
        assert_eq!(instance.declared(), feeds);
        let snapshot = AlgorithmSnapshot {
            state: Some(saved()),
            ..AlgorithmSnapshot::default()
        };
        let mut out = actions();
        instance.start(&parent, &snapshot, &mut out).unwrap();
        // A line, a timer set and withdrawn, a child sent, changed and withdrawn.
        assert_eq!(out.items().len(), 6, "{:?}", out.items());
        let amended = AlgorithmEvent::Amended {
            quantity: Quantity::from_raw(600),
            price: Some(Price::from_raw(91)),
        };
        for event in [
            AlgorithmEvent::Quote(bid_and_ask()),
            AlgorithmEvent::Trade(trade()),
            AlgorithmEvent::Bar(bar()),
            AlgorithmEvent::Timer { id: 1, due: AT },
            AlgorithmEvent::Child(denied()),
            amended,
            AlgorithmEvent::Ending,
        ] {
            instance.handle(&event, &mut actions()).unwrap();
        }
        check_called(&instance.save().unwrap(), 12);
    }
}

fn actions() -> Actions {
    Actions::new(AT, OrderId::derive(7, 0).unwrap())
}

#[test]
fn a_rule_of_once_judges() {
    let facts = OrderFacts {
        id: OrderId::derive(3, 0).unwrap(),
        strategy: StrategyId::new(0),
        account: AccountId::new(0),
        instrument: FIRST,
        side: Side::Sell,
        kind: OrderKind::Market,
        quantity: Quantity::ONE,
        time_in_force: TimeInForce::Gtc,
        terms: Terms::default(),
        parent: None,
        amends: false,
    };
    for admitted in admitted("pre-trade-rule", World::PreTradeRule) {
        let mut rule = admitted
            .rule(RuleConfig {
                name: "strict".to_owned(),
                instruments: vec![(FIRST, instrument("ACME.SIM"))],
                currencies: vec!["USD".to_owned(), "EUR".to_owned()],
                strategies: vec!["one".to_owned()],
                accounts: vec!["margin".to_owned()],
                parameters: Parameters::default(),
                limits: Limits::default(),
            })
            .unwrap();
        let verdict = rule.judge(&facts, &ContextFacts::default()).unwrap();
        assert!(
            matches!(&verdict, Verdict::Deny(reason) if reason.contains("judged")),
            "{verdict:?}"
        );
    }
}

fn model(admitted: &Admitted, kind: ModelKind) -> VenueModel {
    let config = ModelConfig {
        venue: "SIM".to_owned(),
        kind,
        parameters: Parameters::default(),
        limits: Limits::default(),
    };
    admitted.venue_model(config).unwrap()
}

fn fill_query() -> FillQuery {
    FillQuery {
        order: OrderId::from_number(5),
        instrument: FIRST,
        side: Side::Buy,
        limit: None,
        remaining: Quantity::from_raw(90),
        occasion: Occasion::Take,
        price: Price::from_raw(60),
        offered: Quantity::from_raw(40),
        queue: None,
        tick: Price::from_raw(1),
        visit: 2,
        now: AT,
    }
}

fn fee_query() -> FeeQuery {
    FeeQuery {
        order: OrderId::from_number(5),
        instrument: FIRST,
        account: AccountId::new(0),
        side: Side::Sell,
        liquidity: Liquidity::Maker,
        price: Price::from_raw(60),
        quantity: Quantity::from_raw(40),
        value: Money::from_raw(2_400),
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        charged: Money::ZERO,
        accrued: Money::ZERO,
        turnover: Money::ZERO,
        now: AT,
    }
}

#[test]
fn a_model_of_once_answers_for_each_port() {
    let described = instrument("ACME.SIM");
    let listing = Listing {
        id: FIRST,
        instrument: &described,
        currency: "USD",
    };
    for admitted in admitted("venue-model", World::VenueModel) {
        let VenueModel::Fill(mut fills) = model(&admitted, ModelKind::Fill) else {
            panic!("no model of fills")
        };
        fills.list(&listing).unwrap();
        let filled = fills.fill(&fill_query()).unwrap();
        assert_eq!((filled.quantity.raw(), filled.price.raw()), (40, 60));
        let VenueModel::Fee(mut fees) = model(&admitted, ModelKind::Fee) else {
            panic!("no model of fees")
        };
        assert_eq!(fees.ceiling(&listing).unwrap().maker, Rate::from_raw(7));
        let charge = fees.charge(&fee_query()).unwrap();
        assert_eq!((charge.fee.raw(), charge.accrued.raw()), (9, 9));
        let VenueModel::Latency(mut latency) = model(&admitted, ModelKind::Latency) else {
            panic!("no model of latencies")
        };
        assert!(latency.delays_data());
        latency.list(&listing).unwrap();
        let query = LatencyQuery {
            message: Message::Insert,
            instrument: FIRST,
            now: AT,
        };
        assert_eq!(latency.delay(&query), Ok(Duration::from_nanos(77)));
    }
}

#[test]
fn a_factor_of_once_scores() {
    let (times, instruments) = ([AT], ["A", "B"].map(str::to_owned));
    let closes = [3.0, 4.0];
    for admitted in admitted("factor", World::Factor) {
        let mut factor = admitted
            .factor(FactorConfig {
                name: "test".to_owned(),
                parameters: Parameters::default(),
                limits: Limits::default(),
            })
            .unwrap();
        let scores = factor.score(&PanelRows {
            times: &times,
            instruments: &instruments,
            fields: &[&closes],
            first: 0,
        });
        assert_eq!(scores, Ok(vec![3.0, 4.0]));
    }
}

#[test]
fn an_indicator_of_once_has_values() {
    for admitted in admitted("indicator", World::Indicator) {
        let mut indicator = admitted
            .indicator(IndicatorConfig {
                name: "test".to_owned(),
                parameters: Parameters::default(),
                limits: Limits::default(),
            })
            .unwrap();
        assert_eq!(indicator.shape().feed, Feed::Both);
        indicator.load(saved()).unwrap();
        assert_eq!(indicator.on_bar(&bar()), Ok(Some(vec![7.0])));
        assert_eq!(indicator.on_quote(&bid_and_ask()), Ok(Some(vec![7.0])));
        check_called(&indicator.save().unwrap(), 6);
    }
}
