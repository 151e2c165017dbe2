//! The tables of what files beside the journal hold: each row once, as it stands, and where to go on.

use crate::sql_cases::{ALL, cell, on_both, rows};
use crate::sql_sample::place;
use crate::sql_server::Database;
use serde_json::json;
use store::sql::rows::{self, AuditRecord, Backtest, Job};
use store::sql::{
    AUDIT, BACKTESTS, Batch, Cursor, Filter, JOBS, Key, Location, Reader, Table, Writer,
};

on_both!(
    records_are_there_once_and_the_latest_is_found,
    jobs_and_backtests_are_there_as_they_stand,
);

/// A record with this number, which somebody tried to spoil.
pub(crate) fn record(batch: &mut Batch, number: u64) {
    let (before, after) = (json!({ "state": "RUNNING" }), json!({ "note": "a\0'b\n" }));
    let record = AuditRecord {
        actor: "?a\0nna'); DROP TABLE audit; --",
        action: "strategies.pause",
        subject: "/api/v1/strategies/ema/pause",
        before: number.is_multiple_of(2).then_some(&before),
        after: Some(&after),
        request: "r-1",
        outcome: "200",
        place: "/api/v1/strategies/ema/pause?by=a\tb",
        approval: None,
        confirmed_by: None,
    };
    batch.push(&AUDIT, rows::audit_record(place(number), &record));
}

/// A job with this id.
pub(crate) fn job(batch: &mut Batch, id: u64, state: &str, status: Option<u16>) {
    let answer = json!({ "name": "ema" });
    let job = Job {
        operation: "strategies.swap",
        subject: "/api/v1/strategies/ema/swap",
        asked_by: Some("anna"),
        state,
        ended: status.map(|_| place(id + 1).time),
        status,
        answer: status.map(|_| &answer),
    };
    batch.push(&JOBS, rows::job(place(id), &job));
}

/// A backtest with this id.
pub(crate) fn backtest(batch: &mut Batch, id: u64, state: &str) {
    let is_done = state == "DONE";
    let (parameters, settings) = (json!({ "fast": "5" }), json!({ "catalog": "fx" }));
    let result = json!({ "journal_hash": "ab", "statistics": { "trades": 3 } });
    let backtest = Backtest {
        plugin: "6d0f",
        title: "ema-cross 1.0.0",
        parameters: &parameters,
        settings: &settings,
        asked_by: None,
        state,
        error: (state == "FAILED").then_some("it took too long"),
        began: Some(place(id).time),
        ended: is_done.then_some(place(id + 2).time),
        result: is_done.then_some(&result),
        has_report: is_done,
    };
    batch.push(&BACKTESTS, rows::backtest(place(id), &backtest));
}

fn key(number: u64) -> Key {
    let place = place(number);
    Key {
        time: place.time.nanos(),
        sequence: place.sequence,
        ordinal: place.ordinal,
    }
}

async fn cells<const N: usize>(
    reader: &Reader,
    table: &'static Table,
    names: [&str; N],
) -> Vec<[Option<String>; N]> {
    let found = rows(reader, table).await;
    let cells = |row| names.map(|name| cell(table, row, name).map(str::to_owned));
    found.iter().map(cells).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn records_are_there_once_and_the_latest_is_found(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    assert_eq!(writer.latest(&AUDIT).await.unwrap(), None);
    let mut batch = Batch::default();
    for number in 1..=300 {
        record(&mut batch, number);
    }
    for _ in 0..2 {
        writer.keep(&batch).await.unwrap();
    }
    assert_eq!(writer.latest(&AUDIT).await.unwrap(), Some(key(300)));
    assert_eq!(writer.cursor().await.unwrap(), Cursor::default());

    let reader = Reader::new(&location);
    let names = ["sequence", "actor", "before", "after", "place", "approval"];
    let found = cells(&reader, &AUDIT, names).await;
    assert_eq!(found.len(), 300);
    let [number, actor, before, after, place, approval] = found[1].clone();
    assert_eq!(number, some("2"));
    assert_eq!(actor, some("?anna'); DROP TABLE audit; --"));
    assert_eq!(before, some(r#"{"state":"RUNNING"}"#));
    assert_eq!(after, some(r#"{"note":"a\u0000'b\n"}"#));
    assert_eq!(place, some("/api/v1/strategies/ema/pause?by=a\tb"));
    assert_eq!(approval, None);
    assert_eq!(found[0][2], None, "nothing was before");
    let newest = Filter {
        newest_first: true,
        limit: 1,
        ..ALL
    };
    let page = reader.page(&AUDIT, &newest).await.unwrap();
    assert_eq!(page.next, Some(key(300)));
}

async fn jobs_and_backtests_are_there_as_they_stand(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    for (state, status) in [
        ("QUEUED", None),
        ("RUNNING", None),
        ("DONE", Some(200)),
        ("DONE", Some(200)),
    ] {
        let mut batch = Batch::default();
        job(&mut batch, 7, state, status);
        backtest(&mut batch, 9, state);
        backtest(&mut batch, 10, "FAILED");
        writer.keep(&batch).await.unwrap();
    }
    let reader = Reader::new(&location);
    let names = ["sequence", "state", "status", "answer", "asked_by"];
    let expect = [
        some("7"),
        some("DONE"),
        some("200"),
        some(r#"{"name":"ema"}"#),
        some("anna"),
    ];
    assert_eq!(cells(&reader, &JOBS, names).await, [expect]);
    let names = ["state", "journal_hash", "error", "has_report", "parameters"];
    let fast = || some(r#"{"fast":"5"}"#);
    let expect = [
        [some("DONE"), some("ab"), None, some("1"), fast()],
        [
            some("FAILED"),
            None,
            some("it took too long"),
            some("0"),
            fast(),
        ],
    ];
    assert_eq!(cells(&reader, &BACKTESTS, names).await, expect);
}
