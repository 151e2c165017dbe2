//! Named points at which a debug build can be made to end, fail or wait, to try what a crash there
//! leaves behind. In a release build reaching one does nothing.
//!
//! `ARGONAUT_CRASH=journal.after_write:exit:3` ends the process at the third time that point is
//! reached; `error` fails what is being done there, `delay` waits for half a second.

/// A point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point(&'static str);

macro_rules! points {
    ($($name:ident = $text:literal, $doc:literal;)*) => {
        $(#[doc = $doc] pub const $name: Point = Point($text);)*
        /// All points, by name.
        pub const ALL: &[&str] = &[$($text),*];
    };
}
points! {
    BEFORE_WRITE = "journal.before_write", "A block is about to be written.";
    AFTER_WRITE = "journal.after_write", "A block is written and not yet forced onto the disk.";
    AFTER_SYNC = "journal.after_sync", "A block is on the disk, as the policy says.";
    ROTATE = "journal.rotate", "A segment's file exists, and its header is not written.";
    BEFORE_OUT = "commit.before_out", "The journal has a batch, and nothing of it has left.";
    AFTER_OUT = "commit.after_out", "A batch has left.";
    SEND = "send.before", "The journal has a message for a venue outside, and its connector does not.";
    SENT = "send.after", "A connector was given a message for its venue.";
    ACK = "ack.received", "A venue outside said something of orders, and the engine does not know it yet.";
    APPLIED = "ack.applied", "The engine knows what a venue outside said, and the journal is not committed.";
    PUBLISH = "publish.before", "Entries are made of the journal, and the bus does not have them.";
    PUBLISHED = "publish.after", "The bus has entries and cursor, and the host does not know it yet.";
    SWAP_BEGUN = "swap.begun", "A candidate has begun to catch up.";
    SWAP_READY = "swap.ready", "A candidate is caught up, and the engine is not asked yet.";
    SWAP_DONE = "swap.done", "The candidate runs, and whoever asked for the swap does not know it yet; whether its plugin was revoked meanwhile is still to be looked at.";
    SHADOW_BEGUN = "shadow.begun", "A shadow is journaled, and its copy of the engine does not trade yet.";
    STORE_READ = "store.before_write", "Rows are made of the journal, and none is written.";
    STORED = "store.after_write", "Rows and cursor are in the store, and the host does not know it yet.";
    SNAPSHOT_WRITTEN = "snapshot.written", "A snapshot is on the disk and has no name yet.";
    SNAPSHOT_NAMED = "snapshot.named", "A snapshot has its name.";
    DROP_MARKED = "drop.marked", "A journal says that its oldest segments are gone, and they are still there.";
    DROPPED = "drop.dropped", "One of the oldest segments is gone.";
    RECOVERED = "recovery.done", "A journal is stepped again, and nothing is appended yet.";
}

/// Reaches a point.
///
/// # Errors
/// When this point is to fail.
#[cfg(not(debug_assertions))]
#[inline]
pub fn reach(_: Point) -> std::io::Result<()> {
    Ok(())
}

/// Reaches a point.
///
/// # Errors
/// When this point is to fail.
#[cfg(debug_assertions)]
pub fn reach(point: Point) -> std::io::Result<()> {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    static PLAN: OnceLock<Option<(String, String, u32)>> = OnceLock::new();
    static REACHED: AtomicU32 = AtomicU32::new(0);
    let plan = PLAN.get_or_init(|| plan(&std::env::var("ARGONAUT_CRASH").ok()?));
    let Some((name, action, at)) = plan.as_ref().filter(|(name, ..)| *name == point.0) else {
        return Ok(());
    };
    if REACHED.fetch_add(1, Ordering::Relaxed) + 1 != *at {
        return Ok(());
    }
    tracing::warn!(name, action, "crash point");
    match action.as_str() {
        "exit" => std::process::exit(70),
        "error" => Err(std::io::Error::other(format!("made to fail at {name}"))),
        _ => {
            std::thread::sleep(std::time::Duration::from_millis(500));
            Ok(())
        }
    }
}

/// Point, action and count; what is not understood ends the process rather than test nothing.
#[cfg(debug_assertions)]
fn plan(text: &str) -> Option<(String, String, u32)> {
    let mut parts = text.split(':');
    let (name, action) = (parts.next()?, parts.next().unwrap_or("exit"));
    let at = parts.next().map_or(Ok(1), str::parse);
    let known = ALL.contains(&name) && ["exit", "error", "delay"].contains(&action);
    match at {
        Ok(at) if known => Some((name.to_owned(), action.to_owned(), at)),
        _ => {
            tracing::error!(text, "ARGONAUT_CRASH names no point, action and count");
            std::process::exit(64)
        }
    }
}
