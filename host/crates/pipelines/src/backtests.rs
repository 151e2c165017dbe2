//! Backtests that a running host is asked for: a queue with a bound, one or two threads that each wait for a
//! child process, and what came of the latest on the disk.
//!
//! ```text
//! submit ──▶ QUEUED ──▶ RUNNING ──▶ DONE | FAILED      data folder: backtests/ID.json, ID.html
//!               └──────────┴──────▶ CANCELED | INTERRUPTED
//! ```
//!
//! What trades is not held up: a child has a low priority, its memory and time are bounded,
//! and the host's own threads only wait for it. It is the backtest of the gate of pipelines, and of
//! `argonaut backtest`: the same plugin, parameters and data give the same hash of the journal.

mod kept;
mod places;
mod record;
mod work;

use crate::desk::{check_by, check_parameters};
use crate::driver::Halt;
use crate::live_run::lock;
use crate::settings::BacktestSettings;
use crate::text::Length;
use kept::Kept;
use model::PluginHash;
use places::Places;
use registry::Record;
use services::clock::{Clock, SystemClock};
use services::handle::HostError;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, TryLockError};
use std::thread::JoinHandle;
use work::Outcome;

pub use record::{BacktestRecord, BacktestState};

/// Most that are not over.
const MOST_OPEN: usize = 32;
/// Most instruments, files, deposits and parameters of one.
const MOST_TEXTS: usize = 64;
/// Longest text of one, in bytes.
const LONGEST_TEXT: usize = 1_000;
/// The world of components that trade.
const STRATEGY: &str = "strategy";
/// In how many parts progress is told to who watches.
const PARTS: f64 = 20.0;
/// Why one did not come to its end.
const ENDED: &str = "the host ended meanwhile; ask for it again";

