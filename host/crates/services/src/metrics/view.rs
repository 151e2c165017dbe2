//! What readers see of risk metrics. Floating point, for people and dashboards; nothing trades by it.

use model::{AccountId, CurrencyId, Duration, InstrumentId, Rate, StrategyId, Timestamp};
use quant::portfolio::Exposure;
use quant::{Figure, Unavailable};

/// The metrics of all scopes at one engine time.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricsView {
    /// Engine time.
    pub time: Timestamp,
    /// Over what time losses are told.
    pub horizon: Duration,
    /// The time between two samples of the marks.
    pub sample_period: Duration,
    /// The firm, then accounts, then the strategies that ever had a position.
    pub scopes: Vec<ScopeMetrics>,
    /// Reckonings of this run that were left out because a newer one was due.
    pub skipped: u64,
}

impl MetricsView {
    /// The metrics of a scope.
    pub fn of(&self, scope: engine::LimitScope) -> Option<&ScopeMetrics> {
        self.scopes.iter().find(|metrics| metrics.scope == scope)
    }
}

/// The metrics of a scope.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeMetrics {
    /// Whose.
    pub scope: engine::LimitScope,
    /// The currency of all its amounts.
    pub currency: CurrencyId,
    /// What it is worth; a strategy's is that of its account.
    pub equity: Figure,
    /// Returns that all its instruments have in common.
    pub returns: usize,
    /// Losses by confidence, rising, over the horizon.
    pub tails: Vec<TailView>,
    /// How far it is and was below its best.
    pub drawdown: DrawdownView,
    /// What it holds, at the marks.
    pub exposure: Result<ExposureView, Unavailable>,
    /// Gross exposure over equity.
    pub leverage: Figure,
    /// Herfindahl index of its instruments.
    pub concentration: Figure,
    /// Share of the largest instrument in gross exposure.
    pub largest_share: Figure,
    /// Share of the five largest.
    pub five_largest_share: Figure,
    /// How much it moves, as a share of equity, for each unit that the benchmark moves.
    pub beta: Figure,
    /// The same as an amount.
    pub beta_exposure: Figure,
    /// Days to liquidate the slowest holding.
    pub liquidity_days: Figure,
    /// What each instrument adds to the normal value at risk at the highest confidence.
    pub components: Result<Vec<(InstrumentId, f64)>, Unavailable>,
}

/// Losses at one confidence.
#[derive(Debug, Clone, PartialEq)]
pub struct TailView {
    /// The confidence.
    pub confidence: Rate,
    /// Value at risk of the observed returns.
    pub historical: Figure,
    /// Value at risk of normal returns with the estimated covariance.
    pub normal: Figure,
    /// Value at risk of returns drawn from it.
    pub simulated: Figure,
    /// Expected shortfall of the observed returns.
    pub historical_shortfall: Figure,
    /// Expected shortfall of normal returns.
    pub normal_shortfall: Figure,
    /// Expected shortfall of drawn returns.
    pub simulated_shortfall: Figure,
}

/// How far below its best: of a firm and of accounts their equity, of a strategy its profit.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawdownView {
    /// Now, as an amount.
    pub current: Figure,
    /// At most, as an amount.
    pub max: Figure,
    /// Now, as a share of the best.
    pub current_share: Figure,
    /// At most, as a share of the best.
    pub max_share: Figure,
}

/// What is held.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposureView {
    /// All of it. Longs of one strategy do not cancel shorts of another in gross exposure.
    pub total: Exposure,
    /// By instrument.
    pub instruments: Vec<(InstrumentId, Exposure)>,
    /// By sector; `None` for instruments without one.
    pub sectors: Vec<(Option<String>, Exposure)>,
    /// By currency: a pair that is delivered is long its base and short its quote currency.
    pub currencies: Vec<(String, Exposure)>,
}

/// How returns of instruments move together.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationView {
    /// Engine time.
    pub time: Timestamp,
    /// Rows and columns.
    pub instruments: Vec<InstrumentId>,
    /// Returns of each.
    pub returns: usize,
    /// Correlations row by row; nothing where one of the two does not move. Why there are none.
    pub correlations: Result<Vec<Vec<Figure>>, Unavailable>,
    /// Covariances of one sampling period, row by row.
    pub covariances: Result<Vec<Vec<f64>>, Unavailable>,
    /// Whether the covariances can be such.
    pub is_positive_semidefinite: Option<bool>,
}

/// What a scenario would do to today's holdings, in the firm's currency.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioView {
    /// The scenario's name.
    pub name: String,
    /// Engine time of the holdings.
    pub time: Timestamp,
    /// The currency of all amounts.
    pub currency: CurrencyId,
    /// Profit of the firm, balances included.
    pub total: Figure,
    /// The worst profit of holdings on the way; of a historical window only.
    pub worst: Option<Figure>,
    /// What balances in other currencies would gain.
    pub balances: Figure,
    /// Profit by account, its balances included.
    pub accounts: Vec<(AccountId, Figure)>,
    /// Profit by strategy.
    pub strategies: Vec<(StrategyId, Figure)>,
    /// Profit by instrument.
    pub instruments: Vec<(InstrumentId, Figure)>,
    /// Normal value at risk of the firm at the highest confidence, as it is.
    pub value_at_risk: Figure,
    /// The same after the scenario, with its volatilities.
    pub stressed_value_at_risk: Figure,
}
