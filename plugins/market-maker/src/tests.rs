//! The market maker, walked through natively.

use super::*;
use argonaut_sdk::testing::{Harness, SentOrder, Setup, crypto, price, quantity};
use argonaut_sdk::{OrderId, OrderKind, Price};

fn setup() -> Setup {
    let setup = Setup::new().instrument(crypto("BTC/USDT", "0.01", "0.001"));
    setup
        .parameter("quantity", 1)
        .parameter("max_inventory", 2)
        .parameter("half_spread_ticks", 3)
}

fn start() -> Harness<MarketMaker> {
    setup().fills().start().unwrap()
}

fn limit(sent: &SentOrder) -> Price {
    let OrderKind::Limit { price } = sent.order.kind else {
        panic!("only limit orders")
    };
    price
}

/// The open bid and ask; empty text for a side without an order.
fn check(test: &Harness<MarketMaker>, bid: &str, ask: &str) {
    let on = |side: Side| -> Vec<String> {
        let open = test
            .open_orders()
            .into_iter()
            .filter(|sent| sent.order.side == side);
        open.map(|sent| limit(&sent).to_string()).collect()
    };
    assert_eq!(
        (on(Side::Buy).join(" "), on(Side::Sell).join(" ")),
        (bid.into(), ask.into())
    );
}

#[test]
fn both_sides_are_quoted_around_the_middle() {
    let mut test = start();
    test.quote("100", "100.02");
    check(&test, "99.98", "100.04");
}

#[test]
fn quotes_follow_the_market_beyond_the_threshold_only() {
    let mut test = setup()
        .fills()
        .parameter("requote_ticks", 3)
        .start::<MarketMaker>()
        .unwrap();
    test.quote("100", "100.02");
    test.quote("100.02", "100.04");
    check(&test, "99.98", "100.04");
    test.quote("100.03", "100.05");
    check(&test, "100.01", "100.07");
    assert_eq!(test.orders().len(), 2, "moved, not sent anew");
}

#[test]
fn inventory_skews_prices_and_stops_at_its_limit() {
    let mut test = start();
    test.quote("100", "100.02");
    test.quote("99.9", "99.92");
    assert_eq!(test.position().quantity, Quantity::ONE);
    // Half full: both prices two ticks lower than 99.88 and 99.94.
    check(&test, "99.86", "99.92");
    test.quote("99.8", "99.82");
    assert_eq!(test.position().quantity, Quantity::whole(2));
    check(&test, "", "99.81");
}

#[test]
fn a_wide_skew_never_takes() {
    let mut test = setup()
        .fills()
        .parameter("skew_ticks", 1000)
        .start::<MarketMaker>()
        .unwrap();
    test.quote("100", "100.02");
    test.quote("99.9", "99.92");
    check(&test, "94.88", "99.91");
}

/// Both sides quoted around 100.01, and accepted; orders answered by the test.
fn quoted() -> (Harness<MarketMaker>, OrderId, OrderId) {
    let mut test = setup().start::<MarketMaker>().unwrap();
    test.quote("100", "100.02");
    let (bid, ask) = (test.orders()[0].id, test.orders()[1].id);
    test.accept(bid);
    test.accept(ask);
    (test, bid, ask)
}

#[test]
fn a_side_has_one_order_and_one_change_under_way() {
    let (mut test, bid, ask) = quoted();
    assert!(test.orders().iter().all(|sent| sent.order.terms.post_only));
    test.quote("101", "101.02");
    let to = |text| Amendment::price(price(text));
    let wanted = [(bid, to("100.98")), (ask, to("101.04"))];
    assert_eq!(test.amendments(), wanted);
    test.pend_update(bid);
    test.pend_update(ask);
    test.quote("102", "102.02");
    assert_eq!(test.amendments(), wanted, "the answers are awaited");
    test.confirm_update(bid);
    assert_eq!(test.amendments()[1], (bid, to("101.98")));
    test.confirm_update(bid);
    check(&test, "101.98", "100.04");
    test.fill(ask, quantity("1"), price("100.04"));
    check(&test, "101.98", "");
    test.quote("102", "102.02");
    check(&test, "101.98", "102.06");
    assert_eq!(test.amendments().last(), Some(&(bid, to("102"))));
    assert_eq!(test.orders().len(), 3);
}

#[test]
fn a_price_that_may_not_be_moved_is_withdrawn() {
    let (mut test, bid, _) = quoted();
    test.quote("101", "101.02");
    test.deny_update(bid, 19);
    assert_eq!(test.cancels(), [bid]);
    test.confirm_cancel(bid);
    check(&test, "", "100.04");
    test.pass(REFUSAL_PAUSE);
    test.quote("101", "101.02");
    check(&test, "100.98", "100.04");
}

#[test]
fn a_quote_that_would_take_tries_again_with_the_next() {
    let (mut test, bid, ask) = quoted();
    test.quote("101", "101.02");
    test.pend_update(ask);
    test.reject_update(bid);
    let of_bid = |test: &Harness<MarketMaker>| {
        let amendments = test.amendments().iter();
        amendments.filter(|(order, _)| *order == bid).count()
    };
    assert_eq!(of_bid(&test), 0, "not at once");
    test.quote("101", "101.02");
    assert_eq!(of_bid(&test), 1);
    test.reject(bid);
    check(&test, "", "100.04");
    test.quote("101", "101.02");
    check(&test, "100.98", "100.04");
}

#[test]
fn a_refused_side_rests() {
    let mut test = setup().start::<MarketMaker>().unwrap();
    test.quote("100", "100.02");
    test.deny(test.orders()[0].id, 19);
    test.quote("100", "100.02");
    check(&test, "", "100.04");
    test.pass(REFUSAL_PAUSE);
    test.quote("100", "100.02");
    check(&test, "99.98", "100.04");
}

#[test]
fn silence_withdraws_everything_until_the_next_quote() {
    let mut test = start();
    test.quote("100", "100.02");
    test.pass(Duration::from_secs(61));
    check(&test, "", "");
    test.quote("100", "100.02");
    check(&test, "99.98", "100.04");
    test.stop();
    check(&test, "", "");
}

#[test]
fn a_swap_keeps_the_orders() {
    let mut test = start();
    test.quote("100", "100.02");
    let mut test = test.swap::<MarketMaker>().unwrap();
    test.quote("100", "100.02");
    check(&test, "99.98", "100.04");
    assert_eq!(test.orders().len(), 2);
}
