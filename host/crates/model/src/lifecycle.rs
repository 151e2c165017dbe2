//! What happens to an instrument while it is held, and the money that moves because of it: funding,
//! settlement, splits, dividends, conversions. None of it is a trade.

use crate::{
    AccountId, CurrencyId, Duration, InstrumentId, Money, Price, Rate, StrategyId, Timestamp,
};

/// An event in the life of an instrument, as its venue or the issuer announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What happens.
    pub event: LifecycleEvent,
    /// When it happens by the venue's time. Of one kind and instrument, each must be later than the
    /// last.
    pub ts_event: Timestamp,
    /// When this host first knew it.
    pub ts_init: Timestamp,
}

/// What happens to an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleEvent {
    /// Longs of a perpetual pay shorts `rate` of their value at the mark; shorts pay when negative.
    Funding {
        /// Share of the value.
        rate: Rate,
    },
    /// The final price: of a future itself, of what an option is written on. Before the expiry it may
    /// be corrected.
    Settlement {
        /// The price.
        price: Price,
    },
    /// `denominator` shares become `numerator`.
    Split {
        /// Shares after.
        numerator: u32,
        /// Shares before.
        denominator: u32,
    },
    /// Who holds the share now is paid; who is short pays.
    Dividend {
        /// For each share.
        amount: Money,
        /// In which currency.
        currency: CurrencyId,
    },
}

impl LifecycleEvent {
    /// The name as shown to people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Funding { .. } => "FUNDING",
            Self::Settlement { .. } => "SETTLEMENT",
            Self::Split { .. } => "SPLIT",
            Self::Dividend { .. } => "DIVIDEND",
        }
    }
}

/// What happened to an instrument, as those are told who hold it or follow it: once it was handled, and
/// before what it did to orders, positions and money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeEvent {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What happened.
    pub kind: LifeEventKind,
    /// When.
    pub ts_event: Timestamp,
}

/// What happened to an instrument: what was announced, and what its end brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeEventKind {
    /// Longs of a perpetual paid shorts `rate` of their value at the mark; shorts when negative.
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
    /// `denominator` shares became `numerator`.
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
        /// In which currency.
        currency: CurrencyId,
    },
}

impl LifeEventKind {
    /// The name as shown to people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Funding { .. } => "FUNDING",
            Self::FinalPrice { .. } => "FINAL_PRICE",
            Self::Expiry => "EXPIRY",
            Self::Settlement { .. } => "SETTLEMENT",
            Self::Split { .. } => "SPLIT",
            Self::Dividend { .. } => "DIVIDEND",
        }
    }
}

/// Why an event in the life of an instrument was refused. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LifecycleRefusal {
    /// Funding of a share, a split of a future.
    #[error("the instrument is not of a kind to which this happens")]
    WrongKind,
    /// One of its kind, with this time or a later one, was handled before.
    #[error("it was handled before")]
    Seen,
    /// The instrument was settled before.
    #[error("the instrument is settled already")]
    Settled,
    /// Its time is after the engine's.
    #[error("it is in the future")]
    Early,
    /// A split of nothing, into nothing, or into as many.
    #[error("the ratio must be of two different positive numbers")]
    Ratio,
    /// A dividend that is not positive, or a settlement price that cannot be.
    #[error("the amount or price is not possible")]
    Amount,
    /// The currency is not defined, or has no rate to the instrument's.
    #[error("the currency is unknown or has no exchange rate")]
    Currency,
    /// The price it is reckoned with is unknown, too old, or not to be trusted.
    #[error("there is no fresh price to reckon with")]
    NotFresh,
    /// An amount is too large to be counted.
    #[error("the amounts overflow")]
    Overflow,
}

impl From<crate::NumberError> for LifecycleRefusal {
    fn from(_: crate::NumberError) -> Self {
        Self::Overflow
    }
}

/// Why a position is what it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PositionChange {
    /// An execution.
    #[default]
    Fill,
    /// Funding was paid or received.
    Funding,
    /// A dividend was paid or received.
    Dividend,
    /// Its instrument was split.
    Split,
    /// A future was settled in cash.
    Settlement,
    /// An option that was held was exercised.
    Exercise,
    /// An option that was written was exercised by others.
    Assignment,
    /// An option ended without worth.
    Lapse,
    /// An exercised option delivered it, or took it away.
    Delivery,
}

impl PositionChange {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fill => "FILL",
            Self::Funding => "FUNDING",
            Self::Dividend => "DIVIDEND",
            Self::Split => "SPLIT",
            Self::Settlement => "SETTLEMENT",
            Self::Exercise => "EXERCISE",
            Self::Assignment => "ASSIGNMENT",
            Self::Lapse => "LAPSE",
            Self::Delivery => "DELIVERY",
        }
    }
}

/// Money that came to an account or left it without a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashFlow {
    /// Whose money.
    pub account: AccountId,
    /// Whose position it is about; none for a conversion.
    pub position: Option<(StrategyId, InstrumentId)>,
    /// Why.
    pub reason: CashFlowReason,
    /// In which currency.
    pub currency: CurrencyId,
    /// What it added to the balance; negative when it was paid.
    pub amount: Money,
    /// When.
    pub ts_event: Timestamp,
}

/// Why money came or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CashFlowReason {
    /// What happened to a position.
    Position(PositionChange),
    /// One currency became another.
    Conversion,
}

impl CashFlowReason {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Position(change) => change.name(),
            Self::Conversion => "CONVERSION",
        }
    }
}

/// What an account agreed to beside its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountRules {
    /// Whether exercised options deliver what they are written on, instead of its value.
    pub delivers: bool,
    /// Whether what it owes in other currencies than its own is bought at the end of the day (UTC).
    pub converts_debts: bool,
    /// When its positions are called and liquidated; never when `None`.
    pub margin_call: Option<MarginCall>,
}

/// When a margin account is called and when its positions are liquidated. Levels are shares of the
/// maintenance margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarginCall {
    /// Called when equity is below so much of the maintenance margin.
    pub call: Rate,
    /// Liquidated at once when equity is below so much of it.
    pub liquidate: Rate,
    /// Liquidated when a call has lasted so long; [`Duration::MAX`] for never.
    pub grace: Duration,
}

/// How an account stands with its margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MarginState {
    /// Equity covers what is asked.
    #[default]
    Covered,
    /// It does not; only what reduces may leave until it does again.
    Called,
    /// Its positions are being closed for it.
    Liquidating,
    /// Nothing is left to close, and it owes.
    Short,
}

impl MarginState {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Covered => "COVERED",
            Self::Called => "CALLED",
            Self::Liquidating => "LIQUIDATING",
            Self::Short => "SHORT",
        }
    }
}

/// An account's margin when its state last changed, in its base currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarginStatus {
    /// How it stands.
    pub state: MarginState,
    /// What it is worth.
    pub equity: Money,
    /// What its positions must have behind them.
    pub maintenance: Money,
    /// Since when.
    pub since: Timestamp,
}
