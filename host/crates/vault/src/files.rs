//! Files that only their owner may read, written whole or not at all, changed by one process at a time.

use crate::error::VaultError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Owner only.
const MODE: u32 = 0o600;
/// Longest file that is read, in bytes: more than every secret at its longest.
const LONGEST: usize = 16 << 20;

/// A file's name with something after it.
pub(crate) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// What a file has, if nobody else may look into it; `None` when there is none.
pub(crate) fn read(file: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(VaultError::file(file))?,
    };
    let about = opened.metadata().map_err(VaultError::file(file))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::Open {
            file: file.to_owned(),
            mode,
        });
    }
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let length = usize::try_from(about.len()).unwrap_or(LONGEST);
    let mut bytes = Zeroizing::new(Vec::<u8>::with_capacity(
        length.min(LONGEST).saturating_add(1),
    ));
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    let read = opened.take(most).read_to_end(&mut bytes);
    read.map_err(VaultError::file(file))?;
    if bytes.len() >= LONGEST {
        return Err(VaultError::broken(
            file,
            "is longer than any file of secrets",
        ));
    }
    Ok(Some(bytes))
}

/// Makes a file that is not there yet, and returns when it would outlive a crash.
pub(crate) fn create(file: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(file);
    let mut new = match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(VaultError::Exists(file.to_owned()));
        }
        opened => opened.map_err(VaultError::file(file))?,
    };
    new.write_all(bytes)
        .and_then(|()| new.sync_all())
        .and_then(|()| sync_folder(file))
        .map_err(VaultError::file(file))
}

/// Replaces a file, and returns when that would outlive a crash.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let new = beside(file, ".new");
    // What a crash left.
    remove(&new)?;
    create(&new, bytes)?;
    rename(&new, file)
}

/// Puts a file in the place of another, and returns when that would outlive a crash.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), VaultError> {
    std::fs::rename(from, to)
        .and_then(|()| sync_folder(to))
        .map_err(VaultError::file(to))
}

/// Removes a file that may be there.
pub(crate) fn remove(file: &Path) -> Result<(), VaultError> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(VaultError::file(file)),
    }
}

/// Lets nobody else change a file as long as what is returned lives.
pub(crate) fn lock(file: &Path) -> Result<File, VaultError> {
    let name = beside(file, ".lock");
    let lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(MODE)
        .open(&name)
        .map_err(VaultError::file(&name))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(VaultError::Locked(file.to_owned())),
        Err(TryLockError::Error(error)) => Err(VaultError::file(&name)(error)),
    }
}

/// Has a new name in a folder outlive a crash.
fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        assert!(read(&file).unwrap().is_none());
        create(&file, b"abc").unwrap();
        assert_eq!(read(&file).unwrap().unwrap().as_slice(), b"abc");
        assert!(matches!(create(&file, b"x"), Err(VaultError::Exists(_))));
        for mode in [0o640, 0o604, 0o620, 0o601] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&file).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
            assert!(error.contains(&format!("{mode:o}")), "{error}");
        }
        replace(&file, b"def").unwrap();
        assert_eq!(read(&file).unwrap().unwrap().as_slice(), b"def");
    }

    #[test]
    fn one_at_a_time_changes_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        let held = lock(&file).unwrap();
        assert!(matches!(lock(&file), Err(VaultError::Locked(_))));
        drop(held);
        lock(&file).unwrap();
    }
}
