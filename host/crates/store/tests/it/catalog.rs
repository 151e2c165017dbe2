//! The catalog: what goes in comes out, in the same order as from memory, once, and nothing that is
//! not as it should be is read.

use std::path::Path;

use model::{Bar, BarBasis, BarSpec, InstrumentId, Price, Quantity, Quote, Side, Timestamp, Trade};
use store::catalog::{Catalog, CatalogError, Range};
use store::{MarketEvent, Series};

const DAY: u64 = 86_400_000_000_000;
const START: u64 = 19_724 * DAY;

pub(crate) fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(START + nanos)
}

pub(crate) fn quote(instrument: u32, nanos: u64, bid: i64) -> Quote {
    Quote {
        instrument: InstrumentId::new(instrument),
        bid: Price::from_raw(bid),
        ask: Price::from_raw(bid + 10_000),
        bid_size: Quantity::from_raw(nanos % 1_000),
        ask_size: Quantity::from_raw(7),
        ts_event: at(nanos),
        ts_init: at(nanos),
    }
}

/// Quotes every `step`, over `days` days.
pub(crate) fn quotes(instrument: u32, days: u64, step: u64) -> Series {
    let count = days * DAY / step;
    let wave = |n: u64| 1_100_000_000 + i64::try_from(n * 7919 % 1000).unwrap() * 10_000;
    Series::Quotes(
        (0..count)
            .map(|n| quote(instrument, n * step, wave(n)))
            .collect(),
    )
}

fn trades() -> Series {
    let sides = [Some(Side::Buy), Some(Side::Sell), None];
    let trade = |n: u64| Trade {
        instrument: InstrumentId::new(0),
        // Every 20th shares its moment with the one before.
        price: Price::from_raw(1_000_000_000 + i64::try_from(n).unwrap()),
        size: Quantity::from_raw(n * 3),
        aggressor: sides[(n % 3) as usize],
        ts_event: at(n / 20 * 20 * 1_000_000_000),
        ts_init: at(n / 20 * 20 * 1_000_000_000),
    };
    Series::Trades((0..9_000).map(trade).collect())
}

fn bars(instrument: u32) -> Series {
    let bar = |n: u64| Bar {
        instrument: InstrumentId::new(instrument),
        spec: BarSpec::seconds(3600, BarBasis::Mid),
        open: Price::from_raw(-5),
        high: Price::from_raw(i64::MAX),
        low: Price::from_raw(i64::MIN),
        close: Price::from_raw(0),
        volume: Quantity::MAX,
        ts_open: at(n * DAY / 24),
        ts_event: at((n + 1) * DAY / 24),
        ts_init: at((n + 1) * DAY / 24),
    };
    Series::Bars((0..30).map(bar).collect())
}

pub(crate) fn catalog() -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::create(folder.path().join("catalog")).unwrap();
    (folder, catalog)
}

pub(crate) fn read(catalog: &Catalog, range: Range) -> Result<Vec<MarketEvent>, CatalogError> {
    let series = catalog.series(None)?;
    let place = |symbol: &str| InstrumentId::new(u32::from(symbol != "A/B"));
    let readers = series
        .iter()
        .map(|one| one.read(place(&one.key.instrument), range));
    store::catalog::merge(readers.collect())?.collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found.sort();
    found
}

