//! A host that is only a table: it does what it is told at once and remembers what was asked.

#[path = "fake_faults.rs"]
pub(crate) mod faults;
#[path = "fake_plugins.rs"]
mod plugins;
#[path = "fake_queries.rs"]
mod queries;
#[path = "fake_tables.rs"]
mod tables;
#[path = "fake_versions.rs"]
mod versions;
#[path = "fake_vitals.rs"]
mod vitals;

use crate::fake_happened::{conversion, funding, margin_call, outside, split, venue};
use crate::fake_values::{
    account, ema, found, instrument, manual, on_probation, rolled_back, shadow_report, swap_report,
};
pub(crate) use crate::fake_values::{fill, order, order_change, position, quote};
use plugins::source;

use api::{HostPort, StrategyCommand};
use engine::{LimitScope, Limits, Probation, RuleConfig, StrategyState, TradingState};
use model::{
    AlgorithmId, Amendment, DenyCode, Fill, InstrumentId, Money, Order, OrderChange, OrderId,
    OrderStatus, PluginHash, Rate, Signal, StrategyId, Timestamp,
};
use services::handle::{
    HostError, InstrumentNews, LoadRequest, OrderTicket, Queries, RuleRequest, ScopeName,
    ShadowRequest, SwapReport, SwapRequest, Updates,
};
use services::metrics::{CorrelationView, MetricsView, Scenario, ScenarioView, ScopeMetrics};
use services::shadow::{ShadowReport, ShadowState};
use services::view::{
    AccountView, AlertState, AlertView, CashFlowView, Change, EngineState, EngineView, HealthView,
    InstrumentView, LifeEventView, LimitsView, PositionView, ScopeView, StrategyView, Update,
    VenueView, VitalsView,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{Notify, broadcast};

pub(crate) const EURUSD: InstrumentId = InstrumentId::new(0);
pub(crate) const BTCUSD: InstrumentId = InstrumentId::new(1);
pub(crate) const EMA: StrategyId = StrategyId::new(0);
pub(crate) const MANUAL: StrategyId = StrategyId::new(1);
/// 2024-01-01T00:00:00Z.
pub(crate) const NOON: u64 = 1_704_067_200_000_000_000;

/// The host. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Fake {
    tables: Arc<Mutex<Tables>>,
    updates: broadcast::Sender<Arc<Update>>,
}

#[derive(Default)]
struct Tables {
    engine: EngineView,
    instruments: Vec<InstrumentView>,
    strategies: Vec<Arc<StrategyView>>,
    orders: Vec<Order>,
    fills: Vec<Fill>,
    positions: Vec<PositionView>,
    accounts: Vec<AccountView>,
    venues: Vec<Arc<VenueView>>,
    cash_flows: Vec<CashFlowView>,
    life_events: Vec<LifeEventView>,
    limits: BTreeMap<LimitScope, LimitsView>,
    scopes: BTreeMap<LimitScope, ScopeView>,
    alerts: Vec<AlertView>,
    rules: Vec<RuleConfig>,
    metrics: Option<Arc<MetricsView>>,
    scenarios: BTreeMap<String, Scenario>,
    sequence: u64,
    vitals: VitalsView,
    journal_failed: bool,
    asked: Vec<String>,
    failure: Option<HostError>,
    /// Fills that happen while somebody looks at fills.
    trades: u32,
    held: Option<std::sync::mpsc::Receiver<()>>,
    swaps_wait: Option<Arc<Notify>>,
}

pub(crate) fn number<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

impl Fake {
    /// A host with two instruments, one strategy, one by hand, an account, an order and a fill.
    pub(crate) fn new() -> Self {
        Self::with_channel(65_536)
    }

