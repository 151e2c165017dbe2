//! Loading files: bad input by hand-made files, every kind of real data where it is at hand.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking and say on stdout what they skip"
)]

#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/catalog.rs"]
mod catalog;
#[path = "it/catalog_care.rs"]
mod catalog_care;
#[path = "it/formats.rs"]
mod formats;
#[path = "it/parquet_types.rs"]
mod parquet_types;
#[path = "it/real_data.rs"]
mod real_data;
#[path = "it/support.rs"]
mod support;
