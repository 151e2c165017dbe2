//! Order books in files and in the catalog: batches come back whole and in order, what does not fit is
//! refused by name, and what is lost is told.

use model::{
    BookChanges, BookLevel, BookOrder, BookScope, BookUpdate, Duration, InstrumentId, Price,
    Quantity, Side, Trade,
};
use store::catalog::{Catalog, Range, Thresholds};
use store::{BookBatches, BookRow, BookStart, DataKind, DataSource, MarketEvent, Series};

use super::catalog::{at, catalog, only_file, read};
use super::support::{self, refused, shared};

const SECOND: u64 = 1_000_000_000;

/// Random numbers that a seed tells.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// Batches of one book: never crossed, without gaps, at times that repeat now and then.
fn updates(seed: u64, count: u64, by_order: bool) -> Vec<BookUpdate> {
    let mut dice = Dice(seed);
    let (mut number, mut nanos) = (dice.below(1_000), 0);
    (0..count)
        .map(|index| {
            let whole = index == 0 || dice.below(40) == 0;
            nanos += dice.below(3) * 30 * SECOND;
            let first = number + 1;
            number += 1 + dice.below(5);
            let changes = (0..dice.below(if whole { 40 } else { 6 })).map(|_| {
                let side = if dice.below(2) == 0 {
                    Side::Buy
                } else {
                    Side::Sell
                };
                let base = if side == Side::Buy { 100 } else { 200 };
                let price = Price::from_raw(i64::try_from(base + dice.below(90)).unwrap() * 10_000);
                (side, price, Quantity::from_raw(dice.below(4) * 12_345))
            });
            let changes: Vec<_> = changes.collect();
            let id = |side: Side, price: Price| {
                price.raw().unsigned_abs() + u64::from(side == Side::Buy)
            };
            let level = |(side, price, size)| BookLevel { side, price, size };
            let order = |(side, price, size)| BookOrder {
                id: id(side, price),
                side,
                price,
                size,
            };
            BookUpdate {
                instrument: InstrumentId::new(0),
                scope: if whole {
                    BookScope::Snapshot
                } else {
                    BookScope::Delta
                },
                first,
                last: number,
                changes: if by_order {
                    BookChanges::Orders(changes.into_iter().map(order).collect())
                } else {
                    BookChanges::Levels(changes.into_iter().map(level).collect())
                },
                ts_event: at(nanos),
                ts_init: at(nanos),
            }
        })
        .collect()
}

fn series(updates: &[BookUpdate]) -> Series {
    Series::Books(updates.iter().flat_map(BookRow::of).collect())
}

/// The batches of what a stream gave.
fn together(events: &[MarketEvent]) -> Vec<BookUpdate> {
    let mut batches = BookBatches::default();
    let rows = events.iter().filter_map(|event| match event {
        MarketEvent::Book(row) => Some(row),
        _ => None,
    });
    rows.filter_map(|row| batches.push(row)).collect()
}

fn problems(catalog: &Catalog) -> Vec<String> {
    let verified = catalog.verify(None, &mut |_| {}).unwrap();
    verified
        .problems
        .iter()
        .map(|problem| problem.line())
        .collect()
}

#[test]
fn random_books_come_back_as_they_were() {
    for seed in 1..=12 {
        println!("seed {seed}");
        let by_order = seed % 3 == 0;
        let updates = updates(seed, 3_000, by_order);
        let whole = series(&updates);
        let (folder, catalog) = catalog();
        catalog.add("A/B", &whole).unwrap();
        let memory: Vec<_> = store::merge(vec![&whole]).collect();
        let streamed = read(&catalog, Range::ALL).unwrap();
        assert_eq!(streamed, memory);
        assert_eq!(together(&streamed), updates);
        assert!(problems(&catalog).is_empty(), "{:?}", problems(&catalog));
        let own = catalog.series(None).unwrap().remove(0);
        for name in ["out.csv", "out.parquet"] {
            let file = folder.path().join(name);
            assert_eq!(own.export(&file, Range::ALL).unwrap(), whole.len() as u64);
            let source = DataSource::new(&file, InstrumentId::new(0));
            assert_eq!(support::read(&source).unwrap().series, whole, "{name}");
        }
        let middle = updates[1_500].ts_init;
        let range = Range {
            from: middle,
            ..Range::ALL
        };
        let expect: Vec<_> = updates
            .iter()
            .filter(|one| one.ts_init >= middle)
            .cloned()
            .collect();
        assert_eq!(together(&read(&catalog, range).unwrap()), expect);
    }
}

