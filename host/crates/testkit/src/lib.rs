//! What tests need and nobody ships: hostile and well-behaved plugins, and the simulator.
//!
//! Plugins are made from a few lines of WebAssembly text each, componentised when a test asks for
//! them against the same `wit/v1` as real ones; they need no toolchain for guests. Those in `frozen` are of the
//! contract as it was once. The simulator runs whole trading days with faults from a seed; its fake venue can be a
//! process, too. The load asks a whole host, in a process of its own, for more
//! than anybody does. A development dependency only.

pub mod book;
#[cfg(feature = "plugins")]
pub mod component;
#[cfg(feature = "corpus")]
pub mod corpus;
#[cfg(feature = "plugins")]
pub mod frozen;
#[cfg(feature = "plugins")]
pub mod growth;
#[cfg(feature = "plugins")]
pub mod hostile;
#[cfg(feature = "load")]
pub mod load;
#[cfg(feature = "plugins")]
pub mod new_order;
#[cfg(feature = "plugins")]
pub mod plugin;
pub mod postgres;
pub mod simulator;
pub mod venue;
