//! Value at risk and expected shortfall, from observed or simulated profits and from a variance.

use super::covariance::Matrix;
use crate::convert::count;
use crate::probability::{normal_density, normal_quantile};
use crate::tails;
use crate::unavailable::{Figure, Unavailable, finite};

/// A little less than one observation, for rounding in `n * (1 - confidence)`.
const ONE_OBSERVATION: f64 = 1.0 - 1e-9;

/// Observations needed for one of them to be beyond a confidence: 20 for 0.95, 100 for 0.99.
fn check(observations: usize, confidence: f64) -> Result<usize, Unavailable> {
    check_confidence(confidence)?;
    let tail = 1.0 - confidence;
    if count(observations) * tail >= ONE_OBSERVATION {
        return Ok(observations);
    }
    let mut counts = observations + 1..;
    let needed = counts.find(|needed| count(*needed) * tail >= ONE_OBSERVATION);
    Err(Unavailable::History {
        needed: needed.unwrap_or(usize::MAX),
        had: observations,
    })
}

fn check_confidence(confidence: f64) -> Result<(), Unavailable> {
    if (0.5..=0.9999).contains(&confidence) {
        return Ok(());
    }
    Err(Unavailable::Input("a confidence is from 0.5 to 0.9999"))
}

/// The loss that is exceeded with probability `1 - confidence` in these profits: their quantile
/// with linear interpolation, sign turned (see [`tails::value_at_risk`]). Negative when even that
/// outcome gained.
///
/// # Errors
/// Too few observations for one to be in the tail; a confidence outside of 0.5 to 0.9999.
pub fn value_at_risk(profits: &[f64], confidence: f64) -> Figure {
    let needed = check(profits.len(), confidence)?;
    tails::value_at_risk(profits, confidence, needed).ok_or(Unavailable::NotFinite)
}

/// The mean of the losses at or beyond the value at risk (see [`tails::expected_shortfall`]).
///
/// # Errors
/// As [`value_at_risk`].
pub fn expected_shortfall(profits: &[f64], confidence: f64) -> Figure {
    let needed = check(profits.len(), confidence)?;
    tails::expected_shortfall(profits, confidence, needed).ok_or(Unavailable::NotFinite)
}

/// Delta-normal value at risk (P. Jorion, "Value at Risk", 3rd ed., 2006, ch. 10): the normal
/// quantile times the deviation of profits, whose mean is taken to be zero.
///
/// # Errors
/// A confidence outside of 0.5 to 0.9999; a deviation that is not finite.
pub fn normal_value_at_risk(deviation: f64, confidence: f64) -> Figure {
    check_confidence(confidence)?;
    finite(deviation * normal_quantile(confidence))
}

/// Expected shortfall of normal profits with mean zero: `deviation * density(z) / (1 - confidence)`
/// at the quantile z (A. McNeil, R. Frey, P. Embrechts, "Quantitative Risk Management", 2005, 2.2).
///
/// # Errors
/// As [`normal_value_at_risk`].
pub fn normal_expected_shortfall(deviation: f64, confidence: f64) -> Figure {
    check_confidence(confidence)?;
    let density = normal_density(normal_quantile(confidence));
    finite(deviation * density / (1.0 - confidence))
}

/// Deviation of the profits of exposures whose returns have this covariance: the root of `w'Σw`.
///
/// # Errors
/// Exposures of another number; not finite.
pub fn deviation(exposures: &[f64], covariance: &Matrix) -> Figure {
    let spread = covariance.product(exposures)?;
    let variance: f64 = exposures.iter().zip(&spread).map(|(w, s)| w * s).sum();
    // Rounding may take a variance of nothing a little below zero.
    finite(variance.max(0.0).sqrt())
}

/// What each exposure adds to the normal value at risk (Jorion, ch. 7): `z * w_i * (Σw)_i / σ`.
/// They add up to the whole; a negative one is a hedge.
///
/// # Errors
/// As [`deviation`]; [`Unavailable::NoVariation`] where nothing moves.
pub fn components(
    exposures: &[f64],
    covariance: &Matrix,
    confidence: f64,
) -> Result<Vec<f64>, Unavailable> {
    let deviation = deviation(exposures, covariance)?;
    if deviation <= 0.0 {
        return Err(Unavailable::NoVariation);
    }
    let unit = normal_value_at_risk(1.0, confidence)? / deviation;
    let spread = covariance.product(exposures)?;
    let parts = exposures.iter().zip(&spread);
    parts.map(|(w, s)| finite(unit * w * s)).collect()
}

