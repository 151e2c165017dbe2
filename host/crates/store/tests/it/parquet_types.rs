//! Parquet columns of every type that market data comes in.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::Int8Type;
use model::{InstrumentId, Side};
use parquet::arrow::ArrowWriter;
use store::{DataSource, Field, TimeFormat};

use crate::support::{bars, quotes, read, refused, trades};

fn file(columns: Vec<(&str, ArrayRef)>) -> (tempfile::TempDir, DataSource) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (folder, DataSource::new(path, InstrumentId::new(7)))
}

fn times() -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![
        1_704_067_200_000_001,
        1_704_067_201_000_000,
    ]))
}

#[test]
fn numbers_of_every_type_are_exact() {
    let decimal = Decimal128Array::from(vec![1_100_021_i128, 1_100_031]);
    let (_folder, source) = file(vec![
        ("timestamp", times()),
        (
            "bid",
            Arc::new(Float64Array::from(vec![1.10001, 1.1])) as ArrayRef,
        ),
        (
            "ask",
            Arc::new(decimal.with_precision_and_scale(10, 6).unwrap()),
        ),
        ("bid_size", Arc::new(Int32Array::from(vec![5, 6]))),
        ("ask_size", Arc::new(UInt64Array::from(vec![7, 8]))),
    ]);
    let quotes = quotes(&source);
    assert_eq!(quotes[0].bid, "1.10001".parse().unwrap());
    assert_eq!(quotes[0].ask, "1.100021".parse().unwrap());
    assert_eq!(quotes[1].bid_size, "6".parse().unwrap());
    assert_eq!(quotes[1].ask_size, "8".parse().unwrap());
    assert_eq!(
        quotes[0].ts_event.to_string(),
        "2024-01-01T00:00:00.000001000Z"
    );
}

#[test]
fn texts_dictionaries_and_booleans_are_read() {
    let symbols: DictionaryArray<Int8Type> = vec!["A", "A"].into_iter().collect();
    let (_folder, mut source) = file(vec![
        (
            "ts",
            Arc::new(Int64Array::from(vec![1_704_067_200_000, 1_704_067_201_000])) as ArrayRef,
        ),
        ("price", Arc::new(StringArray::from(vec!["1.5", "2.5"]))),
        ("qty", Arc::new(Float32Array::from(vec![0.1, 0.2]))),
        (
            "is_buyer_maker",
            Arc::new(BooleanArray::from(vec![true, false])),
        ),
        ("symbol", Arc::new(symbols)),
    ]);
    source.symbol = Some("A".to_owned());
    let trades = trades(&source);
    assert_eq!(trades[0].size, "0.1".parse().unwrap());
    assert_eq!(trades[0].aggressor, Some(Side::Sell));
    assert_eq!(trades[1].aggressor, Some(Side::Buy));
    source.symbol = Some("B".to_owned());
    assert!(
        read(&source)
            .unwrap_err()
            .to_string()
            .contains("of symbol `B`; there are: A")
    );
}

#[test]
fn dates_and_naive_times_are_on_the_files_clock() {
    let price = || Arc::new(Float64Array::from(vec![10.0, 10.0])) as ArrayRef;
    let prices = || ["open", "high", "low", "close"].map(|name| (name, price()));
    let mut columns = vec![(
        "date",
        Arc::new(Date32Array::from(vec![19_723, 19_724])) as ArrayRef,
    )];
    columns.extend(prices());
    let (_folder, mut source) = file(columns);
    assert_eq!(
        bars(&source)[0].ts_open.to_string(),
        "2024-01-01T00:00:00.000000000Z"
    );
    assert_eq!(bars(&source)[0].ts_event, bars(&source)[1].ts_open);
    source.utc_offset_s = -18_000;
    assert_eq!(
        bars(&source)[0].ts_open.to_string(),
        "2024-01-01T05:00:00.000000000Z"
    );

    let stamps = TimestampSecondArray::from(vec![1_704_067_200, 1_704_067_260]);
    let mut columns = vec![("date", Arc::new(stamps.with_timezone("UTC")) as ArrayRef)];
    columns.extend(prices());
    let (_folder, mut source) = file(columns);
    source.utc_offset_s = -18_000;
    assert_eq!(
        bars(&source)[0].ts_open.to_string(),
        "2024-01-01T00:00:00.000000000Z"
    );
}

/// Expects an error about a file of times and this price column that holds every part.
fn check(price: ArrayRef, expect: &[&str]) {
    let (_folder, source) = file(vec![("timestamp", times()), ("price", price)]);
    let error = refused(&source);
    for part in expect {
        assert!(error.contains(part), "`{error}` does not hold `{part}`");
    }
}

#[test]
fn bad_cells_name_the_row() {
    check(
        Arc::new(Float64Array::from(vec![1.0, f64::NAN])),
        &["row 2", "`price` is `NaN`"],
    );
    check(
        Arc::new(Float64Array::from(vec![Some(1.0), None])),
        &["row 2", "`price` is empty"],
    );
    check(
        Arc::new(Float64Array::from(vec![-1.0, 1.0])),
        &["row 1", "`price` is negative"],
    );
    check(
        Arc::new(Float64Array::from(vec![f64::MAX, 1.0])),
        &["row 1", "too large"],
    );
    check(
        Arc::new(Float64Array::from(vec![0.0, 1.0])),
        &["row 1", "`price` is zero"],
    );
    check(
        Arc::new(Date32Array::from(vec![1, 2])),
        &["column `price` is of type Date32"],
    );
}

#[test]
fn empty_tables_and_missing_columns_are_named() {
    let none: ArrayRef = Arc::new(Float64Array::from(Vec::<f64>::new()));
    let (_folder, source) = file(vec![
        (
            "timestamp",
            Arc::new(Int64Array::from(Vec::<i64>::new())) as ArrayRef,
        ),
        ("price", none),
    ]);
    assert!(refused(&source).contains("no rows"));

    let price = Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef;
    let (_folder, mut source) = file(vec![("timestamp", times()), ("price", price)]);
    source.columns = source.columns.with(Field::Size, 9);
    let error = refused(&source);
    assert!(error.contains("`size` is mapped to column `9`"), "{error}");
    source.columns = store::ColumnMap::new();
    source.time = TimeFormat::Seconds;
    assert_eq!(trades(&source).len(), 2);
}
