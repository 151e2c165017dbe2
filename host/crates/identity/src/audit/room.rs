//! Room on the disk for records that are still to come: what is asked for is done only once its record has some.
//!
//! Blocks behind the end of the file are kept for it, without it growing. Where the file system cannot do that, as
//! some network shares, nothing is promised, and a disk without room is found out by the record itself.

use super::chain::LONGEST_LINE;
use super::log::Audit;
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is kept beyond what is needed, in bytes, so that the disk is not asked for each record.
const AHEAD: u64 = 64 << 10;

/// Room for the record of one request, until it is dropped.
#[must_use]
pub struct Room(Arc<Audit>);

impl Room {
    /// For who has been promised some.
    pub(super) fn promised(audit: &Arc<Audit>) -> Self {
        audit.promised().fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(audit))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.promised().fetch_sub(1, Ordering::AcqRel);
    }
}

/// How much of a file's disk is kept for it.
#[derive(Debug, Default)]
pub(super) struct Reserve {
    /// Up to which byte; nothing before it was asked for.
    until: u64,
}

impl Reserve {
    /// Has room for one record more than are promised, behind the end of a file.
    pub(super) fn keep(&mut self, file: &File, end: u64, promised: &AtomicU64) -> io::Result<()> {
        let records = promised.load(Ordering::Acquire) + 1;
        let needed = end + records * LONGEST_LINE as u64;
        if needed <= self.until {
            return Ok(());
        }
        let mut refused = Errno::NOSPC;
        for until in [needed + AHEAD, needed] {
            match fallocate(file, FallocateFlags::KEEP_SIZE, end, until - end) {
                Ok(()) => {
                    self.until = until;
                    return Ok(());
                }
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    /// The file was cut: what was kept behind its end may be gone.
    pub(super) fn forget(&mut self) {
        self.until = 0;
    }
}
