//! Compiled components on disk, so that a restart does not compile again.
//!
//! The directory is not trusted: an entry counts only if its seal is ours (see `artefact`), and
//! whatever is wrong with one means a recompilation, never an error. Entries are replaced by atomic
//! rename and limited in number; the least recently used go first.

use crate::artefact::{Artefact, KEY_BYTES, Origin, SEAL_BYTES};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

const KEY_FILE: &str = "key";

/// How often the cache helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStatistics {
    /// Components loaded from it.
    pub hits: u64,
    /// Components it did not have.
    pub misses: u64,
    /// Entries that were there but damaged, tampered with or not ours.
    pub rejected: u64,
}

/// The cache.
#[derive(Debug)]
pub(crate) struct Cache {
    directory: PathBuf,
    key: [u8; KEY_BYTES],
    max_entries: usize,
    hits: AtomicU64,
    misses: AtomicU64,
    rejected: AtomicU64,
    writes: AtomicU64,
}

impl Cache {
    /// Opens or makes the cache in `directory`, with its key.
    pub(crate) fn open(directory: &Path, max_entries: usize) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        Ok(Self {
            key: obtain_key(directory)?,
            directory: directory.to_owned(),
            max_entries: max_entries.max(1),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        })
    }

    /// The artefact for `origin`, if a genuine one of at most `limit_bytes` is there.
    pub(crate) fn load(&self, origin: Origin<'_>, limit_bytes: usize) -> Option<Artefact> {
        let path = self.path(origin);
        let entry = match read_bounded(&path, limit_bytes.saturating_add(SEAL_BYTES)) {
            Ok(entry) => entry,
            Err(error) => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(path = %path.display(), %error, "cannot read a compiled plugin");
                }
                return None;
            }
        };
        let Some(artefact) = Artefact::open(entry, &self.key, origin) else {
            self.reject(origin, "its seal is not ours");
            return None;
        };
        self.hits.fetch_add(1, Ordering::Relaxed);
        // Recency is only for choosing what to remove; failing to note it is harmless.
        let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(artefact)
    }

    /// Counts and reports an entry that was there but could not be used.
    pub(crate) fn reject(&self, origin: Origin<'_>, reason: &str) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
        let path = self.path(origin);
        tracing::warn!(path = %path.display(), reason, "ignoring a compiled plugin; compiling anew");
    }

    /// Stores an artefact. A failure costs a recompilation later and is only reported.
    pub(crate) fn store(&self, origin: Origin<'_>, artefact: &Artefact) {
        let result = self.write(origin, artefact).and_then(|()| self.trim());
        if let Err(error) = result {
            let directory = self.directory.display();
            tracing::warn!(%directory, %error, "cannot store a compiled plugin");
        }
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
        }
    }

    fn path(&self, origin: Origin<'_>) -> PathBuf {
        let [a, b, c, d, ..] = *origin.fingerprint;
        let engine = u32::from_be_bytes([a, b, c, d]);
        self.directory
            .join(format!("{}-{engine:08x}.cwasm", origin.plugin))
    }

    fn write(&self, origin: Origin<'_>, artefact: &Artefact) -> io::Result<()> {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let temporary = self
            .directory
            .join(format!("{}-{number}.tmp", std::process::id()));
        let mut file = private_file()
            .create(true)
            .truncate(true)
            .open(&temporary)?;
        let written = file
            .write_all(&artefact.seal(&self.key, origin))
            .and_then(|()| file.write_all(artefact.code()))
            .and_then(|()| fs::rename(&temporary, self.path(origin)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn trim(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.file_name() != KEY_FILE {
                let modified = entry.metadata().and_then(|metadata| metadata.modified());
                entries.push((modified.unwrap_or(SystemTime::UNIX_EPOCH), entry.path()));
            }
        }
        entries.sort();
        let excess = entries.len().saturating_sub(self.max_entries);
        for (_, path) in entries.into_iter().take(excess) {
            // Another process may have removed it first.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn read_bounded(path: &Path, limit_bytes: usize) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    if file.metadata()?.len() > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than the limit",
        ));
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The key in `directory`; a new one when there is none, or when others could have read or chosen
/// the one that is there. Entries sealed with a lost key are simply made again.
fn obtain_key(directory: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let path = directory.join(KEY_FILE);
    match read_key(&path) {
        Ok(Some(key)) => return Ok(key),
        Ok(None) => {
            tracing::warn!(path = %path.display(), "the cache's key is damaged or not private");
            fs::remove_file(&path)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut key = [0; KEY_BYTES];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    let temporary = directory.join(format!("{KEY_FILE}-{}.tmp", std::process::id()));
    private_file()
        .create(true)
        .truncate(true)
        .open(&temporary)?
        .write_all(&key)?;
    // A link fails if another process was faster; then its key is the one to use.
    let linked = fs::hard_link(&temporary, &path);
    fs::remove_file(&temporary)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read_key(&path)?.ok_or_else(|| io::Error::other("the cache's key is not private"))
        }
        Err(error) => Err(error),
    }
}

/// Reads a key; `None` when it is not a private file of ours with exactly one key in it.
fn read_key(path: &Path) -> io::Result<Option<[u8; KEY_BYTES]>> {
    let metadata = fs::symlink_metadata(path)?;
    let private = metadata.is_file()
        && metadata.mode() & 0o077 == 0
        && metadata.uid() == rustix::process::geteuid().as_raw();
    if !private {
        return Ok(None);
    }
    Ok(read_bounded(path, KEY_BYTES)
        .ok()
        .and_then(|bytes| bytes.try_into().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::PluginHash;
    use std::os::unix::fs::PermissionsExt;

    fn store(cache: &Cache, number: u8) {
        let (plugin, fingerprint) = (PluginHash::new([number; 32]), [0; 32]);
        let origin = Origin {
            plugin: &plugin,
            fingerprint: &fingerprint,
        };
        cache.store(origin, &Artefact::from_own_compiler(vec![number]));
    }

    fn holds(cache: &Cache, number: u8) -> bool {
        let (plugin, fingerprint) = (PluginHash::new([number; 32]), [0; 32]);
        cache
            .load(
                Origin {
                    plugin: &plugin,
                    fingerprint: &fingerprint,
                },
                10,
            )
            .is_some()
    }

    #[test]
    fn entries_survive_reopening_and_are_limited_in_number() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(directory.path(), 2).unwrap();
        for number in 0..4 {
            store(&cache, number);
            std::thread::sleep(std::time::Duration::from_millis(15));
        }
        let reopened = Cache::open(directory.path(), 2).unwrap();
        assert_eq!(
            (0..4).map(|n| holds(&reopened, n)).collect::<Vec<_>>(),
            [false, false, true, true]
        );
        assert_eq!(
            reopened.statistics(),
            CacheStatistics {
                hits: 2,
                misses: 2,
                rejected: 0
            }
        );
    }

    #[test]
    fn a_key_others_could_read_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(directory.path(), 2).unwrap();
        store(&cache, 1);
        let path = directory.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let reopened = Cache::open(directory.path(), 2).unwrap();
        assert_ne!(reopened.key, cache.key);
        assert!(!holds(&reopened, 1));
        assert_eq!(reopened.statistics().rejected, 1);
    }

    #[test]
    fn an_oversized_entry_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(directory.path(), 2).unwrap();
        let (plugin, fingerprint) = (PluginHash::new([1; 32]), [0; 32]);
        let origin = Origin {
            plugin: &plugin,
            fingerprint: &fingerprint,
        };
        cache.store(origin, &Artefact::from_own_compiler(vec![0; 100]));
        assert!(cache.load(origin, 99).is_none());
        assert!(cache.load(origin, 100).is_some());
    }
}
