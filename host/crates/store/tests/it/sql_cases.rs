//! What must hold on every database.

use crate::sql_sample::{DAY, change_order, cursor, new_order, order, place, quotes, update};
use crate::sql_server::Database;
use model::{OrderChange, OrderStatus};
use sqlx::Executor;
use store::sql::{
    Batch, Cursor, FILLS, Filter, Key, Location, ORDER_EVENTS, ORDERS, QUOTES, ReadError, Reader,
    Record, StoreError, Table, VERSION, Writer, digests,
};

pub(crate) const ALL: Filter = Filter {
    strategy: None,
    account: None,
    instrument: None,
    from: None,
    until: None,
    after: None,
    newest_first: false,
    limit: 1_000,
};

/// Each case on both databases.
macro_rules! on_both {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let folder = tempfile::tempdir().unwrap();
                    super::$case(super::Location::file(folder.path().join("deep/store.sqlite"))).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let database = super::Database::new();
                    super::$case(database.location.clone()).await;
                    database.forget().await;
                }
            )*
        }
    };
}

pub(crate) use on_both;

on_both!(
    pages_cover_all_rows_once,
    rows_are_filtered,
    a_batch_is_there_with_its_cursor_or_not_at_all,
    a_batch_that_does_not_follow_is_refused,
    orders_show_their_latest_state,
    a_newer_schema_is_refused_by_name,
    opening_again_changes_nothing,
);

pub(crate) async fn rows(reader: &Reader, table: &'static Table) -> Vec<Record> {
    reader.page(table, &ALL).await.unwrap().rows
}

pub(crate) fn cell<'a>(table: &Table, row: &'a Record, name: &str) -> Option<&'a str> {
    let place = table.columns.iter().position(|column| column.name == name);
    row[place.unwrap()].as_deref()
}

async fn pages_cover_all_rows_once(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    // Across three days, and more than one INSERT or COPY takes at once.
    let sequences = || (0..1_001).map(|n| n * 200);
    writer
        .write(0, &quotes(sequences()), &cursor(200_000))
        .await
        .unwrap();
    let reader = Reader::new(&location);
    let forward = in_pages(&reader, false).await;
    assert_eq!(forward, sequences().collect::<Vec<_>>());
    let backward = in_pages(&reader, true).await;
    assert_eq!(backward, sequences().rev().collect::<Vec<_>>());
    let first = &rows(&reader, &QUOTES).await[0];
    let texts: Vec<_> = first.iter().skip(4).flatten().collect();
    assert_eq!(
        texts[..4],
        [
            "-1.000000001",
            "9223372036.854775807",
            "184467440737.09551615",
            "0.00000001"
        ]
    );
}

/// The sequences of all quotes, page by page.
async fn in_pages(reader: &Reader, newest_first: bool) -> Vec<u64> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let filter = Filter {
            after,
            newest_first,
            limit: 77,
            ..ALL
        };
        let page = reader.page(&QUOTES, &filter).await.unwrap();
        assert!(page.rows.len() <= 77);
        let sequences = page.rows.iter().map(|row| row[1].clone().unwrap());
        seen.extend(sequences.map(|text| text.parse::<u64>().unwrap()));
        match page.next {
            Some(key) => after = Some(key.to_string().parse::<Key>().unwrap()),
            None => return seen,
        }
    }
}

