//! Factors: scores that compare instruments with each other at each time. Implement [`Factor`], name it in
//! [`export_factor!`](crate::export_factor).

use crate::{Config, Description, Timestamp};

/// What a panel can have of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Amount traded.
    Volume,
}

impl Field {
    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
        }
    }
}

/// Which scores are the better ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Better {
    /// The higher ones.
    #[default]
    Higher,
    /// The lower ones.
    Lower,
    /// Neither.
    Neither,
}

/// What a factor needs with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// What it reads of bars: at least one field, each once.
    pub fields: Vec<Field>,
    /// How many rows before a row its scores depend on.
    pub lookback: usize,
    /// Which scores are the better ones.
    pub better: Better,
}

impl Needs {
    /// These fields, with so many rows before the one that is scored; higher is better.
    pub fn new(fields: &[Field], lookback: usize) -> Self {
        Self {
            fields: fields.to_vec(),
            lookback,
            better: Better::Higher,
        }
    }

    /// The same with other scores for the better ones.
    #[must_use]
    pub fn with_better(mut self, better: Better) -> Self {
        self.better = better;
        self
    }
}

/// A piece of a table of times and instruments. What is missing in it is NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    times: Vec<Timestamp>,
    instruments: Vec<String>,
    fields: Vec<(Field, Vec<f64>)>,
    first: usize,
}

impl Panel {
    /// A panel whose fields have rows × instruments numbers, row by row; rows from `first` on are to be
    /// scored. The error says what does not fit together.
    pub fn new(
        times: Vec<Timestamp>,
        instruments: Vec<String>,
        fields: Vec<(Field, Vec<f64>)>,
        first: usize,
    ) -> Result<Self, String> {
        let cells = times.len().saturating_mul(instruments.len());
        if let Some((field, numbers)) = fields.iter().find(|(_, all)| all.len() != cells) {
            let (name, count) = (field.name(), numbers.len());
            return Err(format!(
                "the field `{name}` has {count} numbers instead of {cells}"
            ));
        }
        Ok(Self {
            times,
            instruments,
            fields,
            first,
        })
    }

    /// The time of each row.
    pub fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// The symbol of each column.
    pub fn instruments(&self) -> &[String] {
        &self.instruments
    }

    /// The first row to be scored; what is before it is history.
    pub const fn first(&self) -> usize {
        self.first
    }

    /// How many rows there are.
    pub const fn rows(&self) -> usize {
        self.times.len()
    }

    /// All numbers of a field, row by row; empty for a field that was not asked for.
    pub fn field(&self, field: Field) -> &[f64] {
        let found = self.fields.iter().find(|(known, _)| *known == field);
        found.map_or(&[][..], |(_, numbers)| numbers.as_slice())
    }

    /// What is known at `row`: it and `lookback` rows before it.
    pub const fn window(&self, row: usize, lookback: usize) -> Window<'_> {
        Window {
            panel: self,
            row,
            lookback,
        }
    }

    /// The same without the rows after `row`, or all of it.
    #[must_use]
    pub fn cut_after(&self, row: usize) -> Self {
        let rows = self.rows().min(row.saturating_add(1));
        let cells = rows * self.instruments.len();
        let fields = self.fields.iter();
        let fields = fields.map(|(field, numbers)| (*field, numbers[..cells].to_vec()));
        Self {
            times: self.times[..rows].to_vec(),
            instruments: self.instruments.clone(),
            fields: fields.collect(),
            first: self.first,
        }
    }
}

/// What a factor knows when it scores a row: that row and those before it, as far back as it said that it
/// needs. Later rows cannot be reached from here.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    panel: &'a Panel,
    row: usize,
    lookback: usize,
}

impl<'a> Window<'a> {
    /// The time of the row that is scored.
    pub fn time(&self) -> Timestamp {
        self.panel.times.get(self.row).copied().unwrap_or_default()
    }

