//! Custom pre-trade rules: what judges orders beside the host's own controls. Implement
//! [`PreTradeRule`], name it in [`export_rule!`](crate::export_rule).

use crate::{
    Config, Description, InstrumentId, Money, OrderId, OrderKind, Price, Quantity, Side, Tag,
    TimeInForce, Timestamp, Trigger,
};

/// What a rule is made with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleConfig {
    /// Names of the strategies, by [`OrderFacts::strategy`].
    pub strategies: Vec<String>,
    /// Names of the accounts, by [`OrderFacts::account`].
    pub accounts: Vec<String>,
    /// The instruments there are and the parameters, read by type.
    pub parameters: Config,
}

/// An order about to be sent or held, or as a change would make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderFacts {
    /// Its id.
    pub order: OrderId,
    /// Who sends it: a place in [`RuleConfig::strategies`].
    pub strategy: usize,
    /// Whose money it uses: a place in [`RuleConfig::accounts`].
    pub account: usize,
    /// On what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices.
    pub kind: OrderKind,
    /// How much of it would be left to do.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// Never takes liquidity.
    pub post_only: bool,
    /// Never opens or adds to a position.
    pub reduce_only: bool,
    /// How much of it the book shows at a time.
    pub display: Option<Quantity>,
    /// Held by the host until the market crosses this price.
    pub hold: Option<Trigger>,
    /// The strategy's label.
    pub tag: Tag,
    /// The order it is a child of, if an algorithm sends it.
    pub parent: Option<OrderId>,
    /// Whether it changes an open order.
    pub amends: bool,
}

/// What surrounds the order. What is not known is `None`; a rule that needs it should deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderContext {
    /// Time of the engine.
    pub now: Timestamp,
    /// What the strategy holds of the instrument, below zero when short, in units of 1e-8.
    pub position: i128,
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
    /// The order must not leave, for this reason; at most 120 characters are kept.
    Deny(String),
}

impl Verdict {
    /// A denial. `reason` may be `format_args!(...)`.
    pub fn deny(reason: impl std::fmt::Display) -> Self {
        Self::Deny(reason.to_string())
    }
}

/// A custom rule. It is asked about orders, and about changes that ask for more, which passed every
/// control of the host: it can only tighten. An order it passes may still be denied by another rule.
///
/// What it remembers must follow from the calls alone: it has no clock, no randomness, no files and
/// no network. A rule that breaks denies everything until it is replaced.
pub trait PreTradeRule: Sized {
    /// Name, version and parameters.
    fn describe() -> Description;

    /// Makes the rule. The text of an error is shown to the operator.
    fn new(config: &RuleConfig) -> Result<Self, String>;

    /// Whether an order may leave.
    fn judge(&mut self, order: &OrderFacts, context: &OrderContext) -> Verdict;
}

/// Makes a [`PreTradeRule`] the one this component exports. Once per crate; does nothing in native
/// builds.
#[macro_export]
macro_rules! export_rule {
    ($rule:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::plugin_slot!($rule);

            $crate::guest::rule::bindings::export_pre_trade_rule!(
                Plugin with_types_in $crate::guest::rule::bindings
            );
        };
    };
}
