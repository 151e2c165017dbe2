//! What the controls may look at. What is missing is `None`, and a control that needs it denies.

use super::limits::LimitBook;
use super::scaling::{At, Bases};
use super::{Bound, Memory, Windows};
use crate::account::{Account, Reservation};
use crate::effect::StrategyState;
use crate::exchange::Exchange;
use crate::exposure::Values;
use crate::holdings::Holding;
use crate::input::{LimitScope, Limits, StrategyConfig, TradingState};
use crate::legs::Leg;
use crate::market::{Market, MarketState};
use crate::orders::{OpenOrder, Orders};
use crate::scopes::scopes_of;
use model::{
    AccountId, CurrencyId, HedgeMargin, Instrument, OrderRequest, PositionId, Price, Quantity,
    Side, StrategyId, Timestamp,
};

/// What an order is to an execution algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing.
    None,
    /// It is worked by one.
    Parent,
    /// It is a part of a parent.
    Child {
        /// The most it may be for.
        room: Quantity,
        /// Whether instrument, side, limit and flags are within the parent's.
        fits: bool,
    },
}

pub(crate) struct Context<'a> {
    pub(crate) request: &'a OrderRequest,
    /// The open order that the request changes or sends on; it must not count twice.
    pub(crate) replaces: Option<&'a OpenOrder>,
    pub(crate) sequence: u64,
    pub(crate) now: Timestamp,
    pub(crate) strategy: StrategyId,
    pub(crate) strategy_state: StrategyState,
    pub(crate) config: Option<&'a StrategyConfig>,
    pub(crate) account_id: Option<AccountId>,
    pub(crate) account: Option<&'a Account>,
    /// Whether the account agrees with its venue.
    pub(crate) reconciled: bool,
    /// The currency in which the firm reckons.
    pub(crate) firm_base: Option<CurrencyId>,
    pub(crate) market: &'a Market,
    pub(crate) state: Option<&'a MarketState>,
    pub(crate) venue: Option<&'a Exchange>,
    pub(crate) holding: Holding,
    /// The position that the order names, where the account holds several in one instrument.
    pub(crate) leg: Option<Leg>,
    /// How many of them there are, those that open orders may open included.
    pub(crate) legs: usize,
    pub(crate) orders: &'a Orders,
    pub(crate) limits: &'a LimitBook,
    /// The limits that bind the order.
    pub(crate) bounds: [Option<Bound<'a>>; 4],
    /// What the order would add to exposure, in the quote currency, where that is bound and known.
    pub(crate) added: Option<Values>,
    /// What orders have locked that can only fill instead of this one.
    pub(crate) covered: Vec<Reservation>,
    pub(crate) windows: &'a Windows,
    pub(crate) memory: &'a Memory,
    /// The strictest state of the order's scopes.
    pub(crate) trading_state: TradingState,
    /// Whether any of the order's scopes is killed.
    pub(crate) killed: bool,
    pub(crate) journal_writable: bool,
    /// The most the order may be for, where it closes what its parent opens.
    pub(crate) room: Option<Quantity>,
    pub(crate) work: Work,
    /// Money that is let go when the order is taken on: its parent's share, or its children's.
    pub(crate) freed: Reservation,
    /// How much of `holding` on the order's side its parent does only after it.
    pub(crate) behind: Quantity,
}

impl<'a> Context<'a> {
    /// Finds the limits and levels that bind the order.
    pub(crate) fn bind(&mut self) {
        let instrument = self.request.instrument;
        let at = At {
            limits: self.limits,
            memory: self.memory,
            market: self.market,
            bases: self.bases(),
            now: self.now,
        };
        let scopes = scopes_of(self.account_id, self.strategy, instrument);
        for (bound, scope) in self.bounds.iter_mut().zip(scopes) {
            *bound = scope.and_then(|scope| Bound::of(scope, instrument, &at));
        }
        let levels = &self.memory.levels;
        (self.trading_state, self.killed) =
            levels.strictest(self.account_id, self.strategy, instrument);
        if self.limits().any(|limits| limits.exposure.bind()) {
            self.added = self.added_exposure();
        }
    }

    pub(crate) fn instrument(&self) -> Option<&'a Instrument> {
        self.state.map(|state| &state.instrument)
    }

    fn bases(&self) -> Bases {
        let account = self.account.map(|account| account.config().base_currency);
        Bases {
            firm: self.firm_base,
            account,
        }
    }

    /// The currency in which a scope of the order reckons.
    pub(crate) fn base(&self, scope: LimitScope) -> Option<CurrencyId> {
        self.bases().of(scope)
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

    /// The limits of every scope the order falls under, with what they are scaled by.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = &Bound<'a>> {
        self.bounds.iter().flatten()
    }

    /// The limits of every scope the order falls under.
    pub(crate) fn limits(&self) -> impl Iterator<Item = &'a Limits> {
        self.bounds().map(|bound| bound.limits)
    }

    /// Whether the order can only bring its position nearer to zero.
    pub(crate) fn reduces(&self) -> bool {
        let request = self.request;
        self.holding.is_reduced_by(request.side, request.quantity)
    }

    /// What margin the account asks for its several positions; `None` where it nets them.
    pub(crate) fn hedging(&self) -> Option<HedgeMargin> {
        self.account?.config().hedging
    }

    /// Whether the order closes one of several positions.
    pub(crate) fn closes_leg(&self) -> bool {
        self.leg
            .is_some_and(|leg| leg.is_closed_by(self.request.side))
    }

    /// Whether the order opens one of several positions.
    pub(crate) fn opens_leg(&self) -> bool {
        let own = PositionId::opened_by(self.request.id);
        self.request.terms.position == Some(own)
    }

    /// What the exposure of a scope would be with the order among its open ones, in the scope's base
    /// currency; `None` when part of it is not known.
    pub(crate) fn exposure_with(&self, scope: LimitScope) -> Option<Values> {
        let (base, totals) = (self.base(scope)?, self.memory.exposures.totals(scope)?);
        let quote = self.instrument()?.quote_currency;
        let sum = totals.sum(self.market, base).ok()??;
        let added = self.added?.converted(self.market, quote, base).ok()??;
        sum.plus(&added).ok()
    }

    /// What the order would add to exposure.
    fn added_exposure(&self) -> Option<Values> {
        let mut holding = self.holding;
        let on_order = holding.on_order_mut(self.request.side);
        *on_order = on_order.checked_add(self.request.quantity).ok()?;
        let exposures = &self.memory.exposures;
        let instrument = self.request.instrument;
        let added = exposures.added(self.strategy, instrument, &holding, self.state?);
        added.ok()
    }
}
