//! Appends blocks to segments. A block is one `write`; a disk that has no room keeps nothing from
//! being written later: blocks wait in memory, up to a bound, and are tried again.

use crate::crash;
use crate::error::JournalError;
use crate::folder::{Folder, segment_path, sync_folder};
use crate::progress::Progress;
use crate::segment::{BLOCK_BYTES, BlockHeader, HEADER_BYTES, Header};
use crate::syncer::{Syncer, refused};
use engine::JournalHash;
use engine::journal::{Commit, Room, Sink, SinkError};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long after a failure the disk is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// When written blocks are forced onto the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fsync {
    /// When the operating system likes: a crash of the machine can lose the last seconds, a crash
    /// of this process nothing.
    #[default]
    Never,
    /// At most this long after they were written.
    Interval(Duration),
    /// With every commit: nothing leaves the host before it is on the disk. Costs as much as the
    /// disk takes, often milliseconds for each batch of inputs.
    OnCommit,
}

/// How segments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentOptions {
    /// When blocks are forced onto the disk.
    pub fsync: Fsync,
    /// Size at which the next segment begins, in bytes. Default 256 MiB.
    pub rotate_bytes: u64,
    /// What may wait in memory while the disk takes nothing, in bytes: at half of it market data is
    /// not stepped any more. Default 128 MiB.
    pub waiting_bytes: usize,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self {
            fsync: Fsync::default(),
            rotate_bytes: 256 << 20,
            waiting_bytes: 128 << 20,
        }
    }
}

/// A block that is not on the disk yet.
struct Waiting {
    first: u64,
    last: u64,
    /// The hash before it, should it begin a segment.
    before: JournalHash,
    bytes: Vec<u8>,
}

/// A segment that is appended to.
struct Open {
    file: File,
    path: PathBuf,
    /// Bytes that are whole; what a failed write left behind them is cut before the next.
    length: u64,
    /// Whether a write failed since.
    torn: bool,
}

/// A [`Sink`] that appends to the segments of a folder.
pub struct SegmentWriter {
    folder: Folder,
    options: SegmentOptions,
    progress: Arc<Progress>,
    open: Option<Open>,
    /// Records since the last commit, with room for a header before them.
    records: Vec<u8>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// The hash over all that was committed.
    hash: JournalHash,
    unsynced: bool,
    syncer: Option<Syncer>,
    failed_at: Option<(Instant, SinkError)>,
}

impl SegmentWriter {
    /// Goes on after `last`, the last input in the folder, whose records hash to `hash`. A segment of
    /// its own begins with the first block, so that what was there is left as it is.
    ///
    /// # Errors
    /// There is no thread for [`Fsync::Interval`].
    pub fn new(
        folder: Folder,
        options: SegmentOptions,
        last: u64,
        hash: JournalHash,
    ) -> std::io::Result<Self> {
        let progress = Arc::new(Progress::default());
        progress.set(last);
        let syncer = match options.fsync {
            Fsync::Interval(every) => Some(Syncer::start(every, Arc::clone(&progress))?),
            Fsync::Never | Fsync::OnCommit => None,
        };
        Ok(Self {
            folder,
            options,
            progress,
            open: None,
            records: vec![0; BLOCK_BYTES],
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            hash,
            unsynced: false,
            syncer,
            failed_at: None,
        })
    }

    /// How far the journal lasts, for followers in this process.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Writes what waits and forces it onto the disk as the policy says.
    fn flush(&mut self) -> Result<(), JournalError> {
        while let Some(next) = self.waiting.pop_front() {
            if let Err(error) = self.write_block(&next) {
                self.waiting.push_front(next);
                return Err(error);
            }
            self.unsynced = true;
            self.waiting_bytes -= next.bytes.len();
            self.recycle(next.bytes);
        }
        if self.options.fsync == Fsync::OnCommit {
            self.sync()?;
        }
        crash::reach(crash::AFTER_SYNC).map_err(JournalError::io(self.folder.path()))?;
        let failure = self.syncer.as_ref().and_then(Syncer::failure);
        match failure {
            Some(reason) => Err(refused(self.folder.path(), reason)),
            None => Ok(()),
        }
    }

