//! Orders: what a strategy asks for, and what it hears back.

use crate::{InstrumentId, Money, Price, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

/// A client order id; unique within a run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct OrderId(u64);

impl OrderId {
    /// From its number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

    /// `quantity` in units, positive for buys and negative for sells.
    pub fn signed(self, quantity: Quantity) -> i128 {
        match self {
            Side::Buy => i128::from(quantity.raw()),
            Side::Sell => -i128::from(quantity.raw()),
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

/// An order to send. Built by [`NewOrder::market`], [`NewOrder::limit`] or
/// [`NewOrder::stop_market`]; good till cancelled unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOrder {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// Type and prices.
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: TimeInForce,
    /// A number of the strategy's own: a second order with the same non-zero number is denied as a
    /// duplicate. Zero means no such check.
    pub intent: u64,
}

impl NewOrder {
    /// A market order.
    pub const fn market(instrument: InstrumentId, side: Side, quantity: Quantity) -> Self {
        let (kind, time_in_force) = (OrderKind::Market, TimeInForce::Gtc);
        Self {
            instrument,
            side,
            quantity,
            kind,
            time_in_force,
            intent: 0,
        }
    }

    /// A limit order at `price` or better.
    pub const fn limit(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        price: Price,
    ) -> Self {
        let kind = OrderKind::Limit { price };
        Self {
            kind,
            ..Self::market(instrument, side, quantity)
        }
    }

    /// A market order once the market reaches `trigger`.
    pub const fn stop_market(
        instrument: InstrumentId,
        side: Side,
        quantity: Quantity,
        trigger: Price,
    ) -> Self {
        let kind = OrderKind::StopMarket { trigger };
        Self {
            kind,
            ..Self::market(instrument, side, quantity)
        }
    }

    /// The same order with another life time.
    #[must_use]
    pub const fn time_in_force(self, time_in_force: TimeInForce) -> Self {
        Self {
            time_in_force,
            ..self
        }
    }

    /// The same order with an intent number.
    #[must_use]
    pub const fn intent(self, intent: u64) -> Self {
        Self { intent, ..self }
    }
}

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the field's own (FIX OrdStatus)")]
pub enum OrderStatus {
    Initialized,
    Denied,
    Emulated,
    Released,
    Submitted,
    Accepted,
    Rejected,
    Triggered,
    PendingUpdate,
    PendingCancel,
    PartiallyFilled,
    Filled,
    Canceled,
    Expired,
}

impl OrderStatus {
    /// Whether nothing more is expected of the order.
    pub const fn is_closed(self) -> bool {
        matches!(
            self,
            Self::Denied | Self::Rejected | Self::Canceled | Self::Expired | Self::Filled
        )
    }
}

/// One execution of (part of) an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// At what price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// What it cost, in the quote currency; negative is a rebate.
    pub fee: Money,
    /// Whether the order rested on the book.
    pub maker: bool,
}

/// What changed in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// The host refused it and it never left. The number names the control (5 for P05); 0 means
    /// that orders are muted while a new version catches up.
    Denied(u8),
    /// Sent to the venue.
    Submitted,
    /// The venue has it.
    Accepted,
    /// The venue refused it.
    Rejected,
    /// Its trigger was reached.
    Triggered,
    /// A cancel is on its way.
    PendingCancel,
    /// A cancel came too late or named nothing; the order stays as it was.
    CancelRejected,
    /// Some or all of it was filled.
    Filled(Execution),
    /// Withdrawn, or the unfilled rest of an IOC or FOK order.
    Canceled,
    /// Its time ran out.
    Expired,
}

/// One step in the life of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderEvent {
    /// Which order.
    pub order: OrderId,
    /// On what.
    pub instrument: InstrumentId,
    /// What changed.
    pub change: OrderChange,
    /// The status after the change.
    pub status: OrderStatus,
    /// Buy or sell.
    pub side: Side,
    /// How much the order is for.
    pub quantity: Quantity,
    /// Filled so far.
    pub filled: Quantity,
    /// When it happened.
    pub ts_event: Timestamp,
}

/// An order that is not closed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its id.
    pub order: OrderId,
    /// On what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much in all.
    pub quantity: Quantity,
    /// Filled so far.
    pub filled: Quantity,
    /// The limit, if the type has one and it is known.
    pub limit_price: Option<Price>,
    /// The trigger, if the type has one and it is known.
    pub trigger_price: Option<Price>,
    /// Where it is in its life.
    pub status: OrderStatus,
}

impl OpenOrder {
    /// How much is still to do.
    pub const fn remaining(&self) -> Quantity {
        self.quantity.saturating_sub(self.filled)
    }
}
