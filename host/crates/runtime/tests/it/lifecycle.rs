//! A well-behaved strategy's life: init, load, history, start, events, save.

use crate::support::{
    REPORT, SEEN, admit, config, expect_fault, fresh, intents, quote, reported, running,
};
use model::{
    Bar, BarBasis, BarSpec, Event, FaultKind, HistoryBlock, HistoryRequest, InstrumentId, Intent,
    Money, OrderId, OrderKind, OrderRequest, PositionId, PositionState, PositionUpdate, Price,
    Quantity, SavedState, Side, SignedQuantity, StartReason, StartSnapshot, Strategy, StrategyId,
    Subscription, Terms, TimeInForce, Timestamp,
};
use runtime::Limits;
use testkit::plugin::Plugin;

const MINUTE: u64 = 60_000_000_000;

#[test]
fn what_init_declares_is_there_before_the_start() {
    let plugin = Plugin::new().with(
        "init",
        "(call $subscribe-quotes (i32.const 0)) (call $subscribe-quotes (i32.const 0))
         (call $subscribe-trades (i32.const 3)) (call $unsubscribe-trades (i32.const 3))
         (call $subscribe-bars (i32.const 3) (i32.const 0) (i64.const 60000000000) (i32.const 2))
         (call $request-history (i32.const 3) (i32.const 0) (i64.const 60000000000) (i32.const 2)
            (i32.const 20))
         (i32.const 1088)",
    );
    let instance = admit(&plugin)
        .instantiate(config(Limits::default()))
        .unwrap();
    let (first, second) = (InstrumentId::new(0), InstrumentId::new(3));
    let spec = BarSpec::seconds(60, BarBasis::Mid);
    let declared = [
        Subscription::Quotes(first),
        Subscription::Bars(second, spec),
    ];
    assert_eq!(instance.declared(), declared);
    let request = HistoryRequest {
        instrument: second,
        spec,
        count: 20,
    };
    assert_eq!(instance.history_requests(), [request]);
}

#[test]
fn declarations_that_make_no_sense_are_faults() {
    let check = |body: &str, text: &str| {
        let plugin = Plugin::new().with("init", &format!("{body} (i32.const 1088)"));
        let result = admit(&plugin).instantiate(config(Limits::default()));
        expect_fault(result, FaultKind::BadOutput, text);
    };
    check(
        "(call $subscribe-quotes (i32.const 9))",
        "init: instrument 9 is not one of the strategy's",
    );
    check(
        "(call $subscribe-bars (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0))",
        "step 0 never closes a bar",
    );
    check(
        "(call $request-history (i32.const 0) (i32.const 0) (i64.const 1) (i32.const 0)
            (i32.const 100001))",
        "100001 bars of history, more than the 100000 allowed",
    );
    check("(drop (call $now))", "`now` cannot be called in init");
    check(
        "(call $set-timer (i64.const 1) (i64.const 1))",
        "`set-timer` cannot be called in init",
    );
    check(
        "(call $get (i32.const 0) (i32.const 1) (i32.const 2064))",
        "`get` cannot be called in init",
    );
}

#[test]
fn history_can_only_be_asked_for_in_init() {
    let body = "(call $request-history (i32.const 0) (i32.const 0) (i64.const 1) (i32.const 0)
        (i32.const 1))";
    let mut instance = running(
        &admit(&Plugin::new().with("on-quote", body)),
        Limits::default(),
    );
    let result = instance.handle(&quote(1), &mut intents());
    let text = "`request-history` cannot be called in an event; do it in `init`";
    expect_fault(result, FaultKind::BadOutput, text);
}

#[test]
fn an_order_gets_the_next_id_of_the_input() {
    let body = "(global.set $seen (call $submit-limit (i32.const 3) (i32.const 1)
            (i64.const 250000000) (local.get $ask) (i32.const 3) (i64.const 0) (i64.const 42)))
        (call $cancel (global.get $seen))";
    let plugin = Plugin::new()
        .items(SEEN)
        .with("on-quote", &format!("{body} {REPORT}"));
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut out = intents();
    instance.handle(&quote(1), &mut out).unwrap();
    let id = OrderId::derive(7, 0).unwrap();
    let request = OrderRequest {
        id,
        instrument: InstrumentId::new(3),
        side: Side::Sell,
        kind: OrderKind::Limit {
            price: Price::from_raw(1_100_100_000),
        },
        quantity: "2.5".parse().unwrap(),
        time_in_force: TimeInForce::Day,
        terms: Terms::default(),
        intent: 42,
    };
    assert_eq!(
        out.items()[..2],
        [Intent::Submit(request), Intent::Cancel(id)]
    );
    assert_eq!(reported(out.items()), [id.number()]);
    assert_eq!(out.next_order(), id.next());
}

