//! What readers see of risk: limits, factors, states and kill latches by scope, how often each
//! control denied.

use super::alerts::Alerts;
use crate::view::{Change, LimitsView, LocateView, ScopeView};
use engine::{LimitScope, Limits, TradingState};
use model::{AccountId, DenyCode, InstrumentId, Rate};
use std::collections::BTreeMap;

/// The part of the read model about risk.
#[derive(Debug, Default)]
pub(crate) struct RiskModel {
    limits: BTreeMap<LimitScope, Limits>,
    factors: BTreeMap<LimitScope, Rate>,
    /// By scope, the regime that was chosen last and its factor then.
    regimes: BTreeMap<LimitScope, (String, Rate)>,
    scopes: BTreeMap<LimitScope, ScopeView>,
    pub(crate) alerts: Alerts,
    denials: BTreeMap<DenyCode, u64>,
    /// What accounts may be short where that must be located.
    located: BTreeMap<(AccountId, InstrumentId), LocateView>,
}

impl RiskModel {
    pub(crate) fn limits(&self, scope: LimitScope) -> LimitsView {
        let factor = self.factors.get(&scope).copied().unwrap_or(ONE);
        // A factor that was set by hand since then is no regime's.
        let regime = self.regimes.get(&scope);
        let regime = regime.filter(|(_, chosen)| *chosen == factor);
        LimitsView {
            scope,
            limits: self.limits.get(&scope).copied().unwrap_or_default(),
            factor,
            regime: regime.map(|(name, _)| name.clone()),
        }
    }

    /// A scope that nobody touched is active.
    pub(crate) fn state(&self, scope: LimitScope) -> ScopeView {
        let untouched = ScopeView {
            scope,
            state: TradingState::Active,
            killed: false,
        };
        self.scopes.get(&scope).copied().unwrap_or(untouched)
    }

    /// Orders and changes that were denied with a code.
    pub(crate) fn denials(&self, code: DenyCode) -> u64 {
        self.denials.get(&code).copied().unwrap_or_default()
    }

    pub(super) fn set_limits(&mut self, scope: LimitScope, limits: Limits) {
        self.limits.insert(scope, limits);
    }

    pub(super) fn locate(&mut self, view: LocateView) {
        self.located.insert((view.account, view.instrument), view);
    }

    /// What accounts may be short, by account, then by instrument.
    pub(crate) fn located(&self) -> Vec<LocateView> {
        self.located.values().copied().collect()
    }

    pub(super) fn scale(&mut self, scope: LimitScope, factor: Rate) {
        self.factors.insert(scope, factor);
        self.regimes.remove(&scope);
    }

    pub(super) fn set_regime(&mut self, scope: LimitScope, name: String, factor: Rate) {
        self.regimes.insert(scope, (name, factor));
    }

    /// Scopes that are in a regime, by name.
    pub(crate) fn regimes(&self) -> Vec<(LimitScope, String)> {
        let named = |scope: &LimitScope| Some((*scope, self.limits(*scope).regime?));
        self.regimes.keys().filter_map(named).collect()
    }

    pub(super) fn count_denial(&mut self, code: DenyCode) {
        *self.denials.entry(code).or_default() += 1;
    }

    pub(super) fn set_state(&mut self, scope: LimitScope, state: TradingState) -> Change {
        self.edit(scope, |view| view.state = state)
    }

    pub(super) fn set_kill(&mut self, scope: LimitScope, killed: bool) -> Change {
        self.edit(scope, |view| view.killed = killed)
    }

    fn edit(&mut self, scope: LimitScope, edit: impl FnOnce(&mut ScopeView)) -> Change {
        let mut view = self.state(scope);
        edit(&mut view);
        self.scopes.insert(scope, view);
        Change::Risk(view)
    }
}

const ONE: Rate = Rate::from_raw(Rate::SCALE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regime_shows_until_the_factor_is_set_by_hand() {
        let mut model = RiskModel::default();
        let half = Rate::from_raw(Rate::SCALE / 2);
        model.scale(LimitScope::Firm, half);
        model.set_regime(LimitScope::Firm, "stressed".to_owned(), half);
        let view = model.limits(LimitScope::Firm);
        assert_eq!(
            (view.factor, view.regime.as_deref()),
            (half, Some("stressed"))
        );
        assert_eq!(model.regimes().len(), 1);
        model.scale(LimitScope::Firm, ONE);
        assert_eq!(model.limits(LimitScope::Firm).regime, None);
        // The name of a choice that another factor overtook comes late.
        model.set_regime(LimitScope::Firm, "stressed".to_owned(), half);
        assert!(model.regimes().is_empty());
    }
}