/// Cuts batches where the time changes, so that parts do not share a moment.
fn pieces(updates: &[BookUpdate], wanted: usize) -> Vec<&[BookUpdate]> {
    let mut pieces = Vec::new();
    let (mut from, size) = (0, updates.len() / wanted);
    for index in 1..updates.len() {
        let changes = updates[index].ts_init != updates[index - 1].ts_init;
        if changes && index - from >= size {
            pieces.push(&updates[from..index]);
            from = index;
        }
    }
    pieces.push(&updates[from..]);
    pieces
}

#[test]
fn files_that_go_on_are_one_book_and_a_merge_keeps_it() {
    let updates = updates(7, 2_000, false);
    let (_folder, catalog) = catalog();
    for piece in pieces(&updates, 5) {
        let added = catalog.add("A/B", &series(piece)).unwrap();
        assert!(added.events > 0);
        assert_eq!(catalog.add("A/B", &series(piece)).unwrap().events, 0);
    }
    let before = read(&catalog, Range::ALL).unwrap();
    assert_eq!(together(&before), updates);
    assert!(problems(&catalog).is_empty(), "{:?}", problems(&catalog));
    assert!(catalog.compact(None, &mut |_| {}).unwrap().removed > 4);
    assert_eq!(read(&catalog, Range::ALL).unwrap(), before);
    assert!(problems(&catalog).is_empty());
}

#[test]
fn books_come_between_quotes_and_trades_of_their_moment_and_batches_stay_whole() {
    let updates = updates(3, 200, false);
    let trades: Vec<_> = updates
        .iter()
        .map(|update| Trade {
            instrument: InstrumentId::new(0),
            price: Price::from_raw(10_000),
            size: Quantity::ONE,
            aggressor: None,
            ts_event: update.ts_event,
            ts_init: update.ts_init,
        })
        .collect();
    let (_folder, catalog) = catalog();
    catalog.add("A/B", &Series::Trades(trades)).unwrap();
    catalog.add("A/B", &series(&updates)).unwrap();
    let events = read(&catalog, Range::ALL).unwrap();
    let is_trade = |event: &MarketEvent| matches!(event, MarketEvent::Trade(_));
    for pair in events
        .windows(2)
        .filter(|pair| pair[0].ts_init() == pair[1].ts_init())
    {
        assert!(!is_trade(&pair[0]) || is_trade(&pair[1]), "{pair:?}");
    }
    assert_eq!(together(&events), updates);
}

