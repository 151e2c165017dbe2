//! Tasks that move data: feeds in, the engine thread, hot swap, projections out.

pub mod handle;
pub mod view;
