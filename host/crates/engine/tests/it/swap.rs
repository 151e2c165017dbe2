//! Hot swap inline: the candidate gets everything, does nothing that leaves, and takes over between
//! two events; whatever fails leaves the old one running.

use crate::script::{Script, Seen, market, submit, timer, trap};
use crate::strategies::numbered;
use crate::world::*;
use engine::{
    Candidate, Command, Effect, Ignored, Recorder, Staged, StrategyState, SwapStage, SwapTerms,
};
use model::{
    BarMethod, BarSpec, DenyCode, Event, Intent, OrderChange, OrderKind, PluginHash, SavedState,
    Side, StartReason, StartSnapshot, StrategyId, Subscription, Timestamp,
};
use std::sync::{Arc, Mutex};

const QUOTES: Subscription = Subscription::Quotes(EQUITY);

fn hash(byte: u8) -> PluginHash {
    PluginHash::new([byte; 32])
}

fn saved() -> SavedState {
    SavedState {
        version: 2,
        bytes: vec![7],
    }
}

fn begin_staged(world: &mut World, strategy: StrategyId, staged: Staged) {
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(Command::SwapBegin {
        strategy,
        plugin: hash(2),
        parameters: Vec::new(),
        terms: SwapTerms::default(),
        history: Vec::new(),
    });
}

fn begin(world: &mut World, strategy: StrategyId, script: Script) -> Seen {
    let seen = script.seen();
    begin_staged(world, strategy, Staged::Instance(script.boxed()));
    seen
}

fn stages(world: &World) -> Vec<SwapStage> {
    let stages = world.effects.iter().filter_map(|effect| match effect {
        Effect::Swap(_, stage) => Some(stage.clone()),
        _ => None,
    });
    stages.collect()
}

/// An old version that holds 5 shares, a resting order and a kept value.
fn running() -> (World, StrategyId, Seen) {
    let mut world = World::new();
    world.quote(EQUITY, "99", "101");
    let script = Script::new(&[QUOTES]).save(|| Ok(saved())).start(|_, out| {
        market(out, EQUITY, Side::Buy, 5);
        submit(
            out,
            EQUITY,
            Side::Sell,
            OrderKind::Limit {
                price: price("110"),
            },
            5,
        );
        out.push(Intent::PutState {
            key: "k".to_owned(),
            value: vec![1],
        });
        timer(out, 1, 100 * SECOND);
        Ok(())
    });
    let (strategy, seen) = script.run(&mut world, "one", MARGIN);
    (world, strategy, seen)
}

#[test]
fn the_candidate_gets_state_positions_orders_and_values() {
    let (mut world, strategy, _) = running();
    let seen = begin(&mut world, strategy, Script::new(&[QUOTES]));
    let start = seen.starts().remove(0);
    assert_eq!(
        (start.reason, start.state),
        (StartReason::Swapped, Some(saved()))
    );
    assert_eq!(start.positions[0].state.quantity, quantity("5").long());
    assert_eq!(start.orders[0].quantity, quantity("5"));
    assert_eq!(start.values, [("k".to_owned(), vec![1])]);
    world.command(Command::SwapCommit(strategy));
    assert_eq!(
        stages(&world),
        [SwapStage::Begun(hash(2)), SwapStage::Committed(hash(2))]
    );
    assert_eq!(world.engine.plugin(strategy), Some(hash(2)));
    // The old one stays warm until somebody takes it away.
    assert!(world.engine.take_retired(strategy).is_some());
    // Order and position stay with the strategy.
    assert_eq!(world.engine.orders().of_strategy(strategy), 1);
    world.quote(EQUITY, "111", "112");
    assert!(world.position(strategy, EQUITY).quantity.is_zero());
    assert!(
        seen.changes()
            .iter()
            .any(|change| matches!(change, OrderChange::Filled(_)))
    );
}

#[test]
fn old_and_new_together_see_every_event_once() {
    let (mut world, strategy, old) = running();
    let neighbour = Script::new(&[QUOTES])
        .run(&mut world, "neighbour", MARGIN)
        .1;
    (1..=10).for_each(|n| numbered(&mut world, n));
    let new = begin(&mut world, strategy, Script::new(&[QUOTES]));
    (11..=20).for_each(|n| numbered(&mut world, n));
    world.command(Command::SwapCommit(strategy));
    (21..=30).for_each(|n| numbered(&mut world, n));
    assert_eq!(old.counters(), (1..=20).collect::<Vec<_>>());
    assert_eq!(new.counters(), (11..=30).collect::<Vec<_>>());
    assert_eq!(neighbour.counters(), (1..=30).collect::<Vec<_>>());
}

