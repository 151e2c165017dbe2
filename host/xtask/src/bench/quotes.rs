//! The benchmark's input: a million synthetic EUR/USD quotes with a fixed seed.
//!
//! Shape: arrivals exponential with a mean of 250 ms; the mid a random walk of about 8 % a year;
//! the spread mean-reverting around 6 points within 2 to 20 (a point is 0.00001); sizes log-normal
//! in steps of 100,000. The peer's benchmark uses the same shape, so either can read the other's.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "synthetic market: rounding to points is the intent, and values stay below 2^53"
)]

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::random::Random;

const HEADER: &str = "ts_ns,bid,ask,bid_size,ask_size";
const ROWS: usize = 1_000_000;
const SEED: u64 = 20_240_101;

/// 2024-01-01T00:00:00Z.
const START_NS: i64 = 1_704_067_200_000_000_000;
const MEAN_GAP_NS: f64 = 250e6;
const MIN_GAP_NS: i64 = 1_000;
const YEARLY_VOLATILITY: f64 = 0.08;
const START_PRICE: f64 = 1.10;
const SECONDS_A_YEAR: f64 = 252.0 * 86_400.0;
const POINTS_A_UNIT: i64 = 100_000;
const MEAN_SPREAD_POINTS: f64 = 6.0;
const SPREAD_PULL: f64 = 0.02;
const SPREAD_NOISE: f64 = 0.35;
const SIZE_STEP: i64 = 100_000;

/// The generated file, made on first use.
pub(super) fn generated(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("bench_quotes_1m.csv.gz");
    if !path.is_file() {
        write_gzip(&path, |out| {
            Market::new(SEED)
                .take(ROWS)
                .try_for_each(|quote| Ok(writeln!(out, "{quote}")?))
        })?;
    }
    Ok(path)
}

/// Copies the first rows of a quotes file, plain or gzip, into `folder`.
pub(super) fn first_rows(full: &Path, folder: &Path, rows: usize) -> Result<PathBuf> {
    let mut lines = BufReader::new(open(full)?).lines();
    let header = lines.next().transpose()?.unwrap_or_default();
    if header.trim() != HEADER {
        bail!(
            "{}: the header is `{header}`, expected `{HEADER}`",
            full.display()
        );
    }
    let path = folder.join(format!("bench_quotes_first_{rows}.csv.gz"));
    write_gzip(&path, |out| {
        for row in 0..rows {
            let line = lines.next().transpose()?;
            let line = line.with_context(|| format!("{} has only {row} rows", full.display()))?;
            writeln!(out, "{line}")?;
        }
        Ok(())
    })?;
    Ok(path)
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    if path.extension().is_some_and(|ending| ending == "gz") {
        return Ok(Box::new(MultiGzDecoder::new(file)));
    }
    Ok(Box::new(file))
}

/// Writes header and rows under another name first, so that a broken-off run leaves no half file.
fn write_gzip(path: &Path, rows: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let unfinished = path.with_extension("part");
    let mut out = BufWriter::new(GzEncoder::new(
        File::create(&unfinished)?,
        Compression::default(),
    ));
    writeln!(out, "{HEADER}")?;
    rows(&mut out)?;
    out.into_inner()
        .map_err(|error| error.into_error())?
        .finish()?
        .sync_all()?;
    std::fs::rename(&unfinished, path)?;
    Ok(())
}

/// One row; prices in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quote {
    time_ns: i64,
    bid_points: i64,
    ask_points: i64,
    bid_size: i64,
    ask_size: i64,
}

impl std::fmt::Display for Quote {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let price =
            |points: i64| format!("{}.{:05}", points / POINTS_A_UNIT, points % POINTS_A_UNIT);
        let (bid, ask) = (price(self.bid_points), price(self.ask_points));
        write!(
            out,
            "{},{bid},{ask},{},{}",
            self.time_ns, self.bid_size, self.ask_size
        )
    }
}

