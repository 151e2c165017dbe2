//! Numerics beside the trading path: what a run was worth and how it got there, and what a portfolio
//! may lose.
//!
//! Floating point is allowed here and nowhere else near money; [`convert`] is the only place where
//! exact numbers become floats. Nothing computed here flows back into orders, balances or the
//! journal. A statistic that the data cannot support is `None`, "not available": never zero, never
//! NaN.

pub mod convert;
pub mod drawdown;
pub mod equity;
pub mod moments;
pub mod portfolio;
pub mod probability;
pub mod random;
pub mod risk;
pub mod round_trips;
pub mod statistics;
pub mod tails;
pub mod trades;
pub mod unavailable;

pub use drawdown::{DrawdownPoint, Drawdowns, MaxDrawdown};
pub use equity::{EquityPoint, MonthReturn};
pub use probability::normal_cdf;
pub use risk::RiskStatistics;
pub use round_trips::{ClosedTrade, TradeBuilder, TradeError};
pub use statistics::{Annual, Statistics, statistics};
pub use tails::TailStatistics;
pub use trades::{TradeOutcome, TradeStatistics};
pub use unavailable::{Figure, Unavailable};
