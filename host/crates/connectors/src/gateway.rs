//! The gateway protocol: lines of JSON over TCP between a host and a process that speaks with a
//! venue.
//!
//! [`wire`] are the lines. [`Codec`] is both ways between them and the model, and so serves the host
//! and gateways that are written in Rust. [`Gateway`] is the host's end: one connection that comes
//! back by itself. What is sent while there is none is lost, as on any line; the engine asks later.

mod client;
mod codec;
mod names;
pub mod wire;

pub use client::{Gateway, Gone, Said, Settings};
pub use codec::{Codec, Misfit};
pub use names::Names;

/// The version of the protocol, told in the first line of either side.
pub const PROTOCOL: &str = "argonaut-gateway/1";
/// The longest line, in bytes. A longer one ends the connection.
pub const LINE_BYTES: usize = 4 << 20;
