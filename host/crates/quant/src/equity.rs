//! The equity curve, sampled to days and months, and the returns between samples.

use model::Timestamp;
use model::time::{NANOS_PER_DAY, civil_from_days};

/// What an account was worth at a moment, in its base currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EquityPoint {
    /// When.
    pub time: Timestamp,
    /// How much.
    pub equity: f64,
}

/// The return of a calendar month (UTC).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MonthReturn {
    /// Year.
    pub year: u64,
    /// Month, from 1.
    pub month: u64,
    /// Return as a fraction.
    pub value: f64,
}

/// Whether returns can be computed at all: every value is finite and above zero, and time never
/// goes back. A curve that reaches zero has no return after it.
pub fn is_usable(curve: &[EquityPoint]) -> bool {
    let positive = curve
        .iter()
        .all(|point| point.equity.is_finite() && point.equity > 0.0);
    positive && curve.is_sorted_by_key(|point| point.time)
}

/// The last point of every UTC day that has data, after the very first point, which is the base of
/// the first return. Days without data have no return: nothing is carried into weekends.
pub fn daily(curve: &[EquityPoint]) -> Vec<EquityPoint> {
    sample(curve, |point| point.time.nanos() / NANOS_PER_DAY)
}

/// Returns from each sample to the next.
pub fn returns(samples: &[EquityPoint]) -> Vec<f64> {
    samples
        .windows(2)
        .map(|pair| pair[1].equity / pair[0].equity - 1.0)
        .collect()
}

/// The return of every UTC month that has data, the first from the first point.
pub fn monthly_returns(curve: &[EquityPoint]) -> Vec<MonthReturn> {
    if !is_usable(curve) {
        return Vec::new();
    }
    let samples = sample(curve, |point| month_of(point.time));
    let pairs = samples.windows(2);
    pairs
        .map(|pair| {
            let (year, month) = month_of(pair[1].time);
            MonthReturn {
                year,
                month,
                value: pair[1].equity / pair[0].equity - 1.0,
            }
        })
        .collect()
}

fn month_of(time: Timestamp) -> (u64, u64) {
    let (year, month, _) = civil_from_days(time.nanos() / NANOS_PER_DAY);
    (year, month)
}

/// The first point, then the last point of each period. A first period of one point is its own
/// base and has no return.
fn sample<K: PartialEq>(
    curve: &[EquityPoint],
    key: impl Fn(&EquityPoint) -> K,
) -> Vec<EquityPoint> {
    let periods = curve.chunk_by(|one, next| key(one) == key(next));
    let mut samples: Vec<EquityPoint> = curve.first().copied().into_iter().collect();
    for (index, period) in periods.enumerate() {
        if index > 0 || period.len() > 1 {
            samples.extend(period.last());
        }
    }
    samples
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A curve with one point at the start of each day, from 2024-01-01.
    pub(crate) fn curve(values: &[f64]) -> Vec<EquityPoint> {
        let start = 19_723 * NANOS_PER_DAY;
        (start..)
            .step_by(usize::try_from(NANOS_PER_DAY).unwrap())
            .zip(values)
            .map(|(nanos, &equity)| EquityPoint {
                time: Timestamp::from_nanos(nanos),
                equity,
            })
            .collect()
    }

    #[test]
    fn days_close_with_their_last_point() {
        let hour = NANOS_PER_DAY / 24;
        let at = |nanos, equity| EquityPoint {
            time: Timestamp::from_nanos(nanos),
            equity,
        };
        let curve = [
            at(0, 100.0),
            at(hour, 90.0),
            at(2 * hour, 110.0),
            at(50 * hour, 121.0),
        ];
        let values: Vec<f64> = daily(&curve).iter().map(|point| point.equity).collect();
        assert_eq!(values, [100.0, 110.0, 121.0]);
        let returns = returns(&daily(&curve));
        assert!((returns[0] - 0.1).abs() < 1e-12 && (returns[1] - 0.1).abs() < 1e-12);
    }

    #[test]
    fn months_follow_the_calendar() {
        let mut points = curve(&[100.0; 61]);
        points[30].equity = 110.0;
        points[59].equity = 99.0;
        points[60].equity = 99.0;
        let months = monthly_returns(&points);
        let keys: Vec<_> = months
            .iter()
            .map(|month| (month.year, month.month))
            .collect();
        assert_eq!(keys, [(2024, 1), (2024, 2), (2024, 3)]);
        assert!((months[0].value - 0.1).abs() < 1e-12);
        assert!((months[1].value + 0.1).abs() < 1e-12);
        assert!(months[2].value.abs() < 1e-12);
    }

    #[test]
    fn ruin_and_disorder_have_no_returns() {
        assert!(!is_usable(&curve(&[1.0, 0.0])));
        assert!(!is_usable(&curve(&[1.0, f64::NAN])));
        let mut back = curve(&[1.0, 2.0]);
        back.reverse();
        assert!(!is_usable(&back));
        assert!(monthly_returns(&back).is_empty());
        assert!(daily(&[]).is_empty());
    }
}
