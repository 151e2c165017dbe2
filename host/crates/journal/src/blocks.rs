//! Reads a journal's blocks in order, each checked: from the beginning, or what is new after a
//! sequence while somebody writes.

use crate::beginning::{beginning, missing};
use crate::error::JournalError;
use crate::folder::{SegmentFile, header_of, segments};
use crate::progress::Progress;
use crate::segment::{BLOCK_BYTES, Block, BlockHeader, HEADER_BYTES};
use engine::{Journal, JournalHash};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes read at once.
const READ_BYTES: usize = 1 << 20;

/// A reader of blocks.
pub struct Blocks {
    folder: PathBuf,
    /// Blocks up to here are not given out.
    after: u64,
    /// What lasts, where the writer is in this process; nothing beyond is given out.
    progress: Option<Arc<Progress>>,
    now: Option<Segment>,
    /// The last input read.
    last: u64,
    /// The hash up to there, where it is known.
    hash: Option<JournalHash>,
}

/// The segment that is read.
struct Segment {
    file: SegmentFile,
    from: File,
    /// Where the next block begins.
    at: u64,
    /// What was read from there on.
    ahead: Vec<u8>,
    /// How much of `ahead` is done with.
    used: usize,
}

/// What comes next in a segment.
enum Next {
    Block(BlockHeader),
    /// Nothing, yet.
    End,
    /// Something that is not whole, or not what was written.
    Unfinished(&'static str),
}

impl Blocks {
    /// All blocks of a folder, in which nobody has to write. Where the oldest were dropped, reading fails
    /// with [`JournalError::Gone`].
    pub fn all(folder: &Path) -> Self {
        Self {
            hash: Some(Journal::default().hash()),
            ..Self::after(folder, 0, None)
        }
    }

    /// The blocks that are left of a folder, from the first input that is there.
    ///
    /// # Errors
    /// See [`beginning`].
    pub fn left(folder: &Path) -> Result<Self, JournalError> {
        let Some(beginning) = beginning(folder)? else {
            return Ok(Self::all(folder));
        };
        Ok(Self {
            hash: Some(beginning.hash),
            ..Self::after(folder, beginning.first.saturating_sub(1), None)
        })
    }

    /// The blocks after an input. Where the writer is in the same process, its `progress` keeps back
    /// what does not last yet.
    pub fn after(folder: &Path, sequence: u64, progress: Option<Arc<Progress>>) -> Self {
        Self {
            folder: folder.to_owned(),
            after: sequence,
            progress,
            now: None,
            last: 0,
            hash: None,
        }
    }

    /// The last input read.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The hash up to there, where it is known.
    pub(crate) fn hash(&self) -> Option<JournalHash> {
        self.hash
    }

    /// Where reading stands, for messages: the segment, and the byte after the last block.
    pub fn place(&self) -> (PathBuf, u64) {
        match &self.now {
            Some(now) => (now.file.path.clone(), now.at),
            None => (self.folder.clone(), 0),
        }
    }

    /// The next block; `None` when there is none yet, so that asking again later is right. What a
    /// writer has not finished at the very end counts as not there.
    ///
    /// # Errors
    /// See [`JournalError`]. After one the reader stays where it is.
    pub fn next_block(&mut self) -> Result<Option<Block>, JournalError> {
        while let Some(header) = self.next_header()? {
            let lasting = self.progress.as_ref().map(|progress| progress.get());
            if lasting.is_some_and(|lasting| header.last > lasting) {
                return Ok(None);
            }
            let Some(now) = &mut self.now else {
                return Ok(None);
            };
            let bytes = now.take(&header);
            self.last = header.last;
            self.hash = Some(header.hash);
            if header.last > self.after || header.first > header.last && header.last == self.after {
                return Ok(Some(Block {
                    first: header.first,
                    last: header.last,
                    hash: header.hash,
                    bytes,
                }));
            }
        }
        if self.last < self.after {
            return Err(JournalError::Behind {
                folder: self.folder.clone(),
                last: self.last,
                wanted: self.after,
            });
        }
        Ok(None)
    }

