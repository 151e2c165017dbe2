//! The same events come out of every packing and shape of text.

use model::{BarBasis, BarSpec, Duration, Side, Timestamp};
use store::{BarLabel, Column, ColumnMap, DataKind, Field, Header, TimeFormat, load};

use crate::support::{bars, file, gzipped, quotes, trades, zipped};

const PLAIN: &str = "ts_ns,bid,ask,bid_size,ask_size\n\
    1704067200000000000,1.10000,1.10002,100.5,200\n\
    1704067200000000001,1.10001,1.10003,0,200\n";

#[test]
fn plain_gzip_and_zip_give_the_same() {
    let (_one, plain) = file("x.csv", PLAIN);
    let (_two, gzip) = file("x.csv.gz", gzipped(PLAIN.as_bytes()));
    let (_three, zip) = file("x.zip", zipped(&[("x.csv", PLAIN.as_bytes())]));
    let expect = quotes(&plain);
    assert_eq!(expect.len(), 2);
    assert_eq!(expect[0].bid, "1.1".parse().unwrap());
    assert_eq!(expect[0].bid_size, "100.5".parse().unwrap());
    assert_eq!(
        expect[1].ts_init,
        Timestamp::from_nanos(1_704_067_200_000_000_001)
    );
    assert_eq!((quotes(&gzip), quotes(&zip)), (expect.clone(), expect));
}

#[test]
fn windows_line_ends_quotes_blanks_and_a_byte_order_mark_do_not_matter() {
    let text = "\u{feff}# a comment\r\nts_ns,\"bid\", ask ,bid_size,ask_size\r\n\r\n\
        1704067200000000000,\"1.10000\",1.10002 , 100.5,200\r\n\
        1704067200000000001,1.10001,\"1.10003\",0,200\r\n";
    let (_one, plain) = file("x.csv", PLAIN);
    let (_two, other) = file("y.csv", text);
    assert_eq!(quotes(&other), quotes(&plain));
}

#[test]
fn columns_can_be_mapped_by_name_and_position() {
    let (_folder, mut source) = file("x.csv", "a;b;c;d\n1704067200;3;2;x\n");
    source.columns = ColumnMap::new()
        .with(Field::Time, "A")
        .with(Field::Ask, 1)
        .with(Field::Bid, Column::Index(2));
    let quote = quotes(&source)[0];
    assert_eq!(
        (quote.bid, quote.ask),
        ("2".parse().unwrap(), "3".parse().unwrap())
    );
    assert!(quote.bid_size.is_zero());
    let mut map = ColumnMap::new();
    map.set("bid=2").unwrap();
    map.set("ask = Best Ask").unwrap();
    assert_eq!(map.get(Field::Bid), Some(&Column::Index(2)));
    assert_eq!(
        map.get(Field::Ask),
        Some(&Column::Name("Best Ask".to_owned()))
    );
    assert!(
        map.set("bidd=2")
            .unwrap_err()
            .to_string()
            .contains("fields are time")
    );
}

#[test]
fn makers_and_takers_are_not_confused() {
    let sides = |rows: &str| {
        let (_folder, source) = file("x.csv", rows);
        trades(&source)
            .iter()
            .map(|trade| trade.aggressor)
            .collect::<Vec<_>>()
    };
    let (buy, sell) = (Some(Side::Buy), Some(Side::Sell));
    let rows = "time,price,buyer_maker\n1704067200,1,True\n1704067200,1,False\n1704067200,1,\n";
    assert_eq!(sides(rows), [sell, buy, None]);
    let rows = "time,price,side\n1704067200,1,SELL\n1704067200,1,b\n1704067200,1,\n";
    assert_eq!(sides(rows), [sell, buy, None]);
}

#[test]
fn bars_know_when_they_began_and_ended() {
    let rows = "20240101 000000;1;2;1;2;9\n20240101 000100;2;3;2;3;9\n20240101 000500;2;3;2;3;9\n";
    let (_folder, mut source) = file("x.txt", rows);
    let minute = Duration::from_secs(60);
    let first = bars(&source)[0];
    assert_eq!(first.spec, BarSpec::seconds(60, BarBasis::Last));
    assert_eq!(first.ts_event, first.ts_open.after(minute));
    assert_eq!(
        first.ts_open,
        Timestamp::from_nanos(1_704_067_200_000_000_000)
    );
    source.bar_label = BarLabel::End;
    assert_eq!(bars(&source)[0].ts_event, first.ts_open);
    source.bar = Some(BarSpec::seconds(30, BarBasis::Mid));
    assert_eq!(bars(&source)[0].spec.basis, BarBasis::Mid);
}

#[test]
fn date_and_time_of_day_may_stand_apart() {
    let rows =
        "Date,Open,High,Low,Close\n2006-01-02,09:01:00,1,2,1,2\n2006-01-02,09:02:00,1,2,1,2\n";
    let (_folder, mut source) = file("x.csv", rows);
    source.header = Header::Present;
    source.utc_offset_s = 3600;
    source.kind = Some(DataKind::Bars);
    source.columns = [Field::Open, Field::High, Field::Low, Field::Close]
        .into_iter()
        .zip(2..)
        .fold(
            ColumnMap::new().with(Field::TimeOfDay, 1),
            |map, (field, at)| map.with(field, at),
        );
    let first = bars(&source)[0];
    assert_eq!(first.ts_open.to_string(), "2006-01-02T08:01:00.000000000Z");
}

#[test]
fn a_named_date_explains_short_counts_only_without_a_header() {
    let (_one, source) = file("20140507_quote.csv", "1014,1.39248,1.39250\n");
    assert_eq!(
        quotes(&source)[0].ts_event.to_string(),
        "2014-05-07T00:00:01.014000000Z"
    );
    let (_two, mut source) = file("20140507_x.csv", "time,bid,ask\n1014,1.39248,1.39250\n");
    assert!(load(&source, &mut |_, _| {}).is_err());
    source.time = TimeFormat::MillisOfDay { date: None };
    assert_eq!(quotes(&source).len(), 1);
}

#[test]
fn progress_ends_at_the_whole_file() {
    let rows: String = (0..40_000)
        .map(|n| format!("{},1,2\n", 1_704_067_200 + n))
        .collect();
    let (_folder, source) = file(
        "x.csv.gz",
        gzipped(format!("time,bid,ask\n{rows}").as_bytes()),
    );
    let mut reports = Vec::new();
    load(&source, &mut |done, total| reports.push((done, total))).unwrap();
    let total = std::fs::metadata(&source.path).unwrap().len();
    assert!(reports.len() >= 3);
    assert!(reports.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    assert_eq!(reports.last(), Some(&(total, total)));
}
