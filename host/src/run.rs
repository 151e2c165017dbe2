//! `argonaut run`: from a configuration to a running host with its API, until told to stop.

mod strategies;

use crate::caching::Caching;
use crate::config::{self, BusSection, Config, FeedSection, Secrets, StoreSection};
use crate::ending::{self, Ending};
use crate::fanning::Fanning;
use crate::identity::{self, Identified};
use crate::publish::Publishing;
use crate::reach::Reach;
use crate::repeating::{self, Remembered};
use crate::universe::Universe;
use crate::{backtesting, filing, gateways, hooking, notifying};
use anyhow::{Context, Result, anyhow};
use api::{Hooks, IdempotencyKeys, Records, Tls};
use journal::Folder;
use model::{Duration, InstrumentId};
use notices::Notifications;
use pipelines::{Backtests, Pipelines, PipelinesConfig};
use runtime::{Compiler, Limits, Runtime, RuntimeOptions};
use services::clock::SystemClock;
use services::feed::{FeedConfig, InstrumentModel, ReplayConfig, SimulatedConfig, Speed};
use services::host::{Ended, Host, HostConfig, HostHandle, JournalConfig};
use services::plugin_watch::PluginWatch;
use services::retention::{Follower, Retention, RetentionConfig};
use services::sql_projection::SqlProjection;
use services::wasm::WasmPlugins;
use std::future::Future;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use store::{ColumnMap, DataSource};
use tokio::net::TcpListener;

/// The folder of the journal, below the data folder.
pub(crate) const JOURNAL: &str = "journal";

/// Moves the journal away, so that the next run begins a new one; returns where it is now. Plugins'
/// kept bytes stay.
pub fn put_journal_away(data_dir: &Path, run: &str) -> Result<Option<PathBuf>> {
    let journal = data_dir.join(JOURNAL);
    if !journal.exists() {
        return Ok(None);
    }
    // Who writes it keeps it.
    let lock = Folder::lock(&journal, run)?;
    let away = data_dir.join("journals").join(format!("before-{run}"));
    let moved = std::fs::create_dir_all(data_dir.join("journals"))
        .and_then(|()| put_store_away(data_dir, &away))
        .and_then(|()| repeating::put_away(data_dir, &away))
        .and_then(|()| std::fs::rename(&journal, &away));
    moved.with_context(|| format!("cannot move {} away", journal.display()))?;
    drop(lock);
    Ok(Some(away))
}

