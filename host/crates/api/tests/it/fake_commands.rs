//! What the host that is only a table does when it is told, and whom it tells.

use super::plugins::source;
use super::{Fake, NOON};
use crate::fake_values::{
    found, manual, on_probation, order_change, rolled_back, shadow_report, swap_report,
};
use api::{HostPort, StrategyCommand};
use engine::{LimitScope, Limits, Probation, RuleConfig, StrategyState, TradingState};
use model::{
    Amendment, Money, Order, OrderChange, OrderId, OrderStatus, PluginHash, Quantity, Rate, Signal,
    StrategyId,
};
use services::handle::{
    HostError, InstrumentNews, LoadRequest, OrderTicket, Queries, RuleRequest, ScopeName,
    ShadowRequest, SwapReport, SwapRequest, Updates,
};
use services::metrics::{CorrelationView, MetricsView, Scenario, ScenarioView, ScopeMetrics};
use services::shadow::{ShadowReport, ShadowState};
use services::view::{
    AccountView, AlertState, AlertView, Change, EngineView, HealthView, InstrumentView, LimitsView,
    LocateView, ScopeView, StrategyView,
};
use std::sync::Arc;

impl HostPort for Fake {
    async fn load_strategy(&self, request: LoadRequest) -> Result<Arc<StrategyView>, HostError> {
        let forced = if request.terms.force { ", forced" } else { "" };
        let plugin = source(&request.plugin) + forced;
        self.ask(format!(
            "load {} {plugin} {:?} {:?} {:?} start={}",
            request.name, request.account, request.parameters, request.on_fault, request.start
        ))?;
        self.wait_to_swap().await;
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
        services::limits::check_asked(scope, &limits)?;
        let view = LimitsView {
            limits,
            ..self.limits(scope)
        };
        self.tables().limits.insert(scope, view.clone());
        Ok(view)
    }

    async fn locate(
        &self,
        account: &str,
        instrument: &str,
        quantity: Quantity,
    ) -> Result<LocateView, HostError> {
        self.ask(format!("locate {account} {instrument} {quantity}"))?;
        let whose = ScopeName::Account(account.to_owned()).find(self)?;
        let of = ScopeName::Instrument(instrument.to_owned()).find(self)?;
        let (LimitScope::Account(account), LimitScope::Instrument(instrument)) = (whose, of) else {
            panic!("{whose:?} {of:?}");
        };
        let view = LocateView {
            account,
            instrument,
            quantity,
        };
        self.tables().located.push(view);
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
        scenario.check_asked()?;
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
