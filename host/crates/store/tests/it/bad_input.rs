//! Every defect is refused with file, line, field, value and a way out.

use std::fs;

use model::number::Excess;
use model::{BarBasis, BarMethod, BarSpec};
use store::{BarLabel, DataKind, DataSource, Field, OnBadRow, PriceRange, TimeFormat};

use crate::support::{bars, file, gzipped, quotes, read, refused, trades, zipped};

const QUOTES: &str = "ts_ns,bid,ask,bid_size,ask_size\n\
    1704067200000000000,1.10000,1.10002,100,200\n\
    1704067201000000000,1.10001,1.10003,100,200\n";

/// Loads `content` and expects an error that holds every part.
fn check(name: &str, content: impl AsRef<[u8]>, expect: &[&str]) {
    check_with(name, content, |_| {}, expect);
}

fn check_with(
    name: &str,
    content: impl AsRef<[u8]>,
    change: impl FnOnce(&mut DataSource),
    expect: &[&str],
) {
    let (_folder, mut source) = file(name, content);
    change(&mut source);
    let error = refused(&source);
    assert!(error.contains(name), "{error} does not name {name}");
    for part in expect {
        assert!(error.contains(part), "`{error}` does not hold `{part}`");
    }
}

/// The good quotes with one more line.
fn with_line(line: &str) -> String {
    format!("{QUOTES}{line}\n")
}

#[test]
fn files_that_are_not_there_or_not_data() {
    check("x.xlsx", QUOTES, &["the name ends in none of .csv"]);
    check("x.csv", "", &["is empty"]);
    check("x.csv.gz", gzipped(b""), &["is empty"]);
    check("x.csv", "\n\n# nothing\n", &["is empty"]);
    check("x.csv", "ts_ns,bid,ask\n", &["has a header but no rows"]);
}

#[test]
fn a_missing_file_is_named() {
    let (_folder, mut source) = file("x.csv", QUOTES);
    fs::remove_file(&source.path).unwrap();
    assert!(
        read(&source)
            .unwrap_err()
            .to_string()
            .contains("there is no such file")
    );
    source.path.pop();
    source.path.set_extension("csv");
    assert!(read(&source).is_err());
}

#[test]
fn damaged_archives() {
    let row = |n| format!("{},1.1,1.2,{n},{n}\n", 1_704_067_202_000_000_000_u64 + n);
    let rows: String = (0..20_000).map(row).collect();
    let packed = gzipped(format!("{QUOTES}{rows}").as_bytes());
    check("x.csv.gz", &packed[..packed.len() / 2], &["damaged"]);
    check("x.csv.gz", QUOTES, &["damaged", "after 0 rows"]);
    check("x.parquet", QUOTES, &["damaged"]);
    check("x.zip", QUOTES, &["damaged"]);
    check("x.zip", zipped(&[]), &["holds 0 files"]);
    let two = zipped(&[("a.csv", b"1"), ("b.csv", b"2")]);
    check(
        "x.zip",
        two,
        &["holds 2 files, one is needed: a.csv, b.csv"],
    );
}

#[test]
fn columns_that_are_missing_are_listed() {
    check_with(
        "x.csv",
        "when,bid,ask\n1,2,3\n",
        |s| s.kind = Some(DataKind::Quotes),
        &[
            "quotes need a column `time`",
            "the file has: when, bid, ask",
            "map it with time=NAME",
        ],
    );
    check(
        "x.csv",
        "time,a,b\n1,2,3\n",
        &["cannot tell whether", "columns: time, a, b"],
    );
    check_with(
        "x.csv",
        QUOTES,
        |s| s.columns = s.columns.clone().with(Field::Bid, "Best"),
        &["`bid` is mapped to column `Best`", "it has: ts_ns, bid"],
    );
}

#[test]
fn rows_with_bad_numbers() {
    let row = |rest: &str| with_line(&format!("1704067202000000000,{rest}"));
    check(
        "x.csv",
        row("1.1"),
        &["line 4", "has 2 fields, `ask` is field 3"],
    );
    check(
        "x.csv",
        row("NaN,1.1,1,1"),
        &["line 4", "`bid` is `NaN`", "finite"],
    );
    check("x.csv", row("1.1,-inf,1,1"), &["`ask` is `-inf`"]);
    check(
        "x.csv",
        row("-1.1,1.1,1,1"),
        &["line 4", "`bid` is negative: -1.1"],
    );
    check("x.csv", row("0,1.1,1,1"), &["`bid` is zero"]);
    check(
        "x.csv",
        row("1.1,1.2,-5,1"),
        &["`bid_size` is negative: -5"],
    );
    check(
        "x.csv",
        row("1.1,abc,1,1"),
        &["`ask` is `abc`, not a decimal number"],
    );
    check("x.csv", row("1.1,,1,1"), &["`ask` is empty"]);
    check(
        "x.csv",
        row("99999999999,1,1,1"),
        &["`bid` is `99999999999`", "too large"],
    );
    check(
        "x.csv",
        row("1.10003,1.10001,1,1"),
        &["line 4", "bid 1.10003 is above ask 1.10001"],
    );
}

