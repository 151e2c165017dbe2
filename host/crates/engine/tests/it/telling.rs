//! What strategies hear of without a trade: who is told, in which order, and that nobody else is.

use crate::journal::Memory;
use crate::probation;
use crate::script::{Script, Seen, market, submit, trap};
use crate::world::*;
use engine::replay::{self, Instances};
use engine::{
    Candidate, Command, Definition, Engine, Journal, Recorder, Staged, StrategyState, SwapTerms,
};
use model::{
    Event, Hears, InstrumentId, LifeEventKind, LifecycleEvent, OrderChange, OrderKind, PluginHash,
    SavedState, Side, StartSnapshot, Strategy, StrategyId, Subscription, Timestamp,
};
use std::io::Cursor;
use std::sync::{Arc, Mutex};

const NOTHING: Hears = Hears {
    cash_flows: false,
    life_events: false,
    signals: false,
};

fn funding(text: &str) -> LifecycleEvent {
    LifecycleEvent::Funding { rate: rate(text) }
}

fn split(numerator: u32, denominator: u32) -> LifecycleEvent {
    LifecycleEvent::Split {
        numerator,
        denominator,
    }
}

fn dividend(amount: &str) -> LifecycleEvent {
    LifecycleEvent::Dividend {
        amount: money(amount),
        currency: USD,
    }
}

/// What was told but quotes and orders on their way, in words.
fn heard(seen: &Seen) -> Vec<String> {
    let events = seen.events();
    let words = events.iter().filter_map(|event| match event {
        Event::CashFlow { flow, currency } => {
            Some(format!("{} {} {currency}", flow.reason.name(), flow.amount))
        }
        Event::Life { event, currency } => Some(in_words(&event.kind, currency.as_deref())),
        Event::Position(update) => Some(format!("holds {}", update.state.quantity)),
        Event::Order(update) => match update.change {
            OrderChange::Filled { .. } => Some("filled".to_owned()),
            OrderChange::Expired => Some("expired".to_owned()),
            OrderChange::Canceled => Some("canceled".to_owned()),
            OrderChange::Updated { price, .. } => Some(format!("order at {}", price.unwrap())),
            _ => None,
        },
        _ => None,
    });
    words.collect()
}

fn in_words(kind: &LifeEventKind, currency: Option<&str>) -> String {
    let name = kind.name();
    match kind {
        LifeEventKind::Funding { rate } => format!("{name} of {rate}"),
        LifeEventKind::FinalPrice { price } | LifeEventKind::Settlement { price } => {
            format!("{name} at {price}")
        }
        LifeEventKind::Expiry => name.to_owned(),
        LifeEventKind::Split {
            numerator,
            denominator,
        } => format!("{name} {numerator}:{denominator}"),
        LifeEventKind::Dividend { amount, .. } => {
            format!("{name} of {amount} {}", currency.unwrap())
        }
    }
}

/// A script that hears of everything and buys at its start.
fn holder(instrument: InstrumentId, units: i64) -> Script {
    let script = Script::new(&[]).hearing(Hears::ALL);
    script.start(move |_, out| {
        market(out, instrument, Side::Buy, units);
        Ok(())
    })
}

#[test]
fn funding_is_told_with_its_reason_before_the_position_moves() {
    let mut world = World::new();
    world.quote(PERPETUAL, "100", "100");
    let (_, seen) = holder(PERPETUAL, 2).run(&mut world, "long", MARGIN);
    world.lifecycle(PERPETUAL, funding("0.001"));
    let expect = [
        "filled",
        "holds 2",
        "FUNDING of 0.001",
        "FUNDING -0.2 USD",
        "holds 2",
    ];
    assert_eq!(heard(&seen), expect);
}