async fn rows_are_filtered(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    writer.write(0, &quotes(1..31), &cursor(30)).await.unwrap();
    let reader = Reader::new(&location);
    let count = async |filter: Filter| reader.page(&QUOTES, &filter).await.unwrap().rows.len();
    let time = |sequence| Some(place(sequence).time.nanos());
    let check = [
        (ALL, 30),
        (
            Filter {
                instrument: Some(1),
                ..ALL
            },
            10,
        ),
        (
            Filter {
                from: time(11),
                ..ALL
            },
            20,
        ),
        (
            Filter {
                until: time(11),
                ..ALL
            },
            10,
        ),
        (
            Filter {
                from: time(5),
                until: time(8),
                instrument: Some(0),
                ..ALL
            },
            1,
        ),
        (
            Filter {
                from: Some(30_000 * DAY),
                ..ALL
            },
            0,
        ),
    ];
    for (filter, expect) in check {
        assert_eq!(count(filter).await, expect, "{filter:?}");
    }
    let wrong = Filter {
        strategy: Some(1),
        ..ALL
    };
    let refused = reader.page(&QUOTES, &wrong).await;
    assert!(matches!(
        refused,
        Err(ReadError::NoColumn {
            column: "strategy",
            ..
        })
    ));
    assert_eq!(reader.page(&FILLS, &wrong).await.unwrap().rows.len(), 0);
}

async fn a_batch_is_there_with_its_cursor_or_not_at_all(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    assert_eq!(writer.cursor().await.unwrap(), Cursor::default());
    writer.write(0, &quotes(1..4), &cursor(3)).await.unwrap();
    // Sequence 4 twice: the database refuses the second, and the order before it goes too.
    let mut bad = Batch::default();
    new_order(&mut bad, &order(4), 4);
    for _ in 0..2 {
        bad.push(
            &QUOTES,
            store::sql::rows::quote(place(4), &crate::sql_sample::quote(4)),
        );
    }
    let refused = writer.write(3, &bad, &cursor(4)).await;
    assert!(
        matches!(refused, Err(StoreError::Database(_))),
        "{refused:?}"
    );
    drop(writer);
    let mut writer = Writer::open(&location).await.unwrap();
    assert_eq!(writer.cursor().await.unwrap(), cursor(3));
    let reader = Reader::new(&location);
    assert_eq!(rows(&reader, &ORDERS).await.len(), 0);
    assert_eq!(rows(&reader, &QUOTES).await.len(), 3);
    writer.write(3, &quotes(4..5), &cursor(4)).await.unwrap();
    assert_eq!(rows(&reader, &QUOTES).await.len(), 4);
}

async fn a_batch_that_does_not_follow_is_refused(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    writer.write(0, &quotes(1..4), &cursor(3)).await.unwrap();
    for after in [0, 2, 4] {
        let refused = writer.write(after, &quotes(4..5), &cursor(4)).await;
        let moved =
            matches!(refused, Err(StoreError::Moved { found: 3, expected }) if expected == after);
        assert!(moved, "{refused:?}");
    }
    assert_eq!(writer.cursor().await.unwrap(), cursor(3));
}

async fn orders_show_their_latest_state(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    let (first, second) = (order(1), order(2));
    let mut batch = Batch::default();
    new_order(&mut batch, &first, 1);
    new_order(&mut batch, &second, 2);
    let updated = OrderChange::Updated {
        price: Some("1.5".parse().unwrap()),
        trigger: None,
    };
    // Two changes of one order in one batch: both count.
    change_order(
        &mut batch,
        &update(&first, updated, OrderStatus::Accepted, 3),
        3,
        0,
    );
    let pending = update(
        &first,
        OrderChange::PendingCancel,
        OrderStatus::PendingCancel,
        4,
    );
    change_order(&mut batch, &pending, 4, 0);
    writer.write(0, &batch, &cursor(4)).await.unwrap();
    let mut batch = Batch::default();
    let canceled = update(&first, OrderChange::Canceled, OrderStatus::Canceled, 5);
    change_order(&mut batch, &canceled, 5, 0);
    writer.write(4, &batch, &cursor(5)).await.unwrap();
    let reader = Reader::new(&location);
    let orders = rows(&reader, &ORDERS).await;
    let shown = |row: &Record, name: &str| cell(&ORDERS, row, name).map(str::to_owned);
    assert_eq!(shown(&orders[0], "price").as_deref(), Some("1.5"));
    assert_eq!(shown(&orders[0], "status").as_deref(), Some("CANCELED"));
    assert_eq!(
        shown(&orders[0], "updated"),
        Some(place(5).time.nanos().to_string())
    );
    assert_eq!(shown(&orders[1], "status").as_deref(), Some("SUBMITTED"));
    assert_eq!(shown(&orders[1], "price").as_deref(), Some("1.25"));
    assert_eq!(shown(&orders[1], "intent"), Some(u64::MAX.to_string()));
    assert_eq!(shown(&orders[1], "expires"), None);
    assert_eq!(rows(&reader, &ORDER_EVENTS).await.len(), 5);
}

