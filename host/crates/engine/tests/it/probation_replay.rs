//! A journal in which versions were sent back runs again to the same byte.

use crate::journal::Memory;
use crate::probation::{NEVER, buyer, last_stage, strict, swap, swap_begin, terms};
use crate::script::Script;
use crate::strategies::numbered;
use crate::world::*;
use engine::journal::reader::{Reader, Record};
use engine::replay::{self, Instances};
use engine::{Command, Engine, Journal, Probed, Staged, SwapStage};
use model::{Event, Fault, FaultKind, PluginHash, SavedState, Strategy, StrategyId, Subscription};
use std::io::Cursor;

const QUOTES: Subscription = Subscription::Quotes(EQUITY);

/// Makes the versions of these tests by the first byte of their hash.
#[derive(Default)]
struct Versions {
    made: u32,
}

fn version(byte: u8) -> Script {
    let script = match byte {
        2 => buyer(25),
        4 => buyer(NEVER).save(|| {
            Ok(SavedState {
                version: 4,
                bytes: Vec::new(),
            })
        }),
        _ => buyer(NEVER),
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
        self.made += 1;
        Ok(version(plugin.bytes()[0]).boxed())
    }
}

/// One of everything: sent back by a fault, by a word, kept by time.
fn eventful(journal: Journal) -> World {
    let setup = Setup {
        journal,
        ..Setup::default()
    };
    let mut world = setup.build();
    let (strategy, _) = version(0).run(&mut world, "one", MARGIN);
    let turn = |world: &mut World, plugin: u8, quotes: std::ops::RangeInclusive<u64>| {
        let staged = Staged::Instance(version(plugin).boxed());
        assert!(world.engine.stage(strategy, staged).is_ok());
        world.command(swap_begin(strategy, plugin, terms(strict())));
        numbered(world, 1_000);
        world.command(Command::SwapCommit(strategy));
        quotes.for_each(|n| numbered(world, n));
    };
    turn(&mut world, 2, 20..=30);
    turn(&mut world, 3, 31..=35);
    world.command(Command::RollBack(strategy));
    turn(&mut world, 4, 36..=40);
    world.wait(3_600 * SECOND);
    numbered(&mut world, 41);
    world
}

#[test]
fn a_replay_goes_back_where_the_run_did() {
    let sink = Memory::default();
    let mut world = eventful(Journal::with_sink(Box::new(sink.clone())));
    let hash = world.engine.journal().seal().unwrap();
    let bytes = sink.bytes();
    let replayed = replay::verify(Cursor::new(bytes.clone()), &mut Versions::default());
    let replayed = replayed.unwrap();
    assert_eq!((replayed.hash, replayed.sealed), (hash, true));
    let mut reader = Reader::new(Cursor::new(bytes)).unwrap();
    let mut probed = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        if let Record::Probation(_, how) = record {
            probed.push(how);
        }
    }
    let back = |reason: &str| Probed::RolledBack(PluginHash::default(), reason.to_owned());
    let expect = [
        back("it broke: TRAP: on purpose"),
        back("asked for"),
        Probed::Kept("its time is over".to_owned()),
    ];
    assert_eq!(probed, expect);
}

/// The wall clock ended a call of the version before; in a replay nothing does.
#[test]
fn a_version_before_that_the_clock_ended_ends_in_the_replay_too() {
    let sink = Memory::default();
    let setup = Setup {
        journal: Journal::with_sink(Box::new(sink.clone())),
        ..Setup::default()
    };
    let mut world = setup.build();
    let slow = Script::new(&[QUOTES]).event(|event, _| match event {
        Event::Quote(quote) if quote.bid_size == quantity("5") => Err(Fault {
            kind: FaultKind::Deadline,
            message: "on-quote: too slow".to_owned(),
        }),
        _ => Ok(()),
    });
    let (strategy, _) = slow.run(&mut world, "one", MARGIN);
    swap(&mut world, strategy, buyer(25), terms(strict()));
    (1..=9).for_each(|n| numbered(&mut world, n));
    assert!(matches!(last_stage(&world), SwapStage::Kept(_)));
    world.command(Command::RollBack(strategy));
    world.engine.journal().seal().unwrap();
    let bytes = sink.bytes();
    /// Never slow.
    struct Healthy;
    impl Instances for Healthy {
        fn make(
            &mut self,
            _: &Engine,
            _: StrategyId,
            plugin: PluginHash,
            _: &[(String, String)],
        ) -> Result<Box<dyn Strategy>, String> {
            Ok(match plugin.bytes()[0] {
                2 => buyer(25).boxed(),
                _ => Script::new(&[QUOTES]).boxed(),
            })
        }
    }
    let replayed = replay::verify(Cursor::new(bytes), &mut Healthy).unwrap();
    assert!(replayed.sealed);
}
