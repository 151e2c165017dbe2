//! Data that takes time to the host: the venue matches at once, everybody else sees it later.

use crate::books::{book, snapshot};
use crate::models::{Staged, broken, spec};
use crate::script::{Script, market};
use crate::strategies::numbered;
use crate::world::*;
use engine::{DrawnLatency, Effect, Ignored, Input, Latency, LimitScope, Quantiles, StrategyState};
use model::{
    BarBasis, BarSpec, BookScope, DenyCode, Duration, Event, InstrumentStatus, LatencyQuery,
    Message, Quote, Side, Subscription, Trade, VenueModel,
};

const MS: u64 = 1_000_000;
const QUOTES: Subscription = Subscription::Quotes(EQUITY);

/// Data takes 10 ms, commands take none.
fn behind() -> World {
    let mut setup = Setup::default();
    setup.venue.latency.feed = Duration::from_millis(10);
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world.wait(20 * MS);
    world
}

fn host_sees(world: &World) -> String {
    let quote = world.engine.market().get(EQUITY).unwrap().quote.unwrap();
    format!("{} / {}", quote.bid, quote.ask)
}

#[test]
fn the_venue_fills_at_once_what_the_host_does_not_see_yet() {
    let mut world = behind();
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    world.quote(EQUITY, "98", "99.5");
    assert_eq!(world.story(order), "submitted accepted 10@100");
    assert_eq!(host_sees(&world), "99 / 101");
    world.wait(10 * MS - 1);
    assert_eq!(host_sees(&world), "99 / 101");
    world.wait(1);
    assert_eq!(host_sees(&world), "98 / 99.5");
}

#[test]
fn an_order_meets_the_venues_book_and_not_the_one_the_host_sees() {
    let mut world = behind();
    world.quote(EQUITY, "103", "105");
    assert_eq!(host_sees(&world), "99 / 101");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted 10@105");
    // Its limit looks marketable from here, but is not there.
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("101"));
    assert_eq!(world.story(order), "submitted accepted");
}

#[test]
fn an_order_on_its_way_meets_the_book_of_its_arrival() {
    let mut setup = Setup::default();
    setup.venue.latency = Latency {
        insert: Duration::from_millis(5),
        feed: Duration::from_millis(10),
        ..Latency::default()
    };
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world.wait(20 * MS);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    world.now += 4 * MS;
    world.quote(EQUITY, "103", "105");
    world.wait(MS);
    assert_eq!(world.story(order), "submitted 10@105");
    assert_eq!(host_sees(&world), "99 / 101");
}

#[test]
fn strategies_and_bars_see_data_when_it_arrives() {
    let mut world = behind();
    let bars = Subscription::Bars(EQUITY, BarSpec::seconds(1, BarBasis::Mid));
    let (_, seen) = Script::new(&[QUOTES, bars]).run(&mut world, "reader", MARGIN);
    let sent = world.now;
    world.quote(EQUITY, "98", "100");
    assert!(seen.events().is_empty());
    world.wait(10 * MS);
    let expect = Quote {
        instrument: EQUITY,
        bid: price("98"),
        ask: price("100"),
        bid_size: quantity("0"),
        ask_size: quantity("0"),
        ts_event: at(sent),
        ts_init: at(sent + 10 * MS),
    };
    assert_eq!(seen.events(), [Event::Quote(expect)]);
    world.wait(2 * SECOND);
    let [bar] = world.bars()[..] else {
        panic!("{:?}", world.bars());
    };
    assert_eq!((bar.open, bar.close), (price("99"), price("99")));
}

#[test]
fn a_strategy_trades_on_old_news() {
    let mut world = behind();
    let script = Script::new(&[QUOTES]).event(|event, out| {
        if let Event::Quote(_) = event {
            market(out, EQUITY, Side::Buy, 1);
        }
        Ok(())
    });
    let (strategy, _) = script.run(&mut world, "taker", MARGIN);
    world.quote(EQUITY, "98", "100");
    world.now += 5 * MS;
    world.quote(EQUITY, "102", "104");
    world.wait(5 * MS);
    // It saw 100 and paid 104.
    assert_eq!(world.last_fill().price, price("104"));
    assert_eq!(world.state(strategy), StrategyState::Running);
}

#[test]
fn the_gate_judges_by_what_the_host_sees() {
    let mut world = behind();
    world.limit(LimitScope::Firm, |limits| {
        limits.price.max_distance = rate("0.05");
    });
    world.quote(EQUITY, "199", "201");
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("201"));
    assert_eq!(world.denied(order), Some(DenyCode::PriceCollar));
    world.wait(10 * MS);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "1").limit("201"));
    assert_eq!(world.story(order), "submitted accepted 1@201");
}

fn drawn(seed: u64) -> Setup {
    let mut setup = Setup::default();
    let quantiles = [0, MS, 50 * MS].map(Duration::from_nanos);
    setup.venue.latency = Latency {
        drawn: DrawnLatency {
            feed: Quantiles(quantiles.to_vec()),
            ..DrawnLatency::default()
        },
        seed,
        ..Latency::default()
    };
    setup
}

/// When each of a hundred quotes arrived, one a nanosecond sent.
fn arrivals(seed: u64) -> Vec<u64> {
    let mut world = drawn(seed).build();
    let (_, seen) = Script::new(&[QUOTES]).run(&mut world, "reader", MARGIN);
    for n in 1..=100 {
        numbered(&mut world, n);
        world.now += MS;
    }
    world.wait(SECOND);
    assert_eq!(seen.counters(), (1..=100).collect::<Vec<_>>());
    let events = seen.events();
    let quotes = events.iter().filter_map(|event| match event {
        Event::Quote(quote) => Some((quote.ts_event.nanos(), quote.ts_init.nanos())),
        _ => None,
    });
    quotes
        .map(|(sent, arrived)| {
            assert!(arrived >= sent && arrived - sent <= 50 * MS);
            arrived
        })
        .collect()
}

