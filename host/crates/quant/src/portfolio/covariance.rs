//! How returns move together: covariance and correlation matrices, beta.

use super::LEAST_RETURNS;
use crate::convert::count;
use crate::moments::{mean, positive_deviation};
use crate::unavailable::{Figure, Unavailable, finite};

/// Most series of a matrix; the time it takes grows with the square of their number.
pub const MOST_SERIES: usize = 256;
/// How far below zero rounding may take a pivot of a correlation matrix.
const ROUNDING: f64 = 1e-9;

/// How covariances are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Estimator {
    /// The sample covariance, divided by n - 1.
    #[default]
    Sample,
    /// Exponentially weighted with this decay, mean zero, the newest observation last (J.P. Morgan,
    /// "RiskMetrics Technical Document", 4th ed., 1996); the weights add up to one.
    Ewma(f64),
    /// Shrunk towards the mean variance on the diagonal (O. Ledoit and M. Wolf, "A well-conditioned
    /// estimator for large-dimensional covariance matrices", J. Multivariate Analysis 88, 2004).
    Shrinkage,
}

/// A symmetric matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    size: usize,
    values: Vec<f64>,
}

impl Matrix {
    fn of(size: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let places = (0..size).flat_map(|row| (0..size).map(move |column| (row, column)));
        let values = places.map(|(row, column)| value(row, column)).collect();
        Self { size, values }
    }

    /// Rows and columns.
    pub fn size(&self) -> usize {
        self.size
    }

    /// One value; zero outside.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        let place = row * self.size + column;
        let inside = row < self.size && column < self.size;
        if inside { self.values[place] } else { 0.0 }
    }

    /// The matrix times a vector.
    ///
    /// # Errors
    /// A vector of another length.
    pub fn product(&self, vector: &[f64]) -> Result<Vec<f64>, Unavailable> {
        if vector.len() != self.size {
            return Err(Unavailable::Input("each row needs one exposure"));
        }
        let rows = self.values.chunks(self.size.max(1));
        let times = |row: &[f64]| row.iter().zip(vector).map(|(a, b)| a * b).sum();
        Ok(rows.map(times).collect())
    }

    /// The correlation of two series.
    ///
    /// # Errors
    /// [`Unavailable::NoVariation`] where one of them does not move.
    pub fn correlation(&self, row: usize, column: usize) -> Figure {
        let scale = (self.get(row, row) * self.get(column, column)).sqrt();
        if scale > 0.0 {
            // Rounding may take it a little out of its range.
            finite(self.get(row, column) / scale).map(|value| value.clamp(-1.0, 1.0))
        } else {
            Err(Unavailable::NoVariation)
        }
    }

    /// The same with each row and column multiplied by its factor: volatilities that change.
    #[must_use]
    pub fn scaled(&self, factors: &[f64]) -> Self {
        let factor = |place: usize| factors.get(place).copied().unwrap_or(1.0);
        Self::of(self.size, |row, column| {
            self.get(row, column) * factor(row) * factor(column)
        })
    }

    /// Whether variances and covariances can be like this.
    pub fn is_positive_semidefinite(&self) -> bool {
        self.root().is_ok()
    }

    /// The lower triangle whose product with its transpose is this matrix (Cholesky), row by row.
    /// Rows that others determine, up to rounding, get no part of their own.
    ///
    /// # Errors
    /// [`Unavailable::NotPositive`] where there is none.
    pub(super) fn root(&self) -> Result<Vec<Vec<f64>>, Unavailable> {
        let deviations: Vec<f64> = (0..self.size).map(|n| self.get(n, n).sqrt()).collect();
        let mut root: Vec<Vec<f64>> = Vec::with_capacity(self.size);
        for row in 0..self.size {
            let mut line = vec![0.0; row + 1];
            for column in 0..=row {
                let left = self.left_of(row, column, &deviations, &line, &root)?;
                line[column] = if column == row {
                    diagonal(left)?
                } else {
                    below(left, root[column][column])?
                };
            }
            root.push(line);
        }
        for (line, deviation) in root.iter_mut().zip(&deviations) {
            line.iter_mut().for_each(|value| *value *= deviation);
        }
        Ok(root)
    }

    /// What is left of a correlation after the columns before it.
    fn left_of(
        &self,
        row: usize,
        column: usize,
        deviations: &[f64],
        line: &[f64],
        root: &[Vec<f64>],
    ) -> Figure {
        let scale = deviations[row] * deviations[column];
        let covariance = self.get(row, column);
        if scale.is_nan() || (scale <= 0.0 && covariance != 0.0) {
            return Err(Unavailable::NotPositive);
        }
        let correlation = if scale > 0.0 { covariance / scale } else { 0.0 };
        let other = if column == row { line } else { &root[column] };
        let used: f64 = line[..column].iter().zip(other).map(|(a, b)| a * b).sum();
        Ok(correlation - used)
    }
}

