//! Bars made from quotes and trades, ended by the clock, passed through and merged.

use crate::script::{Script, Seen};
use crate::world::*;
use model::{Bar, BarBasis, BarMethod, BarSpec, Event, Subscription};

fn listening(specs: &[BarSpec]) -> (World, Seen) {
    let mut world = World::new();
    let wanted: Vec<_> = specs
        .iter()
        .map(|spec| Subscription::Bars(EQUITY, *spec))
        .collect();
    let (_, seen) = Script::new(&wanted).run(&mut world, "bars", MARGIN);
    world.now = 120 * SECOND;
    (world, seen)
}

fn bars(seen: &Seen) -> Vec<Bar> {
    let events = seen.events();
    events
        .iter()
        .filter_map(|event| {
            if let Event::Bar(bar) = event {
                Some(*bar)
            } else {
                None
            }
        })
        .collect()
}

/// `open high low close volume from to`, times in seconds.
fn shape(bar: &Bar) -> String {
    let Bar {
        open,
        high,
        low,
        close,
        volume,
        ..
    } = bar;
    let seconds = |time: model::Timestamp| time.nanos() / SECOND;
    let (from, to) = (seconds(bar.ts_open), seconds(bar.ts_event));
    format!("{open} {high} {low} {close} {volume} {from} {to}")
}

#[test]
fn quotes_make_time_bars_of_bid_ask_and_mid() {
    let spec = |basis| BarSpec::seconds(60, basis);
    let (mut world, seen) = listening(&[
        spec(BarBasis::Bid),
        spec(BarBasis::Ask),
        spec(BarBasis::Mid),
    ]);
    for (bid, ask) in [("100", "102"), ("98", "103"), ("99", "101")] {
        world.sized_quote(EQUITY, [bid, "1"], [ask, "2"]);
        world.now += SECOND;
    }
    world.now = 180 * SECOND;
    world.sized_quote(EQUITY, ["90", "1"], ["91", "2"]);
    let shapes: Vec<_> = bars(&seen).iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            "100 100 98 99 3 120 180",
            "102 103 101 101 6 120 180",
            "101 101 100 100 3 120 180"
        ]
    );
    assert_eq!(world.bars(), bars(&seen));
}

#[test]
fn a_time_bar_ends_by_the_clock_without_data() {
    let (mut world, seen) = listening(&[BarSpec::seconds(60, BarBasis::Last)]);
    world.trade(EQUITY, "100", "4", None);
    world.now = 180 * SECOND - 1;
    world.wait(0);
    assert_eq!(bars(&seen), []);
    world.wait(1);
    assert_eq!(shape(&bars(&seen)[0]), "100 100 100 100 4 120 180");
    // Minutes without trades make no bars.
    world.wait(600 * SECOND);
    assert_eq!(bars(&seen).len(), 1);
    world.trade(EQUITY, "101", "1", None);
    world.wait(60 * SECOND);
    assert_eq!(shape(&bars(&seen)[1]), "101 101 101 101 1 780 840");
}

#[test]
fn a_late_trade_does_not_make_a_bar_twice() {
    let (mut world, seen) = listening(&[BarSpec::seconds(60, BarBasis::Last)]);
    world.trade(EQUITY, "100", "4", None);
    world.wait(60 * SECOND);
    let late = model::Trade {
        instrument: EQUITY,
        price: price("105"),
        size: quantity("1"),
        aggressor: None,
        ts_event: at(179 * SECOND),
        ts_init: at(world.now),
    };
    world.step(engine::Input::Trade(late));
    world.wait(60 * SECOND);
    let shapes: Vec<_> = bars(&seen).iter().map(shape).collect();
    assert_eq!(
        shapes,
        ["100 100 100 100 4 120 180", "105 105 105 105 1 180 240"]
    );
}

#[test]
fn tick_and_volume_bars_end_with_their_sample() {
    let basis = BarBasis::Last;
    let ticks = BarSpec {
        method: BarMethod::Tick(3),
        basis,
    };
    let volume = BarSpec {
        method: BarMethod::Volume(quantity("10")),
        basis,
    };
    let (mut world, seen) = listening(&[ticks, volume]);
    for (at_price, size) in [("100", "4"), ("101", "5"), ("99", "3"), ("98", "20")] {
        world.trade(EQUITY, at_price, size, None);
        world.now += SECOND;
    }
    let shapes: Vec<_> = bars(&seen).iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            "100 101 99 99 12 120 122",
            "100 101 99 99 12 120 122",
            "98 98 98 98 20 123 123"
        ]
    );
}

#[test]
fn source_bars_pass_through_and_merge_into_longer_ones() {
    let minute = BarSpec::seconds(60, BarBasis::Last);
    let (mut world, seen) = listening(&[minute, BarSpec::seconds(180, BarBasis::Last)]);
    world.now = 180 * SECOND;
    for prices in [
        ["10", "12", "9", "11"],
        ["11", "11", "8", "9"],
        ["9", "15", "9", "14"],
    ] {
        world.now += 60 * SECOND;
        world.bar(EQUITY, prices);
    }
    let shapes: Vec<_> = bars(&seen).iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            "10 12 9 11 10 180 240",
            "11 11 8 9 10 240 300",
            "9 15 9 14 10 300 360",
            "10 15 8 14 30 180 360",
        ]
    );
    // Long after, a minute shows that the one begun before is over.
    world.now += 60 * SECOND;
    world.bar(EQUITY, ["14", "14", "14", "14"]);
    world.now += 600 * SECOND;
    world.bar(EQUITY, ["20", "20", "20", "20"]);
    let shapes: Vec<_> = bars(&seen).iter().map(shape).collect();
    assert_eq!(shapes[6], "14 14 14 14 10 360 540");
}

#[test]
fn a_rule_taken_up_again_does_not_span_the_gap() {
    let ticks = BarSpec {
        method: BarMethod::Tick(3),
        basis: BarBasis::Last,
    };
    let mut world = World::new();
    let wanted = Subscription::Bars(EQUITY, ticks);
    let (strategy, _) = Script::new(&[wanted]).run(&mut world, "one", MARGIN);
    world.trade(EQUITY, "100", "1", None);
    world.trade(EQUITY, "100", "1", None);
    world.command(engine::Command::Stop(strategy));
    world.trade(EQUITY, "500", "1", None);
    let again = Script::new(&[wanted]);
    let seen = again.seen();
    world.start(strategy, again.boxed());
    world.trade(EQUITY, "90", "1", None);
    assert_eq!(bars(&seen), []);
    world.trade(EQUITY, "91", "1", None);
    world.trade(EQUITY, "92", "1", None);
    assert_eq!(shape(&bars(&seen)[0]), "90 92 90 92 3 1 1");
}
