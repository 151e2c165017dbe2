//! A journal's folder: who may write it, which segments it has, and where it ends.

use crate::error::JournalError;
use crate::segment::{BLOCK, BlockHeader, HEADER_BYTES, Header, NoHeader};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A journal's folder with the lock of its only writer.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    run: String,
    _lock: File,
}

/// What was cut off the end of a journal because its writer had not finished it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment.
    pub segment: PathBuf,
    /// Where it ends now.
    pub offset: u64,
    /// How many bytes were cut; they are kept in a file beside it.
    pub bytes: u64,
}

/// A segment by its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentFile {
    pub(crate) first: u64,
    pub(crate) path: PathBuf,
}

impl Folder {
    /// Makes the folder if there is none, and takes the lock. `run` names who does.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another host has it.
    pub fn lock(path: &Path, run: &str) -> Result<Self, JournalError> {
        std::fs::create_dir_all(path).map_err(JournalError::io(path))?;
        let name = path.join("lock");
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&name)
            .map_err(JournalError::io(&name))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Only told; nothing hangs on it.
                let _unreadable = lock.read_to_string(&mut by);
                return Err(JournalError::Locked {
                    folder: path.to_owned(),
                    by: by.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(JournalError::Io { path: name, source });
            }
        }
        let note = format!("{run}, process {}", std::process::id());
        // A disk that is full is no reason not to look at the journal.
        let _unwritten = lock
            .set_len(0)
            .and_then(|()| lock.write_all(note.as_bytes()));
        Ok(Self {
            path: path.to_owned(),
            run: run.to_owned(),
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who holds it.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Whether there is nothing in it yet.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn is_empty(&self) -> Result<bool, JournalError> {
        Ok(segments(&self.path)?.is_empty())
    }

    /// Cuts off what the last writer had not finished. What is cut is kept beside the segment.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when the end is not merely unfinished: something whole follows it.
    pub fn repair(&self) -> Result<Option<Cut>, JournalError> {
        let Some(last) = segments(&self.path)?.pop() else {
            return Ok(None);
        };
        let bytes = std::fs::read(&last.path).map_err(JournalError::io(&last.path))?;
        let whole = whole_bytes(&last, &bytes)?;
        if whole == bytes.len() {
            return Ok(None);
        }
        let io = || JournalError::io(&last.path);
        let torn = last.path.with_extension(format!("torn-at-{whole}"));
        std::fs::write(&torn, &bytes[whole..]).map_err(JournalError::io(&torn))?;
        if whole == 0 {
            std::fs::remove_file(&last.path).map_err(io())?;
        } else {
            let file = OpenOptions::new().write(true).open(&last.path);
            let file = file.map_err(io())?;
            file.set_len(whole as u64).map_err(io())?;
            file.sync_all().map_err(io())?;
        }
        sync_folder(&self.path)?;
        Ok(Some(Cut {
            segment: last.path,
            offset: whole as u64,
            bytes: (bytes.len() - whole) as u64,
        }))
    }
}

/// Makes what was created or removed in a folder last.
pub(crate) fn sync_folder(path: &Path) -> Result<(), JournalError> {
    let folder = File::open(path).and_then(|folder| folder.sync_all());
    folder.map_err(JournalError::io(path))
}

/// The segments of a folder, oldest first. Other files are nobody's business.
pub(crate) fn segments(folder: &Path) -> Result<Vec<SegmentFile>, JournalError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(JournalError::io(folder))? {
        let path = entry.map_err(JournalError::io(folder))?.path();
        if path.extension().is_none_or(|extension| extension != "seg") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let Some(first) = stem.and_then(|stem| stem.parse().ok()) {
            found.push(SegmentFile { first, path });
        }
    }
    found.sort_unstable_by_key(|segment| segment.first);
    Ok(found)
}

/// The file of the segment that begins with this input.
pub(crate) fn segment_path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:08}.seg"))
}

/// A segment's header, checked against its name. `None` when it is not whole.
pub(crate) fn header_of(
    segment: &SegmentFile,
    bytes: &[u8],
) -> Result<Option<Header>, JournalError> {
    let damaged = |reason: &str| JournalError::Damaged {
        path: segment.path.clone(),
        offset: 0,
        sequence: segment.first.saturating_sub(1),
        reason: reason.to_owned(),
    };
    match Header::decode(bytes) {
        Ok(header) if header.first == segment.first => Ok(Some(header)),
        Ok(_) => Err(damaged("its header names another sequence than the file")),
        Err(NoHeader::Short) => Ok(None),
        Err(NoHeader::Checksum) => Err(damaged("the header's checksum is wrong")),
        Err(NoHeader::Format(found)) => Err(JournalError::Format {
            path: segment.path.clone(),
            found,
            expected: Header::expected(),
        }),
    }
}

/// How many bytes of the last segment are whole.
fn whole_bytes(segment: &SegmentFile, bytes: &[u8]) -> Result<usize, JournalError> {
    if header_of(segment, bytes)?.is_none() {
        return Ok(0);
    }
    let (mut at, mut last) = (HEADER_BYTES, segment.first.saturating_sub(1));
    while let Some(block) = BlockHeader::read(&bytes[at..]).filter(|b| b.holds(&bytes[at..])) {
        at += block.whole();
        last = block.last;
    }
    match next_whole(bytes, at + 1) {
        None => Ok(at),
        Some(later) => Err(JournalError::Damaged {
            path: segment.path.clone(),
            offset: at as u64,
            sequence: last,
            reason: format!(
                "a block's checksum is wrong, and a whole block follows at byte {later}"
            ),
        }),
    }
}

/// Where the first whole block at or after `from` begins.
fn next_whole(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    let places = tail.windows(BLOCK.len()).enumerate();
    let mut places = places.filter(|(_, window)| window == BLOCK);
    places.find_map(|(place, _)| {
        let at = from + place;
        let block = BlockHeader::read(bytes.get(at..)?)?;
        block.holds(&bytes[at..]).then_some(at)
    })
}
