//! Thins an equity curve for drawing without hiding its extremes.

use model::{Money, Timestamp};
use quant::{EquityPoint, convert, drawdown};

/// Equity at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// When.
    pub time: Timestamp,
    /// How much, exact.
    pub equity: Money,
    /// Loss from the peak of the whole curve so far, as a positive fraction.
    pub drawdown: f64,
}

/// Points kept of each stretch: first, lowest, highest, last.
const KEPT: usize = 4;

/// At most about `most` points of a curve. Drawdowns are those of the full curve; of every stretch
/// the first, lowest, highest and last point stay, so no peak or trough is lost.
pub fn curve(points: &[(Timestamp, Money)], most: usize) -> Vec<CurvePoint> {
    let equity = |&(time, equity): &(Timestamp, Money)| EquityPoint {
        time,
        equity: convert::money(equity),
    };
    let floats: Vec<EquityPoint> = points.iter().map(equity).collect();
    let path = drawdown::path(&floats);
    let full = points
        .iter()
        .zip(path)
        .map(|(&(time, equity), point)| CurvePoint {
            time,
            equity,
            drawdown: point.depth,
        });
    let full: Vec<CurvePoint> = full.collect();
    if full.len() <= most.max(KEPT) {
        return full;
    }
    let stretch = full.len().div_ceil((most / KEPT).max(1));
    full.chunks(stretch).flat_map(extremes).collect()
}

fn extremes(stretch: &[CurvePoint]) -> Vec<CurvePoint> {
    let indices = 0..stretch.len();
    let lowest = indices.clone().min_by_key(|index| stretch[*index].equity);
    let highest = indices.max_by_key(|index| stretch[*index].equity);
    let last = stretch.len().checked_sub(1);
    let mut kept: Vec<usize> = [Some(0), lowest, highest, last]
        .into_iter()
        .flatten()
        .collect();
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter()
        .filter_map(|index| stretch.get(index).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let worth = |n: u64| match n {
            4321 => 500,
            8765 => 2_000,
            _ => 1_000 + i64::try_from(n % 7).unwrap(),
        };
        let points: Vec<_> = (0..10_000)
            .map(|n| (Timestamp::from_nanos(n), Money::whole(worth(n)).unwrap()))
            .collect();
        let thin = curve(&points, 400);
        assert!(thin.len() <= 400 && thin.len() > 50, "{}", thin.len());
        assert!(thin.is_sorted_by_key(|point| point.time));
        assert_eq!(thin.first().map(|point| point.time), Some(points[0].0));
        assert_eq!(thin.last().map(|point| point.time), Some(points[9_999].0));
        let trough = thin
            .iter()
            .find(|point| point.time.nanos() == 4321)
            .unwrap();
        assert!((trough.drawdown - (1.0 - 500.0 / 1006.0)).abs() < 1e-12);
        assert!(thin.iter().any(|point| point.time.nanos() == 8765));
    }

    #[test]
    fn short_curves_stay_whole() {
        let points = [(Timestamp::ZERO, Money::whole(1).unwrap())];
        assert_eq!(curve(&points, 100).len(), 1);
        assert!(curve(&[], 100).is_empty());
    }
}