/// The endless market.
#[derive(Debug)]
struct Market {
    random: Random,
    time_ns: i64,
    /// How far the mid has walked from its start, in points.
    walked_points: f64,
    spread_points: f64,
}

impl Market {
    fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            time_ns: START_NS,
            walked_points: 0.0,
            spread_points: MEAN_SPREAD_POINTS,
        }
    }

    fn size(&mut self) -> i64 {
        let steps = (2.3 + 0.6 * self.random.normal()).exp();
        (steps.round() as i64).max(1) * SIZE_STEP
    }
}

impl Iterator for Market {
    type Item = Quote;

    fn next(&mut self) -> Option<Quote> {
        let gap_ns = self.random.exponential(MEAN_GAP_NS) as i64 + MIN_GAP_NS;
        self.time_ns += gap_ns;
        let a_second = YEARLY_VOLATILITY / SECONDS_A_YEAR.sqrt() * START_PRICE;
        let deviation_points = a_second * (gap_ns as f64 / 1e9).sqrt() * POINTS_A_UNIT as f64;
        self.walked_points += deviation_points * self.random.normal();
        self.spread_points += SPREAD_PULL * (MEAN_SPREAD_POINTS - self.spread_points)
            + SPREAD_NOISE * self.random.normal();
        let start = START_PRICE * POINTS_A_UNIT as f64;
        let twice_mid = (2.0 * (start + self.walked_points)).round() as i64;
        let spread = (self.spread_points.round() as i64).clamp(2, 20);
        let bid_points = (twice_mid - spread).div_euclid(2);
        let (bid_size, ask_size) = (self.size(), self.size());
        Some(Quote {
            time_ns: self.time_ns,
            bid_points,
            ask_points: bid_points + spread,
            bid_size,
            ask_size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_market_has_the_stated_shape() {
        let quotes: Vec<Quote> = Market::new(SEED).take(50_000).collect();
        assert!(
            quotes
                .windows(2)
                .all(|pair| pair[0].time_ns < pair[1].time_ns)
        );
        let spreads: Vec<i64> = quotes
            .iter()
            .map(|it| it.ask_points - it.bid_points)
            .collect();
        assert!(spreads.iter().all(|spread| (2..=20).contains(spread)));
        let count = quotes.len() as f64;
        let mean_spread = spreads.iter().sum::<i64>() as f64 / count;
        assert!((5.0..7.0).contains(&mean_spread), "{mean_spread}");
        let hours = (quotes[49_999].time_ns - START_NS) as f64 / 3.6e12;
        assert!((3.3..3.7).contains(&hours), "{hours}");
        assert!(
            quotes
                .iter()
                .all(|it| it.bid_size >= SIZE_STEP && it.bid_size % SIZE_STEP == 0)
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        let rows = |seed| {
            Market::new(seed)
                .take(100)
                .map(|it| it.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(1), rows(1));
        assert_ne!(rows(1), rows(2));
        assert_eq!(rows(1)[0].split(',').count(), 5);
    }

    #[test]
    fn first_rows_reads_plain_and_gzip_and_refuses_other_columns() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain.csv");
        std::fs::write(&plain, format!("{HEADER}\n1,1.0,1.1,1,1\n2,1.0,1.1,1,1\n")).unwrap();
        let one = first_rows(&plain, folder.path(), 1).unwrap();
        let again = first_rows(&one, &folder.path().join("."), 1).unwrap();
        let mut text = String::new();
        open(&again).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("{HEADER}\n1,1.0,1.1,1,1\n"));
        assert!(
            first_rows(&plain, folder.path(), 3)
                .unwrap_err()
                .to_string()
                .contains("2 rows")
        );
        std::fs::write(&plain, "time,price\n").unwrap();
        assert!(
            first_rows(&plain, folder.path(), 1)
                .unwrap_err()
                .to_string()
                .contains("expected")
        );
    }
}
