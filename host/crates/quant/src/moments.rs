//! Mean, deviation and quantiles: the ground other statistics stand on.

use crate::convert::count;

/// Deviations below this share of the largest value are rounding noise, not risk.
const NOISE: f64 = 1e-12;

/// Arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    let n = count(values.len());
    finite((!values.is_empty()).then(|| values.iter().sum::<f64>() / n))
}

/// Central moment of the given order, divided by n.
pub fn central_moment(values: &[f64], order: i32) -> Option<f64> {
    let center = mean(values)?;
    let powers: Vec<f64> = values
        .iter()
        .map(|value| (value - center).powi(order))
        .collect();
    mean(&powers)
}

/// Sample standard deviation (divided by n - 1); `None` under two values.
pub fn deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let n = count(values.len());
    finite(Some((central_moment(values, 2)? * n / (n - 1.0)).sqrt()))
}

/// The same, but `None` where the values do not differ: a ratio to it would mean nothing.
pub fn positive_deviation(values: &[f64]) -> Option<f64> {
    let largest = values
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    deviation(values).filter(|deviation| *deviation > NOISE * largest)
}

/// Quantile with linear interpolation between order statistics (Hyndman and Fan 1996, type 7, the
/// default of numpy and R). `None` of nothing.
pub fn quantile(values: &[f64], probability: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let position = probability.clamp(0.0, 1.0) * count(last);
    // Walking to the position avoids a cast from a float to an index.
    let below = (0..last)
        .take_while(|index| count(*index + 1) <= position)
        .count();
    let above = (below + 1).min(last);
    finite(Some(
        sorted[below] + (sorted[above] - sorted[below]) * (position - count(below)),
    ))
}

/// Nothing instead of NaN or an infinity.
pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// `numerator / denominator`, or nothing where the denominator is zero.
pub(crate) fn ratio(numerator: f64, denominator: f64) -> Option<f64> {
    finite((denominator != 0.0).then(|| numerator / denominator))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Fails unless both are absent or equal to 1e-9.
    pub(crate) fn check(got: Option<f64>, expect: Option<f64>) {
        match (got, expect) {
            (Some(got), Some(expect)) => {
                let tolerance = 1e-9 * expect.abs().max(1.0);
                assert!((got - expect).abs() <= tolerance, "{got} is not {expect}");
            }
            (got, expect) => assert_eq!(got, expect),
        }
    }

    #[test]
    fn known_values() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        check(mean(&values), Some(5.0));
        check(central_moment(&values, 2), Some(4.0));
        check(deviation(&values), Some((32.0_f64 / 7.0).sqrt()));
        check(quantile(&values, 0.5), Some(4.5));
        check(quantile(&values, 0.0), Some(2.0));
        check(quantile(&values, 1.0), Some(9.0));
        check(quantile(&[1.0, 2.0, 3.0, 4.0], 0.4), Some(2.2));
    }

    #[test]
    fn too_few_or_equal_values_give_nothing() {
        check(mean(&[]), None);
        check(quantile(&[], 0.5), None);
        check(quantile(&[3.0], 0.9), Some(3.0));
        check(deviation(&[1.0]), None);
        check(positive_deviation(&[0.1; 7]), None);
        check(mean(&[f64::MAX, f64::MAX]), None);
        check(ratio(1.0, 0.0), None);
    }
}
