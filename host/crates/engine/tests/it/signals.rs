//! Signals from outside: told once, to whom they are for, or refused by name; and a replay tells the same.

use crate::journal::Memory;
use crate::script::{Script, Seen, market, trap};
use crate::shadow::Pair;
use crate::world::*;
use crate::{canary, probation};
use engine::replay::{self, Instances};
use engine::{Command, Effect, Engine, HandOver, Input, Journal, Staged, StrategyState, SwapTerms};
use model::{
    BadSignal, Event, Hears, PluginHash, SavedState, Side, Signal, Strategy, StrategyId,
    Subscription,
};
use std::io::Cursor;

const SIGNALS: Hears = Hears {
    cash_flows: false,
    life_events: false,
    signals: true,
};

fn signal(name: &str, units: &str) -> Signal {
    Signal::new(name, [("units".to_owned(), units.to_owned())]).unwrap()
}

fn command(strategy: StrategyId, id: &str, name: &str) -> Command {
    Command::Signal(strategy, id.to_owned(), signal(name, "3"))
}

/// Buys or sells so many units of the equity as a signal says.
fn trader() -> Script {
    let script = Script::new(&[Subscription::Quotes(EQUITY)]).hearing(SIGNALS);
    script.event(|event, out| {
        let Event::Signal(told) = event else {
            return Ok(());
        };
        let side = match told.signal.name.as_str() {
            "buy" => Side::Buy,
            "sell" => Side::Sell,
            _ => return Err(trap()),
        };
        let units = told.signal.value("units").unwrap().parse().unwrap();
        market(out, EQUITY, side, units);
        Ok(())
    })
}

fn heard(seen: &Seen) -> Vec<String> {
    let events = seen.events();
    let signals = events.iter().filter_map(|event| match event {
        Event::Signal(told) => Some(told.signal.to_string()),
        _ => None,
    });
    signals.collect()
}

fn running() -> (World, StrategyId, Seen) {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    let (strategy, seen) = trader().run(&mut world, "one", MARGIN);
    (world, strategy, seen)
}

/// What the last input was refused with; nothing when it was taken.
fn refused(world: &mut World, command: Command) -> String {
    let before = world.ignored().len();
    world.command(command);
    let ignored = world.ignored();
    let why: Vec<_> = ignored
        .iter()
        .skip(before)
        .map(ToString::to_string)
        .collect();
    why.join(" ")
}

#[test]
fn a_signal_is_told_to_its_strategy_alone_and_leads_to_an_order() {
    let (mut world, strategy, seen) = running();
    let (_, other) = trader().run(&mut world, "two", MARGIN);
    world.now += SECOND;
    world.command(command(strategy, "a", "buy"));
    assert_eq!(heard(&seen), ["buy units=3"]);
    assert_eq!(heard(&other), [""; 0]);
    let held = world.position(strategy, EQUITY).quantity;
    assert_eq!(held, quantity("3").long());
    let said = world.effects.iter().any(|effect| {
        matches!(effect, Effect::Log(id, _, text) if *id == strategy && text == "signal buy units=3")
    });
    assert!(said);
    let at_the_moment = seen.events().into_iter().any(|event| match event {
        Event::Signal(told) => told.ts_event == at(world.now),
        _ => false,
    });
    assert!(at_the_moment);
}

#[test]
fn the_same_id_is_told_once() {
    let (mut world, strategy, seen) = running();
    assert_eq!(refused(&mut world, command(strategy, "a", "buy")), "");
    let known = "the strategy was told a signal with this id before";
    assert_eq!(refused(&mut world, command(strategy, "a", "sell")), known);
    // Also when it could not be told another one now, and after another start.
    world.command(Command::Stop(strategy));
    assert_eq!(refused(&mut world, command(strategy, "a", "buy")), known);
    world.start(strategy, trader().boxed());
    assert_eq!(refused(&mut world, command(strategy, "a", "buy")), known);
    assert_eq!(refused(&mut world, command(strategy, "b", "buy")), "");
    assert_eq!(heard(&seen).len(), 1);
}

#[test]
fn what_cannot_be_told_is_refused_by_name_and_may_come_again() {
    let (mut world, strategy, seen) = running();
    let check = |world: &mut World, command: Command, expect: &str| {
        let why = refused(world, command);
        assert!(why.contains(expect), "{why}");
    };
    let unknown = command(StrategyId::new(99), "a", "buy");
    check(&mut world, unknown, "unknown strategy 99");
    let bad = Signal {
        name: "b\nuy".to_owned(),
        values: Vec::new(),
    };
    let bad = Command::Signal(strategy, "a".to_owned(), bad);
    check(&mut world, bad, &BadSignal::Name.to_string());
    check(&mut world, command(strategy, "", "buy"), "1 to 256 bytes");
    let long = "x".repeat(257);
    check(
        &mut world,
        command(strategy, &long, "buy"),
        "1 to 256 bytes",
    );
    world.command(Command::Pause(strategy));
    let paused = "strategy is PAUSED and cannot take a signal";
    check(&mut world, command(strategy, "a", "buy"), paused);
    world.command(Command::Resume(strategy));
    world.command(Command::SetJournalWritable(false));
    let unwritten = "the journal cannot be written";
    check(&mut world, command(strategy, "a", "buy"), unwritten);
    world.command(Command::SetJournalWritable(true));
    assert_eq!(heard(&seen), [""; 0]);
    assert_eq!(refused(&mut world, command(strategy, "a", "buy")), "");
    world.command(Command::Stop(strategy));
    let stopped = "strategy is STOPPED and cannot take a signal";
    check(&mut world, command(strategy, "b", "buy"), stopped);
}

