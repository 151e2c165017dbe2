//! What this crate asks of a running host: the queries of `services`, its commands and its updates.
//!
//! A trait so that routes and stream can be tested against a host that is only a table.

mod faults;
mod handle;
mod plugins;
mod versions;
mod vitals;

use engine::{Limits, Probation, RuleConfig, TradingState};
pub use faults::FaultPort;
use model::{Amendment, Money, Order, OrderId, Quantity, Rate, Signal};
pub use plugins::PluginPort;
use services::handle::{
    HostError, InstrumentNews, LoadRequest, OrderTicket, Queries, RuleRequest, ScopeName,
    ShadowRequest, SwapReport, SwapRequest, Updates,
};
use services::metrics::{CorrelationView, MetricsView, Scenario, ScenarioView};
use services::shadow::ShadowReport;
use services::view::{
    AccountView, AlertView, EngineView, HealthView, LimitsView, LocateView, ScopeView, StrategyView,
};
use std::future::Future;
use std::sync::Arc;
pub use versions::VersionPort;
pub use vitals::VitalsPort;

/// A change of a strategy's state that an operator may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyCommand {
    /// Start it with the plugin it was loaded with.
    Start,
    /// Deny its new orders.
    Pause,
    /// Let it trade again.
    Resume,
    /// Stop it and cancel its orders.
    Stop,
}

