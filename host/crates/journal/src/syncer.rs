//! Forces a segment onto the disk now and then, on a thread of its own, so that the engine's never
//! waits for it.

use crate::error::JournalError;
use crate::progress::{Progress, lock};
use std::fs::File;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The way to the thread; it ends when this is dropped, after a last time.
#[derive(Debug)]
pub(crate) struct Syncer {
    files: Sender<File>,
    failed: Arc<Mutex<Option<String>>>,
}

impl Syncer {
    /// Starts the thread, which counts how long the disk takes.
    pub(crate) fn start(every: Duration, progress: Arc<Progress>) -> std::io::Result<Self> {
        let (files, received) = channel();
        let failed = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failed);
        let thread = std::thread::Builder::new().name("journal-sync".to_owned());
        thread.spawn(move || run(&received, every, &told, &progress))?;
        Ok(Self { files, failed })
    }

    /// From here on this file is the one to sync; the one before is synced once more.
    pub(crate) fn follow(&self, file: &File) -> std::io::Result<()> {
        let sent = self.files.send(file.try_clone()?);
        sent.map_err(|_| std::io::Error::other("the thread that syncs the journal has ended"))
    }

    /// Why the disk could not be forced since this was last asked.
    pub(crate) fn failure(&self) -> Option<String> {
        lock(&self.failed).take()
    }
}

fn run(
    files: &Receiver<File>,
    every: Duration,
    failed: &Mutex<Option<String>>,
    progress: &Progress,
) {
    let mut now: Option<File> = None;
    loop {
        let next = files.recv_timeout(every.max(Duration::from_millis(1)));
        if let Some(file) = &now {
            let begun = Instant::now();
            match file.sync_data() {
                Ok(()) => progress.meter().synced(begun.elapsed()),
                Err(error) => *lock(failed) = Some(error.to_string()),
            }
        }
        match next {
            Ok(file) => now = Some(file),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The error of a segment's file, as the writer reports it.
pub(crate) fn refused(path: &std::path::Path, reason: String) -> JournalError {
    JournalError::io(path)(std::io::Error::other(reason))
}
