//! Balances, and the tables of what no journal has.

use crate::sql_cases::{ALL, cell, on_both, raw, rows};
use crate::sql_files::{backtest, job, record};
use crate::sql_sample::{DAY, SECOND, cursor, place};
use crate::sql_server::Database;
use model::{AccountId, Balance, CurrencyId, Money, Rate, StrategyId};
use sqlx::Executor;
use store::sql::rows::{self, Alert, Place, RiskMetrics, Scope};
use store::sql::{
    ALERTS, BALANCES, Batch, Cursor, Filter, KEPT, Key, Location, RISK_METRICS, Reader, Record,
    StoreError, TABLES, Table, Writer, carry, digests,
};

on_both!(
    balances_are_exact_and_found_by_account,
    what_is_kept_is_there_once_and_moves_no_cursor,
    what_is_kept_is_taken_over,
    a_row_that_comes_again_is_of_one_word,
    alerts_that_were_left_open_are_closed,
    a_table_that_fails_holds_up_no_other,
    an_older_schema_is_brought_up_to_date,
);

/// Balances of accounts 0 and 1 in turn.
fn balances(sequences: impl Iterator<Item = u64>) -> Batch {
    let mut batch = Batch::default();
    for sequence in sequences {
        let balance = Balance {
            total: Money::MAX,
            locked: "-0.000000001".parse().unwrap(),
        };
        let account = AccountId::new(u32::try_from(sequence % 2).unwrap());
        let row = rows::balance(place(sequence), account, CurrencyId::new(3), balance);
        batch.push(&BALANCES, row);
    }
    batch
}

/// What was reckoned at the time of an input.
fn metrics(batch: &mut Batch, sequence: u64, equity: Option<f64>) {
    let place = Place {
        sequence: 0,
        ..place(sequence)
    };
    let metrics = RiskMetrics {
        equity,
        leverage: Some(1.25),
        value_at_risk: Some(1e-7),
        confidence: Some("0.99".parse().unwrap()),
        ..RiskMetrics::default()
    };
    let scope = Scope::Strategy(StrategyId::new(7));
    let row = rows::risk_metrics(place, scope, CurrencyId::new(3), &metrics);
    batch.push(&RISK_METRICS, row);
}

/// The alert that the first input raised.
fn alert(batch: &mut Batch, state: &str, count: u64, by: Option<&str>) {
    alert_of(batch, 1, state, count, by);
}

/// The alert that an input raised.
fn alert_of(batch: &mut Batch, input: u64, state: &str, count: u64, by: Option<&str>) {
    let said = Alert {
        severity: "SERIOUS",
        code: "P18",
        scope: Scope::Account(AccountId::new(1)),
        share: "0.8".parse::<Rate>().unwrap(),
        last_time: place(count).time,
        last_sequence: count,
        count,
        state,
        acknowledged: by.map(|by| (by, place(2).time)),
        escalations: 1,
        reason: (state == "RESOLVED").then_some("CLEARED"),
    };
    batch.push(&ALERTS, rows::alert(place(input), &said));
}

fn shown(table: &Table, row: &Record, name: &str) -> String {
    cell(table, row, name).unwrap_or("nothing").to_owned()
}

async fn balances_are_exact_and_found_by_account(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    writer.write(0, &balances(1..8), &cursor(7)).await.unwrap();
    let reader = Reader::new(&location);
    let of_one = Filter {
        account: Some(1),
        limit: 3,
        ..ALL
    };
    let page = reader.page(&BALANCES, &of_one).await.unwrap();
    assert_eq!(
        (page.rows.len(), page.next.map(|key| key.sequence)),
        (3, Some(5))
    );
    let first = &page.rows[0];
    assert_eq!(shown(&BALANCES, first, "total"), Money::MAX.to_string());
    assert_eq!(shown(&BALANCES, first, "locked"), "-0.000000001");
    let rest = Filter {
        after: page.next,
        ..of_one
    };
    let page = reader.page(&BALANCES, &rest).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
    assert!(
        digests(&reader)
            .await
            .unwrap()
            .iter()
            .any(|digest| digest.table == "balances")
    );
}

