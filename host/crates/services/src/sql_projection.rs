//! The SQL store follows the journal on disk, by a thread of its own. Nothing waits for it: what is
//! not in the store yet lies in the journal. What no journal has comes from the host's updates, which a
//! second thread hears, however long the first reads the journal or waits for the database, and from files
//! beside the journal.

mod beside;
mod filler;
mod keeping;
mod mapping;
mod notes;

pub use beside::{Beside, List, Log};
pub use filler::{FillError, Filler};
pub use mapping::MarketData;
pub use notes::Said;

use crate::background::{Background, Stop};
use crate::sync::lock;
use journal::Progress;
use keeping::Keeping;
use notes::Notes;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use store::sql::Location;

/// Pause after a batch, so that a slow journal makes few transactions.
const PAUSE: Duration = Duration::from_millis(20);
/// Longest wait for the journal to grow.
const PATIENCE: Duration = Duration::from_millis(100);
/// First wait after a failure; each further one is twice as long.
const BACK_OFF: Duration = Duration::from_millis(100);
/// Longest wait after a failure.
const BACK_OFF_MOST: Duration = Duration::from_secs(4);
/// Wait after what does not pass by itself.
const REFUSED: Duration = Duration::from_secs(30);
/// How long a batch may take before the connection counts as lost.
const BATCH: Duration = Duration::from_secs(60);
/// How often updates are taken in. The broadcast holds thousands: far more than come meanwhile.
const LISTEN: Duration = Duration::from_millis(10);

/// Which journal, into which store.
#[derive(Debug, Clone)]
pub struct SqlProjectionConfig {
    /// The store.
    pub location: Location,
    /// The journal's folder.
    pub folder: PathBuf,
    /// How far the journal lasts.
    pub progress: Arc<Progress>,
    /// Which market data becomes rows.
    pub market_data: MarketData,
    /// What the host says beside it.
    pub said: Said,
    /// What files beside it hold.
    pub beside: Beside,
}

/// How the store stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreState {
    /// Being connected to.
    #[default]
    Connecting,
    /// There, with rows still to come.
    Behind,
    /// There, with all rows of the journal so far.
    Current,
    /// Cannot be reached; tried again by itself.
    Away,
    /// Not to be written until somebody does something.
    Refused,
}

impl StoreState {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "CONNECTING",
            Self::Behind => "BEHIND",
            Self::Current => "CURRENT",
            Self::Away => "AWAY",
            Self::Refused => "REFUSED",
        }
    }
}

/// How the store stands, for readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreView {
    /// Its state.
    pub state: StoreState,
    /// The last input whose rows are there.
    pub sequence: u64,
    /// Why it is away or refused.
    pub error: Option<String>,
    /// What no journal has.
    pub kept: KeptView,
}

/// How rows that no journal has stand: risk metrics and alerts, the audit log, jobs and backtests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptView {
    /// Reckonings, alerts, records of the audit log, jobs and backtests that wait to be written.
    pub waiting: usize,
    /// Reckonings, alerts, jobs and backtests that were left out because too many waited.
    pub lost: u64,
    /// Updates of any kind that were not heard; reckonings among them are missing.
    pub missed: u64,
    /// Tables that cannot be written, and why; they are tried again by themselves.
    pub error: Option<String>,
}

/// Where readers see how the store stands.
#[derive(Debug, Clone, Default)]
pub struct StoreMonitor(Arc<Mutex<StoreView>>);

impl StoreMonitor {
    /// How it stands now.
    pub fn view(&self) -> StoreView {
        lock(&self.0).clone()
    }

    fn set(&self, state: StoreState, sequence: Option<u64>, error: Option<String>) {
        let mut view = lock(&self.0);
        let is_written = |state| matches!(state, StoreState::Behind | StoreState::Current);
        let news = is_written(view.state) != is_written(state);
        view.state = state;
        view.sequence = sequence.unwrap_or(view.sequence);
        view.error = error;
        if news {
            tell(&view);
        }
    }

