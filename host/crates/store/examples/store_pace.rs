//! How many rows a second the store takes: `cargo run --release -p store --example store_pace --
//! sqlite:pace.sqlite 2000000`, or a `postgres://…` in place of the file.
#![allow(clippy::print_stdout, reason = "a program that prints figures")]

use model::{InstrumentId, Price, Quantity, Quote, Timestamp};
use std::time::Instant;
use store::sql::rows::{Place, quote};
use store::sql::{Batch, Cursor, Location, QUOTES, StoreError, Writer};

/// Rows of a batch, as the host writes them.
const BATCH: u64 = 20_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_default();
    let count = arguments.next().and_then(|text| text.parse().ok());
    let count: u64 = count.unwrap_or(1_000_000);
    let schema = format!("store_pace_{}", std::process::id());
    let mut writer = Writer::open(&Location::parse(&url, &schema)?).await?;
    let begin = Instant::now();
    let from = writer.cursor().await?.sequence;
    let mut at = from;
    while at < from + count {
        let to = (at + BATCH).min(from + count);
        let mut batch = Batch::default();
        for sequence in at + 1..=to {
            batch.push(&QUOTES, row(sequence));
        }
        let cursor = Cursor {
            sequence: to,
            hash: "pace".to_owned(),
        };
        writer.write(at, &batch, &cursor).await?;
        at = to;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let rows = u32::try_from(count).map_or(f64::MAX, f64::from);
    println!(
        "{count} quotes in {seconds:.1} s: {:.0} rows/s",
        rows / seconds
    );
    Ok(())
}

/// A quote with prices of usual length.
fn row(sequence: u64) -> store::sql::Row {
    let step = i64::try_from(sequence % 1_000).unwrap_or(0) * 10_000;
    let time = Timestamp::from_nanos(1_700_000_000_000_000_000 + sequence * 1_000_000);
    let event = Quote {
        instrument: InstrumentId::new(0),
        bid: Price::from_raw(1_085_120_000 + step),
        ask: Price::from_raw(1_085_140_000 + step),
        bid_size: Quantity::from_raw(150_000_000_000_000),
        ask_size: Quantity::from_raw(25_000_000_000_000),
        ts_event: time,
        ts_init: time,
    };
    let place = Place {
        time,
        sequence,
        ordinal: 0,
    };
    quote(place, &event)
}
