//! The `argonaut` program as a library, so that tests can run the whole of it.

pub mod author;
pub mod backtest;
mod backtesting;
pub mod bench;
pub mod caching;
pub mod cli;
pub mod client;
pub mod config;
mod ending;
pub mod fan_out;
pub mod fanning;
pub mod filing;
pub mod gateways;
mod hooking;
pub mod identity;
pub mod kill;
pub mod native;
mod notifying;
pub mod plugins;
pub mod publish;
mod reach;
mod repeating;
pub mod research;
pub mod run;
pub mod session;
pub mod signing;
pub mod universe;