/// Says which field of settings cannot be meant, and why: what `argonaut backtest` would refuse.
pub type CheckSettings = fn(&BacktestSettings) -> Result<(), (&'static str, String)>;

/// Says whether a component may be backtested now, or why not.
pub type MayRun = Arc<dyn Fn(PluginHash) -> Result<(), String> + Send + Sync>;

/// Where things are, and how much may be.
#[derive(Clone)]
pub struct BacktestsConfig {
    /// The folder below which market data is.
    pub data: PathBuf,
    /// The host's data folder.
    pub data_dir: PathBuf,
    /// This program, which backtests as a child process.
    pub program: PathBuf,
    /// How many are at work at a time.
    pub at_work: usize,
    /// How many that are over are kept; the oldest of them make room.
    pub keep: usize,
    /// How long one may take.
    pub limit: Length,
    /// What one may take of memory, in MiB.
    pub memory_mib: u64,
    /// What cannot be meant.
    pub check: CheckSettings,
    /// Asked when a turn comes: what was wanted may have been revoked while it waited.
    pub may_run: MayRun,
}

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacktestWanted {
    /// Parameters of the strategy.
    pub parameters: BTreeMap<String, String>,
    /// What it is of, and the world it is in.
    pub settings: BacktestSettings,
    /// Who asks, where that is known.
    pub by: Option<String>,
}

/// The backtests of a host. Cheap to clone. All calls may wait for the disk.
#[derive(Clone)]
pub struct Backtests(Arc<Bench>);

/// What callers and threads share.
struct Bench {
    config: BacktestsConfig,
    places: Places,
    kept: Kept,
    known: Mutex<Known>,
    /// Told when there is work, or no more will come.
    called: Condvar,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Told of each change, under the lock of `known`.
    watcher: OnceLock<Watcher>,
}

/// Whoever watches.
type Watcher = Box<dyn Fn(&BacktestRecord) + Send + Sync>;

#[derive(Default)]
struct Known {
    last: u64,
    all: BTreeMap<u64, BacktestRecord>,
    /// How often one came or changed, but for its progress.
    changes: u64,
    queue: VecDeque<u64>,
    /// Those at work that somebody ends, with why.
    ending: BTreeMap<u64, String>,
    /// Whether the host ends.
    closing: bool,
}

fn now() -> u64 {
    SystemClock.now().nanos()
}

fn refused(field: &'static str, reason: impl Into<String>) -> HostError {
    HostError::Invalid {
        field,
        reason: reason.into(),
    }
}

fn disagrees(field: &'static str, reason: impl Into<String>) -> HostError {
    HostError::Disagrees {
        field,
        reason: reason.into(),
    }
}

fn unknown(id: u64) -> HostError {
    HostError::NotFound {
        what: "backtest",
        name: id.to_string(),
    }
}

impl Backtests {
    /// Takes over what the data folder has; what was not over when the host ended is interrupted.
    ///
    /// # Errors
    /// There is no folder of market data, or the data folder cannot be read or written; the reason names it.
    pub fn begin(config: BacktestsConfig) -> Result<Self, String> {
        let absolute = |path: &PathBuf| {
            std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let config = BacktestsConfig {
            data_dir: absolute(&config.data_dir)?,
            program: absolute(&config.program)?,
            ..config
        };
        let places = Places::open(&config.data)?;
        let kept = Kept::open(config.data_dir.join("backtests"))?;
        let (last, mut all) = kept.all()?;
        for record in all.values_mut().filter(|record| !record.state.is_over()) {
            record.end(BacktestState::Interrupted, Some(ENDED.to_owned()), now());
            kept.write(record)?;
        }
        let known = Known {
            last,
            all,
            ..Known::default()
        };
        let bench = Arc::new(Bench {
            config,
            places,
            kept,
            known: Mutex::new(known),
            called: Condvar::new(),
            threads: Mutex::default(),
            watcher: OnceLock::new(),
        });
        bench.prune(&mut lock(&bench.known));
        for _ in 0..bench.config.at_work.max(1) {
            let own = Arc::clone(&bench);
            let thread = std::thread::Builder::new().name("backtest".to_owned());
            let thread = thread.spawn(move || own.serve());
            let thread = thread.map_err(|error| format!("there is no thread for them: {error}"))?;
            lock(&bench.threads).push(thread);
        }
        Ok(Self(bench))
    }

    /// Ends what is at work; all that is not over is interrupted. Call it before the host ends, on a thread that
    /// may wait.
    pub fn end(&self) {
        let bench = &self.0;
        let waiting: Vec<u64> = {
            let mut known = lock(&bench.known);
            known.closing = true;
            known.queue.drain(..).collect()
        };
        bench.called.notify_all();
        for id in waiting {
            bench.edit(id, |record| {
                record.end(BacktestState::Interrupted, Some(ENDED.to_owned()), now());
            });
        }
        for thread in std::mem::take(&mut *lock(&bench.threads)) {
            if thread.join().is_err() {
                tracing::error!("a thread of backtests panicked");
            }
        }
    }

    /// Whether settings can be meant, and the data that they name is there.
    ///
    /// # Errors
    /// `Invalid` with the field, why, and what would do; `Disagrees` for one that does not go with the others.
    pub fn check(&self, settings: &BacktestSettings) -> Result<(), HostError> {
        bounded("instruments", settings.instruments.iter())?;
        bounded("data", settings.data.iter())?;
        bounded("deposits", settings.deposits.iter())?;
        if settings.instruments.is_empty() {
            return Err(refused("instruments", "name one, such as \"EUR/USD\""));
        }
        let period = settings.from.as_ref().map(|_| "from");
        let period = period.or_else(|| settings.to.as_ref().map(|_| "to"));
        match (settings.data.is_empty(), &settings.catalog, period) {
            (true, None, _) => {
                return Err(disagrees(
                    "data",
                    "there is no market data; give `data` or `catalog`",
                ));
            }
            (false, Some(_), _) => {
                return Err(disagrees("catalog", "give either `data` or `catalog`"));
            }
            (false, None, Some(field)) => {
                let reason = "it is of a `catalog`; use `start` and `end` with `data`";
                return Err(disagrees(field, reason));
            }
            _ => {}
        }
        let meant = (self.0.config.check)(settings);
        meant.map_err(|(field, reason)| HostError::Invalid { field, reason })?;
        self.0.places.resolved(settings).map(drop)
    }

    /// Puts one of a component into the queue.
    ///
    /// # Errors
    /// As [`Backtests::check`]; `Invalid` for a component that does not trade, or that has no such parameter;
    /// `Conflict` for one that may not run, and while too many are not over; `Stopped` when the host ends.
    pub fn submit(
        &self,
        component: &Record,
        wanted: BacktestWanted,
    ) -> Result<BacktestRecord, HostError> {
        check_by(wanted.by.as_deref())?;
        self.check(&wanted.settings)?;
        bounded("parameters", wanted.parameters.keys())?;
        bounded("parameters", wanted.parameters.values())?;
        check_component(component)?;
        check_parameters(component, wanted.parameters.keys())?;
        let bench = &self.0;
        let mut known = lock(&bench.known);
        if known.closing {
            return Err(HostError::Stopped);
        }
        let open = known.all.values().filter(|record| !record.state.is_over());
        if open.count() >= MOST_OPEN {
            return Err(HostError::Conflict(format!(
                "{MOST_OPEN} backtests are not over, which is the most; wait for one, or cancel it"
            )));
        }
        let record = BacktestRecord {
            id: known.last + 1,
            plugin: component.manifest.hash.to_string(),
            title: component.title(),
            parameters: wanted.parameters,
            settings: wanted.settings,
            by: wanted.by,
            state: BacktestState::Queued,
            progress: 0.0,
            error: None,
            asked_at_ns: now(),
            began_at_ns: None,
            ended_at_ns: None,
            result: None,
            has_report: false,
        };
        let written = bench
            .kept
            .take(record.id)
            .and_then(|()| bench.kept.write(&record));
        written.map_err(HostError::Conflict)?;
        known.last = record.id;
        known.queue.push_back(record.id);
        known.all.insert(record.id, record.clone());
        known.changes += 1;
        bench.tell(&record);
        bench.prune(&mut known);
        drop(known);
        bench.called.notify_one();
        Ok(record)
    }

    /// All that are kept, the latest first.
    #[must_use]
    pub fn list(&self) -> Vec<BacktestRecord> {
        lock(&self.0.known).all.values().rev().cloned().collect()
    }

    /// All that are kept, with how often any came or changed; nothing where that is as often as was `seen`, or
    /// while they are being changed. Progress is no change. Waits for nothing.
    #[must_use]
    pub fn changed(&self, seen: Option<u64>) -> Option<(u64, Vec<BacktestRecord>)> {
        let known = match self.0.known.try_lock() {
            Ok(known) => known,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let all = || known.all.values().cloned().collect();
        (seen != Some(known.changes)).then(|| (known.changes, all()))
    }

    /// Has every change from now on told, in the order in which they are made: one as it is after it. Progress is
    /// told in twentieths, that one is forgotten is not. It must be quick and ask nothing of backtests. Who watches
    /// first goes on watching.
    pub fn watch(&self, tell: impl Fn(&BacktestRecord) + Send + Sync + 'static) {
        let _the_first_stays = self.0.watcher.set(Box::new(tell));
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn backtest(&self, id: u64) -> Result<BacktestRecord, HostError> {
        let known = lock(&self.0.known);
        known.all.get(&id).cloned().ok_or_else(|| unknown(id))
    }

    /// The report as one HTML document.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where there is none.
    pub fn report(&self, id: u64) -> Result<String, HostError> {
        let record = self.backtest(id)?;
        let report = self.0.kept.report(id).filter(|_| record.has_report);
        report.ok_or_else(|| {
            let state = record.state.name();
            HostError::Conflict(format!("backtest {id} is {state}, and has no report"))
        })
    }

    /// Ends one: at once where its turn has not come; else its process is ended, and nothing of it is kept.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is over; `Invalid` for a name that is none.
    pub fn cancel(&self, id: u64, by: Option<&str>) -> Result<BacktestRecord, HostError> {
        check_by(by)?;
        let words = by.map_or_else(|| "canceled".to_owned(), |by| format!("canceled by {by}"));
        let bench = &self.0;
        let mut known = lock(&bench.known);
        let record = known.all.get_mut(&id).ok_or_else(|| unknown(id))?;
        match record.state {
            BacktestState::Queued => {
                record.end(BacktestState::Canceled, Some(words), now());
                let record = record.clone();
                known.queue.retain(|waiting| *waiting != id);
                known.changes += 1;
                bench.note(&record);
                Ok(record)
            }
            BacktestState::Running => {
                let record = record.clone();
                known.ending.insert(id, words);
                Ok(record)
            }
            state => Err(HostError::Conflict(format!(
                "backtest {id} is {}: it is over",
                state.name()
            ))),
        }
    }

    /// Forgets one that is over, with its report.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is not over.
    pub fn remove(&self, id: u64) -> Result<(), HostError> {
        let mut known = lock(&self.0.known);
        let record = known.all.get(&id).ok_or_else(|| unknown(id))?;
        if !record.state.is_over() {
            let state = record.state.name();
            return Err(HostError::Conflict(format!(
                "backtest {id} is {state}: cancel it, or wait for its end"
            )));
        }
        known.all.remove(&id);
        self.0.kept.remove(id);
        Ok(())
    }
}

impl Bench {
    /// The life of a thread: one after the other, until the host ends.
    fn serve(&self) {
        while let Some(record) = self.next() {
            let worked = catch_unwind(AssertUnwindSafe(|| work::run(self, &record)));
            let outcome = worked.unwrap_or_else(|_| {
                Outcome::failed("its thread panicked; the host's log says where")
            });
            self.over(record.id, outcome);
        }
    }

    /// The next one, whose turn has come; nothing once the host ends.
    fn next(&self) -> Option<BacktestRecord> {
        let mut known = lock(&self.known);
        loop {
            if known.closing {
                return None;
            }
            if let Some(id) = known.queue.pop_front()
                && let Some(record) = known.all.get_mut(&id)
            {
                record.state = BacktestState::Running;
                record.began_at_ns = Some(now());
                self.note(record);
                let record = record.clone();
                known.changes += 1;
                return Some(record);
            }
            let waited = self.called.wait(known);
            known = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether one at work must stop.
    fn halt(&self, id: u64) -> Option<Halt> {
        let known = lock(&self.known);
        if known.closing {
            return Some(Halt::Closing);
        }
        known.ending.get(&id).cloned().map(Halt::Cancelled)
    }

    fn progress(&self, id: u64, done: f64) {
        if let Some(record) = lock(&self.known).all.get_mut(&id) {
            let before = record.progress;
            record.progress = done.clamp(0.0, 1.0);
            if (record.progress * PARTS).floor() > (before * PARTS).floor() {
                self.tell(record);
            }
        }
    }

    fn tell(&self, record: &BacktestRecord) {
        if let Some(watcher) = self.watcher.get() {
            watcher(record);
        }
    }

    /// Notes what came of one, with its report.
    fn over(&self, id: u64, outcome: Outcome) {
        let has_report = outcome.result.is_some() && self.kept.keep_report(id);
        self.kept.discard_draft(id);
        self.edit(id, |record| {
            record.end(outcome.state, outcome.error, now());
            record.result = outcome.result;
            record.has_report = has_report;
        });
        let mut known = lock(&self.known);
        known.ending.remove(&id);
        self.prune(&mut known);
    }

    fn edit(&self, id: u64, edit: impl FnOnce(&mut BacktestRecord)) {
        let mut known = lock(&self.known);
        if let Some(record) = known.all.get_mut(&id) {
            edit(record);
            self.note(record);
            known.changes += 1;
        }
    }

    /// Has one on the disk as it is, and tells who watches. That it cannot be written is in the log: what it is goes
    /// on.
    fn note(&self, record: &BacktestRecord) {
        if let Err(error) = self.kept.write(record) {
            tracing::error!(%error, "a backtest is not on the disk as it is");
        }
        self.tell(record);
    }

    /// Removes the oldest that are over, where there are too many of those: what waits takes no room from them.
    fn prune(&self, known: &mut Known) {
        let over = known.all.values().filter(|record| record.state.is_over());
        let over: Vec<u64> = over.map(|record| record.id).collect();
        let too_many = over.len().saturating_sub(self.config.keep);
        for oldest in over.into_iter().take(too_many) {
            known.all.remove(&oldest);
            self.kept.remove(oldest);
        }
    }
}

/// Whether a component trades, and may run at all. That nobody has approved it yet does not matter here.
fn check_component(component: &Record) -> Result<(), HostError> {
    let world = &component.manifest.world;
    if world != STRATEGY {
        let reason = format!(
            "`{}` is of the world `{world}`, and a `strategy` is wanted",
            component.title()
        );
        return Err(refused("plugin", reason));
    }
    if component.state == registry::State::Revoked {
        let reason = format!("`{}` was revoked, and never runs again", component.title());
        return Err(HostError::Conflict(reason));
    }
    Ok(())
}

/// Not too many texts, of one line each.
fn bounded<'a>(
    field: &'static str,
    texts: impl Iterator<Item = &'a String>,
) -> Result<(), HostError> {
    let mut count = 0_usize;
    for text in texts {
        count += 1;
        if text.len() > LONGEST_TEXT || text.chars().any(char::is_control) {
            let reason = format!("each must be one line of at most {LONGEST_TEXT} bytes");
            return Err(refused(field, reason));
        }
    }
    match count > MOST_TEXTS {
        true => Err(refused(field, format!("give at most {MOST_TEXTS}"))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
