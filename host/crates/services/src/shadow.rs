//! Shadows: another version of a strategy trades in a copy of the engine, on a thread of its own, fed
//! with what the engine's thread steps. What the two versions wanted is compared as it happens.
//!
//! ```text
//! trader thread ──▶ feed (bounded, never waits) ──▶ runner: Engine in shadow ──▶ comparison ──▶ report
//! ```
//!
//! The engine's thread only copies inputs and what became of the strategy's orders. When more wait
//! than may, the shadow is over and says so. Nothing that the journal holds depends on any of this.

pub(crate) mod comparison;
pub(crate) mod feed;
pub(crate) mod meter;
pub(crate) mod report;
pub(crate) mod runner;

pub use meter::Handling;
pub use report::{
    Difference, DifferenceKind, ShadowReport, ShadowState, ShadowView, SideReport, Wanted,
};
