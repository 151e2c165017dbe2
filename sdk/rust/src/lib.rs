//! Write a trading strategy for the Argonaut host: implement [`Strategy`], name it in [`export!`].
//!
//! ```
//! use argonaut_sdk::{Config, Context, Description, InstrumentId, Quote, Strategy};
//!
//! /// Says when the spread is wide.
//! pub struct SpreadWatch {
//!     instrument: InstrumentId,
//!     limit: argonaut_sdk::Price,
//! }
//!
//! impl Strategy for SpreadWatch {
//!     fn describe() -> Description {
//!         use argonaut_sdk::Parameter;
//!         Description::new("spread-watch", "1.0.0", "Logs wide spreads.")
//!             .with_instrument()
//!             .with(Parameter::decimal("limit", "Widest usual spread.").default("0.0005"))
//!     }
//!
//!     fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
//!         let instrument = config.instrument()?.id;
//!         context.subscribe_quotes(instrument);
//!         Ok(Self { instrument, limit: config.price("limit")? })
//!     }
//!
//!     fn on_quote(&mut self, quote: &Quote, context: &mut Context<'_>) {
//!         if quote.ask - quote.bid > self.limit {
//!             context.warn(format_args!("{:?} has a wide spread", self.instrument));
//!         }
//!     }
//! }
//!
//! argonaut_sdk::export!(SpreadWatch);
//! # fn main() {}
//! ```
//!
//! The crate is a `cdylib` (for the component) and an `rlib` (for its unit tests, which use
//! [`testing`]). `argonaut plugin build` makes the component from it.
//!
//! Other kinds of plugin are written alike: what does an order in parts ([`ExecutionAlgorithm`],
//! [`export_algorithm!`]), what judges orders beside the host's own controls ([`PreTradeRule`],
//! [`export_rule!`]), what a simulated venue asks how orders fill, what fills cost or how long
//! orders take ([`VenueModel`], [`export_venue_model!`]), what scores instruments against each other
//! ([`Factor`], [`export_factor!`]), and what makes lines for charts ([`Indicator`],
//! [`export_indicator!`]).
//!
//! What is absent on purpose: clocks, randomness, files, network, threads. A strategy decides from
//! its events alone, so that every run can be repeated exactly.

mod algorithm;
mod book;
mod config;
mod context;
mod description;
mod factor;
#[cfg(target_family = "wasm")]
pub mod guest;
mod host;
mod indicator;
pub mod indicators;
mod instrument;
mod life;
mod market;
mod new_order;
mod number;
mod order;
mod order_kind;
mod order_list;
mod portfolio;
mod position;
mod rule;
mod runner;
mod signal;
mod state;
mod strategy;
mod tag;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod time;
mod venue_model;

pub use algorithm::{
    AlgorithmConfig, AlgorithmHost, AlgorithmRunner, AlgorithmSnapshot, ChildOrder,
    ExecutionAlgorithm, Feeds, MarketFeed, ParentOrder, Schedule, Work,
};
pub use book::{Book, PriceLevel};
pub use config::{Config, ConfigError};
pub use context::Context;
pub use description::{Description, Parameter, ParameterKind};
pub use factor::{Better, Factor, Field, Needs, Panel, Window};
pub use host::{Host, LogLevel};
pub use indicator::{Feed, Indicator, Line, Pane, Shape};
pub use instrument::{AssetClass, Instrument, InstrumentId};
pub use life::{CashFlow, CashFlowReason, LifeEvent, LifeEventKind};
pub use market::{Bar, BarBasis, BarMethod, BarSpec, History, Quote, Subscription, Trade};
pub use new_order::{Amendment, NewOrder, Terms, WorkedOrder};
pub use number::{Money, NumberError, Price, Quantity, Rate};
pub use order::{
    Execution, OpenOrder, OrderChange, OrderEvent, OrderId, OrderStatus, Side, TimeInForce,
};
pub use order_kind::{Offset, OrderKind, Trail, Trigger, TriggerBy};
pub use order_list::{Links, OrderList, PeerRule, Peers};
pub use portfolio::Portfolio;
pub use position::{Position, PositionId};
pub use rule::{OrderContext, OrderFacts, PreTradeRule, RuleConfig, Verdict};
pub use runner::Runner;
/// For deriving `Serialize` and `Deserialize` on saved state:
/// `#[derive(Serialize)] #[serde(crate = "argonaut_sdk::serde")]`.
pub use serde;
pub use signal::Signal;
pub use state::SavedState;
pub use strategy::{Snapshot, StartReason, Strategy};
pub use tag::{Tag, TagError};
pub use time::{Duration, Timestamp};
pub use venue_model::{
    FeeAnswer, FeeQuery, Fees, FillAnswer, FillQuery, LatencyQuery, Message, ModelConfig,
    ModelPort, Occasion, VenueModel,
};

/// Makes a [`Strategy`] the one this component exports. Once per crate; does nothing in native
/// builds.
#[macro_export]
macro_rules! export {
    ($strategy:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::plugin_slot!($crate::Runner<$strategy>);

            $crate::guest::bindings::export_strategy!(
                Plugin with_types_in $crate::guest::bindings
            );
        };
    };
}
