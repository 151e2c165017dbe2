//! The whole program, run as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of tests outside `#[test]` functions"
)]

#[path = "it/author_kit.rs"]
mod author_kit;
#[path = "it/authors.rs"]
mod authors;
#[path = "it/away.rs"]
mod away;
#[path = "it/backtests.rs"]
mod backtests;
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/books.rs"]
mod books;
#[path = "it/bus.rs"]
mod bus;
#[path = "it/clients.rs"]
mod clients;
#[path = "it/configuration.rs"]
mod configuration;
#[path = "it/configuration_limits.rs"]
mod configuration_limits;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/data.rs"]
mod data;
#[path = "it/deny_codes.rs"]
mod deny_codes;
#[path = "it/description.rs"]
mod description;
#[path = "it/determinism.rs"]
mod determinism;
#[path = "it/disks.rs"]
mod disks;
#[path = "it/documents.rs"]
mod documents;
#[path = "it/fan_out.rs"]
mod fan_out;
#[path = "it/faulted.rs"]
mod faulted;
#[path = "it/flood.rs"]
mod flood;
#[path = "it/gateway.rs"]
mod gateway;
#[path = "it/happenings.rs"]
mod happenings;
#[path = "it/identity.rs"]
mod identity;
#[path = "it/identity_store.rs"]
mod identity_store;
#[path = "it/journeys.rs"]
mod journeys;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/live.rs"]
mod live;
#[path = "it/load.rs"]
mod load;
#[path = "it/outside.rs"]
mod outside;
#[path = "it/pipelines.rs"]
mod pipelines;
#[path = "it/plugin_models.rs"]
mod plugin_models;
#[path = "it/plugins.rs"]
mod plugins;
#[path = "it/process.rs"]
mod process;
#[path = "it/real_data.rs"]
mod real_data;
#[path = "it/research.rs"]
mod research;
#[path = "it/retention.rs"]
mod retention;
#[path = "it/s3.rs"]
mod s3;
#[path = "it/secrets.rs"]
mod secrets;
#[path = "it/sent_again.rs"]
mod sent_again;
#[path = "it/signals.rs"]
mod signals;
#[path = "it/store.rs"]
mod store;
#[path = "it/tls.rs"]
mod tls;
#[path = "it/typed.rs"]
mod typed;
#[path = "it/venue_models.rs"]
mod venue_models;
#[path = "it/venue_process.rs"]
mod venue_process;
#[path = "it/versions.rs"]
mod versions;
#[path = "it/watching.rs"]
mod watching;
#[path = "it/worked.rs"]
mod worked;
