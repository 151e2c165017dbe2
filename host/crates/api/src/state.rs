//! What all handlers share.

use crate::denials::Denials;
use crate::guarded::Guarded;
use crate::hooks::Hooks;
use crate::idempotency::IdempotencyKeys;
use crate::jobs::Jobs;
use crate::names::Names;
use crate::network::NetworkSettings;
use crate::observe::Counted;
use crate::port::HostPort;
use crate::rate::{Limit, RateSettings, Rates};
use crate::records::Records;
use crate::stream::{self, Hub};
use crate::tls::Tls;
use model::Timestamp;
use notices::Notifications;
use pipelines::{Backtests, Pipelines};
use services::clock::{Clock, SystemClock};
use services::retention::RetentionMonitor;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// How the API behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names this run; a client that sees another one starts afresh.
    pub run: String,
    /// Host names answered besides loopback ones, without port. Each widens who may trade.
    pub allowed_hosts: Vec<String>,
    /// From where requests may come.
    pub network: NetworkSettings,
    /// The WebSocket's bounds.
    pub stream: StreamSettings,
}

/// The WebSocket's bounds.
#[derive(Debug, Clone)]
pub struct StreamSettings {
    /// Most connections at once; more are answered with 503.
    pub max_connections: u32,
    /// Most messages waiting for one reader; a reader that has more waiting is closed.
    pub queue_messages: usize,
    /// Most bytes waiting for one reader.
    pub queue_bytes: usize,
    /// Most updates of each complete channel that are remembered for clients that come back.
    pub resume_updates: usize,
    /// Most bytes of each complete channel that are remembered.
    pub resume_bytes: usize,
    /// How often a heartbeat is sent.
    pub heartbeat: Duration,
    /// How long a closing connection may take to read its last message.
    pub close_grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            run: String::from("unnamed"),
            allowed_hosts: Vec::new(),
            network: NetworkSettings::default(),
            stream: StreamSettings::default(),
        }
    }
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            max_connections: 64,
            queue_messages: 4_096,
            queue_bytes: 16 << 20,
            resume_updates: 16_384,
            resume_bytes: 16 << 20,
            heartbeat: Duration::from_secs(15),
            close_grace: Duration::from_secs(4),
        }
    }
}

impl StreamSettings {
    /// Most connections at once that have not said who they are.
    pub(crate) fn strangers(&self) -> u32 {
        STRANGERS.max(self.max_connections / 8)
    }

    /// Most connections at once, whether they have said who they are or not.
    pub(crate) fn clients(&self) -> usize {
        let all = self.max_connections.saturating_add(self.strangers());
        usize::try_from(all).unwrap_or(usize::MAX)
    }
}

/// How the connection to the bus stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusView {
    /// Its state.
    pub state: &'static str,
    /// Entries published since the process began.
    pub published: u64,
    /// Why the last attempt failed, or why it was lost.
    pub error: Option<String>,
}

/// Says how the bus stands now.
pub type BusProbe = Arc<dyn Fn() -> BusView + Send + Sync>;

/// How long an end waits for those who are connected, unless told otherwise.
const GRACE: Duration = Duration::from_secs(10);

/// Plugins that may be uploaded at the same time: each holds up to 32 MiB.
const UPLOADS: usize = 2;

/// WebSocket connections at once that have not said who they are: so many, or an eighth of those that have.
const STRANGERS: u32 = 8;

/// What all handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Api<H> {
    pub(crate) host: H,
    pub(crate) settings: Arc<Settings>,
    pub(crate) denials: Arc<Denials>,
    /// What is counted for those who watch.
    pub(crate) counted: Arc<Counted>,
    /// The store, where the host keeps one.
    pub(crate) records: Option<Records>,
    /// The bus, where the host has one.
    pub(crate) bus: Option<BusProbe>,
    /// What is kept of the journal, where not all is.
    pub(crate) retention: Option<RetentionMonitor>,
    /// Deployment pipelines, where the host has them.
    pub(crate) pipelines: Option<Pipelines>,
    /// Backtests that it is asked for, where it runs any.
    pub(crate) backtests: Option<Backtests>,
    /// Whom the host tells what, where it tells anybody.
    pub(crate) notifications: Option<Notifications>,
    /// Webhooks that are taken, where there are any.
    pub(crate) hooks: Option<Hooks>,
    /// Who may do what, where identity is on.
    pub(crate) guarded: Option<Arc<Guarded>>,
    /// How often somebody may ask, where that is limited.
    pub(crate) rates: Option<Arc<Rates>>,
    /// What clients are shown, where the host speaks TLS.
    pub(crate) tls: Option<Tls>,
    /// What WebSocket connections hear.
    pub(crate) hub: Arc<Hub<H>>,
    /// Requests that may be sent again.
    pub(crate) keys: IdempotencyKeys,
    /// Requests that go on after their answer.
    pub(crate) jobs: Jobs,
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) connections: Arc<Semaphore>,
    /// Those that have not said who they are, where they must.
    pub(crate) strangers: Arc<Semaphore>,
    pub(crate) closing: Arc<watch::Sender<bool>>,
    /// How long requests under way and WebSocket clients may take once the end was asked for.
    pub(crate) grace: Duration,
    /// Market data in files, where the host shows any.
    pub(crate) catalog: Option<ShownCatalog>,
    /// Since when there is an API.
    pub(crate) begun: Begun,
}

