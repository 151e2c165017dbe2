//! The trait an author implements.

use crate::{
    Bar, Book, CashFlow, Config, Context, Description, History, InstrumentId, LifeEvent, OpenOrder,
    OrderEvent, Position, Quote, SavedState, Signal, Timestamp, Trade,
};

/// Why a strategy starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartReason {
    /// For the first time, with nothing saved.
    Fresh,
    /// Again, from state it saved.
    Restored,
    /// As the successor of another version.
    Swapped,
}

/// The state of affairs at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Why it starts.
    pub reason: StartReason,
    /// When.
    pub now: Timestamp,
    /// The strategy's positions.
    pub positions: Vec<Position>,
    /// The strategy's open orders.
    pub orders: Vec<OpenOrder>,
}

/// A trading strategy: events in, orders out through the [`Context`].
///
/// The hooks are called one at a time, in the order of the events. Life goes `new`, then `load` if
/// there is saved state, then `on_history` for each history asked for, then `on_start`, then events,
/// then `on_stop`. All but `describe` and `new` may be left out.
///
/// Nothing but its arguments may decide what a strategy does: it has no clock, no randomness, no
/// files and no network, so that every run can be repeated exactly.
#[allow(
    unused_variables,
    reason = "the names of the defaults' arguments are documentation"
)]
pub trait Strategy: Sized {
    /// Name, version and parameters.
    fn describe() -> Description;

    /// Makes the strategy. Subscriptions and history requests belong here; orders do not. The text
    /// of an error is shown to the operator.
    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String>;

    /// The last call before events come; positions and open orders are known from here on.
    fn on_start(&mut self, snapshot: &Snapshot, context: &mut Context<'_>) {}

    /// A new best bid or ask.
    fn on_quote(&mut self, quote: &Quote, context: &mut Context<'_>) {}

    /// A trade between others.
    fn on_trade(&mut self, trade: &Trade, context: &mut Context<'_>) {}

    /// A finished bar.
    fn on_bar(&mut self, bar: &Bar, context: &mut Context<'_>) {}

    /// The best levels of an order book changed. Where quotes come of the same change, this comes
    /// first.
    fn on_book(&mut self, book: &Book, context: &mut Context<'_>) {}

    /// An order book is unknown from now on, until the next `on_book`.
    fn on_book_lost(&mut self, instrument: InstrumentId, context: &mut Context<'_>) {}

    /// A timer that is due.
    fn on_timer(&mut self, id: u64, due: Timestamp, context: &mut Context<'_>) {}

    /// One of its orders changed; the context knows the change already.
    fn on_order_event(&mut self, event: &OrderEvent, context: &mut Context<'_>) {}

    /// Its position on an instrument changed; the context knows the change already.
    fn on_position(&mut self, position: &Position, context: &mut Context<'_>) {}

    /// One of several positions of a hedging account changed, and `on_position` tells besides what
    /// they come to in all. The context knows the change already.
    fn on_hedged_position(&mut self, position: &Position, context: &mut Context<'_>) {}

    /// One of its positions brought or cost money without a trade, or its account gave money of one
    /// currency for another. Where a position changes with it, this comes first.
    fn on_cash_flow(&mut self, flow: &CashFlow, context: &mut Context<'_>) {}

    /// Something happened to an instrument on which it has a position or an open order, or whose
    /// quotes, trades, bars or book it asked for. This comes before what the event does to orders,
    /// money and positions: the context still knows them as they were.
    fn on_lifecycle(&mut self, event: &LifeEvent, context: &mut Context<'_>) {}

    /// Somebody outside tells it something, by a webhook or the API. One that leaves this out says in its
    /// log that it was told.
    fn on_signal(&mut self, signal: &Signal, context: &mut Context<'_>) {
        let name = &signal.name;
        context.warn(format_args!("the signal `{name}` is not for this strategy"));
    }

    /// Bars from before the start.
    fn on_history(&mut self, history: &History, context: &mut Context<'_>) {}

    /// No more events come. Orders may still be sent.
    fn on_stop(&mut self, context: &mut Context<'_>) {}

    /// The state that `load` of a later instance takes: all that decides what this one does next.
    /// Orders and positions are not part of it: the host hands them over itself. What is left out is
    /// forgotten at a swap, and keeps a host from beginning from a snapshot, so that it takes longer to
    /// come back.
    fn save(&self) -> SavedState {
        SavedState::EMPTY
    }

    /// Takes over what `save` of an earlier instance, perhaps of another version, returned.
    fn load(&mut self, state: SavedState) -> Result<(), String> {
        Ok(())
    }
}