#[test]
fn a_thousand_swaps_lose_and_double_nothing() {
    let mut world = World::new();
    let (strategy, first) = Script::new(&[QUOTES]).run(&mut world, "one", MARGIN);
    let mut runs = vec![first];
    for n in 1..=1_000 {
        runs.push(begin(&mut world, strategy, Script::new(&[QUOTES])));
        numbered(&mut world, n);
        world.command(Command::SwapCommit(strategy));
    }
    // Each saw the event while it caught up and the one while its successor did.
    for (index, seen) in runs.iter().enumerate() {
        let index = u64::try_from(index).unwrap();
        let expect: Vec<_> = (index.max(1)..=(index + 1).min(1_000)).collect();
        assert_eq!(seen.counters(), expect);
    }
}

#[test]
fn orders_of_a_candidate_are_muted() {
    let (mut world, strategy, _) = running();
    let script = Script::new(&[QUOTES]).event(|event, out| {
        if matches!(event, Event::Quote(_)) {
            assert!(market(out, EQUITY, Side::Buy, 1).is_some());
        }
        Ok(())
    });
    let seen = begin(&mut world, strategy, script);
    let before = world.updates().count();
    numbered(&mut world, 1);
    assert_eq!(world.updates().count(), before);
    assert_eq!(seen.changes(), [OrderChange::Denied(DenyCode::Muted)]);
    world.command(Command::SwapCommit(strategy));
    numbered(&mut world, 2);
    assert_eq!(world.updates().count(), before + 2);
    assert_eq!(
        world.position(strategy, EQUITY).quantity,
        quantity("6").long()
    );
}

#[test]
fn timers_subscriptions_and_values_are_handed_over() {
    let (mut world, strategy, old) = running();
    let script = Script::new(&[QUOTES]).start(|_, out| {
        timer(out, 8, 50 * SECOND);
        timer(out, 9, 2 * SECOND);
        out.push(Intent::Subscribe(Subscription::Quotes(EURUSD)));
        out.push(Intent::PutState {
            key: "new".to_owned(),
            value: vec![2],
        });
        out.push(Intent::PutState {
            key: "k".to_owned(),
            value: Vec::new(),
        });
        Ok(())
    });
    let seen = begin(&mut world, strategy, script);
    // While it catches up its own timers wake it; those of the old one stay with the old one.
    world.now = 10 * SECOND;
    numbered(&mut world, 1);
    assert_eq!(seen.timers(), [(9, 2 * SECOND)]);
    world.command(Command::SwapCommit(strategy));
    world.quote(EURUSD, "1.1", "1.2");
    assert_eq!(seen.counters().len(), 2);
    world.wait(200 * SECOND);
    assert_eq!(seen.timers(), [(9, 2 * SECOND), (8, 50 * SECOND)]);
    assert_eq!(old.timers(), []);
    let third = begin(&mut world, strategy, Script::new(&[]));
    assert_eq!(third.starts()[0].values, [("new".to_owned(), vec![2])]);
}

/// After `fail` the old version runs as before and the new one is gone.
fn check_old_goes_on(script: Script, fail: impl FnOnce(&mut World, StrategyId), reason: &str) {
    let (mut world, strategy, old) = running();
    let new = begin(&mut world, strategy, script);
    fail(&mut world, strategy);
    let heard = new.events().len();
    assert_eq!(
        stages(&world).last(),
        Some(&SwapStage::Aborted(reason.to_owned()))
    );
    numbered(&mut world, 77);
    assert_eq!(new.events().len(), heard);
    assert_eq!(old.counters().last(), Some(&77));
    assert_eq!(world.engine.plugin(strategy), Some(PluginHash::default()));
    assert_eq!(world.state(strategy), StrategyState::Running);
    world.command(Command::SwapCommit(strategy));
    let last = world.ignored().pop();
    assert!(matches!(
        last,
        Some(Ignored::WrongState {
            command: "commit a swap",
            ..
        })
    ));
    // Its timer was not touched, and it can be swapped after all.
    world.now = 100 * SECOND;
    world.wait(0);
    assert_eq!(old.timers(), [(1, 100 * SECOND)]);
    begin(&mut world, strategy, Script::new(&[QUOTES]));
    world.command(Command::SwapCommit(strategy));
    assert_eq!(stages(&world).last(), Some(&SwapStage::Committed(hash(2))));
}

