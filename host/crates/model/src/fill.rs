//! An execution: the only thing that moves positions and cash.

use crate::{
    AccountId, InstrumentId, Money, OrderId, PositionId, Price, Quantity, Side, StrategyId,
    Timestamp,
};

/// Whether the order rested on the book or took from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Liquidity {
    /// Rested.
    Maker,
    /// Took.
    Taker,
}

/// One execution of (part of) an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The venue's id of this execution, unique per venue and account.
    pub execution: u64,
    /// Which order.
    pub order: OrderId,
    /// Whose.
    pub strategy: StrategyId,
    /// Whose money.
    pub account: AccountId,
    /// On what.
    pub instrument: InstrumentId,
    /// The position it belongs to, where the account holds several in one instrument.
    pub position: Option<PositionId>,
    /// Buy or sell.
    pub side: Side,
    /// At what price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// What it cost, in the quote currency; negative is a rebate.
    pub fee: Money,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// When.
    pub ts_event: Timestamp,
}