#[test]
fn a_dividend_names_its_currency_and_is_paid_to_each_holder_alone() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    let (_, one) = holder(EQUITY, 3).run(&mut world, "one", MARGIN);
    let (_, two) = holder(EQUITY, 5).run(&mut world, "two", MARGIN);
    world.lifecycle(EQUITY, dividend("0.5"));
    for (seen, held, paid) in [(one, 3, "1.5"), (two, 5, "2.5")] {
        let expect = [
            "filled".to_owned(),
            format!("holds {held}"),
            "DIVIDEND of 0.5 USD".to_owned(),
            format!("DIVIDEND {paid} USD"),
            format!("holds {held}"),
        ];
        assert_eq!(heard(&seen), expect);
    }
}

#[test]
fn a_split_is_told_before_what_it_does_to_orders_and_positions() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    let script = Script::new(&[]).hearing(Hears::ALL).start(|_, out| {
        market(out, EQUITY, Side::Buy, 3);
        let limit = OrderKind::Limit { price: price("90") };
        submit(out, EQUITY, Side::Buy, limit, 1);
        Ok(())
    });
    let (_, seen) = script.run(&mut world, "one", MARGIN);
    world.lifecycle(EQUITY, split(2, 1));
    let told = heard(&seen);
    let of_split: Vec<&str> = told.iter().skip(2).map(String::as_str).collect();
    assert_eq!(of_split, ["SPLIT 2:1", "holds 6", "order at 45"]);
}

#[test]
fn an_end_is_told_step_by_step() {
    let mut world = World::new();
    world.quote(FUTURE, "100", "100");
    let (_, seen) = holder(FUTURE, 1).run(&mut world, "one", MARGIN);
    let settled = |text: &str| LifecycleEvent::Settlement { price: price(text) };
    world.lifecycle(FUTURE, settled("101"));
    world.lifecycle(FUTURE, settled("102"));
    world.now = EXPIRY;
    world.wait(0);
    let told = heard(&seen);
    let told: Vec<&str> = told.iter().skip(2).map(String::as_str).collect();
    let [first, second, expiry, settlement, flow, flat] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(
        [*first, *second],
        ["FINAL_PRICE at 101", "FINAL_PRICE at 102"]
    );
    assert_eq!([*expiry, *settlement], ["EXPIRY", "SETTLEMENT at 102"]);
    assert!(
        flow.starts_with("SETTLEMENT ") && flow.ends_with(" USD"),
        "{flow}"
    );
    assert_eq!(*flat, "holds 0");
}

#[test]
fn an_end_without_a_final_price_is_settled_at_the_mark_an_hour_later() {
    let mut world = World::new();
    world.quote(FUTURE, "100", "100");
    let (strategy, seen) = holder(FUTURE, 1).run(&mut world, "one", MARGIN);
    world.place(strategy, buy(FUTURE, "1").limit("90"));
    world.now = EXPIRY;
    world.wait(0);
    let told = heard(&seen);
    assert_eq!(told[2..], ["EXPIRY", "expired"]);
    world.wait(3_600 * SECOND);
    let told = heard(&seen);
    assert_eq!(told[4], "SETTLEMENT at 100");
}

#[test]
fn who_holds_has_orders_or_asked_for_data_hears_and_nobody_else() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    world.quote(PERPETUAL, "100", "100");
    let all = || Script::new(&[]).hearing(Hears::ALL);
    let quotes = Script::new(&[Subscription::Quotes(EQUITY)]).hearing(Hears::ALL);
    let book = Script::new(&[Subscription::Book(EQUITY, 1)]).hearing(Hears::ALL);
    let other = Script::new(&[Subscription::Quotes(PERPETUAL)]).hearing(Hears::ALL);
    let resting = all().start(|_, out| {
        let limit = OrderKind::Limit { price: price("90") };
        submit(out, EQUITY, Side::Buy, limit, 1);
        Ok(())
    });
    let deaf = holder(EQUITY, 1).hearing(NOTHING);
    let scripts = [holder(EQUITY, 1), quotes, book, resting, other, all(), deaf];
    let seen: Vec<Seen> = (0..)
        .zip(scripts)
        .map(|(n, script)| script.run(&mut world, &format!("s{n}"), MARGIN).1)
        .collect();
    world.lifecycle(EQUITY, dividend("1"));
    let told: Vec<(bool, bool)> = seen
        .iter()
        .map(|seen| {
            let events = seen.events();
            let life = events
                .iter()
                .any(|event| matches!(event, Event::Life { .. }));
            let flow = events
                .iter()
                .any(|event| matches!(event, Event::CashFlow { .. }));
            (life, flow)
        })
        .collect();
    let expect = [
        (true, true),
        (true, false),
        (true, false),
        (true, false),
        (false, false),
        (false, false),
        (false, false),
    ];
    assert_eq!(told, expect);
}

