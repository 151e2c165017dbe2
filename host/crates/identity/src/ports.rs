//! What identity needs of the world: the time, and randomness.

use crate::refusal::Refusal;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since the epoch, UTC.
    fn now_ms(&self) -> u64;
}

/// Makes secrets.
pub trait Entropy: Send + Sync {
    /// Fills the bytes so that nobody can guess them.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when there is no randomness to be had.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Refusal>;
}

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Refusal> {
        getrandom::fill(bytes).map_err(|error| Refusal::Internal(error.to_string()))
    }
}
