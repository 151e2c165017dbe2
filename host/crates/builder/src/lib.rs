//! Builds plugin crates from Rust source: one crate directory in, one component `.wasm` out.
//!
//! Authors need no extra tools. The guest's standard library comes from rustup where that works and
//! from Debian's packages otherwise ([`prepare_toolchain`]); the core module that cargo makes is
//! wrapped into a component here ([`componentize`]). Nothing is run but cargo, rustup and, as root
//! on Debian, apt-get.

mod build;
mod component;
mod error;
mod manifest;
mod toolchain;

pub use build::{BuildOptions, Built, build, build_many};
pub use component::{componentize, imports};
pub use error::BuildError;
pub use toolchain::{Toolchain, prepare_toolchain};

/// The target that plugins are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Told what is being done, one line at a time.
pub type Progress<'a> = &'a mut dyn FnMut(&str);