#[test]
fn each_of_the_two_is_heard_alone() {
    for (hears, expect) in [
        (
            Hears {
                cash_flows: true,
                ..NOTHING
            },
            "DIVIDEND 1 USD",
        ),
        (
            Hears {
                life_events: true,
                ..NOTHING
            },
            "DIVIDEND of 1 USD",
        ),
    ] {
        let mut world = World::new();
        world.quote(EQUITY, "100", "100");
        let (_, seen) = holder(EQUITY, 1)
            .hearing(hears)
            .run(&mut world, "one", MARGIN);
        world.lifecycle(EQUITY, dividend("1"));
        assert_eq!(heard(&seen)[2..], [expect, "holds 1"]);
    }
}

#[test]
fn a_conversion_is_told_to_every_strategy_of_the_account() {
    let mut world = World::new();
    world.quote(EURUSD, "1.25", "1.25");
    let hears = || Script::new(&[]).hearing(Hears::ALL);
    let (_, one) = hears().run(&mut world, "one", MARGIN);
    let (_, two) = hears().run(&mut world, "two", MARGIN);
    let (_, other) = hears().run(&mut world, "other", CASH);
    world.command(Command::Convert {
        account: MARGIN,
        from: USD,
        to: EUR,
        amount: money("100"),
    });
    for seen in [one, two] {
        assert_eq!(heard(&seen), ["CONVERSION -100 USD", "CONVERSION 80 EUR"]);
    }
    assert!(heard(&other).is_empty());
}

#[test]
fn what_was_refused_is_told_to_nobody() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    let (_, seen) = holder(EQUITY, 1).run(&mut world, "one", MARGIN);
    world.lifecycle(EQUITY, funding("0.1"));
    world.lifecycle(EQUITY, dividend("0"));
    world.lifecycle(EQUITY, split(1, 1));
    assert_eq!(heard(&seen), ["filled", "holds 1"]);
}

#[test]
fn a_strategy_may_trade_on_what_it_hears_and_one_that_breaks_is_alone() {
    let mut world = World::new();
    world.quote(PERPETUAL, "100", "100");
    let sells = holder(PERPETUAL, 2).event(|event, out| {
        if matches!(event, Event::Life { .. }) {
            market(out, PERPETUAL, Side::Sell, 2);
        }
        Ok(())
    });
    let breaks = holder(PERPETUAL, 2).event(|event, _| match event {
        Event::CashFlow { .. } => Err(trap()),
        _ => Ok(()),
    });
    let (seller, _) = sells.run(&mut world, "sells", MARGIN);
    let (broken, _) = breaks.run(&mut world, "breaks", MARGIN);
    let (_, neighbour) = holder(PERPETUAL, 2).run(&mut world, "neighbour", MARGIN);
    world.lifecycle(PERPETUAL, funding("0.001"));
    // It was sold after the funding was paid.
    let sold = world.position(seller, PERPETUAL);
    assert!(sold.quantity.is_zero());
    assert_eq!(sold.realized, money("-0.2"));
    assert_eq!(world.state(broken), StrategyState::Error);
    assert_eq!(heard(&neighbour).len(), 5);
}

