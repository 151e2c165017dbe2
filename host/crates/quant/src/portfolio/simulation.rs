//! Returns drawn from a covariance: the ground of Monte Carlo value at risk.

use super::covariance::Matrix;
use crate::random::Random;
use crate::unavailable::Unavailable;

/// Most values that are drawn: paths times series.
pub const MOST_VALUES: usize = 4_000_000;

/// How returns are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulation {
    /// How many outcomes.
    pub paths: usize,
    /// Equal seeds give equal outcomes.
    pub seed: u64,
    /// How many sampling periods an outcome covers; the deviation grows with its root.
    pub periods: f64,
}

/// Simple returns of each series over each path (P. Glasserman, "Monte Carlo Methods in Financial
/// Engineering", 2003, ch. 9): log returns are normal with mean zero and this covariance for each
/// period. Numbers are drawn path by path, so a series does not depend on how many follow it.
///
/// # Errors
/// No paths, periods that are not positive, more than [`MOST_VALUES`] values, and a matrix that is
/// not positive semidefinite.
pub fn draw(covariance: &Matrix, how: &Simulation) -> Result<Vec<Vec<f64>>, Unavailable> {
    let had = how.paths.saturating_mul(covariance.size());
    if had > MOST_VALUES {
        return Err(Unavailable::TooMany {
            most: MOST_VALUES,
            had,
        });
    }
    if how.paths == 0 || !how.periods.is_finite() || how.periods <= 0.0 {
        return Err(Unavailable::Input("a simulation needs paths and a time"));
    }
    let root = covariance.root()?;
    let scale = how.periods.sqrt();
    let mut random = Random::new(how.seed, 0);
    let mut draws = vec![0.0; covariance.size()];
    let mut returns = vec![Vec::with_capacity(how.paths); covariance.size()];
    for _ in 0..how.paths {
        draws.iter_mut().for_each(|draw| *draw = random.normal());
        for (series, line) in returns.iter_mut().zip(&root) {
            let sum: f64 = line
                .iter()
                .zip(&draws)
                .map(|(part, draw)| part * draw)
                .sum();
            series.push(libm::expm1(scale * sum));
        }
    }
    Ok(returns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portfolio::covariance::tests::matrix;
    use crate::portfolio::losses;
    use crate::unavailable::tests::check;

    // Printed by the formulas beside their uses.
    const SIMULATED_99: f64 = 15.4419999361479;
    const SIMULATED_SHORTFALL_95: f64 = 13.879053962591042;

    const HOW: Simulation = Simulation {
        paths: 4_000,
        seed: 7,
        periods: 4.0,
    };

    fn profits(how: &Simulation) -> Vec<f64> {
        let covariance = matrix(&[&[4e-4, 1e-4], &[1e-4, 1e-4]]);
        losses::profits(&[100.0, 200.0], &draw(&covariance, how).unwrap()).unwrap()
    }

    #[test]
    fn the_tail_agrees_with_an_independent_program() {
        // SplitMix64 and the polar method written anew in Python; numpy for the rest:
        // L=np.linalg.cholesky(S); p=np.expm1(2*Z@L.T)@[100,200]; -np.quantile(p,.99)
        let profits = profits(&HOW);
        check(losses::value_at_risk(&profits, 0.99), Ok(SIMULATED_99));
        check(
            losses::expected_shortfall(&profits, 0.95),
            Ok(SIMULATED_SHORTFALL_95),
        );
    }

    #[test]
    fn it_is_near_the_normal_tail_and_reproducible() {
        // σ = sqrt(12) for a period, twice that for four; lognormal losses are a little smaller.
        let normal = losses::normal_value_at_risk(2.0 * 12.0_f64.sqrt(), 0.95).unwrap();
        let drawn = losses::value_at_risk(&profits(&HOW), 0.95).unwrap();
        assert!((drawn / normal - 1.0).abs() < 0.06, "{drawn} {normal}");
        assert_eq!(profits(&HOW), profits(&HOW));
        assert_ne!(profits(&HOW), profits(&Simulation { seed: 8, ..HOW }));
    }

    #[test]
    fn no_return_loses_more_than_all() {
        let wild = matrix(&[&[25.0]]);
        let returns = draw(&wild, &HOW).unwrap();
        assert!(
            returns[0]
                .iter()
                .all(|value| *value >= -1.0 && value.is_finite())
        );
    }

    #[test]
    fn bad_input_is_refused() {
        let covariance = matrix(&[&[1.0, 2.0], &[2.0, 1.0]]);
        assert_eq!(draw(&covariance, &HOW), Err(Unavailable::NotPositive));
        let one = matrix(&[&[1.0]]);
        for how in [
            Simulation { paths: 0, ..HOW },
            Simulation {
                paths: MOST_VALUES + 1,
                ..HOW
            },
            Simulation {
                periods: 0.0,
                ..HOW
            },
            Simulation {
                periods: f64::NAN,
                ..HOW
            },
        ] {
            assert!(draw(&one, &how).is_err(), "{how:?}");
        }
    }
}
