//! What happened to an order, and the stable codes with which we refuse one.

use crate::{Fill, InstrumentId, OrderId, OrderStatus, Quantity, Side, StrategyId, Timestamp};
use std::fmt;

/// Why the risk gate refused an order. The code is stable: dashboards and scripts rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DenyCode {
    /// The order came from a candidate that is catching up; it never leaves.
    Muted = 0,
    /// P01: trading is halted, or reducing and the order does not reduce.
    TradingState = 1,
    /// P02: the strategy is not running.
    StrategyState = 2,
    /// P04: the instrument is unknown, expired or not tradable now.
    Instrument = 4,
    /// P05: the quantity is zero, off the lot grid, or outside the venue's range.
    Quantity = 5,
    /// P06: the price is off the tick grid or not positive where it must be.
    Price = 6,
    /// P10: the quantity is above the limit.
    MaxQuantity = 10,
    /// P11: the notional value is above the limit, or no price is known to value it.
    MaxNotional = 11,
    /// P13: too many orders are open.
    MaxOpenOrders = 13,
    /// P14: the position could grow above the limit, open orders included.
    MaxPosition = 14,
    /// P17: the account cannot pay for it, orders in flight included.
    BuyingPower = 17,
    /// P19: too many messages in too short a time.
    MessageRate = 19,
    /// P21: the same intent was sent before, or the same order a moment ago.
    Duplicate = 21,
    /// P26: the account is unknown.
    Account = 26,
    /// P28: a conversion overflowed, or a rate it needs is not known.
    Conversion = 28,
    /// P29: the kill latch is set, the venue is not connected, or the journal cannot be written.
    Latch = 29,
}

impl DenyCode {
    /// Every code.
    pub const ALL: [DenyCode; 16] = [
        Self::Muted,
        Self::TradingState,
        Self::StrategyState,
        Self::Instrument,
        Self::Quantity,
        Self::Price,
        Self::MaxQuantity,
        Self::MaxNotional,
        Self::MaxOpenOrders,
        Self::MaxPosition,
        Self::BuyingPower,
        Self::MessageRate,
        Self::Duplicate,
        Self::Account,
        Self::Conversion,
        Self::Latch,
    ];

    /// The control's number, as the journal and `wit/v1` carry it. Numbers that are missing are not
    /// in use.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The code behind a number, as the journal gives it back.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }

    /// The code in words.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Muted => "a candidate's orders are muted",
            Self::TradingState => "trading is halted or reducing",
            Self::StrategyState => "the strategy is not running",
            Self::Instrument => "the instrument is unknown or not tradable now",
            Self::Quantity => "the quantity is zero, off the lot grid or out of range",
            Self::Price => "the price is off the tick grid or not positive",
            Self::MaxQuantity => "the quantity is above the limit",
            Self::MaxNotional => "the notional value is unknown or above the limit",
            Self::MaxOpenOrders => "too many open orders",
            Self::MaxPosition => "the position could exceed its limit",
            Self::BuyingPower => "the account cannot cover the order",
            Self::MessageRate => "too many messages",
            Self::Duplicate => "a duplicate of an earlier order",
            Self::Account => "the account is unknown",
            Self::Conversion => "a conversion overflowed or has no rate",
            Self::Latch => "killed, venue not connected, or journal not writable",
        }
    }
}

impl fmt::Display for DenyCode {
    /// `P05`, or `MUTED` for what never reached the gate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Muted => f.write_str("MUTED"),
            code => write!(f, "P{:02}", code.number()),
        }
    }
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// Refused by the risk gate.
    Denied(DenyCode),
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
    Filled(Fill),
    /// Withdrawn, or the unfilled rest of an IOC or FOK order.
    Canceled,
    /// Its time ran out.
    Expired,
}

/// One step in the life of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderUpdate {
    /// Which order.
    pub order: OrderId,
    /// Whose.
    pub strategy: StrategyId,
    /// On what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// What changed.
    pub change: OrderChange,
    /// The status after the change.
    pub status: OrderStatus,
    /// Filled so far.
    pub filled: Quantity,
    /// How much the order is for.
    pub quantity: Quantity,
    /// When it happened.
    pub ts_event: Timestamp,
}