#[test]
fn whatever_fails_the_old_version_goes_on() {
    let abort = |world: &mut World, strategy| {
        world.command(Command::SwapAbort {
            strategy,
            reason: "operator".to_owned(),
        });
    };
    check_old_goes_on(Script::new(&[QUOTES]), abort, "operator");
    let refuses = Script::new(&[QUOTES]).start(|_, _| Err(trap()));
    check_old_goes_on(refuses, |_, _| (), "hand-over: TRAP: on purpose");
    let breaks = Script::new(&[QUOTES]).event(|event, _| {
        if matches!(event, Event::Quote(_)) {
            Err(trap())
        } else {
            Ok(())
        }
    });
    check_old_goes_on(
        breaks,
        |world, _| numbered(world, 1),
        "catch-up: TRAP: on purpose",
    );
    let spec = BarSpec {
        method: BarMethod::Time(0),
        basis: model::BarBasis::Bid,
    };
    let nonsense = Script::new(&[QUOTES, Subscription::Bars(EQUITY, spec)]);
    let text = format!(
        "the candidate subscribed to what does not exist: {:?}",
        Subscription::Bars(EQUITY, spec)
    );
    check_old_goes_on(nonsense, |_, _| (), &text);
    let runaway = Script::new(&[QUOTES]).event(|_, out| {
        market(out, EQUITY, Side::Buy, 1);
        Ok(())
    });
    let text = "catch-up: BAD_OUTPUT: more than 1000 muted orders after one event";
    check_old_goes_on(runaway, |world, _| numbered(world, 1), text);
}

#[test]
fn a_candidate_that_asks_for_too_much_does_not_take_over() {
    let commit = |world: &mut World, strategy| world.command(Command::SwapCommit(strategy));
    let timers = Script::new(&[QUOTES]).start(|_, out| {
        (0..1_025).for_each(|id| timer(out, id, 500 * SECOND));
        Ok(())
    });
    let text = "hand-over: BAD_OUTPUT: more than 1024 timers";
    check_old_goes_on(timers, |_, _| (), text);
    let elsewhere = Script::new(&[QUOTES]).start(|_, out| {
        let nowhere = Subscription::Quotes(model::InstrumentId::new(999));
        out.push(Intent::Subscribe(nowhere));
        Ok(())
    });
    let text = "switch: subscribed to what does not exist: Quotes(InstrumentId(999))";
    check_old_goes_on(elsewhere, commit, text);
    // Alone it fits; with the value that its predecessor left it does not.
    let values = Script::new(&[QUOTES]).start(|_, out| {
        out.push(Intent::PutState {
            key: "big".to_owned(),
            value: vec![7; (1 << 20) - 3],
        });
        Ok(())
    });
    let text = "switch: more than 1048576 bytes of host-kept values";
    check_old_goes_on(values, commit, text);
}

#[test]
fn a_primary_that_breaks_during_catch_up_ends_the_swap() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).event(|event, _| match event {
        Event::Quote(quote) if quote.bid_size == quantity("3") => Err(trap()),
        _ => Ok(()),
    });
    let (strategy, _) = script.run(&mut world, "one", MARGIN);
    let new = begin(&mut world, strategy, Script::new(&[QUOTES]));
    (1..=5).for_each(|n| numbered(&mut world, n));
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert_eq!(
        stages(&world).last(),
        Some(&SwapStage::Aborted("the running instance broke".to_owned()))
    );
    assert_eq!(new.counters(), [1, 2]);
}

#[test]
fn a_swap_cannot_begin_where_there_is_nothing_to_swap() {
    let (mut world, strategy, _) = running();
    world.command(Command::SwapBegin {
        strategy,
        plugin: hash(2),
        parameters: Vec::new(),
        terms: SwapTerms::default(),
        history: Vec::new(),
    });
    assert_eq!(world.ignored(), [Ignored::NothingStaged(strategy)]);
    begin(&mut world, strategy, Script::new(&[QUOTES]));
    begin(&mut world, strategy, Script::new(&[QUOTES]));
    assert!(matches!(
        world.ignored()[1],
        Ignored::WrongState {
            command: "swap",
            ..
        }
    ));
    // Stopping gives the candidate up.
    world.command(Command::Stop(strategy));
    assert_eq!(
        stages(&world).last(),
        Some(&SwapStage::Aborted("the strategy was stopped".to_owned()))
    );
}

