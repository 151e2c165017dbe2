//! Stepping everything a journal holds again: for `replay --verify`, and for a host that comes back.

use crate::blocks::Blocks;
use crate::error::JournalError;
use engine::JournalHash;
use engine::journal::MAGIC;
use engine::journal::reader::Reader;
use engine::replay::{Instances, Replay, ReplayError, Stepper};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// What was stepped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated {
    /// The last input.
    pub last: u64,
    /// Records compared.
    pub records: u64,
    /// The hash over all of them, equal to the journal's.
    pub hash: JournalHash,
    /// Whether the journal ends with a seal, that is, the last run ended by itself.
    pub sealed: bool,
}

/// Why a journal could not be stepped again.
#[derive(Debug, thiserror::Error)]
pub enum RepeatError {
    /// It cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It can be read, and does not run again as it ran then.
    #[error("`{}`, before byte {offset}: {source}", path.display())]
    Replay {
        /// The segment.
        path: PathBuf,
        /// Where the block ends in which it happened.
        offset: u64,
        /// Why.
        source: Box<ReplayError>,
    },
    /// The hash of a block is not that of the records up to it.
    #[error("`{}`, before byte {offset}: the records hash to {hash}, the block says {said}", path.display())]
    Altered {
        /// The segment.
        path: PathBuf,
        /// Where the block ends.
        offset: u64,
        /// The hash of the records.
        hash: JournalHash,
        /// The hash in the block.
        said: JournalHash,
    },
}

/// Steps all inputs of a folder that come after what `on` has stepped, and compares all that comes of
/// them. `each` is called after every block.
///
/// # Errors
/// See [`RepeatError`].
pub fn repeat<S: Stepper>(
    folder: &Path,
    on: &mut S,
    instances: &mut dyn Instances,
    each: impl FnMut(&mut S),
) -> Result<Repeated, RepeatError> {
    repeat_until(folder, on, instances, u64::MAX, each)
}

/// The same up to the block that has the input `until`, for a journal that grows meanwhile.
///
/// # Errors
/// See [`RepeatError`].
pub fn repeat_until<S: Stepper>(
    folder: &Path,
    on: &mut S,
    instances: &mut dyn Instances,
    until: u64,
    mut each: impl FnMut(&mut S),
) -> Result<Repeated, RepeatError> {
    let mut blocks = match on.engine().sequence() {
        0 => Blocks::all(folder),
        begun => Blocks::after(folder, begun, None),
    };
    let mut replay = Replay::default();
    let mut hash = on.engine().journal().hash();
    let (mut records, mut sealed) = (0, false);
    while let Some(block) = blocks.next_block()? {
        let place = |source: ReplayError| {
            let (path, offset) = blocks.place();
            let source = Box::new(source);
            RepeatError::Replay {
                path,
                offset,
                source,
            }
        };
        let mut reader = Reader::of_records(block.bytes.as_slice());
        while let Some(record) = reader.next_record().map_err(|e| place(e.into()))? {
            let taken = replay.take(record, reader.last_frame(), on, instances);
            taken.map_err(place)?;
        }
        hash = replay.settle(on, instances).map_err(place)?;
        if hash != block.hash {
            let ((path, offset), said) = (blocks.place(), block.hash);
            return Err(RepeatError::Altered {
                path,
                offset,
                hash,
                said,
            });
        }
        records += reader.records();
        sealed = replay.is_sealed();
        each(on);
        if block.last >= until {
            break;
        }
    }
    if let Some(said) = blocks.hash().filter(|said| *said != hash) {
        let (path, offset) = blocks.place();
        return Err(RepeatError::Altered {
            path,
            offset,
            hash,
            said,
        });
    }
    let last = blocks.last();
    Ok(Repeated {
        last,
        records,
        hash,
        sealed,
    })
}

/// The records of a journal as one stream that begins with [`MAGIC`]: a backtest's file as it is, or
/// all segments of a folder, checked.
///
/// # Errors
/// It cannot be opened.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>, JournalError> {
    if path.is_dir() {
        return Ok(Box::new(Stream {
            blocks: Blocks::all(path),
            now: MAGIC.to_vec(),
            used: 0,
        }));
    }
    let file = File::open(path).map_err(JournalError::io(path))?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, file)))
}

/// Blocks one after the other, without their headers.
struct Stream {
    blocks: Blocks,
    now: Vec<u8>,
    used: usize,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.used == self.now.len() {
            let Some(next) = self.blocks.next_block().map_err(std::io::Error::other)? else {
                return Ok(0);
            };
            (self.now, self.used) = (next.bytes, 0);
        }
        let count = buffer.len().min(self.now.len() - self.used);
        buffer[..count].copy_from_slice(&self.now[self.used..self.used + count]);
        self.used += count;
        Ok(count)
    }
}
