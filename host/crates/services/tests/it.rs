//! Scenarios of a whole host, with native strategies where possible and components where the
//! subject is WebAssembly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "it/canaries.rs"]
mod canaries;
#[path = "it/clocks.rs"]
mod clocks;
#[path = "it/crowd.rs"]
mod crowd;
#[path = "it/custom.rs"]
mod custom;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/feeds.rs"]
mod feeds;
#[path = "it/hedging.rs"]
mod hedging;
#[path = "it/latches.rs"]
mod latches;
#[path = "it/lists.rs"]
mod lists;
#[path = "it/market.rs"]
mod market;
#[path = "it/native.rs"]
mod native;
#[path = "it/orders.rs"]
mod orders;
#[path = "it/plugin_watch.rs"]
mod plugin_watch;
#[path = "it/plugins.rs"]
mod plugins;
#[path = "it/probation.rs"]
mod probation;
#[path = "it/recovery.rs"]
mod recovery;
#[path = "it/retention.rs"]
mod retention;
#[path = "it/risk.rs"]
mod risk;
#[path = "it/shadows.rs"]
mod shadows;
#[path = "it/signals.rs"]
mod signals;
#[path = "it/signed.rs"]
mod signed;
#[path = "it/stand.rs"]
mod stand;
#[path = "it/swaps.rs"]
mod swaps;
#[path = "it/venue.rs"]
mod venue;
#[path = "it/wasm.rs"]
mod wasm;
