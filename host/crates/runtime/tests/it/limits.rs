//! Fuel is a deterministic budget, and limits hold exactly where they say.

use crate::support::{admit, config, expect_fault, intents, quote, running};
use model::{FaultKind, Strategy};
use runtime::{Limits, Runtime, RuntimeOptions};
use testkit::plugin::Plugin;

/// Does work that grows with the quote's number.
const WORK: &str =
    "(local $left i64) (local.set $left (i64.sub (local.get $ts_init) (i64.const 1990)))
    (loop $again (local.set $left (i64.sub (local.get $left) (i64.const 1)))
      (br_if $again (i64.gt_s (local.get $left) (i64.const 0))))";

fn fuel_of_each_call(runtime: &Runtime) -> Vec<u64> {
    let bytes = Plugin::new().with("on-quote", WORK).build().unwrap();
    let admitted = runtime.admit(&bytes, &Limits::default()).unwrap();
    let mut instance = running(&admitted, Limits::default());
    (0..20)
        .map(|number| {
            instance.handle(&quote(number), &mut intents()).unwrap();
            instance.usage().last_call_fuel
        })
        .collect()
}

#[test]
fn fuel_is_equal_in_every_run_and_follows_the_work() {
    let first = fuel_of_each_call(&Runtime::new(RuntimeOptions::default()).unwrap());
    let options = RuntimeOptions {
        canonical_nans: false,
        ..RuntimeOptions::default()
    };
    let second = fuel_of_each_call(&Runtime::new(options).unwrap());
    assert_eq!(first, second);
    assert!(first.windows(2).all(|pair| pair[0] < pair[1]), "{first:?}");
}

#[test]
fn each_call_gets_the_whole_budget_and_not_one_unit_more() {
    let admitted = admit(&Plugin::new().with("on-quote", WORK));
    let mut probe = running(&admitted, Limits::default());
    probe.handle(&quote(19), &mut intents()).unwrap();
    let needed = probe.usage().last_call_fuel;
    let mut enough = running(
        &admitted,
        Limits {
            event_fuel: needed,
            ..Limits::default()
        },
    );
    for _ in 0..10 {
        enough.handle(&quote(19), &mut intents()).unwrap();
    }
    // Fuel is checked at loop heads and function entries, so stop some iterations short.
    let limits = Limits {
        event_fuel: needed - 50,
        ..Limits::default()
    };
    let mut starved = running(&admitted, limits);
    let result = starved.handle(&quote(19), &mut intents());
    expect_fault(result, FaultKind::OutOfFuel, "on-quote: used up its fuel");
}

#[test]
fn the_last_allowed_intent_is_allowed() {
    let body = "(call $cancel (i64.const 1))".repeat(4);
    let admitted = admit(&Plugin::new().with("on-quote", &body));
    let with = |intents_per_call| {
        let limits = Limits {
            intents_per_call,
            ..Limits::default()
        };
        running(&admitted, limits).handle(&quote(1), &mut intents())
    };
    with(4).unwrap();
    expect_fault(
        with(3),
        FaultKind::BadOutput,
        "asked for more than 3 things at once",
    );
}

#[test]
fn memory_is_bounded_from_the_first_page() {
    let admitted = admit(&Plugin::new());
    let with = |memory_bytes| {
        admitted.instantiate(config(Limits {
            memory_bytes,
            ..Limits::default()
        }))
    };
    with(2 * 65_536).unwrap();
    expect_fault(
        with(2 * 65_536 - 1),
        FaultKind::Memory,
        "instantiate: wanted more memory",
    );
}

#[test]
fn nans_have_the_same_bits_whatever_made_them() {
    let body = r#"(i64.store (i32.const 2100) (i64.reinterpret_f64 (f64.div
            (f64.reinterpret_i64 (i64.const 0xfff8000000000123)) (f64.const 1))))
        (call $put (i32.const 2048) (i32.const 1) (i32.const 2100) (i32.const 8))"#;
    let plugin = Plugin::new()
        .items(r#"(data (i32.const 2048) "s")"#)
        .with("on-quote", body);
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap();
    match out.items() {
        [model::Intent::PutState { value, .. }] => {
            assert_eq!(value.as_slice(), f64::NAN.to_bits().to_le_bytes());
        }
        other => panic!("{other:?}"),
    }
}
