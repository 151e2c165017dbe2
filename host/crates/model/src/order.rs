//! What a strategy or a person asks for, and the order it becomes.

use crate::{
    AccountId, InstrumentId, Money, OrderId, OrderStatus, Price, Quantity, SignedQuantity,
    StrategyId, Timestamp,
};

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Adds to the position.
    Buy,
    /// Takes from the position.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// `quantity` with the sign this side gives it.
    pub fn signed(self, quantity: Quantity) -> SignedQuantity {
        match self {
            Side::Buy => quantity.long(),
            Side::Sell => quantity.short(),
        }
    }
}

/// The type of an order, with the prices that type needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// Fills at whatever the market gives.
    Market,
    /// Fills at this price or better.
    Limit {
        /// The worst price accepted.
        price: Price,
    },
    /// Becomes a market order once the market reaches the trigger.
    StopMarket {
        /// Where it wakes: at or above for buys, at or below for sells.
        trigger: Price,
    },
}

impl OrderKind {
    /// The limit price, where the type has one.
    pub const fn price(&self) -> Option<Price> {
        match self {
            OrderKind::Limit { price } => Some(*price),
            _ => None,
        }
    }

    /// The trigger price, where the type has one.
    pub const fn trigger(&self) -> Option<Price> {
        match self {
            OrderKind::StopMarket { trigger } => Some(*trigger),
            _ => None,
        }
    }
}

/// How long an order lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeInForce {
    /// Until filled or cancelled.
    Gtc,
    /// Fill what is there now, cancel the rest.
    Ioc,
    /// Fill all of it now, or cancel all of it.
    Fok,
    /// Until the instrument's day ends.
    Day,
}

/// What somebody asks for. It becomes an [`Order`] only by passing the risk gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderRequest {
    /// The id given to the asker.
    pub id: OrderId,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices.
    pub kind: OrderKind,
    /// How much.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// A number of the asker's own; two requests of one strategy with the same non-zero number
    /// are the same intent, and the second is denied.
    pub intent: u64,
}

/// An order known to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Client order id.
    pub id: OrderId,
    /// Who owns it.
    pub strategy: StrategyId,
    /// Whose money it uses.
    pub account: AccountId,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Type and prices.
    pub kind: OrderKind,
    /// How much in all.
    pub quantity: Quantity,
    /// How long.
    pub time_in_force: TimeInForce,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// How much is done.
    pub filled: Quantity,
    /// What the fills were worth in all, in the quote currency; the average price follows.
    pub filled_value: Money,
    /// When it was made.
    pub ts_created: Timestamp,
    /// When DAY orders lapse; [`Timestamp::MAX`] otherwise.
    pub expires: Timestamp,
}

impl Order {
    /// How much is still to do.
    pub fn remaining(&self) -> Quantity {
        self.quantity.saturating_sub(self.filled)
    }
}
