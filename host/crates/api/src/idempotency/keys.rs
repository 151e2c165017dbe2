//! The keys of a host: a table in memory, and beside it a file where the host keeps a journal.

use super::log::{self, Line, Log, lock};
use super::table::{Begun, Standing, Table};
use crate::problem::Problem;
use axum::http::StatusCode;
use blake3::Hash;
use services::clock::Clock;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Requests that came with an `Idempotency-Key` lately, and their answers. Cheap to clone.
#[derive(Clone)]
pub struct IdempotencyKeys(Arc<Inside>);

struct Inside {
    table: Arc<Mutex<Table>>,
    log: Option<Log>,
    clock: Arc<dyn Clock>,
}

/// When a request may be done after it was noted that it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Once that is on disk: nothing else knows after a crash that it was done.
    First,
    /// At once: the journal has what tells a second one (orders), or nothing may come before it (stops).
    Later,
}

impl IdempotencyKeys {
    /// Keys that are forgotten when the host ends.
    #[must_use]
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inside {
            table: Arc::default(),
            log: None,
            clock,
        }))
    }

    /// Keys that are kept in a file, with what it has; a thread writes to it from now on. Nobody else may
    /// use the file meanwhile.
    ///
    /// # Errors
    /// The file cannot be used, or is not as it was written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let mut table = Table::default();
        log::read(path, &mut table)?;
        table.forget_old(clock.now());
        let table = Arc::new(Mutex::new(table));
        let log = Some(Log::begin(path, table.clone())?);
        Ok(Self(Arc::new(Inside { table, log, clock })))
    }

    /// Writes what waits to be written; nothing is kept any more after that. Blocks.
    pub fn end(&self) {
        if let Some(log) = &self.0.log {
            log.end();
        }
    }

    /// Notes that something begins, if it is new, and whether a copy of it would do no harm.
    pub(super) async fn begin(
        &self,
        id: Hash,
        print: Hash,
        (durability, harmless): (Durability, bool),
    ) -> Result<Begun, Problem> {
        let now = self.0.clock.now();
        let begun = {
            let mut table = lock(&self.0.table);
            let begun = table.begin(id, print, now);
            if let (Begun::New(number), true) = (&begun, harmless) {
                table.harmless(*number);
            }
            begun
        };
        let (Begun::New(number), Some(log)) = (&begun, &self.0.log) else {
            return Ok(begun);
        };
        // Also when whoever asks leaves meanwhile.
        let unless_begun = Unless {
            keys: self,
            number: *number,
            is_begun: false,
        };
        let line = Line::Begun {
            number: *number,
            id: id.to_hex().to_string(),
            print: print.to_hex().to_string(),
            time_ns: now.nanos(),
            harmless,
        };
        if durability == Durability::Later {
            log.add(&line);
        } else if let Err(error) = log.add_durably(&line).await {
            tracing::error!(%error, "an idempotency key is not kept, so its request is not done");
            let detail =
                "the Idempotency-Key could not be kept, so nothing was done; the log says why";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Problem::new(status, "NOT_KEPT", detail));
        }
        unless_begun.begun();
        Ok(begun)
    }

    /// Notes how something stands.
    pub(super) fn settle(&self, number: u64, standing: Standing) {
        let line = Line::of(number, &standing);
        lock(&self.0.table).settle(number, standing);
        if let (Some(log), Some(line)) = (&self.0.log, line) {
            log.add(&line);
        }
    }

    /// Notes that nothing came of something.
    pub(super) fn free(&self, number: u64) {
        lock(&self.0.table).free(number);
        if let Some(log) = &self.0.log {
            log.add(&Line::Freed { number });
        }
    }
}

/// Frees a key whose request does not begin after all.
struct Unless<'a> {
    keys: &'a IdempotencyKeys,
    number: u64,
    is_begun: bool,
}

impl Unless<'_> {
    fn begun(mut self) {
        self.is_begun = true;
    }
}

impl Drop for Unless<'_> {
    fn drop(&mut self) {
        if !self.is_begun {
            self.keys.free(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::table::Kept;
    use axum::body::Bytes;
    use axum::http::HeaderMap;
    use services::clock::ManualClock;
    use std::io::Write as _;
    use std::path::PathBuf;

    fn hash(text: &str) -> Hash {
        blake3::hash(text.as_bytes())
    }

    fn open(path: &Path) -> IdempotencyKeys {
        IdempotencyKeys::open(path, Arc::new(ManualClock::default())).unwrap()
    }

    async fn begin(keys: &IdempotencyKeys, id: &str) -> Begun {
        let begun = keys.begin(hash(id), hash("print"), (Durability::First, false));
        begun.await.unwrap()
    }

    fn answer(body: &'static str) -> Standing {
        let body = Bytes::from_static(body.as_bytes());
        let kept = Kept::of(StatusCode::CREATED, &HeaderMap::new(), &body);
        Standing::Answered(Arc::new(kept.unwrap()))
    }

    fn place(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("idempotency.log")
    }

    #[tokio::test]
    async fn a_restart_knows_what_began_and_what_was_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = place(&folder);
        let keys = open(&path);
        for (number, id) in (1..).zip(["answered", "done", "freed", "begun"]) {
            assert_eq!(begin(&keys, id).await, Begun::New(number));
        }
        keys.settle(1, answer("{}"));
        keys.settle(2, Standing::Done(201));
        keys.free(3);
        keys.end();
        for _ in 0..2 {
            let keys = open(&path);
            assert_eq!(
                begin(&keys, "answered").await,
                Begun::Known(1, answer("{}"))
            );
            assert_eq!(
                begin(&keys, "done").await,
                Begun::Known(2, Standing::Done(201))
            );
            assert_eq!(
                begin(&keys, "begun").await,
                Begun::Known(4, Standing::Unknown)
            );
            let Begun::New(number) = begin(&keys, "freed").await else {
                panic!("it can be used again");
            };
            assert!(number > 4);
            keys.free(number);
            keys.end();
        }
    }

    #[tokio::test]
    async fn what_a_crash_cut_off_is_dropped_and_what_somebody_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = place(&folder);
        let keys = open(&path);
        begin(&keys, "a").await;
        begin(&keys, "b").await;
        keys.end();
        let whole = std::fs::read(&path).unwrap();
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap();
        file.write_all(b"0123456789abcdef {\"begun\":{\"num")
            .unwrap();
        let keys = open(&path);
        assert_eq!(begin(&keys, "b").await, Begun::Known(2, Standing::Unknown));
        assert_eq!(begin(&keys, "c").await, Begun::New(3));
        keys.end();
        let text = String::from_utf8(whole).unwrap();
        std::fs::write(&path, text.replace("\"number\":1", "\"number\":7")).unwrap();
        let refused = IdempotencyKeys::open(&path, Arc::new(ManualClock::default()));
        let refused = refused.err().unwrap().to_string();
        assert!(refused.contains("line 2"), "{refused}");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_lets_nothing_begin_that_must_be_kept() {
        let folder = tempfile::tempdir().unwrap();
        let keys = open(&place(&folder));
        keys.end();
        let (id, print) = (hash("a"), hash("print"));
        let refused = keys.begin(id, print, (Durability::First, false)).await;
        assert_eq!(refused.unwrap_err().code(), "NOT_KEPT");
        // The key was freed, and a kill is done all the same.
        let killed = keys.begin(id, print, (Durability::Later, true)).await;
        assert!(matches!(killed, Ok(Begun::New(_))));
    }
}