async fn what_is_kept_is_there_once_and_moves_no_cursor(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    let reader = Reader::new(&location);
    let before = digests(&reader).await.unwrap();
    let mut batch = Batch::default();
    metrics(&mut batch, 1, None);
    // The same once more in one batch: the later word counts.
    metrics(&mut batch, 1, Some(0.1 + 0.2));
    metrics(&mut batch, 2, Some(-3.0));
    alert(&mut batch, "OPEN", 1, None);
    assert_eq!(batch.rows(), 3);
    for _ in 0..2 {
        writer.keep(&batch).await.unwrap();
    }
    let reckoned = rows(&reader, &RISK_METRICS).await;
    assert_eq!(reckoned.len(), 2);
    let figure = |name: &str| shown(&RISK_METRICS, &reckoned[0], name);
    assert_eq!(figure("equity"), "0.30000000000000004");
    assert_eq!(figure("value_at_risk"), "0.0000001");
    assert_eq!(figure("confidence"), "0.99");
    assert_eq!(figure("beta"), "nothing");
    assert_eq!(
        (figure("scope"), figure("strategy")),
        ("STRATEGY".into(), "7".into())
    );

    for (state, count, by) in [("ACKNOWLEDGED", 2, Some("anna")), ("RESOLVED", 3, None)] {
        let mut batch = Batch::default();
        alert(&mut batch, state, count, by);
        writer.keep(&batch).await.unwrap();
    }
    let alerts = rows(&reader, &ALERTS).await;
    assert_eq!(alerts.len(), 1);
    let said = |name: &str| shown(&ALERTS, &alerts[0], name);
    assert_eq!(
        (said("state"), said("count")),
        ("RESOLVED".into(), "3".into())
    );
    assert_eq!(
        said("acknowledged_by"),
        "anna",
        "who saw it is not forgotten"
    );
    assert_eq!(said("acknowledged"), place(2).time.nanos().to_string());
    assert_eq!(said("sequence"), "1");

    assert_eq!(writer.cursor().await.unwrap(), Cursor::default());
    assert_eq!(digests(&reader).await.unwrap(), before);
}

async fn what_is_kept_is_taken_over(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    let mut batch = balances(1..3);
    writer.write(0, &batch, &cursor(2)).await.unwrap();
    batch = Batch::default();
    // More than is taken over at once.
    for sequence in 1..=5_003 {
        metrics(&mut batch, sequence, Some(1.5));
    }
    alert(&mut batch, "OPEN", 1, None);
    record(&mut batch, 1);
    record(&mut batch, 2);
    job(&mut batch, 1, "DONE", Some(200));
    backtest(&mut batch, 1, "DONE");
    writer.keep(&batch).await.unwrap();
    let fresh = location.beside("rebuild");
    assert_eq!(carry(&location, &fresh).await.unwrap(), 5_008);
    assert_eq!(
        carry(&location, &fresh).await.unwrap(),
        5_008,
        "again changes nothing"
    );
    let (old, new) = (Reader::new(&location), Reader::new(&fresh));
    for table in KEPT {
        let (mut then, mut now) = (Vec::new(), Vec::new());
        old.scan(table, |rows| then.extend_from_slice(rows))
            .await
            .unwrap();
        new.scan(table, |rows| now.extend_from_slice(rows))
            .await
            .unwrap();
        assert!(then == now && !now.is_empty(), "{}", table.name);
    }
    assert_eq!(
        rows(&new, &BALANCES).await.len(),
        0,
        "that is the journal's business"
    );
    new.close().await;
    fresh.remove().await.unwrap();
}

/// What was reckoned, with a figure that another reckoning of the same may not have.
fn beta(batch: &mut Batch, beta: Option<f64>, equity: Option<f64>) {
    let metrics = RiskMetrics {
        equity,
        beta,
        ..RiskMetrics::default()
    };
    let row = rows::risk_metrics(place(1), Scope::Firm, CurrencyId::new(3), &metrics);
    batch.push(&RISK_METRICS, row);
}

async fn a_row_that_comes_again_is_of_one_word(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    let reader = Reader::new(&location);
    let figures = async || {
        let found = rows(&reader, &RISK_METRICS).await;
        assert_eq!(found.len(), 1);
        ["beta", "equity"].map(|name| shown(&RISK_METRICS, &found[0], name))
    };
    let mut batch = Batch::default();
    beta(&mut batch, Some(0.5), None);
    beta(&mut batch, None, Some(2.5));
    writer.keep(&batch).await.unwrap();
    assert_eq!(figures().await, ["nothing", "2.5"], "in one batch");
    let mut batch = Batch::default();
    beta(&mut batch, Some(0.25), None);
    writer.keep(&batch).await.unwrap();
    assert_eq!(figures().await, ["0.25", "nothing"], "in two");
}

fn key(input: u64) -> Key {
    let place = place(input);
    Key {
        time: place.time.nanos(),
        sequence: place.sequence,
        ordinal: place.ordinal,
    }
}

