//! Balances, and the tables of what no journal has.

use crate::sql_cases::{ALL, cell, on_both, rows};
use crate::sql_sample::{DAY, SECOND, cursor, place};
use crate::sql_server::Database;
use model::{AccountId, Balance, CurrencyId, Money, Rate, StrategyId};
use store::sql::rows::{self, Alert, Place, RiskMetrics, Scope};
use store::sql::{
    ALERTS, BALANCES, Batch, Cursor, Filter, KEPT, Location, RISK_METRICS, Reader, Record, TABLES,
    Table, Writer, carry, digests,
};

on_both!(
    balances_are_exact_and_found_by_account,
    what_is_kept_is_there_once_and_moves_no_cursor,
    what_is_kept_is_taken_over,
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
    };
    batch.push(&ALERTS, rows::alert(place(1), &said));
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
    writer.keep(&batch).await.unwrap();
    let fresh = location.beside("rebuild");
    assert_eq!(carry(&location, &fresh).await.unwrap(), 5_004);
    assert_eq!(
        carry(&location, &fresh).await.unwrap(),
        5_004,
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
