//! Plugins that fit the world and misbehave: each ends in a fault of its own instance, with the
//! export and the reason, and its neighbours go on.

use crate::support::{admit, admit_hostile, config, expect_fault, fresh, intents, quote, running};
use model::{FaultKind, Intent, LogLevel, SavedState, StartSnapshot, Strategy};
use runtime::Limits;
use testkit::hostile::HostilePlugin as H;
use testkit::plugin::Plugin;

/// Small enough that even the deadline is quick; large enough that loops meet the fuel first.
fn tight() -> Limits {
    Limits {
        event_fuel: 1_000_000,
        init_fuel: 1_000_000,
        ..Limits::default()
    }
}

#[track_caller]
fn faults_in_init(plugin: H, kind: FaultKind, text: &str) {
    expect_fault(
        admit_hostile(plugin).instantiate(config(tight())),
        kind,
        text,
    );
}

#[track_caller]
fn faults_on_quote(plugin: H, kind: FaultKind, text: &str) {
    let mut instance = running(&admit_hostile(plugin), tight());
    let mut healthy = running(&admit(&Plugin::new()), tight());
    let mut out = intents();
    expect_fault(instance.handle(&quote(1), &mut out), kind, text);
    let acts = out
        .items()
        .iter()
        .any(|intent| !matches!(intent, Intent::Log { .. }));
    assert!(
        !acts,
        "a broken call's wishes do not count: {:?}",
        out.items()
    );
    healthy.handle(&quote(1), &mut intents()).unwrap();
}

#[test]
fn init_that_traps_loops_or_refuses() {
    faults_in_init(H::TrapInInit, FaultKind::Trap, "init: wasm `unreachable`");
    faults_in_init(
        H::LoopInInit,
        FaultKind::OutOfFuel,
        "init: used up its fuel of 1000000",
    );
    faults_in_init(H::RefuseInInit, FaultKind::Refused, "init: no thanks");
}

#[test]
fn orders_in_init_are_told_where_they_belong() {
    let text = "`submit-market` cannot be called in init; do it in `on-start` or later";
    faults_in_init(H::OrderInInit, FaultKind::BadOutput, text);
}

#[test]
fn a_trap_carries_the_last_error_the_guest_logged() {
    let text =
        "on-quote: wasm `unreachable` instruction executed; last error logged: about to fail";
    faults_on_quote(H::TrapOnQuote, FaultKind::Trap, text);
}

#[test]
fn a_broken_call_keeps_its_log_lines() {
    let mut instance = running(&admit_hostile(H::TrapOnQuote), tight());
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap_err();
    let said = Intent::Log {
        level: LogLevel::Error,
        text: "about to fail".into(),
    };
    assert_eq!(out.items(), [said]);
}

#[test]
fn endless_loops_run_out_of_fuel() {
    faults_on_quote(
        H::LoopOnQuote,
        FaultKind::OutOfFuel,
        "on-quote: used up its fuel of 1000000",
    );
    faults_on_quote(H::HostCallSpam, FaultKind::OutOfFuel, "on-quote: ");
    let limits = Limits {
        event_fuel: u64::MAX >> 1,
        ..Limits::default()
    };
    let mut instance = running(&admit_hostile(H::HostCallSpam), limits);
    let text = "called the host more than 100000 times";
    expect_fault(
        instance.handle(&quote(1), &mut intents()),
        FaultKind::OutOfFuel,
        text,
    );
}

#[test]
fn filling_memory_is_charged_by_size() {
    faults_on_quote(
        H::SlowFillOnQuote,
        FaultKind::OutOfFuel,
        "on-quote: used up its fuel",
    );
}

#[test]
fn the_deadline_stops_what_has_fuel_left() {
    let (event_fuel, event_deadline_ms) = (u64::MAX >> 1, 20);
    let limits = Limits {
        event_fuel,
        event_deadline_ms,
        ..Limits::default()
    };
    for plugin in [H::LoopOnQuote, H::SlowFillOnQuote] {
        let mut instance = running(&admit_hostile(plugin), limits);
        let result = instance.handle(&quote(1), &mut intents());
        expect_fault(
            result,
            FaultKind::Deadline,
            "on-quote: ran longer than 20 ms",
        );
    }
}

#[test]
fn memory_without_end_is_refused() {
    faults_on_quote(
        H::AllocateOnQuote,
        FaultKind::Memory,
        "on-quote: wanted more memory",
    );
    faults_in_init(
        H::HugeMinimumMemory,
        FaultKind::Memory,
        "instantiate: wanted more memory",
    );
    faults_in_init(
        H::HugeTable,
        FaultKind::Memory,
        "instantiate: wanted more memory",
    );
}

#[test]
fn memory_used_never_passes_the_limit() {
    let mut instance = running(&admit_hostile(H::AllocateOnQuote), tight());
    instance.handle(&quote(1), &mut intents()).unwrap_err();
    let used = instance.usage().memory_bytes;
    assert!(
        used <= tight().memory_bytes && used > tight().memory_bytes / 2,
        "{used}"
    );
}

#[test]
fn endless_recursion_is_a_trap() {
    let limits = Limits {
        event_fuel: 100_000_000,
        ..Limits::default()
    };
    let mut instance = running(&admit_hostile(H::StackOverflow), limits);
    let result = instance.handle(&quote(1), &mut intents());
    expect_fault(result, FaultKind::Trap, "on-quote: call stack exhausted");
}

#[test]
fn nonsense_orders_pass_through_to_be_denied() {
    let mut instance = running(&admit_hostile(H::NonsenseOrders), tight());
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap();
    let submits = out
        .items()
        .iter()
        .filter(|i| matches!(i, Intent::Submit(_)))
        .count();
    let changes = out
        .items()
        .iter()
        .filter(|i| matches!(i, Intent::Modify(_) | Intent::Cancel(_)))
        .count();
    assert_eq!((submits, changes, out.items().len()), (6, 4, 11));
}