async fn alerts_that_were_left_open_are_closed(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    let reader = Reader::new(&location);
    assert!(writer.unresolved(None, 10).await.unwrap().is_empty());
    let mut batch = Batch::default();
    alert_of(&mut batch, 1, "OPEN", 1, None);
    alert_of(&mut batch, 2, "ACKNOWLEDGED", 2, Some("anna"));
    alert_of(&mut batch, 3, "RESOLVED", 3, None);
    alert_of(&mut batch, 4, "OPEN", 4, None);
    writer.keep(&batch).await.unwrap();
    let first = writer.unresolved(None, 2).await.unwrap();
    assert_eq!(first, [key(1), key(2)]);
    let rest = writer.unresolved(Some(key(2)), 2).await.unwrap();
    assert_eq!(rest, [key(4)]);

    let at = place(9).time.nanos();
    let gone = [key(1), key(2), key(3), key(77)];
    for _ in 0..2 {
        writer.resolve(&gone, at, "RESTART").await.unwrap();
    }
    let found = rows(&reader, &ALERTS).await;
    let said = |row: usize, name: &str| shown(&ALERTS, &found[row], name);
    let expect = [
        ("RESOLVED", "RESTART"),
        ("RESOLVED", "RESTART"),
        ("RESOLVED", "CLEARED"),
        ("OPEN", "nothing"),
    ];
    for (row, (state, reason)) in expect.into_iter().enumerate() {
        let found = (said(row, "state"), said(row, "reason"));
        assert_eq!(found, (state.to_owned(), reason.to_owned()), "row {row}");
    }
    assert_eq!(said(0, "last_time"), at.to_string());
    assert_eq!(said(1, "acknowledged_by"), "anna");
    assert_eq!(said(2, "last_time"), place(3).time.nanos().to_string());
    assert_eq!(writer.unresolved(None, 10).await.unwrap(), [key(4)]);

    // The one that told of it knows it after all.
    let mut batch = Batch::default();
    alert_of(&mut batch, 2, "OPEN", 5, None);
    writer.keep(&batch).await.unwrap();
    let found = rows(&reader, &ALERTS).await;
    let said = |name: &str| shown(&ALERTS, &found[1], name);
    let state = [said("state"), said("reason"), said("acknowledged_by")];
    assert_eq!(state, ["OPEN", "nothing", "anna"]);
}

async fn a_table_that_fails_holds_up_no_other(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    raw(&location, "ALTER TABLE alerts RENAME TO elsewhere").await;
    let mut alerts = Batch::default();
    alert(&mut alerts, "OPEN", 1, None);
    let mut reckoned = Batch::default();
    metrics(&mut reckoned, 1, Some(1.5));
    for sequence in 1..4 {
        let refused = writer.keep(&alerts).await;
        assert!(
            matches!(refused, Err(StoreError::Database(_))),
            "{refused:?}"
        );
        assert!(writer.unresolved(None, 10).await.is_err());
        assert!(writer.resolve(&[key(1)], 1, "RESTART").await.is_err());
        // Over the same connection.
        writer.keep(&reckoned).await.unwrap();
        let batch = balances(sequence..sequence + 1);
        let after = sequence - 1;
        writer
            .write(after, &batch, &cursor(sequence))
            .await
            .unwrap();
        assert_eq!(writer.cursor().await.unwrap(), cursor(sequence));
    }
    raw(&location, "ALTER TABLE elsewhere RENAME TO alerts").await;
    writer.keep(&alerts).await.unwrap();
    let reader = Reader::new(&location);
    for (table, count) in [(&ALERTS, 1), (&RISK_METRICS, 1), (&BALANCES, 3)] {
        assert_eq!(rows(&reader, table).await.len(), count, "{}", table.name);
    }
}