#[test]
fn ids_that_ran_out_give_zero_and_are_counted() {
    let body = "(global.set $seen (call $submit-market (i32.const 0) (i32.const 0) (i64.const 1)
            (i32.const 0) (i64.const 0) (i64.const 0)))";
    let plugin = Plugin::new()
        .items(SEEN)
        .with("on-quote", &format!("{body} {body} {REPORT}"));
    let mut instance = running(&admit(&plugin), Limits::default());
    let last = OrderId::derive(7, OrderId::PER_SEQUENCE - 1).unwrap();
    let mut out = model::Intents::new(Timestamp::ZERO, last);
    instance.handle(&quote(1), &mut out).unwrap();
    assert_eq!(
        (reported(out.items()), instance.usage().refused_orders),
        (vec![0], 1)
    );
}

#[test]
fn intents_of_earlier_calls_stay_in_front() {
    let plugin = Plugin::new().with("on-quote", "(call $cancel (i64.const 5))");
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut out = intents();
    for number in 0..3 {
        instance.handle(&quote(number), &mut out).unwrap();
    }
    assert_eq!(out.items().len(), 3);
}

#[test]
fn the_guests_time_is_the_inputs_time() {
    let plugin = Plugin::new().items(SEEN).with(
        "on-timer",
        &format!(
            "(global.set $seen (call $now)) {REPORT}
            (call $set-timer (local.get $id) (i64.add (local.get $due) (i64.const 1)))"
        ),
    );
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut out = intents();
    let due = Timestamp::from_nanos(4_000);
    instance
        .handle(&Event::Timer { id: 9, due }, &mut out)
        .unwrap();
    assert_eq!(reported(out.items()), [5_000]);
    let moved = Intent::SetTimer {
        id: 9,
        due: Timestamp::from_nanos(4_001),
    };
    assert_eq!(out.items().last(), Some(&moved));
}

#[test]
fn kept_values_are_read_back_and_restored() {
    // Counts events in the kept value `s`.
    let body = "(call $get (i32.const 2048) (i32.const 1) (i32.const 2064))
        (if (i32.load8_u (i32.const 2064))
          (then (global.set $seen (i64.load (i32.load (i32.const 2068))))))
        (global.set $seen (i64.add (global.get $seen) (i64.const 1)))";
    let plugin = Plugin::new()
        .items(SEEN)
        .with("on-quote", &format!("{body} {REPORT}"));
    let admitted = admit(&plugin);
    let mut instance = running(&admitted, Limits::default());
    let mut out = intents();
    for number in 0..3 {
        instance.handle(&quote(number), &mut out).unwrap();
    }
    assert_eq!(reported(out.items()), [1, 2, 3]);
    let values = vec![("s".to_owned(), 41_u64.to_le_bytes().to_vec())];
    let mut restored = admitted.instantiate(config(Limits::default())).unwrap();
    restored
        .start(&StartSnapshot { values, ..fresh() }, &mut intents())
        .unwrap();
    let mut out = intents();
    restored.handle(&quote(9), &mut out).unwrap();
    assert_eq!(reported(out.items()), [42]);
}

#[test]
fn keys_have_a_length() {
    for (length, fits) in [(0, false), (1, true), (128, true), (129, false)] {
        let body = format!(
            "(call $put (i32.const 2048) (i32.const {length}) (i32.const 0) (i32.const 1))"
        );
        let key_of_spaces = format!("(data (i32.const 2048) \"{}\")", " ".repeat(129));
        let plugin = Plugin::new().items(&key_of_spaces).with("on-quote", &body);
        let mut instance = running(&admit(&plugin), Limits::default());
        let result = instance.handle(&quote(1), &mut intents());
        assert_eq!(result.is_ok(), fits, "{length}: {result:?}");
    }
}

