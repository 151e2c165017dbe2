//! Two versions that take turns (blue-green), and that journals with canaries and flips run again to the
//! same byte.

use crate::canary::{begin, both, end, on, promote};
use crate::journal::Memory;
use crate::probation::{NEVER, hash, last_stage, strict, swap, terms};
use crate::script::{Script, Seen, timer};
use crate::strategies::numbered;
use crate::world::*;
use engine::journal::reader::{Reader, Record};
use engine::replay::{self, Instances};
use engine::{
    Command, Engine, Ignored, Journal, Probation, Probed, Staged, StrategyState, SwapStage,
};
use model::{DenyCode, Event, Fault, FaultKind, OrderChange, PluginHash, Strategy, StrategyId};
use std::io::Cursor;

/// A version that buys one of each at every quote has taken over from nobody yet.
fn running(journal: Journal) -> (World, StrategyId, Seen) {
    let setup = Setup {
        journal,
        ..Setup::default()
    };
    let mut world = setup.build();
    world.quote(EQUITY, "99", "101");
    world.quote(EURUSD, "1.1", "1.2");
    let (strategy, seen) = both(1, NEVER).run(&mut world, "one", MARGIN);
    (world, strategy, seen)
}

fn held(world: &World, strategy: StrategyId) -> i128 {
    let held = world.position(strategy, EQUITY).quantity;
    held.raw() / i128::from(model::Quantity::SCALE)
}

fn muted(seen: &Seen) -> usize {
    let changes = seen.changes().into_iter();
    changes
        .filter(|change| *change == OrderChange::Denied(DenyCode::Muted))
        .count()
}

#[test]
fn two_versions_change_places_as_often_as_wanted() {
    let (mut world, strategy, blue) = running(Journal::default());
    let green = swap(&mut world, strategy, both(10, NEVER), terms(strict()));
    let until = at(world.now).after(strict().lasts);
    let names = [PluginHash::default(), hash(2)];
    for turn in 0..6_u64 {
        numbered(&mut world, turn + 1);
        world.command(Command::Flip(strategy));
        let (runs, warm) = match turn % 2 {
            0 => (names[0], names[1]),
            _ => (names[1], names[0]),
        };
        assert_eq!(last_stage(&world), SwapStage::Flipped(runs));
        assert_eq!(world.engine.plugin(strategy), Some(runs));
        assert_eq!(world.engine.probation(strategy), Some((warm, until)));
    }
    // Green had the first quote, and every second after it; each saw all six, and decided about three.
    assert_eq!(held(&world, strategy), 33);
    for seen in [&blue, &green] {
        assert_eq!(seen.counters(), (1..=6).collect::<Vec<_>>());
        assert_eq!(muted(seen), 6);
    }
    assert_eq!(world.engine.denials(DenyCode::Muted), 0);
    // One of them is retired by word, and there is nothing to flip to any more.
    world.command(Command::EndProbation {
        strategy,
        reason: "green it is".to_owned(),
    });
    assert_eq!(last_stage(&world), SwapStage::Kept("green it is".into()));
    world.command(Command::Flip(strategy));
    let nothing = Ignored::NotOnProbation(strategy);
    assert_eq!(world.ignored().pop(), Some(nothing));
    numbered(&mut world, 7);
    assert_eq!(held(&world, strategy), 43);
}

#[test]
fn timers_are_those_of_the_version_that_set_them() {
    let (mut world, strategy, _) = running(Journal::default());
    let set = |id: u64, due: u64| {
        Script::new(&[]).start(move |_, out| {
            timer(out, id, due * SECOND);
            Ok(())
        })
    };
    let blue = swap(&mut world, strategy, set(1, 100), terms(strict()));
    world.command(Command::EndProbation {
        strategy,
        reason: "blue".to_owned(),
    });
    let green = swap(&mut world, strategy, set(2, 200), terms(strict()));
    world.command(Command::Flip(strategy));
    world.wait(150 * SECOND);
    assert_eq!(blue.timers(), [(1, 100 * SECOND)]);
    assert_eq!(green.timers(), []);
    world.command(Command::Flip(strategy));
    world.wait(100 * SECOND);
    assert_eq!(blue.timers().len(), 1);
    assert_eq!(green.timers(), [(2, 200 * SECOND)]);
}

#[test]
fn the_one_that_runs_is_watched_and_the_other_takes_over_when_it_breaks() {
    let (mut world, strategy, _) = running(Journal::default());
    let green = swap(&mut world, strategy, both(10, NEVER), terms(strict()));
    world.command(Command::Flip(strategy));
    world.command(Command::RollBack(strategy));
    let back = |plugin| SwapStage::RolledBack(plugin, "asked for".to_owned());
    assert_eq!(last_stage(&world), back(hash(2)));
    numbered(&mut world, 1);
    assert_eq!(green.counters(), [1]);
    assert_eq!(held(&world, strategy), 10);

    let lenient = Probation {
        max_faults: 1,
        ..strict()
    };
    swap(&mut world, strategy, both(1, 2), terms(lenient));
    numbered(&mut world, 2);
    assert_eq!(world.state(strategy), StrategyState::Error);
    world.command(Command::Flip(strategy));
    let said = world.ignored().pop().unwrap().to_string();
    assert!(
        said.ends_with("cannot flip; roll it back, or start it"),
        "{said}"
    );
    world.command(Command::RollBack(strategy));
    assert_eq!(world.state(strategy), StrategyState::Running);
}

