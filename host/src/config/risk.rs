//! `[risk]`: metrics and their limits, alerts, regimes, stress scenarios.

use super::{Decimal, Span};
use model::{Money, Rate};
use quant::portfolio::Estimator;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use services::handle::ScopeName;
use services::metrics::{
    MetricLimit, MetricName, MetricSettings, Regimes, RiskSettings, Scenario, ScenarioKind, Shock,
    ShockTarget,
};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use store::parse_iso;

/// A key and what is wrong with it.
type Problem = (String, String);

/// `[risk]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskSection {
    /// How metrics are reckoned.
    pub metrics: MetricsTable,
    /// Limits on metrics.
    pub limits: Vec<MetricLimitTable>,
    /// What becomes of alerts.
    pub alerts: AlertsTable,
    /// Factors that limits are multiplied by, by name.
    pub regimes: BTreeMap<String, Decimal<Rate>>,
    /// Stress scenarios.
    pub scenarios: Vec<ScenarioTable>,
}

/// `[risk.metrics]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsTable {
    /// Engine time between two reckonings.
    pub period: Option<Span>,
    /// Engine time between two samples of the marks.
    pub sample_period: Option<Span>,
    /// Returns kept.
    pub history: Option<usize>,
    /// Over what time losses are told.
    pub horizon: Option<Span>,
    /// Confidences, rising.
    pub confidences: Option<Vec<Decimal<Rate>>>,
    /// Outcomes drawn.
    pub paths: Option<usize>,
    /// Seed of the draws.
    pub seed: Option<u64>,
    /// How covariances are estimated.
    pub covariance: Covariance,
    /// Decay of `ewma`; 0.94 when left out.
    pub decay: Option<Decimal<Rate>>,
    /// The instrument of beta.
    pub benchmark: Option<String>,
    /// Share of the average daily volume that can be traded.
    pub participation: Option<Decimal<Rate>>,
}

/// How covariances are estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covariance {
    /// The sample covariance.
    #[default]
    Sample,
    /// Exponentially weighted.
    Ewma,
    /// Ledoit and Wolf.
    Shrinkage,
}

/// `[[risk.limits]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricLimitTable {
    /// `firm`, `account/NAME` or `strategy/NAME`.
    #[serde(deserialize_with = "text")]
    pub scope: ScopeName,
    /// Which metric.
    #[serde(deserialize_with = "metric")]
    pub metric: MetricName,
    /// Above this an alert is raised.
    pub max: Decimal<Money>,
    /// Whether the scope may then only reduce.
    #[serde(default)]
    pub reduce: bool,
}

/// `[risk.alerts]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsTable {
    /// After how much engine time nobody's acknowledgement makes an alert more severe.
    pub escalate_after: Option<Span>,
}

/// `[[risk.scenarios]]`: shocks or a window.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioTable {
    /// Unique name.
    pub name: String,
    /// What is shocked.
    pub shocks: Option<Vec<ShockTable>>,
    /// A past window.
    pub window: Option<WindowTable>,
}

/// `[[risk.scenarios.shocks]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShockTable {
    /// `market`, `instrument/SYMBOL`, `sector/NAME` or `currency/NAME`.
    #[serde(deserialize_with = "text")]
    pub target: ShockTarget,
    /// By how much its price changes.
    pub price: Option<Decimal<Rate>>,
    /// By how much its volatility changes.
    pub volatility: Option<Decimal<Rate>>,
}

/// `window = { from = "...", to = "..." }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowTable {
    /// Where it begins, as ISO 8601 with `Z`.
    pub from: String,
    /// Where it ends.
    pub to: String,
}

fn text<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(D::Error::custom)
}

fn metric<'de, D: Deserializer<'de>>(from: D) -> Result<MetricName, D::Error> {
    let name = String::deserialize(from)?;
    MetricName::find(&name).ok_or_else(|| {
        let known = MetricName::ALL.map(MetricName::name).join(", ");
        D::Error::custom(format!("`{name}` is no metric; write one of: {known}"))
    })
}

