//! Execution algorithms: what crosses the wall, and ways to break there.

use crate::support::{REPORT_LINE, expect_fault, instrument, runtime};
use model::{
    Action, Actions, AlgorithmEvent, AlgorithmMaker, AlgorithmSnapshot, Amendment, Bar, BarBasis,
    BarSpec, ExecutionAlgorithm, Fault, FaultKind, InstrumentId, LogLevel, MarketFeed, Order,
    OrderId, OrderKind, Price, Quantity, Quote, SavedState, Side, TimeInForce, Timestamp, Trade,
};
use runtime::{AdmissionStage, Algorithm, AlgorithmConfig, AlgorithmInstance, Limits, World};
use testkit::hostile::{self, HostilePlugin};
use testkit::plugin::Plugin;

/// A market child of 5 units, good till cancelled, without a tag.
const CHILD: &str = "(drop (call $submit (i32.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
    (i64.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 5) (i32.const 0) (i64.const 0)
    (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0)))";

fn limits() -> Limits {
    Limits {
        event_fuel: 1_000_000,
        init_fuel: 1_000_000,
        ..Limits::default()
    }
}

fn set_up(plugin: &Plugin) -> Result<Algorithm, Fault> {
    let bytes = plugin.build().unwrap();
    let admitted = runtime()
        .admit_as(World::ExecutionAlgorithm, &bytes, &limits())
        .unwrap();
    admitted.algorithm(AlgorithmConfig {
        name: "slow".to_owned(),
        instruments: vec![(InstrumentId::new(3), instrument("ACME.SIM"))],
        currencies: vec!["USD".to_owned(), "EUR".to_owned()],
        limits: limits(),
    })
}

fn parent() -> Order {
    let quantity = Quantity::from_raw(700);
    crate::support::order(
        InstrumentId::new(3),
        Side::Sell,
        quantity,
        Price::from_raw(90),
    )
}

fn made(plugin: &Plugin) -> AlgorithmInstance {
    set_up(plugin).unwrap().instantiate(&parent(), &[]).unwrap()
}

fn actions() -> Actions {
    Actions::new(Timestamp::from_nanos(5_000), OrderId::derive(7, 0).unwrap())
}

fn started(plugin: &Plugin) -> AlgorithmInstance {
    let mut instance = made(plugin);
    let snapshot = AlgorithmSnapshot::default();
    instance
        .start(&parent(), &snapshot, &mut actions())
        .unwrap();
    instance
}

fn events() -> Vec<(&'static str, AlgorithmEvent)> {
    let (instrument, at) = (InstrumentId::new(3), Timestamp::from_nanos(9));
    let price = Price::from_raw(100);
    let size = Quantity::from_raw(4);
    vec![
        (
            "on-quote",
            AlgorithmEvent::Quote(Quote {
                instrument,
                bid: price,
                ask: price,
                bid_size: size,
                ask_size: size,
                ts_event: at,
                ts_init: at,
            }),
        ),
        (
            "on-trade",
            AlgorithmEvent::Trade(Trade {
                instrument,
                price,
                size,
                aggressor: None,
                ts_event: at,
                ts_init: at,
            }),
        ),
        (
            "on-bar",
            AlgorithmEvent::Bar(Bar {
                instrument,
                spec: BarSpec::seconds(60, BarBasis::Mid),
                open: price,
                high: price,
                low: price,
                close: price,
                volume: size,
                ts_open: at,
                ts_event: at,
                ts_init: at,
            }),
        ),
        ("on-timer", AlgorithmEvent::Timer { id: 1, due: at }),
        (
            "on-child-event",
            AlgorithmEvent::Child(crate::support::denied()),
        ),
        (
            "on-amended",
            AlgorithmEvent::Amended {
                quantity: size,
                price: Some(price),
            },
        ),
        ("on-ending", AlgorithmEvent::Ending),
    ]
}

#[test]
fn feeds_are_declared_in_init_and_nowhere_else() {
    let body = "(call $subscribe-quotes) (call $subscribe-trades) (call $subscribe-trades)
        (call $subscribe-bars (i32.const 0) (i64.const 60000000000) (i32.const 2)) (i32.const 1088)";
    let instance = made(&Plugin::algorithm().with("init", body));
    let bars = MarketFeed::Bars(BarSpec::seconds(60, BarBasis::Mid));
    assert_eq!(
        instance.declared(),
        [MarketFeed::Quotes, MarketFeed::Trades, bars]
    );
    let mut late = started(&Plugin::algorithm().with("on-ending", "(call $subscribe-quotes)"));
    let text = "on-ending: `subscribe-quotes` cannot be called in an event; do it in `init`";
    let result = late.handle(&AlgorithmEvent::Ending, &mut actions());
    expect_fault(result, FaultKind::BadOutput, text);
}

