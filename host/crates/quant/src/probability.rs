//! The normal distribution, and whether a Sharpe ratio is more than luck.

use crate::convert::count;
use crate::moments::{central_moment, finite, mean, positive_deviation, ratio};

/// Returns needed before the normal limit says anything.
const NEEDED: usize = 20;

/// The standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// The standard normal density.
pub fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt()
}

/// Below this the normal distribution is zero for an f64.
const FARTHEST: f64 = 38.0;
/// Halvings that take [`FARTHEST`] below the last digit of an f64.
const HALVINGS: u32 = 70;

/// The value that a standard normal number is below with this probability, by halving: the
/// distribution function is monotone and known to the last digits. NaN outside of 0 to 1.
pub fn normal_quantile(probability: f64) -> f64 {
    if !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    // Of the smaller tail, where no digit is lost.
    let tail = probability.min(1.0 - probability);
    let (mut low, mut high) = (-FARTHEST, 0.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if normal_cdf(middle) < tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    if probability < 0.5 { high } else { -high }
}

/// Probabilistic Sharpe ratio (D. H. Bailey and M. López de Prado, "The Sharpe Ratio Efficient
/// Frontier", Journal of Risk 15, 2012): the probability that the true Sharpe ratio of these
/// returns exceeds `benchmark`, given their number, skewness and kurtosis.
///
/// Ratios are per observation, not annualised; moments are those of the sample (divided by n), as
/// in the paper. `None` under 20 returns, without deviation, or where the formula's variance is
/// not positive.
pub fn probabilistic_sharpe(excess_returns: &[f64], benchmark: f64) -> Option<f64> {
    if excess_returns.len() < NEEDED {
        return None;
    }
    let n = count(excess_returns.len());
    let sharpe = ratio(mean(excess_returns)?, positive_deviation(excess_returns)?)?;
    let variance = central_moment(excess_returns, 2)?;
    let skew = central_moment(excess_returns, 3)? / variance.powf(1.5);
    let kurtosis = central_moment(excess_returns, 4)? / variance.powi(2);
    let spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe.powi(2);
    let score = (sharpe - benchmark) * (n - 1.0).sqrt() / spread.sqrt();
    finite((spread > 0.0).then_some(score)).map(normal_cdf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::tests::check;

    #[test]
    fn the_normal_distribution_is_known() {
        check(Some(normal_cdf(0.0)), Some(0.5));
        // scipy.stats.norm.cdf(1.96), norm.cdf(-3)
        check(Some(normal_cdf(1.96)), Some(0.975_002_104_851_780_1));
        check(Some(normal_cdf(-3.0)), Some(0.001_349_898_031_630_094_6));
    }

    #[test]
    fn quantiles_agree_with_scipy() {
        // norm.ppf(.975), .99, .0001; norm.pdf(1.5)
        check(Some(normal_quantile(0.975)), Some(1.959_963_984_540_054));
        check(Some(normal_quantile(0.99)), Some(2.326_347_874_040_840_8));
        check(Some(normal_quantile(0.0001)), Some(-3.719_016_485_455_709));
        check(Some(normal_density(1.5)), Some(0.129_517_595_665_891_74));
        check(Some(normal_quantile(0.5)), Some(0.0));
        assert!(normal_quantile(1.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn the_ratio_agrees_with_scipy() {
        let r: Vec<f64> = (0..60_u32)
            .map(|i| (f64::from(i * 37 % 101) - 45.0) / 1000.0)
            .collect();
        // sr=r.mean()/r.std(ddof=1); g=skew(r); k=kurtosis(r,fisher=False)
        // norm.cdf((sr-b)*59**.5/(1-g*sr+(k-1)/4*sr**2)**.5) for b=0, .1
        check(probabilistic_sharpe(&r, 0.0), Some(0.880_556_214_340_561));
        check(probabilistic_sharpe(&r, 0.1), Some(0.659_563_041_004_533_4));
    }

    #[test]
    fn little_or_equal_data_has_no_probability() {
        check(probabilistic_sharpe(&[0.01; 40], 0.0), None);
        check(probabilistic_sharpe(&[0.01, 0.02, -0.01], 0.0), None);
    }
}