    /// The same, with a short memory for its updates.
    pub(crate) fn with_channel(capacity: usize) -> Self {
        let tables = Tables {
            engine: EngineView {
                state: EngineState::Running,
                time: Timestamp::from_nanos(NOON),
                sequence: 17,
                ..EngineView::default()
            },
            instruments: vec![
                instrument(EURUSD, "EUR/USD.SIM", "0.00001", "1000"),
                instrument(BTCUSD, "BTC/USD.SIM", "0.01", "0.001"),
            ],
            strategies: vec![Arc::new(ema()), Arc::new(manual())],
            orders: vec![order(OrderId::derive(9, 0).unwrap(), OrderStatus::Accepted)],
            fills: vec![fill(1)],
            positions: vec![position("100000")],
            accounts: vec![account()],
            venues: vec![Arc::new(venue()), Arc::new(outside())],
            cash_flows: vec![funding(2), conversion(1)],
            life_events: vec![split(2), margin_call(1)],
            ..Tables::default()
        };
        Self {
            tables: Arc::new(Mutex::new(tables)),
            updates: broadcast::Sender::new(capacity),
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.tables().asked.clone()
    }

    /// Makes every command fail from now on.
    pub(crate) fn fail_with(&self, failure: HostError) {
        self.tables().failure = Some(failure);
    }

    /// Adds instruments `X0.SIM`, `X1.SIM` and so on.
    pub(crate) fn add_instruments(&self, count: u32) {
        for n in 0..count {
            let view = instrument(InstrumentId::new(n + 2), &format!("X{n}.SIM"), "0.01", "1");
            self.tables().instruments.push(view);
        }
    }

    /// Sets where the host is.
    pub(crate) fn set_state(&self, state: EngineState) {
        self.tables().engine.state = state;
    }

    /// Takes a change into the tables and tells all subscribers; returns its sequence.
    pub(crate) fn publish(&self, change: Change) -> u64 {
        let mut tables = self.tables();
        tables.take_in(&change);
        tables.sequence += 1;
        let update = Update {
            sequence: tables.sequence,
            time: tables.engine.time,
            change,
        };
        // Nobody listening is no error.
        let _listeners = self.updates.send(Arc::new(update));
        tables.sequence
    }

    fn ask(&self, what: String) -> Result<(), HostError> {
        let mut tables = self.tables();
        tables.asked.push(what);
        tables.failure.clone().map_or(Ok(()), Err)
    }

    /// Makes an order of a ticket: denied when its quantity is off the grid.
    fn take(
        &self,
        id: OrderId,
        view: &InstrumentView,
        ticket: &OrderTicket,
        list: Option<OrderId>,
    ) -> Order {
        let fits = ticket.quantity.is_on_grid(view.instrument.lot) && !ticket.quantity.is_zero();
        let (status, change) = match fits {
            true => (OrderStatus::Accepted, OrderChange::Accepted),
            false => (OrderStatus::Denied, OrderChange::Denied(DenyCode::Quantity)),
        };
        let order = Order {
            strategy: MANUAL,
            instrument: view.id,
            side: ticket.side,
            kind: ticket.kind,
            quantity: ticket.quantity,
            time_in_force: ticket.time_in_force,
            terms: ticket.terms,
            intent: ticket.intent,
            list,
            algorithm: ticket.algorithm.as_ref().map(|_| AlgorithmId::new(0)),
            trigger: ticket.kind.trigger().map(|trigger| trigger.price),
            ..order(id, status)
        };
        self.publish(order_change(order, change));
        order
    }

    fn engine_changed(&self) -> EngineView {
        let view = self.engine();
        self.publish(Change::Engine(view));
        view
    }

    fn edit(
        &self,
        name: &str,
        change: impl FnOnce(&mut StrategyView),
    ) -> Result<Arc<StrategyView>, HostError> {
        let mut view = StrategyView::clone(&*self.strategy(name).ok_or(HostError::NotFound {
            what: "strategy",
            name: name.to_owned(),
        })?);
        change(&mut view);
        let view = Arc::new(view);
        self.publish(Change::Strategy(view.clone()));
        Ok(view)
    }
}

impl HostPort for Fake {
    async fn load_strategy(&self, request: LoadRequest) -> Result<Arc<StrategyView>, HostError> {
        let forced = if request.terms.force { ", forced" } else { "" };
        let plugin = source(&request.plugin) + forced;
        self.ask(format!(
            "load {} {plugin} {:?} {:?} {:?} start={}",
            request.name, request.account, request.parameters, request.on_fault, request.start
        ))?;
        let view = Arc::new(StrategyView {
            id: StrategyId::new(2),
            name: request.name,
            state: StrategyState::Running,
            ..manual()
        });
        self.publish(Change::Strategy(view.clone()));
        Ok(view)
    }

