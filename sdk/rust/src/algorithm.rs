//! Execution algorithms: what does an order in parts. Implement [`ExecutionAlgorithm`], name it in
//! [`export_algorithm!`](crate::export_algorithm).
//!
//! Every order that names the algorithm, the *parent*, gets an instance of its own. It sends
//! *children*, each judged by the host like any order; together they are never more than the parent.

mod orders;
mod runner;
mod schedule;
mod work;

pub use orders::{ChildOrder, ParentOrder};
pub use runner::AlgorithmRunner;
pub use schedule::Schedule;
pub use work::{AlgorithmHost, Feeds, Work};

use crate::{
    Bar, BarSpec, Config, Description, Instrument, OpenOrder, OrderEvent, Price, Quote, SavedState,
    Timestamp, Trade,
};

/// What an algorithm can hear of its parent's instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketFeed {
    /// Every quote.
    Quotes,
    /// Every trade.
    Trades,
    /// Every bar made by a rule.
    Bars(BarSpec),
}

/// What an algorithm is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmConfig {
    /// The order to do.
    pub parent: ParentOrder,
    /// What it trades.
    pub instrument: Instrument,
    /// The parameters, read by type.
    pub parameters: Config,
}

/// The state of affairs at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmSnapshot {
    /// When.
    pub now: Timestamp,
    /// The order to do, as it is now.
    pub parent: ParentOrder,
    /// Its open children: some, where this instance takes over from another.
    pub children: Vec<OpenOrder>,
    /// The latest quote of the instrument.
    pub quote: Option<Quote>,
    /// The price of its latest trade or bar.
    pub last: Option<Price>,
}

/// An execution algorithm: events in, children out through [`Work`].
///
/// Life goes `new`, then `load` if there is saved state, then `on_start`, then events. The work ends
/// when the parent is filled, when the algorithm says [`Work::done`] and no child is open, or when
/// the parent is cancelled, which `on_ending` tells.
///
/// Nothing but its arguments may decide what an algorithm does: it has no clock, no randomness, no
/// files and no network, so that every run can be repeated exactly.
#[allow(
    unused_variables,
    reason = "the names of the defaults' arguments are documentation"
)]
pub trait ExecutionAlgorithm: Sized {
    /// Name, version and parameters.
    fn describe() -> Description;

    /// Makes the algorithm for one parent. An error denies the parent.
    fn new(config: &AlgorithmConfig, feeds: &mut Feeds<'_>) -> Result<Self, String>;

    /// The last call before events come.
    fn on_start(&mut self, snapshot: &AlgorithmSnapshot, work: &mut Work<'_>) {}

    /// A new best bid or ask.
    fn on_quote(&mut self, quote: &Quote, work: &mut Work<'_>) {}

    /// A trade between others.
    fn on_trade(&mut self, trade: &Trade, work: &mut Work<'_>) {}

    /// A finished bar.
    fn on_bar(&mut self, bar: &Bar, work: &mut Work<'_>) {}

    /// A timer that is due.
    fn on_timer(&mut self, id: u64, due: Timestamp, work: &mut Work<'_>) {}

    /// A child changed; `work` knows the change already. A denied one was never open.
    fn on_child_event(&mut self, event: &OrderEvent, work: &mut Work<'_>) {}

    /// The parent is for another quantity, or has another limit: `work` knows it already. The host
    /// withdraws children that are too many or beyond the limit.
    fn on_amended(&mut self, work: &mut Work<'_>) {}

    /// The parent is being cancelled or its time is over. The host withdraws the children; nothing
    /// new may be sent.
    fn on_ending(&mut self, work: &mut Work<'_>) {}

    /// The state that `load` of a later instance takes. Parent and children are not part of it.
    fn save(&self) -> SavedState {
        SavedState::EMPTY
    }

    /// Takes over what `save` of an earlier instance, perhaps of another version, returned.
    fn load(&mut self, state: SavedState) -> Result<(), String> {
        Ok(())
    }
}

/// Makes an [`ExecutionAlgorithm`] the one this component exports. Once per crate; does nothing in
/// native builds.
#[macro_export]
macro_rules! export_algorithm {
    ($algorithm:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::plugin_slot!($crate::AlgorithmRunner<$algorithm>);

            $crate::guest::algorithm::bindings::export_execution_algorithm!(
                Plugin with_types_in $crate::guest::algorithm::bindings
            );
        };
    };
}