fn diagonal(left: f64) -> Figure {
    match left {
        left if left > ROUNDING => Ok(left.sqrt()),
        left if left >= -ROUNDING => Ok(0.0),
        _ => Err(Unavailable::NotPositive),
    }
}

fn below(left: f64, pivot: f64) -> Figure {
    match pivot {
        pivot if pivot > 0.0 => Ok(left / pivot),
        // Nothing of its own is left of that column: nothing may depend on it.
        _ if left.abs() <= ROUNDING.sqrt() => Ok(0.0),
        _ => Err(Unavailable::NotPositive),
    }
}

/// Estimates the covariance of series of equal length.
///
/// # Errors
/// Fewer than [`LEAST_RETURNS`] observations, more than [`MOST_SERIES`] series, series of different
/// lengths, a decay outside of 0 to 1, and what is not finite.
pub fn estimate(returns: &[Vec<f64>], estimator: Estimator) -> Result<Matrix, Unavailable> {
    let had = check(returns)?;
    let matrix = match estimator {
        Estimator::Sample => {
            let centred = centred(returns);
            products(&centred, |_| 1.0 / (count(had) - 1.0))
        }
        Estimator::Ewma(decay) => {
            let weights = weights(had, decay)?;
            products(returns, |place| weights[place])
        }
        Estimator::Shrinkage => shrunk(&centred(returns), had),
    };
    let finite = matrix.values.iter().all(|value| value.is_finite());
    if finite {
        Ok(matrix)
    } else {
        Err(Unavailable::NotFinite)
    }
}

/// The number of observations, if there are enough.
fn check(returns: &[Vec<f64>]) -> Result<usize, Unavailable> {
    let had = returns.first().map_or(0, Vec::len);
    if returns.len() > MOST_SERIES {
        let had = returns.len();
        return Err(Unavailable::TooMany {
            most: MOST_SERIES,
            had,
        });
    }
    if returns.iter().any(|series| series.len() != had) {
        return Err(Unavailable::Input("all series must be of one length"));
    }
    if had < LEAST_RETURNS {
        return Err(Unavailable::History {
            needed: LEAST_RETURNS,
            had,
        });
    }
    Ok(had)
}

/// Series less their means; one that differs by rounding only does not move.
fn centred(returns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let centre = |series: &Vec<f64>| match (mean(series), positive_deviation(series)) {
        (Some(mean), Some(_)) => series.iter().map(|value| value - mean).collect(),
        (Some(mean), None) if mean.is_finite() => vec![0.0; series.len()],
        _ => vec![f64::NAN; series.len()],
    };
    returns.iter().map(centre).collect()
}

fn weights(observations: usize, decay: f64) -> Result<Vec<f64>, Unavailable> {
    if !(decay > 0.0 && decay < 1.0) {
        return Err(Unavailable::Input("a decay is between 0 and 1"));
    }
    let older = |weight: &f64| Some(weight * decay);
    let mut weights: Vec<f64> = std::iter::successors(Some(1.0), older)
        .take(observations)
        .collect();
    weights.reverse();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    Ok(weights)
}

/// Weighted sums of products of each two series.
fn products(series: &[Vec<f64>], weight: impl Fn(usize) -> f64) -> Matrix {
    let size = series.len();
    let mut values = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let pairs = series[row].iter().zip(&series[column]).enumerate();
            let sum = pairs.map(|(place, (a, b))| weight(place) * a * b).sum();
            values[row * size + column] = sum;
            values[column * size + row] = sum;
        }
    }
    Matrix { size, values }
}

fn shrunk(centred: &[Vec<f64>], observations: usize) -> Matrix {
    let n = count(observations);
    let size = count(centred.len());
    let sample = products(centred, |_| 1.0 / n);
    let places = 0..centred.len();
    let level = places
        .clone()
        .map(|place| sample.get(place, place))
        .sum::<f64>()
        / size;
    let squares = |matrix: &Matrix| matrix.values.iter().map(|value| value * value).sum::<f64>();
    // In the paper's terms d² is the distance to the target and b² that of the observations.
    let distance = (squares(&sample) - size * level * level) / size;
    // Σ_t |x_t x_t' - S|² = Σ_t |x_t|⁴ - n |S|².
    let fourth: f64 = (0..observations)
        .map(|time| {
            centred
                .iter()
                .map(|series| series[time] * series[time])
                .sum::<f64>()
        })
        .map(|square| square * square)
        .sum();
    let noise = ((fourth - n * squares(&sample)) / (n * n * size)).clamp(0.0, distance.max(0.0));
    let share = if distance > 0.0 {
        noise / distance
    } else {
        0.0
    };
    Matrix::of(centred.len(), |row, column| {
        let target = if row == column { level } else { 0.0 };
        share * target + (1.0 - share) * sample.get(row, column)
    })
}

