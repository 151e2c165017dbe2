//! The simulator: a whole trading day in virtual time, with everything going wrong that can, all of
//! it drawn from one seed.
//!
//! A day is a list of turns. Whatever happens in a turn follows from the seed and the turn's number
//! alone, so turns can be left out and the rest stays what it was: that is what makes a failing day
//! small enough to read ([`shrink`]).

mod batch;
mod books;
mod dice;
mod durable;
mod faults;
mod link;
mod market;
mod run;
mod scenario;
mod setup;
mod shrink;
mod strategies;
mod summary;
mod tactics;
mod trace;
mod watch;

pub use batch::Batch;
pub use dice::Dice;
pub use faults::{Fault, Faults};
pub use run::{Outcome, Violation, run, tell};
pub use scenario::Scenario;
pub use shrink::{Shrunk, shrink};
pub use summary::Summary;
