//! What happens without a trade: to instruments, and to the account's money.

use crate::{InstrumentId, Money, Price, Rate, Timestamp};

/// Money that came to the strategy's account, or left it, without a trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashFlow {
    /// Why.
    pub reason: CashFlowReason,
    /// The instrument whose position it is about; `None` for a conversion.
    pub instrument: Option<InstrumentId>,
    /// The currency's name, such as `USD`.
    pub currency: String,
    /// What it added to the account's balance; negative when it was paid.
    pub amount: Money,
    /// When.
    pub ts_event: Timestamp,
}

/// Why money came or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CashFlowReason {
    /// Longs of a perpetual paid shorts, or shorts paid longs.
    Funding,
    /// A share paid, or who was short paid.
    Dividend,
    /// What of a position was below a lot after a split.
    Split,
    /// A future was settled in cash.
    Settlement,
    /// An option that was held was exercised.
    Exercise,
    /// An option that was written was exercised by others.
    Assignment,
    /// An option ended without worth.
    Lapse,
    /// An exercised option delivered, or took away, what it is written on.
    Delivery,
    /// The account gave money of one currency for another: one flow for each of the two.
    Conversion,
}

/// Something that happened to an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What happened.
    pub kind: LifeEventKind,
    /// When.
    pub ts_event: Timestamp,
}

/// What happened to an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifeEventKind {
    /// Longs of a perpetual paid shorts `rate` of their value; shorts paid longs when it is negative.
    Funding {
        /// Share of the value.
        rate: Rate,
    },
    /// The final price is known before the end. Nothing moved yet, and it may be corrected.
    FinalPrice {
        /// The price: of a future itself, of what an option is written on.
        price: Price,
    },
    /// It trades no more; its open orders end.
    Expiry,
    /// Its positions are closed at the final price.
    Settlement {
        /// The price: of a future itself, of what an option is written on.
        price: Price,
    },
    /// Positions, orders and prices are counted in new shares from now on: `denominator` became
    /// `numerator`.
    Split {
        /// Shares after.
        numerator: u32,
        /// Shares before.
        denominator: u32,
    },
    /// Who held the share was paid; who was short paid.
    Dividend {
        /// For each share.
        amount: Money,
        /// The currency's name, such as `USD`.
        currency: String,
    },
}
