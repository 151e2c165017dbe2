//! Snapshots beside the segments: files named by the last input they have, which a host may begin from
//! instead of the beginning. What is in one is its maker's business. A snapshot is there as a whole or
//! not at all, and one that is damaged is only one that cannot be begun from.
//!
//! ```text
//! magic 8 | last sequence 8 | crc 4 | what was given
//! ```

use crate::crash;
use crate::error::JournalError;
use crate::folder::sync_folder;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The first bytes of a snapshot's file: name and version of this layout.
const FORMAT: &[u8; 8] = b"ARGOSNF\x01";
const HEAD_BYTES: usize = 20;
/// How the names of unfinished ones end.
const UNFINISHED: &str = "snap-unfinished";

/// A snapshot by its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The last input it has.
    pub last: u64,
    /// Where it is.
    pub path: PathBuf,
}

/// The snapshots of a journal's folder, newest first.
///
/// # Errors
/// The folder cannot be read.
pub fn snapshots(folder: &Path) -> Result<Vec<SnapshotFile>, JournalError> {
    named(folder, "snap")
}

/// What is being written, or was when its writer ended.
pub(crate) fn unfinished(folder: &Path) -> Result<Vec<SnapshotFile>, JournalError> {
    named(folder, UNFINISHED)
}

fn named(folder: &Path, ending: &str) -> Result<Vec<SnapshotFile>, JournalError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(JournalError::io(folder))? {
        let path = entry.map_err(JournalError::io(folder))?.path();
        if path.extension().is_none_or(|extension| extension != ending) {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let Some(last) = stem.and_then(|stem| stem.parse().ok()) {
            found.push(SnapshotFile { last, path });
        }
    }
    found.sort_unstable_by_key(|snapshot| std::cmp::Reverse(snapshot.last));
    Ok(found)
}

/// Writes a snapshot of everything up to the input `last`, beside a folder's segments.
///
/// # Errors
/// The disk does not take it; nothing of it is there then under a snapshot's name.
pub fn write_snapshot(folder: &Path, last: u64, bytes: &[u8]) -> Result<(), JournalError> {
    let path = folder.join(format!("{last:08}.snap"));
    let unfinished = path.with_extension(UNFINISHED);
    let written = || -> std::io::Result<()> {
        let mut file = File::create(&unfinished)?;
        file.write_all(&head(last, bytes))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        crash::reach(crash::SNAPSHOT_WRITTEN)?;
        std::fs::rename(&unfinished, &path)?;
        crash::reach(crash::SNAPSHOT_NAMED)
    };
    written().map_err(JournalError::io(&path))?;
    sync_folder(folder)
}

impl SnapshotFile {
    /// What was written.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when these are other bytes.
    pub fn read(&self) -> Result<Vec<u8>, JournalError> {
        let mut bytes = std::fs::read(&self.path).map_err(JournalError::io(&self.path))?;
        let whole = bytes.get(..HEAD_BYTES).is_some_and(|found| {
            let rest = bytes.get(HEAD_BYTES..).unwrap_or_default();
            found == head(self.last, rest)
        });
        if !whole {
            return Err(JournalError::Damaged {
                path: self.path.clone(),
                offset: 0,
                sequence: self.last,
                reason: "it is no snapshot of this format, or its checksum is wrong".to_owned(),
            });
        }
        bytes.drain(..HEAD_BYTES);
        Ok(bytes)
    }
}

fn head(last: u64, bytes: &[u8]) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..8].copy_from_slice(FORMAT);
    head[8..16].copy_from_slice(&last.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head[..16]), bytes);
    head[16..].copy_from_slice(&crc.to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_found_newest_first_and_come_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        for last in [7, 120_000_000_000, 9] {
            write_snapshot(folder.path(), last, &last.to_be_bytes()).unwrap();
        }
        std::fs::write(folder.path().join("00000011.snap-unfinished"), "half").unwrap();
        let found = snapshots(folder.path()).unwrap();
        let lasts: Vec<u64> = found.iter().map(|snapshot| snapshot.last).collect();
        assert_eq!(lasts, [120_000_000_000, 9, 7]);
        for snapshot in found {
            assert_eq!(snapshot.read().unwrap(), snapshot.last.to_be_bytes());
        }
    }

    #[test]
    fn any_flipped_bit_of_a_snapshot_shows_and_so_does_another_name() {
        let folder = tempfile::tempdir().unwrap();
        write_snapshot(folder.path(), 7, b"state").unwrap();
        let [snapshot] = snapshots(folder.path()).unwrap().try_into().unwrap();
        let bytes = std::fs::read(&snapshot.path).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&snapshot.path, flipped).unwrap();
            assert!(snapshot.read().is_err(), "bit {bit}");
        }
        std::fs::write(&snapshot.path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(snapshot.read().is_err());
        std::fs::write(&snapshot.path, &bytes).unwrap();
        let renamed = SnapshotFile {
            last: 8,
            ..snapshot
        };
        assert!(renamed.read().is_err());
    }
}