#[test]
fn a_strategy_without_the_hook_takes_none() {
    let mut world = World::new();
    let (deaf, seen) = Script::new(&[]).run(&mut world, "deaf", MARGIN);
    let by_hand = world.hand("hand", MARGIN);
    for strategy in [deaf, by_hand] {
        let why = refused(&mut world, command(strategy, "a", "buy"));
        assert!(why.contains("export `on-signal`"), "{why}");
    }
    assert!(seen.events().is_empty());
}

#[test]
fn a_candidate_hears_while_it_catches_up_and_the_version_before_while_it_is_warm() {
    let (mut world, strategy, old) = running();
    let next = trader();
    let new = next.seen();
    let staged = Staged::Instance(next.boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    let terms = SwapTerms {
        probation: Some(probation::strict()),
        ..SwapTerms::default()
    };
    world.command(probation::swap_begin(strategy, 2, terms));
    world.command(command(strategy, "a", "buy"));
    world.command(Command::SwapCommit(strategy));
    world.command(command(strategy, "b", "sell"));
    let all = ["buy units=3", "sell units=3"];
    assert_eq!(
        (heard(&old), heard(&new)),
        (
            all.map(String::from).to_vec(),
            all.map(String::from).to_vec()
        )
    );
    // One of the two trades each time.
    assert!(world.position(strategy, EQUITY).quantity.is_zero());
}

#[test]
fn the_version_before_hears_the_signal_that_broke_its_successor() {
    let (mut world, strategy, old) = running();
    let next = Script::new(&[])
        .hearing(SIGNALS)
        .event(|event, _| match event {
            Event::Signal(_) => Err(trap()),
            _ => Ok(()),
        });
    let terms = probation::terms(probation::strict());
    probation::swap(&mut world, strategy, next, terms);
    world.command(command(strategy, "a", "buy"));
    assert_eq!(heard(&old), ["buy units=3"]);
    assert_eq!(world.state(strategy), StrategyState::Running);
    let held = world.position(strategy, EQUITY).quantity;
    assert_eq!(held, quantity("3").long());
}

#[test]
fn beside_a_canary_either_version_is_enough_to_take_a_signal() {
    for (old_hears, new_hears) in [(true, false), (false, true), (false, false)] {
        let hears = |signals| Hears { signals, ..SIGNALS };
        let mut world = World::new();
        world.quote(EQUITY, "100", "100");
        let (strategy, old) = trader()
            .hearing(hears(old_hears))
            .run(&mut world, "one", MARGIN);
        let next = Script::new(&[]).hearing(hears(new_hears));
        let new = next.seen();
        let staged = Staged::Instance(next.boxed());
        assert!(world.engine.stage(strategy, staged).is_ok());
        world.command(canary::begin(strategy, 2, canary::on(EURUSD)));
        world.command(Command::SwapCommit(strategy));
        let why = refused(&mut world, command(strategy, "a", "buy"));
        assert_eq!(why.is_empty(), old_hears || new_hears, "{why}");
        let counts = (heard(&old).len(), heard(&new).len());
        assert_eq!(counts, (usize::from(old_hears), usize::from(new_hears)));
    }
}

#[test]
fn a_shadow_hears_what_its_strategy_is_told() {
    let (mut world, strategy, seen) = running();
    let (other, _) = trader().run(&mut world, "two", MARGIN);
    let script = trader();
    let beside = script.seen();
    let mut pair = Pair::begin(world, strategy, HandOver::Fresh, script);
    for (to, id) in [(strategy, "a"), (strategy, "a"), (other, "b")] {
        pair.step(Input::Command(Box::new(command(to, id, "buy"))));
    }
    assert_eq!(heard(&seen), ["buy units=3"]);
    assert_eq!(heard(&beside), ["buy units=3"]);
}

#[test]
fn a_shadow_hears_what_its_strategy_has_no_hook_for() {
    let mut world = World::new();
    world.quote(EQUITY, "100", "100");
    let (deaf, seen) = Script::new(&[]).run(&mut world, "deaf", MARGIN);
    let script = trader();
    let beside = script.seen();
    let mut pair = Pair::begin(world, deaf, HandOver::Fresh, script);
    pair.step(Input::Command(Box::new(command(deaf, "a", "buy"))));
    assert_eq!(heard(&seen), [""; 0]);
    assert_eq!(heard(&beside), ["buy units=3"]);
}

struct Traders;

impl Instances for Traders {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        // What has no state makes no snapshot.
        let saved = SavedState {
            version: 1,
            bytes: vec![1],
        };
        Ok(trader().save(move || Ok(saved.clone())).boxed())
    }
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
    let strategy = world.strategy(crate::script::config("one", MARGIN));
    let made = Traders.make(&world.engine, strategy, PluginHash::default(), &[]);
    world.start(strategy, made.unwrap());
    world.command(command(strategy, "a", "buy"));
    world.split(&mut Traders);
    // The ids come along: this one is refused in both.
    world.command(command(strategy, "a", "buy"));
    world.now += SECOND;
    world.command(command(strategy, "b", "buy"));
    world.quote(EQUITY, "101", "101");
    world.check_twin();
    let held = world.position(strategy, EQUITY).quantity;
    assert_eq!(held, quantity("6").long());
    world.engine.journal().seal().unwrap();
    let replayed = replay::verify(Cursor::new(memory.bytes()), &mut Traders).unwrap();
    assert!(replayed.sealed);
}