    fn write_block(&mut self, next: &Waiting) -> Result<(), JournalError> {
        let full = self.open.as_ref().is_some_and(|open| {
            // A block without inputs, a seal, has no name of its own for a segment.
            open.length >= self.options.rotate_bytes && next.first <= next.last
        });
        if full {
            self.sync()?;
            self.open = None;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin(next)?,
        };
        let written = open.append(&next.bytes);
        self.open = Some(open);
        if written.is_ok() {
            self.progress.meter().wrote(next.bytes.len());
        }
        written
    }

    fn begin(&self, first: &Waiting) -> Result<Open, JournalError> {
        let open = Open::create(&self.folder, first)?;
        if let Some(syncer) = &self.syncer {
            let follows = syncer.follow(&open.file);
            follows.map_err(JournalError::io(&open.path))?;
        }
        Ok(open)
    }

    /// The buffer of a written block holds the next records.
    fn recycle(&mut self, mut bytes: Vec<u8>) {
        if self.records.len() == BLOCK_BYTES {
            bytes.truncate(BLOCK_BYTES);
            self.records = bytes;
        }
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if let Some(open) = self.open.as_ref().filter(|_| self.unsynced) {
            let begun = Instant::now();
            let synced = open.file.sync_data();
            synced.map_err(JournalError::io(&open.path))?;
            self.progress.meter().synced(begun.elapsed());
        }
        self.unsynced = false;
        Ok(())
    }

    /// Tries to write, and remembers when that failed.
    fn settle(&mut self, last: u64) -> Result<(), SinkError> {
        if let Some((at, error)) = &self.failed_at
            && at.elapsed() < RETRY_AFTER
        {
            return Err(error.clone());
        }
        let flushed = self.flush();
        self.progress.meter().waits(self.waiting_bytes);
        match flushed {
            Ok(()) => {
                self.failed_at = None;
                self.progress.set(last);
                Ok(())
            }
            Err(error) => {
                self.progress.meter().failed();
                let error = SinkError(error.to_string());
                self.failed_at = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

impl Sink for SegmentWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.records.extend_from_slice(bytes);
        Ok(())
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), SinkError> {
        let mut bytes = std::mem::replace(&mut self.records, vec![0; BLOCK_BYTES]);
        BlockHeader::write(&mut bytes, commit)
            .map_err(|_| SinkError("a block of more than 4 GiB".to_owned()))?;
        self.waiting_bytes += bytes.len();
        self.waiting.push_back(Waiting {
            first: commit.first,
            last: commit.last,
            before: self.hash,
            bytes,
        });
        self.hash = commit.hash;
        self.settle(commit.last)
    }

    fn retry(&mut self) -> Result<(), SinkError> {
        let last = self.waiting.back().map(|block| block.last);
        self.settle(last.unwrap_or_else(|| self.progress.get()))
    }

    fn room(&self) -> Room {
        let used = self.waiting_bytes + self.records.len();
        if used >= self.options.waiting_bytes {
            Room::Gone
        } else if used >= self.options.waiting_bytes / 2 {
            Room::Little
        } else {
            Room::Plenty
        }
    }
}

impl Open {
    /// The segment that begins with this block. A file of the name can only be what an earlier try
    /// left, without a whole block: nothing of a sequence is written twice.
    fn create(folder: &Folder, first: &Waiting) -> Result<Self, JournalError> {
        let path = segment_path(folder.path(), first.first);
        let header = Header {
            run: folder.run().to_owned(),
            first: first.first,
            hash: first.before,
        };
        let made = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
            if file.metadata()?.len() > HEADER_BYTES as u64 {
                let reason = "it holds more than a header though its first input is new";
                return Err(std::io::Error::other(reason));
            }
            file.set_len(0)?;
            crash::reach(crash::ROTATE)?;
            file.write_all(&header.encode())?;
            Ok(file)
        };
        let file = made().map_err(JournalError::io(&path))?;
        sync_folder(folder.path())?;
        Ok(Self {
            file,
            path,
            length: HEADER_BYTES as u64,
            torn: false,
        })
    }

    fn append(&mut self, block: &[u8]) -> Result<(), JournalError> {
        let mut write = || -> std::io::Result<()> {
            if self.torn {
                self.file.set_len(self.length)?;
                self.torn = false;
            }
            crash::reach(crash::BEFORE_WRITE)?;
            self.file.write_all(block)?;
            crash::reach(crash::AFTER_WRITE)
        };
        if let Err(source) = write() {
            self.torn = true;
            let path = self.path.clone();
            return Err(JournalError::Io { path, source });
        }
        self.length += block.len() as u64;
        Ok(())
    }
}
