//! Messages on their way to real servers on this machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say what went wrong by stopping"
)]

#[path = "it/delivery.rs"]
mod delivery;
#[path = "it/mails.rs"]
mod mails;
#[path = "it/parts.rs"]
mod parts;
#[path = "it/server.rs"]
mod server;
#[path = "it/sinks.rs"]
mod sinks;
