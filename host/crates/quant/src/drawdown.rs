//! How far equity fell below its peak, how deep and for how long.

use model::{Duration, Timestamp};

use crate::equity::EquityPoint;
use crate::moments::mean;

/// Equity below its peak at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawdownPoint {
    /// When.
    pub time: Timestamp,
    /// Loss from the peak as a positive fraction; zero at a peak.
    pub depth: f64,
}

/// The deepest fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxDrawdown {
    /// Loss from the peak as a positive fraction.
    pub depth: f64,
    /// When the peak was.
    pub start: Timestamp,
    /// When it was deepest.
    pub trough: Timestamp,
    /// When equity was back at the peak; `None` if it never was.
    pub recovery: Option<Timestamp>,
    /// From the peak to the recovery, or to the end of the data.
    pub duration: Duration,
}

/// Falls of an equity curve.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drawdowns {
    /// The deepest; `None` if equity never fell.
    pub max: Option<MaxDrawdown>,
    /// The longest time below a peak, recovered or not; `None` if equity never fell.
    pub longest: Option<Duration>,
    /// P. Martin and B. McCann, "The Investor's Guide to Fidelity Funds" (1989): root mean square
    /// of the daily drawdowns, as a fraction.
    pub ulcer_index: Option<f64>,
}

/// Drawdown at every point of the curve.
pub fn path(curve: &[EquityPoint]) -> Vec<DrawdownPoint> {
    let mut peak = f64::MIN_POSITIVE;
    let depth = |point: &EquityPoint| {
        peak = peak.max(point.equity);
        DrawdownPoint {
            time: point.time,
            depth: 1.0 - point.equity / peak,
        }
    };
    curve.iter().map(depth).collect()
}

/// All figures: depth and times from every point, the ulcer index from the daily samples.
pub fn drawdowns(curve: &[EquityPoint], daily: &[EquityPoint]) -> Drawdowns {
    let falls = falls(curve);
    let squares: Vec<f64> = path(daily)
        .iter()
        .skip(1)
        .map(|point| point.depth.powi(2))
        .collect();
    Drawdowns {
        // The first of equally deep ones, so that the answer does not depend on what came after.
        max: falls
            .iter()
            .copied()
            .reduce(|max, next| if next.depth > max.depth { next } else { max }),
        longest: falls.iter().map(|fall| fall.duration).max(),
        ulcer_index: mean(&squares).map(f64::sqrt),
    }
}

/// Every fall from one peak to the recovery or the end.
fn falls(curve: &[EquityPoint]) -> Vec<MaxDrawdown> {
    let Some(mut peak) = curve.first().copied() else {
        return Vec::new();
    };
    let mut falls = Vec::new();
    let mut open: Option<MaxDrawdown> = None;
    for point in curve {
        if point.equity < peak.equity {
            let depth = 1.0 - point.equity / peak.equity;
            let fall = open.get_or_insert(MaxDrawdown {
                depth,
                start: peak.time,
                trough: point.time,
                recovery: None,
                duration: Duration::ZERO,
            });
            if depth > fall.depth {
                (fall.depth, fall.trough) = (depth, point.time);
            }
            fall.duration = point.time.since(fall.start);
        } else {
            if let Some(fall) = open.take() {
                let duration = point.time.since(fall.start);
                falls.push(MaxDrawdown {
                    recovery: Some(point.time),
                    duration,
                    ..fall
                });
            }
            peak = *point;
        }
    }
    falls.extend(open);
    falls
}

#[cfg(test)]
mod tests {
    use model::time::NANOS_PER_DAY;

    use super::*;
    use crate::equity::tests::curve;
    use crate::moments::tests::check;

    fn days(duration: Duration) -> u64 {
        duration.nanos() / NANOS_PER_DAY
    }

    #[test]
    fn the_deepest_fall_has_its_dates() {
        let points = curve(&[100.0, 110.0, 99.0, 104.0, 88.0, 110.0, 120.0, 118.0, 117.0]);
        let found = drawdowns(&points, &points);
        let max = found.max.unwrap();
        check(Some(max.depth), Some(0.2));
        assert_eq!(max.start, points[1].time);
        assert_eq!(max.trough, points[4].time);
        assert_eq!(max.recovery, Some(points[5].time));
        assert_eq!((days(max.duration), days(found.longest.unwrap())), (4, 4));
    }

    #[test]
    fn a_fall_that_lasts_has_no_recovery() {
        let points = curve(&[100.0, 90.0, 80.0, 95.0]);
        let max = drawdowns(&points, &points).max.unwrap();
        assert_eq!((max.recovery, days(max.duration)), (None, 3));
        assert_eq!(max.trough, points[2].time);
        // np.sqrt(np.mean(np.array([.1,.2,.05])**2))
        check(
            drawdowns(&points, &points).ulcer_index,
            Some((0.0525_f64 / 3.0).sqrt()),
        );
    }

    #[test]
    fn a_rise_has_no_fall() {
        let points = curve(&[100.0, 100.0, 101.0]);
        assert_eq!(drawdowns(&points, &points).max, None);
        assert_eq!(drawdowns(&[], &[]), Drawdowns::default());
        assert!(path(&points).iter().all(|point| point.depth == 0.0));
    }
}
