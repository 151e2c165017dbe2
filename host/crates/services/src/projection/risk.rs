//! What readers see of risk: limits, states and kill latches by scope, the latest alerts, how often
//! each control denied.

use crate::view::{AlertView, Change, LimitsView, ScopeView};
use engine::{Alert, LimitScope, Limits, TradingState};
use model::{DenyCode, Rate, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Alerts kept; the oldest is forgotten first.
const ALERTS: usize = 1_000;

/// The part of the read model about risk.
#[derive(Debug, Default)]
pub(crate) struct RiskModel {
    limits: BTreeMap<LimitScope, Limits>,
    factors: BTreeMap<LimitScope, Rate>,
    scopes: BTreeMap<LimitScope, ScopeView>,
    /// Newest first.
    alerts: VecDeque<AlertView>,
    raised: u64,
    denials: BTreeMap<DenyCode, u64>,
}

impl RiskModel {
    pub(crate) fn limits(&self, scope: LimitScope) -> LimitsView {
        LimitsView {
            scope,
            limits: self.limits.get(&scope).copied().unwrap_or_default(),
            factor: self.factors.get(&scope).copied().unwrap_or(ONE),
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

    /// The latest alerts, newest first.
    pub(crate) fn alerts(&self) -> Vec<AlertView> {
        self.alerts.iter().copied().collect()
    }

    pub(crate) fn alert(&self, id: u64) -> Option<AlertView> {
        self.alerts.iter().find(|alert| alert.id == id).copied()
    }

    /// Orders and changes that were denied with a code.
    pub(crate) fn denials(&self, code: DenyCode) -> u64 {
        self.denials.get(&code).copied().unwrap_or_default()
    }

    pub(super) fn set_limits(&mut self, scope: LimitScope, limits: Limits) {
        self.limits.insert(scope, limits);
    }

    pub(super) fn scale(&mut self, scope: LimitScope, factor: Rate) {
        self.factors.insert(scope, factor);
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

    pub(super) fn raise(&mut self, time: Timestamp, sequence: u64, alert: Alert) -> Change {
        self.raised += 1;
        let view = AlertView {
            id: self.raised,
            time,
            sequence,
            alert,
            acknowledged: false,
        };
        self.alerts.push_front(view);
        self.alerts.truncate(ALERTS);
        Change::Alert(view)
    }

    /// Marks an alert as seen; nothing when it is not kept any more or was seen before.
    pub(super) fn acknowledge(&mut self, id: u64) -> Option<Change> {
        let mut unseen = self.alerts.iter_mut().filter(|alert| !alert.acknowledged);
        let alert = unseen.find(|alert| alert.id == id)?;
        alert.acknowledged = true;
        Some(Change::Alert(*alert))
    }
}

const ONE: Rate = Rate::from_raw(Rate::SCALE);

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Severity;

    #[test]
    fn the_latest_alerts_are_kept_and_acknowledged_once() {
        let mut model = RiskModel::default();
        let alert = Alert {
            severity: Severity::Warning,
            code: DenyCode::Loss,
            scope: LimitScope::Firm,
            share: ONE,
        };
        let count = ALERTS as u64 + 5;
        for sequence in 1..=count {
            model.raise(Timestamp::ZERO, sequence, alert);
        }
        let ids: Vec<u64> = model.alerts().iter().map(|alert| alert.id).collect();
        assert_eq!((ids.len(), ids[0], ids[ALERTS - 1]), (ALERTS, count, 6));
        assert!(model.acknowledge(5).is_none(), "it is forgotten");
        assert!(model.acknowledge(6).is_some() && model.acknowledge(6).is_none());
        assert!(model.alert(6).unwrap().acknowledged);
    }
}
