//! Every statistic of one run, from its equity curve and its closed trades.

use crate::drawdown::{Drawdowns, drawdowns};
use crate::equity::{EquityPoint, daily, is_usable, monthly_returns, returns};
use crate::moments::mean;
use crate::probability::probabilistic_sharpe;
use crate::risk::{RiskStatistics, risk_statistics};
use crate::tails::{TailStatistics, tail_statistics};
use crate::trades::{TradeOutcome, TradeStatistics, trade_statistics};

/// How days become years.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annual {
    /// Trading days in a year: 252 for exchanges that rest at weekends, 365 for those that do not.
    pub days: f64,
    /// Risk-free return per year, as a fraction.
    pub risk_free: f64,
}

impl Default for Annual {
    fn default() -> Self {
        Self {
            days: 252.0,
            risk_free: 0.0,
        }
    }
}

impl Annual {
    /// Daily returns above the risk-free rate.
    pub(crate) fn excess(self, returns: &[f64]) -> Vec<f64> {
        let daily = self.risk_free / self.days;
        returns.iter().map(|value| value - daily).collect()
    }
}

/// The statistics of one run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Statistics {
    /// Daily returns behind them.
    pub days: usize,
    /// Return against risk.
    pub risk: RiskStatistics,
    /// Falls from the peak.
    pub drawdowns: Drawdowns,
    /// The shape of daily returns.
    pub tails: TailStatistics,
    /// Probability that the true Sharpe ratio is above zero.
    pub probabilistic_sharpe: Option<f64>,
    /// Closed trades.
    pub trades: TradeStatistics,
}

/// Computes all statistics. A curve with a value that is not above zero, not finite or out of
/// order has no returns: what stands on them is `None`, and only trades are reported.
pub fn statistics(curve: &[EquityPoint], trades: &[TradeOutcome], annual: Annual) -> Statistics {
    let curve = if is_usable(curve) { curve } else { &[] };
    let samples = daily(curve);
    let returns = returns(&samples);
    let drawdowns = drawdowns(curve, &samples);
    let period = curve
        .first()
        .zip(curve.last())
        .map(|(first, last)| (first.time, last.time));
    let equity: Vec<f64> = curve.iter().map(|point| point.equity).collect();
    Statistics {
        days: returns.len(),
        risk: risk_statistics(curve, &returns, drawdowns.max.map(|max| max.depth), annual),
        drawdowns,
        tails: tail_statistics(&returns, &monthly_returns(curve)),
        probabilistic_sharpe: probabilistic_sharpe(&annual.excess(&returns), 0.0),
        trades: trade_statistics(trades, period, mean(&equity)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::equity::tests::curve;
    use crate::moments::tests::check;

    #[test]
    fn a_curve_gives_consistent_figures() {
        let points = curve(&[100.0, 110.0, 99.0, 121.0]);
        let all = statistics(&points, &[], Annual::default());
        assert_eq!(all.days, 3);
        check(all.risk.total_return, Some(0.21));
        check(all.drawdowns.max.map(|max| max.depth), Some(0.1));
        check(all.risk.calmar, all.risk.cagr.map(|growth| growth / 0.1));
        check(all.tails.best_month, Some(0.21));
        assert_eq!(all.probabilistic_sharpe, None);
    }

    #[test]
    fn ruin_leaves_only_trades() {
        let all = statistics(&curve(&[100.0, -5.0]), &[], Annual::default());
        assert_eq!(all, Statistics::default());
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(
            statistics(&[], &[], Annual::default()),
            Statistics::default()
        );
    }
}
