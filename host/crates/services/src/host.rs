//! The whole host in one value: engine thread, projection, feed, strategy workers.

mod builds;
mod commands;
mod config;
mod faults;
mod lifecycle;
mod metrics;
mod orders;
mod plugins;
mod queries;
mod risk;
mod signals;
mod start;
mod versions;
mod vitals;

use crate::admission::{Admission, Journals};
use crate::clock::{Clock, TimeSource};
use crate::faults::{Care, Kept};
use crate::feed::{Feed, FeedError, FeedKind, FeedState, Prepared, Wiring};
use crate::handle::{HostError, Updates};
use crate::history::History;
use crate::inbox::Inbox;
use crate::kill_file::KillFile;
use crate::metrics::sampler::Sampler;
use crate::metrics::scenarios::Scenarios;
use crate::metrics::tracker::Tracker;
use crate::metrics::worker::Desk;
use crate::metrics::{RiskSettings, worker};
use crate::outlet::Outlet;
use crate::plugin::PluginHost;
use crate::plugin_files::PluginFiles;
use crate::projection::{self, ReadModel, Shared};
use crate::promises::Promises;
use crate::recovery::KeptPlugins;
pub use crate::recovery::{Recovered, engine_of};
use crate::sql_projection::Said;
use crate::strategy::{Strategies, SwapOptions};
use crate::sync::lock;
pub use crate::trader::Ended;
use crate::trader::{Request, Trader};
use crate::venue_models;
use crate::view::HealthView;
pub use config::{HostConfig, JournalConfig, QueueSizes};
use engine::{Definition, Engine, OrdersOnFault, StrategyConfig};
pub use faults::DeadLetters;
use journal::{JournalError, Progress, RepeatError};
pub use metrics::metric_scope;
use model::AccountId;
use registry::Registry;
use start::Begun;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{Semaphore, watch};

/// Name of the strategy for orders by hand.
pub const MANUAL: &str = "manual";