/// Profits of exposures over each observation: `returns[i]` are those of `exposures[i]`.
///
/// # Errors
/// Another number of series than of exposures, or series of different lengths.
pub fn profits(exposures: &[f64], returns: &[Vec<f64>]) -> Result<Vec<f64>, Unavailable> {
    let length = returns.first().map_or(0, Vec::len);
    if returns.len() != exposures.len() || returns.iter().any(|one| one.len() != length) {
        return Err(Unavailable::Input(
            "each exposure needs a series, all of one length",
        ));
    }
    let mut profits = vec![0.0; length];
    for (exposure, series) in exposures.iter().zip(returns) {
        for (profit, value) in profits.iter_mut().zip(series) {
            *profit += exposure * value;
        }
    }
    Ok(profits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portfolio::covariance::tests::{matrix, series};
    use crate::unavailable::tests::check;

    // Printed by the formulas beside their uses.
    const HISTORICAL_95: f64 = 355.55;
    const HISTORICAL_99: f64 = 490.79499999999996;
    const SHORTFALL_95: f64 = 458.25;
    const SHORTFALL_99: f64 = 519.5;
    const NORMAL_99: f64 = 581.5869685102102;
    const NORMAL_SHORTFALL_99: f64 = 666.303555086452;
    const NORMAL_95: f64 = 411.21340673786807;

    #[test]
    fn observed_tails_agree_with_numpy() {
        // x, y, v of covariance.rs; p=1e4*x-5e3*y+2e3*v
        let profits = profits(&[1e4, -5e3, 2e3], &series(120)).unwrap();
        // -np.quantile(p,.05), -np.quantile(p,.01)
        check(value_at_risk(&profits, 0.95), Ok(HISTORICAL_95));
        check(value_at_risk(&profits, 0.99), Ok(HISTORICAL_99));
        // -p[p<=np.quantile(p,.05)].mean(), and .01
        check(expected_shortfall(&profits, 0.95), Ok(SHORTFALL_95));
        check(expected_shortfall(&profits, 0.99), Ok(SHORTFALL_99));
    }

    #[test]
    fn normal_tails_agree_with_scipy() {
        // 250*norm.ppf(.99), 250*norm.pdf(norm.ppf(.99))/.01, and .95
        check(normal_value_at_risk(250.0, 0.99), Ok(NORMAL_99));
        check(
            normal_expected_shortfall(250.0, 0.99),
            Ok(NORMAL_SHORTFALL_99),
        );
        check(normal_value_at_risk(250.0, 0.95), Ok(NORMAL_95));
        check(normal_value_at_risk(250.0, 0.5), Ok(0.0));
        check(normal_value_at_risk(0.0, 0.99), Ok(0.0));
    }

    #[test]
    fn two_positions_by_hand() {
        // Deviations 0.02 and 0.01, correlation 0.5: 100² 4e-4 + 2·100·200·1e-4 + 200² 1e-4 = 12.
        let covariance = matrix(&[&[4e-4, 1e-4], &[1e-4, 1e-4]]);
        let exposures = [100.0, 200.0];
        check(deviation(&exposures, &covariance), Ok(12.0_f64.sqrt()));
        // Σw = (0.06, 0.03); both parts are 6 of 12: half of the whole each.
        let whole = normal_value_at_risk(12.0_f64.sqrt(), 0.95).unwrap();
        let parts = components(&exposures, &covariance, 0.95).unwrap();
        check(Ok(parts[0]), Ok(whole / 2.0));
        check(Ok(parts[1]), Ok(whole / 2.0));
        let hedged = components(&[100.0, -100.0], &covariance, 0.95).unwrap();
        assert!(
            hedged[1].abs() < 1e-12,
            "it moves against its own half: {hedged:?}"
        );
    }

    #[test]
    fn too_little_is_not_nothing() {
        let few = vec![-1.0; 19];
        let short = |needed, had| Err(Unavailable::History { needed, had });
        check(value_at_risk(&few, 0.95), short(20, 19));
        check(expected_shortfall(&few, 0.99), short(100, 19));
        check(value_at_risk(&[], 0.975), short(40, 0));
        check(value_at_risk(&[1.0; 20], 0.95), Ok(-1.0));
        let wrong = Err(Unavailable::Input("a confidence is from 0.5 to 0.9999"));
        for confidence in [0.0, 0.4, 1.0, f64::NAN] {
            check(value_at_risk(&few, confidence), wrong);
            check(normal_value_at_risk(1.0, confidence), wrong);
            check(normal_expected_shortfall(1.0, confidence), wrong);
        }
        check(
            normal_value_at_risk(f64::NAN, 0.9),
            Err(Unavailable::NotFinite),
        );
        let covariance = matrix(&[&[0.0]]);
        assert_eq!(
            components(&[1.0], &covariance, 0.95),
            Err(Unavailable::NoVariation)
        );
        assert!(deviation(&[1.0, 2.0], &covariance).is_err());
        assert!(profits(&[1.0], &[]).is_err());
        assert!(profits(&[1.0, 2.0], &[vec![0.1], vec![]]).is_err());
    }
}
