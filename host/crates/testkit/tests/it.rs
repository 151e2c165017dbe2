//! The simulator against itself: many seeds keep every promise, each gives one journal, and what is
//! broken on purpose is found and made small. And the hostile corpus, run short.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop where something is wrong"
)]

#[path = "it/agreement.rs"]
mod agreement;
#[path = "it/broken.rs"]
mod broken;
#[path = "it/clocks.rs"]
mod clocks;
#[path = "it/days.rs"]
mod days;
#[path = "it/feeds.rs"]
mod feeds;
#[cfg(feature = "corpus")]
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/venue.rs"]
mod venue;
#[cfg(feature = "outside")]
#[path = "it/venue_books.rs"]
mod venue_books;
