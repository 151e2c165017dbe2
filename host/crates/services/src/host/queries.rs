//! What readers are answered from the read model.

use super::HostHandle;
use crate::handle::Queries;
use crate::metrics::tracker::Tracker;
use crate::metrics::{MetricsView, Regimes, Scenario};
use crate::portfolio::Holdings;
use crate::view::{
    AccountView, AlertView, CashFlowView, EngineView, InstrumentView, LifeEventView, LimitsView,
    LocateView, PositionView, ScopeView, StrategyView, VenueView,
};
use engine::{AlgorithmConfig, LimitScope, RuleConfig};
use model::{DenyCode, Fill, Order, OrderId};
use std::sync::Arc;

impl Queries for HostHandle {
    fn engine(&self) -> EngineView {
        self.0.shared.read(|model| model.engine)
    }

    fn instruments(&self) -> Vec<InstrumentView> {
        self.0.shared.read(|model| model.instruments.clone())
    }

    fn venues(&self) -> Vec<Arc<VenueView>> {
        self.0.shared.read(|model| model.venues.clone())
    }

    fn strategies(&self) -> Vec<Arc<StrategyView>> {
        self.0.shared.read(|model| model.strategies.clone())
    }

    fn strategy(&self, name: &str) -> Option<Arc<StrategyView>> {
        self.0.shared.read(|model| model.strategy(name).cloned())
    }

    fn orders(&self) -> Vec<Order> {
        self.0.shared.read(|model| model.orders())
    }

    fn order(&self, id: OrderId) -> Option<Order> {
        self.0.shared.read(|model| model.order(id))
    }

    fn fills(&self) -> Vec<Fill> {
        self.0.shared.read(|model| model.fills())
    }

    fn positions(&self) -> Vec<PositionView> {
        self.0.shared.read(|model| model.positions())
    }

    fn accounts(&self) -> Vec<AccountView> {
        self.0.shared.read(|model| model.accounts.clone())
    }

    fn holdings(&self) -> Holdings {
        self.0.shared.read(|model| model.holdings())
    }

    fn cash_flows(&self) -> Vec<CashFlowView> {
        self.0.shared.read(|model| model.cash_flows.all())
    }

    fn life_events(&self) -> Vec<LifeEventView> {
        self.0.shared.read(|model| model.life_events.all())
    }

    fn limits(&self, scope: LimitScope) -> LimitsView {
        self.0.shared.read(|model| model.risk.limits(scope))
    }

    fn locates(&self) -> Vec<LocateView> {
        self.0.shared.read(|model| model.risk.located())
    }

    fn risk_state(&self, scope: LimitScope) -> ScopeView {
        self.0.shared.read(|model| model.risk.state(scope))
    }

    fn alerts(&self) -> Vec<AlertView> {
        self.0.shared.read(|model| model.risk.alerts.all())
    }

    fn algorithms(&self) -> Vec<AlgorithmConfig> {
        self.0.shared.read(|model| model.algorithms.clone())
    }

    fn rules(&self) -> Vec<RuleConfig> {
        let rules = |model: &crate::projection::ReadModel| model.rules.values().cloned().collect();
        self.0.shared.read(rules)
    }

    fn denials(&self, code: DenyCode) -> u64 {
        self.0.shared.read(|model| model.risk.denials(code))
    }

    fn metrics(&self) -> Option<Arc<MetricsView>> {
        let latest = |tracker: &Tracker| tracker.latest.clone();
        self.0
            .shared
            .read(|model| model.tracker.as_deref().and_then(latest))
    }

    fn scenarios(&self) -> Vec<Scenario> {
        self.0.scenarios.all()
    }

    fn regimes(&self) -> Regimes {
        self.0.risk.regimes.clone()
    }

    fn regimes_now(&self) -> Vec<(LimitScope, String)> {
        self.0.shared.read(|model| model.risk.regimes())
    }
}
