//! Research on what a catalog has: factors score instruments over a panel of bars, indicators make lines of
//! one series. What is computed here is floating point and goes to a file or to a reader, never to the engine.

pub mod ahead;
pub mod bars;
pub mod indicator;
pub mod scores;
pub mod table;

pub use ahead::{Leak, check};
pub use bars::BarSource;
pub use scores::{Scores, batch_rows, score};
pub use table::Table;
