//! Whether a factor looks ahead: a row is scored again by a fresh instance without the rows after it, and
//! with no more history than was asked for. A score that changes followed from what nobody knew at its
//! time, or from more than the factor says.

use super::scores::Scores;
use super::table::Table;
use anyhow::Result;
use model::{Fault, Timestamp};
use runtime::Factor;
use std::fmt;
use std::ops::Range;

/// By what share of itself a score may change: sums in another order do so.
const ROUNDING: f64 = 1e-9;
/// By what share of its row's largest score it may change besides: what is next to nothing beside the
/// others is a difference of numbers that nearly cancel.
const OF_ROW: f64 = 1e-12;

/// A score that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The row's time.
    pub time: Timestamp,
    /// The instrument.
    pub instrument: String,
    /// The score at first.
    pub before: f64,
    /// The score then.
    pub after: f64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            time,
            instrument,
            before,
            after,
        } = self;
        write!(f, "{instrument} at {time} had {before} and then {after}")
    }
}

/// What scores follow from that they must not.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Leak {
    /// Later rows.
    #[error(
        "it looks ahead: without the rows after it, {0}; a score may follow from its own row and those \
         before it only"
    )]
    Ahead(Difference),
    /// More history than was asked for.
    #[error(
        "it reaches further back than the {lookback} rows that it says it needs: with only those, \
         {difference}; ask for more, or look at no more"
    )]
    History {
        /// What it asked for.
        lookback: usize,
        /// What changed.
        difference: Difference,
    },
    /// What an earlier call left behind.
    #[error(
        "it does not score the same rows alike: asked again, {0}; a score must not follow from what an \
         earlier call left behind"
    )]
    Memory(Difference),
    /// It breaks, or refuses, when it is given less.
    #[error("without the rows after {time} it cannot score: {fault}")]
    Broken {
        /// The last row that it was given.
        time: Timestamp,
        /// What it said.
        fault: Fault,
    },
}

/// Scores some rows again and says what is wrong with the first that changes. `make` makes a fresh instance
/// of the factor that made `scores`.
///
/// # Errors
/// A fresh instance cannot be made.
pub fn check(
    make: &mut dyn FnMut() -> Result<Factor>,
    table: &Table,
    scores: &Scores,
    rows: &[usize],
) -> Result<Option<Leak>> {
    for &row in rows {
        let batch = scores.batch_of(row);
        let row = followed(row, &batch);
        let before = scores.row(row);
        let mut factor = make()?;
        let lookback = factor.needs().lookback;
        let alone = table.score(&mut factor, row.saturating_sub(lookback), row..row + 1);
        let alone = match alone {
            Ok(alone) => alone,
            Err(fault) => return Ok(Some(broken(table, row, fault))),
        };
        let Some(difference) = difference(table, row, (before, alone.as_slice())) else {
            continue;
        };
        let begin = batch.start.saturating_sub(lookback);
        return cause(make, table, (begin, batch), (row, before), difference).map(Some);
    }
    Ok(None)
}

/// Why a row that was scored within a batch has other scores when it is scored alone.
fn cause(
    make: &mut dyn FnMut() -> Result<Factor>,
    table: &Table,
    (begin, batch): (usize, Range<usize>),
    (row, before): (usize, &[f64]),
    alone: Difference,
) -> Result<Leak> {
    let width = table.width();
    // The very same rows.
    let again = match table.score(&mut make()?, begin, batch.clone()) {
        Ok(again) => again,
        Err(fault) => return Ok(broken(table, batch.end - 1, fault)),
    };
    let place = (row - batch.start) * width;
    let again = again.get(place..place + width).unwrap_or_default();
    if let Some(difference) = difference(table, row, (before, again)) {
        return Ok(Leak::Memory(difference));
    }
    // As much history, and nothing after.
    let mut factor = make()?;
    let lookback = factor.needs().lookback;
    let cut = match table.score(&mut factor, begin, row..row + 1) {
        Ok(cut) => cut,
        Err(fault) => return Ok(broken(table, row, fault)),
    };
    Ok(match difference(table, row, (before, cut.as_slice())) {
        Some(difference) => Leak::Ahead(difference),
        None => Leak::History {
            lookback,
            difference: alone,
        },
    })
}

