//! Cash flows, life events and signals across the wall, and plugins that do without.

use crate::support::{REPORT, SEEN, admit, expect_fault, intents, reported, running};
use model::{
    AccountId, CashFlow, CashFlowReason, CurrencyId, Event, FaultKind, Hears, InstrumentId,
    LifeEvent, LifeEventKind, Money, PositionChange, Price, Rate, Signal, SignalEvent, Strategy,
    StrategyId, Timestamp,
};
use runtime::Limits;
use std::sync::Arc;
use testkit::plugin::Plugin;

const ON_CASH_FLOW: &str = "argonaut:plugin/on-cash-flow@1.0.0#on-cash-flow";
const ON_LIFECYCLE: &str = "argonaut:plugin/on-lifecycle@1.0.0#on-lifecycle";
const ON_SIGNAL: &str = "argonaut:plugin/on-signal@1.0.0#on-signal";

fn flow(reason: CashFlowReason, instrument: Option<u32>, amount: i128) -> Event {
    let position = instrument.map(|number| (StrategyId::new(0), InstrumentId::new(number)));
    let flow = CashFlow {
        account: AccountId::new(0),
        position,
        reason,
        currency: CurrencyId::new(0),
        amount: Money::from_raw(amount),
        ts_event: Timestamp::from_nanos(11),
    };
    let currency = "USD".into();
    Event::CashFlow { flow, currency }
}

fn life(kind: LifeEventKind) -> Event {
    let currency = match kind {
        LifeEventKind::Dividend { .. } => Some("EUR".into()),
        _ => None,
    };
    let event = LifeEvent {
        instrument: InstrumentId::new(3),
        kind,
        ts_event: Timestamp::from_nanos(11),
    };
    Event::Life { event, currency }
}

fn signal(name: &str, values: &[(&str, &str)]) -> Event {
    let values = values.iter().map(|(name, value)| {
        let value = (*value).to_owned();
        ((*name).to_owned(), value)
    });
    Event::Signal(Arc::new(SignalEvent {
        signal: Signal::new(name, values).unwrap(),
        ts_event: Timestamp::from_nanos(11),
    }))
}

/// Adds a number, each times another power of a thousand, to what it has seen.
fn add(number: &str) -> String {
    format!("(global.set $seen (i64.add (i64.mul (global.get $seen) (i64.const 1000)) {number}))")
}

fn add_all(numbers: &[&str]) -> String {
    let sums: String = numbers.iter().map(|number| add(number)).collect();
    format!("(global.set $seen (i64.const 0)) {sums} {REPORT}")
}

fn small(name: &str) -> String {
    format!("(i64.extend_i32_u (local.get ${name}))")
}

/// The first letter of a text.
const LETTER: &str = "(i64.load8_u (local.get $currency))";

fn listener() -> Plugin {
    let [reason, has, instrument, case, length] = [
        "reason",
        "has_instrument",
        "instrument",
        "case",
        "currency_len",
    ]
    .map(small);
    let flow = add_all(&[
        &reason,
        &has,
        &instrument,
        LETTER,
        &length,
        "(i64.extend_i32_u (i64.eqz (local.get $high)))",
        "(local.get $low)",
        "(local.get $ts_event)",
    ]);
    let life = add_all(&[
        &instrument,
        &case,
        "(local.get $first)",
        "(local.get $second)",
        &length,
        "(local.get $ts_event)",
    ]);
    Plugin::with_life()
        .items(SEEN)
        .with(ON_CASH_FLOW, &flow)
        .with(ON_LIFECYCLE, &life)
}

/// The numbers as [`add_all`] adds them up; what overflows is lost on both sides.
fn sum(numbers: &[u64]) -> u64 {
    let times = |sum: u64, number: &u64| sum.wrapping_mul(1_000).wrapping_add(*number);
    numbers.iter().fold(0, times)
}

#[test]
fn a_flow_crosses_with_its_reason_currency_and_exact_amount() {
    let mut instance = running(&admit(&listener()), Limits::default());
    assert_eq!(instance.hears(), Hears::ALL);
    let letter = u64::from(b'U');
    for (event, expect) in [
        (
            flow(
                CashFlowReason::Position(PositionChange::Funding),
                Some(3),
                700,
            ),
            [0, 1, 3, letter, 3, 1, 700, 11],
        ),
        (
            flow(
                CashFlowReason::Position(PositionChange::Delivery),
                Some(0),
                -5,
            ),
            [7, 1, 0, letter, 3, 0, 5_u64.wrapping_neg(), 11],
        ),
        (
            flow(CashFlowReason::Conversion, None, (1 << 64) + 9),
            [8, 0, 0, letter, 3, 0, 9, 11],
        ),
    ] {
        let mut out = intents();
        instance.handle(&event, &mut out).unwrap();
        assert_eq!(reported(out.items()), [sum(&expect)], "{event:?}");
    }
}

