//! What a portfolio may lose, and what it is made of: the figures of a risk report.
//!
//! Profits and losses are in one currency; a return is the simple return of one sampling period.
//! Every figure that the data cannot support says why.

pub mod composition;
pub mod covariance;
pub mod decline;
pub mod losses;
pub mod simulation;

pub use composition::Exposure;
pub use covariance::{Estimator, Matrix};
pub use decline::Decline;

/// Returns that an estimate of a variance or covariance takes at least.
pub const LEAST_RETURNS: usize = 20;
