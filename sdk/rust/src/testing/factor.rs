//! Unit tests for factors: panels to score, a factor made as the host makes it, and whether it looks ahead.

use super::harness::BEGIN;
use crate::{Config, Duration, Factor, Field, Panel, Timestamp};

/// A day in nanoseconds.
const DAY_NANOS: u64 = 86_400_000_000_000;

/// A factor with parameters; defaults are filled in and checked.
pub fn factor<F: Factor>(parameters: &[(&str, &str)]) -> Result<F, String> {
    let given = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::new("test", Vec::new(), given);
    F::new(&config.checked(&F::describe())?)
}

/// A panel with a row a day from 2024-01-01 on, for instruments named `I0`, `I1` and so on. Each field has a
/// list of rows of numbers, one for each instrument; all from `first` on are to be scored. Panics where
/// they do not fit together.
pub fn panel(fields: &[(Field, Vec<Vec<f64>>)], first: usize) -> Panel {
    let rows = fields.first().map_or(&[][..], |(_, rows)| rows);
    let width = rows.first().map_or(0, Vec::len);
    let day = |row: u64| BEGIN + Duration::from_nanos(row.saturating_mul(DAY_NANOS));
    let times: Vec<Timestamp> = (0..rows.len() as u64).map(day).collect();
    let instruments = (0..width).map(|column| format!("I{column}")).collect();
    let fields = fields
        .iter()
        .map(|(field, rows)| (*field, rows.concat()))
        .collect();
    Panel::new(times, instruments, fields, first).unwrap_or_else(|error| panic!("{error}"))
}

/// Fails with the row whose scores are others when the rows after it are not there: what no factor may
/// have. The factor is made anew for each row, as a host does that checks.
pub fn looks_ahead<F: Factor>(parameters: &[(&str, &str)], panel: &Panel) -> Result<(), String> {
    let whole = factor::<F>(parameters)?.score_panel(panel)?;
    let width = panel.instruments().len();
    for row in panel.first()..panel.rows() {
        let cut = factor::<F>(parameters)?.score_panel(&panel.cut_after(row))?;
        let known = whole.get(..cut.len()).unwrap_or_default();
        let differs =
            |(a, b): (&f64, &f64)| a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan());
        if known.len() != cut.len() {
            return Err(format!("row {row}: another count of scores"));
        }
        if let Some(place) = known.iter().zip(&cut).position(differs) {
            let (row, column) = (panel.first() + place / width, place % width);
            let (with, without) = (known[place], cut[place]);
            return Err(format!(
                "row {row}, instrument {column}: {with} with the rows after it, {without} without them"
            ));
        }
    }
    Ok(())
}
