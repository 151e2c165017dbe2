//! Writes what the host said beside the journal, and what files beside it hold: a piece of each table at a
//! turn, so that the journal's rows never wait for long. A table that cannot be written is told and tried
//! again later, while the others and the journal's go on.
//!
//! Before the first alert is written, those that earlier runs left open and this one does not know are
//! closed: nothing would ever resolve them.

mod copying;

use super::filler::FillError;
use super::in_time;
use super::notes::{Kept, Notes};
use crate::sync::lock;
use copying::Copying;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::sql::{AUDIT, Batch, Key, Table};

/// First wait after a table could not be written; each further one is twice as long.
const BACK_OFF: Duration = Duration::from_millis(500);
/// Longest wait.
const BACK_OFF_MOST: Duration = Duration::from_secs(30);
/// Alerts of earlier runs looked at in one turn.
const ALERTS: u32 = 500;
/// Why those are over.
const REASON: &str = "RESTART";

/// Where such rows are written.
pub(super) trait Keeps {
    /// Writes rows, all or none.
    async fn keep(&mut self, rows: &Batch) -> Result<(), FillError>;
    /// The place of the row with the greatest number.
    async fn latest(&mut self, table: &'static Table) -> Result<Option<Key>, FillError>;
    /// The next alerts that are not over.
    async fn unresolved(&mut self, after: Option<Key>, most: u32) -> Result<Vec<Key>, FillError>;
    /// Closes alerts at an engine time in nanoseconds.
    async fn resolve(&mut self, alerts: &[Key], at: u64, why: &str) -> Result<(), FillError>;
    /// Whether anybody is there.
    async fn answer(&mut self) -> Result<(), FillError>;
}

/// What is written, and how it went so far.
pub(super) struct Keeping {
    notes: Arc<Mutex<Notes>>,
    metrics: Retry,
    alerts: Retry,
    audit: Retry,
    jobs: Retry,
    backtests: Retry,
    earlier: Earlier,
    log: Copying,
}

/// How far alerts of earlier runs have been looked at.
#[derive(Debug, Clone, Copy)]
enum Earlier {
    After(Option<Key>),
    Done,
}

impl Keeping {
    pub(super) fn new(notes: Arc<Mutex<Notes>>) -> Self {
        let log = Copying::new(lock(&notes).log(), &AUDIT);
        Self {
            notes,
            metrics: Retry::default(),
            alerts: Retry::default(),
            audit: Retry::default(),
            jobs: Retry::default(),
            backtests: Retry::default(),
            earlier: Earlier::After(None),
            log,
        }
    }

    /// Writes a piece of each table whose turn it is; returns whether there may be more.
    ///
    /// # Errors
    /// Only where nobody answers any more: then the store must be opened again.
    pub(super) async fn turn(&mut self, store: &mut impl Keeps) -> Result<bool, FillError> {
        let mut more = false;
        for table in Kept::ALL {
            if !self.retry(table).is_due(Instant::now()) {
                continue;
            }
            match self.write(table, store).await {
                Ok(wrote) => {
                    more |= wrote;
                    self.worked(table);
                }
                Err(error @ FillError::Silent(_)) => return Err(error),
                Err(error) => {
                    in_time(store.answer()).await?;
                    self.failed(table, &error);
                }
            }
        }
        Ok(more)
    }

    async fn write(&mut self, table: Kept, store: &mut impl Keeps) -> Result<bool, FillError> {
        if let (Kept::Alerts, Earlier::After(after)) = (table, self.earlier) {
            self.close_earlier(after, store).await?;
            return Ok(true);
        }
        if table == Kept::Audit {
            let copied = self.log.turn(store).await;
            lock(&self.notes).set_uncopied(self.log.waiting());
            return copied;
        }
        let Some(taken) = lock(&self.notes).take(table) else {
            return Ok(false);
        };
        let batch = taken.batch();
        if let Err(error) = in_time(store.keep(&batch)).await {
            lock(&self.notes).put_back(taken);
            return Err(error);
        }
        Ok(true)
    }

    /// Closes the next alerts of earlier runs that this one does not know. Those it knows are its own,
    /// and written as they stand now.
    async fn close_earlier(
        &mut self,
        after: Option<Key>,
        store: &mut impl Keeps,
    ) -> Result<(), FillError> {
        let mut open = in_time(store.unresolved(after, ALERTS)).await?;
        let Some(last) = open.last().copied() else {
            self.earlier = Earlier::Done;
            return Ok(());
        };
        let (known, now) = lock(&self.notes).alerts();
        open.retain(|alert| !known.contains(alert));
        if !open.is_empty() {
            in_time(store.resolve(&open, now, REASON)).await?;
            let alerts = open.len();
            tracing::info!(alerts, "alerts of earlier runs are closed");
        }
        self.earlier = Earlier::After(Some(last));
        Ok(())
    }