    /// The symbol of each column.
    pub fn instruments(&self) -> &'a [String] {
        &self.panel.instruments
    }

    /// How many instruments there are.
    pub const fn width(&self) -> usize {
        self.panel.instruments.len()
    }

    /// A field of all instruments `back` rows before the row that is scored, 0 being that row. Empty where
    /// the window does not reach, and for a field that was not asked for.
    pub fn row(&self, field: Field, back: usize) -> &'a [f64] {
        let width = self.width();
        let panel: &'a Panel = self.panel;
        let reached = self.row.checked_sub(back).filter(|_| back <= self.lookback);
        let begin = reached.and_then(|row| row.checked_mul(width));
        let cells = begin.and_then(|begin| panel.field(field).get(begin..begin + width));
        cells.unwrap_or_default()
    }

    /// The same of one instrument, by its column; NaN where it is missing.
    pub fn value(&self, field: Field, back: usize, column: usize) -> f64 {
        let row = self.row(field, back);
        row.get(column).copied().unwrap_or(f64::NAN)
    }

    /// A field of one instrument over the whole window, oldest first.
    pub fn series(&self, field: Field, column: usize) -> impl Iterator<Item = f64> + use<'a> {
        let window = *self;
        (0..=self.lookback)
            .rev()
            .map(move |back| window.value(field, back, column))
    }
}

/// A factor. The scores of a row must follow from that row and the `lookback` rows before it alone: it has no
/// clock, no randomness, no files and no network, and what it keeps from one call to the next must not
/// change a score. Numbers are floating point because they are statistics: prices that are traded at are
/// never made from them.
pub trait Factor: Sized {
    /// Name, version and parameters.
    fn describe() -> Description;

    /// Makes the factor. [`Config::strategy`] is the name under which it runs; there are no instruments in
    /// it. The text of an error is shown to the operator.
    fn new(config: &Config) -> Result<Self, String>;

    /// What it needs; always the same.
    fn needs(&self) -> Needs;

    /// The scores of the window's last row, one for each instrument; NaN where there is none.
    fn score(&mut self, window: &Window<'_>) -> Result<Vec<f64>, String>;

    /// The scores of all rows from [`Panel::first`] on, row by row. Asks [`Factor::score`] for one row after
    /// the other, which cannot look ahead. A factor that has a faster way over many rows takes it here, and
    /// sees to that itself: a host scores rows again without those after them, and refuses what differs.
    fn score_panel(&mut self, panel: &Panel) -> Result<Vec<f64>, String> {
        let lookback = self.needs().lookback;
        let width = panel.instruments().len();
        let mut scores = Vec::with_capacity(panel.rows().saturating_sub(panel.first()) * width);
        for row in panel.first()..panel.rows() {
            let of_row = self.score(&panel.window(row, lookback))?;
            if of_row.len() != width {
                let count = of_row.len();
                return Err(format!("{count} scores of a row for {width} instruments"));
            }
            scores.extend(of_row);
        }
        Ok(scores)
    }
}

/// Makes a [`Factor`] the one this component exports. Once per crate; does nothing in native builds.
#[macro_export]
macro_rules! export_factor {
    ($factor:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::plugin_slot!($factor);

            $crate::guest::factor::bindings::export_the_factor!(
                Plugin with_types_in $crate::guest::factor::bindings
            );
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        let times = (1..=3).map(Timestamp::from_nanos).collect();
        let instruments = ["A", "B"].map(str::to_owned).to_vec();
        let closes = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        Panel::new(times, instruments, vec![(Field::Close, closes)], 1).unwrap()
    }

    #[test]
    fn a_window_ends_at_its_row_and_reaches_back_as_far_as_was_said() {
        let panel = panel();
        let window = panel.window(1, 1);
        assert_eq!(window.time(), Timestamp::from_nanos(2));
        assert_eq!(window.row(Field::Close, 0), [3.0, 4.0]);
        assert_eq!(window.row(Field::Close, 1), [1.0, 2.0]);
        assert!(window.row(Field::Close, 2).is_empty(), "before all rows");
        assert!(
            panel.window(2, 1).row(Field::Close, 2).is_empty(),
            "too far"
        );
        assert!(window.row(Field::Open, 0).is_empty(), "not asked for");
        assert!(window.value(Field::Close, 0, 2).is_nan());
        assert_eq!(
            window.series(Field::Close, 1).collect::<Vec<_>>(),
            [2.0, 4.0]
        );
    }

    #[test]
    fn a_cut_panel_has_lost_what_came_after() {
        let cut = panel().cut_after(1);
        assert_eq!((cut.rows(), cut.first()), (2, 1));
        assert_eq!(cut.field(Field::Close), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(panel().cut_after(7), panel());
    }

    #[test]
    fn numbers_must_fill_the_panel() {
        let times = vec![Timestamp::default()];
        let fields = vec![(Field::Volume, vec![1.0, 2.0])];
        let refused = Panel::new(times, vec!["A".to_owned()], fields, 0).unwrap_err();
        assert_eq!(refused, "the field `volume` has 2 numbers instead of 1");
    }
}