/// Why a host could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be opened or made.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What is known of plugins cannot be read.
    #[error("the registry of plugins: {0}")]
    Registry(String),
    /// The journal cannot be gone on with.
    #[error("the journal does not come back: {0}")]
    Recovery(#[from] RepeatError),
    /// A definition contradicts itself or an earlier one.
    #[error("{0}")]
    Definition(String),
    /// The risk settings cannot be meant.
    #[error("risk: {0}")]
    Risk(String),
    /// The feed cannot be prepared.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// Starts hosts.
pub struct Host;

/// The one door to a running host. Cheap to clone; when the last clone is dropped, the host shuts
/// down as with [`HostHandle::shutdown`], without anybody waiting for it.
#[derive(Clone)]
pub struct HostHandle(Arc<Inner>);

struct Inner {
    inbox: Arc<Inbox>,
    outlet: Arc<Outlet>,
    shared: Arc<Shared>,
    strategies: Arc<Strategies>,
    /// Requests that run on blocking workers at once.
    workers: Arc<Semaphore>,
    feed: Mutex<FeedSlot>,
    wiring: Wiring,
    journal_failed: Arc<AtomicBool>,
    promises: Arc<Promises>,
    kill_file: Option<KillFile>,
    risk: Arc<RiskSettings>,
    scenarios: Scenarios,
    kept: KeptPlugins,
    care: Kept,
    recovered: Option<Recovered>,
    progress: Option<Arc<Progress>>,
    ended: watch::Receiver<Option<Ended>>,
}

enum FeedSlot {
    Ready(Prepared),
    Running(Feed),
    Over(FeedKind),
}

impl FeedSlot {
    fn kind(&self) -> FeedKind {
        match self {
            Self::Ready(prepared) => prepared.kind(),
            Self::Running(feed) => feed.kind(),
            Self::Over(kind) => *kind,
        }
    }

    fn state(&self) -> FeedState {
        match self {
            Self::Ready(_) => FeedState::Ready,
            Self::Running(feed) if feed.is_finished() => FeedState::Finished,
            Self::Running(_) => FeedState::Running,
            Self::Over(_) => FeedState::Over,
        }
    }

    /// Takes what there is out, and leaves that it is over.
    fn take(&mut self) -> Self {
        let over = Self::Over(self.kind());
        std::mem::replace(self, over)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The feed first, so that it does not wait for an inbox nobody empties.
        self.inbox.close_market();
        drop(lock(&self.feed).take());
        // Refused only when the host has ended already.
        let _ended = self.inbox.send_command(Request::Shutdown);
    }
}

impl Host {
    /// Starts a host: reads the feed's files, makes the journal, sets up the engine and its thread.
    /// The feed waits for [`HostHandle::start_feed`], so that strategies can be loaded first.
    ///
    /// The join handle ends with the run and says how it ended.
    ///
    /// # Errors
    /// See [`StartError`]; nothing runs then.
    pub fn start(
        config: HostConfig,
        plugins: Arc<dyn PluginHost>,
        clock: Arc<dyn Clock>,
    ) -> Result<(HostHandle, JoinHandle<Ended>), StartError> {
        let time = time_source(&config, &clock);
        let (queues, swaps) = (config.queues, swaps(&config));
        let (files, care) = (plugin_files(&config)?, Care::of(&config));
        let inbox = Arc::new(Inbox::new(queues.market, queues.commands));
        let outlet = Arc::new(Outlet::new(queues.projection));
        let (risk, desk) = (Arc::new(checked(config.risk)?), Arc::new(Desk::default()));
        let shared = Arc::new(nothing_yet(queues.updates, &risk, &desk));
        let history = Arc::new(History::new(config.history_events));
        let (open, engine) = Begun::open(config.journal.as_ref())?;
        let journals = journals(&open, &config.data_folder)?;
        let admission = Admission::new(plugins, files, Arc::clone(&clock), journals);
        let wiring = wiring(&inbox, &history, clock);
        let journal_failed = Arc::new(AtomicBool::new(false));
        let (inputs, effects) = (Arc::clone(&inbox), Arc::clone(&outlet));
        let sampler = Sampler::new(risk.metrics.tick());
        let (engine, failed) = (Engine::new(engine), Arc::clone(&journal_failed));
        let mut wanted = with_manual(config.definitions);
        let models = venue_models::make(&admission, &mut wanted, config.venue_models);
        let models = models.map_err(StartError::Definition)?;
        let mut trader = Trader::new(engine, time.clone(), inputs, effects, failed, sampler);
        let past = open.recover(&mut trader, admission.kept(), &history, &shared)?;
        let prepared = Prepared::new(past.goes_on(config.feed, &mut trader), &wiring)?;
        past.define(wanted, models, &mut trader, &prepared)?;
        let kill_file = obeyed(config.kill_file, &mut trader);
        let (killed, promises, trying) = (trader.killed(), trader.promises(), admission.kept());
        projection::show_pending(&outlet, &shared);
        let strategies = Strategies::new(
            Arc::clone(&inbox),
            Arc::clone(&outlet),
            Arc::clone(&shared),
            history,
            admission,
            time,
            swaps,
            Arc::clone(trader.versions()),
        );
        let (recovered, progress) = past.hand_over(&mut trader, &strategies);
        let strategies = Arc::new(strategies);
        let care = care.begin(&strategies, &mut trader, progress.as_ref())?;
        let (ended, thread) = spawn(trader, &outlet, &shared, &desk)?;
        reckon(&desk, &risk, &outlet, &inbox, &shared)?;
        watch(kill_file.clone(), &inbox, killed)?;
        let inner = Inner {
            inbox,
            outlet,
            shared,
            strategies,
            workers: Arc::new(Semaphore::new(config.workers.max(1))),
            feed: Mutex::new(FeedSlot::Ready(prepared)),
            wiring,
            journal_failed,
            promises,
            kill_file,
            risk,
            scenarios: Scenarios::default(),
            kept: trying,
            care,
            recovered,
            progress,
            ended,
        };
        let handle = HostHandle(Arc::new(inner));
        handle.add_scenarios()?;
        Ok((handle, thread))
    }
}

fn wiring(inbox: &Arc<Inbox>, history: &Arc<History>, clock: Arc<dyn Clock>) -> Wiring {
    Wiring {
        inbox: Arc::clone(inbox),
        history: Arc::clone(history),
        clock,
    }
}

/// What readers see before anything happened.
fn nothing_yet(updates: usize, risk: &RiskSettings, desk: &Arc<Desk>) -> Shared {
    let tracker = Tracker::new(Arc::new(risk.metrics.clone()), Arc::clone(desk));
    Shared::new(updates, ReadModel::new(tracker, risk.escalate_after))
}

/// The settings, if all of them can be meant.
fn checked(risk: RiskSettings) -> Result<RiskSettings, StartError> {
    let metrics = risk.metrics.check().map_err(|fault| ("metrics", fault));
    let limits = risk.limits.iter().map(|limit| limit.check());
    let limits = limits.collect::<Result<(), _>>();
    metrics
        .and(limits.map_err(|fault| ("limits", fault)))
        .map_err(|(of, (field, reason))| StartError::Risk(format!("{of}.{field} {reason}")))?;
    Ok(risk)
}

/// Starts the thread that reckons metrics. It ends when the projection has.
fn reckon(
    desk: &Arc<Desk>,
    risk: &Arc<RiskSettings>,
    outlet: &Arc<Outlet>,
    inbox: &Arc<Inbox>,
    shared: &Arc<Shared>,
) -> Result<(), std::io::Error> {
    let (desk, risk, shared) = (Arc::clone(desk), Arc::clone(risk), Arc::clone(shared));
    let (outlet, inbox) = (Arc::clone(outlet), Arc::clone(inbox));
    let thread = std::thread::Builder::new().name("metrics".to_owned());
    let find =
        move |limit: &crate::metrics::MetricLimit| shared.read(|model| limit.scope.find_in(model));
    thread.spawn(move || worker::run(&desk, &risk, &outlet, &inbox, find))?;
    Ok(())
}

/// Starts to look for the kill file, if there is one to look for. Without the thread nothing runs.
fn watch(
    kill_file: Option<KillFile>,
    inbox: &Arc<Inbox>,
    killed: Arc<AtomicBool>,
) -> Result<(), std::io::Error> {
    let Some(kill_file) = kill_file else {
        return Ok(());
    };
    let watching = kill_file.watch(Arc::clone(inbox), killed);
    watching.inspect_err(|_| inbox.close())
}

/// Time comes with the events of a replay, and from the clock else.
fn time_source(config: &HostConfig, clock: &Arc<dyn Clock>) -> TimeSource {
    if config.feed.carries_time() {
        TimeSource::Events
    } else {
        TimeSource::Wall(Arc::clone(clock))
    }
}

/// The kill file; where it is there already, whom it names is killed from the start.
fn obeyed(path: Option<PathBuf>, trader: &mut Trader) -> Option<KillFile> {
    let file = path.map(KillFile::new);
    if let Some(named) = file.as_ref().and_then(KillFile::named) {
        trader.obey(&named);
        trader.let_out();
    }
    file
}

fn plugin_files(config: &HostConfig) -> Result<PluginFiles, StartError> {
    let folder = config.data_folder.join("plugins");
    let registry = Registry::open(folder, config.policy.clone()).map_err(StartError::Registry)?;
    let (source, most) = (config.plugin_folder.clone(), config.max_plugin_bytes);
    Ok(PluginFiles::new(Arc::new(registry), source, most))
}

/// The journals that may name plugins: the one of this run, and those beside it that were put away.
fn journals(open: &Begun, data: &Path) -> Result<Option<Journals>, StartError> {
    let current = open.name()?;
    Ok(current.map(|current| Journals {
        current,
        away: data.join("journals"),
    }))
}

fn swaps(config: &HostConfig) -> SwapOptions {
    SwapOptions {
        events_bound: config.queues.swap_events,
        timeout: config.swap_timeout,
    }
}

/// Starts the engine's and the projection's threads. The join handle is the engine's; it ends
/// after the projection has shown everything.
fn spawn(
    trader: Trader,
    outlet: &Arc<Outlet>,
    shared: &Arc<Shared>,
    desk: &Arc<Desk>,
) -> Result<(watch::Receiver<Option<Ended>>, JoinHandle<Ended>), StartError> {
    let (ending, ended) = watch::channel(None);
    let projection = {
        let (outlet, shared) = (Arc::clone(outlet), Arc::clone(shared));
        let desk = Arc::clone(desk);
        std::thread::Builder::new()
            .name("projection".to_owned())
            .spawn(move || {
                // Also when it panics: nobody must wait for a reader that is gone.
                let _closed = OnDrop(|| {
                    outlet.close();
                    desk.close();
                });
                projection::run(&outlet, &shared);
            })?
    };
    let thread = std::thread::Builder::new()
        .name("engine".to_owned())
        .spawn({
            let outlet = Arc::clone(outlet);
            let inbox = trader.inbox();
            move || {
                let _closed = OnDrop(|| {
                    inbox.close();
                    outlet.close();
                });
                let ended = trader.run();
                if projection.join().is_err() {
                    tracing::error!("the projection's thread ended with a panic");
                }
                ending.send_replace(Some(ended.clone()));
                ended
            }
        })?;
    Ok((ended, thread))
}

/// Does something when dropped, whatever the reason.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Adds the strategy for orders by hand on the first account, unless there is one.
fn with_manual(mut definitions: Vec<Definition>) -> Vec<Definition> {
    let has_manual = definitions
        .iter()
        .any(|definition| matches!(definition, Definition::Strategy(config) if config.manual));
    let has_account = definitions
        .iter()
        .any(|d| matches!(d, Definition::Account(_)));
    if has_account && !has_manual {
        definitions.push(Definition::Strategy(StrategyConfig {
            name: MANUAL.to_owned(),
            account: AccountId::new(0),
            on_fault: OrdersOnFault::Keep,
            manual: true,
            permissions: engine::Permissions::ALL,
        }));
    }
    definitions
}

impl HostHandle {
    /// Lets market data flow. A second call does nothing.
    ///
    /// # Errors
    /// [`HostError::Stopped`] when the host is ending or no thread could be started.
    pub fn start_feed(&self) -> Result<(), HostError> {
        let mut slot = lock(&self.0.feed);
        match slot.take() {
            FeedSlot::Ready(prepared) => {
                let feed = Feed::start(prepared, self.0.wiring.clone()).map_err(|error| {
                    tracing::error!(%error, "the feed's thread cannot be started");
                    HostError::Stopped
                })?;
                *slot = FeedSlot::Running(feed);
                Ok(())
            }
            FeedSlot::Running(feed) => {
                *slot = FeedSlot::Running(feed);
                Ok(())
            }
            FeedSlot::Over(_) => Err(HostError::Stopped),
        }
    }

    /// Whether a feed that was started has sent all it has. A simulated market never has.
    pub fn is_feed_finished(&self) -> bool {
        let state = lock(&self.0.feed).state();
        matches!(state, FeedState::Finished | FeedState::Over)
    }

    /// Sends market data from elsewhere, in order, waiting for room; nothing is dropped. Blocks, so
    /// call it on a thread of your own.
    ///
    /// # Errors
    /// [`HostError::Stopped`] when the host is ending.
    pub fn send_market(&self, inputs: &[crate::feed::MarketInput]) -> Result<(), HostError> {
        self.0.wiring.history.record(inputs);
        self.0
            .inbox
            .send_market(inputs)
            .map_err(|_| HostError::Stopped)
    }

    /// All updates from now on. One that falls behind by more than the broadcast holds is told so.
    pub fn subscribe(&self) -> Updates {
        self.0.shared.subscribe()
    }

    /// What the host says and no journal has, for the store.
    pub fn said(&self) -> Said {
        Said(Arc::clone(&self.0.shared))
    }

    /// Sequence of the latest update that the read model shows. Subscribe first, then read, then
    /// skip what is not after this, and nothing is missed.
    pub fn stream_position(&self) -> u64 {
        self.0.shared.read(|model| model.updates)
    }

    /// What the host is struggling with, if anything.
    pub fn health(&self) -> HealthView {
        let (market_waiting, commands_waiting) = self.0.inbox.waiting();
        HealthView {
            market_waiting,
            commands_waiting,
            market_conflated: self.0.inbox.conflated(),
            prices_conflated: self.0.outlet.conflated(),
            journal_writable: !self.0.journal_failed.load(Ordering::Acquire),
        }
    }

    /// The strategy service, for callers that block anyway.
    pub(crate) fn strategies_service(&self) -> &Strategies {
        &self.0.strategies
    }

    /// The plugins that ran, to try snapshots with.
    pub(crate) fn kept_plugins(&self) -> KeptPlugins {
        self.0.kept.clone()
    }

    /// What was found in the journal, where there was one.
    pub fn recovered(&self) -> Option<&Recovered> {
        self.0.recovered.as_ref()
    }

    /// How far the journal lasts, for those who follow it; `None` without one.
    pub fn journal_progress(&self) -> Option<Arc<Progress>> {
        self.0.progress.clone()
    }

    /// How the run ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.0.ended.borrow().clone()
    }
}
