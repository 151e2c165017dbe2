//! Opening a log: made where there is none, checked, and rid of the half record that a crash left.

use super::chain::{End, HEADER, LONGEST_LINE, Summary, scan};
use super::error::AuditError;
use super::log::fingerprint;
use crate::files;
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Every so many records the place of one is remembered, so that a page is found without reading all.
pub(super) const EVERY: u64 = 256;

/// What was dropped of the end of a log when it was opened, as a crash leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The record that was cut off.
    pub number: u64,
    /// What stands for what was there of it.
    pub rest: Value,
}

/// The end of a log that goes on from what was noted, and where every so many records begin.
pub(super) fn places(path: &Path, noted: Option<&Summary>) -> Result<(End, Vec<u64>), AuditError> {
    let mut places = Vec::new();
    let mut is_there = noted.is_none();
    let mut records = 0;
    let end = scan(path, |place| {
        if (place.number - 1).is_multiple_of(EVERY) {
            places.push(place.offset);
        }
        records = place.number;
        is_there |= noted.is_some_and(|noted| {
            noted.records == place.number && noted.head == place.head.to_hex().as_str()
        });
    });
    // Before a torn end is dropped: what is gone may be seen from it.
    if let (Ok(_) | Err(AuditError::Torn { .. }), false) = (&end, is_there) {
        return Err(AuditError::Other {
            file: path.to_owned(),
            noted: noted.map_or(0, |noted| noted.records),
            records,
        });
    }
    Ok((end?, places))
}

/// Cuts a log off, and returns what stands for what was there.
pub(super) fn cut(path: &Path, offset: u64) -> io::Result<Value> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut rest = Vec::new();
    // Half a record is no longer than one.
    let most = LONGEST_LINE as u64;
    (&mut file).take(most).read_to_end(&mut rest)?;
    file.set_len(offset)?;
    file.sync_all()?;
    Ok(fingerprint(&rest))
}

/// The record nearest before `first` whose place is known, and that place.
pub(super) fn nearest(places: &[u64], first: u64) -> (u64, u64) {
    let block = usize::try_from((first - 1) / EVERY).unwrap_or(usize::MAX);
    let block = block.min(places.len().saturating_sub(1));
    match places.get(block) {
        Some(place) => (block as u64 * EVERY + 1, *place),
        None => (1, HEADER.len() as u64),
    }
}

/// Makes the file where there is none, readable by its owner only.
pub(super) fn begin(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let mut file = match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // A crash may have come before the first line.
            let file = OpenOptions::new().append(true).open(path)?;
            if file.metadata()?.len() > 0 {
                return Ok(());
            }
            file
        }
        made => made?,
    };
    file.write_all(HEADER.as_bytes())?;
    file.sync_all()?;
    files::sync_folder(path)
}
