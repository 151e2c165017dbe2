//! Tasks that move data: feeds in, the engine thread, hot swap, projections out.
//!
//! ```text
//! feed ──▶ inbox (market, commands) ──▶ trader thread: Engine ──▶ journal ──▶ outlet ──▶ projection
//!                    ▲                          ▲                                           │
//!          HostHandle commands        strategy workers (admit, make, catch up)    Queries, Updates
//! ```
//!
//! [`host::Host::start`] ties it together; [`host::HostHandle`] is the one door to what runs.
//! Every queue has a bound and a stated policy for when it is full; see [`host::QueueSizes`].
//! What is absent on purpose: HTTP, TOML, and any decision that the journal does not hold.

mod admission;
pub mod background;
pub mod clock;
pub mod crowd;
pub mod faults;
pub mod feed;
pub mod handle;
pub mod history;
pub mod host;
mod inbox;
pub mod kill_file;
pub mod limits;
pub mod metrics;
mod outlet;
pub mod plugin;
mod plugin_files;
pub mod plugin_watch;
pub mod portfolio;
mod projection;
mod promises;
mod recovery;
pub mod retention;
pub mod said;
pub mod shadow;
pub mod sql_projection;
mod strategy;
pub mod swap_bench;
mod sync;
mod trader;
pub mod venue;
pub mod venue_models;
pub mod view;
pub mod wasm;
