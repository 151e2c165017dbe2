//! What happens in a host, for other processes: entries of the journal as Redis Streams.
//!
//! ```text
//! journal ──▶ Source ──▶ Publisher ──▶ {stream}:high ┐
//!                            │         {stream}:normal├──▶ Consumer (one of a group) ──▶ ack
//!                            │         {stream}:low   ┘        │
//!                            └ cursor, in the same transaction └ after five deliveries: {stream}:parked
//! ```
//!
//! Redis is never the truth: streams are made from the journal, and can be lost and made again. An
//! entry's id is the sequence of the input that led to it, with its place among what that input led
//! to; so Redis itself refuses an entry that is there already. [`Publisher`] goes on where the cursor
//! in Redis says, and begins again where the cursor is gone. Trading never waits for it: what is not
//! published yet lies in the journal, not in a queue. [`MarketCache`] holds the latest market
//! data in a database of its own. [`FanOutWriter`] and [`FanOutReader`] carry a host's stream to processes that serve it.
//!
//! What is absent on purpose: what an entry's body means. Whoever makes the [`Source`] says so.

mod cache;
mod consumer;
mod entry;
mod fan_out;
mod link;
mod publisher;
mod settings;

pub use cache::{CacheKey, CacheKind, MarketCache};
pub use consumer::{Consumer, Delivery};
pub use entry::{Entry, EntryId, Priority};
pub use fan_out::{FanOutEntry, FanOutReader, FanOutValue, FanOutWriter};
pub use link::{Backoff, LinkState, LinkStatus, Monitor};
pub use publisher::{Publisher, Read, Source, SourceError, remove};
pub use settings::{Settings, SettingsError};

/// Why Redis did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// It cannot be reached, or the connection broke. Whether what was asked is done is not known; to
    /// ask again does no harm. Transient.
    #[error("redis: {0}")]
    Link(#[from] redis::RedisError),
    /// Something in a stream was not put there by a [`Publisher`].
    #[error("stream `{stream}`: entry {id}: {reason}")]
    Foreign {
        /// Which stream.
        stream: String,
        /// Redis' id of the entry.
        id: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}
