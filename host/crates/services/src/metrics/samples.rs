//! Marks at equal steps of engine time, and the returns between them: a bounded table with a row
//! for each sampling period that had data and a column for each instrument.
//!
//! A period without any data has no row, so nothing is carried into nights and weekends; an
//! instrument without data in a row keeps its mark.

use model::{Duration, InstrumentId, Timestamp};
use std::collections::VecDeque;

/// The table.
#[derive(Debug)]
pub(crate) struct Samples {
    every: Duration,
    /// Rows kept: one more than returns.
    bound: usize,
    times: VecDeque<Timestamp>,
    /// By instrument; as long as `times`. NaN before the first mark.
    columns: Vec<VecDeque<f64>>,
    moved: bool,
}

impl Samples {
    /// Keeps `history` returns.
    pub(crate) fn new(every: Duration, history: usize) -> Self {
        Self {
            every,
            bound: history + 1,
            times: VecDeque::new(),
            columns: Vec::new(),
            moved: false,
        }
    }

    /// Takes in a tick: the marks by instrument as they are then, and whether there was data.
    pub(crate) fn tick(&mut self, time: Timestamp, moved: bool, marks: &[f64]) {
        self.moved |= moved;
        let every = self.every.nanos().max(1);
        let period = |time: Timestamp| time.nanos() / every;
        let is_new = self
            .times
            .back()
            .is_none_or(|last| period(*last) < period(time));
        if !is_new || !std::mem::take(&mut self.moved) {
            return;
        }
        let rows = self.times.len();
        let known = self.columns.len().max(marks.len());
        self.columns
            .resize_with(known, || VecDeque::from(vec![f64::NAN; rows]));
        self.times.push_back(time);
        let marks = marks.iter().copied().chain(std::iter::repeat(f64::NAN));
        for (column, mark) in self.columns.iter_mut().zip(marks) {
            column.push_back(mark);
        }
        if self.times.len() > self.bound {
            self.times.pop_front();
            for column in &mut self.columns {
                column.pop_front();
            }
        }
    }

    /// The end of each period that has a return.
    pub(crate) fn times(&self) -> Vec<Timestamp> {
        self.times.iter().skip(1).copied().collect()
    }

    /// The latest returns of an instrument, oldest first; fewer than periods for one that had no
    /// price before.
    pub(crate) fn returns(&self, instrument: InstrumentId) -> Vec<f64> {
        let Some(column) = self.columns.get(instrument.index()) else {
            return Vec::new();
        };
        let usable = |mark: &&f64| mark.is_finite() && **mark > 0.0;
        let known = column.iter().rev().take_while(usable).count();
        let marks: Vec<f64> = column.iter().skip(column.len() - known).copied().collect();
        marks
            .windows(2)
            .map(|pair| pair[1] / pair[0] - 1.0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Timestamp {
        Timestamp::from_nanos(s * 1_000_000_000)
    }

    #[test]
    fn returns_are_from_row_to_row_and_the_oldest_is_forgotten() {
        let mut samples = Samples::new(Duration::from_secs(5), 2);
        samples.tick(at(0), true, &[100.0]);
        samples.tick(at(5), true, &[110.0, 50.0]);
        samples.tick(at(10), true, &[99.0, 50.0]);
        assert_eq!(samples.times(), [at(5), at(10)]);
        let close = |got: Vec<f64>, expect: &[f64]| {
            assert_eq!(got.len(), expect.len());
            let pairs = got.iter().zip(expect);
            assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}");
        };
        close(samples.returns(InstrumentId::new(0)), &[0.1, -0.1]);
        close(samples.returns(InstrumentId::new(1)), &[0.0]);
        samples.tick(at(15), true, &[99.0, 75.0]);
        close(samples.returns(InstrumentId::new(0)), &[-0.1, 0.0]);
        close(samples.returns(InstrumentId::new(1)), &[0.0, 0.5]);
        assert!(samples.returns(InstrumentId::new(9)).is_empty());
    }

    #[test]
    fn quiet_periods_and_ticks_within_a_period_have_no_row() {
        let mut samples = Samples::new(Duration::from_secs(60), 10);
        samples.tick(at(0), true, &[1.0]);
        samples.tick(at(5), true, &[2.0]);
        samples.tick(at(60), false, &[2.0]);
        samples.tick(at(65), true, &[3.0]);
        samples.tick(at(120), false, &[3.0]);
        samples.tick(at(3_600), false, &[3.0]);
        samples.tick(at(7_200), true, &[6.0]);
        assert_eq!(samples.times(), [at(60), at(120), at(7_200)]);
        assert_eq!(samples.returns(InstrumentId::new(0)), [1.0, 0.5, 1.0]);
    }
}
