//! Random panels against what must hold of every factor: it does not break, its scores follow from no later
//! row, from no more history than it asks for, and from nothing that earlier calls left behind.

use super::market::Dice;
use crate::plugins::{Plugin, Plugins};
use crate::research::{Leak, Scores, Table, batch_rows, check, score};
use anyhow::Result;
use model::Timestamp;
use model::time::NANOS_PER_DAY;
use runtime::{Factor, FactorNeeds, PanelField};
use std::collections::BTreeMap;
use std::fmt;

/// The first row: 2024-01-01, a Monday.
const BEGIN_NS: u64 = 1_704_067_200_000_000_000;
/// Fewest and most instruments of a panel.
const INSTRUMENTS: (u64, u64) = (2, 10);
/// Fewest and most rows of a panel that are scored.
const ROWS: (u64, u64) = (8, 40);
/// Rows that are scored again, beside the first one.
const AGAIN: usize = 6;

/// What to try.
#[derive(Debug, Clone, Copy)]
pub struct PanelOptions {
    /// How many panels.
    pub panels: u64,
    /// The seed of the first; each one after it has the next.
    pub seed: u64,
}

/// What panels without a failure came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PanelTally {
    /// Panels.
    pub panels: u64,
    /// Scores, the missing ones aside.
    pub scores: usize,
    /// Rows that were scored again.
    pub again: usize,
}

/// What does not hold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PanelWrong {
    /// It trapped, ran out of fuel or time, refused, or answered what is no score.
    #[error("it broke: {0}")]
    Broke(String),
    /// Its scores follow from what they must not.
    #[error("{0}")]
    Leak(Leak),
    /// There was nothing to try.
    #[error(
        "it scored nothing in any of {0} panels; with other parameters (--param) it may, and more panels \
         (--random) may help"
    )]
    Nothing(u64),
}

/// A panel in which something does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelFound {
    /// Its seed.
    pub seed: u64,
    /// What does not hold.
    pub wrong: PanelWrong,
}

impl fmt::Display for PanelFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, wrong } = self;
        write!(f, "random panel with seed {seed}: {wrong}")
    }
}

/// Tries random panels until something does not hold.
///
/// # Errors
/// What keeps it from being tried, such as a parameter that is missing.
pub fn run(
    plugins: &Plugins,
    plugin: &Plugin,
    given: &BTreeMap<String, String>,
    options: PanelOptions,
) -> Result<Result<PanelTally, PanelFound>> {
    let mut make = || plugins.factor(plugin, given);
    let needs = make()?.needs().clone();
    let mut tally = PanelTally::default();
    for n in 0..options.panels {
        let seed = options.seed.wrapping_add(n);
        if let Some(wrong) = one(&mut make, &needs, seed, &mut tally)? {
            return Ok(Err(PanelFound { seed, wrong }));
        }
        tally.panels += 1;
    }
    if tally.scores == 0 {
        let (seed, wrong) = (options.seed, PanelWrong::Nothing(options.panels));
        return Ok(Err(PanelFound { seed, wrong }));
    }
    Ok(Ok(tally))
}

/// What is wrong with the scores of one panel. Another one is scored before by the same instance, so that
/// it has something to leave behind.
fn one(
    make: &mut dyn FnMut() -> Result<Factor>,
    needs: &FactorNeeds,
    seed: u64,
    tally: &mut PanelTally,
) -> Result<Option<PanelWrong>> {
    let mut factor = make()?;
    let mut other = Dice::new(!seed);
    if let Err(wrong) = scored(&mut factor, &table(&mut other, needs))? {
        return Ok(Some(wrong));
    }
    let mut dice = Dice::new(seed);
    let table = table(&mut dice, needs);
    let scores = match scored(&mut factor, &table)? {
        Ok(scores) => scores,
        Err(wrong) => return Ok(Some(wrong)),
    };
    let rows = scores.rows();
    let last = rows.len().saturating_sub(1) as u64;
    let mut again = vec![rows.start];
    for _ in 0..AGAIN {
        again.push(rows.start + number(dice.up_to(last)));
    }
    if let Some(leak) = check(make, &table, &scores, &again)? {
        return Ok(Some(PanelWrong::Leak(leak)));
    }
    tally.scores += scores.counts().0;
    tally.again += again.len();
    Ok(None)
}

