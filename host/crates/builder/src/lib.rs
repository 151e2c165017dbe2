//! Builds plugins from source: a folder in, one component `.wasm` out.
//!
//! Crates need no extra tools: the guest's standard library comes from rustup where that works and
//! from Debian's packages otherwise, and the core module that cargo makes is wrapped into a component
//! here ([`componentize`]). C needs a compiler for WebAssembly, Python and TypeScript their
//! componentizers; where one is missing the error says how to install it. The kits of all four are in
//! this program ([`new_project`] begins a plugin with one).

mod build;
mod c;
mod component;
mod error;
mod javascript;
mod kit;
mod language;
mod project;
mod python;
mod rust;
mod tool;

pub use build::{BuildOptions, Built, build, build_many};
pub use component::{componentize, imports};
pub use error::BuildError;
pub use language::Language;
pub use project::{ProjectKind, new_project};

/// The target that plugins in Rust are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Told what is being done, one line at a time.
pub type Progress<'a> = &'a mut dyn FnMut(&str);
