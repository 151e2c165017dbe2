//! What an author tries a plugin with before a host runs it: scenarios, random markets (panels for factors,
//! series for indicators), and what events cost. All of it takes the component as it is, whatever it was written in, in the same
//! runtime and on the same engine as a host, with the simulated exchange or with answers by hand.
//!
//! It judges no strategy by what it earns; that is a backtest's business.

pub mod bench;
mod judge;
mod market;
pub mod panels;
mod probe;
pub mod property;
mod scenario;
pub mod series;
mod stage;
mod terms;
mod words;

pub use judge::{Failure, play};
pub use scenario::{Given, Scenario, ScenarioError};
