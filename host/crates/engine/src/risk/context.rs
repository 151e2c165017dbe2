//! What the controls may look at. What is missing is `None`, and a control that needs it denies.

use super::Windows;
use super::limits::LimitBook;
use crate::account::Account;
use crate::effect::StrategyState;
use crate::holdings::{Holding, Holdings};
use crate::input::{Limits, StrategyConfig, TradingState};
use crate::market::{Market, MarketState};
use crate::orders::{OpenOrder, Orders};
use crate::valuation::Books;
use model::{AccountId, Instrument, OrderRequest, Price, Side, StrategyId, Timestamp};

pub(crate) struct Context<'a> {
    pub(crate) request: &'a OrderRequest,
    /// The open order that the request changes or sends on; it must not count twice.
    pub(crate) replaces: Option<&'a OpenOrder>,
    pub(crate) sequence: u64,
    pub(crate) now: Timestamp,
    pub(crate) strategy: StrategyId,
    pub(crate) strategy_state: StrategyState,
    pub(crate) account_id: Option<AccountId>,
    pub(crate) account: Option<&'a Account>,
    pub(crate) market: &'a Market,
    pub(crate) state: Option<&'a MarketState>,
    pub(crate) holding: Holding,
    pub(crate) holdings: &'a Holdings,
    /// All strategies, to know which trade the same account.
    pub(crate) strategies: &'a [StrategyConfig],
    pub(crate) orders: &'a Orders,
    pub(crate) limits: &'a LimitBook,
    pub(crate) windows: &'a Windows,
    pub(crate) trading_state: TradingState,
    pub(crate) killed: bool,
    pub(crate) venue_connected: bool,
    pub(crate) journal_writable: bool,
}

impl Context<'_> {
    pub(crate) fn instrument(&self) -> Option<&Instrument> {
        self.state.map(|state| &state.instrument)
    }

    /// What an account's worth follows from.
    pub(crate) fn books(&self) -> Books<'_> {
        Books {
            market: self.market,
            holdings: self.holdings,
            strategies: self.strategies,
        }
    }

    /// The price at which the order is valued: the worst it may pay, as far as that is known.
    pub(crate) fn valuation(&self) -> Option<Price> {
        let reference = self
            .state
            .and_then(|state| state.reference(self.request.side));
        match (
            self.request
                .kind
                .price()
                .or(self.request.kind.trigger().map(|trigger| trigger.price)),
            self.request.side,
        ) {
            (None, _) => reference,
            (Some(price), Side::Buy) => Some(price),
            // A sell fills at its price or better, and better is worth more.
            (Some(price), Side::Sell) => Some(reference.map_or(price, |at| at.max(price))),
        }
    }

    /// The limits of every scope the order falls under.
    pub(crate) fn limits(&self) -> impl Iterator<Item = &Limits> {
        self.limits
            .of(self.account_id, self.strategy, self.request.instrument)
    }
}