    fn retry(&mut self, table: Kept) -> &mut Retry {
        match table {
            Kept::Metrics => &mut self.metrics,
            Kept::Alerts => &mut self.alerts,
            Kept::Audit => &mut self.audit,
            Kept::Jobs => &mut self.jobs,
            Kept::Backtests => &mut self.backtests,
        }
    }

    fn worked(&mut self, table: Kept) {
        if self.retry(table).worked() {
            lock(&self.notes).set_failing(table, None);
            tracing::info!(
                table = table.table().name,
                "the store's table is written again"
            );
        }
    }

    fn failed(&mut self, table: Kept, error: &FillError) {
        lock(&self.notes).set_failing(table, Some(error.to_string()));
        if self.retry(table).failed(Instant::now()) {
            let name = table.table().name;
            tracing::warn!(table = name, %error, "the store's table cannot be written");
        }
    }
}

/// When a table may be written.
#[derive(Debug, Default)]
struct Retry {
    /// The wait after the latest failure, and its end; nothing while all is well.
    wait: Option<(Duration, Instant)>,
}

impl Retry {
    fn is_due(&self, now: Instant) -> bool {
        self.wait.is_none_or(|(_, end)| now >= end)
    }

    /// Returns whether that is news.
    fn worked(&mut self) -> bool {
        self.wait.take().is_some()
    }

    /// Returns whether that is news.
    fn failed(&mut self, now: Instant) -> bool {
        let first = self.wait.is_none();
        let next = |(wait, _): (Duration, Instant)| (wait * 2).min(BACK_OFF_MOST);
        let wait = self.wait.map_or(BACK_OFF, next);
        self.wait = Some((wait, now + wait));
        first
    }
}

#[cfg(test)]
mod tests {
    use super::super::beside::{Beside, List, Log};
    use super::super::notes::{Said, hardly_any};
    use super::*;
    use crate::metrics::MetricsView;
    use crate::projection::alerts::Raised;
    use crate::projection::{ReadModel, Shared};
    use crate::view::{AlertCode, Change};
    use engine::{LimitScope, Severity};
    use model::{Rate, Timestamp};
    use store::sql::{BACKTESTS, Cell, JOBS, Row, StoreError};

    /// A database in which something is wrong.
    #[derive(Default)]
    struct Broken {
        tables: Vec<Kept>,
        gone: bool,
        open: Vec<Key>,
        closed: Vec<Key>,
        rows: usize,
    }

    impl Broken {
        fn check(&self, is_broken: bool) -> Result<(), FillError> {
            match is_broken || self.gone {
                true => Err(StoreError::Database("no such table".to_owned()).into()),
                false => Ok(()),
            }
        }
    }

    impl Keeps for Broken {
        async fn keep(&mut self, rows: &Batch) -> Result<(), FillError> {
            let said = format!("{rows:?}");
            let mut broken = self.tables.iter();
            self.check(broken.any(|table| said.contains(table.table().name)))?;
            self.rows += rows.rows();
            Ok(())
        }

        async fn latest(&mut self, _: &'static Table) -> Result<Option<Key>, FillError> {
            self.check(self.tables.contains(&Kept::Audit))?;
            Ok(None)
        }

        async fn unresolved(
            &mut self,
            after: Option<Key>,
            most: u32,
        ) -> Result<Vec<Key>, FillError> {
            self.check(self.tables.contains(&Kept::Alerts))?;
            let open = self.open.iter().copied();
            let open = open.filter(|key| after.is_none_or(|after| *key > after));
            Ok(open.take(most as usize).collect())
        }

        async fn resolve(&mut self, alerts: &[Key], _: u64, why: &str) -> Result<(), FillError> {
            assert_eq!(why, "RESTART");
            self.closed.extend_from_slice(alerts);
            Ok(())
        }

        async fn answer(&mut self) -> Result<(), FillError> {
            self.check(false)
        }
    }

    fn host() -> (Arc<Shared>, Keeping) {
        host_with(Beside::default())
    }

    fn host_with(beside: Beside) -> (Arc<Shared>, Keeping) {
        let shared = Arc::new(Shared::new(16, ReadModel::default()));
        let notes = Notes::new(Said(Arc::clone(&shared)), beside);
        (shared, Keeping::new(Arc::new(Mutex::new(notes))))
    }

