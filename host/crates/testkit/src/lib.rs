//! Hostile and well-behaved plugins for tests, made from a few lines of WebAssembly text each.
//!
//! They are componentised when a test asks for them, against the same `wit/v1` as real plugins,
//! and need no toolchain for guests. A development dependency only.

pub mod component;
pub mod hostile;
pub mod new_order;
pub mod plugin;
