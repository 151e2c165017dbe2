//! The gates: how each comes by its measurements, and what it asks of them. What a gate measures and how it
//! judges that are apart, so that the judgement can be tried without the measuring.

pub(crate) mod approve;
pub(crate) mod backtest;
pub(crate) mod canary;
pub(crate) mod checks;
pub(crate) mod live;
pub(crate) mod paper;
pub(crate) mod parameters;
pub(crate) mod validate;
pub(crate) mod watched;

#[cfg(test)]
pub(crate) mod samples;
