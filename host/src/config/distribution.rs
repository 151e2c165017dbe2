//! Distributions of latencies: as quantiles, or as a well-known form of which the quantiles are worked
//! out here. The engine is told quantiles and nothing else, so that it needs no floating point.
//!
//! Of a form, 129 quantiles are taken. The outermost ones are set so that the mean of the outermost
//! parts is that of the form, however long its tail is.

use super::Span;
use engine::Quantiles;
use model::Duration;
use serde::Deserialize;
use std::time::Duration as Seconds;

/// `{ quantiles = […] }`, `{ exponential = { mean = … } }` or
/// `{ log_normal = { median = …, sigma = … } }`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Durations at equal distances of probability, from the smallest to the largest.
    Quantiles(Vec<Span>),
    /// Many short and few long ones.
    Exponential(Exponential),
    /// Of which the logarithm is normally distributed: close to the median with a long tail.
    LogNormal(LogNormal),
}

/// An exponential distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// Its mean.
    pub mean: Span,
}

/// A log-normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogNormal {
    /// Its median.
    pub median: Span,
    /// Standard deviation of the logarithm.
    pub sigma: f64,
}

/// Parts of equal probability.
const PARTS: u32 = 128;
/// Beyond this a tail is longer than any run.
const LARGEST_SIGMA: f64 = 4.0;

impl Distribution {
    /// Its quantiles.
    ///
    /// # Errors
    /// What is wrong with it and what would do.
    pub fn quantiles(&self) -> Result<Quantiles, String> {
        let quantiles = match self {
            Self::Quantiles(spans) => Quantiles(spans.iter().map(|span| span.0).collect()),
            Self::Exponential(form) => scaled(form.mean, &exponential())?,
            Self::LogNormal(form) if form.sigma > 0.0 && form.sigma <= LARGEST_SIGMA => {
                scaled(form.median, &log_normal(form.sigma))?
            }
            Self::LogNormal(form) => {
                return Err(format!(
                    "sigma is {}; write one above 0, up to 4",
                    form.sigma
                ));
            }
        };
        match quantiles.flaw() {
            Some(flaw) => Err(flaw.to_owned()),
            None if quantiles.0.is_empty() => Err("there are no quantiles".to_owned()),
            None => Ok(quantiles),
        }
    }
}

fn scaled(unit: Span, factors: &[f64]) -> Result<Quantiles, String> {
    if unit.0 == Duration::ZERO {
        return Err("a mean or median of 0 draws nothing; remove the distribution".to_owned());
    }
    let unit_s = Seconds::from_nanos(unit.0.nanos()).as_secs_f64();
    let nanos = factors.iter().map(|factor| {
        let drawn = Seconds::try_from_secs_f64(unit_s * factor).ok()?;
        u64::try_from(drawn.as_nanos()).ok()
    });
    let nanos: Option<Vec<u64>> = nanos.collect();
    let nanos =
        nanos.ok_or("its longest durations are too long; write a shorter mean or median")?;
    Ok(Quantiles(
        nanos.into_iter().map(Duration::from_nanos).collect(),
    ))
}

/// Quantiles with mean 1: `-ln(1 - p)`. Beyond its last quantile the mean of an exponential
/// distribution is that quantile plus 1, so the last part reaches 2 beyond it.
fn exponential() -> Vec<f64> {
    let mut quantiles: Vec<f64> = (0..PARTS).map(|n| -(-probability(n)).ln_1p()).collect();
    quantiles.extend(quantiles.last().map(|last| last + 2.0));
    quantiles
}

/// Quantiles with median 1: `exp(sigma z(p))`. The mean below `x` is
/// `exp(sigma² / 2) N(z - sigma) / N(z)`, and above it likewise (N. L. Johnson, S. Kotz and
/// N. Balakrishnan, "Continuous Univariate Distributions", volume 1, 1994, chapter 14).
fn log_normal(sigma: f64) -> Vec<f64> {
    let inner: Vec<f64> = (1..PARTS).map(|n| score(probability(n))).collect();
    let mean = (sigma * sigma / 2.0).exp() * f64::from(PARTS);
    let mut quantiles: Vec<f64> = inner.iter().map(|z| (sigma * z).exp()).collect();
    let (Some(first), Some(last)) = (inner.first(), inner.last()) else {
        return quantiles;
    };
    let below = mean * quant::normal_cdf(first - sigma);
    let above = mean * quant::normal_cdf(sigma - last);
    let (lowest, highest) = ((sigma * first).exp(), (sigma * last).exp());
    quantiles.insert(0, (2.0 * below - lowest).max(0.0));
    quantiles.push(2.0 * above - highest);
    quantiles
}

fn probability(part: u32) -> f64 {
    f64::from(part) / f64::from(PARTS)
}

/// The standard normal quantile, by halving: exact enough for whole nanoseconds.
fn score(probability: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if quant::normal_cdf(middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        text.parse().unwrap()
    }

    /// The mean of what is drawn from quantiles, in nanoseconds.
    fn mean(quantiles: &Quantiles) -> u64 {
        let nanos: Vec<u64> = quantiles.0.iter().map(|at| at.nanos()).collect();
        let twice: u64 = nanos.windows(2).map(|part| part[0] + part[1]).sum();
        twice / 2 / u64::from(PARTS)
    }

    #[test]
    fn an_exponential_has_its_quantiles_and_its_mean() {
        let form = Distribution::Exponential(Exponential { mean: span("1ms") });
        let quantiles = form.quantiles().unwrap();
        let at = |n: usize| quantiles.0[n].nanos();
        assert_eq!(quantiles.0.len(), 129);
        assert_eq!(at(0), 0);
        // ln 2, ln 4, ln 128 and two more.
        assert!(at(64).abs_diff(693_147) <= 1 && at(96).abs_diff(1_386_294) <= 1);
        assert!(at(127).abs_diff(4_852_030) <= 1 && at(128).abs_diff(6_852_030) <= 1);
        // Lines between points of a curve that bends up lie a little above it.
        assert!((1_000_000..1_003_000).contains(&mean(&quantiles)));
    }

    #[test]
    fn a_log_normal_has_its_quantiles_and_its_mean() {
        let form = |sigma| {
            Distribution::LogNormal(LogNormal {
                median: span("1ms"),
                sigma,
            })
        };
        let quantiles = form(0.5).quantiles().unwrap();
        let at = |n: usize| quantiles.0[n].nanos();
        assert!(at(64).abs_diff(1_000_000) <= 1);
        // exp(0.5 * 0.67448975) and its inverse.
        assert!(at(96).abs_diff(1_401_082) <= 2 && at(32).abs_diff(713_734) <= 2);
        // exp(0.125) is 1.1331485.
        assert!((1_133_000..1_137_000).contains(&mean(&quantiles)));
        for sigma in [0.01, 0.1, 1.0, 2.0, 4.0] {
            assert!(form(sigma).quantiles().is_ok(), "{sigma}");
        }
        for sigma in [0.0, -1.0, 4.1, f64::NAN, f64::INFINITY] {
            assert!(form(sigma).quantiles().is_err(), "{sigma}");
        }
    }

    #[test]
    fn distributions_that_draw_nothing_are_refused() {
        let of = |spans: &[&str]| {
            let spans = spans.iter().map(|text| span(text)).collect();
            Distribution::Quantiles(spans).quantiles()
        };
        assert!(of(&["1ms", "2ms", "9ms"]).is_ok());
        for wrong in [&[][..], &["1ms"], &["2ms", "1ms"]] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
        let zero = Exponential { mean: span("0ms") };
        assert!(Distribution::Exponential(zero).quantiles().is_err());
    }
}
