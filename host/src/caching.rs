//! Keeps the latest market data in Redis, for readers without an engine. To lose some is no loss, so
//! what came while Redis was away is skipped.

use anyhow::{Context, Result};
use api::Entries;
use bus::{BusError, CacheKey, CacheKind, MarketCache, Monitor, Settings};
use engine::Input;
use engine::journal::reader::Record;
use journal::{Block, Blocks, JournalError, Progress};
use model::InstrumentId;
use services::background::{Background, Stop};
use services::handle::Queries;
use services::host::HostHandle;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for the journal to grow.
const PATIENCE: Duration = Duration::from_millis(100);
/// Values that are added at once, about.
const VALUES: usize = 1_000;

/// The thread that keeps the cache.
pub struct Caching(Background);

impl Caching {
    /// Begins to cache what a host sees from now on.
    ///
    /// # Errors
    /// The settings cannot be meant, or the host keeps no journal.
    pub fn begin(settings: &Settings, folder: &Path, host: &HostHandle) -> Result<Self> {
        let progress = host.journal_progress();
        let keeper = Keeper {
            cache: MarketCache::new(settings, Monitor::default())?,
            folder: folder.to_owned(),
            progress: progress.context("bus: the host keeps no journal to cache from")?,
            entries: Entries::new(host.clone()),
            host: host.clone(),
            places: BTreeMap::new(),
        };
        let thread = Background::begin("market cache", move |stop| keeper.run(&stop))?;
        Ok(Self(thread))
    }

    /// Stops it.
    pub fn end(self) {
        self.0.end();
    }
}

/// Why the thread begins again.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("a record cannot be read: {0}")]
    Record(String),
    #[error(transparent)]
    Redis(#[from] BusError),
}

struct Keeper {
    cache: MarketCache,
    folder: PathBuf,
    progress: Arc<Progress>,
    entries: Entries<HostHandle>,
    host: HostHandle,
    /// Venue and symbol of each instrument.
    places: BTreeMap<InstrumentId, (String, String)>,
}

impl Keeper {
    fn run(mut self, stop: &Stop) {
        while !stop.is_asked() {
            let Err(lost) = self.follow(stop) else {
                return;
            };
            tracing::debug!(%lost, "the market cache begins again");
            let mut left = self.cache.pause().max(PATIENCE);
            while !left.is_zero() && !stop.is_asked() {
                std::thread::sleep(left.min(PATIENCE));
                left = left.saturating_sub(PATIENCE);
            }
        }
    }

    fn follow(&mut self, stop: &Stop) -> Result<(), Lost> {
        let progress = Some(Arc::clone(&self.progress));
        let mut blocks = Blocks::after(&self.folder, self.progress.get(), progress);
        let mut values = Vec::new();
        while !stop.is_asked() {
            let block = blocks.next_block()?;
            let idle = block.is_none();
            if let Some(block) = block {
                self.take(&block, &mut values)?;
            }
            if !values.is_empty() && (idle || values.len() >= VALUES) {
                self.cache.add(&values)?;
                values.clear();
            }
            if idle {
                self.progress.wait(blocks.last(), PATIENCE);
            }
        }
        Ok(())
    }

    fn take(&mut self, block: &Block, values: &mut Vec<(CacheKey, String)>) -> Result<(), Lost> {
        let records = block.records();
        for record in records.map_err(|error| Lost::Record(error.to_string()))? {
            let Some((kind, instrument)) = subject(&record) else {
                continue;
            };
            let Some(entry) = self.entries.entry(&record) else {
                continue;
            };
            if let Some((venue, instrument)) = self.place(instrument) {
                let key = CacheKey {
                    kind,
                    venue,
                    instrument,
                };
                values.push((key, entry.json));
            }
        }
        Ok(())
    }

    fn place(&mut self, instrument: InstrumentId) -> Option<(String, String)> {
        if !self.places.contains_key(&instrument) {
            let views = self.host.instruments().into_iter();
            self.places = views
                .map(|view| (view.id, (view.venue, view.instrument.symbol)))
                .collect();
        }
        self.places.get(&instrument).cloned()
    }
}

/// What of a record is cached, and whose it is.
fn subject(record: &Record) -> Option<(CacheKind, InstrumentId)> {
    match record {
        Record::Bar(bar) => Some((CacheKind::Bar, bar.instrument)),
        Record::Input(input) => match &input.input {
            Input::Quote(quote) => Some((CacheKind::Quote, quote.instrument)),
            Input::Trade(trade) => Some((CacheKind::Trade, trade.instrument)),
            _ => None,
        },
        _ => None,
    }
}
