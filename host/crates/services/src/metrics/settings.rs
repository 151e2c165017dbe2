//! How risk is reckoned and when somebody is told, as plain values; what cannot be meant is refused.

use super::{Regimes, Scenario};
use crate::handle::ScopeName;
use crate::limits::Fault;
use model::{Duration, Money, Rate};
use quant::portfolio::Estimator;

/// Most returns kept per instrument.
const MOST_HISTORY: usize = 10_000;
/// Most outcomes drawn.
const MOST_PATHS: usize = 100_000;
/// Most confidences.
const MOST_CONFIDENCES: usize = 8;

/// All that a host is told about risk beyond limits of orders.
#[derive(Debug, Clone, Default)]
pub struct RiskSettings {
    /// How metrics are reckoned.
    pub metrics: MetricSettings,
    /// Limits on metrics.
    pub limits: Vec<MetricLimit>,
    /// After how much engine time without acknowledgement an alert becomes more severe; never when
    /// `None`.
    pub escalate_after: Option<Duration>,
    /// Named factors for limits.
    pub regimes: Regimes,
    /// Scenarios there from the start.
    pub scenarios: Vec<Scenario>,
}

/// How metrics are reckoned.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSettings {
    /// Engine time between two reckonings. Default 5 s.
    pub period: Duration,
    /// Engine time between two samples of the marks. Default 5 s. The longer of the two periods is
    /// a multiple of the shorter.
    pub sample_period: Duration,
    /// Returns kept per instrument, the oldest forgotten first. Default 500.
    pub history: usize,
    /// Over what time losses are told; they grow with the root of time. Default a day.
    pub horizon: Duration,
    /// Confidences, rising. Default 0.95 and 0.99.
    pub confidences: Vec<Rate>,
    /// Outcomes drawn for simulated losses. Default 2,000.
    pub paths: usize,
    /// Seed of those draws. Default 1.
    pub seed: u64,
    /// How covariances are estimated. Default the sample covariance.
    pub estimator: Estimator,
    /// The instrument against which beta is told, by its symbol; without one there is no beta.
    pub benchmark: Option<String>,
    /// Share of the average daily volume that can be traded without moving the market. Default 0.1.
    pub participation: Rate,
}

impl Default for MetricSettings {
    fn default() -> Self {
        Self {
            period: Duration::from_secs(5),
            sample_period: Duration::from_secs(5),
            history: 500,
            horizon: Duration::from_secs(86_400),
            confidences: vec![hundredths(95), hundredths(99)],
            paths: 2_000,
            seed: 1,
            estimator: Estimator::Sample,
            benchmark: None,
            participation: hundredths(10),
        }
    }
}

const fn hundredths(count: i64) -> Rate {
    Rate::from_raw(Rate::SCALE / 100 * count)
}

impl MetricSettings {
    /// The engine time between two looks at the marks: the shorter of the periods.
    pub(crate) fn tick(&self) -> Duration {
        self.period.min(self.sample_period)
    }

    /// How many sampling periods the horizon covers.
    pub(crate) fn periods(&self) -> f64 {
        quant::convert::seconds(self.horizon) / quant::convert::seconds(self.sample_period)
    }

    /// The confidences as quant takes them.
    pub(crate) fn levels(&self) -> Vec<f64> {
        self.confidences
            .iter()
            .copied()
            .map(quant::convert::rate)
            .collect()
    }

    /// Whether metrics can be reckoned like this.
    ///
    /// # Errors
    /// The first field that cannot be meant, and what would do.
    pub fn check(&self) -> Result<(), Fault> {
        let refuse = |field, what: &str| Err((field, what.to_owned()));
        let (period, sample) = (self.period.nanos(), self.sample_period.nanos());
        if period == 0 {
            return refuse(
                "period",
                "is zero; write how often to reckon, such as \"5s\"",
            );
        }
        if sample == 0 {
            return refuse("sample_period", "is zero; write a time, such as \"5s\"");
        }
        if !period.max(sample).is_multiple_of(period.min(sample)) {
            return refuse(
                "sample_period",
                "and period: one must be a multiple of the other",
            );
        }
        if self.horizon < self.sample_period {
            return refuse(
                "horizon",
                "is shorter than sample_period; write a longer time",
            );
        }
        if !(quant::portfolio::LEAST_RETURNS..=MOST_HISTORY).contains(&self.history) {
            return refuse("history", "must be from 20 to 10000");
        }
        if !(100..=MOST_PATHS).contains(&self.paths) {
            return refuse("paths", "must be from 100 to 100000");
        }
        self.check_shares()
    }

