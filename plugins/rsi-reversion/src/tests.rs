//! The reversion and its stop, walked through natively.

use super::*;
use argonaut_sdk::testing::{Harness, Setup, equity, price};
use argonaut_sdk::{BarBasis, BarSpec, OrderId, OrderKind};

const BARS: BarSpec = BarSpec::seconds(60, BarBasis::Mid);
/// Falls until oversold at the fourth close.
const FALL: [&str; 4] = ["100", "99", "98", "97"];

fn setup() -> Setup {
    let setup = Setup::new().instrument(equity("ACME", "0.01"));
    setup
        .parameter("period", 3)
        .parameter("quantity", 10)
        .parameter("stop_percent", 10)
}

fn feed(test: &mut Harness<RsiReversion>, closes: &[&str]) {
    closes.iter().for_each(|close| test.close(BARS, close));
}

/// Side, remaining quantity in whole units and trigger or limit of each open order.
fn open(test: &Harness<RsiReversion>) -> Vec<(Side, u64, OrderKind)> {
    let whole = |quantity: Quantity| quantity.raw() / Quantity::SCALE;
    let open = test.open_orders().into_iter();
    open.map(|sent| (sent.order.side, whole(sent.remaining()), sent.order.kind))
        .collect()
}

fn stop(trigger: &str) -> OrderKind {
    OrderKind::stop_market(price(trigger))
}

#[test]
fn oversold_buys_and_a_stop_protects_it() {
    let mut test = setup().fills().start::<RsiReversion>().unwrap();
    feed(&mut test, &FALL);
    assert!(test.position().is_long());
    assert_eq!(open(&test), [(Side::Sell, 10, stop("87.3"))]);
}

#[test]
fn overbought_sells_and_the_stop_lies_above() {
    let mut test = setup().fills().start::<RsiReversion>().unwrap();
    feed(&mut test, &["100", "101", "102", "103"]);
    assert!(test.position().is_short());
    assert_eq!(open(&test), [(Side::Buy, 10, stop("113.3"))]);
}

#[test]
fn neutral_leaves_and_takes_the_stop_along() {
    let mut test = setup().fills().start::<RsiReversion>().unwrap();
    feed(&mut test, &FALL);
    feed(&mut test, &["100"]);
    assert!(test.position().is_flat() && open(&test).is_empty());
    assert!(test.position().realized > argonaut_sdk::Money::ZERO);
}

#[test]
fn the_stop_fires_and_nothing_is_left() {
    let mut test = setup().fills().start::<RsiReversion>().unwrap();
    feed(&mut test, &FALL);
    test.quote("80", "80.1");
    assert!(test.position().is_flat() && open(&test).is_empty());
}

/// An entry of ten with its stop, orders answered by the test.
fn entering() -> (Harness<RsiReversion>, OrderId, OrderId) {
    let mut test = setup().start::<RsiReversion>().unwrap();
    feed(&mut test, &FALL);
    let (entry, stop) = (test.orders()[0].id, test.orders()[1].id);
    test.accept(entry);
    test.hold(stop);
    (test, entry, stop)
}

/// The same after the entry has filled.
fn entered() -> (Harness<RsiReversion>, OrderId) {
    let (mut test, entry, stop) = entering();
    test.fill(entry, Quantity::whole(10), price("97"));
    test.release(stop, Quantity::whole(10));
    test.accept(stop);
    (test, stop)
}

#[test]
fn the_host_keeps_the_stop_in_step_with_a_partial_fill() {
    let (mut test, entry, stop_id) = entering();
    assert_eq!(test.orders()[1].list, Some(entry));
    test.fill(entry, Quantity::whole(4), price("97"));
    test.release(stop_id, Quantity::whole(4));
    test.fill(entry, Quantity::whole(6), price("97"));
    test.resize(stop_id, Quantity::whole(10));
    assert_eq!(open(&test), [(Side::Sell, 10, stop("87.3"))]);
    assert_eq!((test.orders().len(), test.cancels()), (2, &[][..]));
}

