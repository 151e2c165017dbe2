//! A factor over a whole table, batch after batch: each batch has the history that it needs and nothing after
//! it.

use super::table::Table;
use anyhow::{Context, Result, bail};
use model::Timestamp;
use runtime::Factor;
use std::ops::Range;

/// Fuel that a number of a window is taken to need, when the rows of a batch are chosen.
const FUEL_PER_NUMBER: u64 = 40;

/// The scores of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The first row that has any.
    first: usize,
    width: usize,
    /// How many rows were scored at once.
    batch: usize,
    values: Vec<f64>,
}

impl Scores {
    /// The rows that are scored.
    pub fn rows(&self) -> Range<usize> {
        let rows = self.values.len().checked_div(self.width).unwrap_or(0);
        self.first..self.first + rows
    }

    /// The scores of a row, one for each instrument; NaN is none.
    pub fn row(&self, row: usize) -> &[f64] {
        let place = row.saturating_sub(self.first) * self.width;
        self.values
            .get(place..place + self.width)
            .unwrap_or_default()
    }

    /// The rows that were scored together with this one.
    pub(super) fn batch_of(&self, row: usize) -> Range<usize> {
        let batch = self.batch.max(1);
        let begin = self.first + row.saturating_sub(self.first) / batch * batch;
        begin..(begin + batch).min(self.rows().end)
    }

    /// How many scores there are, and how many are missing.
    pub fn counts(&self) -> (usize, usize) {
        let missing = self.values.iter().filter(|score| score.is_nan()).count();
        (self.values.len() - missing, missing)
    }
}

/// How many rows of a table a factor is to score at once: as many as its limits allow, and not so many that
/// it would run out of fuel; or as many as are `wanted`.
///
/// # Errors
/// Not even one row fits the limits.
pub fn batch_rows(factor: &Factor, table: &Table, wanted: Option<usize>) -> Result<usize> {
    let (needs, limits) = (factor.needs(), factor.limits());
    let numbers = table.width().saturating_mul(needs.fields.len()).max(1);
    let most = limits.batch_bytes / size_of::<f64>() / numbers;
    let Some(by_size @ 1..) = most.checked_sub(needs.lookback) else {
        bail!(
            "{} instruments with {} rows of history are more than the {} bytes that a factor may be given at \
             once; score fewer instruments",
            table.width(),
            needs.lookback,
            limits.batch_bytes
        )
    };
    if let Some(wanted) = wanted {
        return Ok(wanted.clamp(1, by_size));
    }
    let window = (numbers as u64).saturating_mul(needs.lookback as u64 + 1);
    let by_fuel = limits.batch_fuel / window.saturating_mul(FUEL_PER_NUMBER).max(1);
    let by_fuel = usize::try_from(by_fuel).unwrap_or(usize::MAX);
    Ok(by_fuel.clamp(1, by_size))
}

/// Has a factor score all rows that have enough of a history, `batch` of them at once. `progress` is told
/// how many rows are done.
///
/// # Errors
/// There are too few rows, or the factor broke or refused.
pub fn score(
    factor: &mut Factor,
    table: &Table,
    batch: usize,
    progress: &mut dyn FnMut(usize),
) -> Result<Scores> {
    let first = factor.needs().lookback;
    if table.rows() <= first {
        bail!(
            "there are {} rows, and the first score needs {first} before it; begin earlier, or set the \
             factor's parameters otherwise",
            table.rows()
        );
    }
    let mut values = Vec::new();
    let mut begin = first;
    while begin < table.rows() {
        let end = table.rows().min(begin.saturating_add(batch.max(1)));
        let scores = table.score(factor, begin - first, begin..end);
        let name = |row: usize| table.times().get(row).copied().unwrap_or(Timestamp::ZERO);
        values.extend(scores.with_context(|| {
            let (from, to) = (name(begin), name(end - 1));
            format!("{} rows from {from} to {to}", end - begin)
        })?);
        progress(end);
        begin = end;
    }
    Ok(Scores {
        first,
        width: table.width(),
        batch,
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_number_and_so_are_batches() {
        let scores = Scores {
            first: 2,
            width: 2,
            batch: 2,
            values: vec![1.0, 2.0, 3.0, f64::NAN, -9.0, 6.0],
        };
        assert_eq!(scores.rows(), 2..5);
        assert_eq!(scores.row(4), [-9.0, 6.0]);
        assert!(scores.row(5).is_empty());
        assert_eq!(
            [2, 3, 4].map(|row| scores.batch_of(row)),
            [2..4, 2..4, 4..5]
        );
        assert_eq!(scores.counts(), (5, 1));
    }
}