/// A running host. Commands answer once the engine has handled them.
///
/// What a projection shows is never older than what [`HostPort::subscribe`] has delivered or
/// [`HostPort::stream_position`] has said before.
pub trait HostPort:
    Queries + PluginPort + VersionPort + FaultPort + VitalsPort + Clone + Send + Sync + 'static
{
    /// Admits a plugin and adds a strategy.
    fn load_strategy(
        &self,
        request: LoadRequest,
    ) -> impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send;

    /// Changes a strategy's state; returns the strategy after it.
    fn command_strategy(
        &self,
        name: &str,
        command: StrategyCommand,
    ) -> impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send;

    /// Lets another version trade beside the one that runs.
    fn begin_shadow(
        &self,
        name: &str,
        request: ShadowRequest,
    ) -> impl Future<Output = Result<ShadowReport, HostError>> + Send;

    /// How far the shadow that trades, or the latest that did, agrees with the version that runs.
    fn shadow_report(&self, name: &str) -> Result<ShadowReport, HostError>;

    /// Ends the shadow that trades.
    fn end_shadow(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<ShadowReport, HostError>> + Send;

    /// Lets the version in the shadow take over.
    fn promote(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> impl Future<Output = Result<SwapReport, HostError>> + Send;

    /// Puts the version before in the place of the one that is on probation.
    fn roll_back(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send;

    /// Ends a probation: the version stays.
    fn keep(&self, name: &str)
    -> impl Future<Output = Result<Arc<StrategyView>, HostError>> + Send;

    /// Replaces a strategy's plugin or parameters while it runs.
    fn swap(
        &self,
        name: &str,
        request: SwapRequest,
    ) -> impl Future<Output = Result<SwapReport, HostError>> + Send;

    /// Hands an order to the risk gate. A denied order is returned with its status, not an error.
    fn place_order(
        &self,
        ticket: OrderTicket,
    ) -> impl Future<Output = Result<Order, HostError>> + Send;

    /// Hands a list to the risk gate: all of it is taken or none. Returns its orders.
    fn place_list(
        &self,
        tickets: Vec<OrderTicket>,
    ) -> impl Future<Output = Result<Vec<Order>, HostError>> + Send;

    /// Asks for a change of an order; returns the order as it is then.
    fn modify_order(
        &self,
        amendment: Amendment,
    ) -> impl Future<Output = Result<Order, HostError>> + Send;

    /// Asks for an order's cancellation; returns the order as it is then.
    fn cancel_order(&self, id: OrderId) -> impl Future<Output = Result<Order, HostError>> + Send;

    /// Sets whether orders may leave.
    fn set_trading_state(
        &self,
        state: TradingState,
    ) -> impl Future<Output = Result<EngineView, HostError>> + Send;

    /// Sets or clears the kill latch.
    fn kill(&self, set: bool) -> impl Future<Output = Result<EngineView, HostError>> + Send;

    /// Replaces the limits of a scope.
    fn set_limits(
        &self,
        scope: &ScopeName,
        limits: Limits,
    ) -> impl Future<Output = Result<LimitsView, HostError>> + Send;

    /// Says how much of an instrument an account may be short where that must be located.
    fn locate(
        &self,
        account: &str,
        instrument: &str,
        quantity: Quantity,
    ) -> impl Future<Output = Result<LocateView, HostError>> + Send;

    /// Multiplies the limits of a scope by a factor from 0 to 1.
    fn scale_limits(
        &self,
        scope: &ScopeName,
        factor: Rate,
    ) -> impl Future<Output = Result<LimitsView, HostError>> + Send;

    /// Sets whether orders under a scope may leave.
    fn set_scope_state(
        &self,
        scope: &ScopeName,
        state: TradingState,
    ) -> impl Future<Output = Result<ScopeView, HostError>> + Send;

    /// Sets or clears the kill latch of a scope.
    fn kill_scope(
        &self,
        scope: &ScopeName,
        set: bool,
    ) -> impl Future<Output = Result<ScopeView, HostError>> + Send;

    /// Lets a strategy trade again that repeated itself.
    fn clear_repeats(&self, strategy: &str) -> impl Future<Output = Result<(), HostError>> + Send;

    /// Puts a custom pre-trade rule in place.
    fn set_rule(
        &self,
        request: RuleRequest,
    ) -> impl Future<Output = Result<RuleConfig, HostError>> + Send;

    /// Lets a custom pre-trade rule judge no more.
    fn remove_rule(&self, name: &str) -> impl Future<Output = Result<(), HostError>> + Send;

    /// Notes that somebody saw an alert.
    fn acknowledge(
        &self,
        id: u64,
        by: &str,
    ) -> impl Future<Output = Result<AlertView, HostError>> + Send;

    /// Multiplies the limits of a scope by the factor of a regime.
    fn set_regime(
        &self,
        scope: &ScopeName,
        regime: &str,
    ) -> impl Future<Output = Result<LimitsView, HostError>> + Send;

    /// Reckons metrics now, of one scope or of all.
    fn reckon(
        &self,
        scope: Option<&ScopeName>,
    ) -> impl Future<Output = Result<MetricsView, HostError>> + Send;

    /// How instruments move together; those that are held when none is named.
    fn correlation(
        &self,
        symbols: &[String],
    ) -> impl Future<Output = Result<CorrelationView, HostError>> + Send;

    /// Adds or replaces a scenario.
    fn set_scenario(&self, scenario: Scenario) -> Result<(), HostError>;

    /// Forgets a scenario.
    fn remove_scenario(&self, name: &str) -> Result<(), HostError>;

    /// Runs a scenario over the holdings as they are now.
    fn run_scenario(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<ScenarioView, HostError>> + Send;

    /// Lets something happen to an instrument now.
    fn instrument_news(
        &self,
        symbol: &str,
        news: InstrumentNews,
    ) -> impl Future<Output = Result<(), HostError>> + Send;

    /// Gives money of an account for another currency; returns the account after it.
    fn convert(
        &self,
        account: &str,
        from: &str,
        to: &str,
        amount: Money,
    ) -> impl Future<Output = Result<AccountView, HostError>> + Send;

    /// Tells a running strategy something under an id; `false` where it was told before under this one.
    fn signal(
        &self,
        strategy: &str,
        id: String,
        signal: Signal,
    ) -> impl Future<Output = Result<bool, HostError>> + Send;

    /// Everything that changes from now on.
    fn subscribe(&self) -> Updates;

    /// Sequence of the latest update that the projections show.
    fn stream_position(&self) -> u64;

    /// What the host is struggling with.
    fn health(&self) -> HealthView;
}
