//! A piece of a table of times and instruments, as factors are given it. Numbers in it are floating point,
//! for statistics only.

use crate::bindings::factor::argonaut::plugin::panels as wit;
use model::Timestamp;
use std::fmt;

/// What a panel can have of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PanelField {
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

impl PanelField {
    /// All of them.
    pub const ALL: [PanelField; 5] = [Self::Open, Self::High, Self::Low, Self::Close, Self::Volume];

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

    /// The field of that name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

impl fmt::Display for PanelField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Rows of a panel to be scored, with the history before them.
#[derive(Debug, Clone, Copy)]
pub struct PanelRows<'a> {
    /// The time of each row, each later than the one before.
    pub times: &'a [Timestamp],
    /// The symbol of each column.
    pub instruments: &'a [String],
    /// For each field that the factor needs, in its order, rows × instruments numbers, row by row; NaN is
    /// missing.
    pub fields: &'a [&'a [f64]],
    /// The first row to be scored.
    pub first: usize,
}

impl PanelRows<'_> {
    /// How many scores are asked for, if the pieces fit together: `fields` of them, at least `lookback` rows
    /// of history, and no more than `limit` bytes of numbers.
    pub(crate) fn check(
        &self,
        fields: usize,
        lookback: usize,
        limit: usize,
    ) -> Result<usize, String> {
        let (rows, columns) = (self.times.len(), self.instruments.len());
        let cells = rows.checked_mul(columns).ok_or("the panel is too large")?;
        if self.fields.len() != fields {
            let given = self.fields.len();
            return Err(format!("{given} fields are given, {fields} are needed"));
        }
        if let Some(field) = self.fields.iter().find(|field| field.len() != cells) {
            let numbers = field.len();
            return Err(format!(
                "a field has {numbers} numbers, {rows} rows of {columns} instruments need {cells}"
            ));
        }
        if self.first < lookback || self.first >= rows {
            let first = self.first;
            return Err(format!(
                "row {first} of {rows} is to be the first one scored, with {lookback} rows of history"
            ));
        }
        if !self.times.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("the times of the rows do not rise".to_owned());
        }
        let bytes = cells
            .saturating_mul(fields)
            .saturating_mul(size_of::<f64>());
        if bytes > limit {
            return Err(format!(
                "the batch has {bytes} bytes of numbers, more than the {limit} allowed; give fewer rows or \
                 fewer instruments at once"
            ));
        }
        Ok((rows - self.first) * columns)
    }

    /// What is wrong with scores of which `asked` were asked for.
    pub(crate) fn check_scores(&self, scores: &[f64], asked: usize) -> Result<(), String> {
        let columns = self.instruments.len();
        if scores.len() != asked {
            let rows = self.times.len() - self.first;
            return Err(format!(
                "returned {} scores instead of {asked}, for {rows} rows from `first` on of {columns} \
                 instruments each",
                scores.len()
            ));
        }
        let Some(place) = scores.iter().position(|score| score.is_infinite()) else {
            return Ok(());
        };
        let time = self.times.get(self.first + place / columns.max(1));
        let instrument = self.instruments.get(place % columns.max(1));
        Err(format!(
            "the score of {} at {} is infinite; return NaN where there is no score",
            instrument.map_or("", String::as_str),
            time.copied().unwrap_or(Timestamp::ZERO)
        ))
    }

    pub(crate) fn to_wit(self) -> wit::Panel {
        wit::Panel {
            times: self.times.iter().map(|time| time.nanos()).collect(),
            instruments: self.instruments.to_vec(),
            fields: self.fields.iter().map(|field| field.to_vec()).collect(),
            // A panel within its bytes has far fewer rows.
            first: u32::try_from(self.first).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_must_fit_together() {
        let times: Vec<_> = [1, 2, 3].map(Timestamp::from_nanos).to_vec();
        let instruments = ["A", "B"].map(str::to_owned).to_vec();
        let check = |numbers: &[f64], first, lookback, limit, expect: Result<usize, &str>| {
            let rows = PanelRows {
                times: &times,
                instruments: &instruments,
                fields: &[numbers],
                first,
            };
            match (rows.check(1, lookback, limit), expect) {
                (Err(reason), Err(word)) => assert!(reason.contains(word), "{reason}"),
                (found, expect) => assert_eq!(found, expect.map_err(str::to_owned)),
            }
        };
        check(&[0.0; 6], 1, 1, 48, Ok(4));
        check(&[0.0; 6], 1, 2, 48, Err("2 rows of history"));
        check(&[0.0; 6], 3, 2, 48, Err("row 3 of 3"));
        check(&[0.0; 5], 1, 1, 48, Err("5 numbers"));
        check(&[0.0; 6], 1, 1, 47, Err("more than the 47 allowed"));
    }

    #[test]
    fn scores_are_finite_or_missing_and_as_many_as_asked_for() {
        let times: Vec<_> = [1, 2, 3].map(Timestamp::from_nanos).to_vec();
        let instruments = ["A", "B"].map(str::to_owned).to_vec();
        let rows = PanelRows {
            times: &times,
            instruments: &instruments,
            fields: &[],
            first: 1,
        };
        assert_eq!(rows.check_scores(&[1.0, f64::NAN, 0.0, -1.0], 4), Ok(()));
        let check = |scores: &[f64], words: &str| {
            let reason = rows.check_scores(scores, 4).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        };
        check(&[1.0; 6], "6 scores instead of 4");
        check(&[], "0 scores instead of 4");
        let infinite = [1.0, 1.0, 1.0, f64::NEG_INFINITY];
        check(
            &infinite,
            "the score of B at 1970-01-01T00:00:00.000000003Z",
        );
    }
}
