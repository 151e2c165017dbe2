//! Publishes what the journal holds, by a thread that follows it on disk. Nothing waits for Redis:
//! what is not published yet lies in the journal.

use anyhow::{Context, Result};
use api::{BusProbe, BusView, Entries, Urgency};
use bus::{Entry, EntryId, Monitor, Priority, Publisher, Read, Settings, Source, SourceError};
use engine::journal::reader::Record;
use journal::{Block, Blocks, JournalError, Progress, crash};
use services::background::Background;
use services::host::HostHandle;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for the journal to grow.
const PATIENCE: Duration = Duration::from_millis(50);
/// Blocks looked at for one answer, at most: most may hold nothing to publish.
const BLOCKS: usize = 256;

/// A publisher's thread.
pub struct Publishing {
    monitor: Monitor,
    thread: Background,
}

impl Publishing {
    /// Begins to publish a host's journal, from where the streams in Redis end.
    ///
    /// # Errors
    /// The settings cannot be meant, or the host keeps no journal.
    pub fn begin(
        settings: Settings,
        market_data: bool,
        folder: &Path,
        host: &HostHandle,
    ) -> Result<Self> {
        let progress = host.journal_progress();
        let progress = progress.context("bus: the host keeps no journal to publish from")?;
        let run = journal::run_of(folder)?.context("bus: the journal has no segment yet")?;
        let source = Followed {
            run,
            folder: folder.to_owned(),
            progress,
            market_data,
            entries: Entries::new(host.clone()),
            blocks: None,
            ready: VecDeque::new(),
            given: EntryId::ZERO,
        };
        let monitor = Monitor::default();
        let publisher = Publisher::new(source, settings, monitor.clone())?;
        let thread = Background::begin("publisher", move |stop| publisher.run(stop.flag()))?;
        Ok(Self { monitor, thread })
    }

    /// How the connection stands, whenever somebody asks.
    pub fn probe(&self) -> BusProbe {
        let monitor = self.monitor.clone();
        Arc::new(move || {
            let status = monitor.status();
            BusView {
                state: status.state.name(),
                published: status.published,
                error: status.last_error,
            }
        })
    }

    /// The state of the connection, for others.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Stops; what is not published yet is when the host runs next.
    pub fn end(self) {
        self.thread.end();
    }
}

/// The journal as a source of entries.
struct Followed {
    run: String,
    folder: PathBuf,
    progress: Arc<Progress>,
    market_data: bool,
    entries: Entries<HostHandle>,
    /// `None` before the first question.
    blocks: Option<Blocks>,
    /// Entries that were made and not given yet.
    ready: VecDeque<Entry>,
    /// The last one given.
    given: EntryId,
}

/// Why there are no entries.
enum Failure {
    /// They were dropped; the first input that is there.
    Gone(u64),
    Unreadable(String),
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match error.begins_with() {
            Some(first) => Self::Gone(first),
            None => Self::Unreadable(error.to_string()),
        }
    }
}

impl Source for Followed {
    fn run(&self) -> &str {
        &self.run
    }

    fn read(&mut self, after: EntryId, limit: usize) -> Result<Read, SourceError> {
        if self.blocks.is_none() || after != self.given {
            // From the input on to which the last entry belonged: it may have more.
            let before = after.sequence.saturating_sub(1);
            let progress = Some(Arc::clone(&self.progress));
            self.blocks = Some(Blocks::after(&self.folder, before, progress));
            self.ready.clear();
            self.given = after;
        }
        match self.make(after, limit) {
            Ok(()) => {}
            Err(Failure::Gone(first)) => self.say_gone(after, first),
            Err(Failure::Unreadable(reason)) => return Err(SourceError(reason)),
        }
        if !self.ready.is_empty() {
            // They are given when the publisher asks again.
            reach(crash::PUBLISH)?;
        }
        let count = self.ready.len().min(limit);
        let entries: Vec<_> = self.ready.drain(..count).collect();
        let mut place = entries.last().map_or(after, |last| last.id);
        if self.ready.is_empty() {
            // All of the blocks that were read.
            let sequence = self.blocks.as_ref().map_or(0, Blocks::last);
            let read = EntryId {
                sequence,
                ordinal: 0,
            };
            place = place.max(read);
        }
        self.given = place;
        Ok(Read { entries, place })
    }

    fn published(&mut self, _: EntryId) -> Result<(), SourceError> {
        reach(crash::PUBLISHED)
    }
}

fn reach(point: crash::Point) -> Result<(), SourceError> {
    crash::reach(point).map_err(|error| SourceError(error.to_string()))
}

impl Followed {
    /// Reads on until there are enough entries, or there is nothing more for now.
    fn make(&mut self, after: EntryId, limit: usize) -> Result<(), Failure> {
        for _ in 0..BLOCKS {
            let Some(blocks) = self.blocks.as_mut().filter(|_| self.ready.len() < limit) else {
                return Ok(());
            };
            match blocks.next_block()? {
                Some(block) => self.take(&block, after)?,
                None => {
                    let last = blocks.last();
                    if self.ready.is_empty() {
                        self.progress.wait(last, PATIENCE);
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Redis has lost what the journal does not have any more either: consumers are told, and it goes on
    /// with what there is.
    fn say_gone(&mut self, after: EntryId, first: u64) {
        tracing::warn!(%after, first, "entries cannot be published: the journal begins behind them");
        let before = first.saturating_sub(1);
        let progress = Some(Arc::clone(&self.progress));
        self.blocks = Some(Blocks::after(&self.folder, before, progress));
        self.ready.push_back(Entry {
            // Inputs have their entries from one on.
            id: EntryId {
                sequence: first,
                ordinal: 0,
            },
            priority: Priority::High,
            kind: "gap".to_owned(),
            time_ns: 0,
            body: format!("{{\"after\":\"{after}\",\"first_sequence\":{first}}}"),
        });
    }

    fn take(&mut self, block: &Block, after: EntryId) -> Result<(), Failure> {
        let records = block.records();
        let records = records.map_err(|error| Failure::Unreadable(error.to_string()))?;
        let (mut id, mut time_ns) = (EntryId::ZERO, 0);
        for record in &records {
            if let Record::Input(input) = record {
                id = EntryId {
                    sequence: input.sequence,
                    ordinal: 0,
                };
                time_ns = input.time.nanos();
            }
            id.ordinal += 1;
            // Of what nobody wants no JSON is made.
            let unwanted = !self.market_data && api::is_market_data(record);
            if id <= after || unwanted {
                continue;
            }
            if let Some(body) = self.entries.entry(record) {
                self.ready.push_back(Entry {
                    id,
                    priority: priority(body.urgency),
                    kind: body.kind.to_owned(),
                    time_ns,
                    body: body.json,
                });
            }
        }
        Ok(())
    }
}

const fn priority(urgency: Urgency) -> Priority {
    match urgency {
        Urgency::High => Priority::High,
        Urgency::Normal => Priority::Normal,
        Urgency::Low => Priority::Low,
    }
}
