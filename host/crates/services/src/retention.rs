//! Drops the oldest segments of a running host's journal, by a thread of its own. Only what nobody needs
//! any more goes, whatever the bounds say: the newest snapshot stays, and the newest before it from which
//! a host was shown to come back, and everybody who follows the journal must be past what goes. Who is
//! not holds it back.

use crate::background::{Background, Stop};
use crate::host::HostHandle;
use crate::recovery::{KeptPlugins, try_snapshot};
use crate::sync::lock;
use journal::{
    JournalError, Keep, SnapshotFile, beginning, drop_before, drop_snapshots_before, snapshots,
    whole_before,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

/// Pause between looks at the journal.
const PAUSE: Duration = Duration::from_secs(1);
/// How soon the thread sees that it shall stop.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long somebody may hold segments back before a line says so.
const SAID_AFTER: Duration = Duration::from_secs(60);

/// Somebody who reads the journal and must not miss any of it.
pub struct Follower {
    /// Its name, for people.
    pub name: &'static str,
    /// The first input it may still want; 0 while nobody knows.
    pub wants: Box<dyn Fn() -> u64 + Send>,
}

/// What of which journal is kept.
pub struct RetentionConfig {
    /// The journal's folder, which this process writes.
    pub folder: PathBuf,
    /// What is wanted of it.
    pub keep: Keep,
    /// Where segments are moved to; they are deleted when `None`.
    pub archive: Option<PathBuf>,
    /// Who follows it.
    pub followers: Vec<Follower>,
}

/// What is kept, for readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetentionView {
    /// The first input of the journal that is there.
    pub first: u64,
    /// Who keeps segments that are over the bounds.
    pub held_by: Option<&'static str>,
    /// Why nothing could be dropped.
    pub error: Option<String>,
}

/// Where readers see what is kept.
#[derive(Debug, Clone, Default)]
pub struct RetentionMonitor(Arc<Mutex<RetentionView>>);

impl RetentionMonitor {
    /// How it stands now.
    pub fn view(&self) -> RetentionView {
        lock(&self.0).clone()
    }
}

/// The thread that drops segments.
pub struct Retention {
    monitor: RetentionMonitor,
    thread: Background,
}

impl Retention {
    /// Begins with a first look at once. It must end before the host does, whose lock it works under.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn begin(config: RetentionConfig, host: &HostHandle) -> std::io::Result<Self> {
        let monitor = RetentionMonitor::default();
        let keeper = Keeper {
            config,
            monitor: monitor.clone(),
            plugins: host.kept_plugins(),
            tried: BTreeMap::new(),
            held_since: None,
        };
        let thread = Background::begin("retention", move |stop| keeper.run(&stop))?;
        Ok(Self { monitor, thread })
    }

    /// How it stands, for others.
    pub fn monitor(&self) -> &RetentionMonitor {
        &self.monitor
    }

    /// Ends after what it is doing.
    pub fn end(self) {
        self.thread.end();
    }
}

/// What the thread works with.
struct Keeper {
    config: RetentionConfig,
    monitor: RetentionMonitor,
    plugins: KeptPlugins,
    /// Snapshots that were tried, by their last input: whether the journal came again from them.
    tried: BTreeMap<u64, bool>,
    /// Who holds segments back, since when, and whether that was said.
    held_since: Option<(&'static str, Instant, bool)>,
}

impl Keeper {
    fn run(mut self, stop: &Stop) {
        while !stop.is_asked() {
            let before = self.monitor.view();
            let view = self.look().unwrap_or_else(|error| RetentionView {
                error: Some(error.to_string()),
                ..before.clone()
            });
            if let Some(error) = view.error.as_ref().filter(|_| view.error != before.error) {
                tracing::error!(%error, "nothing of the journal can be dropped");
            }
            self.tell(view.held_by);
            *lock(&self.monitor.0) = view;
            let until = Instant::now() + PAUSE;
            while Instant::now() < until && !stop.is_asked() {
                std::thread::sleep(PATIENCE);
            }
        }
    }

    /// Drops what may go, and says how it stands then.
    fn look(&mut self) -> Result<RetentionView, JournalError> {
        let folder = self.config.folder.clone();
        let wanted = self.config.keep.first_wanted(&folder, SystemTime::now())?;
        let mut holder = self.follower_behind(wanted);
        let limit = holder.map_or(wanted, |(_, needed)| needed);
        // Snapshots are only tried where that is all that is missing: it costs another engine.
        if whole_before(&folder, limit)? > 0 {
            let older = self.older_snapshot(&folder, &snapshots(&folder)?);
            let needed = older.map_or(0, |last| last.saturating_add(1));
            if needed < limit {
                holder = Some(("snapshots", needed));
            }
            self.drop_before(&folder, limit.min(needed))?;
            if let Some(older) = older {
                drop_snapshots_before(&folder, older)?;
            }
        }
        Ok(RetentionView {
            first: first_of(&folder)?,
            held_by: holder.map(|(name, _)| name),
            error: None,
        })
    }

    /// The follower that is furthest behind, and the first input it needs, if that is before `wanted`.
    fn follower_behind(&self, wanted: u64) -> Option<(&'static str, u64)> {
        let followers = self.config.followers.iter();
        let places = followers.map(|one| (one.name, (one.wants)()));
        let furthest = places.min_by_key(|(_, needed)| *needed);
        furthest.filter(|(_, needed)| *needed < wanted)
    }

    fn drop_before(&self, folder: &Path, keep_from: u64) -> Result<(), JournalError> {
        let dropped = drop_before(folder, keep_from, self.config.archive.as_deref())?;
        if dropped.segments > 0 {
            let (segments, bytes, first) = (dropped.segments, dropped.bytes, first_of(folder)?);
            tracing::info!(segments, bytes, first, "dropped the oldest of the journal");
        }
        Ok(())
    }

    /// The last input of the newest snapshot but one, or of an earlier one, from which the journal came
    /// again up to the newest. Each is tried once: what is whole may still be of a plugin that is gone,
    /// that does not take its state back, or that does not save all that decides what it does next.
    fn older_snapshot(&mut self, folder: &Path, known: &[SnapshotFile]) -> Option<u64> {
        self.tried
            .retain(|last, _| known.iter().any(|known| known.last == *last));
        let (newest, earlier) = known.split_first()?;
        let mut good = earlier.iter().filter(|snapshot| {
            let plugins = &mut self.plugins;
            let tried = self.tried.entry(snapshot.last).or_insert_with(|| {
                let tried = try_snapshot(folder, snapshot, plugins, newest.last);
                if let Err(reason) = &tried {
                    let path = snapshot.path.display();
                    tracing::warn!(%path, %reason, "no host could begin from this snapshot");
                }
                tried.is_ok()
            });
            *tried
        });
        good.next().map(|snapshot| snapshot.last)
    }

    /// Who holds segments back for long is worth a line; for a moment everybody does.
    fn tell(&mut self, holder: Option<&'static str>) {
        match (holder, &mut self.held_since) {
            (None, held) => *held = None,
            (Some(holder), Some((since, at, said))) if holder == *since => {
                if !*said && at.elapsed() >= SAID_AFTER {
                    *said = true;
                    tracing::warn!(holder, "keeps more of the journal than is to be kept");
                }
            }
            (Some(holder), held) => *held = Some((holder, Instant::now(), false)),
        }
    }
}

fn first_of(folder: &Path) -> Result<u64, JournalError> {
    Ok(beginning(folder)?.map_or(0, |beginning| beginning.first))
}
