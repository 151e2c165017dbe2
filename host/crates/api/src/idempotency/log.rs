//! Keys on disk, so that a crash forgets none: a file to which a thread adds what begins and what came of it,
//! as many lines at a time as have come meanwhile, and which it makes anew when most of it is of no use.
//!
//! Each line has the first digits of its own BLAKE3 before it. A crash may cut off the last one; anything
//! else that is not as it was written is refused.

use super::table::{Entry, Standing, Table};
use crate::whole_file;
use blake3::Hash;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// What the file begins with.
const HEAD: &str = "argonaut idempotency keys 1\n";
/// Digits before each line.
const CHECK: usize = 16;
/// Lines that may wait for the thread.
const QUEUE: usize = 4_096;
/// Lines that are written at a time.
const BATCH: usize = 1_024;
/// Below this size the file is not made anew, in bytes.
const SMALL: usize = 16 << 20;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Line {
    /// A request begins.
    Begun {
        /// Counts up.
        number: u64,
        /// The hash of who asks and the key.
        id: String,
        /// The hash of what is asked for.
        print: String,
        /// When.
        time_ns: u64,
        /// Whether a copy would do no harm.
        #[serde(default)]
        harmless: bool,
    },
    /// This was the answer.
    Answered {
        /// Of which.
        number: u64,
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// It is over; the answer is not kept.
    Done {
        /// Which.
        number: u64,
        status: u16,
    },
    /// Nothing came of it, and the key can be used again.
    Freed {
        /// Which.
        number: u64,
    },
}

struct Written {
    text: Vec<u8>,
    waits: Option<oneshot::Sender<Result<(), String>>>,
}

/// The file and its thread.
pub(super) struct Log {
    lines: Mutex<Option<SyncSender<Written>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Log {
    /// Begins to write beside a table that has what the file had.
    pub(super) fn begin(path: &Path, table: Arc<Mutex<Table>>) -> io::Result<Self> {
        let (file, bytes) = made_anew(path, &table)?;
        let writer = Writer {
            path: path.to_owned(),
            table,
            file,
            bytes,
            small: SMALL.max(bytes * 2),
            is_broken: false,
            fails: false,
        };
        let (lines, written) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("idempotency".to_owned());
        let thread = thread.spawn(move || writer.run(&written))?;
        Ok(Self {
            lines: Mutex::new(Some(lines)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Adds a line, some time soon.
    pub(super) fn add(&self, line: &Line) {
        if let Err(error) = text(line).and_then(|text| self.send(text, None)) {
            tracing::warn!(%error, "what came of a request is not kept with its key");
        }
    }

    /// Adds a line, and returns when it would outlive a crash of the machine.
    ///
    /// # Errors
    /// It could not be written, or too many lines wait.
    pub(super) async fn add_durably(&self, line: &Line) -> Result<(), String> {
        let (told, hears) = oneshot::channel();
        let sent = text(line).and_then(|text| self.send(text, Some(told)));
        sent.map_err(|error| error.to_string())?;
        hears
            .await
            .unwrap_or_else(|_| Err("the thread that writes it has ended".to_owned()))
    }

    /// Writes what waits, and ends. Blocks.
    pub(super) fn end(&self) {
        drop(lock(&self.lines).take());
        let thread = lock(&self.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that keeps idempotency keys panicked");
        }
    }

    fn send(
        &self,
        text: Vec<u8>,
        waits: Option<oneshot::Sender<Result<(), String>>>,
    ) -> io::Result<()> {
        let lines = lock(&self.lines);
        let lines = lines.as_ref().ok_or(ErrorKind::BrokenPipe)?;
        lines
            .try_send(Written { text, waits })
            .map_err(|refused| match refused {
                TrySendError::Full(_) => io::Error::other("too many keys wait to be written"),
                TrySendError::Disconnected(_) => ErrorKind::BrokenPipe.into(),
            })
    }
}

struct Writer {
    path: PathBuf,
    table: Arc<Mutex<Table>>,
    file: File,
    bytes: usize,
    /// Up to which size the file is left as it is.
    small: usize,
    /// Whether half a line may stand at its end.
    is_broken: bool,
    /// Whether the last lines could not be written, which is said once.
    fails: bool,
}

impl Writer {
    fn run(mut self, written: &Receiver<Written>) {
        while let Ok(first) = written.recv() {
            let mut batch = vec![first];
            batch.extend(written.try_iter().take(BATCH - 1));
            let outcome = self.write(&batch).map_err(|error| error.to_string());
            let failed = std::mem::replace(&mut self.fails, outcome.is_err());
            if let (Err(error), false) = (&outcome, failed) {
                tracing::error!(%error, file = %self.path.display(), "idempotency keys are not kept");
            }
            for waits in batch.into_iter().filter_map(|line| line.waits) {
                // Who left does not want to know.
                let _ = waits.send(outcome.clone());
            }
        }
        if let Err(error) = self.file.sync_data() {
            tracing::error!(%error, "idempotency keys may not be kept");
        }
    }

    fn write(&mut self, batch: &[Written]) -> io::Result<()> {
        if self.is_broken || self.bytes > self.small {
            let (file, bytes) = made_anew(&self.path, &self.table)?;
            (self.file, self.bytes) = (file, bytes);
            self.small = SMALL.max(bytes * 2);
        }
        let lines: Vec<&[u8]> = batch.iter().map(|line| line.text.as_slice()).collect();
        let lines = lines.concat();
        self.is_broken = true;
        self.file.write_all(&lines)?;
        // What nobody waits for is on disk with what somebody does.
        if batch.iter().any(|line| line.waits.is_some()) {
            self.file.sync_data()?;
        }
        self.is_broken = false;
        self.bytes += lines.len();
        Ok(())
    }
}

/// A file with what the table has, in the place of the one that was there.
fn made_anew(path: &Path, table: &Mutex<Table>) -> io::Result<(File, usize)> {
    // Copied first: nobody waits for the disk to begin a request.
    let kept = lock(table).all();
    let mut all = HEAD.as_bytes().to_vec();
    for (id, entry) in &kept {
        for line in lines_of(id, entry) {
            all.extend(text(&line)?);
        }
    }
    Ok((whole_file::put(path, &all)?, all.len()))
}

fn lines_of(id: &Hash, entry: &Entry) -> Vec<Line> {
    let number = entry.number;
    let begun = Line::Begun {
        number,
        id: id.to_hex().to_string(),
        print: entry.print.to_hex().to_string(),
        time_ns: entry.time.nanos(),
        harmless: entry.harmless,
    };
    let over = Line::of(number, &entry.standing);
    std::iter::once(begun).chain(over).collect()
}

impl Line {
    /// What tells how something stands; nothing for what is not over.
    pub(super) fn of(number: u64, standing: &Standing) -> Option<Self> {
        match standing {
            Standing::Running | Standing::Unknown => None,
            Standing::Done(status) => Some(Self::Done {
                number,
                status: *status,
            }),
            Standing::Answered(kept) => Some(Self::Answered {
                number,
                status: kept.status,
                headers: kept.headers.clone(),
                body: String::from_utf8_lossy(&kept.body).into_owned(),
            }),
        }
    }
}

fn text(line: &Line) -> io::Result<Vec<u8>> {
    let json = serde_json::to_string(line)?;
    let check = blake3::hash(json.as_bytes()).to_hex();
    let check = check.get(..CHECK).unwrap_or_default();
    Ok(format!("{check} {json}\n").into_bytes())
}

/// Reads a file into a table; there need be none.
///
/// # Errors
/// It cannot be read, or is not what was written.
pub(super) fn read(path: &Path, table: &mut Table) -> io::Result<()> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        bytes => bytes?,
    };
    let Some(rest) = bytes.strip_prefix(HEAD.as_bytes()) else {
        return Err(broken(1));
    };
    let mut lines = rest.split_inclusive(|byte| *byte == b'\n').enumerate();
    while let Some((place, line)) = lines.next() {
        match parse(line) {
            Some(line) => table.restore(line),
            // The end of a crash: whoever asked was told nothing.
            None if lines.next().is_none() => {
                tracing::warn!("the last line of the idempotency keys was cut off and is dropped");
            }
            None => return Err(broken(place + 2)),
        }
    }
    Ok(())
}

fn parse(line: &[u8]) -> Option<Line> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (check, json) = line.split_once(' ')?;
    let found = blake3::hash(json.as_bytes()).to_hex();
    let is_whole = found.get(..CHECK) == Some(check);
    serde_json::from_str(json).ok().filter(|_| is_whole)
}

fn broken(line: usize) -> io::Error {
    let reason = format!(
        "line {line} is not as it was written; move the file away to start, after which requests of the last \
         day that are sent again may be done again"
    );
    io::Error::new(ErrorKind::InvalidData, reason)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
