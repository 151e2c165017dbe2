//! What is held: exposure, leverage, concentration, and how long it would take to sell it.

use crate::unavailable::{Figure, Unavailable, finite};

/// What nothing can be said of when nothing is held.
const NOTHING_HELD: Unavailable = Unavailable::Missing("nothing is held");

/// Signed values added up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exposure {
    /// Of what is owned.
    pub long: f64,
    /// Of what is owed, as a positive amount.
    pub short: f64,
}

impl Exposure {
    /// Adds a value: positive when owned.
    pub fn add(&mut self, value: f64) {
        self.long += value.max(0.0);
        self.short += (-value).max(0.0);
    }

    /// Longs and shorts added up.
    pub fn gross(&self) -> f64 {
        self.long + self.short
    }

    /// Longs less shorts.
    pub fn net(&self) -> f64 {
        self.long - self.short
    }

    /// Gross exposure over equity.
    ///
    /// # Errors
    /// Equity that is not positive, against which nothing can be levered.
    pub fn leverage(&self, equity: f64) -> Figure {
        if equity > 0.0 {
            finite(self.gross() / equity)
        } else {
            Err(Unavailable::Missing("equity is not above zero"))
        }
    }
}

/// Shares of the whole, by size; signs do not matter.
fn shares(values: &[f64]) -> Result<Vec<f64>, Unavailable> {
    let whole: f64 = values.iter().map(|value| value.abs()).sum();
    if whole <= 0.0 {
        return Err(NOTHING_HELD);
    }
    let mut shares: Vec<f64> = values.iter().map(|value| value.abs() / whole).collect();
    shares.sort_by(|one, other| other.total_cmp(one));
    finite(whole).map(|_| shares)
}

/// Herfindahl-Hirschman index: the sum of squared shares of gross exposure (A. O. Hirschman, "The
/// Paternity of an Index", American Economic Review 54, 1964). 1 for one holding, 1/n for n equal.
///
/// # Errors
/// When nothing is held.
pub fn herfindahl(values: &[f64]) -> Figure {
    finite(shares(values)?.iter().map(|share| share * share).sum())
}

/// Share of the `n` largest holdings in gross exposure.
///
/// # Errors
/// When nothing is held.
pub fn largest_share(values: &[f64], n: usize) -> Figure {
    finite(shares(values)?.iter().take(n).sum())
}

/// Days it takes to close a position, trading this share of the average daily volume.
///
/// # Errors
/// A volume that is not known, or a share outside of 0 to 1.
pub fn days_to_liquidate(quantity: f64, daily_volume: Option<f64>, participation: f64) -> Figure {
    if !(participation > 0.0 && participation <= 1.0) {
        return Err(Unavailable::Input(
            "a participation is above 0 and at most 1",
        ));
    }
    match daily_volume {
        _ if quantity == 0.0 => Ok(0.0),
        Some(volume) if volume > 0.0 => finite(quantity.abs() / (participation * volume)),
        _ => Err(Unavailable::Missing(
            "the average daily volume is not known",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unavailable::tests::check;

    #[test]
    fn exposure_by_hand() {
        let mut exposure = Exposure::default();
        for value in [100.0, -40.0, 20.0, 0.0] {
            exposure.add(value);
        }
        assert_eq!((exposure.long, exposure.short), (120.0, 40.0));
        assert_eq!((exposure.gross(), exposure.net()), (160.0, 80.0));
        check(exposure.leverage(80.0), Ok(2.0));
        for equity in [0.0, -1.0, f64::NAN] {
            assert!(exposure.leverage(equity).is_err());
        }
        check(Exposure::default().leverage(1.0), Ok(0.0));
    }

    #[test]
    fn concentration_by_hand() {
        // Shares 0.5, 0.3, 0.2: 0.25 + 0.09 + 0.04.
        let values = [-50.0, 20.0, 30.0];
        check(herfindahl(&values), Ok(0.38));
        check(largest_share(&values, 1), Ok(0.5));
        check(largest_share(&values, 2), Ok(0.8));
        check(largest_share(&values, 9), Ok(1.0));
        check(herfindahl(&[7.0]), Ok(1.0));
        check(herfindahl(&[1.0; 4]), Ok(0.25));
        check(herfindahl(&[]), Err(NOTHING_HELD));
        check(largest_share(&[0.0, 0.0], 1), Err(NOTHING_HELD));
    }

    #[test]
    fn liquidation_by_hand() {
        // 1,000 at a tenth of 2,000 a day.
        check(days_to_liquidate(-1000.0, Some(2000.0), 0.1), Ok(5.0));
        check(days_to_liquidate(0.0, None, 0.1), Ok(0.0));
        let unknown = Err(Unavailable::Missing(
            "the average daily volume is not known",
        ));
        check(days_to_liquidate(1.0, None, 0.1), unknown);
        check(days_to_liquidate(1.0, Some(0.0), 0.1), unknown);
        for participation in [0.0, 1.1, f64::NAN] {
            assert!(days_to_liquidate(1.0, Some(1.0), participation).is_err());
        }
    }
}
