//! What happened to an order, and the stable codes with which we refuse one.

use crate::{
    Fill, InstrumentId, OrderId, OrderStatus, Price, Quantity, Side, StrategyId, Timestamp,
};
use std::fmt;

/// Why the risk gate refused an order. The code is stable: dashboards and scripts rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DenyCode {
    /// The order came from a candidate that is catching up, or is on an instrument that another version
    /// has; it never leaves.
    Muted = 0,
    /// P01: trading is halted, or reducing and the order does not reduce.
    TradingState = 1,
    /// P02: the strategy is not running.
    StrategyState = 2,
    /// P03: the strategy may not trade this instrument, side or venue.
    Permission = 3,
    /// P04: the instrument is unknown, expired or not tradable now.
    Instrument = 4,
    /// P05: the quantity is zero, off the lot grid, or outside the venue's range.
    Quantity = 5,
    /// P06: the price is off the tick grid or not positive where it must be.
    Price = 6,
    /// P07: the venue does not take this type, time in force or flag, or they contradict each
    /// other.
    Unsupported = 7,
    /// P08: the price is too far from the market.
    PriceCollar = 8,
    /// P09: the market moved too far within the window.
    PriceDrift = 9,
    /// P10: the quantity is above the limit.
    MaxQuantity = 10,
    /// P11: the notional value is above the limit, or no price is known to value it.
    MaxNotional = 11,
    /// P12: too large a share of the visible book or of average volume.
    Participation = 12,
    /// P13: too many orders are open.
    MaxOpenOrders = 13,
    /// P14: the position could grow above the limit, open orders included.
    MaxPosition = 14,
    /// P15: gross or net exposure could grow above its limit.
    Exposure = 15,
    /// P16: too much of the exposure would be in one instrument or sector.
    Concentration = 16,
    /// P17: the account cannot pay for it, orders in flight included.
    BuyingPower = 17,
    /// P18: a loss or drawdown limit is reached, and the order does not reduce.
    Loss = 18,
    /// P19: too many messages in too short a time.
    MessageRate = 19,
    /// P20: too many cancels and changes for the fills they led to.
    CancelRatio = 20,
    /// P21: the same intent was sent before, or the same order a moment ago.
    Duplicate = 21,
    /// P22: the same order was executed again and again; a person must look.
    RepeatedExecution = 22,
    /// P23: the order would trade with another of the same account.
    SelfMatch = 23,
    /// P24: the market data is stale, crossed or has a gap.
    MarketData = 24,
    /// P25: the engine's time and the market's are too far apart.
    Clock = 25,
    /// P26: the account is unknown, or not reconciled with its venue.
    Account = 26,
    /// P27: a short sale without a locate, or one day trade too many.
    ShortSale = 27,
    /// P28: a conversion overflowed, or a rate it needs is not known.
    Conversion = 28,
    /// P29: the kill latch is set, the venue is not connected, or the journal cannot be written.
    Latch = 29,
    /// P30: an algorithm's orders would exceed their parent's quantity.
    Child = 30,
    /// Another order of its list was denied, or the list contradicts itself.
    List = 31,
    /// A custom pre-trade rule refused it, broke, or is not there.
    Rule = 32,
    /// The algorithm it names is unknown or refused its parameters, or too many are at work.
    Algorithm = 33,
}

impl DenyCode {
    /// Every code.
    pub const ALL: [DenyCode; 34] = [
        Self::Muted,
        Self::TradingState,
        Self::StrategyState,
        Self::Permission,
        Self::Instrument,
        Self::Quantity,
        Self::Price,
        Self::Unsupported,
        Self::PriceCollar,
        Self::PriceDrift,
        Self::MaxQuantity,
        Self::MaxNotional,
        Self::Participation,
        Self::MaxOpenOrders,
        Self::MaxPosition,
        Self::Exposure,
        Self::Concentration,
        Self::BuyingPower,
        Self::Loss,
        Self::MessageRate,
        Self::CancelRatio,
        Self::Duplicate,
        Self::RepeatedExecution,
        Self::SelfMatch,
        Self::MarketData,
        Self::Clock,
        Self::Account,
        Self::ShortSale,
        Self::Conversion,
        Self::Latch,
        Self::Child,
        Self::List,
        Self::Rule,
        Self::Algorithm,
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
            Self::Permission => "the strategy may not trade this instrument, side or venue",
            Self::Instrument => "the instrument is unknown or not tradable now",
            Self::Quantity => "the quantity is zero, off the lot grid or out of range",
            Self::Price => "the price is off the tick grid or not positive",
            Self::Unsupported => {
                "the venue does not take this type, time in force or combination of flags"
            }
            Self::PriceCollar => "the price is too far from the market",
            Self::PriceDrift => "the market moved too far, too fast",
            Self::MaxQuantity => "the quantity is above the limit",
            Self::MaxNotional => "the notional value is unknown or above the limit",
            Self::Participation => "too large a share of the book or of average volume",
            Self::MaxOpenOrders => "too many open orders",
            Self::MaxPosition => "the position could exceed its limit",
            Self::Exposure => "exposure could exceed its limit",
            Self::Concentration => "too much exposure in one instrument or sector",
            Self::BuyingPower => "the account cannot cover the order",
            Self::Loss => "a loss or drawdown limit is reached",
            Self::MessageRate => "too many messages",
            Self::CancelRatio => "too many cancels and changes per fill",
            Self::Duplicate => "a duplicate of an earlier order",
            Self::RepeatedExecution => "the same order was executed again and again",
            Self::SelfMatch => "it would trade with another order of the account",
            Self::MarketData => "the market data is stale, crossed or has a gap",
            Self::Clock => "the market's time is too far from ours",
            Self::Account => "the account is unknown or not reconciled with its venue",
            Self::ShortSale => "short selling or day trading is not allowed",
            Self::Conversion => "a conversion overflowed or has no rate",
            Self::Latch => "killed, venue not connected, or journal not writable",
            Self::Child => "child orders would exceed their parent",
            Self::List => "another order of its list was denied, or the list contradicts itself",
            Self::Rule => "a custom rule refused it",
            Self::Algorithm => {
                "the algorithm is unknown, refused its parameters, or too many are at work"
            }
        }
    }
}

impl fmt::Display for DenyCode {
    /// `P05`; `MUTED` for what never reached the gate, `LIST` for what fell with its list;
    /// `RULE` and `ALGORITHM` for what custom parts refused.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Muted => f.write_str("MUTED"),
            Self::List => f.write_str("LIST"),
            Self::Rule => f.write_str("RULE"),
            Self::Algorithm => f.write_str("ALGORITHM"),
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
    /// Held by the host: until a price, a fill of another order, or because the venue lacks its type.
    Emulated,
    /// Let go by the host, about to be sent.
    Released,
    /// Its trigger was reached.
    Triggered,
    /// A change is on its way.
    PendingUpdate,
    /// Changed: by request, or because its trigger followed the market or its position shrank. The
    /// update's `quantity` is the new one.
    Updated {
        /// The limit price now, where it has one.
        price: Option<Price>,
        /// The trigger now, where it waits for one.
        trigger: Option<Price>,
    },
    /// A change was refused by the risk gate, or asks for what the order does not have; the order
    /// stays as it was.
    UpdateDenied(DenyCode),
    /// A change was refused by the venue; the order stays as it was.
    UpdateRejected,
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
