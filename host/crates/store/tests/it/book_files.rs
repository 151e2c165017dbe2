//! Files of order books: bad rows and bad messages are refused by line, column and way out, and a feed
//! is put into order.

use model::BookScope::{self, Delta, Snapshot};
use model::Side;
use store::{BookRow, BookStart, DataKind, DataSource, OnBadRow, Series};

use super::support::{self, file, gzipped, refused, zipped};

const HEAD: &str = "time,first_update_id,last_update_id,update_type,side,price,size\n";
const BOOK: &str = "1704067200000000000,5,5,snapshot,buy,1.10,3\n\
                    1704067200000000000,5,5,snapshot,sell,1.20,4\n";

/// A good book with more lines, loaded; what the error must say.
fn check(lines: &str, expect: &[&str]) {
    let (_folder, source) = file("x.csv", format!("{HEAD}{BOOK}{lines}"));
    says(&refused(&source), expect);
}

fn says(error: &str, expect: &[&str]) {
    assert!(error.contains("x."), "{error} names no file");
    for part in expect {
        assert!(error.contains(part), "`{error}` does not hold `{part}`");
    }
}

#[test]
fn bad_rows_are_named_with_line_column_and_fix() {
    let at = "1704067201000000000";
    let row = |rest: &str| format!("{at},{rest}\n");
    check(
        &row("8,9,delta,buy,1.1,1"),
        &[
            "line 4",
            "`first_update` is 8 and the book is at 5",
            "cut the file",
        ],
    );
    check(
        &row("5,5,delta,buy,1.1,1"),
        &[
            "line 4",
            "`last_update` is 5 and the book is at 5",
            "sort the file",
        ],
    );
    check(
        &row("6,7,delta,buy,1.3,1"),
        &["line 4", "bid 1.3 is above ask 1.2", "`side`"],
    );
    check(
        &row("6,7,delta,buy,-1.3,1"),
        &["line 4", "`price` is negative: -1.3"],
    );
    check(&row("6,7,delta,buy,0,1"), &["line 4", "`price` is zero"]);
    check(
        &row("6,7,delta,buy,1.1,-2"),
        &["line 4", "`size` is negative: -2"],
    );
    check(
        &row("7,6,delta,buy,1.1,2"),
        &["line 4", "`first_update` 7 is after `last_update` 6"],
    );
    check(
        &row("6,x,delta,buy,1.1,2"),
        &["line 4", "`last_update` is `x`, not a whole number"],
    );
    check(
        &row("6,6,maybe,buy,1.1,2"),
        &["line 4", "`update_type` is `maybe`", "snapshot or delta"],
    );
    check(&row("6,6,delta,up,1.1,2"), &["line 4", "`side` is `up`"]);
    let back = "1704067199000000000,6,6,delta,buy,1.1,1\n";
    check(back, &["line 4", "time goes back", "sort the file"]);
    let (_folder, source) = file("x.csv", format!("{HEAD}{}", row("6,6,delta,buy,1.1,1")));
    says(
        &refused(&source),
        &["line 2", "no snapshot before it", "put a snapshot"],
    );
    let (_folder, mut source) = file("x.csv", format!("{HEAD}{BOOK}"));
    source.on_bad_row = OnBadRow::Skip { max: 9 };
    says(&refused(&source), &["order books cannot be left out"]);
    let head = "time,last_update_id,update_type,side,price\n";
    let (_folder, mut source) = file("x.csv", format!("{head}1704067200,1,snap,b,1\n"));
    source.kind = Some(DataKind::Books);
    says(
        &refused(&source),
        &["books need a column `size`", "map it with size=NAME"],
    );
}

