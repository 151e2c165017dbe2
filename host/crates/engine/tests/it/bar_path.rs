//! How a bar fills orders: open, the extreme nearer to the open, the other one, close.

use crate::world::*;
use engine::Slippage;

/// A market that closed at 100, known by bars only.
fn closed_at_100() -> World {
    let mut world = World::new();
    world.now = 60 * SECOND;
    world.bar(EQUITY, ["100", "100", "100", "100"]);
    world.now += 60 * SECOND;
    world
}

#[test]
fn orders_between_bars_fill_at_the_close() {
    let mut world = closed_at_100();
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted 10@100");
}

#[test]
fn limits_fill_at_their_price_on_either_side_of_one_bar() {
    let mut world = closed_at_100();
    let low = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("98"));
    let high = world.place(MARGIN_HAND, sell(EQUITY, "10").limit("103"));
    let beyond = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("96.99"));
    world.bar(EQUITY, ["100", "104", "97", "101"]);
    assert_eq!(world.story(low), "submitted accepted 10@98");
    assert_eq!(world.story(high), "submitted accepted 10@103");
    assert_eq!(world.story(beyond), "submitted accepted");
    // The low is nearer to the open, so the buy filled before the sell.
    let fills = world.fills();
    assert_eq!((fills[0].order, fills[1].order), (low, high));
    assert!(fills.iter().all(is_maker));
}

/// A long position with a target and a stop, both within one bar: the path decides which is first.
fn target_and_stop(bar: [&str; 4]) -> [String; 2] {
    let mut world = closed_at_100();
    let target = world.place(MARGIN_HAND, sell(EQUITY, "10").limit("103"));
    let stop = world.place(MARGIN_HAND, sell(EQUITY, "10").stop("98"));
    world.bar(EQUITY, bar);
    let first = world.fills()[0].order;
    assert_eq!(world.fills().len(), 2);
    [
        world.story(first),
        world.story(if first == target { stop } else { target }),
    ]
}

#[test]
fn the_extreme_nearer_to_the_open_comes_first() {
    let (limit, stop) = (
        "submitted accepted 10@103",
        "submitted accepted triggered 10@98",
    );
    // High 3 away, low 4 away.
    assert_eq!(target_and_stop(["100", "103", "96", "100"]), [limit, stop]);
    // High 4 away, low 3 away.
    assert_eq!(target_and_stop(["100", "104", "97", "100"]), [stop, limit]);
    // Equally far: up first.
    assert_eq!(target_and_stop(["100", "104", "96", "100"]), [limit, stop]);
}

#[test]
fn what_the_open_jumped_over_fills_at_the_open() {
    let mut world = closed_at_100();
    let stop = world.place(MARGIN_HAND, sell(EQUITY, "10").stop("98"));
    let limit = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("97"));
    world.bar(EQUITY, ["95", "96", "94", "95"]);
    // The stop at a worse price than its trigger, the limit at a better one than its own.
    assert_eq!(world.story(stop), "submitted accepted triggered 10@95");
    assert_eq!(world.story(limit), "submitted accepted 10@95");
}

#[test]
fn stops_inside_the_bar_fill_at_their_trigger_with_slippage() {
    let mut setup = Setup::default();
    setup.venue.slippage = Slippage::Ticks(2);
    let mut world = setup.build();
    world.now = 60 * SECOND;
    world.bar(EQUITY, ["100", "100", "100", "100"]);
    world.now += 60 * SECOND;
    let up = world.place(MARGIN_HAND, buy(EQUITY, "10").stop("102"));
    let down = world.place(MARGIN_HAND, sell(EQUITY, "10").stop("98"));
    world.bar(EQUITY, ["100", "103", "97", "99"]);
    assert_eq!(world.story(up), "submitted accepted triggered 10@102.02");
    assert_eq!(world.story(down), "submitted accepted triggered 10@97.98");
}

#[test]
fn prices_on_the_way_back_count_too() {
    let mut world = closed_at_100();
    // Low first (99), then high (105), then back to the close: passed on the way down.
    let stop = world.place(MARGIN_HAND, buy(EQUITY, "10").stop("104"));
    world.bar(EQUITY, ["100", "105", "99", "100"]);
    assert_eq!(world.story(stop), "submitted accepted triggered 10@104");
    world.now += 60 * SECOND;
    let limit = world.place(MARGIN_HAND, sell(EQUITY, "10").limit("101"));
    world.bar(EQUITY, ["100", "101", "98", "99"]);
    assert_eq!(world.story(limit), "submitted accepted 10@101");
}
