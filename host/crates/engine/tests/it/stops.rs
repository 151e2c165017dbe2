//! Stop orders: what wakes them, and at what price they fill.

use crate::world::*;
use model::TimeInForce;

#[test]
fn quotes_wake_stops_by_the_side_they_would_take() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let up = world.place(MARGIN_HAND, buy(EQUITY, "10").stop("103"));
    let down = world.place(MARGIN_HAND, sell(EQUITY, "10").stop("97"));
    world.quote(EQUITY, "98", "102.99");
    assert_eq!(world.story(up), "submitted accepted");
    world.quote(EQUITY, "102", "103.5");
    assert_eq!(world.story(up), "submitted accepted triggered 10@103.5");
    world.quote(EQUITY, "96.5", "97");
    assert_eq!(world.story(down), "submitted accepted triggered 10@96.5");
    assert!(!world.fills().iter().any(is_maker));
}

#[test]
fn trades_wake_stops_only_without_quotes() {
    let mut world = World::new();
    world.trade(EQUITY, "100", "1", None);
    let stop = world.place(MARGIN_HAND, sell(EQUITY, "10").stop("97"));
    world.trade(EQUITY, "97.01", "1", None);
    assert_eq!(world.story(stop), "submitted accepted");
    world.trade(EQUITY, "96.9", "1", None);
    assert_eq!(world.story(stop), "submitted accepted triggered 10@96.9");
    world.quote(EQUITY, "99", "101");
    let quoted = world.place(MARGIN_HAND, buy(EQUITY, "10").stop("103"));
    world.trade(EQUITY, "104", "1", None);
    assert_eq!(world.story(quoted), "submitted accepted");
}

#[test]
fn a_stop_beyond_the_market_wakes_at_once() {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").stop("101"));
    assert_eq!(world.story(order), "submitted accepted triggered 10@101");
}

#[test]
fn stops_wake_in_the_order_in_which_the_market_reaches_them() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["99", "5"], ["101", "5"]);
    let far = world.place(MARGIN_HAND, sell(EQUITY, "5").stop("95"));
    let near = world.place(MARGIN_HAND, sell(EQUITY, "5").stop("97"));
    world.sized_quote(EQUITY, ["94", "5"], ["101", "5"]);
    // The nearer takes the bid, the farther what is behind it.
    assert_eq!(world.story(near), "submitted accepted triggered 5@94");
    assert_eq!(world.story(far), "submitted accepted triggered 5@93.99");
}

#[test]
fn an_awake_stop_keeps_to_its_time_in_force() {
    let check = |time_in_force, expect: &str| {
        let mut world = World::new();
        world.quote(EQUITY, "99", "101");
        let order = world.place(
            MARGIN_HAND,
            buy(EQUITY, "10").stop("103").tif(time_in_force),
        );
        world.sized_quote(EQUITY, ["102", "4"], ["103", "4"]);
        assert_eq!(world.story(order), expect);
    };
    check(
        TimeInForce::Gtc,
        "submitted accepted triggered 4@103 6@103.01",
    );
    check(
        TimeInForce::Ioc,
        "submitted accepted triggered 4@103 canceled",
    );
    check(TimeInForce::Fok, "submitted accepted triggered canceled");
}

#[test]
fn a_sale_always_brings_at_least_a_tick() {
    let mut world = World::new();
    world.sized_quote(EQUITY, ["0.01", "5"], ["0.02", "5"]);
    let order = world.place(MARGIN_HAND, sell(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted 5@0.01 5@0.01");
}
