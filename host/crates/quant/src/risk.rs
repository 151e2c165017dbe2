//! Return against risk: growth, volatility, Sharpe, Sortino, Calmar.

use model::Timestamp;

use crate::convert::{SECONDS_PER_DAY, seconds};
use crate::equity::EquityPoint;
use crate::moments::{finite, mean, positive_deviation, ratio};
use crate::statistics::Annual;

/// Mean length of a calendar year, in days.
const DAYS_PER_YEAR: f64 = 365.25;

/// Return and risk of an equity curve. Fractions, not percent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RiskStatistics {
    /// Last equity over first, less one.
    pub total_return: Option<f64>,
    /// Compound annual growth by calendar time.
    pub cagr: Option<f64>,
    /// Annualised standard deviation of daily returns.
    pub volatility: Option<f64>,
    /// Annualised mean excess return over volatility.
    pub sharpe: Option<f64>,
    /// Annualised mean excess return over downside deviation.
    pub sortino: Option<f64>,
    /// CAGR over maximum drawdown.
    pub calmar: Option<f64>,
}

/// All of them. `returns` are daily, `max_drawdown` is a positive fraction.
pub fn risk_statistics(
    curve: &[EquityPoint],
    returns: &[f64],
    max_drawdown: Option<f64>,
    annual: Annual,
) -> RiskStatistics {
    let cagr = cagr(curve);
    RiskStatistics {
        total_return: total_return(curve),
        cagr,
        volatility: volatility(returns, annual),
        sharpe: sharpe(returns, annual),
        sortino: sortino(returns, annual),
        calmar: cagr
            .zip(max_drawdown)
            .and_then(|(growth, drop)| ratio(growth, drop)),
    }
}

fn ends(curve: &[EquityPoint]) -> Option<(Timestamp, Timestamp, f64)> {
    let (first, last) = (curve.first()?, curve.last()?);
    (curve.len() > 1).then(|| (first.time, last.time, last.equity / first.equity))
}

/// Last equity over first, less one; `None` under two points.
pub fn total_return(curve: &[EquityPoint]) -> Option<f64> {
    finite(ends(curve).map(|(_, _, growth)| growth - 1.0))
}

/// `(last / first) ^ (365.25 days / elapsed) - 1`. `None` for less than a day, which says nothing
/// about a year.
pub fn cagr(curve: &[EquityPoint]) -> Option<f64> {
    let (start, end, growth) = ends(curve)?;
    let days = seconds(end.since(start)) / SECONDS_PER_DAY;
    finite((days >= 1.0).then(|| libm::pow(growth, DAYS_PER_YEAR / days) - 1.0))
}

/// Sample standard deviation of daily returns times the root of the days in a year.
pub fn volatility(returns: &[f64], annual: Annual) -> Option<f64> {
    crate::moments::deviation(returns).map(|daily| daily * annual.days.sqrt())
}

/// W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994): mean of the
/// returns above the risk-free rate over their sample deviation, annualised by the root of time.
pub fn sharpe(returns: &[f64], annual: Annual) -> Option<f64> {
    let excess = annual.excess(returns);
    let daily = ratio(mean(&excess)?, positive_deviation(&excess)?)?;
    Some(daily * annual.days.sqrt())
}

/// F. A. Sortino and R. van der Meer, "Downside Risk", Journal of Portfolio Management 17 (1991):
/// as Sharpe, with the root mean square of the negative excess returns, over all observations.
/// `None` under two returns or without a loss.
pub fn sortino(returns: &[f64], annual: Annual) -> Option<f64> {
    let excess = annual.excess(returns);
    if excess.len() < 2 {
        return None;
    }
    let squares: Vec<f64> = excess.iter().map(|value| value.min(0.0).powi(2)).collect();
    let daily = ratio(mean(&excess)?, mean(&squares)?.sqrt())?;
    Some(daily * annual.days.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::equity::tests::curve;
    use crate::moments::tests::check;

    const RETURNS: [f64; 8] = [0.01, -0.02, 0.015, 0.003, -0.007, 0.02, 0.0, -0.004];

    #[test]
    fn ratios_agree_with_numpy() {
        let annual = Annual::default();
        // r=np.array(RETURNS); r.std(ddof=1)*252**.5
        check(volatility(&RETURNS, annual), Some(0.204_605_718_395_161_2));
        // r.mean()/r.std(ddof=1)*252**.5
        check(sharpe(&RETURNS, annual), Some(2.617_228_903_474_597_7));
        // r.mean()/np.sqrt((np.minimum(r,0)**2).mean())*252**.5
        check(sortino(&RETURNS, annual), Some(4.424_637_765_381_332));
        // e=r-.05/252; e.mean()/e.std(ddof=1)*252**.5
        let annual = Annual {
            risk_free: 0.05,
            ..annual
        };
        check(sharpe(&RETURNS, annual), Some(2.372_856_456_838_314));
    }

    #[test]
    fn growth_is_by_the_calendar() {
        let mut two = curve(&[100.0, 121.0]);
        let year = 365.25 * SECONDS_PER_DAY;
        two[1].time = two[0]
            .time
            .after(model::Duration::from_secs(2 * 31_557_600));
        assert_eq!(year, 31_557_600.0);
        check(total_return(&two), Some(0.21));
        check(cagr(&two), Some(0.1));
    }

    #[test]
    fn too_little_gives_nothing() {
        let annual = Annual::default();
        check(total_return(&curve(&[100.0])), None);
        check(cagr(&curve(&[])), None);
        let mut hour = curve(&[100.0, 101.0]);
        hour[1].time = hour[0].time.after(model::Duration::from_secs(3600));
        check(cagr(&hour), None);
        check(sharpe(&[0.01], annual), None);
        check(sharpe(&[0.01; 9], annual), None);
        check(sortino(&[0.01, 0.02], annual), None);
        check(volatility(&[], annual), None);
    }
}