#[test]
fn a_predecessor_that_cannot_save_is_in_error_and_nobody_follows() {
    let mut world = World::new();
    let script = Script::new(&[QUOTES]).save(|| Err(trap()));
    let (strategy, _) = script.run(&mut world, "one", MARGIN);
    let new = begin(&mut world, strategy, Script::new(&[QUOTES]));
    assert_eq!(world.state(strategy), StrategyState::Error);
    assert!(new.starts().is_empty());
}

/// Keeps what a candidate elsewhere would be given.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<Taped>>>);

#[derive(Clone)]
enum Taped {
    Start(Timestamp, Box<StartSnapshot>),
    Event(Timestamp, Event),
}

impl Recorder for Tape {
    fn start(&mut self, now: Timestamp, snapshot: StartSnapshot) {
        self.0
            .lock()
            .unwrap()
            .push(Taped::Start(now, Box::new(snapshot)));
    }

    fn record(&mut self, now: Timestamp, event: &Event) {
        self.0
            .lock()
            .unwrap()
            .push(Taped::Event(now, event.clone()));
    }
}

/// A version that counts quotes, sets timers and orders on every third.
fn counting() -> Script {
    let mut count = 0_u64;
    Script::new(&[QUOTES]).event(move |event, out| {
        if matches!(event, Event::Quote(_)) {
            count += 1;
            timer(out, count % 3, out.now().nanos() + 2);
            if count.is_multiple_of(3) {
                market(out, EQUITY, Side::Buy, 1);
            }
        }
        Ok(())
    })
}

#[test]
fn catching_up_elsewhere_ends_where_catching_up_inline_does() {
    let run = |elsewhere: bool| {
        let (mut world, strategy, _) = running();
        if elsewhere {
            let tape = Tape::default();
            let recorder = Staged::Recorder {
                declared: vec![QUOTES],
                recorder: Box::new(tape.clone()),
            };
            begin_staged(&mut world, strategy, recorder);
            (1..=10).for_each(|n| numbered(&mut world, n));
            // Not caught up yet: nothing is staged, and the old one goes on.
            let mut candidate = Candidate::new(strategy, counting().boxed());
            for taped in tape.0.lock().unwrap().iter() {
                match taped {
                    Taped::Start(now, snapshot) => candidate.start(*now, snapshot).unwrap(),
                    Taped::Event(now, event) => candidate.handle(*now, event).unwrap(),
                }
            }
            assert!(
                world
                    .engine
                    .stage(strategy, Staged::CaughtUp(Box::new(candidate)))
                    .is_ok()
            );
        } else {
            begin(&mut world, strategy, counting());
            (1..=10).for_each(|n| numbered(&mut world, n));
        }
        world.command(Command::SwapCommit(strategy));
        (11..=30).for_each(|n| numbered(&mut world, n));
        (
            world.engine.journal().hash(),
            world.position(strategy, EQUITY),
        )
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn a_commit_before_the_candidate_has_caught_up_is_ignored() {
    let (mut world, strategy, old) = running();
    let recorder = Staged::Recorder {
        declared: vec![QUOTES],
        recorder: Box::new(Tape::default()),
    };
    begin_staged(&mut world, strategy, recorder);
    world.command(Command::SwapCommit(strategy));
    assert_eq!(world.ignored(), [Ignored::NothingStaged(strategy)]);
    numbered(&mut world, 5);
    assert_eq!(old.counters().last(), Some(&5));
    let mut candidate = Candidate::new(strategy, Script::new(&[QUOTES]).boxed());
    candidate.advance(at(world.now)).unwrap();
    assert!(
        world
            .engine
            .stage(strategy, Staged::CaughtUp(Box::new(candidate)))
            .is_ok()
    );
    world.command(Command::SwapCommit(strategy));
    assert_eq!(stages(&world).last(), Some(&SwapStage::Committed(hash(2))));
}