#[test]
fn a_book_larger_than_a_run_takes_is_refused_with_line_and_limit() {
    use std::fmt::Write;
    let most = model::MOST_BOOK_LEVELS;
    let mut text = HEAD.to_owned();
    for cents in 1..=most {
        writeln!(text, "1704067200000000000,5,5,snapshot,buy,0.{cents:06},1").unwrap();
    }
    let (_folder, source) = file("x.csv", text.clone());
    assert_eq!(support::read(&source).unwrap().series.len(), most);
    text += "1704067201000000000,6,6,delta,buy,0.9,1\n";
    let (_folder, source) = file("x.csv", text);
    let line = format!("line {}", most + 2);
    says(
        &refused(&source),
        &[&line, "more than 131072 levels a side", "snapshot"],
    );
}

#[test]
fn messages_of_feeds_that_cannot_be_read_are_named() {
    let whole = r#"{"lastUpdateId":5,"T":1704067200000,"bids":[["1.1","2"]],"asks":[["1.2","2"]]}"#;
    let delta = |rest: &str| {
        format!("{whole}\n1 {{\"data\":{{\"e\":\"depthUpdate\",\"s\":\"A\",{rest}}}}}\n")
    };
    let refused = |text: &str| {
        let (_folder, source) = file("x.gz", gzipped(text.as_bytes()));
        support::refused(&source)
    };
    let at = "\"T\":1704067201000";
    let gap = delta(&format!("{at},\"U\":8,\"u\":9,\"pu\":7,\"b\":[],\"a\":[]"));
    says(
        &refused(&gap),
        &["line 2", "`first_update` is 8", "changes between are lost"],
    );
    let crossed = delta(&format!(
        "{at},\"U\":6,\"u\":6,\"b\":[[\"1.5\",\"1\"]],\"a\":[]"
    ));
    says(&refused(&crossed), &["line 2", "bid 1.5 is above ask 1.2"]);
    let text = delta(&format!(
        "{at},\"U\":6,\"u\":6,\"b\":[[\"x\",\"1\"]],\"a\":[]"
    ));
    says(
        &refused(&text),
        &["line 2", "`b` has `x`", "remove the line"],
    );
    let negative = delta(&format!(
        "{at},\"U\":6,\"u\":6,\"b\":[],\"a\":[[\"2\",\"-1\"]]"
    ));
    says(
        &refused(&negative),
        &["line 2", "`a` has `-1`", "zero or more"],
    );
    says(
        &refused(&delta("\"U\":6,\"u\":6,\"b\":[],\"a\":[]")),
        &["line 2", "`E` is missing"],
    );
    says(
        &refused(&format!("{whole}\n17 {{\"data\":")),
        &["line 2", "no JSON"],
    );
    says(
        &refused("{\"e\":\"trade\"}\n"),
        &["none of 1 messages", "convert the file"],
    );
    let no_time = whole.replace("\"T\":1704067200000,", "");
    says(&refused(&no_time), &["line 1", "has no time"]);
    let two = format!(
        "{}{}",
        delta(&format!("{at},\"U\":6,\"u\":6,\"b\":[],\"a\":[]")),
        delta("").replace(
            "\"A\",",
            "\"B\",\"U\":7,\"u\":7,\"E\":1704067202000,\"b\":[],\"a\":[]"
        )
    );
    says(&refused(&two), &["holds `A` and `B`", "choose one symbol"]);
    let (_folder, mut source) = file("x.gz", gzipped(whole.as_bytes()));
    source.kind = Some(DataKind::Quotes);
    says(
        &support::refused(&source),
        &["books or trades are read, not quotes"],
    );
    source.kind = Some(DataKind::Trades);
    says(
        &support::refused(&source),
        &["none of 1 messages is a `trade`"],
    );
}

