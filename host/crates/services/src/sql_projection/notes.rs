//! What the host says and no journal has, on its way to the store: risk metrics and alerts. Beside them the lists
//! in files, jobs and backtests; of the log of what people did it only knows where that is.
//!
//! The store hears of them as any reader does, by the broadcast of updates. What waits while the
//! database is away is bounded, and the oldest is left out; an alert is one thing however often it
//! changes. Writing the same again changes nothing, so what may be there already is written
//! again. What was left out, or not heard, is counted and told.

mod as_rows;
mod list;

use super::KeptView;
use super::beside::{Beside, Log};
use crate::handle::Updates;
use crate::metrics::MetricsView;
use crate::projection::Shared;
use crate::view::{AlertView, Change, Update};
#[cfg(test)]
pub(super) use as_rows::hardly_any;
use as_rows::{add_metrics, alert_row, key};
use list::Listed;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use store::sql::{ALERTS, AUDIT, BACKTESTS, Batch, JOBS, Key, RISK_METRICS, Row, Table};
use tokio::sync::broadcast::error::TryRecvError;

/// Reckonings that wait at most: more than an hour, at one every 5 s.
const RECKONINGS: usize = 1_000;
/// Alerts that wait at most.
const WAITING_ALERTS: usize = 10_000;
/// Reckonings, alerts, jobs or backtests written at once.
const AT_ONCE: usize = 100;
/// Rows of reckonings written at once, about.
const ROWS: usize = 2_000;

/// What a host says to its readers.
#[derive(Clone)]
pub struct Said(pub(crate) Arc<Shared>);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said")
    }
}

/// Whose rows are kept beside the projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Metrics,
    Alerts,
    Audit,
    Jobs,
    Backtests,
}

impl Kept {
    pub(super) const ALL: [Self; 5] = [
        Self::Metrics,
        Self::Alerts,
        Self::Audit,
        Self::Jobs,
        Self::Backtests,
    ];

    pub(super) fn table(self) -> &'static Table {
        match self {
            Self::Metrics => &RISK_METRICS,
            Self::Alerts => &ALERTS,
            Self::Audit => &AUDIT,
            Self::Jobs => &JOBS,
            Self::Backtests => &BACKTESTS,
        }
    }
}

/// Keeps what is not in the store yet.
pub(super) struct Notes {
    source: Source,
    waiting: Waiting,
    log: Option<Arc<dyn Log>>,
}

/// Where it is heard.
struct Source {
    said: Said,
    updates: Updates,
}

impl Notes {
    /// Listens from now on; the alerts that there are count as news, and so does all that is in lists.
    pub(super) fn new(said: Said, beside: Beside) -> Self {
        let updates = said.0.subscribe();
        let mut notes = Self {
            source: Source { said, updates },
            waiting: Waiting {
                jobs: Listed::new(beside.jobs),
                backtests: Listed::new(beside.backtests),
                ..Waiting::default()
            },
            log: beside.audit,
        };
        for alert in notes.source.alerts() {
            notes.waiting.hear_alert(alert);
        }
        notes
    }

    /// Takes in what was said since the last time.
    pub(super) fn listen(&mut self) {
        let Source { said, updates } = &mut self.source;
        let said = &*said;
        drain(updates, &mut self.waiting, || Now::of(said));
        self.waiting.look();
    }

    /// The log of what people did.
    pub(super) fn log(&self) -> Option<Arc<dyn Log>> {
        self.log.clone()
    }

    /// Notes how many of its records are not in the store.
    pub(super) fn set_uncopied(&mut self, records: u64) {
        self.waiting.uncopied = records;
    }

    /// What is to be written next to a table, if anything is.
    pub(super) fn take(&mut self, table: Kept) -> Option<Taken> {
        self.listen();
        self.waiting.take(table)
    }

    /// Takes back what could not be written.
    pub(super) fn put_back(&mut self, taken: Taken) {
        self.waiting.put_back(taken);
    }

    /// Which alerts this run of the host knows, and the engine time.
    pub(super) fn alerts(&mut self) -> (BTreeSet<Key>, u64) {
        self.listen();
        let shown = self.source.alerts();
        let mut known: BTreeSet<_> = shown.iter().map(key).collect();
        known.extend(self.waiting.alerts.keys());
        let time = self.source.said.0.read(|model| model.engine.time);
        (known, time.nanos())
    }

    /// Notes that a table cannot be written, and why, or that it can be.
    pub(super) fn set_failing(&mut self, table: Kept, error: Option<String>) {
        let name = table.table().name;
        match error {
            Some(error) => self.waiting.failing.insert(name, error),
            None => self.waiting.failing.remove(name),
        };
    }