/// The one file of a catalog that has one.
pub(crate) fn only_file(catalog: &Catalog) -> String {
    let mut files = files(catalog.root());
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn streams_give_what_memory_gives_in_the_same_order() {
    let (_folder, catalog) = catalog();
    let (first, second) = (
        quotes(0, 3, 1_700_000_000_000),
        quotes(1, 2, 20_000_000_000),
    );
    let (trades, bars) = (trades(), bars(1));
    for (symbol, series) in [
        ("A/B", &first),
        ("C", &second),
        ("A/B", &trades),
        ("C", &bars),
    ] {
        let added = catalog.add(symbol, series).unwrap();
        assert_eq!(added.events, series.len() as u64);
    }
    let memory: Vec<_> = store::merge(vec![&first, &second, &trades, &bars]).collect();
    assert!(memory.len() > 17_000);
    assert_eq!(read(&catalog, Range::ALL).unwrap(), memory);
    for (from, to) in [
        (0, 1),
        (DAY / 2, DAY),
        (DAY, 2 * DAY + 1),
        (5 * DAY, 6 * DAY),
    ] {
        let range = Range {
            from: at(from),
            to: at(to),
        };
        let inside = |event: &&MarketEvent| (range.from..range.to).contains(&event.ts_init());
        let expect: Vec<_> = memory.iter().filter(inside).copied().collect();
        assert_eq!(read(&catalog, range).unwrap(), expect, "{range:?}");
    }
}

#[test]
fn the_same_again_changes_nothing_and_other_data_of_that_time_is_refused() {
    let (_folder, catalog) = catalog();
    let series = quotes(0, 2, 60_000_000_000);
    catalog.add("EUR/USD", &series).unwrap();
    let before = files(catalog.root());
    let again = catalog.add("EUR/USD", &series).unwrap();
    assert_eq!((again.events, again.already), (0, series.len() as u64));
    let other = Series::Quotes(vec![quote(0, 2 * DAY + 5, 7), quote(0, 2 * DAY + 6, 7)]);
    catalog.add("EUR/USD", &other).unwrap();
    for overlapping in [quotes(0, 3, 30_000_000_000), quotes(0, 2, 120_000_000_000)] {
        let error = catalog.add("EUR/USD", &overlapping).unwrap_err();
        assert!(matches!(error, CatalogError::Overlap { .. }), "{error}");
    }
    // The same first and last moment, another price between them.
    let Series::Quotes(mut changed) = series else {
        panic!()
    };
    changed[5].bid = Price::from_raw(1);
    let error = catalog
        .add("EUR/USD", &Series::Quotes(changed))
        .unwrap_err();
    assert!(error.to_string().contains("remove that part"), "{error}");
    let after = files(catalog.root());
    assert_eq!(after.len(), before.len() + 1);
    assert!(
        before
            .iter()
            .all(|file| after.contains(file) && file.contains("EUR%2FUSD"))
    );
}

#[test]
fn instruments_move_from_the_first_price_of_a_stretch_to_its_last() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::create(folder.path()).unwrap();
    let quotes = [(0, 100), (5, 300), (DAY, 200)].map(|(nanos, bid)| quote(0, nanos, bid));
    catalog.add("A", &Series::Quotes(quotes.into())).unwrap();
    catalog.add("C", &bars(0)).unwrap();
    let named = ["B", "A"].map(str::to_owned);
    let check = |from: u64, to: u64, expect: Option<(i64, i64)>| {
        let range = Range {
            from: at(from),
            to: at(to),
        };
        let moved = catalog.moved(&named, range).unwrap();
        let found: Vec<_> = moved
            .iter()
            .map(|one| (one.instrument.as_str(), one.first.raw(), one.last.raw()))
            .collect();
        // Half of the spread above the bid.
        let expect = expect.map(|(first, last)| ("A", first + 5_000, last + 5_000));
        assert_eq!(found, Vec::from_iter(expect));
    };
    check(0, DAY + 1, Some((100, 200)));
    check(0, DAY, Some((100, 300)));
    check(5, 6, Some((300, 300)));
    check(6, DAY, None);
    check(2 * DAY, 3 * DAY, None);
    let Series::Bars(bars) = bars(0) else {
        panic!("other data");
    };
    let moved = catalog.moved(&["C".to_owned()], Range::ALL).unwrap();
    let ends = (bars[0].open, bars[bars.len() - 1].close);
    assert_eq!([(moved[0].first, moved[0].last)], [ends]);
}

#[test]
fn footers_tell_events_and_grid() {
    let (_folder, catalog) = catalog();
    let series = quotes(0, 2, 60_000_000_000);
    catalog.add("A/B", &series).unwrap();
    let all = catalog.series(Some("A/B")).unwrap();
    let summary = all[0].summary().unwrap();
    assert_eq!(summary.events, series.len() as u64);
    assert_eq!(summary.tick, "0.00001".parse().unwrap());
    assert_eq!(all[0].period(), series.period());
    assert!(catalog.series(Some("B/A")).unwrap().is_empty());
}

#[test]
fn a_wrong_schema_is_named_with_column_and_types() {
    let (_folder, catalog) = catalog();
    catalog.add("A", &quotes(0, 1, 60_000_000_000)).unwrap();
    let quotes = only_file(&catalog);
    let folder = catalog
        .root()
        .join("kind=trades/instrument=A/day=2024-01-02");
    std::fs::create_dir_all(&folder).unwrap();
    let name = Path::new(&quotes).file_name().unwrap();
    std::fs::copy(&quotes, folder.join(name)).unwrap();
    let error = read(&catalog, Range::ALL).unwrap_err().to_string();
    assert!(
        error.contains("`price`") && error.contains("missing"),
        "{error}"
    );
    assert!(
        error.contains("Decimal128(18, 9)") && error.contains("kind=trades"),
        "{error}"
    );
}

#[test]
fn damage_and_strange_names_are_errors_that_name_the_file() {
    let (_folder, catalog) = catalog();
    catalog.add("A", &quotes(0, 1, 60_000_000_000)).unwrap();
    let file = only_file(&catalog);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let error = read(&catalog, Range::ALL).unwrap_err().to_string();
    assert!(
        error.contains("damaged") && error.contains("part-"),
        "{error}"
    );
    let folder = Path::new(&file).parent().unwrap();
    std::fs::write(folder.join("notes.txt"), "x").unwrap();
    let error = read(&catalog, Range::ALL).unwrap_err().to_string();
    assert!(
        error.contains("notes.txt") && error.contains("part-FIRST"),
        "{error}"
    );
    let error = Catalog::open(folder.join("nowhere"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("nowhere") && error.contains("import"),
        "{error}"
    );
}
