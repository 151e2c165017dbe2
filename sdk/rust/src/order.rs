//! Orders as a strategy hears of them: their ids, their lives, what changed, what is open.

use crate::{InstrumentId, Money, PositionId, Price, Quantity, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

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

    /// The id so many places further in the same [`OrderList`](crate::OrderList).
    #[must_use]
    pub const fn following(self, places: u8) -> Self {
        Self(self.0 + places as u64)
    }
}

impl fmt::Display for OrderId {
    /// As the host shows it: the input that made it, and its place among that input's orders.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0 >> 12, self.0 & 0xFFF)
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
    /// Until this moment, which must lie ahead.
    Gtd(Timestamp),
    /// In the opening auction only.
    AtTheOpen,
    /// In the closing auction only.
    AtTheClose,
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

    /// Whether an answer is awaited: to the order itself, to a change or to a cancel.
    pub const fn is_in_flight(self) -> bool {
        matches!(
            self,
            Self::Initialized | Self::Submitted | Self::PendingUpdate | Self::PendingCancel
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
    /// In a hedging account, the position that it opened, added to or closed.
    pub position: Option<PositionId>,
}

/// What changed in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// The host refused it and it never left. The number names the control (5 for P05); 31 means
    /// that it fell with its list, 0 that orders are muted while a new version catches up.
    Denied(u8),
    /// Sent to the venue.
    Submitted,
    /// The venue has it.
    Accepted,
    /// The venue refused it.
    Rejected,
    /// Held by the host: until a price, a fill of another order, or because the venue lacks its
    /// type.
    Emulated,
    /// Let go by the host, about to be sent.
    Released,
    /// Its trigger was reached.
    Triggered,
    /// A change is on its way.
    PendingUpdate,
    /// Changed: by request, or because its trigger followed the market or its position shrank. The
    /// event's `quantity` is the new one.
    Updated {
        /// The limit price now, where it has one.
        price: Option<Price>,
        /// The trigger now, where it waits for one.
        trigger: Option<Price>,
    },
    /// The host refused a change, for the reason the number names, as in `Denied`; the order stays
    /// as it was.
    UpdateDenied(u8),
    /// The venue refused a change; the order stays as it was.
    UpdateRejected,
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

impl fmt::Display for OrderChange {
    /// In words, for logs: `denied by P05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(0) => f.write_str("muted"),
            Self::Denied(31) => f.write_str("denied with its list"),
            Self::Denied(code) => write!(f, "denied by P{code:02}"),
            Self::Submitted => f.write_str("submitted"),
            Self::Accepted => f.write_str("accepted"),
            Self::Rejected => f.write_str("rejected by the venue"),
            Self::Emulated => f.write_str("held by the host"),
            Self::Released => f.write_str("released"),
            Self::Triggered => f.write_str("triggered"),
            Self::PendingUpdate => f.write_str("changing"),
            Self::Updated { .. } => f.write_str("changed"),
            Self::UpdateDenied(code) => write!(f, "change denied by P{code:02}"),
            Self::UpdateRejected => f.write_str("change rejected by the venue"),
            Self::PendingCancel => f.write_str("cancelling"),
            Self::CancelRejected => f.write_str("cancel rejected by the venue"),
            Self::Filled(fill) => write!(f, "filled {} at {}", fill.quantity, fill.price),
            Self::Canceled => f.write_str("canceled"),
            Self::Expired => f.write_str("expired"),
        }
    }
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
    /// The price that wakes it now, if it waits for one that is known: fixed, or trailed so far.
    pub trigger_price: Option<Price>,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// The label it was sent with, if that is known.
    pub tag: Tag,
    /// The first order of the list it came in, if it came in one and that is known.
    pub list: Option<OrderId>,
    /// In a hedging account, the position that it opens, adds to or closes, if that is known.
    pub position: Option<PositionId>,
}

impl OpenOrder {
    /// How much is still to do.
    pub const fn remaining(&self) -> Quantity {
        self.quantity.saturating_sub(self.filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_name_orders_and_changes_as_the_host_does() {
        assert_eq!(OrderId::new(4207 << 12 | 3).to_string(), "4207-3");
        for (change, expect) in [
            (OrderChange::Denied(5), "denied by P05"),
            (OrderChange::Denied(31), "denied with its list"),
            (OrderChange::UpdateDenied(17), "change denied by P17"),
            (OrderChange::Rejected, "rejected by the venue"),
        ] {
            assert_eq!(change.to_string(), expect);
        }
    }
}