#[test]
fn order_spam_stops_at_the_limit() {
    faults_on_quote(
        H::OrderSpam,
        FaultKind::BadOutput,
        "on-quote: asked for more than 256 things",
    );
}

#[test]
fn a_list_counts_as_many_things_as_it_has_orders() {
    let text = "on-quote: asked for more than 256 things";
    faults_on_quote(H::ListSpam, FaultKind::BadOutput, text);
    faults_on_quote(H::LongList, FaultKind::BadOutput, text);
}

#[test]
fn lists_larger_than_anything_legal_are_not_even_read() {
    let kind = FaultKind::BadOutput;
    faults_on_quote(H::GiantList, kind, "on-quote: too much data");
    faults_on_quote(H::ListOutOfBounds, kind, "on-quote: ");
}

#[test]
fn tags_that_are_none_are_told_so() {
    let kind = FaultKind::BadOutput;
    let text = "a tag of 60000 bytes: a tag is at most 32 printable ASCII characters";
    faults_on_quote(H::HugeTag, kind, text);
    faults_on_quote(H::EvilTag, kind, "a tag of 9 bytes");
}

#[test]
fn log_spam_is_dropped_counted_and_escaped() {
    let limits = Limits {
        event_fuel: 10_000_000,
        log_lines_per_call: 3,
        ..Limits::default()
    };
    let mut instance = running(&admit_hostile(H::LogSpam), limits);
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap();
    let texts: Vec<&str> = out
        .items()
        .iter()
        .map(|intent| match intent {
            Intent::Log {
                level: LogLevel::Warn,
                text,
            } => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    let line = "\\u{1b}[2Jfake\\nline";
    let dropped = "9997 more log lines of this call were dropped (limit 3)";
    assert_eq!(texts, [line, line, line, dropped]);
    assert_eq!(instance.usage().dropped_log_lines, 9_997);
}

#[test]
fn a_long_line_is_cut() {
    let mut instance = running(&admit_hostile(H::LongLog), tight());
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap();
    match out.items() {
        [Intent::Log { text, .. }] => {
            assert!(
                text.len() < 1_050 && text.ends_with("… (cut)"),
                "{} bytes",
                text.len()
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn kept_values_are_bounded_in_size_and_traffic() {
    faults_on_quote(
        H::StateSpam,
        FaultKind::BadOutput,
        "keeps more than 1048576 bytes of values",
    );
    let text = "moved more than 8388608 bytes through host functions";
    faults_on_quote(H::StateReadSpam, FaultKind::OutOfFuel, text);
}

#[test]
fn results_outside_the_contract_are_bad_output() {
    faults_on_quote(H::BadDiscriminant, FaultKind::BadOutput, "on-quote: ");
    faults_on_quote(H::BadOrderKind, FaultKind::BadOutput, "on-quote: ");
    faults_in_init(H::EvilRealloc, FaultKind::BadOutput, "init: ");
    let save = |plugin, text: &str| {
        let mut instance = running(&admit_hostile(plugin), tight());
        expect_fault(instance.save(), FaultKind::BadOutput, text);
    };
    save(H::HugeSave, "save: too much data");
    save(H::SaveOutOfBounds, "save: ");
    save(H::OrderInSave, "`submit-market` cannot be called in save");
    let describe = |plugin, text: &str| {
        expect_fault(admit_hostile(plugin).describe(), FaultKind::BadOutput, text);
    };
    describe(H::BadUtf8InDescribe, "describe: ");
    describe(H::HugeDescription, "describe: ");
}

#[test]
fn state_between_the_limit_and_the_transfer_limit_is_refused_in_words() {
    let plugin = Plugin::new()
        .items(r#"(data (i32.const 2048) "\01\00\00\00\00\00\00\00\01\00\10\00")"#)
        .with(
            "save",
            "(drop (memory.grow (i32.const 40))) (i32.const 2048)",
        );
    let mut instance = running(&admit(&plugin), tight());
    let text = "save: 1048577 bytes of state, more than the 1048576 allowed";
    expect_fault(instance.save(), FaultKind::BadOutput, text);
}

#[test]
fn a_trap_while_loading_names_load() {
    let mut instance = admit_hostile(H::TrapInLoad)
        .instantiate(config(tight()))
        .unwrap();
    let saved = SavedState {
        version: 1,
        bytes: vec![1, 2, 3],
    };
    let snapshot = StartSnapshot {
        state: Some(saved),
        ..fresh()
    };
    let result = instance.start(&snapshot, &mut intents());
    expect_fault(result, FaultKind::Trap, "load: wasm `unreachable`");
}

#[test]
fn a_broken_instance_is_never_entered_again() {
    let mut instance = running(&admit_hostile(H::TrapOnQuote), tight());
    let first = instance.handle(&quote(1), &mut intents()).unwrap_err();
    let mut out = intents();
    assert_eq!(instance.handle(&quote(2), &mut out).unwrap_err(), first);
    assert_eq!(instance.stop(&mut out).unwrap_err(), first);
    assert_eq!(instance.start(&fresh(), &mut out).unwrap_err(), first);
    assert_eq!(instance.save().unwrap_err(), first);
    assert_eq!(instance.fault(), Some(&first));
    assert!(out.is_empty());
}

#[test]
fn a_fresh_instance_of_a_broken_plugin_starts_clean() {
    let admitted = admit_hostile(H::TrapOnQuote);
    for _ in 0..50 {
        let mut instance = running(&admitted, tight());
        instance.handle(&quote(1), &mut intents()).unwrap_err();
    }
}
