//! The shape of daily returns: tails, skew, gains against losses, best and worst.

use crate::convert::count;
use crate::equity::MonthReturn;
use crate::moments::{central_moment, mean, positive_deviation, quantile, ratio};

/// Returns needed before one of twenty can be told.
const FOR_95: usize = 20;
/// Returns needed before one of a hundred can be told.
const FOR_99: usize = 100;

/// Tails of daily returns. Losses are positive fractions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TailStatistics {
    /// The loss exceeded on one day of 20 (historical).
    pub value_at_risk_95: Option<f64>,
    /// The loss exceeded on one day of 100 (historical).
    pub value_at_risk_99: Option<f64>,
    /// The mean loss on those days of 20.
    pub expected_shortfall_95: Option<f64>,
    /// The mean loss on those days of 100.
    pub expected_shortfall_99: Option<f64>,
    /// Sample skewness.
    pub skew: Option<f64>,
    /// Sample excess kurtosis; zero for a normal distribution.
    pub excess_kurtosis: Option<f64>,
    /// 95 % quantile over the size of the 5 % quantile.
    pub tail_ratio: Option<f64>,
    /// Gains over losses, both against zero.
    pub omega: Option<f64>,
    /// Best day.
    pub best_day: Option<f64>,
    /// Worst day.
    pub worst_day: Option<f64>,
    /// Best month.
    pub best_month: Option<f64>,
    /// Worst month.
    pub worst_month: Option<f64>,
}

/// All of them, from daily returns and months.
pub fn tail_statistics(returns: &[f64], months: &[MonthReturn]) -> TailStatistics {
    let months: Vec<f64> = months.iter().map(|month| month.value).collect();
    TailStatistics {
        value_at_risk_95: value_at_risk(returns, 0.95, FOR_95),
        value_at_risk_99: value_at_risk(returns, 0.99, FOR_99),
        expected_shortfall_95: expected_shortfall(returns, 0.95, FOR_95),
        expected_shortfall_99: expected_shortfall(returns, 0.99, FOR_99),
        skew: skew(returns),
        excess_kurtosis: excess_kurtosis(returns),
        tail_ratio: tail_ratio(returns),
        omega: omega(returns),
        best_day: best(returns),
        worst_day: worst(returns),
        best_month: best(&months),
        worst_month: worst(&months),
    }
}

/// Historical value at risk (P. Jorion, "Value at Risk", 3rd ed., 2006): the quantile of the
/// returns at one minus the confidence, with its sign turned. Negative when even that day gained.
pub fn value_at_risk(returns: &[f64], confidence: f64, needed: usize) -> Option<f64> {
    let enough = returns.len() >= needed;
    enough
        .then(|| quantile(returns, 1.0 - confidence))
        .flatten()
        .map(|cut| -cut)
}

/// Expected shortfall (C. Acerbi and D. Tasche, "On the coherence of expected shortfall", Journal
/// of Banking & Finance 26, 2002): mean of the returns at or below the quantile, sign turned.
pub fn expected_shortfall(returns: &[f64], confidence: f64, needed: usize) -> Option<f64> {
    let cut = -value_at_risk(returns, confidence, needed)?;
    let tail: Vec<f64> = returns
        .iter()
        .copied()
        .filter(|value| *value <= cut)
        .collect();
    mean(&tail).map(|loss| -loss)
}

/// Adjusted Fisher-Pearson skewness G1 (D. N. Joanes and C. A. Gill, "Comparing measures of sample
/// skewness and kurtosis", The Statistician 47, 1998). Needs three values that differ.
pub fn skew(returns: &[f64]) -> Option<f64> {
    positive_deviation(returns).filter(|_| returns.len() >= 3)?;
    let n = count(returns.len());
    let biased = central_moment(returns, 3)? / central_moment(returns, 2)?.powf(1.5);
    ratio(biased * (n * (n - 1.0)).sqrt(), n - 2.0)
}

/// Excess kurtosis G2 of the same paper. Needs four values that differ.
pub fn excess_kurtosis(returns: &[f64]) -> Option<f64> {
    positive_deviation(returns).filter(|_| returns.len() >= 4)?;
    let n = count(returns.len());
    let biased = central_moment(returns, 4)? / central_moment(returns, 2)?.powi(2) - 3.0;
    ratio(
        (n - 1.0) * ((n + 1.0) * biased + 6.0),
        (n - 2.0) * (n - 3.0),
    )
}

/// How much larger the best days are than the worst: 95 % quantile over the size of the 5 % one.
pub fn tail_ratio(returns: &[f64]) -> Option<f64> {
    if returns.len() < FOR_95 {
        return None;
    }
    ratio(
        quantile(returns, 0.95)?.abs(),
        quantile(returns, 0.05)?.abs(),
    )
}

/// C. Keating and W. F. Shadwick, "A Universal Performance Measure" (2002), with a threshold of
/// zero: the sum of gains over the sum of losses. `None` without a loss.
pub fn omega(returns: &[f64]) -> Option<f64> {
    let gains: f64 = returns.iter().map(|value| value.max(0.0)).sum();
    let losses: f64 = returns.iter().map(|value| (-value).max(0.0)).sum();
    ratio(gains, losses)
}

fn best(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::max)
}

fn worst(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::tests::check;

    /// r=((np.arange(n)*37)%101-48)/1000
    fn returns(n: u32) -> Vec<f64> {
        (0..n)
            .map(|i| (f64::from(i * 37 % 101) - 48.0) / 1000.0)
            .collect()
    }

    #[test]
    fn tails_agree_with_numpy_and_scipy() {
        let r = returns(150);
        let tails = tail_statistics(&r, &[]);
        // -np.quantile(r,.05), -np.quantile(r,.01)
        check(tails.value_at_risk_95, Some(0.043_55));
        check(tails.value_at_risk_99, Some(0.047_510_000_000_000_004));
        // -r[r<=np.quantile(r,.05)].mean(), and .01
        check(tails.expected_shortfall_95, Some(0.046_125));
        check(tails.expected_shortfall_99, Some(0.048));
        // scipy.stats.skew(r,bias=False), scipy.stats.kurtosis(r,bias=False)
        check(tails.skew, Some(0.003_306_892_032_854_367_7));
        check(tails.excess_kurtosis, Some(-1.197_291_209_614_310_7));
        // abs(np.quantile(r,.95))/abs(np.quantile(r,.05))
        check(tails.tail_ratio, Some(1.068_886_337_543_053_5));
        // r[r>0].sum()/-r[r<0].sum()
        check(tails.omega, Some(1.144_312_393_887_945_8));
        check(tails.best_day, Some(0.052));
        check(tails.worst_day, Some(-0.048));
    }

    #[test]
    fn too_few_days_have_no_tails() {
        let tails = tail_statistics(&returns(19), &[]);
        check(tails.value_at_risk_95, None);
        check(tails.tail_ratio, None);
        check(tail_statistics(&returns(99), &[]).value_at_risk_99, None);
        check(skew(&[0.1, 0.2]), None);
        check(skew(&[0.1; 9]), None);
        check(excess_kurtosis(&[0.1, 0.2, 0.4]), None);
        check(omega(&[0.1, 0.2]), None);
        assert_eq!(tail_statistics(&[], &[]), TailStatistics::default());
    }

    #[test]
    fn months_have_extremes() {
        let month = |month, value| MonthReturn {
            year: 2024,
            month,
            value,
        };
        let tails = tail_statistics(&[], &[month(1, 0.04), month(2, -0.01)]);
        check(tails.best_month, Some(0.04));
        check(tails.worst_month, Some(-0.01));
    }
}