#[test]
fn a_lost_part_is_told_by_import_verify_and_quality() {
    let whole = BookUpdate {
        ts_event: at(0),
        ts_init: at(0),
        ..updates(5, 1, false).remove(0)
    };
    let later = |n: u64| BookUpdate {
        scope: BookScope::Delta,
        first: whole.last + n,
        last: whole.last + n,
        ts_event: at(n * SECOND),
        ts_init: at(n * SECOND),
        changes: BookChanges::Levels(Vec::new()),
        ..whole.clone()
    };
    let (_folder, catalog) = catalog();
    let error = catalog
        .add("A", &series(&[later(3)]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("first snapshot is missing") && error.contains("import"),
        "{error}"
    );
    catalog
        .add("A", &series(std::slice::from_ref(&whole)))
        .unwrap();
    let error = catalog
        .add("A", &series(&[later(3), later(4)]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`first_update` goes on at") && error.contains("part-"),
        "{error}"
    );
    for n in 1..=3 {
        catalog.add("A", &series(&[later(n)])).unwrap();
    }
    assert!(problems(&catalog).is_empty());
    let own = catalog.series(None).unwrap().remove(0);
    assert!(own.quality(Range::ALL, Thresholds::default()).unwrap()[0].is_clean());
    std::fs::remove_file(&own.parts[2].path).unwrap();
    let found = problems(&catalog);
    assert!(
        found.len() == 1 && found[0].contains("changes between are lost"),
        "{found:?}"
    );
    let own = catalog.series(None).unwrap().remove(0);
    assert_eq!(
        own.quality(Range::ALL, Thresholds::default()).unwrap()[0].gaps,
        1
    );
    std::fs::remove_file(&own.parts[0].path).unwrap();
    let found = problems(&catalog);
    assert!(
        found
            .iter()
            .any(|one| one.contains("first snapshot is missing")),
        "{found:?}"
    );
}

#[test]
fn a_part_by_order_does_not_go_on_with_a_book_by_level() {
    let whole = BookUpdate {
        ts_event: at(0),
        ts_init: at(0),
        ..updates(5, 1, false).remove(0)
    };
    let later = |second: u64, number: u64, scope: BookScope, by_order: bool| BookUpdate {
        scope,
        first: whole.last + number,
        last: whole.last + number,
        ts_event: at(second * SECOND),
        ts_init: at(second * SECOND),
        changes: match by_order {
            true => BookChanges::Orders(Vec::new()),
            false => BookChanges::Levels(Vec::new()),
        },
        ..whole.clone()
    };
    let (_folder, catalog) = catalog();
    let add = |update: &BookUpdate| catalog.add("A", &series(std::slice::from_ref(update)));
    add(&whole).unwrap();
    let error = add(&later(1, 1, BookScope::Delta, true))
        .unwrap_err()
        .to_string();
    for part in ["part-", "is by level", "changed by order", "snapshot"] {
        assert!(error.contains(part), "{error}");
    }
    add(&later(1, 1, BookScope::Delta, false)).unwrap();
    // A snapshot begins a book anew, of any kind.
    add(&later(2, 1, BookScope::Snapshot, true)).unwrap();
    add(&later(3, 2, BookScope::Delta, true)).unwrap();
    let error = add(&later(4, 3, BookScope::Delta, false))
        .unwrap_err()
        .to_string();
    assert!(error.contains("is by order"), "{error}");
    assert!(problems(&catalog).is_empty(), "{:?}", problems(&catalog));
    // Without the snapshot between them, one kind goes on with the other.
    let own = catalog.series(None).unwrap().remove(0);
    std::fs::remove_file(&own.parts[2].path).unwrap();
    let found = problems(&catalog);
    assert!(
        found.len() == 1 && found[0].contains("changed by order"),
        "{found:?}"
    );
}

#[test]
fn rows_that_make_no_batches_are_named_by_file_row_and_column() {
    let mut rows: Vec<_> = updates(2, 50, false).iter().flat_map(BookRow::of).collect();
    let broken = rows
        .iter()
        .rposition(|row| row.begins && !row.ends)
        .unwrap();
    rows[broken].begins = false;
    let (_folder, catalog) = catalog();
    catalog.add("A", &Series::Books(rows)).unwrap();
    let error = read(&catalog, Range::ALL).unwrap_err().to_string();
    let row = format!("row {}: column `flags`", broken + 1);
    assert!(error.contains(&row) && error.contains("part-"), "{error}");
    assert!(problems(&catalog)[0].contains(&row));
    only_file(&catalog);
}

#[test]
fn tops_of_books_are_looked_at_like_quotes() {
    let level = |side, price: i64, size| BookLevel {
        side,
        price: Price::from_raw(price * 1_000_000),
        size: Quantity::from_raw(size),
    };
    let update = |n: u64, levels: Vec<BookLevel>| BookUpdate {
        instrument: InstrumentId::new(0),
        scope: if n == 0 {
            BookScope::Snapshot
        } else {
            BookScope::Delta
        },
        first: n,
        last: n,
        changes: BookChanges::Levels(levels),
        ts_event: at(n * SECOND),
        ts_init: at(n * SECOND),
    };
    let mut batches = vec![update(
        0,
        vec![level(Side::Buy, 1_000, 5), level(Side::Sell, 1_001, 5)],
    )];
    // Behind the top, for 20 seconds.
    batches.extend((1..20).map(|n| update(n, vec![level(Side::Buy, 900, n)])));
    // Far away, and back; then crossed.
    batches.push(update(
        20,
        vec![
            level(Side::Buy, 1_000, 0),
            level(Side::Buy, 700, 5),
            level(Side::Buy, 900, 0),
        ],
    ));
    batches.push(update(21, vec![level(Side::Buy, 1_000, 5)]));
    batches.push(update(22, vec![level(Side::Buy, 1_002, 5)]));
    let (_folder, catalog) = catalog();
    catalog.add("A", &series(&batches)).unwrap();
    let thresholds = Thresholds {
        stale: Duration::from_secs(10),
        ..Thresholds::default()
    };
    let own = catalog.series(None).unwrap().remove(0);
    let day = own.quality(Range::ALL, thresholds).unwrap().remove(0);
    assert_eq!(
        (
            day.gaps,
            day.duplicates,
            day.outliers,
            day.crossed,
            day.stale
        ),
        (0, 0, 1, 1, 1)
    );
    assert_eq!(day.events, own.summary().unwrap().events);
}

/// A recording: all its batches, through the catalog and back.
fn recording(path: &str, batches: usize, begins: BookScope) {
    let Some(source) = shared(&format!("l2_crypto/{path}")) else {
        return;
    };
    let loaded = support::read(&source).unwrap();
    let memory: Vec<_> = store::merge(vec![&loaded.series]).collect();
    let updates = together(&memory);
    assert_eq!(
        (updates.len(), updates[0].scope),
        (batches, begins),
        "{path}"
    );
    let (folder, catalog) = catalog();
    catalog.add("C", &loaded.series).unwrap();
    let own = catalog.series(None).unwrap().remove(0);
    let range = Range::ALL;
    let back: Result<Vec<_>, _> = own.read(source.instrument, range).collect();
    assert_eq!(back.unwrap(), memory);
    assert!(problems(&catalog).is_empty(), "{:?}", problems(&catalog));
    for day in own.quality(range, Thresholds::default()).unwrap() {
        assert_eq!((day.gaps, day.duplicates, day.crossed), (0, 0, 0), "{path}");
    }
    let out = folder.path().join("out.csv");
    own.export(&out, range).unwrap();
    let again = support::read(&DataSource::new(&out, source.instrument)).unwrap();
    assert_eq!(again.series, loaded.series);
}

#[test]
fn recordings_of_binance_go_through_the_catalog() {
    recording(
        "binance_usdm/btcusdt_20240808.gz",
        6_548,
        BookScope::Snapshot,
    );
    recording(
        "binance_usdm/ethusdt_20240808.gz",
        6_581,
        BookScope::Snapshot,
    );
    recording(
        "binance_coinm/btcusd_perp_20240808.gz",
        26_825,
        BookScope::Snapshot,
    );
    recording(
        "binance_spot/btcusdt_20240808.gz",
        3_450,
        BookScope::Snapshot,
    );
    recording(
        "binance_spot/ethusdt_20240808.gz",
        3_433,
        BookScope::Snapshot,
    );
}

#[test]
fn trades_of_recordings_are_read_too() {
    for (path, count) in [
        ("binance_usdm/btcusdt_20240808.gz", 21_313),
        ("binance_spot/ethusdt_20240808.gz", 6_106),
    ] {
        let Some(mut source) = shared(&format!("l2_crypto/{path}")) else {
            return;
        };
        source.kind = Some(DataKind::Trades);
        assert_eq!(support::trades(&source).len(), count, "{path}");
    }
}

#[test]
fn recordings_of_other_venues_go_through_the_catalog() {
    recording("bybit/xrpusdt-ob500.data.zip", 50, BookScope::Snapshot);
    recording("hyperliquid/btcusd_20250126.gz", 45, BookScope::Snapshot);
    recording(
        "binance_usdm_tdepth/btcusdt-depth-snap.csv",
        1,
        BookScope::Snapshot,
    );
}

#[test]
fn changes_without_their_snapshot_are_refused_and_not_joined_to_another() {
    let update = "l2_crypto/binance_usdm_tdepth/btcusdt-depth-update.csv";
    let (Some(mut update), Some(whole)) =
        (shared(update), shared(&update.replace("update", "snap")))
    else {
        return;
    };
    assert!(refused(&update).contains("line 2: a change of a book with no snapshot before it"));
    let (_folder, catalog) = catalog();
    catalog
        .add("C", &support::read(&whole).unwrap().series)
        .unwrap();
    update.book_start = BookStart::After(catalog.book_ends("C").unwrap());
    // Ten minutes and 20 million changes are between the two files.
    let error = catalog
        .add("C", &support::read(&update).unwrap().series)
        .unwrap_err()
        .to_string();
    assert!(error.contains("changes between are lost"), "{error}");
}