    async fn command_strategy(
        &self,
        name: &str,
        command: StrategyCommand,
    ) -> Result<Arc<StrategyView>, HostError> {
        self.ask(format!("{command:?} {name}"))?;
        self.edit(name, |view| {
            view.state = match command {
                StrategyCommand::Start | StrategyCommand::Resume => StrategyState::Running,
                StrategyCommand::Pause => StrategyState::Paused,
                StrategyCommand::Stop => StrategyState::Stopped,
            }
        })
    }

    async fn swap(&self, name: &str, request: SwapRequest) -> Result<SwapReport, HostError> {
        let plugin = request.plugin.as_ref().map(source);
        let terms = &request.succession;
        let started = if request.start { ", started" } else { "" };
        self.ask(format!(
            "swap {name} {plugin:?} {:?} {terms:?}{started}",
            request.parameters
        ))?;
        self.wait_to_swap().await;
        let strategy = self.edit(name, |view| {
            if let Some(plugin) = &mut view.plugin {
                plugin.version = "1.1.0".into();
                plugin.parameters = request.parameters.into_iter().collect();
            }
        })?;
        Ok(swap_report(strategy))
    }

    async fn begin_shadow(
        &self,
        name: &str,
        request: ShadowRequest,
    ) -> Result<ShadowReport, HostError> {
        let forced = if request.terms.force { ", forced" } else { "" };
        let plugin = request.plugin.as_ref().map(source);
        let plugin = plugin.map(|plugin| plugin + forced);
        self.ask(format!(
            "shadow {name} {plugin:?} {:?} {:?} {:?}",
            request.parameters, request.hand_over, request.tolerance
        ))?;
        let report = shadow_report();
        self.edit(name, |view| view.shadow = Some(report.view.clone().into()))?;
        Ok(report)
    }

    fn shadow_report(&self, name: &str) -> Result<ShadowReport, HostError> {
        let known = self
            .strategy(name)
            .is_some_and(|view| view.shadow.is_some());
        known.then(shadow_report).ok_or(HostError::NotFound {
            what: "shadow of",
            name: name.to_owned(),
        })
    }

    async fn end_shadow(&self, name: &str) -> Result<ShadowReport, HostError> {
        self.ask(format!("end shadow {name}"))?;
        self.edit(name, |view| view.shadow = None)?;
        Ok(ShadowReport {
            state: ShadowState::Ended("ended by an operator".into()),
            ..shadow_report()
        })
    }

