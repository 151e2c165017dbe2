//! Recorded depth feeds of a crypto exchange as batches of book changes: one JSON message a line behind
//! the local time. Lines are read by the very file with which `store` imports them; what cannot be read
//! stops the test.

#[path = "../../../store/src/depth_line.rs"]
#[allow(dead_code, reason = "`store` asks for the symbol too")]
mod depth_line;

use model::{BookChanges, BookScope, BookUpdate, InstrumentId, Price, Quantity, Timestamp};
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
        if line.contains("bookTicker") {
            tickers.push(ticker(line));
            continue;
        }
        match update(line) {
            Some(update) if update.scope == BookScope::Snapshot => snapshot = Some(update),
            Some(update) => deltas.push(update),
            None => {}
        }
    }
    let first: BookUpdate = snapshot.unwrap();
    // What was recorded before the snapshot arrived is in it, or follows it.
    deltas.retain(|delta| delta.last > first.last);
    tickers.sort_by_key(|ticker| ticker.number);
    let updates = std::iter::once(first).chain(deltas).collect();
    Capture { updates, tickers }
}

/// The batch of a line that is about depth.
fn update(line: &str) -> Option<BookUpdate> {
    let depth = depth_line::parse(line).unwrap()?;
    // A snapshot of the spot market has no time of its own.
    let at = depth.time.unwrap_or(Timestamp::ZERO);
    Some(BookUpdate {
        instrument: InstrumentId::new(0),
        scope: depth.scope,
        first: depth.first,
        last: depth.last,
        changes: BookChanges::Levels(depth.levels),
        ts_event: at,
        ts_init: at,
    })
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