/// The row itself, or the one before where it is the last of several that were scored together: none was
/// seen after that one, so leaving them out shows nothing.
fn followed(row: usize, batch: &Range<usize>) -> usize {
    match batch.len() > 1 && row + 1 == batch.end {
        true => row - 1,
        false => row,
    }
}

fn broken(table: &Table, row: usize, fault: Fault) -> Leak {
    let time = table.times().get(row).copied();
    Leak::Broken {
        time: time.unwrap_or(Timestamp::ZERO),
        fault,
    }
}

/// The first score of a row that is another one.
fn difference(table: &Table, row: usize, (before, after): (&[f64], &[f64])) -> Option<Difference> {
    // `max` passes over NaN.
    let both = before.iter().chain(after);
    let scale = both.fold(0.0_f64, |scale, score| scale.max(score.abs()));
    let is_other = |(_, (a, b)): &(usize, (&f64, &f64))| !is_same(**a, **b, scale);
    let mut pairs = before.iter().zip(after).enumerate();
    let (place, (before, after)) = pairs.find(is_other)?;
    Some(Difference {
        time: table.times().get(row).copied()?,
        instrument: table.instruments().get(place)?.clone(),
        before: *before,
        after: *after,
    })
}

fn is_same(a: f64, b: f64, row_scale: f64) -> bool {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => (a - b).abs() <= ROUNDING * a.abs().max(b.abs()) + OF_ROW * row_scale,
        (a, b) => a == b,
    }
}

/// So many of the rows that are scored, evenly spread; all of them where there are not as many.
pub fn spread(scored: Range<usize>, count: usize) -> Vec<usize> {
    let rows = scored.len();
    let count = count.min(rows);
    // The middle of each of `count` stretches: batches begin and end elsewhere.
    (0..count)
        .map(|n| scored.start + (2 * n + 1) * rows / (2 * count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_no_difference_and_a_missing_score_is_one() {
        assert!(is_same(1.0, 1.0 + 1e-12, 1.0));
        assert!(
            is_same(1e-13, 2e-13, 1.0),
            "next to nothing beside the others"
        );
        assert!(!is_same(1e-13, 2e-13, 1e-13));
        assert!(!is_same(1e-4, 2e-4, 1e6), "one large score hides no other");
        assert!(is_same(f64::NAN, f64::NAN, 1.0));
        assert!(!is_same(f64::NAN, 0.0, 1.0));
        assert!(is_same(0.0, 0.0, 0.0));
    }

    #[test]
    fn a_large_score_of_another_row_hides_no_difference() {
        let names = vec!["A".to_owned(), "B".to_owned()];
        let times = vec![Timestamp::from_nanos(1), Timestamp::from_nanos(2)];
        let table = Table::new(times, names, Vec::new());
        let found = difference(&table, 1, (&[1.0, 0.01], &[1.0, 0.02])).unwrap();
        assert_eq!((found.instrument.as_str(), found.after), ("B", 0.02));
        assert_eq!(
            difference(&table, 1, (&[1.0, f64::NAN], &[1.0, f64::NAN])),
            None
        );
    }

    #[test]
    fn the_last_row_of_a_batch_is_not_looked_at_where_another_is() {
        assert_eq!([4, 5, 7].map(|row| followed(row, &(4..8))), [4, 5, 6]);
        assert_eq!(followed(4, &(4..5)), 4);
    }

    #[test]
    fn rows_to_look_at_again_are_spread_over_all() {
        assert_eq!(spread(10..20, 2), [12, 17]);
        assert_eq!(spread(10..13, 9), [10, 11, 12]);
        assert!(spread(10..10, 3).is_empty());
    }
}