#[test]
fn positions_that_come_to_nothing_are_held_all_the_same() {
    let mut setup = Setup::default();
    setup.accounts[1].hedging = Some(model::HedgeMargin::Gross);
    let mut world = setup.build();
    world.quote(PERPETUAL, "100", "100");
    let both = Script::new(&[]).hearing(Hears::ALL).start(|_, out| {
        market(out, PERPETUAL, Side::Buy, 1);
        market(out, PERPETUAL, Side::Sell, 1);
        Ok(())
    });
    let (strategy, seen) = both.run(&mut world, "both", MARGIN);
    assert!(world.position(strategy, PERPETUAL).quantity.is_zero());
    world.lifecycle(PERPETUAL, funding("0.001"));
    let told = heard(&seen);
    assert_eq!(told.last().unwrap(), "FUNDING of 0.001");
}

/// Sells a share for each event that it hears of, and keeps how many those were.
fn counting() -> Script {
    let count = Arc::new(Mutex::new(0_u8));
    let (starting, saving) = (Arc::clone(&count), Arc::clone(&count));
    Script::new(&[Subscription::Quotes(EQUITY)])
        .hearing(Hears::ALL)
        .start(move |snapshot, out| {
            match &snapshot.state {
                Some(state) => *starting.lock().unwrap() = state.bytes[0],
                None => {
                    market(out, EQUITY, Side::Buy, 50);
                }
            }
            Ok(())
        })
        .save(move || {
            Ok(SavedState {
                version: 1,
                bytes: vec![*saving.lock().unwrap()],
            })
        })
        .event(move |event, out| {
            if matches!(event, Event::CashFlow { .. } | Event::Life { .. }) {
                let mut count = count.lock().unwrap();
                *count += 1;
                market(out, EQUITY, Side::Sell, i64::from(*count));
            }
            Ok(())
        })
}

struct Counting;

impl Instances for Counting {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Ok(counting().boxed())
    }
}

fn some_life(world: &mut World) {
    world.now += SECOND;
    world.lifecycle(EQUITY, dividend("0.5"));
    world.now += SECOND;
    world.lifecycle(EQUITY, split(2, 1));
    world.quote(EQUITY, "100", "100");
}

#[test]
fn a_replay_and_an_engine_from_a_snapshot_tell_the_same() {
    let memory = Memory::default();
    let setup = Setup {
        journal: Journal::with_sink(Box::new(memory.clone())),
        ..Setup::default()
    };
    let mut world = setup.build();
    world.quote(EQUITY, "100", "100");
    let (strategy, _) = counting().run(&mut world, "one", MARGIN);
    some_life(&mut world);
    world.split(&mut Counting);
    some_life(&mut world);
    world.check_twin();
    let left = world.position(strategy, EQUITY).quantity;
    // 50 less 1 and 2, then split, then less 3; and again: 4 and 5, a split, 6.
    assert_eq!(left, quantity("158").long());
    world.engine.journal().seal().unwrap();
    let bytes = memory.bytes();
    let replayed = replay::verify(Cursor::new(bytes), &mut Counting).unwrap();
    assert!(replayed.sealed);
}

/// An event, or a start.
type Recorded = (Timestamp, Option<Event>, Option<StartSnapshot>);

#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<Recorded>>>);

impl Recorder for Tape {
    fn start(&mut self, now: Timestamp, snapshot: StartSnapshot) {
        self.0.lock().unwrap().push((now, None, Some(snapshot)));
    }

    fn record(&mut self, now: Timestamp, event: &Event) {
        let event = Some(event.clone());
        self.0.lock().unwrap().push((now, event, None));
    }
}

/// Begins a swap to a version, inline or elsewhere, lets things happen and commits it.
fn swapped(world: &mut World, strategy: StrategyId, next: Script, elsewhere: bool) {
    let tape = Tape::default();
    let mut waiting = Some(next.boxed());
    let staged = match elsewhere {
        true => Staged::Recorder {
            declared: Vec::new(),
            recorder: Box::new(tape.clone()),
        },
        false => Staged::Instance(waiting.take().unwrap()),
    };
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(Command::SwapBegin {
        strategy,
        plugin: PluginHash::new([2; 32]),
        parameters: Vec::new(),
        terms: SwapTerms::default(),
        history: Vec::new(),
    });
    some_life(world);
    if let Some(instance) = waiting {
        let mut candidate = Candidate::new(strategy, instance);
        for (now, event, snapshot) in tape.0.lock().unwrap().iter() {
            match (event, snapshot) {
                (Some(event), _) => candidate.handle(*now, event).unwrap(),
                (_, Some(snapshot)) => candidate.start(*now, snapshot).unwrap(),
                _ => {}
            }
        }
        let staged = Staged::CaughtUp(Box::new(candidate));
        assert!(world.engine.stage(strategy, staged).is_ok());
    }
    world.command(Command::SwapCommit(strategy));
}