#[test]
fn children_are_of_the_parents_instrument_and_side_and_come_in_order() {
    let body = format!(
        "{CHILD} (call $set-timer (i64.const 2) (i64.const 6000))
         (call $modify (i64.const 8) (i32.const 1) (i64.const 3) (i32.const 0) (i64.const 0)
            (i32.const 0) (i64.const 0))
         (call $cancel (i64.const 9)) (call $done) (call $done)
         (call $cancel-timer (i64.const 2)) {CHILD}"
    );
    let mut instance = made(&Plugin::algorithm().with("on-start", &body));
    let mut out = actions();
    instance
        .start(&parent(), &AlgorithmSnapshot::default(), &mut out)
        .unwrap();
    let items = out.into_items();
    let Action::Submit(child) = &items[0] else {
        panic!("{items:?}");
    };
    assert_eq!(
        (
            child.instrument,
            child.side,
            child.kind,
            child.quantity.raw()
        ),
        (InstrumentId::new(3), Side::Sell, OrderKind::Market, 5)
    );
    assert_eq!(
        (child.id, child.time_in_force),
        (OrderId::derive(7, 0).unwrap(), TimeInForce::Gtc)
    );
    let due = Timestamp::from_nanos(6_000);
    assert_eq!(items[1], Action::SetTimer { id: 2, due });
    let amendment = Amendment {
        order: OrderId::from_number(8),
        quantity: Some(Quantity::from_raw(3)),
        price: None,
        trigger: None,
    };
    assert_eq!(items[2], Action::Modify(amendment));
    assert_eq!(items[3], Action::Cancel(OrderId::from_number(9)));
    assert_eq!(items[4], Action::Done);
    assert_eq!(items[5], Action::CancelTimer { id: 2 });
    assert!(matches!(&items[6], Action::Submit(child) if Some(child.id) == OrderId::derive(7, 1)));
    assert_eq!(items.len(), 7);
}

#[test]
fn what_init_logs_comes_with_the_first_call_that_can_carry_it() {
    let init = format!("{REPORT_LINE} (i32.const 1088)");
    let plugin = Plugin::algorithm()
        .items(r#"(data (i32.const 2048) "line")"#)
        .with("init", &init);
    let mut instance = made(&plugin);
    let mut out = actions();
    instance
        .start(&parent(), &AlgorithmSnapshot::default(), &mut out)
        .unwrap();
    let (level, text) = (LogLevel::Info, "line".to_owned());
    assert_eq!(out.into_items(), [Action::Log { level, text }]);
}

#[test]
fn the_parent_is_seen_in_memory_as_the_contract_says() {
    // order at 0, side at 8, quantity at 16, filled at 24, limit at 32 and 40: of the snapshot's
    // parent, which begins at 8. The timer's time is the sum of what is read.
    let body = "(call $set-timer
        (i64.load offset=0 (local.get $snapshot))
        (i64.add (i64.load offset=24 (local.get $snapshot))
            (i64.add (i64.load offset=48 (local.get $snapshot))
                (i64.extend_i32_u (i32.load8_u offset=16 (local.get $snapshot))))))";
    let mut instance = made(&Plugin::algorithm().with("on-start", body));
    let mut out = actions();
    instance
        .start(&parent(), &AlgorithmSnapshot::default(), &mut out)
        .unwrap();
    let due = Timestamp::from_nanos(700 + 90 + 1);
    assert_eq!(out.into_items(), [Action::SetTimer { id: 5_000, due }]);
}

#[test]
fn state_is_saved_and_taken_over() {
    let mut instance = started(&Plugin::algorithm());
    let saved = instance.save().unwrap();
    assert_eq!((saved.version, saved.bytes.len()), (1, 0));
    let body =
        "(if (i32.ne (local.get $version) (i32.const 9)) (then unreachable)) (i32.const 1088)";
    let mut other = made(&Plugin::algorithm().with("load", body));
    let snapshot = AlgorithmSnapshot {
        state: Some(SavedState {
            version: 9,
            bytes: vec![1],
        }),
        ..AlgorithmSnapshot::default()
    };
    other.start(&parent(), &snapshot, &mut actions()).unwrap();
}

#[test]
fn an_algorithm_that_traps_or_loops_is_broken_whatever_the_call() {
    for (export, event) in events() {
        let check = |body, kind, text: &str| {
            let mut instance = started(&Plugin::algorithm().with(export, body));
            let mut out = actions();
            let expect = format!("{export}: {text}");
            expect_fault(instance.handle(&event, &mut out), kind, &expect);
            assert!(out.items().is_empty(), "{export}: {:?}", out.items());
            // It is never entered again.
            expect_fault(
                instance.handle(&AlgorithmEvent::Ending, &mut out),
                kind,
                &expect,
            );
            expect_fault(instance.save(), kind, &expect);
        };
        let trap = format!("{CHILD} (call $done) unreachable");
        check(&trap, FaultKind::Trap, "wasm `unreachable`");
        check(
            "(loop $l (br $l))",
            FaultKind::OutOfFuel,
            "used up its fuel of 1000000",
        );
    }
}

