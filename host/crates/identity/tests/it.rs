//! People, sessions, keys and approvals as they are used, with a clock that tests move.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by stopping; helpers outside of test functions too"
)]

#[path = "it/approvals.rs"]
mod approvals;
#[path = "it/desk.rs"]
mod desk;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/people.rs"]
mod people;
#[path = "it/sessions.rs"]
mod sessions;
