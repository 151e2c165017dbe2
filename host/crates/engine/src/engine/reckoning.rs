//! Keeping the gate's totals up to date: when an order or a fill changes a holding, when a price
//! moves, when limits change; and what follows when a limit comes near.

use super::Engine;
use crate::effect::{Alert, Effect, Severity};
use crate::exposure::{Exposures, Needs, Owner};
use crate::input::{Escalation, ExposureLimits, LimitScope, LossLimits};
use crate::risk::{Shorts, Step, share_of};
use crate::valuation::{self, ValuationError};
use model::{
    AccountId, AccountKind, CurrencyId, DenyCode, InstrumentId, Money, OrderId, Price, Rate,
    StrategyId,
};

/// The limits that are watched as sums change, not only when an order is judged.
struct Watched {
    loss: LossLimits,
    exposure: ExposureLimits,
    escalation: Escalation,
}

impl Engine {
    /// Follows an open order that changed, and what its strategy has on order with it.
    pub(super) fn follow_order(&mut self, id: OrderId) {
        if let Some(parent) = self.orders.get(id).and_then(|open| open.order.parent) {
            self.cover(parent);
        }
        if let Some(open) = self.orders.get_mut(id) {
            self.memory.resting.place(open);
            let (strategy, instrument) = (open.order.strategy, open.order.instrument);
            self.recount(strategy, instrument);
        }
    }

    /// Counts an open order that nobody knows of yet; nothing follows from it.
    pub(super) fn count_order(&mut self, id: OrderId) {
        if let Some(open) = self.orders.get_mut(id) {
            self.memory.resting.place(open);
            let (strategy, instrument) = (open.order.strategy, open.order.instrument);
            self.count_holding(strategy, instrument);
        }
    }

    /// Counts a holding as it is now, and does what follows.
    pub(super) fn recount(&mut self, strategy: StrategyId, instrument: InstrumentId) {
        self.count_holding(strategy, instrument);
        self.reckon_scopes_of(strategy);
    }

    pub(super) fn count_holding(&mut self, strategy: StrategyId, instrument: InstrumentId) {
        if let (Some(owner), Some(state)) = (self.owner(strategy), self.market.get(instrument)) {
            let holding = self.holdings.get(strategy, instrument);
            let exposures = &mut self.memory.exposures;
            exposures.recount(&owner, instrument, &holding, state);
            let place = (strategy, instrument);
            self.memory.shorts.recount(owner.account, place, &holding);
        }
    }

    /// Looks whether a strategy, its account or the firm came near a limit.
    pub(super) fn reckon_scopes_of(&mut self, strategy: StrategyId) {
        if let Some(owner) = self.owner(strategy) {
            self.reckon(LimitScope::Firm);
            self.reckon(LimitScope::Account(owner.account));
            self.reckon(LimitScope::Strategy(strategy));
        }
    }

    /// The mark of an instrument, where something follows as soon as it moves.
    pub(super) fn followed_mark(&self, instrument: InstrumentId) -> Option<Price> {
        let followed = self.memory.exposures.depend_on(instrument)
            && !self.memory.exposures.is_late(instrument);
        self.market.get(instrument).filter(|_| followed)?.mark()
    }

    /// Follows the mark of an instrument; `before` is what it was.
    pub(super) fn follow_mark(&mut self, instrument: InstrumentId, before: Option<Price>) {
        let Some(state) = self.market.get(instrument) else {
            return;
        };
        if self.memory.ranges.are_watched()
            && let Some(mark) = state.mark()
        {
            self.memory.ranges.note(instrument, mark, self.now);
        }
        let exposures = &mut self.memory.exposures;
        if !exposures.depend_on(instrument)
            || exposures.put_off(instrument)
            || before == state.mark()
        {
            return;
        }
        self.memory.exposures.remark(instrument, state);
        let mut place = 0;
        while let Some(scope) = self.memory.exposures.scope_at(instrument, place) {
            self.reckon(scope);
            place += 1;
        }
    }

    /// Takes marks into the totals that were left for later; needed before anybody reads them.
    pub(super) fn take_in_marks(&mut self) {
        self.memory.exposures.take_in(&self.market);
    }

