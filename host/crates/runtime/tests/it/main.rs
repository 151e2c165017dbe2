//! The runtime from outside: what it admits, what it refuses, and what hostile plugins can do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail a test"
)]

mod admission;
mod algorithm;
mod books;
mod cache;
mod child;
mod factor;
mod frozen;
mod hostile;
mod indicator;
mod life;
mod lifecycle;
mod limits;
mod order_events;
mod orders;
mod rule;
mod support;
mod venue_model;