#[test]
fn old_and_new_versions_hear_what_each_hears_of() {
    for elsewhere in [false, true] {
        for (old_hears, new_hears) in [(Hears::ALL, NOTHING), (NOTHING, Hears::ALL)] {
            let mut world = World::new();
            world.quote(EQUITY, "100", "100");
            let (strategy, old) = holder(EQUITY, 1)
                .hearing(old_hears)
                .run(&mut world, "one", MARGIN);
            let next = Script::new(&[]).hearing(new_hears);
            let new = next.seen();
            swapped(&mut world, strategy, next, elsewhere);
            let life = |seen: &Seen| {
                let events = seen.events();
                let life = events
                    .iter()
                    .filter(|event| matches!(event, Event::Life { .. }));
                life.count()
            };
            let count = |hears: Hears| if hears.life_events { 2 } else { 0 };
            assert_eq!(
                (life(&old), life(&new)),
                (count(old_hears), count(new_hears))
            );
            some_life(&mut world);
            assert_eq!(life(&old), count(old_hears));
            assert_eq!(life(&new), 2 * count(new_hears));
        }
    }
}

#[test]
fn the_version_before_hears_what_broke_its_successor() {
    for old_hears in [Hears::ALL, NOTHING] {
        let mut world = World::new();
        world.quote(EQUITY, "100", "100");
        let (strategy, old) = holder(EQUITY, 3)
            .hearing(old_hears)
            .run(&mut world, "one", MARGIN);
        let next = Script::new(&[]).hearing(Hears::ALL);
        let next = next.event(|event, _| match event {
            Event::Life { .. } => Err(trap()),
            _ => Ok(()),
        });
        let terms = probation::terms(probation::strict());
        let new = probation::swap(&mut world, strategy, next, terms);
        world.lifecycle(EQUITY, dividend("0.5"));
        let mut expect = vec!["filled", "holds 3"];
        if old_hears == Hears::ALL {
            expect.extend(["DIVIDEND of 0.5 USD", "DIVIDEND 1.5 USD"]);
        }
        expect.push("holds 3");
        assert_eq!(heard(&old), expect);
        // It left before it was paid.
        assert_eq!(heard(&new), ["DIVIDEND of 0.5 USD"]);
        let state = world.engine.strategy_state(strategy);
        assert_eq!(state, Some(StrategyState::Running));
    }
}

#[test]
fn whoever_hears_of_nothing_leaves_the_same_journal() {
    let hash = |hears: Hears| {
        let mut world = World::new();
        world.quote(EQUITY, "100", "100");
        holder(EQUITY, 3)
            .hearing(hears)
            .run(&mut world, "one", MARGIN);
        some_life(&mut world);
        world.define(Definition::Currency("CHF".to_owned()));
        world.engine.journal().hash()
    };
    // It hears and does nothing: calls are not records.
    assert_eq!(hash(NOTHING), hash(Hears::ALL));
}

#[test]
fn paused_strategies_hear_and_stopped_ones_do_not() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    let (paused, seen) = holder(EQUITY, 1).run(&mut world, "paused", MARGIN);
    let (stopped, gone) = holder(EQUITY, 1).run(&mut world, "stopped", MARGIN);
    world.command(Command::Pause(paused));
    world.command(Command::Stop(stopped));
    world.lifecycle(EQUITY, dividend("1"));
    assert_eq!(heard(&seen).len(), 5);
    assert_eq!(heard(&gone).len(), 2);
    // Its position is paid all the same.
    let update = world.position(stopped, EQUITY);
    assert_eq!(update.realized, money("1"));
}
