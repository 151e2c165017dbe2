//! The deterministic trading core: one synchronous step, no clock, no I/O.