#[test]
fn a_feed_is_put_into_the_order_that_venues_ask_for() {
    let delta = |first: u64, last: u64, millis: u64| {
        format!(
            "5 {{\"data\":{{\"e\":\"depthUpdate\",\"E\":{millis},\"U\":{first},\"u\":{last},\"b\":[],\"a\":[]}}}}\n"
        )
    };
    let whole =
        |last: u64| format!("6 {{\"lastUpdateId\":{last},\"bids\":[[\"1\",\"2\"]],\"asks\":[]}}\n");
    let text = [
        delta(1, 4, 1_000),
        delta(5, 9, 1_100),
        whole(7),
        delta(10, 11, 1_300),
        // Older than the book.
        whole(10),
        delta(12, 12, 1_400),
    ];
    let (_folder, mut source) = file("x.zip", zipped(&[("feed.data", text.concat().as_bytes())]));
    let from_its_snapshot = [
        (Snapshot, 7, 1_100),
        (Delta, 9, 1_100),
        (Delta, 11, 1_300),
        (Delta, 12, 1_400),
    ];
    assert_eq!(batches(&source), from_its_snapshot);
    // Nothing that is known elsewhere leads here.
    source.book_start = BookStart::After(vec![12, 900]);
    assert_eq!(batches(&source), from_its_snapshot);
    // It goes on from a book that is known up to 2 or to 4: then nothing of it is lost.
    let goes_on = [
        (Delta, 4, 1_000),
        (Delta, 9, 1_100),
        (Delta, 11, 1_300),
        (Delta, 12, 1_400),
    ];
    for (end, expect) in [(2, &goes_on[..]), (4, &goes_on[1..])] {
        source.book_start = BookStart::After(vec![12, end]);
        assert_eq!(batches(&source), expect, "after {end}");
    }
}

/// What a file's batches are: scope, last number, and time in milliseconds.
fn batches(source: &DataSource) -> Vec<(BookScope, u64, u64)> {
    let Series::Books(rows) = support::read(source).unwrap().series else {
        panic!("books")
    };
    let told = |row: &BookRow| (row.scope, row.last, row.ts_init.nanos() / 1_000_000);
    rows.iter().map(told).collect()
}

#[test]
fn a_snapshot_that_counts_anew_follows_what_went_on_before_it() {
    let message = |kind: &str, number: u64, millis: u64| {
        format!(
            "{{\"topic\":\"orderbook.1.A\",\"type\":\"{kind}\",\"cts\":{millis},\"data\":{{\"s\":\"A\",\
             \"b\":[[\"1\",\"2\"]],\"a\":[],\"u\":{number}}}}}\n"
        )
    };
    let text = [
        message("delta", 5_001, 1_000),
        message("delta", 5_002, 1_100),
        message("snapshot", 1, 1_200),
        message("delta", 2, 1_300),
    ];
    let (_folder, mut source) = file("x.zip", zipped(&[("feed.data", text.concat().as_bytes())]));
    source.book_start = BookStart::After(vec![5_000]);
    let expect = [
        (Delta, 5_001, 1_000),
        (Delta, 5_002, 1_100),
        (Snapshot, 1, 1_200),
        (Delta, 2, 1_300),
    ];
    assert_eq!(batches(&source), expect);
}

#[test]
fn trades_of_a_feed_are_read_when_they_are_asked_for() {
    let trade = |kind: &str, millis: u64, buyer_rests: bool| {
        format!(
            "5 {{\"data\":{{\"e\":\"{kind}\",\"T\":{millis},\"s\":\"A\",\"p\":\"1.5\",\
             \"q\":\"2\",\"m\":{buyer_rests}}}}}\n"
        )
    };
    let depth = "{\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}\n";
    let lines = [
        trade("trade", 1_000, true),
        depth.to_owned(),
        trade("aggTrade", 1_000, true),
        trade("trade", 2_000, false),
    ];
    let (_folder, mut source) = file("x.gz", gzipped(lines.concat().as_bytes()));
    source.kind = Some(DataKind::Trades);
    let seen: Vec<_> = support::trades(&source)
        .iter()
        .map(|trade| (trade.ts_init.nanos() / 1_000_000, trade.aggressor))
        .collect();
    assert_eq!(seen, [(1_000, Some(Side::Sell)), (2_000, Some(Side::Buy))]);
    let back = trade("trade", 2_000, true) + &trade("trade", 1_000, true);
    let (_folder, mut source) = file("x.gz", gzipped(back.as_bytes()));
    source.kind = Some(DataKind::Trades);
    says(&refused(&source), &["line 2", "time goes back"]);
}