    /// A file with three things in it.
    struct Three(&'static Table);

    impl Three {
        fn all(&self) -> Vec<Row> {
            let row = |number: i64| {
                let mut row: Row = [number, number, 0].map(Cell::Integer).into();
                row.resize(self.0.columns.len(), Cell::Null);
                row
            };
            (1..=3).map(row).collect()
        }
    }

    impl Log for Three {
        fn records(&self) -> u64 {
            3
        }

        fn rows(&self, first: u64, most: usize) -> Result<Vec<Row>, String> {
            let before = usize::try_from(first - 1).unwrap();
            Ok(self.all().into_iter().skip(before).take(most).collect())
        }
    }

    impl List for Three {
        fn changed(&self, seen: Option<u64>) -> Option<(u64, Vec<Row>)> {
            seen.is_none().then(|| (1, self.all()))
        }
    }

    fn reckoned() -> Change {
        Change::Metrics(Arc::new(MetricsView {
            time: Timestamp::from_nanos(5),
            horizon: model::Duration::from_secs(86_400),
            sample_period: model::Duration::from_secs(5),
            scopes: vec![hardly_any(LimitScope::Firm)],
            skipped: 0,
        }))
    }

    fn raise(model: &mut ReadModel) -> Change {
        let raised = Raised {
            time: Timestamp::from_nanos(1_000),
            sequence: 3,
            code: AlertCode::RollBack,
            scope: LimitScope::Firm,
            severity: Severity::Serious,
            share: Rate::ZERO,
        };
        model.risk.alerts.raise(raised).unwrap()
    }

    async fn all(keeping: &mut Keeping, store: &mut Broken) {
        while keeping.turn(store).await.unwrap() {}
    }

    #[tokio::test]
    async fn a_table_that_cannot_be_written_waits_and_the_other_goes_on() {
        let (shared, mut keeping) = host();
        shared.say(|model| vec![reckoned(), raise(model)]);
        let mut store = Broken {
            tables: vec![Kept::Metrics],
            ..Broken::default()
        };
        all(&mut keeping, &mut store).await;
        assert_eq!(store.rows, 1, "the alert");
        let view = lock(&keeping.notes).view();
        let error = view.error.unwrap();
        assert_eq!((view.waiting, view.lost), (1, 0));
        assert!(error.starts_with("risk_metrics: "), "{error}");

        store.tables.clear();
        let (wait, _) = keeping.metrics.wait.unwrap();
        keeping.metrics.wait = Some((wait, Instant::now()));
        all(&mut keeping, &mut store).await;
        assert_eq!(store.rows, 2, "the metrics too");
        let view = lock(&keeping.notes).view();
        assert_eq!((view.waiting, view.error), (0, None));
        assert!(keeping.metrics.wait.is_none());
    }

    #[tokio::test]
    async fn what_lies_in_files_is_written_though_one_table_is_gone() {
        let (_, mut keeping) = host_with(Beside {
            audit: Some(Arc::new(Three(&AUDIT))),
            jobs: Some(Arc::new(Three(&JOBS))),
            backtests: Some(Arc::new(Three(&BACKTESTS))),
        });
        let mut store = Broken {
            tables: vec![Kept::Audit],
            ..Broken::default()
        };
        all(&mut keeping, &mut store).await;
        assert_eq!(store.rows, 6, "jobs and backtests");
        let view = lock(&keeping.notes).view();
        let error = view.error.unwrap();
        assert!(error.starts_with("audit: "), "{error}");

        store.tables.clear();
        let (wait, _) = keeping.audit.wait.unwrap();
        keeping.audit.wait = Some((wait, Instant::now()));
        all(&mut keeping, &mut store).await;
        assert_eq!(store.rows, 9, "the log too, and nothing twice");
        let view = lock(&keeping.notes).view();
        assert_eq!((view.waiting, view.lost, view.error), (0, 0, None));
    }

    #[tokio::test]
    async fn a_connection_that_is_lost_is_no_fault_of_a_table() {
        let (shared, mut keeping) = host();
        shared.say(|_| vec![reckoned()]);
        let mut store = Broken {
            gone: true,
            ..Broken::default()
        };
        assert!(keeping.turn(&mut store).await.is_err());
        let view = lock(&keeping.notes).view();
        assert_eq!((view.waiting, view.error), (1, None));
    }

    #[tokio::test]
    async fn alerts_of_earlier_runs_are_closed_once() {
        let (shared, mut keeping) = host();
        shared.say(|model| vec![raise(model)]);
        let own = *lock(&keeping.notes).alerts().0.first().unwrap();
        let earlier = (1..=1_100).map(|time| Key {
            time,
            sequence: time,
            ordinal: 7,
        });
        let earlier: Vec<_> = earlier.collect();
        let mut store = Broken {
            open: earlier.iter().copied().chain([own]).collect(),
            ..Broken::default()
        };
        store.open.sort_unstable();
        all(&mut keeping, &mut store).await;
        assert_eq!(store.closed, earlier);
        assert_eq!(store.rows, 1, "its own is written");
        all(&mut keeping, &mut store).await;
        assert_eq!(store.closed, earlier, "and then no more");
    }

    #[test]
    fn waits_grow_up_to_the_longest() {
        let (mut retry, now) = (Retry::default(), Instant::now());
        assert!(retry.is_due(now) && retry.failed(now));
        assert!(!retry.is_due(now) && !retry.failed(now));
        assert!(!retry.is_due(now + BACK_OFF) && retry.is_due(now + BACK_OFF * 2));
        for _ in 0..20 {
            retry.failed(now);
        }
        assert!(retry.is_due(now + BACK_OFF_MOST));
        assert!(retry.worked() && !retry.worked());
    }
}