impl RiskSection {
    /// As the host takes it.
    ///
    /// # Errors
    /// The key that cannot be meant, and what would do.
    pub fn settings(&self) -> Result<RiskSettings, Problem> {
        let metrics = self.metrics.settings();
        let checked = metrics.check();
        checked.map_err(|(key, reason)| (format!("risk.metrics.{key}"), reason))?;
        let regimes = self.regimes.iter();
        let regimes = regimes
            .map(|(name, factor)| (name.clone(), factor.0))
            .collect();
        let regimes = Regimes::new(regimes);
        Ok(RiskSettings {
            metrics,
            limits: indexed("limits", &self.limits, MetricLimitTable::limit)?,
            escalate_after: self.alerts.escalate_after.map(|span| span.0),
            regimes: regimes.map_err(|(key, reason)| (format!("risk.{key}"), reason))?,
            scenarios: indexed("scenarios", &self.scenarios, ScenarioTable::scenario)?,
        })
    }
}

/// What each table of a list means, or the one that cannot be meant.
fn indexed<T, U>(
    list: &str,
    tables: &[T],
    meaning: impl Fn(&T) -> Result<U, Problem>,
) -> Result<Vec<U>, Problem> {
    let tables = tables.iter().enumerate();
    let of = |(place, table)| {
        let made = meaning(table);
        made.map_err(|(key, reason)| (format!("risk.{list}[{place}].{key}"), reason))
    };
    tables.map(of).collect()
}

impl MetricsTable {
    fn settings(&self) -> MetricSettings {
        let unset = MetricSettings::default();
        let decay = self
            .decay
            .map_or(0.94, |decay| quant::convert::rate(decay.0));
        let confidences = self.confidences.as_ref();
        MetricSettings {
            period: self.period.map_or(unset.period, |span| span.0),
            sample_period: self
                .sample_period
                .map_or(unset.sample_period, |span| span.0),
            history: self.history.unwrap_or(unset.history),
            horizon: self.horizon.map_or(unset.horizon, |span| span.0),
            confidences: confidences.map_or(unset.confidences, |all| {
                all.iter().map(|confidence| confidence.0).collect()
            }),
            paths: self.paths.unwrap_or(unset.paths),
            seed: self.seed.unwrap_or(unset.seed),
            estimator: match self.covariance {
                Covariance::Sample => Estimator::Sample,
                Covariance::Ewma => Estimator::Ewma(decay),
                Covariance::Shrinkage => Estimator::Shrinkage,
            },
            benchmark: self.benchmark.clone(),
            participation: self
                .participation
                .map_or(unset.participation, |share| share.0),
        }
    }
}

impl MetricLimitTable {
    fn limit(&self) -> Result<MetricLimit, Problem> {
        let limit = MetricLimit {
            scope: self.scope.clone(),
            metric: self.metric,
            max: self.max.0,
            reduce: self.reduce,
        };
        let checked = limit.check();
        checked.map_err(|(key, reason)| (key.to_owned(), reason))?;
        Ok(limit)
    }
}

impl ScenarioTable {
    fn scenario(&self) -> Result<Scenario, Problem> {
        let kind = match (&self.shocks, &self.window) {
            (Some(shocks), None) => {
                let shock = |table: &ShockTable| Shock {
                    target: table.target.clone(),
                    price: table.price.map(|price| price.0),
                    volatility: table.volatility.map(|change| change.0),
                };
                ScenarioKind::Shocks(shocks.iter().map(shock).collect())
            }
            (None, Some(window)) => ScenarioKind::Window {
                from: moment("window.from", &window.from)?,
                to: moment("window.to", &window.to)?,
            },
            _ => {
                let what = "a scenario needs either shocks or a window";
                return Err(("shocks".to_owned(), what.to_owned()));
            }
        };
        let name = self.name.clone();
        let scenario = Scenario { name, kind };
        let checked = scenario.check();
        checked.map_err(|(key, reason)| (key.to_owned(), reason))?;
        Ok(scenario)
    }
}

fn moment(key: &str, text: &str) -> Result<model::Timestamp, Problem> {
    parse_iso(text).ok_or_else(|| {
        let what = format!("`{text}` is no moment; write one as \"2026-01-02T00:00:00Z\"");
        (key.to_owned(), what)
    })
}
