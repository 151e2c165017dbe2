//! Tasks that move data: feeds, the engine thread, hot swap, projections.
