//! A disk for a journal: bytes are written, some of them are synced, and a crash takes away what
//! was not, cut wherever it pleases.

use super::dice::Dice;
use engine::journal::{MAGIC, Sink, SinkError};
use std::sync::{Arc, Mutex, PoisonError};

/// The file behind a journal. Clones are the same file.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    file: Arc<Mutex<File>>,
}

#[derive(Debug)]
struct File {
    bytes: Vec<u8>,
    synced: usize,
}

impl Disk {
    /// An empty file with the format's first bytes.
    pub(super) fn new() -> Self {
        let file = File {
            bytes: MAGIC.to_vec(),
            synced: MAGIC.len(),
        };
        Self {
            file: Arc::new(Mutex::new(file)),
        }
    }

    /// Where a journal writes.
    pub(super) fn sink(&self) -> Box<dyn Sink> {
        Box::new(self.clone())
    }

    /// Makes what was written so far survive a crash.
    pub(super) fn sync(&self) {
        self.with(|file| file.synced = file.bytes.len());
    }

    /// What a crash leaves: all that was synced and some of what was not.
    pub(super) fn crash(&self, dice: &mut Dice) -> Vec<u8> {
        self.with(|file| {
            let unsynced = file.bytes.len() - file.synced;
            let more = dice.index(unsynced + 1).unwrap_or(0);
            file.bytes.truncate(file.synced + more);
            std::mem::take(&mut file.bytes)
        })
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.with(|file| file.bytes.clone())
    }

    /// Whether the file begins with `bytes`.
    pub(super) fn begins_with(&self, bytes: &[u8]) -> bool {
        self.with(|file| file.bytes.starts_with(bytes))
    }

    fn with<T>(&self, act: impl FnOnce(&mut File) -> T) -> T {
        act(&mut self.file.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sink for Disk {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.with(|file| file.bytes.extend_from_slice(bytes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_keeps_what_was_synced_and_cuts_the_rest() {
        let mut kept = Vec::new();
        for seed in 0..50 {
            let disk = Disk::new();
            let mut sink = disk.clone();
            sink.write(b"synced").unwrap();
            disk.sync();
            sink.write(b"lost").unwrap();
            let left = disk.crash(&mut Dice::of(&[seed]));
            assert!(left.starts_with(b"ARGOJ"));
            kept.push(left.len() - MAGIC.len());
        }
        kept.sort_unstable();
        kept.dedup();
        assert_eq!(kept, [6, 7, 8, 9, 10]);
    }
}
