//! Where an order stands in the queue, and how trades work it off.

use crate::world::*;
use model::{OrderId, Side};

/// Joins a bid of 100 shares at 100 with an order for 20.
fn joined() -> (World, OrderId) {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["100", "100"], ["101", "100"]);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "20").limit("100"));
    (world, order)
}

#[test]
fn trades_first_fill_those_who_were_there_before() {
    let (mut world, order) = joined();
    world.trade(EQUITY, "100", "60", Some(Side::Sell));
    assert_eq!(world.story(order), "submitted accepted");
    world.trade(EQUITY, "100", "45", Some(Side::Sell));
    assert_eq!(world.story(order), "submitted accepted 5@100");
    world.trade(EQUITY, "100", "50", Some(Side::Sell));
    assert_eq!(world.story(order), "submitted accepted 5@100 15@100");
    assert!(world.fills().iter().all(is_maker));
}

#[test]
fn buyers_do_not_trade_with_buyers() {
    let (mut world, order) = joined();
    world.trade(EQUITY, "100", "500", Some(Side::Buy));
    assert_eq!(world.story(order), "submitted accepted");
    world.trade(EQUITY, "100", "110", None);
    assert_eq!(world.story(order), "submitted accepted 10@100");
}

#[test]
fn a_trade_through_the_price_fills_without_a_queue() {
    let (mut world, order) = joined();
    world.trade(EQUITY, "99.99", "1", Some(Side::Sell));
    assert_eq!(world.story(order), "submitted accepted 20@100");
}

#[test]
fn an_order_that_improves_the_touch_is_first() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["100", "100"], ["101", "100"]);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "20").limit("100.5"));
    world.trade(EQUITY, "100.5", "8", Some(Side::Sell));
    assert_eq!(world.story(order), "submitted accepted 8@100.5");
}

#[test]
fn an_order_behind_the_touch_learns_its_queue_when_it_gets_there() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["100", "100"], ["101", "100"]);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "20").limit("99"));
    world.sized_quote(EQUITY, ["99", "30"], ["101", "100"]);
    world.trade(EQUITY, "99", "35", Some(Side::Sell));
    assert_eq!(world.story(order), "submitted accepted 5@99");
}

#[test]
fn one_trade_passes_the_displayed_queue_once() {
    let (mut world, first) = joined();
    let second = world.place(CASH_HAND, buy(EQUITY, "20").limit("100"));
    // 100 for those before us, 20 for the first, 10 of 20 for the second.
    world.trade(EQUITY, "100", "130", Some(Side::Sell));
    assert_eq!(world.story(first), "submitted accepted 20@100");
    assert_eq!(world.story(second), "submitted accepted 10@100");
    world.trade(EQUITY, "100", "10", Some(Side::Sell));
    assert_eq!(world.story(second), "submitted accepted 10@100 10@100");
}

#[test]
fn a_later_order_waits_for_the_longer_queue() {
    let (mut world, first) = joined();
    world.sized_quote(EQUITY, ["100", "150"], ["101", "100"]);
    let second = world.place(CASH_HAND, buy(EQUITY, "20").limit("100"));
    // 100 before the first, its 20, then 20 of the 50 that joined between the two.
    world.trade(EQUITY, "100", "140", Some(Side::Sell));
    assert_eq!(world.story(first), "submitted accepted 20@100");
    assert_eq!(world.story(second), "submitted accepted");
    world.trade(EQUITY, "100", "37", Some(Side::Sell));
    assert_eq!(world.story(second), "submitted accepted 7@100");
}

#[test]
fn our_orders_share_one_trade() {
    let mut world = World::new();
    world.trade(EQUITY, "101", "1", None);
    let first = world.place(MARGIN_HAND, buy(EQUITY, "20").limit("100"));
    let second = world.place(CASH_HAND, buy(EQUITY, "20").limit("100"));
    world.trade(EQUITY, "100", "25", Some(Side::Sell));
    assert_eq!(world.story(first), "submitted accepted 20@100");
    assert_eq!(world.story(second), "submitted accepted 5@100");
}