async fn an_older_schema_is_brought_up_to_date(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    let mut batch = balances(1..3);
    writer.write(0, &batch, &cursor(2)).await.unwrap();
    drop(writer);
    // As the first migration left it.
    raw(&location, "ALTER TABLE alerts DROP COLUMN reason").await;
    for table in ["audit", "jobs", "backtests"] {
        raw(&location, &format!("DROP TABLE {table}")).await;
    }
    raw(&location, "DELETE FROM argonaut_schema WHERE version > 1").await;
    let mut writer = Writer::open(&location).await.unwrap();
    assert_eq!(writer.cursor().await.unwrap(), cursor(2));
    batch = Batch::default();
    alert(&mut batch, "RESOLVED", 1, None);
    record(&mut batch, 1);
    job(&mut batch, 1, "QUEUED", None);
    backtest(&mut batch, 1, "QUEUED");
    writer.keep(&batch).await.unwrap();
    let reader = Reader::new(&location);
    for table in KEPT.iter().filter(|table| table.name != "risk_metrics") {
        assert_eq!(rows(&reader, table).await.len(), 1, "{}", table.name);
    }
    let alerts = rows(&reader, &ALERTS).await;
    assert_eq!(shown(&ALERTS, &alerts[0], "reason"), "CLEARED");
    assert_eq!(rows(&reader, &BALANCES).await.len(), 2);
    // Fails where there is none.
    for index in [
        "trades_by_instrument",
        "bars_by_instrument",
        "fills_by_strategy",
    ] {
        raw(&location, &format!("DROP INDEX {index}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_keep_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::new();
    let places = [
        Location::file(folder.path().join("store.sqlite")),
        database.location.clone(),
    ];
    let mut found = Vec::new();
    for location in &places {
        let mut writer = Writer::open(location).await.unwrap();
        for round in 0..3 {
            let mut batch = Batch::default();
            for sequence in 1..300 {
                let equity = match (sequence + round) % 3 {
                    0 => None,
                    1 => Some(0.1),
                    _ => Some(-2.5),
                };
                metrics(&mut batch, sequence, equity);
            }
            let state = ["OPEN", "ACKNOWLEDGED", "OPEN"][usize::try_from(round).unwrap()];
            for input in 1..200 {
                let by = (state == "ACKNOWLEDGED" && input % 2 == 0).then_some("anna");
                alert_of(&mut batch, input, state, round + 1, by);
            }
            for number in 1..50 {
                record(&mut batch, number);
                job(&mut batch, number, state, (round > 1).then_some(422));
                backtest(&mut batch, number, "DONE");
            }
            writer.keep(&batch).await.unwrap();
        }
        let open = writer.unresolved(Some(key(50)), 100).await.unwrap();
        writer.resolve(&open, 7, "RESTART").await.unwrap();
        let reader = Reader::new(location);
        let mut all = Vec::new();
        for table in KEPT {
            let reading = reader.scan(table, |rows| all.extend_from_slice(rows));
            reading.await.unwrap();
        }
        reader.close().await;
        found.push(all);
    }
    assert_eq!(found[0].len(), 299 + 199 + 3 * 49);
    assert!(found[0] == found[1]);
    database.forget().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_waits_for_no_one_who_holds_a_kept_table() {
    let database = Database::new();
    let location = database.location.clone();
    let mut writer = Writer::open(&location).await.unwrap();
    let Reader::Postgres(pool) = Reader::new(&location) else {
        panic!("not PostgreSQL");
    };
    let mut holder = pool.begin().await.unwrap();
    holder
        .execute("LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let mut alerts = Batch::default();
    alert(&mut alerts, "OPEN", 1, None);
    let refused = writer.keep(&alerts).await;
    assert!(
        matches!(&refused, Err(StoreError::Database(why)) if why.contains("lock timeout")),
        "{refused:?}"
    );
    assert!(writer.unresolved(None, 10).await.is_err());
    writer.write(0, &balances(1..3), &cursor(2)).await.unwrap();
    holder.rollback().await.unwrap();
    writer.keep(&alerts).await.unwrap();
    let reader = Reader::new(&location);
    assert_eq!(rows(&reader, &ALERTS).await.len(), 1);
    reader.close().await;
    pool.close().await;
    drop(writer);
    database.forget().await;
}

#[test]
fn a_table_is_either_of_the_journal_or_kept() {
    let both = TABLES.iter().find(|table| KEPT.contains(table));
    assert_eq!(both, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_has_balances_and_metrics_by_day() {
    let database = Database::new();
    let location = database.location.clone();
    let mut writer = Writer::open(&location).await.unwrap();
    let days = DAY / SECOND;
    let sequences = [1, 2, days, 2 * days];
    let batch = balances(sequences.into_iter());
    writer.write(0, &batch, &cursor(2 * days)).await.unwrap();
    let mut batch = Batch::default();
    for sequence in sequences {
        metrics(&mut batch, sequence, None);
    }
    writer.keep(&batch).await.unwrap();
    let Reader::Postgres(pool) = Reader::new(&location) else {
        panic!("not PostgreSQL");
    };
    let mut connection = pool.acquire().await.unwrap();
    for table in ["balances", "risk_metrics"] {
        let sql = "SELECT count(*) FROM pg_inherits WHERE inhparent = $1::text::regclass";
        let query = sqlx::query(sql).bind(table);
        let row = query.fetch_one(&mut *connection).await.unwrap();
        assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 3, "{table}");
    }
    drop(connection);
    drop(writer);
    database.forget().await;
}