#[test]
fn leaving_waits_for_the_stop_to_be_gone() {
    let (mut test, stop) = entered();
    feed(&mut test, &["99", "102", "103"]);
    assert_eq!(
        (test.cancels(), test.orders().len()),
        (&[stop][..], 2),
        "not closed yet"
    );
    test.confirm_cancel(stop);
    assert_eq!(open(&test), [(Side::Sell, 10, OrderKind::Market)]);
    let exit = test.orders()[2].order.terms;
    assert!(exit.reduce_only && exit.tag == "exit");
}

#[test]
fn leaving_withdraws_an_entry_that_still_works() {
    let (mut test, entry, stop) = entering();
    test.fill(entry, Quantity::whole(4), price("97"));
    test.release(stop, Quantity::whole(4));
    feed(&mut test, &["99", "102"]);
    assert_eq!(test.cancels(), [entry, stop]);
    test.confirm_cancel(stop);
    assert_eq!(test.orders().len(), 2, "the entry may still fill");
    test.confirm_cancel(entry);
    assert_eq!(open(&test), [(Side::Sell, 4, OrderKind::Market)]);
}

#[test]
fn a_stop_that_fills_while_leaving_leaves_nothing_to_close() {
    let (mut test, stop) = entered();
    feed(&mut test, &["99", "102"]);
    test.fill(stop, Quantity::whole(10), price("87.3"));
    assert!(test.position().is_flat() && test.open_orders().is_empty());
    assert_eq!(test.orders().len(), 2);
}

#[test]
fn a_refused_stop_closes_the_position() {
    let (mut test, stop) = entered();
    test.reject(stop);
    assert_eq!(open(&test), [(Side::Sell, 10, OrderKind::Market)]);
    test.deny(test.orders()[2].id, 19);
    assert_eq!(
        test.open_orders(),
        [],
        "a refused order is not repeated at once"
    );
    feed(&mut test, &["97"]);
    assert_eq!(
        open(&test),
        [(Side::Sell, 10, OrderKind::Market)],
        "but at the next bar"
    );
}

#[test]
fn a_stop_that_disappears_is_replaced() {
    let (mut test, old) = entered();
    test.confirm_cancel(old);
    assert_eq!(open(&test), [(Side::Sell, 10, stop("87.3"))]);
    assert!(test.open_orders()[0].order.terms.reduce_only);
}

#[test]
fn a_limit_entry_waits_and_is_withdrawn_when_its_reason_goes() {
    let mut test = setup()
        .parameter("entry", "limit")
        .start::<RsiReversion>()
        .unwrap();
    feed(&mut test, &FALL);
    let limit = OrderKind::Limit { price: price("97") };
    let waiting = [(Side::Buy, 10, limit), (Side::Sell, 10, stop("87.3"))];
    assert_eq!(open(&test), waiting);
    feed(&mut test, &["98.5", "99"]);
    assert_eq!(test.cancels(), [test.orders()[0].id]);
}

#[test]
fn a_swap_keeps_position_stop_and_decisions() {
    let mut test = setup().fills().start::<RsiReversion>().unwrap();
    feed(&mut test, &FALL);
    let mut test = test.swap::<RsiReversion>().unwrap();
    assert_eq!(
        open(&test),
        [(Side::Sell, 10, stop("87.3"))],
        "the stop is known as its own"
    );
    feed(&mut test, &["100"]);
    assert!(test.position().is_flat() && open(&test).is_empty());
}

#[test]
fn levels_out_of_order_are_refused() {
    let error = setup()
        .parameter("neutral", 20)
        .start::<RsiReversion>()
        .unwrap_err();
    assert!(error.contains("oversold < neutral"));
    assert!(
        setup()
            .parameter("entry", "maybe")
            .start::<RsiReversion>()
            .is_err()
    );
}