/// How much a series moves for each unit that the benchmark moves: covariance over the variance of
/// the benchmark (W. F. Sharpe, "Capital Asset Prices", Journal of Finance 19, 1964).
///
/// # Errors
/// As [`estimate`]; [`Unavailable::NoVariation`] of a benchmark that does not move.
pub fn beta(returns: &[f64], benchmark: &[f64]) -> Figure {
    let matrix = estimate(&[returns.to_vec(), benchmark.to_vec()], Estimator::Sample)?;
    let variance = matrix.get(1, 1);
    if variance > 0.0 {
        finite(matrix.get(0, 1) / variance)
    } else {
        Err(Unavailable::NoVariation)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::unavailable::tests::check;

    // Printed by the formulas beside their uses.
    const SAMPLE: [f64; 6] = [
        0.0008570553921568632,
        0.0005119039565826331,
        -1.0293417366946714e-06,
        0.0011005335959383754,
        -9.182528011204471e-06,
        0.0001662654761904762,
    ];
    const EWMA: [f64; 6] = [
        0.0008027927830909234,
        0.0004883048439507856,
        -7.183491636824945e-05,
        0.001123625242770908,
        -9.595384032961332e-05,
        0.00015398325629554935,
    ];
    const SHRUNK: [f64; 6] = [
        0.0008441774548459188,
        0.0004879458940084869,
        -9.81166618255378e-07,
        0.001076260423316925,
        -8.752768526339514e-06,
        0.00018571779892048997,
    ];
    const CORRELATION_01: f64 = 0.5270871008819016;
    const CORRELATION_12: f64 = -0.021466417376079995;
    const BETA: f64 = 0.5972822308420195;

    /// i=np.arange(n); x=((i*37)%101-50)/1000; y=((i*53)%97-48)/1000+.5*x; v=((i*29)%89-44)/2000
    pub(crate) fn series(n: u32) -> Vec<Vec<f64>> {
        let step = |i: u32, by: u32, of: u32, less: f64| f64::from(i * by % of) - less;
        let x: Vec<f64> = (0..n).map(|i| step(i, 37, 101, 50.0) / 1000.0).collect();
        let own = (0..n).map(|i| step(i, 53, 97, 48.0) / 1000.0);
        let y = own.zip(&x).map(|(own, x)| own + 0.5 * x).collect();
        let v = (0..n).map(|i| step(i, 29, 89, 44.0) / 2000.0).collect();
        vec![x, y, v]
    }

    pub(crate) fn matrix(rows: &[&[f64]]) -> Matrix {
        Matrix::of(rows.len(), |row, column| rows[row][column])
    }

    #[track_caller]
    fn compare(got: &Matrix, expect: [f64; 6]) {
        let places = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
        for ((row, column), expect) in places.into_iter().zip(expect) {
            let (one, other) = (got.get(row, column), got.get(column, row));
            assert!(
                (one - expect).abs() < 1e-15,
                "{row} {column}: {one}, not {expect}"
            );
            assert!((one - other).abs() < 1e-20);
        }
    }

    #[test]
    fn estimates_agree_with_numpy() {
        let series = series(120);
        // X=np.stack([x,y,v]); np.cov(X)
        compare(&estimate(&series, Estimator::Sample).unwrap(), SAMPLE);
        // w=.94**np.arange(n)[::-1]; w/=w.sum(); (X*w)@X.T
        compare(&estimate(&series, Estimator::Ewma(0.94)).unwrap(), EWMA);
        // C=X-X.mean(1,keepdims=True); S=C@C.T/n; m=np.trace(S)/3; d=((S-m*np.eye(3))**2).sum()/3
        // b=min(sum(((np.outer(c,c)-S)**2).sum() for c in C.T)/n**2/3,d); b/d*m*np.eye(3)+(1-b/d)*S
        compare(&estimate(&series, Estimator::Shrinkage).unwrap(), SHRUNK);
    }

    #[test]
    fn correlation_and_beta_agree_with_numpy() {
        let series = series(120);
        let matrix = estimate(&series, Estimator::Sample).unwrap();
        // np.corrcoef(X)[0,1], [1,2]; np.cov(y,x)[0,1]/x.var(ddof=1)
        check(matrix.correlation(0, 1), Ok(CORRELATION_01));
        check(matrix.correlation(1, 2), Ok(CORRELATION_12));
        check(matrix.correlation(2, 2), Ok(1.0));
        check(beta(&series[1], &series[0]), Ok(BETA));
    }

    #[test]
    fn beta_by_hand() {
        let benchmark: Vec<f64> = (0..20).map(|n| f64::from(n % 2) / 100.0).collect();
        let twice: Vec<f64> = benchmark.iter().map(|value| 0.01 - 2.0 * value).collect();
        check(beta(&twice, &benchmark), Ok(-2.0));
        check(beta(&benchmark, &[0.01; 20]), Err(Unavailable::NoVariation));
    }

    #[test]
    fn what_cannot_be_a_covariance_has_no_root() {
        assert!(matrix(&[&[1.0, 0.5], &[0.5, 1.0]]).is_positive_semidefinite());
        assert!(matrix(&[&[1.0, 1.0], &[1.0, 1.0]]).is_positive_semidefinite());
        assert!(matrix(&[&[0.0, 0.0], &[0.0, 1.0]]).is_positive_semidefinite());
        // Eigenvalues of the first are 3 and -1; each two of the third's series may be so, not all.
        assert!(!matrix(&[&[1.0, 2.0], &[2.0, 1.0]]).is_positive_semidefinite());
        assert!(!matrix(&[&[0.0, 0.1], &[0.1, 1.0]]).is_positive_semidefinite());
        let three: [&[f64]; 3] = [&[1.0, 0.9, -0.9], &[0.9, 1.0, 0.9], &[-0.9, 0.9, 1.0]];
        assert!(!matrix(&three).is_positive_semidefinite());
        assert!(!matrix(&[&[-1.0]]).is_positive_semidefinite());
        let series: Vec<Vec<f64>> = (0..40)
            .map(|shift| self::series(60 + shift)[0][shift as usize..].to_vec())
            .collect();
        for estimator in [
            Estimator::Sample,
            Estimator::Ewma(0.9),
            Estimator::Shrinkage,
        ] {
            let matrix = estimate(&series, estimator).unwrap();
            assert!(matrix.is_positive_semidefinite(), "{estimator:?}");
        }
    }

    #[test]
    fn more_series_than_observations_still_have_a_root() {
        let series: Vec<Vec<f64>> = (0..60_u32)
            .map(|k| {
                (0..20_u32)
                    .map(|t| f64::from((k * 31 + t * 17 + k * t * 7) % 101) / 1e3)
                    .collect()
            })
            .collect();
        let matrix = estimate(&series, Estimator::Sample).unwrap();
        let root = matrix.root().unwrap();
        for row in 0..60 {
            for column in 0..=row {
                let value: f64 = root[row]
                    .iter()
                    .zip(&root[column])
                    .map(|(a, b)| a * b)
                    .sum();
                assert!((value - matrix.get(row, column)).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn the_root_by_hand() {
        let root = matrix(&[&[4.0, 2.0], &[2.0, 10.0]]).root().unwrap();
        check(Ok(root[0][0]), Ok(2.0));
        check(Ok(root[1][0]), Ok(1.0));
        check(Ok(root[1][1]), Ok(3.0));
    }

    #[test]
    fn bad_series_are_refused() {
        let few = Err(Unavailable::History {
            needed: 20,
            had: 19,
        });
        assert_eq!(estimate(&[vec![0.1; 19]], Estimator::Sample), few);
        assert_eq!(
            estimate(&[], Estimator::Sample).unwrap_err().to_string(),
            "needs 20 returns and has 0"
        );
        assert!(estimate(&[vec![0.1; 20], vec![0.1; 21]], Estimator::Sample).is_err());
        assert!(estimate(&vec![vec![0.1; 20]; 257], Estimator::Sample).is_err());
        for decay in [0.0, 1.0, -1.0, f64::NAN] {
            assert!(estimate(&[vec![0.1; 20]], Estimator::Ewma(decay)).is_err());
        }
        let huge = estimate(&[vec![f64::INFINITY; 20]], Estimator::Sample);
        assert_eq!(huge, Err(Unavailable::NotFinite));
        let still = estimate(
            &[vec![0.1; 20], series(20)[0].clone()],
            Estimator::Ewma(0.9),
        );
        assert!(still.is_ok());
        assert_eq!(
            matrix(&[&[0.0]]).correlation(0, 0),
            Err(Unavailable::NoVariation)
        );
    }
}
