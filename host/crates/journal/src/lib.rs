//! The journal of a live host on disk: a folder of segments that is only ever appended to.
//!
//! ```text
//! <data_dir>/journal/lock            held by the host that writes
//!                    00000001.seg    header, block, block, ...
//!                    00048211.seg    named by the first input it holds
//!                    00048400.snap   a snapshot, named by the last input it has
//!                    beginning       where it begins, once segments were dropped
//! ```
//!
//! A block is what one commit made last: the records of whole inputs, their sequences, a checksum
//! and the journal's hash after them. [`SegmentWriter`] appends; [`Blocks`] reads everything from the
//! beginning, or what is new after a sequence while another thread or process writes.
//! Damage is named and never read over; what a writer left half done at the very end is cut off
//! by the next writer and kept beside the segment.

mod beginning;
mod blocks;
pub mod crash;
mod error;
pub mod file;
mod folder;
mod meter;
mod progress;
mod repeat;
mod retention;
mod segment;
mod snapshots;
mod syncer;
#[cfg(test)]
mod tests;
mod writer;

pub use beginning::{Beginning, beginning, run_of};
pub use blocks::Blocks;
pub use error::JournalError;
pub use folder::{Cut, Folder};
pub use meter::{SYNC_BOUNDS_US, Written};
pub use progress::Progress;
pub use repeat::{RepeatError, Repeated, open, repeat, repeat_until};
pub use retention::{Dropped, Keep, drop_before, drop_snapshots_before, whole_before};
pub use segment::{Block, FORMAT};
pub use snapshots::{SnapshotFile, snapshots, write_snapshot};
pub use writer::{Fsync, SegmentOptions, SegmentWriter};