/// Makes the versions of these tests by the first byte of their hash.
struct Versions;

fn version(byte: u8) -> Script {
    let script = match byte {
        2 => both(2, 25),
        3 => both(3, NEVER),
        _ => both(1, NEVER),
    };
    script.forgetful()
}

impl Instances for Versions {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        plugin: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Ok(version(plugin.bytes()[0]).boxed())
    }
}

fn probed(journal: Vec<u8>) -> Vec<Probed> {
    let mut reader = Reader::new(Cursor::new(journal)).unwrap();
    let mut probed = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        if let Record::Probation(_, how) = record {
            probed.push(how);
        }
    }
    probed
}

#[test]
fn a_journal_with_canaries_and_flips_runs_again() {
    let sink = Memory::default();
    let (mut world, strategy, _) = running(Journal::with_sink(Box::new(sink.clone())));
    let take_over = |world: &mut World, plugin: u8, instrument| {
        let staged = Staged::Instance(version(plugin).boxed());
        assert!(world.engine.stage(strategy, staged).is_ok());
        world.command(begin(strategy, plugin, on(instrument)));
        numbered(world, 1_000);
        world.command(Command::SwapCommit(strategy));
    };
    let quotes = |world: &mut World, from: u64, to: u64| {
        (from..=to).for_each(|n| numbered(world, n));
    };
    take_over(&mut world, 2, EQUITY);
    quotes(&mut world, 20, 30);
    take_over(&mut world, 3, EURUSD);
    quotes(&mut world, 31, 35);
    world.command(end(strategy));
    take_over(&mut world, 3, EQUITY);
    quotes(&mut world, 36, 40);
    world.command(promote(strategy, Some(strict())));
    quotes(&mut world, 41, 43);
    world.command(Command::Flip(strategy));
    quotes(&mut world, 44, 46);
    world.command(Command::Flip(strategy));
    world.wait(3_600 * SECOND);
    quotes(&mut world, 47, 48);
    let sealed = world.engine.journal().seal().unwrap();
    let bytes = sink.bytes();
    let replayed = replay::verify(Cursor::new(bytes.clone()), &mut Versions).unwrap();
    assert_eq!((replayed.hash, replayed.sealed), (sealed, true));
    let old = PluginHash::default();
    let expect = [
        Probed::RolledBack(old, "it broke: TRAP: on purpose".to_owned()),
        Probed::RolledBack(old, "enough".to_owned()),
        Probed::Promoted("enough".to_owned()),
        Probed::Flipped(old),
        Probed::Flipped(hash(3)),
        Probed::Kept("its time is over".to_owned()),
    ];
    assert_eq!(probed(bytes), expect);
}

/// The wall clock ended a call of the version before a canary; in a replay nothing does.
#[test]
fn a_version_beside_a_canary_that_the_clock_ended_ends_in_the_replay_too() {
    let slow = |bad: bool| {
        Script::new(&[model::Subscription::Quotes(EQUITY)]).event(move |event, _| match event {
            Event::Quote(quote) if bad && quote.bid_size == quantity("5") => Err(Fault {
                kind: FaultKind::Deadline,
                message: "on-quote: too slow".to_owned(),
            }),
            _ => Ok(()),
        })
    };
    let sink = Memory::default();
    let setup = Setup {
        journal: Journal::with_sink(Box::new(sink.clone())),
        ..Setup::default()
    };
    let mut world = setup.build();
    world.quote(EURUSD, "1.1", "1.2");
    let (strategy, _) = slow(true).run(&mut world, "one", MARGIN);
    let staged = Staged::Instance(version(3).boxed());
    assert!(world.engine.stage(strategy, staged).is_ok());
    world.command(begin(strategy, 3, on(EURUSD)));
    world.command(Command::SwapCommit(strategy));
    (1..=9).for_each(|n| numbered(&mut world, n));
    assert_eq!(world.state(strategy), StrategyState::Error);
    let reason = "the version before broke: DEADLINE: on-quote: too slow".to_owned();
    let back = SwapStage::RolledBack(PluginHash::default(), reason);
    assert_eq!(last_stage(&world), back);
    world.engine.journal().seal().unwrap();

    /// Never slow.
    struct Healthy<F>(F);
    impl<F: Fn(bool) -> Script> Instances for Healthy<F> {
        fn make(
            &mut self,
            _: &Engine,
            _: StrategyId,
            plugin: PluginHash,
            _: &[(String, String)],
        ) -> Result<Box<dyn Strategy>, String> {
            Ok(match plugin.bytes()[0] {
                3 => version(3).boxed(),
                _ => (self.0)(false).boxed(),
            })
        }
    }
    let mut healthy = Healthy(slow);
    let replayed = replay::verify(Cursor::new(sink.bytes()), &mut healthy).unwrap();
    assert!(replayed.sealed);
}
