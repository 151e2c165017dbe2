//! Numerics: performance statistics of a run.
