//! What a margin account is worth against what its positions must have behind them: called when it is
//! too little, liquidated when it is far too little or for too long. A call lets only reducing orders
//! leave; while an account is liquidated none of its own do.

use super::Engine;
use crate::agenda::{Due, Ticket};
use crate::effect::{Effect, Severity};
use crate::input::LimitScope;
use crate::journal::codec::fields;
use crate::risk::{Step, share_of};
use crate::valuation;
use model::{
    AccountId, DenyCode, InstrumentId, MarginCall, MarginState, MarginStatus, Money, NumberError,
    Rate, StrategyId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// The margin of all accounts that may be called.
#[derive(Debug, Default)]
pub(crate) struct Margins {
    watched: BTreeMap<AccountId, Watch>,
    /// Accounts of which something is to be closed, when the present step has time.
    pub(super) due: BTreeSet<AccountId>,
    /// The input at which `tried` began.
    pub(super) sequence: u64,
    /// Positions for which an order was sent at this input; each gets one.
    pub(super) tried: Vec<(StrategyId, InstrumentId)>,
}

#[derive(Debug)]
struct Watch {
    status: MarginStatus,
    grace: Option<Ticket>,
    /// Why nothing could be closed the last time.
    blocked: Option<DenyCode>,
}

impl Margins {
    pub(super) fn state(&self, account: AccountId) -> MarginState {
        let watch = self.watched.get(&account);
        watch.map_or(MarginState::Covered, |watch| watch.status.state)
    }

    /// Notes why nothing could be closed; whether that is another reason than before.
    pub(super) fn block(&mut self, account: AccountId, why: Option<DenyCode>) -> bool {
        let watch = self.watched.get_mut(&account);
        watch.is_some_and(|watch| std::mem::replace(&mut watch.blocked, why) != why)
    }
}

impl Engine {
    /// How an account stood with its margin when that last changed; `None` when nobody watches it.
    pub fn margin(&self, account: AccountId) -> Option<MarginStatus> {
        self.margins.watched.get(&account).map(|watch| watch.status)
    }

    /// Looks at an account's margin after something changed.
    pub(super) fn watch_margin(&mut self, id: AccountId) {
        let Some(account) = self.accounts.get(id.index()) else {
            return;
        };
        let Some(call) = account.rules().margin_call else {
            return self.forget_margin(id);
        };
        // What is not known moves nothing: the gate denies meanwhile.
        let Some((equity, maintenance)) = self.margin_now(id) else {
            return;
        };
        let before = self.margins.state(id);
        let Ok(state) = next_state(before, equity, maintenance, &call) else {
            return;
        };
        if state != before {
            self.set_margin(id, state, (equity, maintenance), &call);
        }
        if state == MarginState::Liquidating {
            self.margins.due.insert(id);
        }
    }

    /// Equity and maintenance margin in the account's base currency, where both are known.
    pub(super) fn margin_now(&self, id: AccountId) -> Option<(Money, Money)> {
        let account = self.accounts.get(id.index())?;
        let totals = self.memory.exposures.totals(LimitScope::Account(id))?;
        let equity = valuation::equity(account, totals, &self.market).ok()?;
        let maintenance = valuation::maintenance(account, totals, &self.market).ok()?;
        Some((equity, maintenance))
    }

    /// A call has lasted as long as it may.
    pub(super) fn end_grace(&mut self, id: AccountId) {
        let Some(watch) = self.margins.watched.get_mut(&id) else {
            return;
        };
        watch.grace = None;
        let status = watch.status;
        let rules = self.accounts.get(id.index()).map(|account| account.rules());
        let call = rules.and_then(|rules| rules.margin_call);
        if let (MarginState::Called, Some(call)) = (status.state, call) {
            let now = self.margin_now(id);
            let figures = now.unwrap_or((status.equity, status.maintenance));
            self.set_margin(id, MarginState::Liquidating, figures, &call);
            self.margins.due.insert(id);
        }
    }

    fn set_margin(
        &mut self,
        id: AccountId,
        state: MarginState,
        (equity, maintenance): (Money, Money),
        call: &MarginCall,
    ) {
        let status = MarginStatus {
            state,
            equity,
            maintenance,
            since: self.now,
        };
        self.stop_grace(id);
        let ends = self.now.after(call.grace);
        let grace = state == MarginState::Called && ends != Timestamp::MAX;
        let grace = grace.then(|| self.agenda.add(ends, Due::Grace(id)));
        let watch = Watch {
            status,
            grace,
            blocked: None,
        };
        self.margins.watched.insert(id, watch);
        self.effects.push(Effect::Margin(id, status));
        let step = match state {
            MarginState::Covered => Step::Quiet,
            MarginState::Called | MarginState::Short => Step::Reducing,
            MarginState::Liquidating => Step::Halted,
        };
        let scope = LimitScope::Account(id);
        let (severity, share) = alarm(&status);
        self.alert(severity, DenyCode::BuyingPower, scope, share);
        self.set_margin_step(scope, step);
    }

    fn set_margin_step(&mut self, scope: LimitScope, step: Step) {
        let level = self.memory.levels.entry(scope);
        let before = level.state();
        level.margin = step;
        if level.state() != before {
            self.tell_state(scope);
        }
    }

    fn stop_grace(&mut self, id: AccountId) {
        let watch = self.margins.watched.get_mut(&id);
        if let Some(ticket) = watch.and_then(|watch| watch.grace.take()) {
            self.agenda.remove(ticket);
        }
    }

    /// The account is no longer to be called.
    fn forget_margin(&mut self, id: AccountId) {
        self.stop_grace(id);
        if self.margins.watched.remove(&id).is_some() {
            self.set_margin_step(LimitScope::Account(id), Step::Quiet);
        }
    }
}

/// How bad a margin is, and how much of the equity it takes.
pub(super) fn alarm(status: &MarginStatus) -> (Severity, Rate) {
    let severity = match status.state {
        MarginState::Covered => Severity::Cleared,
        MarginState::Called => Severity::Serious,
        MarginState::Short | MarginState::Liquidating => Severity::Critical,
    };
    let share = share_of(status.maintenance, status.equity.max(Money::ZERO));
    (severity, share)
}

/// Where equity and maintenance margin take an account. A liquidation goes on until nothing would be
/// called any more.
fn next_state(
    before: MarginState,
    equity: Money,
    maintenance: Money,
    call: &MarginCall,
) -> Result<MarginState, NumberError> {
    if maintenance.is_zero() {
        return Ok(match equity < Money::ZERO {
            true => MarginState::Short,
            false => MarginState::Covered,
        });
    }
    let called = equity < maintenance.times(call.call)?;
    let liquidated = equity < maintenance.times(call.liquidate)?;
    let goes_on = before == MarginState::Liquidating && called;
    Ok(if liquidated || goes_on {
        MarginState::Liquidating
    } else if called {
        MarginState::Called
    } else {
        MarginState::Covered
    })
}

fields! {
    Margins { watched, due, sequence, tried }
    Watch { status, grace, blocked }
}
