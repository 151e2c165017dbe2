//! Prints what it costs to read a catalog: quotes and rows of order books per second of CPU, and peak memory at two sizes
//! (Linux). `cargo run --release -p store --example catalog_cost [SMALL LARGE]`.
//!
//! Each step is a process of its own, so that its peak is its own.
#![allow(clippy::print_stdout, reason = "a measurement speaks on stdout")]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use model::time::NANOS_PER_DAY;
use model::{BookLevel, BookScope, InstrumentId, Price, Quantity, Quote, Side, Timestamp};
use store::catalog::{Catalog, PartWriter, Range, SeriesKey, merge};
use store::{BookBatches, BookChange, BookRow, DataKind, MarketEvent};

const DAY_EVENTS: u64 = 500_000;
/// Rows of one batch of a book.
const BATCH_ROWS: u64 = 10;
const FIRST_DAY: u64 = 19_724;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", folder, count, kind] => write(Path::new(folder), count.parse()?, kind.parse()?),
        ["read", folder] => read(Path::new(folder)),
        [small, large] => both(small, large),
        _ => both("5000000", "50000000"),
    }
}

fn both(small: &str, large: &str) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let cases = ["quotes", "books"].map(|kind| [(small, kind), (large, kind)]);
    for (count, kind) in cases.into_iter().flatten() {
        let catalog = folder.path().join(count);
        let path = catalog.display().to_string();
        for step in [vec!["write", &path, count, kind], vec!["read", &path]] {
            let done = Command::new(std::env::current_exe()?).args(step).status()?;
            if !done.success() {
                return Err("a step failed".into());
            }
        }
        std::fs::remove_dir_all(catalog)?;
    }
    Ok(())
}

/// A walk of a price, the same for the same seed.
fn write(folder: &Path, count: u64, kind: DataKind) -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::create(folder)?;
    let instrument = "EUR/USD".to_owned();
    let key = Arc::new(SeriesKey {
        kind,
        instrument,
        bars: None,
    });
    let (mut dice, mut bid) = (SEED, 110_000_i64);
    for day in 0..count.div_ceil(DAY_EVENTS) {
        let begin = (FIRST_DAY + day) * NANOS_PER_DAY;
        let mut writer = PartWriter::new(&catalog, &key, Timestamp::from_nanos(begin))?;
        for n in 0..DAY_EVENTS.min(count - day * DAY_EVENTS) {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            bid += i64::try_from(dice % 5)? - 2;
            if kind == DataKind::Books {
                writer.push(&MarketEvent::Book(book_row(
                    day * DAY_EVENTS + n,
                    begin,
                    bid,
                    dice,
                )?))?;
                continue;
            }
            let time = begin + n * (NANOS_PER_DAY / DAY_EVENTS) + dice % 100_000_000;
            let time = Timestamp::from_nanos(time);
            writer.push(&MarketEvent::Quote(Quote {
                instrument: InstrumentId::new(0),
                bid: Price::from_raw(bid * 10_000),
                ask: Price::from_raw((bid + 1 + i64::try_from(dice >> 62)?) * 10_000),
                bid_size: Quantity::whole(i64::try_from(dice >> 40 & 63)? * 100_000)?,
                ask_size: Quantity::whole(i64::try_from(dice >> 50 & 63)? * 100_000)?,
                ts_event: time,
                ts_init: time,
            }))?;
        }
        writer.finish()?;
    }
    usage("written", count, kind);
    Ok(())
}

/// A row of a batch of ten: one side's level somewhere near the walking price.
fn book_row(index: u64, begin: u64, bid: i64, dice: u64) -> Result<BookRow, Box<dyn Error>> {
    let number = index / BATCH_ROWS;
    let step = NANOS_PER_DAY / DAY_EVENTS * BATCH_ROWS;
    let time = begin + index % DAY_EVENTS / BATCH_ROWS * step;
    let away = i64::try_from(dice >> 60)?;
    let (side, ticks) = match dice >> 59 & 1 {
        0 => (Side::Buy, bid - away),
        _ => (Side::Sell, bid + 1 + away),
    };
    Ok(BookRow {
        instrument: InstrumentId::new(0),
        scope: if number == 0 {
            BookScope::Snapshot
        } else {
            BookScope::Delta
        },
        begins: index.is_multiple_of(BATCH_ROWS),
        ends: index % BATCH_ROWS == BATCH_ROWS - 1,
        first: number,
        last: number,
        change: BookChange::Level(BookLevel {
            side,
            price: Price::from_raw(ticks * 10_000),
            size: Quantity::whole(i64::try_from(dice >> 40 & 63)?)?,
        }),
        ts_event: Timestamp::from_nanos(time),
        ts_init: Timestamp::from_nanos(time),
    })
}

fn read(folder: &Path) -> Result<(), Box<dyn Error>> {
    let series = Catalog::open(folder)?.series(None)?;
    let kind = series.first().ok_or("an empty catalog")?.key.kind;
    let mut batches = BookBatches::default();
    let readers = series
        .iter()
        .map(|one| one.read(InstrumentId::new(0), Range::ALL));
    let (mut count, mut sum) = (0, 0_i64);
    for event in merge(readers.collect())? {
        count += 1;
        match event? {
            MarketEvent::Quote(quote) => {
                sum = sum.wrapping_add(quote.bid.raw() ^ quote.ask_size.raw().cast_signed());
            }
            MarketEvent::Book(row) => {
                let batch = batches.push(&row);
                sum = sum.wrapping_add(batch.map_or(0, |batch| batch.last.cast_signed()));
            }
            _ => {}
        }
    }
    std::hint::black_box(sum);
    usage("read", count, kind);
    Ok(())
}

fn usage(what: &str, count: u64, kind: DataKind) {
    let text = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    // User and system time, in ticks of a hundredth of a second.
    let stat = text("/proc/self/stat");
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: u32 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .sum();
    let seconds = f64::from(ticks) / 100.0;
    let millions = u32::try_from(count / 1000).map_or(f64::INFINITY, f64::from) / 1000.0;
    let status = text("/proc/self/status");
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("no VmHWM");
    println!(
        "{what}: {millions:.1} M {kind} in {seconds:.2} CPU s, {:.1} M per CPU second; {peak}",
        millions / seconds
    );
}
