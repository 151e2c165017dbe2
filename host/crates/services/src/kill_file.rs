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
pub(crate) struct KillFile(PathBuf);

impl KillFile {
    pub(crate) fn new(path: PathBuf) -> Self {
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

    /// Writes it unless it is there. That it cannot be written keeps nobody from killing.
    pub(crate) fn write(&self) {
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
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                let file = self.0.display();
                tracing::error!(%error, %file, "the kill file cannot be written");
            }
            _ => {}
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
            let mut was_killed = killed.load(Ordering::Acquire);
            while !inbox.is_closed() {
                let is_killed = killed.load(Ordering::Acquire);
                if is_killed && !was_killed {
                    self.write();
                }
                was_killed = is_killed;
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
}
