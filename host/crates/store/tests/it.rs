//! Loading files: bad input by hand-made files, every kind of real data where it is at hand. The SQL
//! store: each case on SQLite and on PostgreSQL, and the faults of a server.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking and say on stdout what they skip"
)]

#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/book_files.rs"]
mod book_files;
#[path = "it/books.rs"]
mod books;
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
#[path = "it/sql_cases.rs"]
mod sql_cases;
#[path = "it/sql_faults.rs"]
mod sql_faults;
#[path = "it/sql_files.rs"]
mod sql_files;
#[path = "it/sql_kept.rs"]
mod sql_kept;
#[path = "it/sql_proxy.rs"]
mod sql_proxy;
#[path = "it/sql_registers.rs"]
mod sql_registers;
#[path = "it/sql_sample.rs"]
mod sql_sample;
#[path = "it/sql_server.rs"]
mod sql_server;
#[path = "it/support.rs"]
mod support;