    /// The next block's header, going on to the next segment where one ends.
    fn next_header(&mut self) -> Result<Option<BlockHeader>, JournalError> {
        if self.now.is_none() && !self.begin()? {
            return Ok(None);
        }
        loop {
            let Some(now) = &mut self.now else {
                return Ok(None);
            };
            let (path, offset) = (now.file.path.clone(), now.at);
            let damaged = |sequence, reason: String| JournalError::Damaged {
                path,
                offset,
                sequence,
                reason,
            };
            match now.next()? {
                Next::Block(header) if header.first == self.last + 1 => return Ok(Some(header)),
                Next::Block(header) => {
                    let reason = format!("a block begins with sequence {}", header.first);
                    return Err(damaged(self.last, reason));
                }
                Next::Unfinished(reason) if now.is_followed(&self.folder)? => {
                    return Err(damaged(self.last, reason.to_owned()));
                }
                Next::Unfinished(_) => return Ok(None),
                Next::End => {
                    let next = self.last + 1;
                    let known = segments(&self.folder)?;
                    let beginning = now.file.first;
                    let Some(file) = known.into_iter().find(|known| known.first > beginning) else {
                        return Ok(None);
                    };
                    if file.first != next {
                        return Err(missing(&self.folder, &file, next));
                    }
                    if !self.enter(file)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Enters the segment in which the first block to give out is.
    fn begin(&mut self) -> Result<bool, JournalError> {
        let mut known = segments(&self.folder)?;
        let wanted = self.after.saturating_add(1);
        match known.first() {
            None => return Ok(false),
            Some(oldest) if oldest.first > wanted => {
                return Err(missing(&self.folder, oldest, wanted));
            }
            Some(_) => known.retain(|segment| segment.first <= wanted),
        }
        let Some(file) = known.pop() else {
            return Ok(false);
        };
        self.last = file.first.saturating_sub(1);
        self.enter(file)
    }

    /// Begins with a segment; not when its header is not whole yet.
    fn enter(&mut self, file: SegmentFile) -> Result<bool, JournalError> {
        let from = File::open(&file.path).map_err(|error| self.not_opened(&file, error))?;
        let mut head = [0; HEADER_BYTES];
        let read = read_at(&from, &mut head, 0).map_err(JournalError::io(&file.path))?;
        let Some(header) = header_of(&file, &head[..read])? else {
            return Ok(false);
        };
        if self.hash.is_some_and(|hash| hash != header.hash) {
            return Err(JournalError::Damaged {
                path: file.path,
                offset: 0,
                sequence: self.last,
                reason: "the hash in its header is not that of the segment before".to_owned(),
            });
        }
        self.now = Some(Segment {
            file,
            from,
            at: HEADER_BYTES as u64,
            ahead: Vec::new(),
            used: 0,
        });
        Ok(true)
    }

    /// Why a segment that was there just now cannot be opened: it may have been dropped.
    fn not_opened(&self, file: &SegmentFile, error: std::io::Error) -> JournalError {
        if error.kind() == ErrorKind::NotFound
            && let Ok(known) = segments(&self.folder)
            && let Some(oldest) = known.first().filter(|oldest| oldest.first > file.first)
        {
            return missing(&self.folder, oldest, self.last + 1);
        }
        JournalError::io(&file.path)(error)
    }
}

impl Segment {
    fn next(&mut self) -> Result<Next, JournalError> {
        let bytes = self.look(BLOCK_BYTES)?;
        if bytes.is_empty() {
            return Ok(Next::End);
        }
        if bytes.len() < BLOCK_BYTES {
            return Ok(Next::Unfinished("a block's header is cut off"));
        }
        let Some(header) = BlockHeader::read(bytes) else {
            return Ok(Next::Unfinished("no block begins here"));
        };
        let bytes = self.look(header.whole())?;
        Ok(if bytes.len() < header.whole() {
            Next::Unfinished("a block is cut off")
        } else if header.holds(bytes) {
            Next::Block(header)
        } else {
            Next::Unfinished("a block's checksum is wrong")
        })
    }

    /// The bytes from here on, `count` of them if the file has so many.
    fn look(&mut self, count: usize) -> Result<&[u8], JournalError> {
        if self.ahead.len() - self.used < count {
            self.ahead.drain(..self.used);
            self.used = 0;
            let io = || JournalError::io(&self.file.path);
            let held = self.ahead.len();
            // A lying length does not get more memory than the file has bytes.
            let size = self.from.metadata().map_err(io())?.len();
            let left = usize::try_from(size.saturating_sub(self.at)).unwrap_or(usize::MAX);
            let want = count.max(READ_BYTES).min(left);
            if want > held {
                self.ahead.resize(want, 0);
                let place = self.at + held as u64;
                let read = read_at(&self.from, &mut self.ahead[held..], place).map_err(io())?;
                self.ahead.truncate(held + read);
            }
        }
        let end = self.ahead.len().min(self.used.saturating_add(count));
        Ok(&self.ahead[self.used..end])
    }

    /// The records of the block that begins here.
    fn take(&mut self, header: &BlockHeader) -> Vec<u8> {
        let whole = header.whole();
        let bytes = self.ahead[self.used + BLOCK_BYTES..self.used + whole].to_vec();
        self.used += whole;
        self.at += whole as u64;
        bytes
    }

    /// Whether something follows what is unfinished, so that nobody is writing it.
    fn is_followed(&mut self, folder: &Path) -> Result<bool, JournalError> {
        // What was read ahead may be old: a writer that failed cuts its rest off and writes again.
        self.ahead.clear();
        self.used = 0;
        let known = segments(folder)?;
        if known.iter().any(|known| known.first > self.file.first) {
            return Ok(true);
        }
        Ok(match BlockHeader::read(self.look(BLOCK_BYTES)?) {
            Some(header) => self.look(header.whole() + 1)?.len() > header.whole(),
            None => false,
        })
    }
}

fn read_at(file: &File, buffer: &mut [u8], mut offset: u64) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset) {
            Ok(0) => break,
            Ok(count) => {
                filled += count;
                offset += count as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
