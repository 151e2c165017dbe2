//! A file that keeps the firm from trading: while it exists the kill latch is set.
//!
//! A thread of its own looks for it, so that it works when the API, the async runtime and every
//! plugin hang. Any kill of the firm writes it, so that a restart does not trade either. Whoever
//! wants to trade again removes the file and then clears the latch.

use crate::inbox::Inbox;
use crate::trader::StepRequest;
use engine::Command;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the file is looked for.
const RHYTHM: Duration = Duration::from_millis(20);

/// The file.
#[derive(Debug, Clone)]
pub struct KillFile(PathBuf);

impl KillFile {
    /// The file of that path, which need not be there.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether it is there. When that cannot be known, it is.
    pub(crate) fn exists(&self) -> bool {
        match std::fs::symlink_metadata(&self.0) {
            Ok(_) => true,
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }

    /// Writes it unless it is there.
    ///
    /// # Errors
    /// It cannot be written. That keeps nobody from killing; a host tries again.
    pub fn write(&self) -> std::io::Result<()> {
        let text =
            b"The firm was killed. Remove this file and clear the kill latch to trade again.\n";
        let made = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.0);
        let written = made.and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        });
        match written {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    /// Looks for the file until the host ends, and sets the latch while it is there; writes it when
    /// the latch was set by other means.
    pub(crate) fn watch(
        self,
        inbox: Arc<Inbox>,
        killed: Arc<AtomicBool>,
    ) -> Result<(), std::io::Error> {
        let watch = move || {
            // A latch that came back was kept before; whoever removed its file since meant it.
            let mut kept = match killed.load(Ordering::Acquire) {
                true => Kept::Yes,
                false => Kept::No,
            };
            while !inbox.is_closed() {
                let is_killed = killed.load(Ordering::Acquire);
                kept = match (is_killed, kept) {
                    (false, _) => Kept::No,
                    (true, Kept::Yes) => Kept::Yes,
                    (true, before) => self.keep(before),
                };
                if !is_killed && self.exists() {
                    tracing::error!(file = %self.0.display(), "the kill file is there");
                    let (kill, _answer) = StepRequest::command(Command::SetKillLatch(true));
                    // Refused when kills wait already, or the host has ended.
                    let _refused = inbox.offer_urgent(kill);
                }
                std::thread::sleep(RHYTHM);
            }
        };
        let thread = std::thread::Builder::new().name("kill-file".to_owned());
        thread.spawn(watch).map(drop)
    }

    /// Writes it for a latch that was set, and says so once when it cannot be.
    fn keep(&self, before: Kept) -> Kept {
        let Err(error) = self.write() else {
            return Kept::Yes;
        };
        if before == Kept::No {
            let file = self.0.display();
            tracing::error!(%error, %file, "the kill file cannot be written; it is tried again");
        }
        Kept::NotYet
    }
}

/// Whether a latch has its file, as far as the thread that keeps it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    No,
    NotYet,
    Yes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_kill_file_that_cannot_be_written_at_first_is_written_when_it_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("later");
        let file = KillFile::new(place.join("kill"));
        let (inbox, killed) = (Arc::new(Inbox::new(1, 1)), Arc::new(AtomicBool::new(false)));
        file.clone()
            .watch(Arc::clone(&inbox), Arc::clone(&killed))
            .unwrap();
        std::thread::sleep(2 * RHYTHM);
        killed.store(true, Ordering::Release);
        std::thread::sleep(3 * RHYTHM);
        std::fs::create_dir(&place).unwrap();
        let begun = Instant::now();
        while !file.exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never was");
            std::thread::sleep(RHYTHM);
        }
        inbox.close();
    }
}