    fn check_shares(&self) -> Result<(), Fault> {
        let refuse = |field, what: &str| Err((field, what.to_owned()));
        let range = hundredths(50)..=Rate::from_raw(Rate::SCALE / 10_000 * 9_999);
        let rising = self.confidences.is_sorted_by(|one, next| one < next);
        let inside = self.confidences.iter().all(|one| range.contains(one));
        let some = (1..=MOST_CONFIDENCES).contains(&self.confidences.len());
        if !(rising && inside && some) {
            return refuse(
                "confidences",
                "must be 1 to 8 rising numbers from 0.5 to 0.9999",
            );
        }
        if self.participation <= Rate::ZERO || self.participation.raw() > Rate::SCALE {
            return refuse("participation", "must be above 0 and at most 1");
        }
        match self.estimator {
            Estimator::Ewma(decay) if !(decay > 0.0 && decay < 1.0) => {
                refuse("decay", "must be between 0 and 1")
            }
            _ => Ok(()),
        }
    }
}

/// A figure that can be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricName {
    /// Historical value at risk at the highest confidence, in the scope's currency.
    ValueAtRisk,
    /// The same from the covariance.
    NormalValueAtRisk,
    /// The same from drawn outcomes.
    SimulatedValueAtRisk,
    /// Historical expected shortfall at the highest confidence.
    ExpectedShortfall,
    /// How far the scope is below its best, as an amount.
    Drawdown,
    /// Gross exposure over equity.
    Leverage,
    /// Herfindahl index of what is held.
    Concentration,
    /// Share of the largest holding.
    LargestShare,
    /// Days to liquidate the slowest holding.
    LiquidityDays,
}

impl MetricName {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::ValueAtRisk,
        Self::NormalValueAtRisk,
        Self::SimulatedValueAtRisk,
        Self::ExpectedShortfall,
        Self::Drawdown,
        Self::Leverage,
        Self::Concentration,
        Self::LargestShare,
        Self::LiquidityDays,
    ];

    /// The name as files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ValueAtRisk => "value_at_risk",
            Self::NormalValueAtRisk => "normal_value_at_risk",
            Self::SimulatedValueAtRisk => "simulated_value_at_risk",
            Self::ExpectedShortfall => "expected_shortfall",
            Self::Drawdown => "drawdown",
            Self::Leverage => "leverage",
            Self::Concentration => "concentration",
            Self::LargestShare => "largest_share",
            Self::LiquidityDays => "liquidity_days",
        }
    }

    /// The metric of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// A limit on a metric. What is not available does not exceed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricLimit {
    /// Whose metric.
    pub scope: ScopeName,
    /// Which.
    pub metric: MetricName,
    /// Above this an alert is raised: an amount, a ratio, or days, as the metric is told.
    pub max: Money,
    /// Whether the scope may then only reduce, until somebody sets its state.
    pub reduce: bool,
}

impl MetricLimit {
    /// Whether the limit can be meant.
    ///
    /// # Errors
    /// The field that cannot, and what would do.
    pub fn check(&self) -> Result<(), Fault> {
        if self.max <= Money::ZERO {
            return Err(("max", "must be above zero".to_owned()));
        }
        match self.scope {
            ScopeName::Instrument(_) => {
                let what =
                    "an instrument has no metrics; write firm, account/NAME or strategy/NAME";
                Err(("scope", what.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edit: impl FnOnce(&mut MetricSettings), expect: Option<&str>) {
        let mut settings = MetricSettings::default();
        edit(&mut settings);
        let found = settings.check().err();
        assert_eq!(found.map(|(field, _)| field), expect, "{settings:?}");
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        check(|_| {}, None);
        check(|s| s.period = Duration::ZERO, Some("period"));
        check(|s| s.sample_period = Duration::ZERO, Some("sample_period"));
        check(
            |s| s.sample_period = Duration::from_secs(7),
            Some("sample_period"),
        );
        check(|s| s.sample_period = Duration::from_secs(1), None);
        check(|s| s.sample_period = Duration::from_secs(86_400), None);
        check(|s| s.horizon = Duration::from_secs(4), Some("horizon"));
        check(|s| s.history = 19, Some("history"));
        check(|s| s.history = 10_001, Some("history"));
        check(|s| s.paths = 99, Some("paths"));
        check(|s| s.confidences.clear(), Some("confidences"));
        check(|s| s.confidences.reverse(), Some("confidences"));
        check(
            |s| s.confidences = vec![hundredths(49)],
            Some("confidences"),
        );
        check(
            |s| s.confidences = vec![hundredths(100)],
            Some("confidences"),
        );
        check(|s| s.participation = Rate::ZERO, Some("participation"));
        check(|s| s.participation = hundredths(101), Some("participation"));
        check(|s| s.estimator = Estimator::Ewma(1.0), Some("decay"));
    }

    #[test]
    fn limits_are_of_scopes_that_have_metrics() {
        let limit = |scope: &str, max: &str| MetricLimit {
            scope: scope.parse().unwrap(),
            metric: MetricName::Leverage,
            max: max.parse().unwrap(),
            reduce: false,
        };
        assert!(limit("firm", "2").check().is_ok());
        assert_eq!(limit("firm", "0").check().unwrap_err().0, "max");
        assert_eq!(limit("instrument/X", "2").check().unwrap_err().0, "scope");
        for metric in MetricName::ALL {
            assert_eq!(MetricName::find(metric.name()), Some(metric));
        }
        assert_eq!(MetricName::find("VAR"), None);
    }
}
