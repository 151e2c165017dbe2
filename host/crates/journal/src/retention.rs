//! Dropping the oldest segments of a journal, whole ones only. Which may go is for others to say; here
//! is how: first the folder says that they go, then they go one after the other, the oldest first. So
//! whatever is left after a crash is a journal, and the next time goes on.

use crate::beginning::{beginning, mark, read_header, set_mark};
use crate::crash;
use crate::error::JournalError;
use crate::folder::{SegmentFile, segments, sync_folder};
use crate::segment::Header;
use crate::snapshots::{snapshots, unfinished};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Bytes compared at once.
const READ_BYTES: usize = 1 << 16;

/// How much of a journal is wanted. What is over either bound is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// Bytes of all segments together; any number when `None`.
    pub bytes: Option<u64>,
    /// How long ago a segment was written last, by its file; any time when `None`.
    pub age: Option<Duration>,
}

/// What was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Segments.
    pub segments: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Keep {
    /// The first input of a folder's journal that is wanted; the first that is there when all is. The last
    /// segment always is.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn first_wanted(&self, folder: &Path, now: SystemTime) -> Result<u64, JournalError> {
        let mut known = Vec::new();
        for segment in segments(folder)? {
            let file = std::fs::metadata(&segment.path);
            let file = file.map_err(JournalError::io(&segment.path))?;
            // A file from the future, or without a time, is new.
            let age = file
                .modified()
                .ok()
                .and_then(|at| now.duration_since(at).ok());
            known.push((segment.first, file.len(), age.unwrap_or_default()));
        }
        let mut bytes: u64 = known.iter().map(|(_, bytes, _)| bytes).sum();
        let Some(((last, ..), closed)) = known.split_last() else {
            return Ok(0);
        };
        for (first, size, age) in closed {
            let is_old = self.age.is_some_and(|keep| *age > keep);
            if !is_old && self.bytes.is_none_or(|keep| bytes <= keep) {
                return Ok(*first);
            }
            bytes -= size;
        }
        Ok(*last)
    }
}

/// How many segments lie wholly before an input; never the last.
///
/// # Errors
/// The folder cannot be read.
pub fn whole_before(folder: &Path, sequence: u64) -> Result<usize, JournalError> {
    Ok(count_before(&segments(folder)?, sequence))
}

fn count_before(known: &[SegmentFile], sequence: u64) -> usize {
    let next = known.iter().skip(1);
    next.take_while(|next| next.first <= sequence).count()
}

/// Drops all segments that lie wholly before the input `keep_from`, or moves them into a folder of the
/// journal's name below `archive`. What stays is forced onto the disk before. Only whoever holds the folder's lock may.
///
/// # Errors
/// Something cannot be read, written or removed; the journal begins with what is left then, and the next
/// call goes on.
pub fn drop_before(
    folder: &Path,
    keep_from: u64,
    archive: Option<&Path>,
) -> Result<Dropped, JournalError> {
    let known = segments(folder)?;
    let (going, staying) = known.split_at(count_before(&known, keep_from));
    let (Some(first), Some(begins)) = (staying.first(), beginning(folder)?) else {
        return Ok(Dropped::default());
    };
    if going.is_empty() {
        return Ok(Dropped::default());
    }
    let Some(header) = read_header(first)? else {
        return Ok(Dropped::default());
    };
    let place = archive.map(|archive| archive.join(&begins.run));
    if let Some(place) = &place {
        std::fs::create_dir_all(place).map_err(JournalError::io(place))?;
    }
    force(staying)?;
    if mark(folder)?.is_none_or(|mark| mark.first < first.first) {
        let run = begins.run;
        set_mark(folder, &Header { run, ..header })?;
    }
    crash::reach(crash::DROP_MARKED).map_err(JournalError::io(folder))?;
    let mut dropped = Dropped::default();
    for segment in going {
        dropped.bytes += drop_one(folder, segment, place.as_deref())?;
        dropped.segments += 1;
        crash::reach(crash::DROPPED).map_err(JournalError::io(folder))?;
    }
    Ok(dropped)
}

/// Removes the snapshots that end before the input `last`, and what a crash left of such.
///
/// # Errors
/// The folder cannot be read, or one cannot be removed.
pub fn drop_snapshots_before(folder: &Path, last: u64) -> Result<(), JournalError> {
    let known = snapshots(folder)?.into_iter().chain(unfinished(folder)?);
    for old in known.filter(|snapshot| snapshot.last < last) {
        std::fs::remove_file(&old.path).map_err(JournalError::io(&old.path))?;
    }
    Ok(())
}

/// Forces segments onto the disk: the snapshots that take the place of what goes are nothing without
/// the journal up to them, should the machine crash.
fn force(segments: &[SegmentFile]) -> Result<(), JournalError> {
    for segment in segments {
        let forced = File::open(&segment.path).and_then(|file| file.sync_data());
        forced.map_err(JournalError::io(&segment.path))?;
    }
    Ok(())
}

/// Drops a segment for good; returns its bytes.
fn drop_one(
    folder: &Path,
    segment: &SegmentFile,
    place: Option<&Path>,
) -> Result<u64, JournalError> {
    let io = || JournalError::io(&segment.path);
    let bytes = std::fs::metadata(&segment.path).map_err(io())?.len();
    if let Some(place) = place {
        let name = segment.path.file_name().unwrap_or_default();
        archive_one(&segment.path, &place.join(name))?;
        sync_folder(place)?;
    }
    match std::fs::remove_file(&segment.path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io()(error)),
        _ => {}
    }
    // One at a time: what a crash of the machine leaves has no hole.
    sync_folder(folder)?;
    Ok(bytes)
}

/// Moves a file, or sees that it is there already: then the last try was cut off. Another file of
/// that name is nobody's to overwrite.
fn archive_one(from: &Path, to: &Path) -> Result<(), JournalError> {
    let io = || JournalError::io(to);
    if to.exists() {
        return match same(from, to).map_err(io())? {
            true => Ok(()),
            false => Err(io()(std::io::Error::other(
                "it is another segment than the journal's; move it away, it is not overwritten",
            ))),
        };
    }
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => copy(from, to).map_err(io()),
        moved => moved.map_err(io()),
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let unfinished = to.with_extension("seg-unfinished");
    std::fs::copy(from, &unfinished)?;
    File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, to)
}

fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let mut bytes = (vec![0; READ_BYTES], vec![0; READ_BYTES]);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    loop {
        let count = one.read(&mut bytes.0)?;
        if count == 0 {
            return Ok(true);
        }
        other.read_exact(&mut bytes.1[..count])?;
        if bytes.0[..count] != bytes.1[..count] {
            return Ok(false);
        }
    }
}
