//! Positions: what a strategy holds of an instrument in all, and, in a hedging account, the several
//! positions that this is made of.

use crate::{InstrumentId, Money, OrderId, Price, Quantity, Side, Timestamp};
use serde::{Deserialize, Serialize};

/// One of several positions that a hedging account holds in one instrument at once: named by the order
/// that opened it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct PositionId(OrderId);

impl PositionId {
    /// The position that an order opens.
    pub const fn opened_by(order: OrderId) -> Self {
        Self(order)
    }

    /// The order that opened it.
    pub const fn opener(self) -> OrderId {
        self.0
    }
}

/// A position after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// On what.
    pub instrument: InstrumentId,
    /// The size, without a sign.
    pub quantity: Quantity,
    /// [`Side::Buy`] for long, [`Side::Sell`] for short; long when flat.
    pub side: Side,
    /// Average price of what is open; zero when flat.
    pub average_price: Price,
    /// Profit of what was closed, before fees, in the quote currency.
    pub realized: Money,
    /// Fees paid.
    pub fees: Money,
    /// When it last changed.
    pub ts_event: Timestamp,
    /// Which of several positions of a hedging account; `None` for what they come to in all, and for
    /// the one position of any other account.
    pub id: Option<PositionId>,
}

impl Position {
    /// Nothing held.
    pub const fn flat(instrument: InstrumentId) -> Self {
        Self {
            instrument,
            quantity: Quantity::ZERO,
            side: Side::Buy,
            average_price: Price::ZERO,
            realized: Money::ZERO,
            fees: Money::ZERO,
            ts_event: Timestamp::from_nanos(0),
            id: None,
        }
    }

    /// Whether nothing is held.
    pub const fn is_flat(&self) -> bool {
        self.quantity.is_zero()
    }

    /// Whether something is held long.
    pub const fn is_long(&self) -> bool {
        !self.is_flat() && matches!(self.side, Side::Buy)
    }

    /// Whether something is held short.
    pub const fn is_short(&self) -> bool {
        !self.is_flat() && matches!(self.side, Side::Sell)
    }

    /// The size in quantity units, negative when short.
    pub fn signed(&self) -> i128 {
        self.side.signed(self.quantity)
    }
}
