//! Custom pre-trade rules: verdicts, and ways to break over one.

use crate::support::{expect_fault, instrument, runtime};
use model::{
    AccountId, ContextFacts, Fault, FaultKind, InstrumentId, OrderFacts, OrderId, OrderKind,
    PreTradeRule, Price, Quantity, Side, SignedQuantity, StrategyId, Terms, TimeInForce, Timestamp,
    Verdict,
};
use runtime::{Limits, Parameters, Rule, RuleConfig, World};
use testkit::plugin::Plugin;

fn limits() -> Limits {
    Limits {
        event_fuel: 1_000_000,
        init_fuel: 1_000_000,
        ..Limits::default()
    }
}

fn made(plugin: &Plugin) -> Result<Rule, Fault> {
    let bytes = plugin.build().unwrap();
    let admitted = runtime()
        .admit_as(World::PreTradeRule, &bytes, &limits())
        .unwrap();
    admitted.rule(RuleConfig {
        name: "strict".to_owned(),
        instruments: vec![(InstrumentId::new(0), instrument("ACME.SIM"))],
        currencies: vec!["USD".to_owned(), "EUR".to_owned()],
        strategies: vec!["one".to_owned()],
        accounts: vec!["margin".to_owned()],
        parameters: Parameters::default(),
        limits: limits(),
    })
}

fn order() -> OrderFacts {
    OrderFacts {
        id: OrderId::derive(3, 0).unwrap(),
        strategy: StrategyId::new(4),
        account: AccountId::new(5),
        instrument: InstrumentId::new(6),
        side: Side::Sell,
        kind: OrderKind::Limit {
            price: Price::from_raw(77),
        },
        quantity: Quantity::from_raw(88),
        time_in_force: TimeInForce::Gtc,
        terms: Terms::default(),
        parent: Some(OrderId::from_number(99)),
        amends: false,
    }
}

fn context() -> ContextFacts {
    ContextFacts {
        now: Timestamp::from_nanos(1_000),
        position: SignedQuantity::from_raw(-12),
        ..ContextFacts::default()
    }
}

/// Denies with the reason that lies at 2048, of `length` bytes.
fn denies(length: u32) -> Plugin {
    let body = format!(
        "(i32.store8 (i32.const 2000) (i32.const 1))
         (i32.store offset=4 (i32.const 2000) (i32.const 2048))
         (i32.store offset=8 (i32.const 2000) (i32.const {length})) (i32.const 2000)"
    );
    let reason = r#"(data (i32.const 2048) "too\0amuch")"#;
    Plugin::rule().items(reason).with("judge", &body)
}

#[test]
fn a_rule_passes_or_denies_with_a_reason_of_one_line() {
    let mut rule = made(&Plugin::rule()).unwrap();
    assert_eq!(rule.judge(&order(), &context()), Ok(Verdict::Pass));
    let mut rule = made(&denies(8)).unwrap();
    let Ok(Verdict::Deny(reason)) = rule.judge(&order(), &context()) else {
        panic!("no denial");
    };
    assert!(
        reason.starts_with("too") && !reason.contains('\n'),
        "{reason:?}"
    );
}

#[test]
fn a_long_reason_is_cut() {
    // What follows the reason in memory is zeros.
    let mut rule = made(&denies(60_000)).unwrap();
    let Ok(Verdict::Deny(reason)) = rule.judge(&order(), &context()) else {
        panic!("no denial");
    };
    assert_eq!(reason.chars().count(), 120);
}

#[test]
fn facts_are_seen_in_memory_as_the_contract_says() {
    // Denies unless the order's id, strategy, account and instrument are those of the test.
    let body = "(if (i32.and
            (i64.eq (i64.load (local.get $facts)) (i64.const ORDER))
            (i32.and (i32.eq (i32.load offset=8 (local.get $facts)) (i32.const 4))
                (i32.and (i32.eq (i32.load offset=12 (local.get $facts)) (i32.const 5))
                    (i32.and (i32.eq (i32.load offset=16 (local.get $facts)) (i32.const 6))
                        (i32.eq (i32.load8_u offset=20 (local.get $facts)) (i32.const 1))))))
        (then (return (i32.const 1088))))
        unreachable";
    let body = body.replace("ORDER", &order().id.number().to_string());
    let mut rule = made(&Plugin::rule().with("judge", &body)).unwrap();
    assert_eq!(rule.judge(&order(), &context()), Ok(Verdict::Pass));
}

#[test]
fn a_rule_that_breaks_stays_broken() {
    let check = |body, kind, text| {
        let mut rule = made(&Plugin::rule().with("judge", body)).unwrap();
        expect_fault(rule.judge(&order(), &context()), kind, text);
        expect_fault(rule.judge(&order(), &context()), kind, text);
    };
    check("unreachable", FaultKind::Trap, "judge: wasm `unreachable`");
    let fuel = "judge: used up its fuel of 1000000";
    check("(loop $l (br $l)) unreachable", FaultKind::OutOfFuel, fuel);
    // A verdict of a kind that does not exist.
    let bad = "(i32.store8 (i32.const 2000) (i32.const 7)) (i32.const 2000)";
    check(bad, FaultKind::BadOutput, "judge: ");
    // A reason outside its memory.
    let far = "(i32.store8 (i32.const 2000) (i32.const 1))
        (i32.store offset=4 (i32.const 2000) (i32.const 2048))
        (i32.store offset=8 (i32.const 2000) (i32.const 1073741824)) (i32.const 2000)";
    check(far, FaultKind::BadOutput, "judge: ");
}

#[test]
fn a_position_that_does_not_fit_breaks_rather_than_lies() {
    let mut rule = made(&Plugin::rule()).unwrap();
    let context = ContextFacts {
        position: SignedQuantity::from_raw(i128::MAX),
        ..context()
    };
    let result = rule.judge(&order(), &context);
    expect_fault(
        result,
        FaultKind::BadOutput,
        "judge: the position does not fit",
    );
}

#[test]
fn a_rule_that_breaks_while_it_is_made_is_none() {
    let check = |body, kind, text| {
        expect_fault(
            made(&Plugin::rule().with("init", body)).map(drop),
            kind,
            text,
        );
    };
    check("unreachable", FaultKind::Trap, "init: wasm `unreachable`");
    check(
        "(loop $l (br $l)) unreachable",
        FaultKind::OutOfFuel,
        "init: used up its fuel",
    );
}

#[test]
fn a_log_without_end_is_cut_off_and_harms_nobody() {
    let body = "(local $n i32) (loop $l
        (call $write (i32.const 1) (i32.const 2048) (i32.const 4))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $n) (i32.const 1000)))) (i32.const 1088)";
    let mut rule = made(&Plugin::rule().with("judge", body)).unwrap();
    assert_eq!(rule.judge(&order(), &context()), Ok(Verdict::Pass));
    assert_eq!(rule.usage().dropped_log_lines, 1_000 - 64);
}