#[test]
fn what_happened_crosses_by_its_case() {
    let mut instance = running(&admit(&listener()), Limits::default());
    let price = Price::from_raw(101);
    for (kind, expect) in [
        (
            LifeEventKind::Funding {
                rate: Rate::from_raw(-7),
            },
            [3, 0, 7_u64.wrapping_neg(), 0, 0, 11],
        ),
        (LifeEventKind::FinalPrice { price }, [3, 1, 101, 0, 0, 11]),
        (LifeEventKind::Expiry, [3, 2, 0, 0, 0, 11]),
        (LifeEventKind::Settlement { price }, [3, 3, 101, 0, 0, 11]),
        (
            LifeEventKind::Split {
                numerator: 3,
                denominator: 2,
            },
            [3, 4, 3, 2, 0, 11],
        ),
        (
            LifeEventKind::Dividend {
                amount: Money::from_raw(350),
                currency: CurrencyId::new(1),
            },
            [3, 5, 0, 350, 3, 11],
        ),
    ] {
        let mut out = intents();
        instance.handle(&life(kind), &mut out).unwrap();
        assert_eq!(reported(out.items()), [sum(&expect)], "{kind:?}");
    }
}

#[test]
fn a_signal_crosses_with_its_name_and_values() {
    // The first letter of the second value's text.
    let letter = "(i64.load8_u (i32.load (i32.add (local.get $values) (i32.const 24))))";
    let [name_len, values_len] = ["name_len", "values_len"].map(small);
    let body = add_all(&[
        "(i64.load8_u (local.get $name))",
        &name_len,
        &values_len,
        "(i64.extend_i32_u (i32.load (i32.add (local.get $values) (i32.const 4))))",
        letter,
        "(local.get $ts_event)",
    ]);
    let plugin = Plugin::with_life().items(SEEN).with(ON_SIGNAL, &body);
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut out = intents();
    let event = signal("buy", &[("abc", "1"), ("b", "x")]);
    instance.handle(&event, &mut out).unwrap();
    let [first, letter] = [b'b', b'x'].map(u64::from);
    assert_eq!(reported(out.items()), [sum(&[first, 3, 2, 3, letter, 11])]);
    // None are fine, too.
    let mut out = intents();
    let plugin = Plugin::with_life()
        .items(SEEN)
        .with(ON_SIGNAL, &add_all(&[&values_len]));
    let mut instance = running(&admit(&plugin), Limits::default());
    instance.handle(&signal("buy", &[]), &mut out).unwrap();
    assert_eq!(reported(out.items()), [0]);
}

#[test]
fn a_plugin_without_the_exports_loads_and_hears_nothing() {
    for plugin in [Plugin::new(), Plugin::with_books()] {
        let mut instance = running(&admit(&plugin), Limits::default());
        assert_eq!(instance.hears(), Hears::default());
        // Whoever tells it all the same does no harm.
        let mut out = intents();
        instance
            .handle(&life(LifeEventKind::Expiry), &mut out)
            .unwrap();
        instance.handle(&signal("buy", &[]), &mut out).unwrap();
        assert!(out.is_empty());
    }
}

#[test]
fn a_strategy_that_breaks_over_what_it_hears_is_broken() {
    let limits = Limits {
        event_fuel: 1_000_000,
        ..Limits::default()
    };
    let check = |export, body, event: Event, kind, text| {
        let admitted = admit(&Plugin::with_life().with(export, body));
        let mut instance = running(&admitted, limits);
        expect_fault(instance.handle(&event, &mut intents()), kind, text);
    };
    let funding = flow(
        CashFlowReason::Position(PositionChange::Funding),
        Some(3),
        1,
    );
    let expiry = life(LifeEventKind::Expiry);
    let (trap, fuel) = (FaultKind::Trap, FaultKind::OutOfFuel);
    check(
        ON_CASH_FLOW,
        "unreachable",
        funding.clone(),
        trap,
        "on-cash-flow: wasm `unreachable`",
    );
    check(
        ON_LIFECYCLE,
        "unreachable",
        expiry.clone(),
        trap,
        "on-lifecycle: wasm `unreachable`",
    );
    check(
        ON_SIGNAL,
        "unreachable",
        signal("buy", &[("a", "1")]),
        trap,
        "on-signal: wasm `unreachable`",
    );
    check(
        ON_CASH_FLOW,
        "(loop $l (br $l))",
        funding,
        fuel,
        "on-cash-flow: used up its fuel",
    );
    check(
        ON_LIFECYCLE,
        "(loop $l (br $l))",
        expiry,
        fuel,
        "on-lifecycle: used up its fuel",
    );
}
