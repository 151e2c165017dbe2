//! The real host behind the port.

use super::{HostPort, StrategyCommand};
use engine::{Limits, Probation, RuleConfig, TradingState};
use model::{Amendment, Money, Order, OrderId, Quantity, Rate, Signal};
use services::handle::{
    HostError, InstrumentNews, LoadRequest, OrderTicket, RuleRequest, ScopeName, ShadowRequest,
    SwapReport, SwapRequest, Updates,
};
use services::host::HostHandle;
use services::metrics::{CorrelationView, MetricsView, Scenario, ScenarioView};
use services::shadow::ShadowReport;
use services::view::{
    AccountView, AlertView, EngineView, HealthView, LimitsView, LocateView, ScopeView, StrategyView,
};
use std::sync::Arc;

impl HostPort for HostHandle {
    async fn load_strategy(&self, request: LoadRequest) -> Result<Arc<StrategyView>, HostError> {
        HostHandle::load_strategy(self, request).await
    }

    async fn command_strategy(
        &self,
        name: &str,
        command: StrategyCommand,
    ) -> Result<Arc<StrategyView>, HostError> {
        match command {
            StrategyCommand::Start => self.start(name).await,
            StrategyCommand::Pause => self.pause(name).await,
            StrategyCommand::Resume => self.resume(name).await,
            StrategyCommand::Stop => self.stop(name).await,
        }
    }

    async fn swap(&self, name: &str, request: SwapRequest) -> Result<SwapReport, HostError> {
        HostHandle::swap(self, name, request).await
    }

    async fn begin_shadow(
        &self,
        name: &str,
        request: ShadowRequest,
    ) -> Result<ShadowReport, HostError> {
        HostHandle::begin_shadow(self, name, request).await
    }

    fn shadow_report(&self, name: &str) -> Result<ShadowReport, HostError> {
        HostHandle::shadow_report(self, name)
    }

    async fn end_shadow(&self, name: &str) -> Result<ShadowReport, HostError> {
        HostHandle::end_shadow(self, name).await
    }

    async fn promote(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> Result<SwapReport, HostError> {
        HostHandle::promote(self, name, probation).await
    }

    async fn roll_back(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        HostHandle::roll_back(self, name).await
    }

    async fn keep(&self, name: &str) -> Result<Arc<StrategyView>, HostError> {
        HostHandle::keep(self, name).await
    }

    async fn place_order(&self, ticket: OrderTicket) -> Result<Order, HostError> {
        HostHandle::place_order(self, ticket).await
    }

    async fn place_list(&self, tickets: Vec<OrderTicket>) -> Result<Vec<Order>, HostError> {
        HostHandle::place_list(self, tickets).await
    }

    async fn modify_order(&self, amendment: Amendment) -> Result<Order, HostError> {
        HostHandle::modify_order(self, amendment).await
    }

    async fn cancel_order(&self, id: OrderId) -> Result<Order, HostError> {
        HostHandle::cancel_order(self, id).await
    }

    async fn set_trading_state(&self, state: TradingState) -> Result<EngineView, HostError> {
        HostHandle::set_trading_state(self, state).await
    }

    async fn kill(&self, set: bool) -> Result<EngineView, HostError> {
        HostHandle::kill(self, set).await
    }

    async fn set_limits(&self, scope: &ScopeName, limits: Limits) -> Result<LimitsView, HostError> {
        HostHandle::set_limits(self, scope, limits).await
    }

    async fn locate(
        &self,
        account: &str,
        instrument: &str,
        quantity: Quantity,
    ) -> Result<LocateView, HostError> {
        HostHandle::locate(self, account, instrument, quantity).await
    }

    async fn scale_limits(&self, scope: &ScopeName, factor: Rate) -> Result<LimitsView, HostError> {
        HostHandle::scale_limits(self, scope, factor).await
    }

    async fn set_scope_state(
        &self,
        scope: &ScopeName,
        state: TradingState,
    ) -> Result<ScopeView, HostError> {
        HostHandle::set_scope_state(self, scope, state).await
    }

    async fn kill_scope(&self, scope: &ScopeName, set: bool) -> Result<ScopeView, HostError> {
        HostHandle::kill_scope(self, scope, set).await
    }

    async fn set_rule(&self, request: RuleRequest) -> Result<RuleConfig, HostError> {
        HostHandle::set_rule(self, request).await
    }

    async fn remove_rule(&self, name: &str) -> Result<(), HostError> {
        HostHandle::remove_rule(self, name).await
    }

    async fn clear_repeats(&self, strategy: &str) -> Result<(), HostError> {
        HostHandle::clear_repeats(self, strategy).await
    }

    async fn acknowledge(&self, id: u64, by: &str) -> Result<AlertView, HostError> {
        HostHandle::acknowledge(self, id, by).await
    }

    async fn set_regime(&self, scope: &ScopeName, regime: &str) -> Result<LimitsView, HostError> {
        HostHandle::set_regime(self, scope, regime).await
    }

    async fn reckon(&self, scope: Option<&ScopeName>) -> Result<MetricsView, HostError> {
        HostHandle::reckon(self, scope).await
    }

    async fn correlation(&self, symbols: &[String]) -> Result<CorrelationView, HostError> {
        HostHandle::correlation(self, symbols).await
    }

    fn set_scenario(&self, scenario: Scenario) -> Result<(), HostError> {
        HostHandle::set_scenario(self, scenario)
    }

    fn remove_scenario(&self, name: &str) -> Result<(), HostError> {
        HostHandle::remove_scenario(self, name)
    }

    async fn run_scenario(&self, name: &str) -> Result<ScenarioView, HostError> {
        HostHandle::run_scenario(self, name).await
    }

    async fn instrument_news(&self, symbol: &str, news: InstrumentNews) -> Result<(), HostError> {
        HostHandle::instrument_news(self, symbol, news).await
    }

    async fn convert(
        &self,
        account: &str,
        from: &str,
        to: &str,
        amount: Money,
    ) -> Result<AccountView, HostError> {
        HostHandle::convert(self, account, from, to, amount).await
    }

    async fn signal(&self, strategy: &str, id: String, signal: Signal) -> Result<bool, HostError> {
        HostHandle::signal(self, strategy, id, signal).await
    }

    fn subscribe(&self) -> Updates {
        HostHandle::subscribe(self)
    }

    fn stream_position(&self) -> u64 {
        HostHandle::stream_position(self)
    }

    fn health(&self) -> HealthView {
        HostHandle::health(self)
    }
}
