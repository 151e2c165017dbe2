//! Files that only the host's user may read, written whole or not at all.

use crate::refusal::Refusal;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Owner only.
const MODE: u32 = 0o600;

/// Replaces a file, and returns when it would outlive a crash.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    // What a crash left.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&beside)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    std::fs::rename(&beside, file)?;
    sync_folder(file)
}

/// Has a new name in a folder outlive a crash.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Refuses a file that others may read.
pub(crate) fn check_private(file: &Path) -> Result<(), Refusal> {
    let broken = |error: io::Error| Refusal::Storage(format!("{}: {error}", file.display()));
    let mode = std::fs::metadata(file)
        .map_err(broken)?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Refusal::Storage(format!(
        "{0} may be read by others, so what it holds is no secret: delete it, then everybody logs in \
         again; or, if nobody else was on this machine, `chmod 600 {0}`",
        file.display()
    )))
}
