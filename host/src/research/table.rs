//! The panel that a factor is given pieces of: times and instruments, and a number of each field for each.

use super::bars::BarSource;
use anyhow::{Result, bail};
use model::{Bar, Fault, InstrumentId, Timestamp};
use runtime::{Factor, PanelField, PanelRows};
use std::ops::Range;

/// Most numbers of a table: two gibibytes of them.
const MAX_NUMBERS: usize = 1 << 28;

/// A table in memory. What is missing is NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    times: Vec<Timestamp>,
    instruments: Vec<String>,
    /// Rows × instruments numbers of each field, row by row.
    fields: Vec<Vec<f64>>,
}

/// The bars of one instrument: when each ended, and the numbers of all fields, bar by bar.
struct Column {
    times: Vec<Timestamp>,
    numbers: Vec<f64>,
}

impl Table {
    /// A table of what is known; fields have rows × instruments numbers each, row by row.
    pub const fn new(
        times: Vec<Timestamp>,
        instruments: Vec<String>,
        fields: Vec<Vec<f64>>,
    ) -> Self {
        Self {
            times,
            instruments,
            fields,
        }
    }

    /// Reads bars of instruments: a row for each time at which a bar of any of them ended.
    ///
    /// # Errors
    /// What keeps bars from being read, and that there are too many.
    pub fn read(sources: &[(String, BarSource)], fields: &[PanelField]) -> Result<Self> {
        let mut columns = Vec::new();
        let mut numbers = 0_usize;
        for (_, source) in sources {
            let column = Column::read(source, fields, MAX_NUMBERS - numbers)?;
            numbers += column.numbers.len();
            columns.push(column);
        }
        let mut times: Vec<Timestamp> = Vec::new();
        for column in &columns {
            times.extend(&column.times);
            // Two runs in order already, which this sort merges.
            times.sort();
            times.dedup();
        }
        let cells = times.len().saturating_mul(columns.len());
        if cells.saturating_mul(fields.len()) > MAX_NUMBERS {
            return too_large();
        }
        let mut table = Self {
            fields: vec![vec![f64::NAN; cells]; fields.len()],
            instruments: sources.iter().map(|(symbol, _)| symbol.clone()).collect(),
            times,
        };
        for (place, column) in columns.iter().enumerate() {
            table.fill(place, column);
        }
        Ok(table)
    }

    fn fill(&mut self, place: usize, column: &Column) {
        let width = self.width();
        let bars = column.numbers.chunks_exact(self.fields.len().max(1));
        let mut row = 0;
        for (time, numbers) in column.times.iter().zip(bars) {
            while self.times.get(row).is_some_and(|other| other < time) {
                row += 1;
            }
            for (field, number) in self.fields.iter_mut().zip(numbers) {
                if let Some(cell) = field.get_mut(row * width + place) {
                    *cell = *number;
                }
            }
        }
    }

    /// The time of each row.
    pub fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// The symbol of each column.
    pub fn instruments(&self) -> &[String] {
        &self.instruments
    }

    /// How many rows there are.
    pub const fn rows(&self) -> usize {
        self.times.len()
    }

    /// How many instruments there are.
    pub const fn width(&self) -> usize {
        self.instruments.len()
    }

    /// Has a factor score the rows of `scored`, of which it sees those from `begin` on and none after.
    ///
    /// # Errors
    /// How the factor broke or refused, and `REFUSED` where there are no such rows.
    pub fn score(
        &self,
        factor: &mut Factor,
        begin: usize,
        scored: Range<usize>,
    ) -> Result<Vec<f64>, Fault> {
        let width = self.width();
        let cells = begin * width..scored.end * width;
        let fields = self.fields.iter();
        let fields = fields.map(|field| field.get(cells.clone()).unwrap_or_default());
        let fields: Vec<&[f64]> = fields.collect();
        factor.score(&PanelRows {
            times: self.times.get(begin..scored.end).unwrap_or_default(),
            instruments: &self.instruments,
            fields: &fields,
            first: scored.start.saturating_sub(begin),
        })
    }
}

impl Column {
    fn read(source: &BarSource, fields: &[PanelField], room: usize) -> Result<Self> {
        let mut column = Self {
            times: Vec::new(),
            numbers: Vec::new(),
        };
        source.for_each(InstrumentId::new(0), &mut |bar| {
            if column.numbers.len() + fields.len() > room {
                return too_large();
            }
            column.times.push(bar.ts_event);
            let numbers = fields.iter().map(|field| number(*field, &bar));
            column.numbers.extend(numbers);
            Ok(())
        })?;
        Ok(column)
    }
}

fn too_large<T>() -> Result<T> {
    bail!(
        "a panel of more than {MAX_NUMBERS} numbers is too large; take less by --from and --to, longer bars \
         or fewer instruments"
    )
}

fn number(field: PanelField, bar: &Bar) -> f64 {
    use quant::convert::{price, quantity};
    match field {
        PanelField::Open => price(bar.open),
        PanelField::High => price(bar.high),
        PanelField::Low => price(bar.low),
        PanelField::Close => price(bar.close),
        PanelField::Volume => quantity(bar.volume),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_lie_at_their_times_and_nothing_lies_between() {
        let time = Timestamp::from_nanos;
        let mut table = Table::new(
            vec![time(1), time(2), time(3)],
            vec!["A".to_owned(), "B".to_owned()],
            vec![vec![f64::NAN; 6]; 2],
        );
        let column = Column {
            times: vec![time(1), time(3)],
            numbers: vec![1.0, 10.0, 3.0, 30.0],
        };
        table.fill(1, &column);
        let there = |numbers: &[f64]| -> Vec<(usize, f64)> {
            let numbers = numbers.iter().copied().enumerate();
            numbers.filter(|(_, number)| !number.is_nan()).collect()
        };
        assert_eq!(there(&table.fields[0]), [(1, 1.0), (5, 3.0)]);
        assert_eq!(there(&table.fields[1]), [(1, 10.0), (5, 30.0)]);
    }
}
