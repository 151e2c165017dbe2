//! Measures hot swaps under load: a feed sends numbered quotes, a plugin counts them and finds gaps
//! and doubles, and two versions of it replace each other again and again. At the end what the last
//! instance saved must equal what was sent.

use crate::clock::SystemClock;
use crate::feed::MarketInput;
use crate::handle::{HostError, LoadRequest, PluginSource, Queries, SwapRequest, Terms};
use crate::host::{Ended, Host, HostConfig, HostHandle, StartError};
use crate::plugin::PluginHost;
use crate::strategy::SwapDone;
use crate::trader::as_nanos;
use crate::view::StrategyView;
use engine::{Definition, OrdersOnFault, StrategyState, SwapTerms, VenueConfig};
use hdrhistogram::Histogram;
use model::{
    AccountConfig, AccountKind, AssetClass, CurrencyId, Duration, Fees, Instrument, InstrumentId,
    Margin, Price, Quantity, Quote, Timestamp, VenueId,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

/// Name of the strategy that is swapped.
const STRATEGY: &str = "counter";
/// Longest wait for what surely comes.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// What to measure.
#[derive(Debug, Clone)]
pub struct SwapBenchConfig {
    /// How many swaps, one after the other.
    pub swaps: u32,
    /// Quotes per second.
    pub events_per_second: u32,
    /// The version that runs first.
    pub component_a: Vec<u8>,
    /// The version it is swapped with, and back.
    pub component_b: Vec<u8>,
    /// Parameters of both. The saved state must be five little-endian 64-bit words: count, last
    /// number, gaps, doubles, last event time.
    pub parameters: BTreeMap<String, String>,
}

/// A distribution of times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Distribution {
    /// Half are no longer.
    pub p50: u64,
    /// 99 % are no longer.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapBenchReport {
    /// Quotes sent.
    pub events: u64,
    /// Quotes the plugin saw.
    pub seen: u64,
    /// Quotes it never saw.
    pub missed: u64,
    /// Quotes it saw twice or out of order.
    pub doubled: u64,
    /// Swaps done.
    pub swaps: u32,
    /// How long each switch held the engine thread.
    pub switch_ns: Distribution,
    /// How long taking the state held the engine thread.
    pub begin_ns: Distribution,
    /// How long each swap took from the request to its answer.
    pub total_ns: Distribution,
    /// Quotes per second that were really sent.
    pub events_per_second: u64,
    /// Hash of the run's journal.
    pub journal_hash: engine::JournalHash,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum SwapBenchError {
    /// The host could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A swap or another request failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The plugin's saved state is not what the measurement needs.
    #[error("the plugin saved {0} bytes, not the five words of a counter")]
    State(usize),
    /// The feed's thread died, or the histogram cannot be made.
    #[error("the measurement broke: {0}")]
    Broken(String),
}

/// Runs the measurement. Blocks; must not be called on a thread of an async runtime.
///
/// # Errors
/// See [`SwapBenchError`].
pub fn swap_bench(
    config: &SwapBenchConfig,
    plugins: Arc<dyn PluginHost>,
) -> Result<SwapBenchReport, SwapBenchError> {
    let folder = tempfile::tempdir().map_err(|error| SwapBenchError::Broken(error.to_string()))?;
    let host_config = HostConfig::new(definitions()?, folder.path());
    let (handle, run) = Host::start(host_config, plugins, Arc::new(SystemClock))?;
    handle.strategies_service().load(load(config))?;
    let is_running = |view: Arc<StrategyView>| view.state == StrategyState::Running;
    until("the strategy runs", || {
        handle.strategy(STRATEGY).is_some_and(is_running)
    })?;
    let began = Instant::now();
    let feed = NumberedFeed::start(&handle, config.events_per_second);
    let measured = swap_all(&handle, config);
    let events = feed.stop()?;
    let elapsed_ns = as_nanos(began.elapsed()).max(1);
    let measured = measured?;
    until_handled(&handle, events)?;
    handle.strategies_service().stop(STRATEGY)?;
    let saved = handle
        .strategies_service()
        .saved(STRATEGY)
        .unwrap_or_default();
    drop(handle);
    let ended = run
        .join()
        .map_err(|_| SwapBenchError::Broken("the engine died".into()))?;
    report(config, events, elapsed_ns, &saved.bytes, &measured, &ended)
}

/// Waits until the quote of this number is handled: a command that comes later may be handled before it.
pub(crate) fn until_handled(handle: &HostHandle, number: u64) -> Result<(), SwapBenchError> {
    let latest = || {
        let instruments = handle.instruments();
        let quote = instruments.first().and_then(|view| view.quote);
        quote.map_or(0, |quote| quote.bid_size.raw())
    };
    until("all quotes are handled", || latest() >= number)
}

/// Waits for something that surely comes.
pub(crate) fn until(what: &str, done: impl Fn() -> bool) -> Result<(), SwapBenchError> {
    let began = Instant::now();
    while !done() {
        if began.elapsed() > PATIENCE {
            return Err(SwapBenchError::Broken(format!(
                "waited in vain until {what}"
            )));
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    Ok(())
}

fn load(config: &SwapBenchConfig) -> LoadRequest {
    LoadRequest {
        name: STRATEGY.to_owned(),
        account: None,
        plugin: PluginSource::unsigned(config.component_a.clone()),
        parameters: config.parameters.clone(),
        on_fault: OrdersOnFault::Cancel,
        start: true,
        terms: Terms::default(),
    }
}

fn swap_all(
    handle: &HostHandle,
    config: &SwapBenchConfig,
) -> Result<Vec<SwapDone>, SwapBenchError> {
    let components = [&config.component_b, &config.component_a];
    let swaps = components
        .into_iter()
        .cycle()
        .take(config.swaps as usize)
        .map(|component| {
            let plugin = Some(PluginSource::unsigned(component.clone()));
            let request = SwapRequest {
                start: false,
                plugin,
                parameters: config.parameters.clone(),
                // Every other swap goes back.
                terms: Terms {
                    force: true,
                    ..Terms::default()
                },
                succession: SwapTerms::default(),
            };
            handle.strategies_service().swap(STRATEGY, request)
        });
    Ok(swaps.collect::<Result<_, _>>()?)
}

fn report(
    config: &SwapBenchConfig,
    events: u64,
    elapsed_ns: u64,
    saved: &[u8],
    measured: &[SwapDone],
    ended: &Ended,
) -> Result<SwapBenchReport, SwapBenchError> {
    let [seen, last_number, gaps, doubled, _] =
        words(saved).ok_or(SwapBenchError::State(saved.len()))?;
    // Gaps lie between numbers; what is missing at the end shows in the last number.
    let missed = gaps + events.saturating_sub(last_number);
    let rate = u128::from(events) * 1_000_000_000 / u128::from(elapsed_ns);
    Ok(SwapBenchReport {
        events,
        seen,
        missed: missed.max(events.saturating_sub(seen)),
        doubled: doubled.max(seen.saturating_sub(events)),
        swaps: config.swaps,
        switch_ns: distribution(measured.iter().map(|done| done.switch_ns))?,
        begin_ns: distribution(measured.iter().map(|done| done.begin_ns))?,
        total_ns: distribution(measured.iter().map(|done| done.total_ns))?,
        events_per_second: u64::try_from(rate).unwrap_or(u64::MAX),
        journal_hash: ended.journal_hash,
    })
}

fn words(bytes: &[u8]) -> Option<[u64; 5]> {
    let (words, []) = bytes.as_chunks::<8>() else {
        return None;
    };
    <[[u8; 8]; 5]>::try_from(words)
        .ok()
        .map(|words| words.map(u64::from_le_bytes))
}

fn distribution(times: impl Iterator<Item = u64>) -> Result<Distribution, SwapBenchError> {
    let mut histogram =
        Histogram::<u64>::new(3).map_err(|error| SwapBenchError::Broken(error.to_string()))?;
    // `record` widens the histogram as needed; saturating would cut every time to its first bounds.
    for time in times {
        histogram
            .record(time)
            .map_err(|error| SwapBenchError::Broken(error.to_string()))?;
    }
    Ok(Distribution {
        p50: histogram.value_at_quantile(0.5),
        p99: histogram.value_at_quantile(0.99),
        max: histogram.max(),
    })
}

/// One instrument at one venue.
pub(crate) fn definitions() -> Result<Vec<Definition>, SwapBenchError> {
    let number = |error: model::NumberError| SwapBenchError::Broken(error.to_string());
    Ok(vec![
        Definition::Currency("USD".to_owned()),
        Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            ..VenueConfig::default()
        }),
        Definition::Instrument(Instrument {
            symbol: "BENCH".to_owned(),
            venue: VenueId::new(0),
            class: AssetClass::Equity,
            quote_currency: CurrencyId::new(0),
            tick: "0.01".parse().map_err(number)?,
            lot: Quantity::ONE,
            min_quantity: Quantity::ONE,
            max_quantity: Quantity::MAX,
            multiplier: Quantity::ONE,
            margin: Margin::default(),
            fees: Fees::default(),
            day_end: Duration::ZERO,
            session: None,
            tradable: true,
            sector: None,
        }),
        Definition::Account(AccountConfig {
            name: "bench".to_owned(),
            venue: VenueId::new(0),
            kind: AccountKind::Cash,
            base_currency: CurrencyId::new(0),
            deposits: Vec::new(),
            hedging: None,
        }),
    ])
}

/// Sends quotes at a steady rate, each with a running number as its bid size.
struct NumberedFeed {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl NumberedFeed {
    fn start(handle: &HostHandle, per_second: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (told, handle) = (Arc::clone(&stop), handle.clone());
        let thread = std::thread::spawn(move || send_numbers(&handle, per_second, &told));
        Self { stop, thread }
    }

    /// Stops it; returns how many quotes were sent.
    fn stop(self) -> Result<u64, SwapBenchError> {
        self.stop.store(true, Ordering::Release);
        self.thread
            .join()
            .map_err(|_| SwapBenchError::Broken("the feed died".into()))
    }
}

fn send_numbers(handle: &HostHandle, per_second: u32, stop: &AtomicBool) -> u64 {
    let began = Instant::now();
    let (mut sent, mut batch) = (0_u64, Vec::new());
    while !stop.load(Ordering::Acquire) {
        let passed = began.elapsed().as_nanos();
        let due = passed * u128::from(per_second) / 1_000_000_000;
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        batch.clear();
        batch.extend((sent + 1..=due).map(numbered));
        if batch.is_empty() {
            std::thread::sleep(std::time::Duration::from_micros(100));
            continue;
        }
        if handle.send_market(&batch).is_err() {
            break;
        }
        sent = due;
    }
    sent
}

/// A quote with a number; the next has a later time.
pub(crate) fn numbered(number: u64) -> MarketInput {
    // One more nanosecond each: event time moves on with every quote.
    let at = Timestamp::from_nanos(number);
    MarketInput::Quote(Quote {
        instrument: InstrumentId::new(0),
        bid: Price::from_raw(100 * Price::SCALE),
        ask: Price::from_raw(101 * Price::SCALE),
        bid_size: Quantity::from_raw(number),
        ask_size: Quantity::ONE,
        ts_event: at,
        ts_init: at,
    })
}