    /// Takes over new limits, scopes or permissions: what is summed up may be other than before.
    pub(super) fn follow_limits(&mut self) {
        if self.memory.ranges.watch(self.limits.price_windows()) {
            for (instrument, state) in self.market.iter() {
                if let Some(mark) = state.mark() {
                    self.memory.ranges.note(instrument, mark, self.now);
                }
            }
        }
        if self.limits.ask_for_locates() != self.memory.shorts.are_kept() {
            self.memory.shorts = self.shorts_anew();
        }
        if self.memory.exposures.serve(self.needs()) {
            return;
        }
        self.memory.exposures = self.counted_anew();
    }

    /// What the limits ask to be summed up, by scope.
    fn needs(&self) -> impl Iterator<Item = (LimitScope, Needs)> {
        let accounts = self.accounts().map(|(id, account)| {
            let kind = account.config().kind;
            let called = account.rules().margin_call.is_some();
            (LimitScope::Account(id), Some(kind), called)
        });
        let strategies = self.strategies();
        let strategies = strategies.map(|(id, _)| (LimitScope::Strategy(id), None, false));
        std::iter::once((LimitScope::Firm, None, false))
            .chain(accounts)
            .chain(strategies)
            .map(|(scope, kind, margin)| {
                let needs = self.limits.needs(scope, kind);
                let at_once = needs.at_once || margin;
                (
                    scope,
                    Needs {
                        margin,
                        at_once,
                        ..needs
                    },
                )
            })
    }

    /// A copy of the totals in which no mark is late.
    pub(crate) fn current_exposures(&self) -> Exposures {
        let mut exposures = self.memory.exposures.clone();
        exposures.take_in(&self.market);
        exposures
    }

    /// The totals as they follow from the holdings and the marks alone.
    pub(crate) fn counted_anew(&self) -> Exposures {
        self.counted_for(Exposures::new(self.needs()))
    }

    /// What accounts could be short, as it follows from the holdings alone.
    pub(crate) fn shorts_anew(&self) -> Shorts {
        let mut shorts = Shorts::new(self.limits.ask_for_locates());
        for (strategy, instrument, holding) in self.holdings.iter() {
            if let Some(owner) = self.owner(strategy) {
                shorts.recount(owner.account, (strategy, instrument), holding);
            }
        }
        shorts
    }

    fn counted_for(&self, mut exposures: Exposures) -> Exposures {
        for (strategy, instrument, holding) in self.holdings.iter() {
            if let (Some(owner), Some(state)) = (self.owner(strategy), self.market.get(instrument))
            {
                exposures.recount(&owner, instrument, holding, state);
            }
        }
        exposures
    }

    /// The worth of an account, summed up for the occasion where no limit keeps it at hand.
    pub(super) fn worth(&self, id: AccountId) -> Option<Result<Money, ValuationError>> {
        let account = self.accounts.get(id.index())?;
        let scope = LimitScope::Account(id);
        let kept = &self.memory.exposures;
        let totals = kept.totals(scope).filter(|_| kept.are_current());
        if let Some(totals) = totals.filter(|totals| totals.needs.worth) {
            return Some(valuation::equity(account, totals, &self.market));
        }
        let needs = Needs {
            worth: true,
            ..Needs::default()
        };
        let exposures = self.counted_for(Exposures::new([(scope, needs)].into_iter()));
        let totals = exposures.totals(scope)?;
        Some(valuation::equity(account, totals, &self.market))
    }

    pub(super) fn owner(&self, strategy: StrategyId) -> Option<Owner> {
        let account = self.strategies.config(strategy)?.account;
        let kind: AccountKind = self.accounts.get(account.index())?.config().kind;
        Some(Owner {
            strategy,
            account,
            kind,
        })
    }

    /// The currency in which a scope reckons: an account's base currency; the firm's is that of its
    /// first account.
    pub(super) fn base_of(&self, scope: LimitScope) -> Option<CurrencyId> {
        let account = match scope {
            LimitScope::Firm => AccountId::new(0),
            LimitScope::Account(account) => account,
            LimitScope::Strategy(strategy) => self.strategies.config(strategy)?.account,
            LimitScope::Instrument(_) => return None,
        };
        let account = self.accounts.get(account.index())?;
        Some(account.config().base_currency)
    }

