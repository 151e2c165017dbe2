//! Unit tests for strategies, natively and without a host.
//!
//! [`Setup`] says what the strategy is made with; [`Harness`] feeds it events and shows what it did.
//! With [`Setup::fills`] a small venue answers its orders: every type fills, whole, at the touch or at
//! its own price once the market reaches it, with its life time, its terms and its list observed.
//! It is enough to walk a strategy through its life, and no backtest: sizes, queues, fees and
//! latency are the host's business, and so are auctions, mark and index prices: an order that needs
//! those fails the test with a message. Without [`Setup::fills`] the test gives the answers itself.
//!
//! Misuse (a price that is not a number, an order that does not exist) fails the test by a panic.
//!
//! ```
//! use argonaut_sdk::testing::{Setup, equity};
//! # use argonaut_sdk::{Config, Context, Description, Quote, Side, Strategy};
//! # struct BuyOnce;
//! # impl Strategy for BuyOnce {
//! #     fn describe() -> Description { Description::new("buy-once", "1", "").with_instrument() }
//! #     fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
//! #         context.subscribe_quotes(config.instrument()?.id);
//! #         Ok(Self)
//! #     }
//! #     fn on_quote(&mut self, quote: &Quote, context: &mut Context<'_>) {
//! #         if context.position(quote.instrument).is_flat() {
//! #             context.market(quote.instrument, Side::Buy, argonaut_sdk::Quantity::ONE);
//! #         }
//! #     }
//! # }
//! let mut test = Setup::new().instrument(equity("ACME", "0.01")).fills().start::<BuyOnce>().unwrap();
//! test.quote("99.99", "100.01");
//! assert_eq!(test.position().average_price.to_string(), "100.01");
//! ```
#![allow(clippy::panic, reason = "a harness reports misuse by failing the test")]

mod algorithm;
mod algorithm_desk;
mod answers;
mod books;
mod desk;
mod factor;
mod harness;
mod indicator;
mod ledger;
mod life;
mod market;
mod rule;
mod setup;
mod signal;
mod venue;
mod venue_model;

pub use algorithm::{AlgorithmHarness, AlgorithmSetup};
pub use algorithm_desk::SentChild;
pub use desk::{AlgorithmCall, LogLine, SentOrder};
pub use factor::{factor, looks_ahead, panel};
pub use harness::Harness;
pub use indicator::{bars, indicator};
pub use rule::{order_context, order_facts, rule};
pub use setup::{Setup, crypto, equity, fx_pair};

pub use venue_model::{fee_query, fill_query, latency_query, money, venue_model};

use crate::{Price, Quantity};

/// A price from text; panics when it is none.
pub fn price(text: &str) -> Price {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A quantity from text; panics when it is none.
pub fn quantity(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
