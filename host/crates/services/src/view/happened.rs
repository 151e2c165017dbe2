//! What happened without a trade, as readers see it: each once, with a number that counts up from 1 since
//! the host began to show them.

use model::{AccountId, CashFlow, InstrumentId, LifeEvent, MarginStatus, StrategyId, Timestamp};

/// Money that came to an account or left it without a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashFlowView {
    /// Its number among all that were shown.
    pub number: u64,
    /// Sequence of the input that moved it.
    pub sequence: u64,
    /// Whose, why, how much and when.
    pub flow: CashFlow,
}

impl CashFlowView {
    /// Whose position it is about, if about one.
    pub fn strategy(&self) -> Option<StrategyId> {
        self.flow.position.map(|(strategy, _)| strategy)
    }

    /// In what that position is.
    pub fn instrument(&self) -> Option<InstrumentId> {
        self.flow.position.map(|(_, instrument)| instrument)
    }
}

/// Something that happened to what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeEventView {
    /// Its number among all that were shown.
    pub number: u64,
    /// Sequence of the input during which it happened.
    pub sequence: u64,
    /// What.
    pub what: WhatHappened,
}

/// To what something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhatHappened {
    /// To an instrument.
    Instrument(LifeEvent),
    /// To an account, whose margin is covered again, called, liquidated, or short.
    Margin(AccountId, MarginStatus),
}

impl WhatHappened {
    /// To which instrument, if to one.
    pub const fn instrument(&self) -> Option<InstrumentId> {
        match self {
            Self::Instrument(event) => Some(event.instrument),
            Self::Margin(..) => None,
        }
    }

    /// To which account, if to one.
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Instrument(_) => None,
            Self::Margin(account, _) => Some(*account),
        }
    }

    /// When, by whoever it happened at.
    pub const fn time(&self) -> Timestamp {
        match self {
            Self::Instrument(event) => event.ts_event,
            Self::Margin(_, status) => status.since,
        }
    }
}
