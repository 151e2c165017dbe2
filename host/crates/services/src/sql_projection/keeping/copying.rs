//! Copies a log beside the journal into the store, record by record: from where the store ends to where the log
//! does.

use super::super::beside::{Log, place};
use super::super::filler::FillError;
use super::super::in_time;
use super::Keeps;
use std::sync::Arc;
use store::sql::{Batch, Key, Table};

/// Records written at once.
const AT_ONCE: usize = 200;

/// A log that is being copied.
pub(super) struct Copying {
    log: Option<Arc<dyn Log>>,
    table: &'static Table,
    /// The next record; nothing before the store was asked.
    next: Option<u64>,
}

impl Copying {
    pub(super) fn new(log: Option<Arc<dyn Log>>, table: &'static Table) -> Self {
        Self {
            log,
            table,
            next: None,
        }
    }

    /// Writes the next records; returns whether there were any. What is there already is written again where
    /// nobody knows that it is.
    ///
    /// # Errors
    /// The database's own, and that the log cannot be read; then the same records are next.
    pub(super) async fn turn(&mut self, store: &mut impl Keeps) -> Result<bool, FillError> {
        let Some(log) = self.log.clone() else {
            return Ok(false);
        };
        let next = match self.next {
            Some(next) => next,
            None => {
                let latest = in_time(store.latest(self.table)).await?;
                first(log.as_ref(), latest)?
            }
        };
        self.next = Some(next);
        if log.records() < next {
            return Ok(false);
        }
        let rows = log.rows(next, AT_ONCE).map_err(FillError::Beside)?;
        let count = rows.len() as u64;
        let mut batch = Batch::default();
        for row in rows {
            batch.push(self.table, row);
        }
        in_time(store.keep(&batch)).await?;
        self.next = Some(next.saturating_add(count));
        Ok(count > 0)
    }

    /// How many records are not in the store; nothing before the store was asked.
    pub(super) fn waiting(&self) -> u64 {
        let records = self.log.as_ref().map_or(0, |log| log.records());
        let next = self.next.unwrap_or(u64::MAX);
        records.saturating_add(1).saturating_sub(next)
    }
}

