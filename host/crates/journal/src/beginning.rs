//! Where a journal begins whose oldest segments were dropped. Before any goes, the file `beginning` says
//! so: which input is the first that is kept, the hash before it, and the journal's name, which the
//! first segment told until then. It is laid out as a segment's header. Segments before that input may
//! still be there, or be put back: then the journal begins with them.

use crate::error::JournalError;
use crate::folder::{SegmentFile, header_of, segments, sync_folder};
use crate::segment::{HEADER_BYTES, Header, NoHeader};
use engine::{Journal, JournalHash};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// What a journal's folder begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The run that began the journal, which names it: hosts that go on with it have runs of their own.
    pub run: String,
    /// The first input that is there.
    pub first: u64,
    /// The hash over all records before it.
    pub hash: JournalHash,
}

impl Beginning {
    /// Whether nothing was dropped.
    pub fn is_whole(&self) -> bool {
        self.first == 1
    }
}

/// What a folder's journal begins with; `None` where there is no segment yet.
///
/// # Errors
/// The folder cannot be read, or segments are missing that nobody dropped.
pub fn beginning(folder: &Path) -> Result<Option<Beginning>, JournalError> {
    // In this order: what is dropped meanwhile was marked before.
    let oldest = segments(folder)?.into_iter().next();
    let mark = mark(folder)?;
    let Some(oldest) = oldest else {
        return Ok(None);
    };
    let Some(header) = read_header(&oldest)? else {
        return Ok(None);
    };
    let wrong = |reason: &str| JournalError::Damaged {
        path: oldest.path.clone(),
        offset: 0,
        sequence: oldest.first.saturating_sub(1),
        reason: reason.to_owned(),
    };
    let hash = match &mark {
        _ if oldest.first == 1 => Journal::default().hash(),
        Some(mark) if oldest.first == mark.first => mark.hash,
        Some(mark) if oldest.first < mark.first => header.hash,
        _ => {
            return Err(wrong(
                "the segments before it are missing, and nobody dropped them",
            ));
        }
    };
    if hash != header.hash {
        return Err(wrong(
            "the hash in its header is not that of the records before it",
        ));
    }
    Ok(Some(Beginning {
        run: mark.map_or(header.run, |mark| mark.run),
        first: oldest.first,
        hash,
    }))
}

/// The run that began a journal, which names it. `None` where there is no segment yet.
///
/// # Errors
/// See [`beginning`].
pub fn run_of(folder: &Path) -> Result<Option<String>, JournalError> {
    Ok(beginning(folder)?.map(|beginning| beginning.run))
}

/// The first bytes of a segment, if they are all there.
pub(crate) fn read_header(segment: &SegmentFile) -> Result<Option<Header>, JournalError> {
    let bytes = first_bytes(&segment.path).map_err(JournalError::io(&segment.path))?;
    header_of(segment, &bytes)
}

/// The error of a reader that wants an input which is not there any more, or a segment that is missing.
pub(crate) fn missing(folder: &Path, oldest: &SegmentFile, wanted: u64) -> JournalError {
    match mark(folder) {
        Ok(Some(mark)) if oldest.first <= mark.first => JournalError::Gone {
            folder: folder.to_owned(),
            first: oldest.first,
            wanted,
        },
        Ok(_) => JournalError::Damaged {
            path: oldest.path.clone(),
            offset: 0,
            sequence: wanted.saturating_sub(1),
            reason: format!(
                "the next segment begins with sequence {}, so some are missing",
                oldest.first
            ),
        },
        Err(error) => error,
    }
}

/// Says that everything before a segment is being dropped. On the disk when this returns.
pub(crate) fn set_mark(folder: &Path, mark: &Header) -> Result<(), JournalError> {
    let path = mark_path(folder);
    let unfinished = path.with_extension("unfinished");
    let written = || -> std::io::Result<()> {
        let mut file = File::create(&unfinished)?;
        file.write_all(&mark.encode())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &path)
    };
    written().map_err(JournalError::io(&path))?;
    sync_folder(folder)
}

/// What was said last.
pub(crate) fn mark(folder: &Path) -> Result<Option<Header>, JournalError> {
    let path = mark_path(folder);
    let bytes = match first_bytes(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(JournalError::io(&path)(error)),
    };
    Header::decode(&bytes).map(Some).map_err(|why| match why {
        NoHeader::Format(found) => JournalError::Format {
            path,
            found,
            expected: Header::expected(),
        },
        NoHeader::Short | NoHeader::Checksum => JournalError::Damaged {
            path,
            offset: 0,
            sequence: 0,
            reason: "it does not say where the journal begins: its checksum is wrong".to_owned(),
        },
    })
}

fn mark_path(folder: &Path) -> PathBuf {
    folder.join("beginning")
}

fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    let file = File::open(path)?;
    file.take(HEADER_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
