//! The wire types: what JSON looks like. The only types with serde.
//!
//! Decimals are strings, so that no reader rounds them. A moment is RFC 3339 text with nanoseconds,
//! and once more as `…_ns`, a string too because it exceeds what a JavaScript number holds.
//! Enumerations are in capitals. Requests refuse fields they do not know.

pub(crate) mod account;
pub(crate) mod alert;
pub(crate) mod amendment;
pub(crate) mod backtest;
pub(crate) mod build;
pub(crate) mod canary;
pub(crate) mod care;
pub(crate) mod catalog;
pub(crate) mod command;
pub(crate) mod custom;
pub(crate) mod engine;
pub(crate) mod fill;
pub(crate) mod happened;
pub(crate) mod hook;
pub(crate) mod instrument;
pub(crate) mod job;
pub(crate) mod lifecycle;
pub(crate) mod limits;
pub(crate) mod locate;
pub(crate) mod market;
pub(crate) mod metrics;
pub(crate) mod moment;
pub(crate) mod notification;
pub(crate) mod object;
pub(crate) mod order;
pub(crate) mod order_list;
pub(crate) mod order_names;
pub(crate) mod outside;
pub(crate) mod people;
pub(crate) mod performance;
pub(crate) mod pipeline;
pub(crate) mod plugin;
pub(crate) mod portfolio;
pub(crate) mod position;
pub(crate) mod probation;
pub(crate) mod problem;
pub(crate) mod record;
pub(crate) mod regime;
pub(crate) mod risk;
pub(crate) mod scenario;
pub(crate) mod shadow;
pub(crate) mod signal;
pub(crate) mod source;
pub(crate) mod strategy;
pub(crate) mod stream;
pub(crate) mod system;
pub(crate) mod text;
pub(crate) mod ticket;
pub(crate) mod venue;
pub(crate) mod version;
pub(crate) mod watching;
