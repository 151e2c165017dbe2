//! The log of what people did: append-only, each record with the hash of all before it, forced to the
//! disk before whoever asked hears that it is done.
//!
//! A record that was changed, removed from the middle or put in breaks the chain at its place. Records
//! that were cut from the end leave a chain that is whole, so note the head now and then elsewhere:
//! [`verify`] tells it.

mod chain;
mod error;
mod log;
mod opening;
mod room;
#[cfg(test)]
mod tampered;

pub use chain::{Summary, verify};
pub use error::AuditError;
pub use log::{Audit, Draft, Record, fingerprint};
pub use opening::Dropped;
pub use room::Room;