#[test]
fn saved_state_reaches_the_next_instance_before_history() {
    let plugin = Plugin::new()
        .items(SEEN)
        .items(r#"(data (i32.const 2060) "\07\00\00\00\34\08\00\00\08\00\00\00")"#)
        .with(
            "on-quote",
            "(global.set $seen (i64.add (global.get $seen) (i64.const 5)))",
        )
        .with(
            "save",
            "(i64.store (i32.const 2100) (global.get $seen)) (i32.const 2060)",
        )
        .with(
            "load",
            "(global.set $seen (i64.load (local.get $bytes)))
             (if (i32.ne (local.get $version) (i32.const 7)) (then unreachable)) (i32.const 1088)",
        )
        .with(
            "on-history",
            "(global.set $seen (i64.mul (global.get $seen) (i64.const 10)))",
        )
        .with("on-start", REPORT);
    let admitted = admit(&plugin);
    let mut old = running(&admitted, Limits::default());
    old.handle(&quote(1), &mut intents()).unwrap();
    let saved = old.save().unwrap();
    assert_eq!(
        saved,
        SavedState {
            version: 7,
            bytes: 5_u64.to_le_bytes().to_vec()
        }
    );

    let mut new = admitted.instantiate(config(Limits::default())).unwrap();
    let history = vec![HistoryBlock {
        request: request(),
        bars: Vec::new(),
    }];
    let snapshot = StartSnapshot {
        reason: StartReason::Swapped,
        state: Some(saved),
        history,
        ..fresh()
    };
    let mut out = intents();
    new.start(&snapshot, &mut out).unwrap();
    assert_eq!(reported(out.items()), [50]);
}

fn request() -> HistoryRequest {
    let spec = BarSpec::seconds(60, BarBasis::Bid);
    HistoryRequest {
        instrument: InstrumentId::new(3),
        spec,
        count: 2,
    }
}

fn bar(number: u64) -> Bar {
    let start = number * MINUTE;
    let price = |units: i64| Price::from_raw(units);
    Bar {
        instrument: InstrumentId::new(3),
        spec: request().spec,
        open: price(-5),
        high: price(7),
        low: price(-9),
        close: price(2),
        volume: Quantity::from_raw(11),
        ts_open: Timestamp::from_nanos(start),
        ts_event: Timestamp::from_nanos(start + MINUTE),
        ts_init: Timestamp::from_nanos(start + MINUTE + 1),
    }
}

#[test]
fn history_comes_as_six_numbers_a_bar() {
    // Adds up all numbers, and the length times a million.
    let body = "(local $left i32) (local.set $left (local.get $block_len))
        (global.set $seen (i64.mul (i64.extend_i32_u (local.get $block_len)) (i64.const 1000000)))
        (loop $again
          (global.set $seen (i64.add (global.get $seen) (i64.load (local.get $block))))
          (local.set $block (i32.add (local.get $block) (i32.const 8)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $again (local.get $left)))";
    let plugin = Plugin::new()
        .items(SEEN)
        .with("on-history", body)
        .with("on-start", REPORT);
    let mut instance = admit(&plugin)
        .instantiate(config(Limits::default()))
        .unwrap();
    let history = vec![HistoryBlock {
        request: request(),
        bars: vec![bar(0), bar(1)],
    }];
    let mut out = intents();
    instance
        .start(&StartSnapshot { history, ..fresh() }, &mut out)
        .unwrap();
    let one_bar = 11 - 5;
    assert_eq!(
        reported(out.items()),
        [12 * 1_000_000 + 2 * one_bar + 3 * MINUTE]
    );
}

#[test]
fn every_event_reaches_its_export_with_its_fields() {
    let see = |expression: &str| format!("(global.set $seen {expression}) {REPORT}");
    let plugin = Plugin::new()
        .items(SEEN)
        .with(
            "on-quote",
            &see("(i64.add (local.get $bid) (local.get $ts_init))"),
        )
        .with(
            "on-trade",
            &see("(i64.add (local.get $size) (i64.extend_i32_u (local.get $aggressor)))"),
        )
        .with(
            "on-bar",
            &see("(i64.add (local.get $low) (local.get $ts_open))"),
        )
        .with(
            "on-order-event",
            &see("(i64.add (local.get $order) (i64.add
            (i64.mul (local.get $detail) (i64.const 100)) (i64.extend_i32_u (local.get $side))))"),
        )
        .with(
            "on-position-event",
            &see("(i64.add (local.get $average_price) (local.get $fees_low))"),
        )
        .with("on-stop", &see("(i64.const 99)"));
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut check = |event: Event, expect: u64| {
        let mut out = intents();
        instance.handle(&event, &mut out).unwrap();
        assert_eq!(reported(out.items()), [expect], "{event:?}");
    };
    check(quote(1), 1_100_000_000 + 2_001);
    let trade = model::Trade {
        instrument: InstrumentId::new(0),
        price: Price::from_raw(5),
        size: Quantity::from_raw(10),
        aggressor: Some(Side::Sell),
        ts_event: Timestamp::ZERO,
        ts_init: Timestamp::ZERO,
    };
    check(Event::Trade(trade), 12);
    check(Event::Bar(bar(1)), MINUTE - 9);
    check(
        Event::Order(crate::support::denied()),
        OrderId::derive(3, 1).unwrap().number() + 501,
    );
    let state = PositionState {
        quantity: SignedQuantity::from_raw(-200_000_000),
        open_cost: Money::from_raw(-3_000_000_000),
        realized: Money::ZERO,
        fees: Money::from_raw(8),
    };
    check(Event::Position(position(3, state)), 1_500_000_008);
    let mut out = intents();
    instance.stop(&mut out).unwrap();
    assert_eq!(reported(out.items()), [99]);
}

fn position(instrument: u32, state: PositionState) -> PositionUpdate {
    PositionUpdate {
        position: None,
        strategy: StrategyId::new(0),
        instrument: InstrumentId::new(instrument),
        state,
        change: model::PositionChange::Fill,
        ts_event: Timestamp::ZERO,
    }
}

#[test]
fn each_position_of_a_hedging_account_is_told_with_its_name() {
    let named = "(i64.add (local.get $position)
        (i64.mul (i64.extend_i32_u (local.get $named)) (i64.const 1000)))";
    let body = format!("(global.set $seen {named}) {REPORT}");
    let plugin = Plugin::new().items(SEEN).with("on-position-event", &body);
    let mut instance = running(&admit(&plugin), Limits::default());
    let mut check = |named: Option<u64>, expect: u64| {
        let id = named.map(|id| PositionId::opened_by(OrderId::from_number(id)));
        let mut update = position(3, PositionState::default());
        update.position = id;
        let mut out = intents();
        instance.handle(&Event::Position(update), &mut out).unwrap();
        assert_eq!(reported(out.items()), [expect]);
    };
    check(None, 0);
    check(Some(7), 1_007);
}