    fn set_kept(&self, kept: KeptView) {
        lock(&self.0).kept = kept;
    }
}

/// That it is written again, or no more, is worth a line; each failure is not.
fn tell(view: &StoreView) {
    let sequence = view.sequence;
    match &view.error {
        Some(error) => tracing::warn!(sequence, %error, "the store cannot be written"),
        None => tracing::info!(sequence, "the store is written"),
    }
}

/// How long the end of a run waits for the store, once that is known.
type Drain = Arc<OnceLock<Duration>>;

/// The threads that fill the store.
pub struct SqlProjection {
    monitor: StoreMonitor,
    thread: Background,
    listening: Background,
    drain: Drain,
}

impl SqlProjection {
    /// Begins to fill the store.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn begin(config: SqlProjectionConfig) -> std::io::Result<Self> {
        let monitor = StoreMonitor::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let notes = Notes::new(config.said.clone(), config.beside.clone());
        let notes = Arc::new(Mutex::new(notes));
        let (heard, shown) = (Arc::clone(&notes), monitor.clone());
        let listening = Background::begin("store-notes", move |stop| {
            listen(&heard, &shown, &stop);
        })?;
        let drain = Drain::default();
        let (shown, given) = (monitor.clone(), Arc::clone(&drain));
        let thread = Background::begin("store", move |stop| {
            let following = Following {
                config,
                monitor: shown,
                stop,
                drain: given,
                ending: None,
            };
            runtime.block_on(following.run(Keeping::new(notes)));
        });
        match thread {
            Ok(thread) => Ok(Self {
                monitor,
                thread,
                listening,
                drain,
            }),
            Err(error) => {
                listening.end();
                Err(error)
            }
        }
    }

    /// How the store stands, for others.
    pub fn monitor(&self) -> &StoreMonitor {
        &self.monitor
    }

    /// Ends once all rows are written, the store is away, or this time has passed; what is missing comes with the
    /// next run.
    pub fn end(self, within: Duration) {
        // Nobody else sets it.
        let _first = self.drain.set(within);
        self.thread.end();
        self.listening.end();
    }
}

/// Takes in what the host says, and shows how much of it waits.
fn listen(notes: &Mutex<Notes>, monitor: &StoreMonitor, stop: &Stop) {
    while !stop.is_asked() {
        let kept = {
            let mut notes = lock(notes);
            notes.listen();
            notes.view()
        };
        monitor.set_kept(kept);
        std::thread::sleep(LISTEN);
    }
}

/// What the thread does.
struct Following {
    config: SqlProjectionConfig,
    monitor: StoreMonitor,
    stop: Stop,
    drain: Drain,
    /// When the end must be over.
    ending: Option<Instant>,
}

impl Following {
    /// Follows the journal to its end; one that a store keeps up is left to the next run.
    async fn run(self, keeping: Keeping) {
        let (stop, monitor) = (self.stop.clone(), self.monitor.clone());
        let drain = Arc::clone(&self.drain);
        let progress = Arc::clone(&self.config.progress);
        tokio::select! {
            () = self.follow(keeping) => {}
            () = overdue(&stop, &drain) => {
                let (stored, journal) = (monitor.view().sequence, progress.get());
                tracing::warn!(
                    stored,
                    journal,
                    "the store did not take the rest in time; it comes with the next run"
                );
            }
        }
    }

    async fn follow(mut self, mut keeping: Keeping) {
        let mut wait = BACK_OFF;
        loop {
            let Err(error) = self.session(&mut wait, &mut keeping).await else {
                return;
            };
            let passing = error.is_passing();
            let state = match passing {
                true => StoreState::Away,
                false => StoreState::Refused,
            };
            self.monitor.set(state, None, Some(error.to_string()));
            let time = if passing { wait } else { REFUSED };
            if self.rest(time).await {
                return;
            }
            wait = (wait * 2).min(BACK_OFF_MOST);
        }
    }