/// The record to go on with: the one after the latest that is in the store. Where the log does not have that,
/// it is another one, and begins with its first.
fn first(log: &dyn Log, latest: Option<Key>) -> Result<u64, FillError> {
    let Some(latest) = latest.filter(|latest| latest.sequence <= log.records()) else {
        return Ok(1);
    };
    let rows = log.rows(latest.sequence, 1).map_err(FillError::Beside)?;
    let is_ours = rows.first().and_then(place) == Some(latest);
    Ok(if is_ours { latest.sequence + 1 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use store::sql::{AUDIT, Cell, Row, StoreError};

    /// A log of records at times after `began`.
    struct Written {
        began: i64,
        records: Mutex<u64>,
        is_readable: Mutex<bool>,
    }

    impl Written {
        fn new(began: i64, records: u64) -> Arc<Self> {
            Arc::new(Self {
                began,
                records: Mutex::new(records),
                is_readable: Mutex::new(true),
            })
        }

        fn row(&self, number: u64) -> Row {
            let number = number.cast_signed();
            let mut row: Row = [self.began + number, number, 0].map(Cell::Integer).into();
            row.resize(AUDIT.columns.len(), Cell::Null);
            row
        }
    }

    impl Log for Written {
        fn records(&self) -> u64 {
            *self.records.lock().unwrap()
        }

        fn rows(&self, first: u64, most: usize) -> Result<Vec<Row>, String> {
            if !*self.is_readable.lock().unwrap() {
                return Err("the disk is gone".to_owned());
            }
            let numbers = (first..=self.records()).take(most);
            Ok(numbers.map(|number| self.row(number)).collect())
        }
    }

    /// A table in memory.
    #[derive(Default)]
    struct Memory {
        rows: BTreeMap<Key, usize>,
        is_away: bool,
        /// Whether the answer is lost after rows were written.
        forgets: bool,
    }

    impl Memory {
        fn check(&self) -> Result<(), FillError> {
            match self.is_away {
                true => Err(StoreError::Database("away".to_owned()).into()),
                false => Ok(()),
            }
        }

        fn numbers(&self) -> Vec<u64> {
            self.rows.keys().map(|key| key.sequence).collect()
        }
    }

    impl Keeps for Memory {
        async fn keep(&mut self, rows: &Batch) -> Result<(), FillError> {
            self.check()?;
            for row in rows.of(&AUDIT) {
                *self.rows.entry(place(row).unwrap()).or_default() += 1;
            }
            match self.forgets {
                true => Err(StoreError::Database("no answer".to_owned()).into()),
                false => Ok(()),
            }
        }

        async fn latest(&mut self, _: &'static Table) -> Result<Option<Key>, FillError> {
            self.check()?;
            let latest = self.rows.keys().max_by_key(|key| (key.sequence, key.time));
            Ok(latest.copied())
        }

        async fn unresolved(&mut self, _: Option<Key>, _: u32) -> Result<Vec<Key>, FillError> {
            Ok(Vec::new())
        }

        async fn resolve(&mut self, _: &[Key], _: u64, _: &str) -> Result<(), FillError> {
            Ok(())
        }

        async fn answer(&mut self) -> Result<(), FillError> {
            self.check()
        }
    }

    fn copy(log: &Arc<Written>) -> Copying {
        Copying::new(Some(log.clone()), &AUDIT)
    }

    async fn all(copying: &mut Copying, store: &mut Memory) {
        while copying.turn(store).await.unwrap() {}
    }

    #[tokio::test]
    async fn each_record_is_copied_once_also_over_a_restart() {
        let (log, mut store) = (Written::new(1_000, 450), Memory::default());
        let mut first = copy(&log);
        assert_eq!(first.waiting(), 0, "nobody knows yet");
        assert!(first.turn(&mut store).await.unwrap());
        assert_eq!((store.rows.len(), first.waiting()), (200, 250));
        let mut second = copy(&log);
        all(&mut second, &mut store).await;
        *log.records.lock().unwrap() = 451;
        assert_eq!(second.waiting(), 1);
        all(&mut second, &mut store).await;
        assert_eq!(store.numbers(), (1..=451).collect::<Vec<_>>());
        assert!(store.rows.values().all(|times| *times == 1));
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_caught_up_with() {
        let (log, mut store) = (Written::new(1_000, 3), Memory::default());
        let mut copying = copy(&log);
        store.is_away = true;
        assert!(copying.turn(&mut store).await.is_err());
        store.is_away = false;
        store.forgets = true;
        assert!(copying.turn(&mut store).await.is_err());
        assert_eq!(store.rows.len(), 3, "they are there, and nobody was told");
        store.forgets = false;
        *log.records.lock().unwrap() = 5;
        all(&mut copying, &mut store).await;
        assert_eq!(store.numbers(), [1, 2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_read_is_told_and_tried_again() {
        let (log, mut store) = (Written::new(1_000, 3), Memory::default());
        let mut copying = copy(&log);
        *log.is_readable.lock().unwrap() = false;
        let error = copying.turn(&mut store).await.unwrap_err();
        assert!(error.to_string().contains("the disk is gone"), "{error}");
        *log.is_readable.lock().unwrap() = true;
        all(&mut copying, &mut store).await;
        assert_eq!(store.rows.len(), 3);
    }

    #[tokio::test]
    async fn another_log_is_copied_from_its_first_record_on() {
        for records in [3, 12] {
            let mut store = Memory::default();
            all(&mut copy(&Written::new(1_000, 10)), &mut store).await;
            let log = Written::new(5_000, records);
            for _ in 0..2 {
                all(&mut copy(&log), &mut store).await;
            }
            let count = 10 + usize::try_from(records).unwrap();
            assert_eq!(store.rows.len(), count, "those of both");
        }
    }

    #[tokio::test]
    async fn without_a_log_nothing_is_asked() {
        let mut store = Memory {
            is_away: true,
            ..Memory::default()
        };
        let mut copying = Copying::new(None, &AUDIT);
        assert!(!copying.turn(&mut store).await.unwrap());
        assert_eq!(copying.waiting(), 0);
    }
}
