//! Journals of released formats, which must run again for ever.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "tests"
)]

#[path = "it/formats.rs"]
mod formats;
#[path = "it/world.rs"]
mod world;
