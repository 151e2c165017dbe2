//! How a host is made: plain values; reading them from files is the binary's business.

use crate::faults::FaultSettings;
use crate::feed::FeedConfig;
use crate::metrics::RiskSettings;
use crate::venue_models::NamedModel;
use engine::Definition;
use journal::SegmentOptions;
use registry::Policy;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// Bounds of the queues, and what happens when one is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSizes {
    /// `market`: public data on its way to the engine. Default 65,536. Above 80 % live feeds are
    /// conflated to the latest of each instrument, counted; replays of files wait.
    pub market: usize,
    /// `commands`: requests on their way to the engine. Default 1,024. Never dropped; when full the
    /// asker is told to try again.
    pub commands: usize,
    /// `projection`: changes on their way to readers. Default 65,536. Never dropped; when full the
    /// engine waits for the projection, which only moves memory. Prices are conflated instead.
    pub projection: usize,
    /// `updates`: the broadcast to subscribers. Default 8,192. A subscriber that is further behind
    /// loses the oldest and is told how many.
    pub updates: usize,
    /// `swap-events`: events recorded for a candidate that catches up. Default 262,144. When full
    /// the swap fails, the running version goes on.
    pub swap_events: usize,
}

impl Default for QueueSizes {
    fn default() -> Self {
        Self {
            market: 65_536,
            commands: 1_024,
            projection: 65_536,
            updates: 8_192,
            swap_events: 262_144,
        }
    }
}

/// Where the journal goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalConfig {
    /// Its folder. What is in it is stepped again first, and then gone on with.
    pub folder: PathBuf,
    /// The name of this run.
    pub run: String,
    /// How it is written.
    pub options: SegmentOptions,
    /// Inputs after which a snapshot is taken, to begin from next time; never where there is none.
    pub snapshot_inputs: Option<NonZeroU64>,
}

/// How a host is made.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// What the engine is told first, in this order. A strategy `manual` for orders by hand is
    /// added on the first account when none is defined.
    pub definitions: Vec<Definition>,
    /// Models of its venues that are plugins; the definitions are made to name them.
    pub venue_models: Vec<NamedModel>,
    /// Where market data comes from.
    pub feed: FeedConfig,
    /// Where the journal goes; `None` hashes only, and nothing comes back.
    pub journal: Option<JournalConfig>,
    /// The folder below which requests may name plugin files; `None` refuses paths.
    pub plugin_folder: Option<PathBuf>,
    /// Whose plugins are taken, and which may run.
    pub policy: Policy,
    /// Where the host keeps what it needs: plugins and what is known of them, below `plugins/`.
    pub data_folder: PathBuf,
    /// Largest plugin file that is read, in bytes. Default 32 MiB; admission has its own limit.
    pub max_plugin_bytes: u64,
    /// While this file exists the kill latches of the scopes in it are set, the firm's when it has none; every
    /// kill of the firm writes it.
    pub kill_file: Option<PathBuf>,
    /// What becomes of strategies that break.
    pub faults: FaultSettings,
    /// Risk metrics, their limits, alerts, regimes and scenarios.
    pub risk: RiskSettings,
    /// Bounds of the queues.
    pub queues: QueueSizes,
    /// Quotes, trades and bars kept per instrument for history requests. Default 262,144.
    pub history_events: usize,
    /// How long the candidate of a swap may take to catch up. Default 30 s.
    pub swap_timeout: Duration,
    /// Loads, starts and swaps that run at once; more wait. Default 4.
    pub workers: usize,
}

impl HostConfig {
    /// A host without market data that keeps its files in `data_folder`.
    pub fn new(definitions: Vec<Definition>, data_folder: impl Into<PathBuf>) -> Self {
        Self {
            definitions,
            venue_models: Vec::new(),
            feed: FeedConfig::None,
            journal: None,
            plugin_folder: None,
            policy: Policy::default(),
            data_folder: data_folder.into(),
            max_plugin_bytes: 32 << 20,
            kill_file: None,
            faults: FaultSettings::default(),
            risk: RiskSettings::default(),
            queues: QueueSizes::default(),
            history_events: 262_144,
            swap_timeout: Duration::from_secs(30),
            workers: 4,
        }
    }
}
