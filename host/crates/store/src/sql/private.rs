//! Files of SQLite that their owner alone may read: they say what people did.

use super::error::StoreError;
use std::fs::{OpenOptions, Permissions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// For the owner alone.
const MODE: u32 = 0o600;

/// Makes the file, where there is none, so that its owner alone may read it. SQLite gives the files
/// beside it the same mode.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed(path, &error))?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(MODE);
    let opened = options.open(path);
    opened.map(drop).map_err(|error| failed(path, &error))
}

/// Takes a file that is there, and those beside it, from everybody but its owner.
pub(super) fn take_from_others(path: &Path) -> Result<(), StoreError> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let file = PathBuf::from(name);
        match std::fs::set_permissions(&file, Permissions::from_mode(MODE)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&file, &error)),
            _ => {}
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &Error) -> StoreError {
    StoreError::Database(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_for_its_owner_and_what_is_there_can_be_made_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/store.sqlite");
        make_private(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        let log = folder.path().join("deep/store.sqlite-wal");
        std::fs::write(&log, "x").unwrap();
        for file in [&path, &log] {
            std::fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }
        make_private(&path).unwrap();
        assert_eq!(mode(&path), 0o644, "what somebody made of it stays");
        take_from_others(&path).unwrap();
        assert_eq!((mode(&path), mode(&log)), (0o600, 0o600));
    }
}
