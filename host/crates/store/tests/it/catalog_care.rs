//! The care of a catalog: verify finds what was changed, a merge loses and doubles nothing, what is
//! given out can be taken in again, and odd data is counted.

use model::{Duration, Price};
use store::catalog::{Catalog, Range, Thresholds};
use store::{DataSource, Series};

use super::catalog::{at, catalog, only_file, quote, quotes, read};

fn series(quotes: Vec<model::Quote>) -> Series {
    Series::Quotes(quotes)
}

/// One day in three parts, the second of which ends where the third begins.
fn three_parts(catalog: &Catalog) {
    for (from, to) in [(0, 50), (50, 90), (89, 120)] {
        let part =
            (from..to).map(|n| quote(0, n * 1_000_000_000, 1_000_000 + i64::try_from(n).unwrap()));
        catalog.add("A/B", &series(part.collect())).unwrap();
    }
}

fn verify(catalog: &Catalog) -> Vec<String> {
    let verified = catalog.verify(None, &mut |_| {}).unwrap();
    verified
        .problems
        .into_iter()
        .map(|problem| problem.detail)
        .collect()
}

#[test]
fn a_merge_keeps_every_event_in_order_and_leaves_one_part() {
    let (_folder, catalog) = catalog();
    three_parts(&catalog);
    let before = read(&catalog, Range::ALL).unwrap();
    assert_eq!(before.len(), 121);
    let done = catalog.compact(None, &mut |_| {}).unwrap();
    assert_eq!((done.days, done.removed, done.events), (1, 3, 121));
    assert_eq!(read(&catalog, Range::ALL).unwrap(), before);
    only_file(&catalog);
    assert!(verify(&catalog).is_empty());
    assert_eq!(catalog.compact(None, &mut |_| {}).unwrap().days, 0);
}

#[test]
fn a_merge_that_was_cut_off_doubles_nothing_and_is_finished_later() {
    let (_folder, catalog) = catalog();
    three_parts(&catalog);
    let before = read(&catalog, Range::ALL).unwrap();
    let old = catalog.series(None).unwrap().remove(0).parts;
    let kept: Vec<_> = old
        .iter()
        .map(|part| std::fs::read(&part.path).unwrap())
        .collect();
    catalog.compact(None, &mut |_| {}).unwrap();
    // As if the program had ended before it removed the last two.
    for (part, bytes) in old.iter().zip(&kept).skip(1) {
        std::fs::write(&part.path, bytes).unwrap();
    }
    assert_eq!(read(&catalog, Range::ALL).unwrap(), before);
    assert_eq!(verify(&catalog).len(), 2);
    assert_eq!(catalog.compact(None, &mut |_| {}).unwrap().removed, 2);
    assert!(verify(&catalog).is_empty());
}

#[test]
fn one_flipped_bit_is_found() {
    let (_folder, catalog) = catalog();
    catalog.add("A", &quotes(0, 1, 60_000_000_000)).unwrap();
    assert!(verify(&catalog).is_empty());
    let file = only_file(&catalog);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let problems = verify(&catalog);
    assert!(
        problems.len() == 1 && problems[0].contains("checksum"),
        "{problems:?}"
    );
}

#[test]
fn an_unfinished_file_is_named_and_not_read() {
    let (_folder, catalog) = catalog();
    catalog.add("A", &quotes(0, 1, 60_000_000_000)).unwrap();
    let part = only_file(&catalog);
    let folder = std::path::Path::new(&part).parent().unwrap();
    std::fs::write(folder.join(".writing-x"), "half").unwrap();
    assert_eq!(read(&catalog, Range::ALL).unwrap().len(), 1440);
    let problems = verify(&catalog);
    assert!(
        problems.len() == 1 && problems[0].contains("cut off"),
        "{problems:?}"
    );
}

#[test]
fn what_is_given_out_comes_in_again() {
    let (folder, catalog) = catalog();
    let all = quotes(0, 2, 60_000_000_000);
    catalog.add("A", &all).unwrap();
    let own = catalog.series(None).unwrap().remove(0);
    for name in ["out.csv", "out.parquet"] {
        let file = folder.path().join(name);
        assert_eq!(own.export(&file, Range::ALL).unwrap(), all.len() as u64);
        let source = DataSource::new(&file, model::InstrumentId::new(0));
        assert_eq!(
            store::load(&source, &mut |_, _| {}).unwrap().series,
            all,
            "{name}"
        );
    }
    let range = Range {
        from: at(0),
        to: at(60_000_000_001),
    };
    assert_eq!(
        own.export(&folder.path().join("two.csv"), range).unwrap(),
        2
    );
    let error = own
        .export(&folder.path().join("out.txt"), range)
        .unwrap_err();
    assert!(error.to_string().contains(".parquet"), "{error}");
}

#[test]
fn odd_data_is_counted() {
    let (_folder, catalog) = catalog();
    let second = 1_000_000_000;
    let mut day: Vec<_> = (0..100)
        .map(|n| quote(0, n * second, 1_000_000_000 + i64::try_from(n).unwrap()))
        .collect();
    day[50].bid = Price::from_raw(1_200_000_000);
    day[50].ask = Price::from_raw(1_199_999_000);
    day.push(day[99]);
    // Ten minutes later, and then the same for eight seconds.
    let later = |n: u64| {
        let mut same = quote(0, 700 * second, 1_000_000_000);
        (same.ts_event, same.ts_init) = (at((700 + n) * second), at((700 + n) * second));
        same
    };
    day.extend((0..9).map(later));
    catalog.add("A", &series(day)).unwrap();
    let own = catalog.series(None).unwrap().remove(0);
    let thresholds = Thresholds {
        stale: Duration::from_secs(5),
        ..Thresholds::default()
    };
    let days = own.quality(Range::ALL, thresholds).unwrap();
    assert_eq!(days.len(), 1);
    let found = &days[0];
    assert_eq!((found.day.as_str(), found.events), ("2024-01-02", 110));
    assert_eq!(
        (found.gaps, found.longest_gap),
        (1, Duration::from_secs(601))
    );
    assert_eq!(
        (found.duplicates, found.outliers, found.crossed, found.stale),
        (1, 1, 1, 1)
    );
    let calm = Thresholds {
        gap: Duration::from_secs(700),
        stale: Duration::from_secs(60),
        ..thresholds
    };
    let found = own.quality(Range::ALL, calm).unwrap().remove(0);
    assert_eq!((found.gaps, found.stale), (0, 0));
}
