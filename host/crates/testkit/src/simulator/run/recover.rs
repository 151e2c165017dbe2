//! Crashes, and how the host comes back: a fresh engine steps through what is left of the journal.

use super::{Day, Violation, refused};
use crate::simulator::books::Books;
use crate::simulator::dice::Dice;
use crate::simulator::durable::Disk;
use crate::simulator::strategies::{Native, Natives};
use engine::journal::MAGIC;
use engine::journal::reader::{ReadError, Reader, Record};
use engine::{Command, Engine, Input, Journal, Sequenced, Staged};
use model::Timestamp;

/// What a journal rebuilt.
struct Rebuilt {
    engine: Engine,
    /// Read from the latest snapshot; steps what came after it only.
    short: Option<Engine>,
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
        self.engine = match rebuilt.short {
            Some(mut short) if dice.chance(1, 2) => {
                short.journal().go_on(rebuilt.disk.sink());
                short
            }
            _ => rebuilt.engine,
        };
        (self.disk, self.books) = (rebuilt.disk, rebuilt.books);
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

    /// Takes a snapshot of the engine, which a crash from here on leaves.
    pub(super) fn take_snapshot(&mut self, time: Timestamp) -> Result<(), Violation> {
        self.command(time, Command::Snapshot)?;
        self.commit()?;
        let bytes = self.engine.snapshot_bytes();
        let bytes = bytes.map_err(|why| Violation::new("I12", why.to_string()))?;
        self.snapshot = Some((self.engine.sequence(), bytes));
        self.summary.snapshots += 1;
        Ok(())
    }

    /// An engine read from the latest snapshot.
    fn read_snapshot(&self) -> Result<Option<Engine>, Violation> {
        let Some((_, bytes)) = &self.snapshot else {
            return Ok(None);
        };
        let mut natives = Natives(self.scenario);
        let read = Engine::from_snapshot(bytes, Journal::default(), &mut natives);
        let read = read.map_err(|why| Violation::new("I12", why.to_string()))?;
        Ok(Some(read))
    }

    fn rebuild(&mut self, bytes: &[u8]) -> Result<Rebuilt, Violation> {
        let damaged = |error: ReadError| Violation::new("journal", error.to_string());
        let disk = Disk::new();
        let mut rebuilt = Rebuilt {
            engine: Engine::new(Journal::with_sink(disk.sink())),
            short: self.read_snapshot()?,
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
        if let Some(short) = &mut rebuilt.short {
            let same = short.journal().hash() == rebuilt.engine.journal().hash()
                && short.state_bytes() == rebuilt.engine.state_bytes();
            Violation::unless("I12", same, || {
                "a snapshot and what came after gave another engine".to_owned()
            })?;
        }
        let begins = rebuilt.disk.begins_with(&bytes[..rebuilt.whole]);
        Violation::unless("G4", begins, || {
            "replaying gave other bytes than were journaled".to_owned()
        })?;
        Ok(rebuilt)
    }

    fn again(&self, rebuilt: &mut Rebuilt, input: Sequenced<Input>) -> Result<(), Violation> {
        let sequence = input.sequence;
        if let Some(short) = &mut rebuilt.short
            && sequence > short.sequence()
        {
            self.stage_again(short, &input);
            short.step(input.clone()).map_err(refused)?;
        }
        self.stage_again(&mut rebuilt.engine, &input);
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

    /// Stages what an input names.
    fn stage_again(&self, engine: &mut Engine, input: &Sequenced<Input>) {
        if let Input::Command(command) = &input.input
            && let Command::Start { strategy, .. } = &**command
        {
            let instance = Native::new(self.scenario, strategy.number());
            // An unknown strategy was refused then, and is again.
            let _unknown = engine.stage(*strategy, Staged::Instance(Box::new(instance)));
        }
    }
}
