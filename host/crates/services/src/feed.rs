//! Market data on its way to the engine: files replayed at a chosen speed, or a simulated market.
//!
//! A feed is prepared first (files are read, past data is recorded for warm-up) and started later,
//! when the strategies are there. It runs on a thread of its own.

mod books;
pub mod replay;
pub mod simulated;
mod spoiled;

pub use self::books::Books;
use crate::clock::Clock;
use crate::history::History;
use crate::inbox::Inbox;
pub use crate::inbox::{MarketCounts, MarketInput};
use model::Timestamp;
pub use replay::{ReplayConfig, Speed};
pub use simulated::{InstrumentModel, SimulatedConfig, SimulatedMarket};
use spoiled::Spoiler;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longest sleep of a feed, so that it stops soon when told to.
const NAP: Duration = Duration::from_millis(20);

/// Where market data comes from.
#[derive(Debug, Clone, Default)]
pub enum FeedConfig {
    /// Nowhere; somebody else sends it.
    #[default]
    None,
    /// From files; engine time follows the events.
    Replay(ReplayConfig),
    /// From a generator; engine time is the wall clock.
    Simulated(SimulatedConfig),
}

impl FeedConfig {
    /// Whether the events carry the time, instead of a clock.
    pub(crate) fn carries_time(&self) -> bool {
        matches!(self, Self::Replay(_))
    }
}

/// What kind of feed it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeedKind {
    /// None: somebody else sends market data.
    #[default]
    None,
    /// Files.
    Replay,
    /// A generator.
    Simulated,
}

/// Where a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeedState {
    /// Prepared, and not begun.
    #[default]
    Ready,
    /// It sends.
    Running,
    /// It has sent all it has.
    Finished,
    /// The host is ending.
    Over,
}

/// The feed as readers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedView {
    /// Its kind.
    pub kind: FeedKind,
    /// Where it is.
    pub state: FeedState,
    /// What came, from the feed or from somebody else.
    pub counts: MarketCounts,
}

/// Why a feed could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A file of market data could not be loaded.
    #[error(transparent)]
    Data(#[from] store::DataError),
    /// The simulated market's settings contradict themselves.
    #[error("simulated market: {0}")]
    Simulated(String),
}

/// A feed that is ready to run.
pub(crate) enum Prepared {
    None,
    Replay(Box<replay::Replay>),
    Simulated(Box<SimulatedMarket>, Spoiler),
}

/// What a feed works with.
#[derive(Clone)]
pub(crate) struct Wiring {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) history: Arc<History>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Prepared {
    /// Reads files, or generates the past, and records what serves as history.
    pub(crate) fn new(config: FeedConfig, wiring: &Wiring) -> Result<Self, FeedError> {
        match config {
            FeedConfig::None => Ok(Self::None),
            FeedConfig::Replay(config) => {
                let replay = replay::Replay::load(config, wiring.clock.now())?;
                wiring.history.record(replay.past());
                Ok(Self::Replay(Box::new(replay)))
            }
            FeedConfig::Simulated(config) => {
                let now = wiring.clock.now();
                let mut market = SimulatedMarket::new(&config, now.before(config.warm_up))
                    .map_err(FeedError::Simulated)?;
                record_until(&mut market, now, &wiring.history);
                let spoiler = Spoiler::new(config.seed, config.bad_share);
                Ok(Self::Simulated(Box::new(market), spoiler))
            }
        }
    }

    /// Engine time before the first event, where events carry the time: strategies that start
    /// before it must not believe it is 1970.
    pub(crate) fn begins_at(&self) -> Option<Timestamp> {
        match self {
            Self::Replay(replay) => replay.begins_at(),
            Self::None | Self::Simulated(..) => None,
        }
    }

    /// What kind of feed it is.
    pub(crate) fn kind(&self) -> FeedKind {
        match self {
            Self::None => FeedKind::None,
            Self::Replay(_) => FeedKind::Replay,
            Self::Simulated(..) => FeedKind::Simulated,
        }
    }

    fn run(self, wiring: &Wiring, stop: &AtomicBool) {
        match self {
            Self::None => {}
            Self::Replay(replay) => replay.run(wiring, stop),
            Self::Simulated(market, spoiler) => run_simulated(*market, spoiler, wiring, stop),
        }
    }
}

/// Takes events before `now` into the history instead of the engine.
fn record_until(market: &mut SimulatedMarket, now: Timestamp, history: &History) {
    let mut past = Vec::with_capacity(crate::inbox::MARKET_BATCH);
    while let Some(event) = market.next_before(now) {
        past.push(event);
        if past.len() == past.capacity() {
            history.record(&past);
            past.clear();
        }
    }
    history.record(&past);
}

fn run_simulated(
    mut market: SimulatedMarket,
    mut spoiler: Spoiler,
    wiring: &Wiring,
    stop: &AtomicBool,
) {
    record_until(&mut market, wiring.clock.now(), &wiring.history);
    let mut due = Vec::new();
    while !stop.load(Ordering::Acquire) {
        let now = wiring.clock.now();
        due.clear();
        while due.len() < crate::inbox::MARKET_BATCH
            && let Some(event) = market.next_before(now)
        {
            due.push(event);
        }
        if due.is_empty() {
            let wait = Duration::from_nanos(market.next_time().since(now).nanos());
            std::thread::sleep(wait.clamp(Duration::from_micros(200), NAP));
            continue;
        }
        wiring.history.record(&due);
        spoiler.spoil(&mut due);
        if wiring.inbox.offer_market(&due).is_err() {
            return;
        }
    }
}

/// A running feed. Dropping it stops it and waits for its thread.
pub(crate) struct Feed {
    kind: FeedKind,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    pub(crate) fn start(prepared: Prepared, wiring: Wiring) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let kind = prepared.kind();
        let thread = std::thread::Builder::new()
            .name("feed".to_owned())
            .spawn(move || prepared.run(&wiring, &told))?;
        Ok(Self {
            kind,
            stop,
            thread: Some(thread),
        })
    }

    /// What kind of feed it is.
    pub(crate) fn kind(&self) -> FeedKind {
        self.kind
    }

    /// Whether it has nothing more to send.
    pub(crate) fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the feed's thread ended with a panic");
        }
    }
}