/// The embedded store goes with the journal it was made from. Before it, so that a store is never
/// found beside another journal.
fn put_store_away(data_dir: &Path, journal: &Path) -> std::io::Result<()> {
    let with = |path: &Path, end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let (store, away) = (StoreSection::file(data_dir), with(journal, ".sqlite"));
    for end in ["", "-wal", "-shm"] {
        match std::fs::rename(with(&store, end), with(&away, end)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Who ends with a host, and what is left undone where one is not waited for.
type Who = (&'static str, &'static str);
const HEAD: Who = ("identity", "the latest head of the audit log is not kept");
const FAN_OUT: Who = ("fan-out", "who serves the stream is not told of the end");
const PIPELINES: Who = ("pipelines", "runs are found cut off by the next run");
const BACKTESTS: Who = ("backtests", "they are found cut off by the next run");
const PLUGIN_WATCH: Who = (
    "plugin watch",
    "a build that just came waits for the next run",
);
const RETENTION: Who = (
    "retention",
    "what is to go of the journal goes with the next run",
);
const KEYS: Who = (
    "idempotency keys",
    "the latest answers are not kept with their keys",
);
const PUBLISHING: Who = ("bus", "the latest entries are published by the next run");
const CACHING: Who = ("market cache", "the latest market data is not in the cache");
const NOTICES: Who = ("notifications", "messages that wait are not sent");
const STORE: Who = ("store", "the latest rows are written by the next run");

/// The configuration that is used when none is named.
pub const DEFAULT_CONFIG: &str = include_str!("../../examples/run/argonaut.toml");

/// A host that is up: its strategies trade, its API listens.
pub struct App {
    handle: HostHandle,
    trader: JoinHandle<Ended>,
    listener: TcpListener,
    run: String,
    journal: PathBuf,
    catalog: Option<PathBuf>,
    publishing: Option<Publishing>,
    caching: Option<Caching>,
    /// Where other processes are told the stream.
    fan_out: Option<bus::Settings>,
    filing: Option<SqlProjection>,
    records: Option<Records>,
    retention: Option<Retention>,
    watch: Option<PluginWatch>,
    pipelines: Option<Pipelines>,
    backtests: Option<Backtests>,
    notifications: Option<Notifications>,
    hooks: Option<Hooks>,
    identified: Option<Identified>,
    reach: Reach,
    remembered: Remembered,
    /// How long its end may take.
    drain: std::time::Duration,
}

impl App {
    /// Starts everything a configuration names. `file` stands for it in messages; `run` names this
    /// run and its journal.
    ///
    /// `compiler` is how plugins are compiled, see [`crate::plugins::runtime_options`].
    pub async fn start(
        file: &Path,
        config: &Config,
        run: String,
        compiler: RuntimeOptions,
    ) -> Result<Self> {
        let reach = Reach::open(config).map_err(|why| anyhow!("{}: {why:#}", file.display()))?;
        let universe = config::build(file, config)?;
        let feed = feed(config, &universe).with_context(|| file.display().to_string())?;
        let listener = TcpListener::bind(config.host.listen)
            .await
            .with_context(|| {
                format!(
                    "{}: host.listen: cannot listen on {}",
                    file.display(),
                    config.host.listen
                )
            })?;
        let journal = config.host.data_dir.join(JOURNAL);
        let journal_config = JournalConfig {
            folder: journal.clone(),
            run: run.clone(),
            options: config.host.segments(),
            snapshot_inputs: NonZeroU64::new(config.host.journal_snapshot_inputs),
        };
        let pipelines = pipelines_of(config, &compiler)?;
        let (handle, trader) = start_host(config, feed, &universe, journal_config, compiler)?;
        let mut app = Self {
            handle,
            trader,
            listener,
            run,
            journal,
            catalog: config.host.catalog.clone(),
            publishing: None,
            caching: None,
            fan_out: None,
            filing: None,
            records: None,
            retention: None,
            watch: None,
            pipelines: None,
            backtests: None,
            notifications: None,
            hooks: None,
            identified: None,
            reach,
            remembered: Remembered::nothing(),
            drain: config.host.drain(),
        };
        let mut loaded = app.load(file, config, &universe).await;
        if loaded.is_ok() {
            loaded = app.take_over(file, config, pipelines);
        }
        if let Err(error) = loaded {
            app.handle.shutdown().await?;
            return Err(error);
        }
        app.handle.start_feed()?;
        Ok(app)
    }

    /// Where the API listens.
    pub fn address(&self) -> Result<std::net::SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// By which scheme the API is asked.
    pub fn scheme(&self) -> &'static str {
        self.reach.scheme()
    }

    /// What the API shows over TLS, where it speaks that.
    pub fn tls(&self) -> Option<&Tls> {
        self.reach.tls()
    }

    /// The journal of this run.
    pub fn journal(&self) -> &Path {
        &self.journal
    }

    /// While identity is on and nobody can log in: what the first person takes up a name with.
    pub fn invitation(&self) -> Option<&str> {
        self.identified.as_ref()?.invitation.as_deref()
    }

    /// The door to the host.
    pub fn handle(&self) -> &HostHandle {
        &self.handle
    }

    /// Serves until `shutdown`, then stops strategies, seals the journal and says how it ended. All of that has the
    /// time of `drain_within`, and each step what is left of it; but the engine, which waits for nobody outside, is
    /// never cut off.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<Ended> {
        let ending = Ending::within(self.drain);
        let guarded = self.identified.map(|identified| identified.guarded);
        let api = self.reach.api(self.handle.clone(), self.run);
        let api = api
            .with_grace(ending.share())
            .with_records(self.records)
            .with_catalog(self.catalog)
            .with_pipelines(self.pipelines.clone())
            .with_backtests(self.backtests.clone())
            .with_bus(self.publishing.as_ref().map(Publishing::probe))
            .with_notifications(self.notifications.clone())
            .with_hooks(self.hooks)
            .with_retention(self.retention.as_ref().map(|it| it.monitor().clone()))
            .with_keys(self.remembered.keys.clone())
            .with_jobs(self.remembered.jobs)
            .with_identity(guarded.clone());
        let fanning = self.fan_out.map(|to| Fanning::begin(to, api.outlet()));
        let fanning = fanning.transpose()?;
        api::serve(self.listener, api, ending.noted(shutdown)).await?;
        // While the journal's folder is still ours.
        let beside = [
            ending::of(guarded, HEAD, identity::end),
            ending::of(fanning, FAN_OUT, Fanning::end),
            ending::of(self.pipelines, PIPELINES, |desk: Pipelines| desk.end()),
            ending::of(self.backtests, BACKTESTS, |bench: Backtests| bench.end()),
            ending::of(self.watch, PLUGIN_WATCH, PluginWatch::end),
            ending::of(self.retention, RETENTION, Retention::end),
            ending::of(Some(self.remembered.keys), KEYS, |keys: IdempotencyKeys| {
                keys.end();
            }),
        ];
        ending::at_once(beside, ending.share()).await;
        self.handle.shutdown().await?;
        let trader = self.trader;
        let ended = tokio::task::spawn_blocking(move || trader.join()).await?;
        let left = ending.left();
        if left.is_zero() {
            tracing::warn!("the engine ended later than the end was to be over");
        }
        // Before it is not waited for any longer the store says itself what it left.
        let store = left.saturating_sub(left / 5);
        // Last, so that they have how the run ended.
        let followers = [
            ending::of(self.publishing, PUBLISHING, Publishing::end),
            ending::of(self.caching, CACHING, Caching::end),
            ending::of(self.notifications, NOTICES, |told: Notifications| {
                told.end();
            }),
            ending::of(self.filing, STORE, move |filing: SqlProjection| {
                filing.end(store);
            }),
        ];
        ending::at_once(followers, left).await;
        ended.map_err(|_| anyhow::anyhow!("the engine's thread panicked"))
    }

    async fn load(&mut self, file: &Path, config: &Config, universe: &Universe) -> Result<()> {
        // Under the lock of the journal, which is that of the data folder.
        let identified = identity::begin(config).await;
        self.identified = identified.with_context(|| file.display().to_string())?;
        self.remembered = Remembered::open(&config.host.data_dir)?;
        let gateways = gateways::attach(config, universe, &self.journal, &self.handle);
        gateways.with_context(|| file.display().to_string())?;
        // Before anything trades, so that nothing is missed that breaks at once.
        let told = notifying::begin(config, &self.run, &self.handle);
        self.notifications = told.with_context(|| file.display().to_string())?;
        self.hooks = hooking::begin(config).with_context(|| file.display().to_string())?;
        self.load_strategies(file, config, universe).await
    }

    /// Takes over what there is of backtests, begins what follows the host, and takes over the runs of pipelines
    /// that are not over.
    fn take_over(&mut self, file: &Path, config: &Config, desk: PipelinesConfig) -> Result<()> {
        self.backtests = backtesting::begin(config, desk.program.clone(), &self.handle)?;
        let guarded = self.identified.as_ref().map(|known| &known.guarded);
        let beside = filing::beside(guarded, &self.remembered.jobs, self.backtests.as_ref());
        let begun = filing::begin(config, &self.journal, &self.handle, beside);
        let begun = begun.with_context(|| file.display().to_string())?;
        (self.filing, self.records) = begun.unzip();
        if let Some(section) = &config.bus {
            let begun = self.publish(section, &config.secrets());
            begun.with_context(|| file.display().to_string())?;
        }
        self.retain(config)?;
        // After these: what becomes of a build may be asked of all the others.
        let watch = config.plugin_watch();
        if let Some(watch) = watch.map_err(|(key, reason)| anyhow!("{key}: {reason}"))? {
            self.watch = Some(PluginWatch::begin(watch, &self.handle)?);
        }
        let begun = Pipelines::begin(desk, &self.handle);
        self.pipelines = Some(begun.map_err(|reason| anyhow!("pipelines: {reason}"))?);
        Ok(())
    }

    /// Drops what is not to be kept of the journal, once those who follow it are known.
    fn retain(&mut self, config: &Config) -> Result<()> {
        let keep = config.host.keep();
        let Some(keep) = keep.map_err(|(key, reason)| anyhow!("{key}: {reason}"))? else {
            return Ok(());
        };
        let store = self.filing.as_ref().map(|filing| {
            let monitor = filing.monitor().clone();
            follower("store", move || monitor.view().sequence)
        });
        let bus = self.publishing.as_ref().map(|publishing| {
            let monitor = publishing.monitor().clone();
            follower("bus", move || monitor.status().place.sequence)
        });
        let retention = RetentionConfig {
            folder: self.journal.clone(),
            keep,
            archive: config.host.journal_archive_dir.clone(),
            followers: store.into_iter().chain(bus).collect(),
        };
        self.retention = Some(Retention::begin(retention, &self.handle)?);
        Ok(())
    }

    fn publish(&mut self, section: &BusSection, secrets: &Secrets) -> Result<()> {
        let settings = section.settings(secrets);
        let settings = settings.map_err(|error| anyhow!("bus.{error}"))?;
        self.fan_out = section.fan_out.then(|| settings.clone());
        if section.market_data {
            let caching = Caching::begin(&settings, &self.journal, &self.handle)?;
            self.caching = Some(caching);
        }
        let market_data = section.market_data;
        let begun = Publishing::begin(settings, market_data, &self.journal, &self.handle)?;
        self.publishing = Some(begun);
        Ok(())
    }
}

/// Whoever reads the journal again from an input on after a restart.
fn follower(name: &'static str, wants: impl Fn() -> u64 + Send + 'static) -> Follower {
    let wants = Box::new(wants);
    Follower { name, wants }
}

/// Where pipelines are, and the program that checks and backtests for them: the one that compiles.
fn pipelines_of(config: &Config, compiler: &RuntimeOptions) -> Result<PipelinesConfig> {
    let program = match &compiler.compiler {
        Compiler::Child { program, .. } => program.clone(),
        Compiler::InProcess => std::env::current_exe()?,
    };
    Ok(PipelinesConfig {
        folder: config.host.pipeline_dir.clone(),
        data_dir: config.host.data_dir.clone(),
        program,
    })
}

fn start_host(
    config: &Config,
    feed: FeedConfig,
    universe: &Universe,
    journal: JournalConfig,
    compiler: RuntimeOptions,
) -> Result<(HostHandle, JoinHandle<Ended>)> {
    let data_dir = &config.host.data_dir;
    std::fs::create_dir_all(data_dir)
        .with_context(|| format!("host.data_dir: cannot make {}", data_dir.display()))?;
    if let Some(folder) = config.host.kill_file.as_deref().and_then(Path::parent) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("host.kill_file: cannot make {}", folder.display()))?;
    }
    let runtime = Runtime::new(compiler)?;
    let plugins = WasmPlugins::new(runtime, Limits::default());
    let host = HostConfig {
        venue_models: universe.venue_models().to_vec(),
        feed,
        journal: Some(journal),
        plugin_folder: Some(config.host.plugin_dir.clone()),
        policy: config.plugins.policy().context("plugins")?,
        kill_file: config.host.kill_file.clone(),
        faults: fault_settings(config)?,
        risk: risk_settings(config)?,
        ..HostConfig::new(universe.definitions().to_vec(), data_dir)
    };
    Ok(Host::start(host, Arc::new(plugins), Arc::new(SystemClock))?)
}

