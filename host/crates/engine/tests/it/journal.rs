//! The journal as bytes: it reads back, replays, and damage of any kind has a name.

use crate::golden;
use crate::script::Script;
use engine::invariants::Violation;
use engine::journal::reader::{ReadError, Reader, Record};
use engine::journal::{MAGIC, Sink, SinkError};
use engine::replay::{self, Instances, ReplayError, Watched};
use engine::{Command, Engine, Journal, StrategyState};
use model::{Fault, FaultKind, PluginHash, Strategy, StrategyId};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex};

/// A file in memory.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    /// The journal that was written.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&MAGIC[..], &self.0.lock().unwrap()].concat()
    }
}

impl Sink for Memory {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

/// The golden run as a sealed journal, with its hash.
fn sealed() -> (Vec<u8>, engine::JournalHash) {
    let memory = Memory::default();
    let mut world = golden::run(Journal::with_sink(Box::new(memory.clone())));
    let hash = world.engine.journal().seal().unwrap();
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&memory.0.lock().unwrap());
    (bytes, hash)
}

fn records(bytes: &[u8]) -> Result<Vec<Record>, ReadError> {
    let mut reader = Reader::new(bytes)?;
    let mut records = Vec::new();
    while let Some(record) = reader.next_record()? {
        records.push(record);
    }
    Ok(records)
}

#[test]
fn a_journal_reads_back_with_its_hash() {
    let (bytes, hash) = sealed();
    let records = records(&bytes).unwrap();
    assert_eq!(records.last(), Some(&Record::Seal(hash)));
    let count = |is: fn(&Record) -> bool| records.iter().filter(|record| is(record)).count();
    let inputs = count(|record| matches!(record, Record::Input(_)));
    assert!(inputs > 300);
    for (kind, is) in [
        (
            "outcome",
            (|r| matches!(r, Record::Strategy(..))) as fn(&Record) -> bool,
        ),
        ("order", |r| matches!(r, Record::Order(_))),
        ("fill", |r| matches!(r, Record::Fill(_))),
        ("position", |r| matches!(r, Record::Position(_))),
        ("balance", |r| matches!(r, Record::Balance(..))),
        ("bar", |r| matches!(r, Record::Bar(_))),
    ] {
        assert!(count(is) > 10, "{kind}");
    }
    let mut reader = Reader::new(&bytes[..]).unwrap();
    while reader.next_record().unwrap().is_some() {}
    assert_eq!(
        (reader.hash(), reader.records()),
        (hash, records.len() as u64)
    );
}

#[test]
fn the_last_balance_in_a_journal_is_what_the_account_has() {
    let memory = Memory::default();
    let mut world = golden::run(Journal::with_sink(Box::new(memory.clone())));
    world.engine.journal().seal().unwrap();
    let mut last = BTreeMap::new();
    for record in records(&memory.bytes()).unwrap() {
        if let Record::Balance(account, currency, balance) = record {
            last.insert((account, currency), balance.total);
        }
    }
    for (id, account) in world.engine.accounts() {
        for (currency, balance) in account.balances() {
            let deposits = account.ledger(currency).deposits;
            let journaled = last.remove(&(id, currency)).unwrap_or(deposits);
            assert_eq!(journaled, balance.total, "{id:?} {currency:?}");
        }
    }
    assert!(last.is_empty());
}

#[test]
fn a_cut_anywhere_is_a_torn_tail_or_a_clean_end() {
    let (bytes, _) = sealed();
    let end = 3_000.min(bytes.len());
    let mut clean = 0;
    for cut in 0..end {
        match records(&bytes[..cut]) {
            Ok(_) => clean += 1,
            Err(ReadError::NotAJournal) => assert!(cut < MAGIC.len()),
            Err(ReadError::TornTail { record }) => assert!(record > 0),
            Err(other) => panic!("cut at {cut}: {other}"),
        }
    }
    assert!(clean > 10);
}

#[test]
fn wrong_heads_tags_and_lengths_have_names() {
    let check = |bytes: &[u8], expect: &str| {
        assert_eq!(records(bytes).unwrap_err().to_string(), expect);
    };
    let framed = |head: [u8; 5], payload: &[u8]| [&MAGIC[..], &head, payload].concat();
    check(b"", "not a journal, or one of another format version");
    check(
        b"ARGOJ\0\0\x01",
        "not a journal, or one of another format version",
    );
    check(
        &framed([0, 0, 0, 0, 99], b""),
        "record 1 has the unknown tag 99",
    );
    check(
        &framed([0, 0, 0, 0, 0], b""),
        "record 1 has the unknown tag 0",
    );
    check(
        &framed([255, 255, 255, 255, 1], b"short"),
        "record 1 is cut off",
    );
    check(
        &framed([1, 0, 0, 0, 1], b"x"),
        "record 1 is damaged: the record ends too early",
    );
    // A clock input with a byte too many, and an input of an unknown kind.
    let clock =
        |last: &[u8]| [&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0][..], last].concat();
    check(
        &framed([18, 0, 0, 0, 1], &clock(&[0, 0])),
        "record 1 is damaged: the record has 1 bytes too many",
    );
    check(
        &framed([17, 0, 0, 0, 1], &clock(&[99])),
        "record 1 is damaged: unknown Input 99",
    );
    assert_eq!(
        records(&framed([17, 0, 0, 0, 1], &clock(&[0])))
            .unwrap()
            .len(),
        1
    );
    // A list that claims four billion entries inside a small record.
    let outcome = [&[0; 12][..], &[0], &[255; 4]].concat();
    check(
        &framed([17, 0, 0, 0, 2], &outcome),
        "record 1 is damaged: the record ends too early",
    );
}