async fn a_newer_schema_is_refused_by_name(location: Location) {
    drop(Writer::open(&location).await.unwrap());
    let newer = VERSION + 1;
    let note = format!("INSERT INTO argonaut_schema VALUES ({newer}, 'time travel')");
    raw(&location, &note).await;
    let Err(error) = Writer::open(&location).await else {
        panic!("opened");
    };
    let (message, known) = (error.to_string(), format!("knows {VERSION}"));
    assert!(
        message.contains("`time travel`") && message.contains(&known),
        "{message}"
    );
    assert!(!error.is_passing());
}

async fn opening_again_changes_nothing(location: Location) {
    let mut writer = Writer::open(&location).await.unwrap();
    writer.write(0, &quotes(1..4), &cursor(3)).await.unwrap();
    let reader = Reader::new(&location);
    let before = digests(&reader).await.unwrap();
    drop(writer);
    drop(Writer::open(&location).await.unwrap());
    assert_eq!(digests(&reader).await.unwrap(), before);
    assert!(
        before
            .iter()
            .any(|digest| digest.table == "quotes" && digest.rows == 3)
    );
}

/// Runs a statement behind the store's back.
pub(crate) async fn raw(location: &Location, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match Reader::new(location) {
        Reader::Sqlite(pool) => drop(pool.execute(sql).await.unwrap()),
        Reader::Postgres(pool) => drop(pool.execute(sql).await.unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_hold_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::new();
    let places = [
        Location::file(folder.path().join("store.sqlite")),
        database.location.clone(),
    ];
    let mut found = Vec::new();
    for (place, last) in [(&places[0], 100), (&places[1], 100), (&places[1], 101)] {
        let mut writer = Writer::open(place).await.unwrap();
        let from = writer.cursor().await.unwrap().sequence;
        let mut batch = quotes(from + 1..last + 1);
        if from == 0 {
            new_order(&mut batch, &order(7), 7);
        }
        writer.write(from, &batch, &cursor(last)).await.unwrap();
        found.push(digests(&Reader::new(place)).await.unwrap());
    }
    assert_eq!(found[0], found[1]);
    assert_ne!(found[1], found[2]);
    database.forget().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_market_data_by_day() {
    let database = Database::new();
    let location = database.location.clone();
    let mut writer = Writer::open(&location).await.unwrap();
    let days = DAY / crate::sql_sample::SECOND;
    let batch = quotes([1, 2, days, 2 * days].into_iter());
    writer.write(0, &batch, &cursor(2 * days)).await.unwrap();
    let Reader::Postgres(pool) = Reader::new(&location) else {
        panic!("not PostgreSQL");
    };
    let sql = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'quotes'::regclass";
    let mut connection = pool.acquire().await.unwrap();
    let row = sqlx::query(sql).fetch_one(&mut *connection).await.unwrap();
    assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 3);
    drop(connection);
    drop(writer);
    database.forget().await;
}

#[test]
fn addresses_are_checked() {
    let check = |url: &str, schema: &str, expect: &str| {
        let error = Location::parse(url, schema)
            .err()
            .map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(
            error.contains(expect) && error.starts_with("store.url"),
            "{url}: {error}"
        );
    };
    check("mysql://host/db", "argonaut", "another kind");
    check("sqlite:", "argonaut", "names no file");
    check("sqlite::memory:", "argonaut", "names no file");
    check("postgres://host/db", "x; DROP", "is not a name");
    let location = Location::parse("postgres://anna:secret@db/x", "argonaut").unwrap();
    assert!(!location.to_string().contains("secret"));
}
