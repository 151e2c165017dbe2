//! Commands take time to arrive, and the market moves meanwhile.

use crate::script::{Script, market};
use crate::world::*;
use engine::{Command, Latency};
use model::{Duration, Event, Side, Subscription, TimeInForce};

const MS: u64 = 1_000_000;

fn slow(insert: u64, cancel: u64) -> World {
    let mut setup = Setup::default();
    setup.venue.latency = Latency {
        insert: Duration::from_millis(insert),
        cancel: Duration::from_millis(cancel),
        ..Latency::default()
    };
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world
}

#[test]
fn an_order_fills_at_the_price_of_its_arrival() {
    let mut world = slow(5, 5);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.now += 4 * MS;
    world.quote(EQUITY, "103", "105");
    assert_eq!(world.story(order), "submitted");
    world.wait(MS - 1);
    assert_eq!(world.story(order), "submitted");
    // It arrives before the quote of the same moment.
    world.now += 1;
    world.quote(EQUITY, "108", "110");
    assert_eq!(world.story(order), "submitted 10@105");
    assert_eq!(world.last_fill().ts_event, at(SECOND + 5 * MS));
}

#[test]
fn an_order_on_its_way_cannot_be_filled_by_what_it_has_not_seen() {
    let mut world = slow(5, 5);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.now += MS;
    world.quote(EQUITY, "98", "99");
    world.now += MS;
    world.quote(EQUITY, "101", "102");
    world.wait(10 * MS);
    assert_eq!(world.story(order), "submitted accepted");
}

#[test]
fn a_fill_crosses_a_cancel_on_its_way() {
    let mut world = slow(0, 5);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.cancel(order);
    world.now += MS;
    world.sized_quote(EQUITY, ["99", "1"], ["100", "4"]);
    assert_eq!(world.story(order), "submitted accepted cancelling 4@100");
    world.wait(10 * MS);
    assert_eq!(
        world.story(order),
        "submitted accepted cancelling 4@100 canceled"
    );
    let late = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("99.5"));
    world.cancel(late);
    world.now += MS;
    world.quote(EQUITY, "98", "99");
    world.wait(10 * MS);
    assert_eq!(world.story(late), "submitted accepted cancelling 10@99.5");
    world.check_balance(MARGIN, USD, "100000", "697.5");
}

#[test]
fn a_cancel_never_overtakes_its_order() {
    let mut world = slow(10, 1);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.now += MS;
    world.cancel(order);
    world.wait(5 * MS);
    assert_eq!(world.story(order), "submitted cancelling");
    world.wait(10 * MS);
    assert_eq!(world.story(order), "submitted cancelling accepted canceled");
    assert!(world.engine.orders().is_empty() && world.ignored().is_empty());
}

#[test]
fn the_kill_latch_reaches_orders_that_are_still_on_their_way() {
    let mut world = slow(10, 1);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.command(Command::SetKillLatch(true));
    world.wait(20 * MS);
    assert_eq!(world.story(order), "submitted cancelling accepted canceled");
}

#[test]
fn a_day_order_that_travels_over_midnight_belongs_to_the_new_day() {
    let mut world = slow(10, 10);
    let midnight = 86_400 * SECOND;
    world.now = midnight - MS;
    let order = world.place(
        MARGIN_HAND,
        buy(EQUITY, "10").limit("100").tif(TimeInForce::Day),
    );
    world.wait(3600 * SECOND);
    assert_eq!(world.story(order), "submitted accepted");
    world.now = 2 * midnight;
    world.wait(0);
    assert_eq!(world.story(order), "submitted accepted expired");
}

#[test]
fn jitter_repeats_with_its_seed() {
    let arrivals = |seed| {
        let mut setup = Setup::default();
        let (insert, jitter) = (Duration::from_millis(1), Duration::from_millis(1));
        setup.venue.latency = Latency {
            insert,
            jitter,
            seed,
            ..Latency::default()
        };
        let mut world = setup.build();
        world.quote(EQUITY, "99", "101");
        for _ in 0..20 {
            world.place(MARGIN_HAND, buy(EQUITY, "1"));
            world.wait(3 * MS);
        }
        let fills = world.fills();
        let delays = fills
            .iter()
            .enumerate()
            .map(|(n, fill)| fill.ts_event.nanos() - SECOND - u64::try_from(n).unwrap() * 3 * MS);
        delays.collect::<Vec<_>>()
    };
    let first = arrivals(7);
    assert_eq!(first.len(), 20);
    assert_eq!(first, arrivals(7));
    assert_ne!(first, arrivals(8));
    assert!(first.iter().all(|delay| (MS..=2 * MS).contains(delay)));
}

#[test]
fn a_strategy_hears_of_its_fill_when_it_happens() {
    let mut world = slow(5, 5);
    let script = Script::new(&[Subscription::Quotes(EQUITY)]).event(|event, out| {
        if let Event::Quote(_) = event {
            market(out, EQUITY, Side::Buy, 1);
        }
        Ok(())
    });
    let (_, seen) = script.run(&mut world, "taker", MARGIN);
    world.now += MS;
    world.quote(EQUITY, "99", "101");
    assert_eq!(seen.changes().len(), 1);
    world.wait(5 * MS);
    assert_eq!(seen.changes().len(), 2);
}