fn risk_settings(config: &Config) -> Result<services::metrics::RiskSettings> {
    let settings = config.risk.settings();
    settings.map_err(|(key, reason)| anyhow!("{key}: {reason}"))
}

fn fault_settings(config: &Config) -> Result<services::faults::FaultSettings> {
    let settings = config.fault_settings();
    settings.map_err(|(key, reason)| anyhow!("{key}: {reason}"))
}

fn feed(config: &Config, universe: &Universe) -> Result<FeedConfig> {
    match &config.feed {
        FeedSection::Simulated {
            seed,
            history_minutes,
            bad_share,
        } => {
            let instruments = universe.instruments().zip(&config.instruments);
            let models = instruments.filter_map(|((id, instrument), section)| {
                let simulation = section.simulation.as_ref()?;
                Some(InstrumentModel {
                    id,
                    instrument: instrument.clone(),
                    price: simulation.start_price.0,
                    volatility: simulation.volatility,
                    spread_ticks: simulation.spread_ticks,
                    size_lots: simulation.size_lots,
                    events_per_second: simulation.events_per_second,
                    trade_share: TRADE_SHARE,
                })
            });
            Ok(FeedConfig::Simulated(SimulatedConfig {
                seed: *seed,
                instruments: models.collect(),
                session: SESSION,
                warm_up: Duration::from_secs(u64::from(*history_minutes) * 60),
                bad_share: *bad_share,
            }))
        }
        FeedSection::Replay { files, speed } => Ok(FeedConfig::Replay(ReplayConfig {
            sources: files
                .iter()
                .map(|file| source(file, universe))
                .collect::<Result<_>>()?,
            speed: if *speed > 0 {
                Speed::Times(*speed)
            } else {
                Speed::Max
            },
            shift_to_now: false,
            warm_up: Duration::ZERO,
        })),
    }
}

/// Share of simulated events that are trades.
const TRADE_SHARE: f64 = 0.2;
/// Length of a simulated session; activity is highest at its ends.
const SESSION: Duration = Duration::from_secs(6 * 3_600 + 1_800);

fn source(file: &config::FileSection, universe: &Universe) -> Result<DataSource> {
    let id = universe
        .find_instrument(&file.instrument)
        .with_context(|| {
            format!(
                "feed.files: there is no instrument `{}`; there are: {}",
                file.instrument,
                universe.symbols().join(", ")
            )
        })?;
    let mut columns = ColumnMap::new();
    for mapping in &file.columns {
        columns
            .set(mapping)
            .with_context(|| format!("feed.files: {}", file.path.display()))?;
    }
    Ok(DataSource {
        columns,
        ..DataSource::new(&file.path, InstrumentId::new(id.number()))
    })
}