    /// How it stands, for readers.
    pub(super) fn view(&self) -> KeptView {
        self.waiting.view()
    }
}

impl Source {
    fn alerts(&self) -> Vec<AlertView> {
        self.said.0.read(|model| model.risk.alerts.all())
    }
}

/// What readers see now of what updates tell.
struct Now {
    alerts: Vec<AlertView>,
    metrics: Option<Arc<MetricsView>>,
}

impl Now {
    fn of(said: &Said) -> Self {
        said.0.read(|model| Self {
            alerts: model.risk.alerts.all(),
            metrics: model.tracker.as_ref().and_then(|it| it.latest.clone()),
        })
    }
}

/// Takes in all updates that are there. What was missed can be asked for, up to metrics in between.
fn drain(updates: &mut Updates, waiting: &mut Waiting, now: impl Fn() -> Now) {
    loop {
        match updates.try_recv() {
            Ok(update) => waiting.hear(&update),
            Err(TryRecvError::Lagged(count)) => waiting.miss(count, now()),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

/// What is not in the store yet.
#[derive(Default)]
struct Waiting {
    metrics: VecDeque<Arc<MetricsView>>,
    alerts: BTreeMap<Key, AlertView>,
    jobs: Listed,
    backtests: Listed,
    /// Records of the log that are not in the store; they wait in their file.
    uncopied: u64,
    /// What was left out because too much waited.
    lost: Counter,
    /// Updates that were not heard.
    missed: Counter,
    /// Why tables cannot be written.
    failing: BTreeMap<&'static str, String>,
}

/// What is being written.
pub(super) enum Taken {
    Metrics(Vec<Arc<MetricsView>>),
    Alerts(Vec<AlertView>),
    Jobs(Vec<(Key, Row)>),
    Backtests(Vec<(Key, Row)>),
}

impl Waiting {
    fn hear(&mut self, update: &Update) {
        match &update.change {
            Change::Metrics(view) => self.hear_metrics(Arc::clone(view)),
            Change::Alert(alert) => self.hear_alert(alert.clone()),
            _ => {}
        }
    }

    fn hear_metrics(&mut self, view: Arc<MetricsView>) {
        self.metrics.push_back(view);
        self.bound();
    }

    fn hear_alert(&mut self, alert: AlertView) {
        self.alerts.insert(key(&alert), alert);
        self.bound();
    }

    /// Notes that updates were not heard, and takes in what readers see now.
    fn miss(&mut self, count: u64, now: Now) {
        if let Some(missed) = self.missed.add(count) {
            tracing::warn!(
                missed,
                "the store did not hear all updates: risk metrics may be missing in it"
            );
        }
        if let Some(view) = now.metrics {
            self.hear_metrics(view);
        }
        for alert in now.alerts {
            self.hear_alert(alert);
        }
    }

    fn bound(&mut self) {
        let mut lost = 0;
        while self.metrics.len() > RECKONINGS {
            self.metrics.pop_front();
            lost += 1;
        }
        while self.alerts.len() > WAITING_ALERTS {
            self.alerts.pop_first();
            lost += 1;
        }
        self.lose(lost);
    }

    fn lose(&mut self, more: u64) {
        if let Some(lost) = self.lost.add(more) {
            tracing::warn!(
                lost,
                "the store is away for so long that it misses risk metrics, alerts, jobs or backtests"
            );
        }
    }

    /// Looks whether lists have changed.
    fn look(&mut self) {
        let lost = self.jobs.listen() + self.backtests.listen();
        self.lose(lost);
    }

    fn take(&mut self, table: Kept) -> Option<Taken> {
        let taken = match table {
            Kept::Metrics => Taken::Metrics(self.take_metrics()),
            Kept::Alerts => Taken::Alerts(self.take_alerts()),
            // It waits nowhere but in its file.
            Kept::Audit => return None,
            Kept::Jobs => Taken::Jobs(self.jobs.take(AT_ONCE)),
            Kept::Backtests => Taken::Backtests(self.backtests.take(AT_ONCE)),
        };
        (!taken.is_empty()).then_some(taken)
    }

    fn take_metrics(&mut self) -> Vec<Arc<MetricsView>> {
        let (mut taken, mut rows) = (Vec::new(), 0);
        while taken.len() < AT_ONCE
            && rows < ROWS
            && let Some(view) = self.metrics.pop_front()
        {
            rows += view.scopes.len();
            taken.push(view);
        }
        taken
    }

    fn take_alerts(&mut self) -> Vec<AlertView> {
        let mut taken = Vec::new();
        while taken.len() < AT_ONCE
            && let Some((_, alert)) = self.alerts.pop_first()
        {
            taken.push(alert);
        }
        taken
    }

    fn put_back(&mut self, taken: Taken) {
        match taken {
            Taken::Metrics(views) => {
                for view in views.into_iter().rev() {
                    self.metrics.push_front(view);
                }
            }
            Taken::Alerts(alerts) => {
                for alert in alerts {
                    // What was said since is newer.
                    self.alerts.entry(key(&alert)).or_insert(alert);
                }
            }
            Taken::Jobs(rows) => {
                let lost = self.jobs.put_back(rows);
                self.lose(lost);
            }
            Taken::Backtests(rows) => {
                let lost = self.backtests.put_back(rows);
                self.lose(lost);
            }
        }
        self.bound();
    }

    fn view(&self) -> KeptView {
        let failing = self.failing.iter();
        let failing: Vec<_> = failing
            .map(|(name, why)| format!("{name}: {why}"))
            .collect();
        let listed = self.jobs.waiting() + self.backtests.waiting();
        let uncopied = usize::try_from(self.uncopied).unwrap_or(usize::MAX);
        let waiting = self.metrics.len() + self.alerts.len() + listed;
        KeptView {
            waiting: waiting.saturating_add(uncopied),
            lost: self.lost.count,
            missed: self.missed.count,
            error: (!failing.is_empty()).then(|| failing.join("; ")),
        }
    }
}

impl Taken {
    /// Its rows.
    pub(super) fn batch(&self) -> Batch {
        let mut batch = Batch::default();
        match self {
            Self::Metrics(views) => {
                for view in views {
                    add_metrics(&mut batch, view);
                }
            }
            Self::Alerts(alerts) => {
                for alert in alerts {
                    batch.push(&ALERTS, alert_row(alert));
                }
            }
            Self::Jobs(rows) => {
                for (_, row) in rows {
                    batch.push(&JOBS, row.clone());
                }
            }
            Self::Backtests(rows) => {
                for (_, row) in rows {
                    batch.push(&BACKTESTS, row.clone());
                }
            }
        }
        batch
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Metrics(views) => views.is_empty(),
            Self::Alerts(alerts) => alerts.is_empty(),
            Self::Jobs(rows) | Self::Backtests(rows) => rows.is_empty(),
        }
    }
}

/// What is counted and told: at first, and then whenever it has become twice as much.
#[derive(Debug, Default)]
struct Counter {
    count: u64,
    told: u64,
}

impl Counter {
    /// Adds to it; returns the count when it is to be told.
    fn add(&mut self, more: u64) -> Option<u64> {
        self.count += more;
        if self.count == 0 || self.count < self.told * 2 || more == 0 {
            return None;
        }
        self.told = self.count;
        Some(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::alerts::{Alerts, Raised};
    use crate::view::AlertCode;
    use engine::{LimitScope, Severity};
    use model::{Duration, Rate, StrategyId, Timestamp};
    use store::sql::Cell;
    use tokio::sync::broadcast;

    fn at(s: u64) -> Timestamp {
        Timestamp::from_nanos(s * 1_000_000_000)
    }

    fn reckoned(s: u64) -> Arc<MetricsView> {
        Arc::new(MetricsView {
            time: at(s),
            horizon: Duration::from_secs(86_400),
            sample_period: Duration::from_secs(5),
            scopes: Vec::new(),
            skipped: 0,
        })
    }

    fn raised(s: u64, severity: Severity) -> Raised {
        Raised {
            time: at(s),
            sequence: s,
            code: AlertCode::Control(model::DenyCode::Loss),
            scope: LimitScope::Strategy(StrategyId::new(2)),
            severity,
            share: Rate::ZERO,
        }
    }

    fn update(change: Change) -> Update {
        Update {
            sequence: 1,
            time: at(0),
            change,
        }
    }

    fn hear(waiting: &mut Waiting, change: Change) {
        waiting.hear(&update(change));
    }

    fn alerts_of(taken: &Taken) -> &[AlertView] {
        match taken {
            Taken::Alerts(alerts) => alerts,
            _ => &[],
        }
    }

    fn times_of(taken: &Taken) -> Vec<Timestamp> {
        match taken {
            Taken::Metrics(views) => views.iter().map(|view| view.time).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn an_alert_is_one_row_and_its_newest_word_counts() {
        let (mut alerts, mut waiting) = (Alerts::new(None), Waiting::default());
        hear(
            &mut waiting,
            alerts.raise(raised(1, Severity::Warning)).unwrap(),
        );
        let taken = waiting.take(Kept::Alerts).unwrap();
        hear(
            &mut waiting,
            alerts.raise(raised(2, Severity::Serious)).unwrap(),
        );
        let seen = alerts.acknowledge(1, "anna".to_owned(), at(3));
        hear(&mut waiting, seen.unwrap());
        // The older word comes back from a database that did not take it.
        waiting.put_back(taken);
        let taken = waiting.take(Kept::Alerts).unwrap();
        assert_eq!((alerts_of(&taken).len(), taken.batch().rows()), (1, 1));
        let row = alert_row(&alerts_of(&taken)[0]);
        let integer = |number: u64| Cell::Integer(number.cast_signed());
        assert_eq!(row[..2], [integer(at(1).nanos()), integer(1)]);
        assert_eq!(row.len(), ALERTS.columns.len());
        let cell = |name: &str| {
            let place = ALERTS.columns.iter().position(|column| column.name == name);
            row[place.unwrap()].clone()
        };
        assert_eq!(cell("severity"), Cell::Text("SERIOUS".to_owned()));
        assert_eq!(cell("count"), integer(2));
        assert_eq!(cell("acknowledged_by"), Cell::Text("anna".to_owned()));
        assert_eq!(cell("acknowledged"), integer(at(3).nanos()));
        assert!(waiting.take(Kept::Alerts).is_none());
    }

    #[test]
    fn of_metrics_that_wait_for_long_the_oldest_are_left_out() {
        let mut waiting = Waiting::default();
        for s in 0..1_003 {
            hear(&mut waiting, Change::Metrics(reckoned(s)));
        }
        let taken = waiting.take(Kept::Metrics).unwrap();
        let times = times_of(&taken);
        assert_eq!((times.len(), times[0]), (AT_ONCE, at(3)));
        for s in 1_003..1_005 {
            hear(&mut waiting, Change::Metrics(reckoned(s)));
        }
        waiting.put_back(taken);
        let view = waiting.view();
        assert_eq!((view.waiting, view.lost), (RECKONINGS, 5));
        assert_eq!(waiting.metrics[0].time, at(5));
    }

    #[test]
    fn what_was_not_heard_is_counted_and_asked_for() {
        let (sender, mut updates) = broadcast::channel(16);
        let mut alerts = Alerts::new(None);
        let mut waiting = Waiting::default();
        let opened = alerts.raise(raised(1, Severity::Warning)).unwrap();
        assert!(sender.send(Arc::new(update(opened))).is_ok());
        for s in 0..20 {
            let change = Change::Metrics(reckoned(s));
            assert!(sender.send(Arc::new(update(change))).is_ok());
        }
        let now = || Now {
            alerts: alerts.all(),
            metrics: Some(reckoned(19)),
        };
        drain(&mut updates, &mut waiting, now);
        let view = waiting.view();
        assert_eq!((view.missed, view.lost), (5, 0));
        let heard = waiting.take(Kept::Alerts).unwrap();
        assert_eq!(alerts_of(&heard).len(), 1, "the alert is asked for");
        let times = times_of(&waiting.take(Kept::Metrics).unwrap());
        assert_eq!(times.first(), Some(&at(19)), "what readers see now");
        assert_eq!(times.len(), 17);
    }

    #[test]
    fn a_reckoning_of_many_scopes_is_a_piece_by_itself() {
        let mut waiting = Waiting::default();
        let large = |s| {
            let scopes = vec![hardly_any(LimitScope::Firm); ROWS];
            let view = MetricsView {
                scopes,
                ..MetricsView::clone(&reckoned(s))
            };
            Change::Metrics(Arc::new(view))
        };
        for s in 0..3 {
            hear(&mut waiting, large(s));
        }
        for s in 0..3 {
            let taken = waiting.take(Kept::Metrics).unwrap();
            assert_eq!(times_of(&taken), [at(s)]);
        }
        assert!(waiting.take(Kept::Metrics).is_none());
    }

    #[test]
    fn a_count_is_told_when_it_has_doubled() {
        let mut counter = Counter::default();
        let told: Vec<_> = [0, 1, 0, 1, 1, 1, 3].map(|more| counter.add(more)).to_vec();
        let expect = [None, Some(1), None, Some(2), None, Some(4), None];
        assert_eq!((told, counter.count), (expect.to_vec(), 7));
    }
}