/// Makes no instance; enough where damage shows before a plugin is needed.
struct Nothing;

impl Instances for Nothing {
    fn make(
        &mut self,
        _: &engine::Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Err("no plugins here".to_owned())
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let memory = Memory::default();
    let mut world = crate::world::Setup {
        journal: Journal::with_sink(Box::new(memory.clone())),
        ..crate::world::Setup::default()
    }
    .build();
    world.quote(crate::world::EQUITY, "99", "101");
    world.place(
        crate::world::MARGIN_HAND,
        crate::world::buy(crate::world::EQUITY, "3"),
    );
    world.engine.journal().seal().unwrap();
    let bytes = [&MAGIC[..], &memory.0.lock().unwrap()].concat();
    let verify = |bytes: &[u8]| replay::verify(Cursor::new(bytes.to_vec()), &mut Nothing);
    assert!(verify(&bytes).unwrap().sealed);
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        let found = verify(&damaged);
        assert!(found.is_err(), "the flip at {position} passed");
    }
}

/// Makes strategies that save without trouble.
struct Healthy;

impl Instances for Healthy {
    fn make(
        &mut self,
        _: &engine::Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Ok(Script::new(&[]).boxed())
    }
}

#[test]
fn a_save_that_the_clock_ended_ends_in_the_replay_too() {
    let memory = Memory::default();
    let mut world = crate::world::Setup {
        journal: Journal::with_sink(Box::new(memory.clone())),
        ..crate::world::Setup::default()
    }
    .build();
    let late = Fault {
        kind: FaultKind::Deadline,
        message: "save: too slow".to_owned(),
    };
    let script = Script::new(&[]).save(move || Err(late.clone()));
    let (strategy, _) = script.run(&mut world, "one", crate::world::MARGIN);
    world.command(Command::Stop(strategy));
    assert_eq!(world.state(strategy), StrategyState::Error);
    world.engine.journal().seal().unwrap();
    let bytes = [&MAGIC[..], &memory.0.lock().unwrap()].concat();
    let replayed = replay::verify(Cursor::new(bytes), &mut Healthy).unwrap();
    assert!(replayed.sealed);
}

#[test]
fn a_replay_needs_the_plugins_it_names() {
    let (bytes, _) = sealed();
    let result = replay::verify(Cursor::new(bytes), &mut Nothing);
    assert!(matches!(result, Err(ReplayError::Plugin { .. })));
}

/// A journal of quotes and orders by hand, 240 inputs and more.
fn traded() -> Vec<u8> {
    use crate::world::{EQUITY, MARGIN_HAND, Setup, buy};
    let memory = Memory::default();
    let setup = Setup {
        journal: Journal::with_sink(Box::new(memory.clone())),
        ..Setup::default()
    };
    let mut world = setup.build();
    for _ in 0..120 {
        world.quote(EQUITY, "99", "101");
        world.place(MARGIN_HAND, buy(EQUITY, "1"));
    }
    world.engine.journal().seal().unwrap();
    memory.bytes()
}

#[test]
fn a_replay_looks_at_the_invariants_as_often_as_it_is_told_and_at_the_end() {
    let bytes = traded();
    for (every, ends) in [(1, true), (100, true), (u64::MAX, true), (100, false)] {
        let every = std::num::NonZeroU64::new(every).unwrap();
        let engine = Engine::new(Journal::repeating());
        let mut watched = match ends {
            true => Watched::new(engine, every),
            false => Watched::by(engine, every, broken_from_150),
        };
        let from = Cursor::new(bytes.clone());
        let replayed = replay::verify_on(from, &mut watched, &mut Nothing);
        if ends {
            let inputs = replayed.unwrap().inputs;
            assert_eq!(watched.end().unwrap(), inputs / every.get() + 1);
        } else {
            let said = replayed.unwrap_err().to_string();
            let expect = "after the input 200: invariant I2 is broken: on purpose";
            assert_eq!(said, expect);
        }
    }
}

#[test]
fn a_replay_whose_end_breaks_a_promise_fails_there() {
    let bytes = traded();
    let engine = Engine::new(Journal::repeating());
    let mut watched = Watched::by(engine, std::num::NonZeroU64::MAX, broken_from_150);
    let from = Cursor::new(bytes);
    let replayed = replay::verify_on(from, &mut watched, &mut Nothing).unwrap();
    assert!(replayed.inputs > 150);
    let ended = watched.end();
    assert!(matches!(
        ended,
        Err(ReplayError::Broken { sequence, .. }) if sequence == replayed.inputs
    ));
}

fn broken_from_150(engine: &Engine) -> Result<(), Violation> {
    if engine.sequence() < 150 {
        return Ok(());
    }
    Err(Violation {
        invariant: "I2",
        detail: "on purpose".to_owned(),
    })
}

#[test]
fn sealing_leaves_the_hash_as_it_was() {
    let mut journal = Journal::default();
    let before = journal.hash();
    assert_eq!(journal.seal(), Ok(before));
    assert_eq!(journal.hash(), before);
}