#[test]
fn a_position_without_a_known_instrument_is_refused() {
    let mut instance = running(&admit(&Plugin::new()), Limits::default());
    let event = Event::Position(position(9, PositionState::default()));
    let text = "instrument 9, which the strategy was not given";
    expect_fault(
        instance.handle(&event, &mut intents()),
        FaultKind::BadOutput,
        text,
    );
}

#[test]
fn what_init_logs_comes_with_the_start() {
    let plugin = Plugin::new()
        .items(r#"(data (i32.const 2048) "hello")"#)
        .with(
            "init",
            "(call $write (i32.const 1) (i32.const 2048) (i32.const 5)) (i32.const 1088)",
        );
    let mut instance = admit(&plugin)
        .instantiate(config(Limits::default()))
        .unwrap();
    let mut out = intents();
    instance.start(&fresh(), &mut out).unwrap();
    assert!(matches!(out.items(), [Intent::Log { text, .. }] if text == "hello"));
}

#[test]
fn a_plugin_describes_itself() {
    let description = admit(&Plugin::new()).describe().unwrap();
    assert_eq!(
        (description.name.as_str(), description.version.as_str()),
        ("wat", "1.0.0")
    );
    assert_eq!(
        (
            description.documentation.as_str(),
            description.parameters.len()
        ),
        ("made for a test", 0)
    );
}

#[test]
fn a_currency_without_a_name_is_refused() {
    let mut config = config(Limits::default());
    config.currencies.clear();
    let result = admit(&Plugin::new()).instantiate(config);
    expect_fault(
        result,
        FaultKind::Refused,
        "the quote currency of EUR/USD.SIM has no name",
    );
}