/// A catalog of market data that readers are shown.
#[derive(Debug, Clone)]
pub(crate) struct ShownCatalog {
    /// Its folder, or its address.
    pub(crate) root: PathBuf,
    /// Whoever has it reads.
    pub(crate) turn: Arc<Semaphore>,
}

/// A moment, by the wall clock and for measuring what passed since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) time: Timestamp,
    pub(crate) instant: Instant,
}

impl<H: HostPort> Api<H> {
    /// For a host. Must be called inside a tokio runtime: it follows the host's updates.
    pub fn new(host: H, settings: Settings) -> Self {
        let connections = Semaphore::new(settings.stream.max_connections as usize);
        let strangers = Semaphore::new(settings.stream.strangers() as usize);
        Self {
            denials: Denials::follow(host.subscribe()),
            counted: Arc::new(Counted::new(stream::CODES, &Limit::ALL.map(Limit::name))),
            records: None,
            bus: None,
            retention: None,
            pipelines: None,
            backtests: None,
            notifications: None,
            hooks: None,
            guarded: None,
            rates: None,
            tls: None,
            hub: Hub::follow(host.clone(), &settings),
            keys: IdempotencyKeys::in_memory(Arc::new(SystemClock)),
            jobs: Jobs::in_memory(Arc::new(SystemClock)),
            host,
            settings: Arc::new(settings),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            connections: Arc::new(connections),
            strangers: Arc::new(strangers),
            closing: Arc::new(watch::Sender::new(false)),
            grace: GRACE,
            catalog: None,
            begun: Begun {
                time: SystemClock.now(),
                instant: Instant::now(),
            },
        }
    }

    /// With another time for requests under way and WebSocket clients once the end was asked for; ten seconds
    /// without.
    #[must_use]
    pub fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// With a store to answer about the past from.
    #[must_use]
    pub fn with_records(self, records: Option<Records>) -> Self {
        Self { records, ..self }
    }

    /// With a bus to tell the state of.
    #[must_use]
    pub fn with_bus(self, bus: Option<BusProbe>) -> Self {
        Self { bus, ..self }
    }

    /// With a journal of which not all is kept.
    #[must_use]
    pub fn with_retention(self, retention: Option<RetentionMonitor>) -> Self {
        Self { retention, ..self }
    }

    /// With versions that are taken through pipelines.
    #[must_use]
    pub fn with_pipelines(self, pipelines: Option<Pipelines>) -> Self {
        Self { pipelines, ..self }
    }

    /// With backtests that it can be asked for.
    #[must_use]
    pub fn with_backtests(self, backtests: Option<Backtests>) -> Self {
        Self { backtests, ..self }
    }

    /// With people and programs that are told what happens.
    #[must_use]
    pub fn with_notifications(self, notifications: Option<Notifications>) -> Self {
        Self {
            notifications,
            ..self
        }
    }

    /// With webhooks that place orders.
    #[must_use]
    pub fn with_hooks(self, hooks: Option<Hooks>) -> Self {
        Self { hooks, ..self }
    }

    /// With identity: nobody may do anything who is not known. Without it whoever can reach the socket may
    /// do everything.
    #[must_use]
    pub fn with_identity(self, guarded: Option<Arc<Guarded>>) -> Self {
        Self { guarded, ..self }
    }

    /// With limits to how often somebody may ask, by a clock.
    #[must_use]
    pub fn with_rates(self, settings: Option<RateSettings>, clock: Arc<dyn Clock>) -> Self {
        let counted = self.counted.clone();
        let rates = settings.map(|settings| Arc::new(Rates::new(settings, clock, counted)));
        Self { rates, ..self }
    }

    /// Served over TLS.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// With idempotency keys that outlive the host; else they are in memory.
    #[must_use]
    pub fn with_keys(self, keys: IdempotencyKeys) -> Self {
        Self { keys, ..self }
    }

    /// With jobs that a restart remembers; else they are in memory.
    #[must_use]
    pub fn with_jobs(self, jobs: Jobs) -> Self {
        Self { jobs, ..self }
    }

    /// With a catalog of market data to list: its folder, or its address.
    #[must_use]
    pub fn with_catalog(self, root: Option<PathBuf>) -> Self {
        let turn = Arc::new(Semaphore::new(1));
        let catalog = root.map(|root| ShownCatalog { root, turn });
        Self { catalog, ..self }
    }

    pub(crate) fn names(&self) -> Names {
        Names::read(&self.host)
    }
}
