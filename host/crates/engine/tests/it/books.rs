//! What an order book means outside its venue: quotes for strategies, marks, and what feeds beside it
//! may not do. How orders fill in it is told by the golden traces.

use crate::script::Script;
use crate::world::*;
use engine::{Input, StrategyState};
use model::{
    BarBasis, BarSpec, BookChanges, BookLevel, BookScope, BookUpdate, Event, Intent,
    MAX_BOOK_DEPTH, PriceLevel, Side, Subscription,
};

/// A batch of `(side, price, size)`.
pub(crate) fn book(
    world: &mut World,
    scope: BookScope,
    number: u64,
    levels: &[(Side, &str, &str)],
) {
    let levels = levels.iter().map(|(side, at_price, size)| BookLevel {
        side: *side,
        price: price(at_price),
        size: quantity(size),
    });
    world.step(Input::Book(Box::new(BookUpdate {
        instrument: EQUITY,
        scope,
        first: number,
        last: number,
        changes: BookChanges::Levels(levels.collect()),
        ts_event: at(world.now),
        ts_init: at(world.now),
    })));
}

pub(crate) fn snapshot(world: &mut World) {
    let levels = [
        (Side::Buy, "100", "5"),
        (Side::Buy, "99", "50"),
        (Side::Sell, "101", "7"),
    ];
    book(world, BookScope::Snapshot, 1, &levels);
}

#[test]
fn a_new_top_is_a_quote_and_a_change_behind_it_is_none() {
    let mut world = World::new();
    let minute = BarSpec::seconds(60, BarBasis::Mid);
    let wanted = [
        Subscription::Quotes(EQUITY),
        Subscription::Bars(EQUITY, minute),
    ];
    let (_, seen) = Script::new(&wanted).run(&mut world, "listener", MARGIN);
    snapshot(&mut world);
    book(&mut world, BookScope::Delta, 2, &[(Side::Buy, "99", "40")]);
    book(&mut world, BookScope::Delta, 3, &[(Side::Buy, "100", "3")]);
    book(&mut world, BookScope::Delta, 4, &[(Side::Buy, "100", "0")]);
    // Nobody offers any more: there is no quote to tell of.
    book(&mut world, BookScope::Delta, 5, &[(Side::Sell, "101", "0")]);
    book(&mut world, BookScope::Delta, 6, &[(Side::Sell, "103", "1")]);
    world.now += 60 * SECOND;
    book(&mut world, BookScope::Delta, 7, &[(Side::Sell, "102", "1")]);
    let told = seen.events();
    let quotes = told.iter().filter_map(|event| match event {
        Event::Quote(quote) => Some(format!(
            "{} x {} / {} x {}",
            quote.bid, quote.bid_size, quote.ask, quote.ask_size
        )),
        _ => None,
    });
    let expect = [
        "100 x 5 / 101 x 7",
        "100 x 3 / 101 x 7",
        "99 x 40 / 101 x 7",
        "99 x 40 / 103 x 1",
        "99 x 40 / 102 x 1",
    ];
    assert_eq!(quotes.collect::<Vec<_>>(), expect);
    let bars = world.bars();
    let prices = [bars[0].open, bars[0].high, bars[0].low, bars[0].close];
    assert_eq!(prices, ["100.5", "101", "100", "101"].map(price));
}

#[test]
fn the_venue_of_a_book_looks_at_no_quotes() {
    let mut world = World::new();
    snapshot(&mut world);
    world.quote(EQUITY, "90", "91");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "7"));
    assert_eq!(world.story(order), "submitted 7@101");
}

#[test]
fn a_lost_book_keeps_its_last_worth_and_takes_no_orders() {
    let mut world = World::new();
    snapshot(&mut world);
    world.place(MARGIN_HAND, buy(EQUITY, "2"));
    let marked = |world: &World| {
        let state = world.engine.market().get(EQUITY).unwrap();
        (state.mark(), state.book_lost, state.quote.is_some())
    };
    let last = Some(price("100.5"));
    assert_eq!(marked(&world), (last, false, true));
    let worth = world.engine.equity(MARGIN).unwrap();
    book(&mut world, BookScope::Delta, 3, &[(Side::Buy, "99", "40")]);
    // What is held keeps a worth, but nobody may act on a price that is not known.
    assert_eq!(marked(&world), (last, true, false));
    assert_eq!(world.engine.equity(MARGIN).unwrap(), worth);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1"));
    assert_eq!(world.story(order), "denied:P24");
}

#[test]
fn a_book_out_of_time_is_stale_and_then_has_a_gap() {
    let mut world = World::new();
    world.now += SECOND;
    snapshot(&mut world);
    world.step(Input::Book(Box::new(BookUpdate {
        instrument: EQUITY,
        scope: BookScope::Delta,
        first: 2,
        last: 2,
        changes: BookChanges::Levels(Vec::new()),
        ts_event: at(world.now - 1),
        ts_init: at(world.now),
    })));
    book(&mut world, BookScope::Delta, 3, &[]);
    let ignored: Vec<String> = world.ignored().iter().map(ToString::to_string).collect();
    let expect = [
        "event time of instrument 0 went back",
        "book of instrument 0: the update begins at 3, the book is at 1: changes between are lost",
    ];
    assert_eq!(ignored, expect);
}