    async fn promote(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> Result<SwapReport, HostError> {
        self.ask(format!("promote {name} {probation:?}"))?;
        let strategy = self.edit(name, |view| {
            view.shadow = None;
            view.probation = probation.map(on_probation);
        })?;
        Ok(swap_report(strategy))
    }

    async fn roll_back(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.ask(format!("roll back {name}"))?;
        self.edit(name, |view| view.last_roll_back = Some(rolled_back()))
    }

    async fn keep(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        self.ask(format!("keep {name}"))?;
        self.edit(name, |view| view.probation = None)
    }

    async fn place_order(&self, ticket: OrderTicket) -> Result<Order, HostError> {
        self.ask(format!("place {ticket:?}"))?;
        let views = self.instruments();
        let found = views
            .iter()
            .find(|view| view.instrument.symbol == ticket.instrument);
        let view = found.ok_or_else(|| HostError::NotFound {
            what: "instrument",
            name: ticket.instrument.clone(),
        })?;
        let id = OrderId::derive(self.tables().sequence + 100, 0).unwrap();
        Ok(self.take(id, view, &ticket, None))
    }

    async fn place_list(&self, tickets: Vec<OrderTicket>) -> Result<Vec<Order>, HostError> {
        self.ask(format!("place list {tickets:?}"))?;
        let views = self.instruments();
        let first = OrderId::derive(self.tables().sequence + 100, 0).unwrap();
        let mut orders = Vec::new();
        for (place, ticket) in tickets.iter().enumerate() {
            let named = |view: &&InstrumentView| view.instrument.symbol == ticket.instrument;
            let view = views.iter().find(named).ok_or_else(|| HostError::InList {
                place,
                error: Box::new(HostError::NotFound {
                    what: "instrument",
                    name: ticket.instrument.clone(),
                }),
            })?;
            let id = OrderId::from_number(first.number() + place as u64);
            orders.push(self.take(id, view, ticket, Some(first)));
        }
        Ok(orders)
    }

    async fn modify_order(&self, amendment: Amendment) -> Result<Order, HostError> {
        self.ask(format!("modify {amendment:?}"))?;
        let found = self.order(amendment.order);
        let found = found.ok_or_else(|| HostError::NotFound {
            what: "order",
            name: amendment.order.to_string(),
        })?;
        let order = Order {
            quantity: amendment.quantity.unwrap_or(found.quantity),
            kind: amendment
                .price
                .map_or(found.kind, |price| found.kind.with_price(price)),
            ..found
        };
        let (price, trigger) = (order.kind.price(), order.trigger);
        self.publish(order_change(order, OrderChange::Updated { price, trigger }));
        Ok(order)
    }

    async fn cancel_order(&self, id: OrderId) -> Result<Order, HostError> {
        self.ask(format!("cancel {id}"))?;
        let found = self.order(id).ok_or_else(|| HostError::NotFound {
            what: "order",
            name: id.to_string(),
        })?;
        let order = Order {
            status: OrderStatus::Canceled,
            ..found
        };
        self.publish(order_change(order, OrderChange::Canceled));
        Ok(order)
    }

    async fn set_trading_state(&self, state: TradingState) -> Result<EngineView, HostError> {
        self.ask(format!("trading state {state:?}"))?;
        self.tables().engine.trading_state = state;
        Ok(self.engine_changed())
    }

    async fn kill(&self, set: bool) -> Result<EngineView, HostError> {
        self.ask(format!("kill {set}"))?;
        self.tables().engine.killed = set;
        Ok(self.engine_changed())
    }

    async fn set_rule(&self, request: RuleRequest) -> Result<RuleConfig, HostError> {
        let plugin = source(&request.plugin);
        let (name, scope) = (request.name, request.scope);
        self.ask(format!(
            "rule {name} {scope} {plugin} {:?}",
            request.parameters
        ))?;
        let rule = RuleConfig {
            name,
            scope: scope.find(self)?,
            plugin: PluginHash::new([9; 32]),
            parameters: request.parameters.into_iter().collect(),
        };
        self.tables().rules.push(rule.clone());
        Ok(rule)
    }

    async fn remove_rule(&self, name: &str) -> Result<(), HostError> {
        self.ask(format!("remove rule {name}"))?;
        let before = self.rules().len();
        self.tables().rules.retain(|rule| rule.name != name);
        found(self.rules().len() < before, "rule", name)
    }

    async fn set_limits(&self, name: &ScopeName, limits: Limits) -> Result<LimitsView, HostError> {
        self.ask(format!("limits {name}"))?;
        let scope = name.find(self)?;
        services::limits::check(scope, &limits)
            .map_err(|(field, reason)| HostError::Invalid { field, reason })?;
        let view = LimitsView {
            limits,
            ..self.limits(scope)
        };
        self.tables().limits.insert(scope, view.clone());
        Ok(view)
    }

    async fn scale_limits(&self, name: &ScopeName, factor: Rate) -> Result<LimitsView, HostError> {
        self.ask(format!("scale {name} {factor}"))?;
        let scope = name.find(self)?;
        let view = LimitsView {
            factor,
            ..self.limits(scope)
        };
        self.tables().limits.insert(scope, view.clone());
        Ok(view)
    }

    async fn set_scope_state(
        &self,
        name: &ScopeName,
        state: TradingState,
    ) -> Result<ScopeView, HostError> {
        self.ask(format!("state {name} {state:?}"))?;
        let view = ScopeView {
            state,
            ..self.risk_state(name.find(self)?)
        };
        self.publish(Change::Risk(view));
        Ok(view)
    }

    async fn kill_scope(&self, name: &ScopeName, killed: bool) -> Result<ScopeView, HostError> {
        self.ask(format!("kill {name} {killed}"))?;
        let view = ScopeView {
            killed,
            ..self.risk_state(name.find(self)?)
        };
        self.publish(Change::Risk(view));
        Ok(view)
    }

    async fn clear_repeats(&self, strategy: &str) -> Result<(), HostError> {
        self.ask(format!("clear repeats {strategy}"))
    }

    async fn acknowledge(&self, id: u64, by: &str) -> Result<AlertView, HostError> {
        self.ask(format!("acknowledge {id} {by}"))?;
        let found = self.alerts().into_iter().find(|alert| alert.id == id);
        let mut view = found.ok_or_else(|| HostError::NotFound {
            what: "alert",
            name: id.to_string(),
        })?;
        view.state = AlertState::Acknowledged;
        view.acknowledged_by = Some(by.to_owned());
        self.publish(Change::Alert(view.clone()));
        Ok(view)
    }

    async fn set_regime(&self, name: &ScopeName, regime: &str) -> Result<LimitsView, HostError> {
        self.ask(format!("regime {name} {regime}"))?;
        let scope = name.find(self)?;
        let view = LimitsView {
            factor: self.regimes().factor(regime).unwrap(),
            regime: Some(regime.to_owned()),
            ..self.limits(scope)
        };
        self.tables().limits.insert(scope, view.clone());
        Ok(view)
    }

    async fn reckon(&self, scope: Option<&ScopeName>) -> Result<MetricsView, HostError> {
        self.ask(format!("reckon {scope:?}"))?;
        let scope = scope.map_or(Ok(LimitScope::Firm), |scope| scope.find(self))?;
        let firm = crate::fake_values::metrics(NOON + 1);
        let scopes = vec![ScopeMetrics {
            scope,
            ..firm.scopes[0].clone()
        }];
        Ok(MetricsView { scopes, ..firm })
    }

    async fn correlation(&self, symbols: &[String]) -> Result<CorrelationView, HostError> {
        self.ask(format!("correlation {symbols:?}"))?;
        Ok(crate::fake_values::correlation())
    }

    fn set_scenario(&self, scenario: Scenario) -> Result<(), HostError> {
        self.ask(format!("scenario {}", scenario.name))?;
        scenario
            .check()
            .map_err(|(field, reason)| HostError::Invalid { field, reason })?;
        let name = scenario.name.clone();
        self.tables().scenarios.insert(name, scenario);
        Ok(())
    }

    fn remove_scenario(&self, name: &str) -> Result<(), HostError> {
        assert_ne!(name, "panics", "a handler that panics");
        self.ask(format!("remove scenario {name}"))?;
        let removed = self.tables().scenarios.remove(name);
        found(removed.is_some(), "scenario", name)
    }

    async fn run_scenario(&self, name: &str) -> Result<ScenarioView, HostError> {
        self.ask(format!("run scenario {name}"))?;
        Ok(crate::fake_values::scenario_result(name))
    }

    async fn instrument_news(&self, symbol: &str, news: InstrumentNews) -> Result<(), HostError> {
        self.ask(format!("{news:?} of {symbol}"))
    }

    async fn convert(
        &self,
        account: &str,
        from: &str,
        to: &str,
        amount: Money,
    ) -> Result<AccountView, HostError> {
        self.ask(format!("convert {amount} {from} to {to} of {account}"))?;
        let found = self.accounts().into_iter().next();
        found.ok_or(HostError::Stopped)
    }

    async fn signal(&self, strategy: &str, id: String, signal: Signal) -> Result<bool, HostError> {
        self.strategy(strategy).ok_or_else(|| HostError::NotFound {
            what: "strategy",
            name: strategy.to_owned(),
        })?;
        let under = format!("signal {id} ");
        let is_new = !self.asked().iter().any(|asked| asked.starts_with(&under));
        self.ask(format!("{under}{signal} to {strategy}"))?;
        self.wait_to_swap().await;
        Ok(is_new)
    }

    fn subscribe(&self) -> Updates {
        self.updates.subscribe()
    }

    fn stream_position(&self) -> u64 {
        self.tables().sequence
    }

    fn health(&self) -> HealthView {
        HealthView {
            journal_writable: !self.tables().journal_failed,
            ..HealthView::default()
        }
    }
}