    /// Measures a scope's losses and exposure against its limits, and lets follow what they say
    /// follows.
    pub(super) fn reckon(&mut self, scope: LimitScope) {
        if let LimitScope::Account(account) = scope {
            self.watch_margin(account);
        }
        let Some(limits) = self.limits.get(scope) else {
            return;
        };
        let limits = Watched {
            loss: limits.loss,
            exposure: limits.exposure,
            escalation: limits.escalation,
        };
        let level = self.memory.levels.of(scope);
        if limits.loss.bind() || level.loss > Step::Quiet {
            let share = self.loss_share(scope, &limits);
            self.escalate(scope, DenyCode::Loss, share, &limits);
        }
        let watched = limits.exposure.bind_sums() && limits.escalation.warns();
        if watched || level.exposure > Step::Quiet {
            let share = self.exposure_share(scope, &limits.exposure);
            self.escalate(scope, DenyCode::Exposure, share, &limits);
        }
    }

    /// Notes a scope's profit and tells how much of its loss limits is used; `None` when it is not
    /// known.
    fn loss_share(&mut self, scope: LimitScope, limits: &Watched) -> Option<Rate> {
        if !limits.loss.bind() {
            return Some(Rate::ZERO);
        }
        let gain = self.gain_of(scope)?;
        let losses = self.memory.losses.entry(scope);
        losses.note(gain, limits.loss.rolling_window, self.now);
        self.share_of_loss(scope, &limits.loss, gain)
    }

    /// How much of a scope's loss limits is used; `None` when it is not known.
    pub(super) fn loss_used(&self, scope: LimitScope) -> Option<Rate> {
        let limits = &self.limits.get(scope)?.loss;
        self.share_of_loss(scope, limits, self.gain_of(scope)?)
    }

    fn gain_of(&self, scope: LimitScope) -> Option<Money> {
        let base = self.base_of(scope)?;
        let totals = self.memory.exposures.totals(scope)?;
        valuation::gain(totals, &self.market, base).ok()
    }

    fn share_of_loss(&self, scope: LimitScope, limits: &LossLimits, gain: Money) -> Option<Rate> {
        let losses = self.memory.losses.get(scope)?;
        let lost = losses.measures(gain, self.now).ok()?;
        let shares = [
            share_of(lost.daily, limits.max_daily),
            share_of(lost.rolling, limits.max_rolling),
            share_of(lost.drawdown, limits.max_drawdown),
        ];
        shares.into_iter().max()
    }

    /// How much of a scope's exposure limits is used; `None` when it is not known.
    pub(crate) fn exposure_used(&self, scope: LimitScope) -> Option<Rate> {
        let limits = &self.limits.get(scope)?.exposure;
        self.share_of_exposure(scope, limits, &self.current_exposures())
    }

    fn exposure_share(&self, scope: LimitScope, limits: &ExposureLimits) -> Option<Rate> {
        self.share_of_exposure(scope, limits, &self.memory.exposures)
    }

    fn share_of_exposure(
        &self,
        scope: LimitScope,
        limits: &ExposureLimits,
        exposures: &Exposures,
    ) -> Option<Rate> {
        if !limits.bind_sums() {
            return Some(Rate::ZERO);
        }
        let base = self.base_of(scope)?;
        let totals = exposures.totals(scope)?;
        let sum = totals.sum(&self.market, base).ok()??;
        let net = sum.up.max(sum.down.negated().ok()?);
        let gross = share_of(sum.gross, limits.max_gross);
        Some(gross.max(share_of(net, limits.max_net)))
    }

    /// Moves a scope's step to where a share of its limit takes it. What is not known moves nothing:
    /// the gate denies meanwhile.
    fn escalate(
        &mut self,
        scope: LimitScope,
        code: DenyCode,
        share: Option<Rate>,
        limits: &Watched,
    ) {
        let Some(share) = share else {
            return;
        };
        let level = self.memory.levels.entry(scope);
        let state = level.state();
        let step = match code {
            DenyCode::Loss => &mut level.loss,
            _ => &mut level.exposure,
        };
        let next = step.next(share, &limits.escalation);
        if next == *step {
            return;
        }
        *step = next;
        let changed = level.state() != state;
        self.alert(next.severity(), code, scope, share);
        if changed {
            self.tell_state(scope);
        }
    }

    pub(super) fn alert(
        &mut self,
        severity: Severity,
        code: DenyCode,
        scope: LimitScope,
        share: Rate,
    ) {
        self.effects.push(Effect::Alert(Alert {
            severity,
            code,
            scope,
            share,
        }));
    }

    pub(super) fn tell_state(&mut self, scope: LimitScope) {
        let level = self.memory.levels.entry(scope);
        level.note(self.sequence);
        let state = level.state();
        self.effects.push(match scope {
            LimitScope::Firm => Effect::TradingState(state),
            scope => Effect::ScopeState(scope, state),
        });
    }
}
