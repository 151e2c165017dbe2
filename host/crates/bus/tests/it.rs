//! The bus against a real Redis of its own, which is stopped, emptied and restarted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests stop where something is wrong"
)]

#[path = "it/cache.rs"]
mod cache;
#[path = "it/fan_out.rs"]
mod fan_out;
#[path = "it/server.rs"]
mod server;
#[path = "it/streams.rs"]
mod streams;
