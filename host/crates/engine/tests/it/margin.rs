//! Margin accounts: what an order ties up, in the account's own currency, and when it is too much.

use crate::world::*;
use model::DenyCode;

const DENIED: Option<DenyCode> = Some(DenyCode::BuyingPower);

fn leveraged(text: &str, deposit: &str) -> World {
    let mut setup = Setup::default();
    setup.accounts[1] = account("margin", leverage(text), &[(USD, deposit)]);
    setup.build()
}

#[test]
fn a_yen_pair_ties_up_dollars() {
    let mut world = leveraged("1", "1000");
    world.quote(USDJPY, "149.99", "150.01");
    // 10,000 * 150.01 JPY, five percent, at the midpoint of 150: 500.033333333 USD.
    let order = world.place(MARGIN_HAND, buy(USDJPY, "10000"));
    assert_eq!(world.story(order), "submitted 10000@150.01");
    world.check_balance(MARGIN, USD, "1000", "500.033333333");
    world.quote(USDJPY, "151.01", "151.03");
    world.place(MARGIN_HAND, sell(USDJPY, "10000"));
    world.check_balance(MARGIN, USD, "1000", "0");
    // One yen each, and yen it stays.
    world.check_balance(MARGIN, JPY, "10000", "0");
}

#[test]
fn profit_in_yen_counts_and_yen_lost_count_against() {
    let mut world = leveraged("1", "1000");
    world.quote(USDJPY, "150", "150");
    world.place(MARGIN_HAND, buy(USDJPY, "20000"));
    world.check_balance(MARGIN, USD, "1000", "1000");
    let more = world.place(MARGIN_HAND, buy(USDJPY, "1"));
    assert_eq!(world.denied(more), DENIED);
    // 20,000 yen won at 151: 132.45 USD, enough for 2,649 dollars at five percent of 1 USD each.
    world.quote(USDJPY, "151", "151");
    let over = world.place(MARGIN_HAND, buy(USDJPY, "2650"));
    assert_eq!(world.denied(over), DENIED);
    let fits = world.place(MARGIN_HAND, buy(USDJPY, "2649"));
    assert_eq!(world.denied(fits), None);
}

#[test]
fn leverage_divides_what_is_needed() {
    let check = |text: &str, most: &str, too_much: &str| {
        let mut world = leveraged(text, "1000");
        world.quote(PERPETUAL, "100", "100");
        let over = world.place(MARGIN_HAND, buy(PERPETUAL, too_much));
        assert_eq!(world.denied(over), DENIED);
        let order = world.place(MARGIN_HAND, buy(PERPETUAL, most));
        assert_eq!(world.denied(order), None);
        world.check_balance(MARGIN, USD, "1000", "1000");
    };
    check("1", "100", "100.001");
    check("2.5", "250", "250.001");
    check("0.5", "50", "50.001");
}

#[test]
fn orders_in_flight_tie_up_margin_too() {
    let mut world = leveraged("1", "1000");
    world.quote(PERPETUAL, "100", "101");
    let first = world.place(MARGIN_HAND, buy(PERPETUAL, "60").limit("100"));
    world.check_balance(MARGIN, USD, "1000", "600");
    let second = world.place(MARGIN_HAND, buy(PERPETUAL, "41").limit("100"));
    assert_eq!(world.denied(second), DENIED);
    world.cancel(first);
    world.check_balance(MARGIN, USD, "1000", "0");
    let third = world.place(MARGIN_HAND, buy(PERPETUAL, "100").limit("100"));
    world.sized_quote(PERPETUAL, ["99", "1"], ["100", "30"]);
    // What the order held passes to the position.
    world.check_balance(MARGIN, USD, "1000", "1000");
    world.cancel(third);
    world.check_balance(MARGIN, USD, "1000", "300");
}

#[test]
fn an_account_that_owes_may_only_reduce() {
    let mut world = leveraged("1", "1000");
    world.quote(PERPETUAL, "100", "100");
    world.quote(EQUITY, "10", "10");
    world.place(MARGIN_HAND, buy(PERPETUAL, "90"));
    world.quote(PERPETUAL, "85", "85");
    // Lost 1,350 of 1,000.
    for ask in [
        buy(EQUITY, "1"),
        buy(PERPETUAL, "0.001"),
        sell(EQUITY, "1"),
        sell(PERPETUAL, "90.001"),
    ] {
        let order = world.place(MARGIN_HAND, ask);
        assert_eq!(world.denied(order), DENIED);
    }
    let out = world.place(MARGIN_HAND, sell(PERPETUAL, "90"));
    assert_eq!(world.story(out), "submitted 90@85");
    world.check_balance(MARGIN, USD, "-350", "0");
    let after = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(after), DENIED);
}

#[test]
fn an_account_that_owes_opens_nothing_even_without_margin() {
    let mut setup = Setup::default();
    setup.instrument(EQUITY).margin.initial = rate("0");
    setup.accounts[1] = account("margin", leverage("1"), &[(USD, "-1")]);
    let mut world = setup.build();
    world.quote(EQUITY, "10", "10");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(order), DENIED);
}

#[test]
fn the_way_out_stays_open_for_shorts_and_behind_open_orders() {
    let mut world = leveraged("1", "1000");
    world.quote(PERPETUAL, "100", "100");
    world.place(MARGIN_HAND, sell(PERPETUAL, "100"));
    world.check_balance(MARGIN, USD, "1000", "1000");
    let half = world.place(MARGIN_HAND, buy(PERPETUAL, "50").limit("90"));
    assert_eq!(world.story(half), "submitted accepted");
    // Fifty more close; the fifty-first would open, and nothing is left for it.
    let over = world.place(MARGIN_HAND, buy(PERPETUAL, "51"));
    assert_eq!(world.denied(over), DENIED);
    let rest = world.place(MARGIN_HAND, buy(PERPETUAL, "50"));
    assert_eq!(world.story(rest), "submitted 50@100");
    world.check_balance(MARGIN, USD, "1000", "500");
}

#[test]
fn money_that_nobody_can_value_denies_what_opens() {
    // Euros in the account that nobody can value.
    let mut setup = Setup::default();
    setup.accounts[1] = account("margin", leverage("1"), &[(USD, "1000"), (EUR, "1")]);
    let mut world = setup.build();
    world.quote(EQUITY, "10", "10");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(order), Some(DenyCode::Conversion));
    world.quote(EURUSD, "1.1", "1.1");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.denied(order), None);
}