/// What was told of books, in words: best first, `|` between bids and asks.
fn told_of_books(events: &[Event]) -> Vec<String> {
    let levels = |levels: &[PriceLevel]| {
        let words = levels
            .iter()
            .map(|level| format!("{}x{}", level.price, level.size));
        words.collect::<Vec<_>>().join(" ")
    };
    let told = events.iter().filter_map(|event| match event {
        Event::Book(view) => Some(format!("{} | {}", levels(&view.bids), levels(&view.asks))),
        Event::BookLost(_) => Some("lost".to_owned()),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_batch_is_one_event_for_whoever_sees_what_it_changed() {
    let mut world = World::new();
    let one = Script::new(&[Subscription::Book(EQUITY, 1)]);
    let (_, one) = one.run(&mut world, "one", MARGIN);
    let two = Script::new(&[Subscription::Book(EQUITY, 2)]);
    let (_, two) = two.run(&mut world, "two", MARGIN);
    snapshot(&mut world);
    // Behind the touch.
    book(&mut world, BookScope::Delta, 2, &[(Side::Buy, "99", "40")]);
    // Behind what anybody sees.
    book(&mut world, BookScope::Delta, 3, &[(Side::Buy, "98", "1")]);
    // Two changes of one batch, the second of which takes the first back.
    let changes = [(Side::Buy, "100", "9"), (Side::Buy, "100", "5")];
    book(&mut world, BookScope::Delta, 4, &changes);
    let gone = [(Side::Sell, "101", "0"), (Side::Buy, "100", "0")];
    book(&mut world, BookScope::Delta, 5, &gone);
    let expect_one = ["100x5 | 101x7", "99x40 | "];
    assert_eq!(told_of_books(&one.events()), expect_one);
    let expect_two = [
        "100x5 99x50 | 101x7",
        "100x5 99x40 | 101x7",
        "99x40 98x1 | ",
    ];
    assert_eq!(told_of_books(&two.events()), expect_two);
}

#[test]
fn a_lost_book_is_told_once_and_only_to_whoever_knew_it() {
    let mut world = World::new();
    let wanted = [Subscription::Book(EQUITY, 1)];
    let (_, seen) = Script::new(&wanted).run(&mut world, "first", MARGIN);
    // Changes without a book to change: nothing was known, nothing is lost.
    book(&mut world, BookScope::Delta, 1, &[(Side::Buy, "99", "40")]);
    assert!(seen.events().is_empty());
    snapshot(&mut world);
    let late = Script::new(&[Subscription::Book(EQUITY, 3)]);
    let (_, late) = late.run(&mut world, "late", MARGIN);
    book(&mut world, BookScope::Delta, 3, &[(Side::Buy, "99", "40")]);
    book(&mut world, BookScope::Delta, 4, &[(Side::Buy, "99", "41")]);
    // A batch of the past loses nothing.
    snapshot(&mut world);
    book(&mut world, BookScope::Delta, 1, &[(Side::Buy, "100", "1")]);
    // A crossed book is a lost one.
    book(&mut world, BookScope::Delta, 2, &[(Side::Buy, "102", "1")]);
    let expect = ["100x5 | 101x7", "lost", "100x5 | 101x7", "lost"];
    assert_eq!(told_of_books(&seen.events()), expect);
    let expect = ["100x5 99x50 | 101x7", "lost"];
    assert_eq!(told_of_books(&late.events()), expect);
}

#[test]
fn a_book_is_known_before_the_quote_that_comes_of_it() {
    let mut world = World::new();
    let wanted = [Subscription::Quotes(EQUITY), Subscription::Book(EQUITY, 5)];
    let (_, seen) = Script::new(&wanted).run(&mut world, "listener", MARGIN);
    snapshot(&mut world);
    let events = seen.events();
    assert!(
        matches!(&events[..], [Event::Book(_), Event::Quote(_)]),
        "{events:?}"
    );
}

#[test]
fn whoever_left_a_book_and_comes_again_is_told_anew() {
    let mut world = World::new();
    let depth = Subscription::Book(EQUITY, 1);
    let mut quotes = 0;
    let script = Script::new(&[Subscription::Quotes(EQUITY), depth]).event(move |event, out| {
        if matches!(event, Event::Quote(_)) {
            quotes += 1;
            match quotes {
                1 => out.push(Intent::Unsubscribe(depth)),
                2 => out.push(Intent::Subscribe(depth)),
                _ => {}
            }
        }
        Ok(())
    });
    let (_, seen) = script.run(&mut world, "listener", MARGIN);
    snapshot(&mut world);
    book(&mut world, BookScope::Delta, 2, &[(Side::Buy, "100", "4")]);
    // The top is as it was told the second time; this batch is the first since it came again.
    book(&mut world, BookScope::Delta, 3, &[(Side::Buy, "98", "4")]);
    let expect = ["100x5 | 101x7", "100x4 | 101x7"];
    assert_eq!(told_of_books(&seen.events()), expect);
}

#[test]
fn a_depth_no_book_is_told_by_faults_whoever_asks_for_it() {
    for depth in [0, MAX_BOOK_DEPTH + 1] {
        let mut world = World::new();
        let script = Script::new(&[Subscription::Book(EQUITY, depth)]);
        let (strategy, _) = script.run(&mut world, "asks", MARGIN);
        assert_eq!(world.state(strategy), StrategyState::Error, "{depth}");
    }
}