#[test]
fn an_algorithm_that_breaks_while_it_is_made_is_a_fault_of_its_parent_alone() {
    let algorithm = |export: &str, body: &str| {
        let mut algorithm = set_up(&Plugin::algorithm().with(export, body)).unwrap();
        let mut instance = algorithm.make(&parent(), &[])?;
        let state = Some(SavedState::default());
        let snapshot = AlgorithmSnapshot {
            state,
            ..AlgorithmSnapshot::default()
        };
        instance.start(&parent(), &snapshot, &mut actions())?;
        instance.save()
    };
    let check = |export: &str, body: &str, kind, text: &str| {
        expect_fault(algorithm(export, body), kind, text);
    };
    let (trap, fuel) = (FaultKind::Trap, FaultKind::OutOfFuel);
    for export in ["init", "load", "on-start", "save"] {
        check(
            export,
            "unreachable",
            trap,
            &format!("{export}: wasm `unreachable`"),
        );
        let text = format!("{export}: used up its fuel");
        check(export, "(loop $l (br $l)) unreachable", fuel, &text);
    }
    let text = "init: `submit` cannot be called in init; do it in `on-start` or later";
    let body = format!("{CHILD} (i32.const 1088)");
    check("init", &body, FaultKind::BadOutput, text);
}

#[test]
fn giant_outputs_are_refused() {
    let spam = format!("(loop $l {CHILD} (br $l))");
    let mut instance = started(&Plugin::algorithm().with("on-ending", &spam));
    let result = instance.handle(&AlgorithmEvent::Ending, &mut actions());
    expect_fault(
        result,
        FaultKind::BadOutput,
        "asked for more than 256 things at once",
    );
    // A saved state of 16 MiB that claims to lie in a memory of two pages.
    let save = "(i32.store offset=4 (i32.const 2048) (i32.const 4096))
        (i32.store offset=8 (i32.const 2048) (i32.const 16777216)) (i32.const 2048)";
    let mut instance = started(&Plugin::algorithm().with("save", save));
    let fault = instance.save().unwrap_err();
    assert!(fault.message.starts_with("save: "), "{fault}");
    let tag = CHILD.replace(
        "(i32.const 0) (i32.const 0)))",
        "(i32.const 2048) (i32.const 60000)))",
    );
    let mut instance = started(&Plugin::algorithm().with("on-ending", &tag));
    let result = instance.handle(&AlgorithmEvent::Ending, &mut actions());
    expect_fault(result, FaultKind::BadOutput, "a tag of 60000 bytes");
}

#[test]
fn parameters_and_instruments_it_does_not_know_are_refused() {
    let mut algorithm = set_up(&Plugin::algorithm()).unwrap();
    let given = [("speed".to_owned(), "9".to_owned())];
    let refused = FaultKind::Refused;
    let result = algorithm.make(&parent(), &given).map(drop);
    expect_fault(result, refused, "init: `wat` has no parameter `speed`");
    let mut other = parent();
    other.instrument = InstrumentId::new(9);
    let result = algorithm.make(&other, &[]).map(drop);
    expect_fault(
        result,
        refused,
        "init: instrument 9 is not one of the algorithm's",
    );
}

#[test]
fn a_plugin_of_another_world_is_told_both_worlds() {
    let check = |plugin: &Plugin, wanted, words: &[&str]| {
        let bytes = plugin.build().unwrap();
        let error = runtime().admit_as(wanted, &bytes, &limits()).unwrap_err();
        assert_eq!(error.stage(), AdmissionStage::World, "{error}");
        let text = error.to_string();
        for word in words {
            assert!(text.contains(word), "`{text}` does not contain `{word}`");
        }
    };
    let (strategy, rule) = (Plugin::new(), Plugin::rule());
    let algorithm = World::ExecutionAlgorithm;
    check(
        &strategy,
        algorithm,
        &["`execution-algorithm` is wanted", "world `strategy`"],
    );
    check(
        &rule,
        algorithm,
        &["`execution-algorithm` is wanted", "world `pre-trade-rule`"],
    );
    check(
        &Plugin::algorithm(),
        World::Strategy,
        &["world `execution-algorithm`"],
    );
    check(
        &Plugin::algorithm(),
        World::PreTradeRule,
        &["`pre-trade-rule` is wanted"],
    );
    let bytes = hostile::component(HostilePlugin::AnotherWorld).unwrap();
    let error = runtime()
        .admit_as(algorithm, &bytes, &limits())
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`argonaut:plugin/execution-algorithm@1.0.0`"),
        "{text}"
    );
    assert!(text.contains("`on-ending`"), "{text}");
}

#[test]
fn a_plugin_says_of_which_world_it_is() {
    let world = |plugin: &Plugin| {
        let admitted = runtime().admit_any(&plugin.build().unwrap(), &limits());
        admitted.unwrap().world()
    };
    assert_eq!(world(&Plugin::new()), World::Strategy);
    assert_eq!(world(&Plugin::with_books()), World::Strategy);
    assert_eq!(world(&Plugin::algorithm()), World::ExecutionAlgorithm);
    assert_eq!(world(&Plugin::rule()), World::PreTradeRule);
    let bytes = hostile::component(HostilePlugin::AnotherWorld).unwrap();
    let error = runtime().admit_any(&bytes, &limits()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no `argonaut:plugin/strategy@1.0.0`"),
        "{error}"
    );
}