/// All rows of a panel scored at once, so that a factor that can look ahead has something to look at.
fn scored(factor: &mut Factor, table: &Table) -> Result<Result<Scores, PanelWrong>> {
    let batch = batch_rows(factor, table, Some(table.rows()))?;
    let scores = score(factor, table, batch, &mut |_| {});
    Ok(scores.map_err(|error| PanelWrong::Broke(format!("{error:#}"))))
}

/// A panel of instruments that come late, end early, have gaps, jumps and days without a trade.
fn table(dice: &mut Dice, needs: &FactorNeeds) -> Table {
    let (fewest, most) = INSTRUMENTS;
    let width = number(fewest + dice.up_to(most - fewest));
    let (fewest, most) = ROWS;
    let rows = needs.lookback + number(fewest + dice.up_to(most - fewest));
    let mut times = Vec::with_capacity(rows);
    let mut day = 0;
    for _ in 0..rows {
        times.push(Timestamp::from_nanos(BEGIN_NS + day * NANOS_PER_DAY));
        day += if dice.once_in(5) { 3 } else { 1 };
    }
    let mut fields = vec![vec![f64::NAN; rows * width]; needs.fields.len()];
    for column in 0..width {
        let life = life(dice, rows);
        let mut price = 5.0 + 200.0 * share(dice);
        for row in life {
            let bar = bar(dice, &mut price);
            if dice.once_in(15) {
                continue;
            }
            for (field, numbers) in needs.fields.iter().zip(&mut fields) {
                if let Some(cell) = numbers.get_mut(row * width + column) {
                    *cell = value(*field, bar);
                }
            }
        }
    }
    let instruments = (0..width).map(|column| format!("I{column}")).collect();
    Table::new(times, instruments, fields)
}

/// From which row to which an instrument trades: most of them always.
fn life(dice: &mut Dice, rows: usize) -> std::ops::Range<usize> {
    let mut somewhere = || number(dice.up_to(rows as u64));
    let (begin, end) = (somewhere(), somewhere());
    match dice.up_to(5) {
        0 => begin..rows,
        1 => 0..end,
        _ => 0..rows,
    }
}

/// Open, high, low, close and volume of the next bar.
fn bar(dice: &mut Dice, price: &mut f64) -> [f64; 5] {
    let open = *price;
    let step = match dice.once_in(40) {
        true => 0.4 + 1.2 * share(dice),
        false => 0.97 + 0.06 * share(dice),
    };
    *price = (open * step).clamp(0.01, 1e6);
    let close = *price;
    let high = open.max(close) * (1.0 + 0.01 * share(dice));
    let low = open.min(close) * (1.0 - 0.01 * share(dice));
    let volume = match dice.once_in(10) {
        true => 0.0,
        false => (1e6 * share(dice)).round(),
    };
    [open, high, low, close, volume]
}

fn value(field: PanelField, [open, high, low, close, volume]: [f64; 5]) -> f64 {
    match field {
        PanelField::Open => open,
        PanelField::High => high,
        PanelField::Low => low,
        PanelField::Close => close,
        PanelField::Volume => volume,
    }
}

/// From 0 to 1.
fn share(dice: &mut Dice) -> f64 {
    let drawn = u32::try_from(dice.up_to(u64::from(u32::MAX)));
    f64::from(drawn.unwrap_or(0)) / f64::from(u32::MAX)
}

fn number(drawn: u64) -> usize {
    usize::try_from(drawn).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::Better;

    #[test]
    fn equal_seeds_make_equal_panels_with_gaps_in_them() {
        let needs = FactorNeeds {
            fields: vec![PanelField::Close, PanelField::Volume],
            lookback: 30,
            better: Better::Higher,
        };
        let of = |seed| format!("{:?}", table(&mut Dice::new(seed), &needs));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!((1..9).all(|seed| of(seed).contains("NaN")));
        let one = table(&mut Dice::new(3), &needs);
        assert!((38..=70).contains(&one.rows()) && (2..=10).contains(&one.width()));
        assert!(one.times().is_sorted());
    }
}
