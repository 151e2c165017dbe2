//! Hints of the file system that a look is worth while.

use notify::event::{AccessKind, AccessMode, EventKind, RemoveKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Why there are no hints. Files are looked at now and then all the same.
#[derive(Debug, thiserror::Error)]
pub enum NoHints {
    /// The file system gives none at all.
    #[error("the file system gives no notifications: {0}")]
    Everywhere(notify::Error),
    /// It gives none of one folder.
    #[error("the file system gives no notifications of `{}`: {reason}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        reason: notify::Error,
    },
}

/// The hints of some folders. One that waits stands for all that came since, so none is ever lost.
pub struct Hints {
    watcher: Option<RecommendedWatcher>,
    arrived: Receiver<()>,
    /// A folder that is listened to may be gone, and another one of its name and number in its place.
    gone: Arc<AtomicBool>,
    /// What is listened to, by device and number: a name may come to mean another folder.
    listening: BTreeMap<PathBuf, (u64, u64)>,
    /// Keeps a wait without hints from ending at once.
    _sender: SyncSender<()>,
}

impl Hints {
    /// Hints of no folder yet; with the reason why there will be none, if so.
    pub fn new() -> (Self, Option<NoHints>) {
        let (sender, arrived) = sync_channel(1);
        let gone = Arc::new(AtomicBool::new(false));
        let (tell, lost) = (sender.clone(), Arc::clone(&gone));
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Some(is_lost) = meaning(&event) else {
                return;
            };
            if is_lost {
                lost.store(true, Ordering::Release);
            }
            // Refused when one waits, which then stands for this one too.
            let _waits = tell.try_send(());
        });
        let (watcher, failed) = match watcher {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(NoHints::Everywhere(error))),
        };
        let hints = Self {
            watcher,
            arrived,
            gone,
            listening: BTreeMap::new(),
            _sender: sender,
        };
        (hints, failed)
    }

    /// Listens to these folders, as far as they are there, and to no others. Call it before each look, so
    /// that what happens after the look is heard. Says of which folders nothing will be heard, once for
    /// each change.
    pub fn listen(&mut self, folders: &BTreeSet<PathBuf>) -> Vec<NoHints> {
        let Some(watcher) = &mut self.watcher else {
            return Vec::new();
        };
        let found = folders.iter();
        let found: BTreeMap<_, _> = found
            .filter_map(|folder| Some((folder.clone(), identity(folder)?)))
            .collect();
        let gone = self.gone.swap(false, Ordering::AcqRel);
        if !gone && found == self.listening {
            return Vec::new();
        }
        // All of them anew: two names of one folder share what the system keeps of it.
        for folder in self.listening.keys() {
            // One that is gone was given up already.
            let _gone = watcher.unwatch(folder);
        }
        let mut failed = Vec::new();
        for folder in found.keys() {
            let listened = watcher.watch(folder, RecursiveMode::NonRecursive);
            if let Err(reason) = listened
                && identity(folder).is_some()
            {
                let folder = folder.clone();
                failed.push(NoHints::Folder { folder, reason });
            }
        }
        self.listening = found;
        failed
    }

    /// Waits for a hint, at most so long; says whether one came.
    pub fn wait(&self, at_most: Duration) -> bool {
        self.arrived.recv_timeout(at_most).is_ok()
    }
}

fn identity(folder: &Path) -> Option<(u64, u64)> {
    let found = std::fs::metadata(folder).ok()?;
    found.is_dir().then(|| (found.dev(), found.ino()))
}

/// Whether an event is a hint, and if so whether a folder went away. Who only reads is no hint: we read.
fn meaning(event: &notify::Result<Event>) -> Option<bool> {
    let Ok(event) = event else {
        return Some(false);
    };
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(false),
        EventKind::Access(_) => None,
        EventKind::Remove(kind) => Some(kind != RemoveKind::File),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn listening(folders: &[&Path]) -> (Hints, BTreeSet<PathBuf>) {
        let (mut hints, failed) = Hints::new();
        assert!(failed.is_none(), "{failed:?}");
        let folders: BTreeSet<_> = folders.iter().map(|folder| folder.to_path_buf()).collect();
        let failed = hints.listen(&folders);
        assert!(failed.is_empty(), "{failed:?}");
        (hints, folders)
    }

    /// Until no more hints come.
    fn drain(hints: &Hints) {
        while hints.wait(Duration::from_millis(200)) {}
    }

    #[test]
    fn writing_renaming_and_removing_are_hints_and_reading_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (hints, _) = listening(&[folder.path()]);
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        let heard = |what: &str| {
            assert!(hints.wait(PATIENCE), "{what}");
            drain(&hints);
        };
        std::fs::write(&one, b"a").unwrap();
        heard("written");
        std::fs::rename(&one, &two).unwrap();
        heard("renamed");
        std::fs::read(&two).unwrap();
        assert!(!hints.wait(Duration::from_millis(100)), "read");
        std::fs::remove_file(&two).unwrap();
        heard("removed");
    }

    #[test]
    fn a_folder_that_was_made_again_is_heard_again() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let (mut hints, folders) = listening(&[folder.path(), &inner]);
        for _ in 0..3 {
            std::fs::remove_dir_all(&inner).unwrap();
            std::fs::create_dir(&inner).unwrap();
            assert!(hints.wait(PATIENCE), "the folder is another one");
            let begun = Instant::now();
            while hints.wait(Duration::from_millis(200)) && begun.elapsed() < PATIENCE {
                assert!(hints.listen(&folders).is_empty());
            }
            hints.listen(&folders);
            drain(&hints);
            std::fs::write(inner.join("one"), b"a").unwrap();
            assert!(hints.wait(PATIENCE), "written into the new folder");
            drain(&hints);
        }
    }
}
