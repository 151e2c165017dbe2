//! Crashes, and how the host comes back: a fresh engine steps through what is left of the journal.

use super::{Day, Violation, refused};
use crate::simulator::books::Books;
use crate::simulator::dice::Dice;
use crate::simulator::durable::Disk;
use crate::simulator::scenario::Scenario;
use crate::simulator::strategies::Native;
use engine::journal::MAGIC;
use engine::journal::reader::{ReadError, Reader, Record};
use engine::{Command, Engine, Input, Journal, Sequenced, Staged};

/// What a journal rebuilt.
struct Rebuilt {
    engine: Engine,
    disk: Disk,
    books: Books,
    inputs: u64,
    /// Bytes of whole records that were read.
    whole: usize,
}

impl Day<'_> {
    /// Takes away what was not synced and comes back with the rest.
    pub(super) fn crash(&mut self, dice: &mut Dice) -> Result<(), Violation> {
        if dice.chance(1, 2) {
            // Written, but not synced: the crash cuts it anywhere.
            let _written = self.engine.journal().commit();
        }
        let had = self.engine.sequence();
        let left = self.disk.crash(dice);
        let rebuilt = self.rebuild(&left)?;
        let sequence = rebuilt.engine.sequence();
        self.summary.crashes += 1;
        self.summary.replayed += rebuilt.inputs;
        self.summary.lost += had - sequence;
        let lost = had - sequence;
        self.trace.say(self.engine.now(), || {
            format!("CRASH: inputs after {sequence} are gone, {lost} of them")
        });
        Violation::unless("G2", sequence >= self.committed.0, || {
            format!(
                "committed up to {}, only {sequence} is left",
                self.committed.0
            )
        })?;
        self.books.agrees_up_to(sequence, &rebuilt.books)?;
        (self.engine, self.disk, self.books) = (rebuilt.engine, rebuilt.disk, rebuilt.books);
        // What had not left is gone, and what a replay would send is not sent: nobody knows whether
        // it was.
        self.outbox.clear();
        self.cut();
        self.reconnect()?;
        self.commit()
    }

    /// Steps a fresh engine through the whole journal, as a replay does.
    pub(super) fn verify(&mut self) -> Result<(), Violation> {
        let bytes = self.disk.bytes();
        let mut rebuilt = self.rebuild(&bytes)?;
        let same = rebuilt.engine.journal().hash() == self.engine.journal().hash();
        Violation::unless("G4", same && rebuilt.whole == bytes.len(), || {
            "replaying the day gave another journal".to_owned()
        })?;
        self.books.agrees_up_to(u64::MAX, &rebuilt.books)
    }

    fn rebuild(&mut self, bytes: &[u8]) -> Result<Rebuilt, Violation> {
        let damaged = |error: ReadError| Violation::new("journal", error.to_string());
        let disk = Disk::new();
        let mut rebuilt = Rebuilt {
            engine: Engine::new(Journal::with_sink(disk.sink())),
            disk,
            books: Books::default(),
            inputs: 0,
            whole: MAGIC.len(),
        };
        let mut reader = Reader::new(bytes).map_err(damaged)?;
        loop {
            match reader.next_record() {
                Ok(Some(record)) => {
                    rebuilt.whole += reader.last_frame().len();
                    if let Record::Input(input) = record {
                        self.again(&mut rebuilt, input)?;
                    }
                }
                // What was cut off never happened.
                Ok(None) | Err(ReadError::TornTail { .. }) => break,
                Err(error) => return Err(damaged(error)),
            }
        }
        let committed = rebuilt.engine.journal().commit();
        Violation::unless("journal", committed.is_ok(), || format!("{committed:?}"))?;
        let begins = rebuilt.disk.begins_with(&bytes[..rebuilt.whole]);
        Violation::unless("G4", begins, || {
            "replaying gave other bytes than were journaled".to_owned()
        })?;
        Ok(rebuilt)
    }

    fn again(&self, rebuilt: &mut Rebuilt, input: Sequenced<Input>) -> Result<(), Violation> {
        if let Input::Command(command) = &input.input
            && let Command::Start { strategy, .. } = &**command
        {
            let seed = self.scenario.seed;
            let instance = Native::new(seed, strategy.number(), Scenario::INSTRUMENTS);
            // An unknown strategy was refused then, and is again.
            let _unknown = rebuilt
                .engine
                .stage(*strategy, Staged::Instance(Box::new(instance)));
        }
        let sequence = input.sequence;
        for effect in rebuilt.engine.step(input).map_err(refused)? {
            rebuilt.books.take(sequence, effect)?;
        }
        rebuilt.inputs += 1;
        if sequence == self.committed.0 {
            let same = rebuilt.engine.journal().hash() == self.committed.1;
            Violation::unless("G4", same, || {
                format!("replaying to {sequence} gave another hash")
            })?;
        }
        Ok(())
    }
}