    /// From a connection to its loss; ends well only when the run does.
    async fn session(
        &mut self,
        wait: &mut Duration,
        keeping: &mut Keeping,
    ) -> Result<(), FillError> {
        let config = &self.config;
        let progress = Some(Arc::clone(&config.progress));
        let opening = Filler::open(
            &config.location,
            &config.folder,
            progress,
            config.market_data,
        );
        let mut filler = in_time(opening).await?;
        let mut state = StoreState::Behind;
        loop {
            self.monitor.set(state, Some(filler.sequence()), None);
            *wait = BACK_OFF;
            let lasting = self.config.progress.get();
            let stopping = self.stop.is_asked();
            let wrote = in_time(filler.advance()).await?;
            let kept = keeping.turn(&mut filler).await?;
            if stopping && (!(wrote || kept) || self.is_late()) {
                return Ok(());
            }
            state = match filler.sequence() >= lasting {
                true => StoreState::Current,
                false => StoreState::Behind,
            };
            if !wrote && !kept {
                self.config.progress.wait(lasting, PATIENCE);
            } else if state == StoreState::Current && !stopping {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Waits; returns whether the run ended meanwhile.
    async fn rest(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if self.stop.is_asked() {
                return true;
            }
            tokio::time::sleep(PATIENCE.min(time)).await;
        }
        self.stop.is_asked()
    }

    /// Whether the end took long enough.
    fn is_late(&mut self) -> bool {
        let drain = self.drain.get().copied().unwrap_or_default();
        let end = *self.ending.get_or_insert_with(|| Instant::now() + drain);
        Instant::now() >= end
    }
}

/// Comes when the end of a run has waited for the store long enough, also for one that says nothing.
async fn overdue(stop: &Stop, drain: &OnceLock<Duration>) {
    while !stop.is_asked() {
        tokio::time::sleep(PATIENCE).await;
    }
    tokio::time::sleep(drain.get().copied().unwrap_or_default()).await;
}

/// A server that says nothing must not hold the thread for ever.
async fn in_time<T>(work: impl Future<Output = Result<T, FillError>>) -> Result<T, FillError> {
    let done = tokio::time::timeout(BATCH, work).await;
    done.unwrap_or_else(|_| Err(FillError::Silent(BATCH.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::MetricsView;
    use crate::projection::{ReadModel, Shared};
    use crate::view::Change;

    fn reckoned() -> Change {
        Change::Metrics(Arc::new(MetricsView {
            time: model::Timestamp::ZERO,
            horizon: model::Duration::from_secs(86_400),
            sample_period: model::Duration::from_secs(5),
            scopes: Vec::new(),
            skipped: 0,
        }))
    }

    #[test]
    fn what_the_host_says_is_heard_whatever_the_store_does() {
        let shared = Arc::new(Shared::new(64, ReadModel::default()));
        let notes = Notes::new(Said(Arc::clone(&shared)), Beside::default());
        let notes = Arc::new(Mutex::new(notes));
        let monitor = StoreMonitor::default();
        let shown = monitor.clone();
        let listening = Background::begin("store-notes", move |stop| {
            listen(&notes, &shown, &stop);
        });
        let listening = listening.unwrap();
        // Many more than the broadcast holds, and nobody takes what waits.
        for round in 1..=10 {
            shared.say(|_| std::iter::repeat_with(reckoned).take(32).collect());
            let begun = Instant::now();
            while monitor.view().kept.waiting < round * 32 {
                assert!(begun.elapsed() < BATCH, "{:?}", monitor.view());
                std::thread::sleep(LISTEN);
            }
        }
        listening.end();
        let expect = KeptView {
            waiting: 320,
            ..KeptView::default()
        };
        assert_eq!(monitor.view().kept, expect);
    }
}