#[test]
fn data_of_an_instrument_keeps_its_order_and_arrives_alike_for_a_seed() {
    let first = arrivals(7);
    assert!(first.is_sorted());
    assert_eq!(first, arrivals(7));
    assert_ne!(first, arrivals(8));
}

#[test]
fn a_halt_holds_at_the_venue_before_the_host_knows() {
    let mut world = behind();
    let status = |world: &World, halted| {
        Input::Status(InstrumentStatus {
            instrument: EQUITY,
            halted,
            ts_event: at(world.now),
            ts_init: at(world.now),
        })
    };
    world.step(status(&world, true));
    assert!(!world.engine.market().get(EQUITY).unwrap().halted);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted rejected");
    world.wait(10 * MS);
    assert!(world.engine.market().get(EQUITY).unwrap().halted);
    world.step(status(&world, false));
    world.quote(EQUITY, "99", "101");
    assert!(world.engine.market().get(EQUITY).unwrap().halted);
    world.wait(10 * MS);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10"));
    assert_eq!(world.story(order), "submitted 10@101");
}

#[test]
fn books_arrive_as_the_venue_applied_them() {
    let mut world = behind();
    world.wait(0);
    snapshot(&mut world);
    book(&mut world, BookScope::Delta, 2, &[(Side::Sell, "101", "0")]);
    book(&mut world, BookScope::Delta, 3, &[(Side::Sell, "102", "1")]);
    // A gap: known at the venue, and nobody here knows of it yet.
    book(&mut world, BookScope::Delta, 9, &[(Side::Sell, "103", "1")]);
    assert_eq!(host_sees(&world), "99 / 101");
    assert_eq!(world.ignored(), []);
    world.wait(10 * MS);
    let state = world.engine.market().get(EQUITY).unwrap();
    assert!(state.book_lost && state.quote.is_none());
    assert_eq!(state.mark(), Some(price("101")));
    assert_eq!(world.ignored().len(), 1);
}

#[test]
fn what_cannot_be_moves_no_book_and_is_named_when_it_arrives() {
    let mut world = behind();
    let order = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("100"));
    let crossed = [["98", "1"], ["97", "1"]];
    world.sized_quote(EQUITY, crossed[0], crossed[1]);
    world.now += MS;
    world.quote(EQUITY, "99", "101");
    let old = Trade {
        instrument: EQUITY,
        price: price("90"),
        size: quantity("100"),
        aggressor: None,
        ts_event: at(world.now - 1),
        ts_init: at(world.now),
    };
    world.step(Input::Trade(old));
    assert_eq!(world.story(order), "submitted accepted");
    assert_eq!(world.ignored(), []);
    world.wait(10 * MS);
    let expect = [Ignored::BadMarketData(EQUITY), Ignored::StaleEvent(EQUITY)];
    assert_eq!(world.ignored(), expect);
    assert_eq!(world.story(order), "submitted accepted");
}

#[test]
fn when_too_much_is_on_its_way_the_oldest_arrives_early() {
    const MOST: u64 = 1 << 16;
    let mut setup = Setup::default();
    setup.venue.latency.feed = Duration::from_secs(3_600);
    let mut world = setup.build();
    let (_, seen) = Script::new(&[QUOTES]).run(&mut world, "reader", MARGIN);
    for n in 1..=MOST + 2 {
        // Few enough a millisecond that no strategy is stopped for asking too much.
        world.now += 1_000;
        numbered(&mut world, n);
        let early = n.saturating_sub(MOST);
        assert_eq!(seen.counters().len() as u64, early);
    }
    assert_eq!(seen.counters(), [1, 2]);
    world.wait(3_600 * SECOND);
    let all = seen.counters();
    assert!(all.len() as u64 == MOST + 2 && all.is_sorted());
}

#[test]
fn data_whose_latency_is_unknown_arrives_at_once_and_stops_the_instrument() {
    struct Late;
    impl model::LatencyModel for Late {
        fn delays_data(&self) -> bool {
            true
        }
        fn delay(&mut self, query: &LatencyQuery) -> Result<Duration, model::Fault> {
            match query.message {
                Message::Data => Err(broken()),
                _ => Ok(Duration::ZERO),
            }
        }
    }
    let mut setup = Setup::default();
    setup.venue.models.latency = Some(spec("late"));
    setup.staged.push(VenueModel::Latency(Box::new(Late)));
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world.wait(0);
    assert_eq!(host_sees(&world), "99 / 101");
    assert!(world.engine.is_scope_killed(LimitScope::Instrument(EQUITY)));
    let faults = world.effects.iter();
    let faults = faults.filter(|effect| matches!(effect, Effect::ModelFault(_)));
    assert_eq!(faults.count(), 1);
    // One that says that data takes no time is never asked about it.
    let mut setup = Setup::default();
    setup.venue.models.latency = Some(spec("prompt"));
    let prompt = |query: &LatencyQuery| {
        assert_ne!(query.message, Message::Data);
        Ok(Duration::ZERO)
    };
    setup
        .staged
        .push(VenueModel::Latency(Box::new(Staged(prompt))));
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    assert_eq!(host_sees(&world), "99 / 101");
}
