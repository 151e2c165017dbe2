//! Order books across the wall, and plugins that do without.

use crate::support::{REPORT, SEEN, admit, config, expect_fault, intents, reported, running};
use model::{
    BookView, Event, FaultKind, InstrumentId, Price, PriceLevel, Quantity, Strategy, Subscription,
    Timestamp,
};
use runtime::Limits;
use std::sync::Arc;
use testkit::plugin::Plugin;

const ON_BOOK: &str = "argonaut:plugin/on-book@1.0.0#on-book";
const ON_BOOK_LOST: &str = "argonaut:plugin/on-book@1.0.0#on-book-lost";

fn level(price: i64, size: u64) -> PriceLevel {
    PriceLevel {
        price: Price::from_raw(price),
        size: Quantity::from_raw(size),
    }
}

fn book() -> Event {
    Event::Book(Arc::new(BookView {
        instrument: InstrumentId::new(3),
        bids: vec![level(100, 5), level(99, 6)],
        asks: vec![level(101, 7)],
        ts_event: Timestamp::from_nanos(11),
        ts_init: Timestamp::from_nanos(12),
    }))
}

/// Adds up everything it is told, each part times another power of a hundred.
fn listener() -> Plugin {
    let word = |index: u32| format!("(i64.load offset={} (local.get $levels))", index * 8);
    let body = format!(
        "(global.set $seen (i64.const 0))
         {}
         (global.set $seen (i64.add (i64.mul (global.get $seen) (i64.const 1000))
            (i64.extend_i32_u (i32.add (i32.mul (local.get $bids) (i32.const 100))
                (i32.add (i32.mul (local.get $instrument) (i32.const 10))
                    (local.get $levels_len))))))
         (global.set $seen (i64.add (global.get $seen)
            (i64.add (local.get $ts_event) (local.get $ts_init))))
         {REPORT}",
        (0..6)
            .map(|index| format!(
                "(global.set $seen (i64.add (i64.mul (global.get $seen) (i64.const 7)) {}))",
                word(index)
            ))
            .collect::<String>()
    );
    Plugin::with_books()
        .items(SEEN)
        .with(
            "init",
            "(call $subscribe-book (i32.const 3) (i32.const 20)) (i32.const 1088)",
        )
        .with(ON_BOOK, &body)
        .with(
            ON_BOOK_LOST,
            &format!("(global.set $seen (i64.extend_i32_u (local.get $instrument))) {REPORT}"),
        )
}

#[test]
fn a_book_crosses_as_words_with_bids_first() {
    let mut instance = running(&admit(&listener()), Limits::default());
    let wanted = [Subscription::Book(InstrumentId::new(3), 20)];
    assert_eq!(instance.declared(), wanted);
    let mut out = intents();
    instance.handle(&book(), &mut out).unwrap();
    instance
        .handle(&Event::BookLost(InstrumentId::new(3)), &mut out)
        .unwrap();
    let words = [100_u64, 5, 99, 6, 101, 7];
    let sum = words.iter().fold(0, |sum, word| sum * 7 + word);
    assert_eq!(reported(out.items()), [sum * 1_000 + 236 + 23, 3]);
}

#[test]
fn a_plugin_without_the_export_loads_and_cannot_ask_for_books() {
    let mut plain = running(&admit(&Plugin::new()), Limits::default());
    plain
        .handle(&crate::support::quote(1), &mut intents())
        .unwrap();
    let body = "(call $subscribe-book (i32.const 0) (i32.const 5)) (i32.const 1088)";
    let asks = admit(&Plugin::new().with("init", body));
    let text = "init: `subscribe-book` needs the export `argonaut:plugin/on-book@1.0.0`";
    expect_fault(
        asks.instantiate(config(Limits::default())),
        FaultKind::BadOutput,
        text,
    );
}

#[test]
fn depths_beyond_the_bounds_are_faults() {
    for depth in [0, 21, 255] {
        let body =
            format!("(call $subscribe-book (i32.const 0) (i32.const {depth})) (i32.const 1088)");
        let admitted = admit(&Plugin::with_books().with("init", &body));
        let text = format!("init: a book of {depth} levels; ask for 1 to 20");
        let made = admitted.instantiate(config(Limits::default()));
        expect_fault(made, FaultKind::BadOutput, &text);
    }
}

#[test]
fn a_strategy_that_breaks_over_a_book_is_broken() {
    let limits = Limits {
        event_fuel: 1_000_000,
        ..Limits::default()
    };
    let check = |export, body, event: Event, kind, text| {
        let admitted = admit(&Plugin::with_books().with(export, body));
        let mut instance = running(&admitted, limits);
        expect_fault(instance.handle(&event, &mut intents()), kind, text);
    };
    let lost = Event::BookLost(InstrumentId::new(0));
    let (trap, fuel) = (FaultKind::Trap, FaultKind::OutOfFuel);
    check(
        ON_BOOK,
        "unreachable",
        book(),
        trap,
        "on-book: wasm `unreachable`",
    );
    check(
        ON_BOOK_LOST,
        "unreachable",
        lost,
        trap,
        "on-book-lost: wasm `unreachable`",
    );
    check(
        ON_BOOK,
        "(loop $l (br $l))",
        book(),
        fuel,
        "on-book: used up its fuel",
    );
}
