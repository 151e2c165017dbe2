//! How fast a journal gets into Redis: a host trades over a file of quotes first, then all of its journal
//! is published as after an outage, with nothing else running.

use super::{ratio, universe};
use crate::plugins::{default_data_dir, runtime_options};
use crate::publish::Publishing;
use anyhow::{Context, Result, anyhow, bail};
use bus::{LinkState, Monitor, Settings};
use engine::OrdersOnFault;
use journal::SegmentOptions;
use model::InstrumentId;
use runtime::{Limits, Runtime};
use serde::Serialize;
use services::clock::SystemClock;
use services::feed::{FeedConfig, ReplayConfig, Speed};
use services::handle::{LoadRequest, PluginSource, Terms};
use services::host::{Ended, Host, HostConfig, HostHandle, JournalConfig};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use store::DataSource;

/// How often is looked whether it is done.
const LOOK: Duration = Duration::from_millis(5);
/// When nothing was published for so long, all is.
const QUIET: Duration = Duration::from_secs(2);
/// The folder of the journal.
const JOURNAL: &str = "journal";

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// CSV with columns ts_ns, bid, ask, bid_size, ask_size.
    pub quotes: PathBuf,
    /// Where the built plugins are.
    pub plugin_dir: PathBuf,
    /// Quotes for each market order.
    pub order_every: u64,
    /// The address of Redis.
    pub redis: String,
}

/// The figures.
#[derive(Debug, Clone, Serialize)]
pub struct BusFigures {
    mode: &'static str,
    /// Inputs of the journal.
    inputs: u64,
    /// Entries that were published.
    entries: u64,
    wall_s: f64,
    entries_per_s: f64,
}

/// Makes a journal and publishes it.
///
/// # Errors
/// The quotes or the plugin cannot be read, or Redis is not there.
pub fn run(options: &Options) -> Result<BusFigures> {
    let settings = Settings {
        stream: format!("argonaut-bench-{}", std::process::id()),
        ..Settings::new(&options.redis)
    };
    settings
        .check()
        .map_err(|error| anyhow!("--redis: {error}"))?;
    // Also says at once whether Redis is there.
    bus::remove(&settings).context("--redis")?;
    let folder = tempfile::tempdir()?;
    let (handle, thread) = start(options, folder.path())?;
    let ended = trade(&handle, options)?;
    if thread.join().is_err() {
        bail!("the engine's thread panicked");
    }
    let journal = folder.path().join(JOURNAL);
    let begun = Instant::now();
    let publishing = Publishing::begin(settings.clone(), true, &journal, &handle)?;
    let measured = until_quiet(publishing.monitor(), begun);
    publishing.end();
    bus::remove(&settings)?;
    let (entries, wall) = measured?;
    Ok(BusFigures {
        mode: "bus",
        inputs: ended.sequence,
        entries,
        wall_s: wall.as_secs_f64(),
        entries_per_s: ratio(entries, wall.as_secs_f64()),
    })
}

fn start(options: &Options, folder: &Path) -> Result<(HostHandle, JoinHandle<Ended>)> {
    let feed = ReplayConfig {
        sources: vec![DataSource::new(&options.quotes, InstrumentId::new(0))],
        speed: Speed::Max,
        shift_to_now: false,
        warm_up: model::Duration::ZERO,
    };
    let journal = JournalConfig {
        folder: folder.join(JOURNAL),
        run: "bench".to_owned(),
        options: SegmentOptions::default(),
        snapshot_inputs: None,
    };
    let host = HostConfig {
        feed: FeedConfig::Replay(feed),
        journal: Some(journal),
        plugin_folder: Some(options.plugin_dir.clone()),
        ..HostConfig::new(universe()?.definitions().to_vec(), folder)
    };
    let runtime = Runtime::new(runtime_options(&default_data_dir())?)?;
    let plugins = WasmPlugins::new(runtime, Limits::default());
    Ok(Host::start(host, Arc::new(plugins), Arc::new(SystemClock))?)
}

/// Lets a strategy trade over all quotes, and ends the run.
fn trade(handle: &HostHandle, options: &Options) -> Result<Ended> {
    let every = options.order_every.to_string();
    let parameters = [("every", every.as_str()), ("quantity", "100000")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let request = LoadRequest {
        name: "orders".to_owned(),
        account: None,
        plugin: PluginSource::Path(PathBuf::from("order-every.wasm")),
        parameters: BTreeMap::from(parameters),
        on_fault: OrdersOnFault::Cancel,
        start: true,
        terms: Terms::configured(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(handle.load_strategy(request))?;
    handle.start_feed()?;
    while !handle.is_feed_finished() {
        std::thread::sleep(LOOK);
    }
    Ok(runtime.block_on(handle.shutdown())?)
}

/// Waits until nothing more is published; how much was, and when the last of it.
fn until_quiet(monitor: &Monitor, begun: Instant) -> Result<(u64, Duration)> {
    let (mut published, mut at) = (0, begun.elapsed());
    while begun.elapsed() < at + QUIET {
        std::thread::sleep(LOOK);
        let status = monitor.status();
        if status.state == LinkState::Reconnecting {
            let reason = status.last_error.unwrap_or_default();
            bail!("Redis went away: {reason}");
        }
        if status.published > published {
            (published, at) = (status.published, begun.elapsed());
        }
    }
    Ok((published, at))
}
