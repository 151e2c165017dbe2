//! What the host that is only a table answers about itself.

use super::{Fake, fill, number};
use engine::{AlgorithmConfig, LimitScope, Limits, RuleConfig, TradingState};
use model::{DenyCode, Fill, Order, OrderId, PluginHash, Rate};
use services::handle::Queries;
use services::metrics::{MetricsView, Regimes, Scenario};
use services::portfolio::Holdings;
use services::view::{
    AccountView, AlertView, CashFlowView, Change, EngineView, InstrumentView, LifeEventView,
    LimitsView, LocateView, PositionView, ScopeView, StrategyView, VenueView,
};
use std::sync::{Arc, mpsc};

impl Fake {
    /// Has a fill happen at each of so many looks at fills, just before it.
    pub(crate) fn trade_under_way(&self, looks: u32) {
        self.tables().trades = looks;
    }

    /// Has the next look at instruments wait until what is returned is dropped.
    pub(crate) fn hold(&self) -> mpsc::Sender<()> {
        let (release, held) = mpsc::channel();
        self.tables().held = Some(held);
        release
    }

    /// Whether somebody waits, or has waited, since [`Self::hold`].
    pub(crate) fn holds(&self) -> bool {
        self.tables().held.is_none()
    }
}

impl Queries for Fake {
    fn engine(&self) -> EngineView {
        self.tables().engine
    }
    fn venues(&self) -> Vec<Arc<VenueView>> {
        self.tables().venues.clone()
    }
    fn cash_flows(&self) -> Vec<CashFlowView> {
        self.tables().cash_flows.clone()
    }
    fn life_events(&self) -> Vec<LifeEventView> {
        self.tables().life_events.clone()
    }
    fn instruments(&self) -> Vec<InstrumentView> {
        let held = self.tables().held.take();
        if let Some(held) = held {
            // Nothing is ever sent; the other end is dropped.
            let _ended = held.recv();
        }
        self.tables().instruments.clone()
    }
    fn strategies(&self) -> Vec<Arc<StrategyView>> {
        self.tables().strategies.clone()
    }
    fn strategy(&self, name: &str) -> Option<Arc<StrategyView>> {
        self.strategies().into_iter().find(|view| view.name == name)
    }
    fn orders(&self) -> Vec<Order> {
        self.tables().orders.clone()
    }
    fn order(&self, id: OrderId) -> Option<Order> {
        self.orders().into_iter().find(|order| order.id == id)
    }
    fn fills(&self) -> Vec<Fill> {
        let trading = {
            let mut tables = self.tables();
            let is_trading = tables.trades > 0;
            tables.trades = tables.trades.saturating_sub(1);
            is_trading.then(|| tables.fills.len() as u64 + 1)
        };
        if let Some(execution) = trading {
            self.publish(Change::Fill(fill(execution)));
        }
        self.tables().fills.clone()
    }
    fn positions(&self) -> Vec<PositionView> {
        self.tables().positions.clone()
    }
    fn accounts(&self) -> Vec<AccountView> {
        self.tables().accounts.clone()
    }
    fn holdings(&self) -> Holdings {
        let tables = self.tables();
        Holdings {
            engine: tables.engine,
            instruments: tables.instruments.clone(),
            accounts: tables.accounts.clone(),
            strategies: tables.strategies.clone(),
            positions: tables.positions.clone(),
            currencies: vec!["USD".to_owned(), "EUR".to_owned()],
        }
    }
    fn locates(&self) -> Vec<LocateView> {
        self.tables().located.clone()
    }
    fn limits(&self, scope: LimitScope) -> LimitsView {
        let unset = LimitsView {
            scope,
            limits: Limits::default(),
            factor: Rate::from_raw(Rate::SCALE),
            regime: None,
        };
        self.tables().limits.get(&scope).cloned().unwrap_or(unset)
    }
    fn risk_state(&self, scope: LimitScope) -> ScopeView {
        let unset = ScopeView {
            scope,
            state: TradingState::Active,
            killed: false,
        };
        self.tables().scopes.get(&scope).copied().unwrap_or(unset)
    }
    fn alerts(&self) -> Vec<AlertView> {
        self.tables().alerts.clone()
    }
    fn denials(&self, code: DenyCode) -> u64 {
        u64::from(code.number())
    }
    fn algorithms(&self) -> Vec<AlgorithmConfig> {
        vec![AlgorithmConfig {
            name: "twap".to_owned(),
            plugin: PluginHash::new([7; 32]),
            parameters: vec![("slices".to_owned(), "10".to_owned())],
        }]
    }
    fn rules(&self) -> Vec<RuleConfig> {
        self.tables().rules.clone()
    }
    fn metrics(&self) -> Option<Arc<MetricsView>> {
        self.tables().metrics.clone()
    }
    fn scenarios(&self) -> Vec<Scenario> {
        self.tables().scenarios.values().cloned().collect()
    }
    fn regimes(&self) -> Regimes {
        let table = [("calm", "1"), ("stressed", "0.5")];
        let table = table.map(|(name, factor)| (name.to_owned(), number(factor)));
        Regimes::new(table.into()).unwrap()
    }
    fn regimes_now(&self) -> Vec<(LimitScope, String)> {
        let tables = self.tables();
        let views = tables.limits.values();
        views
            .filter_map(|view| Some((view.scope, view.regime.clone()?)))
            .collect()
    }
}
