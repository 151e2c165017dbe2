//! Recorded depth feeds of a crypto exchange as batches of book changes: one JSON message a line behind
//! the local time. Only what book tests need is read; what cannot be read stops the test.

use model::{
    BookChanges, BookLevel, BookScope, BookUpdate, InstrumentId, Price, Quantity, Side, Timestamp,
};
use std::io::Read;
use std::path::Path;

/// The best prices as the exchange told them, with the book number they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticker {
    pub(crate) number: u64,
    pub(crate) bid: Price,
    pub(crate) bid_size: Quantity,
    pub(crate) ask: Price,
    pub(crate) ask_size: Quantity,
}

/// One recording: the snapshot first, then the batches that followed it.
pub(crate) struct Capture {
    pub(crate) updates: Vec<BookUpdate>,
    pub(crate) tickers: Vec<Ticker>,
}

/// Reads a recording, or `None` with a message where the data set is not at hand.
pub(crate) fn read(file: &str) -> Option<Capture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/l2_crypto");
    let path = root.join(file);
    let Ok(packed) = std::fs::read(&path) else {
        println!("skipped: {} is not at hand", path.display());
        return None;
    };
    let mut text = String::new();
    let mut unpacked = flate2::read::GzDecoder::new(&packed[..]);
    unpacked.read_to_string(&mut text).unwrap();
    Some(parse(&text))
}

fn parse(text: &str) -> Capture {
    let (mut snapshot, mut deltas, mut tickers) = (None, Vec::new(), Vec::new());
    for line in text.lines() {
        if line.contains("\"lastUpdateId\"") {
            snapshot = Some(update(line, BookScope::Snapshot));
        } else if line.contains("depthUpdate") {
            deltas.push(update(line, BookScope::Delta));
        } else if line.contains("bookTicker") {
            tickers.push(ticker(line));
        }
    }
    let first: BookUpdate = snapshot.unwrap();
    // What was recorded before the snapshot arrived is in it, or follows it.
    deltas.retain(|delta| delta.last > first.last);
    tickers.sort_by_key(|ticker| ticker.number);
    let updates = std::iter::once(first).chain(deltas).collect();
    Capture { updates, tickers }
}

fn update(line: &str, scope: BookScope) -> BookUpdate {
    let (last, bids, asks) = match scope {
        BookScope::Snapshot => ("lastUpdateId", "bids", "asks"),
        BookScope::Delta => ("u", "b", "a"),
    };
    let last = number(line, last).unwrap();
    let first = match number(line, "pu") {
        Some(previous) => previous + 1,
        None => number(line, "U").unwrap_or(last),
    };
    let mut changes = levels(line, bids, Side::Buy);
    changes.extend(levels(line, asks, Side::Sell));
    // A snapshot of the spot market has no time of its own.
    let millis = number(line, "T").or(number(line, "E")).unwrap_or(0);
    let at = Timestamp::from_nanos(millis * 1_000_000);
    BookUpdate {
        instrument: InstrumentId::new(0),
        scope,
        first,
        last,
        changes: BookChanges::Levels(changes),
        ts_event: at,
        ts_init: at,
    }
}

fn ticker(line: &str) -> Ticker {
    let text = |key: &str| {
        let rest = after(line, key).unwrap();
        rest.trim_start_matches('"')
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    Ticker {
        number: number(line, "u").unwrap(),
        bid: text("b").parse().unwrap(),
        bid_size: text("B").parse().unwrap(),
        ask: text("a").parse().unwrap(),
        ask_size: text("A").parse().unwrap(),
    }
}

fn number(line: &str, key: &str) -> Option<u64> {
    let digits: String = after(line, key)?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// What follows `"key":`.
fn after<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let start = format!("\"{key}\":");
    line.find(&start).map(|at| &line[at + start.len()..])
}

/// `[["61800.20","2.909"],...]`.
fn levels(line: &str, key: &str, side: Side) -> Vec<BookLevel> {
    let list = after(line, key).unwrap();
    let end = match list.starts_with("[]") {
        true => 0,
        false => list.find("]]").unwrap(),
    };
    let words: Vec<&str> = list[..end].split('"').skip(1).step_by(2).collect();
    let pairs = words.chunks_exact(2);
    let level = |pair: &[&str]| BookLevel {
        side,
        price: pair[0].parse().unwrap(),
        size: pair[1].parse().unwrap(),
    };
    pairs.map(level).collect()
}
