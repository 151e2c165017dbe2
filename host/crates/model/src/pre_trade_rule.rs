//! The port behind which custom pre-trade rules live: the facts of an order in, a verdict out.
//!
//! A rule is asked about new orders and about changes that passed every control of the gate, so it
//! can only tighten. It is never asked about cancels and about changes that only take quantity away.
//! A rule that breaks, or is not there, denies.

use crate::{
    AccountId, Fault, InstrumentId, Money, OrderId, OrderKind, Price, Quantity, Side,
    SignedQuantity, Stateful, StrategyId, Terms, TimeInForce, Timestamp,
};

/// The most characters a reason has; a longer one is cut.
pub const MAX_REASON: usize = 120;

/// An order about to be sent or held, or as a change would make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderFacts {
    /// Client order id.
    pub id: OrderId,
    /// Who sends it.
    pub strategy: StrategyId,
    /// Whose money it uses.
    pub account: AccountId,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices.
    pub kind: OrderKind,
    /// How much of it would be left to do.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// The rest.
    pub terms: Terms,
    /// The order it is a child of, if an algorithm sends it.
    pub parent: Option<OrderId>,
    /// Whether it changes an open order.
    pub amends: bool,
}

/// What surrounds the order, as the gate sees it. What is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContextFacts {
    /// Engine time.
    pub now: Timestamp,
    /// What the strategy holds of the instrument.
    pub position: SignedQuantity,
    /// What its other open buy orders on the instrument may still fill.
    pub working_buys: Quantity,
    /// What its other open sell orders on the instrument may still fill.
    pub working_sells: Quantity,
    /// The price at which the order is valued: its own, or the touch it would take.
    pub reference: Option<Price>,
    /// The best bid.
    pub bid: Option<Price>,
    /// The best ask.
    pub ask: Option<Price>,
    /// The price of the latest trade or bar.
    pub last: Option<Price>,
    /// What the account is worth, in its base currency.
    pub equity: Option<Money>,
    /// Open orders of the strategy.
    pub strategy_orders: u32,
    /// Open orders of the account.
    pub account_orders: u32,
    /// Open orders on the instrument.
    pub instrument_orders: u32,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has nothing against the order.
    Pass,
    /// The order must not leave, for this reason.
    Deny(String),
}

impl Verdict {
    /// A denial with its reason cut to [`MAX_REASON`] characters.
    pub fn deny(reason: &str) -> Self {
        Self::Deny(reason.chars().take(MAX_REASON).collect())
    }
}

/// A custom rule. Calls are synchronous and happen on the thread that owns the engine; what it keeps
/// between calls must follow from the calls alone, or a replay will differ.
pub trait PreTradeRule: Send {
    /// Judges an order.
    fn judge(&mut self, order: &OrderFacts, context: &ContextFacts) -> Result<Verdict, Fault>;

    /// Its state, if that can be kept in a snapshot of the engine.
    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_reasons_are_cut_between_characters() {
        let Verdict::Deny(reason) = Verdict::deny(&"ü".repeat(MAX_REASON + 1)) else {
            panic!("not a denial");
        };
        assert_eq!(reason.chars().count(), MAX_REASON);
    }
}