#[test]
fn mixed_precision_names_the_way_out() {
    let row = with_line("1704067202000000000,1.0000000001,1.1,1,1");
    check(
        "x.csv",
        &row,
        &["line 4", "more than 9 digits", "allow rounding"],
    );
    let (_folder, mut source) = file("x.csv", row);
    source.price_excess = Excess::Round;
    assert_eq!(quotes(&source)[2].bid, "1".parse().unwrap());
}

#[test]
fn times_that_go_back_show_both() {
    check(
        "x.csv",
        with_line("1704067200500000000,1.1,1.2,1,1"),
        &[
            "line 4",
            "time goes back: 2024-01-01T00:00:00.500000000Z after 2024-01-01T00:00:01.000000000Z",
        ],
    );
    check(
        "x.csv",
        with_line("1704067202,1.1,1.2,1,1"),
        &["line 4", "not nanoseconds since"],
    );
    check(
        "x.csv",
        with_line("yesterday,1.1,1.2,1,1"),
        &["time `yesterday`"],
    );
    check(
        "x.csv",
        "time,price\n17,1\n",
        &["line 2", "time `17`", "name the time format"],
    );
    check_with(
        "x.csv",
        "time,price\n17,1\n",
        |s| s.time = TimeFormat::MillisOfDay { date: None },
        &["yyyymmdd_"],
    );
}

#[test]
fn bars_that_cannot_be() {
    let head = "date,open,high,low,close,volume\n2024-01-01T00:00:00Z,10,12,9,11,5\n";
    let next = |row: &str| format!("{head}2024-01-01T00:01:00Z,{row}\n");
    check(
        "x.csv",
        next("10,9,8,10,1"),
        &["line 3", "impossible bar: open 10, high 9, low 8"],
    );
    check("x.csv", next("10,12,0.0,10,1"), &["`low` is zero"]);
    check(
        "x.csv",
        format!("{head}2024-01-01,10,12,9,11,5\n"),
        &["line 3", "a second bar at 2024"],
    );
    check(
        "x.csv",
        head,
        &["cannot tell how long a bar is from 1 bars"],
    );
    check_with(
        "x.csv",
        next("10,12,9,11,1"),
        |s| s.bar = Some(BarSpec::seconds(300, BarBasis::Last)),
        &["line 3", "bar overlaps", "300000000000 ns long"],
    );
    let ticks = BarSpec {
        method: BarMethod::Tick(5),
        basis: BarBasis::Last,
    };
    check_with(
        "x.csv",
        head,
        |s| s.bar = Some(ticks),
        &["labelled by their end"],
    );
    let (_folder, mut source) = file("x.csv", next("10,12,9,11,1"));
    (source.bar, source.bar_label) = (Some(ticks), BarLabel::End);
    assert_eq!(bars(&source)[1].ts_open, bars(&source)[0].ts_event);
}

#[test]
fn sides_that_are_none() {
    check(
        "x.csv",
        "time,price,side\n1704067202,1,up\n",
        &["line 2", "`side` is `up`"],
    );
    check(
        "x.csv",
        "time,price,buyer_maker\n1704067202,1,2\n",
        &["`buyer_maker` is `2`"],
    );
}

#[test]
fn several_symbols_need_a_choice() {
    let rows = "time,symbol,price\n1704067202,A,1\n1704067202,B,2\n1704067203,A,3\n";
    check("x.csv", rows, &["line 3", "holds `A` and `B`; choose one"]);
    let (_folder, mut source) = file("x.csv", rows);
    source.symbol = Some("A".to_owned());
    assert_eq!(trades(&source).len(), 2);
    check_with(
        "x.csv",
        rows,
        |s| s.symbol = Some("C".to_owned()),
        &["none of 3 rows is of symbol `C`; there are: A, B"],
    );
}

#[test]
fn negative_prices_pass_only_when_allowed() {
    let (_folder, mut source) = file("x.csv", "time,price,size\n1704067202,-37.63,1\n");
    source.prices = PriceRange::Any;
    assert_eq!(trades(&source)[0].price, "-37.63".parse().unwrap());
}

#[test]
fn bad_rows_are_skipped_up_to_the_limit() {
    let bad = "1704067202000000000,NaN,1,1,1\n1704067203000000000,2,1,1,1\n";
    let rows = format!("{QUOTES}{bad}1704067204000000000,1,2,3,4\n");
    let (_folder, mut source) = file("x.csv", &rows);
    source.on_bad_row = OnBadRow::Skip { max: 2 };
    let loaded = read(&source).unwrap();
    assert_eq!(
        (loaded.series.len(), loaded.rows, loaded.skipped.count),
        (3, 5, 2)
    );
    assert!(loaded.skipped.examples[0].to_string().contains("line 4"));
    check_with(
        "x.csv",
        &rows,
        |s| s.on_bad_row = OnBadRow::Skip { max: 1 },
        &["line 5", "more than the 1 bad rows"],
    );
    let all_bad = format!("ts_ns,bid,ask,bid_size,ask_size\n{bad}");
    check_with(
        "x.csv",
        all_bad,
        |s| s.on_bad_row = OnBadRow::Skip { max: 9 },
        &["none of 2 rows can be used", "line 2"],
    );
}
