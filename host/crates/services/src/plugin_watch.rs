//! Watches the plugin files that strategies are configured with, by a thread of its own: a build that is
//! dropped in the place of one is admitted, tried in a shadow, or swapped in, as the configuration says.
//!
//! A file counts when it has come to rest, and its content decides: a touch is no new build. What is done
//! goes by the same doors as what operators ask for by the API, without `force` and without being
//! approved by it, so a build that is not trusted, not approved or older is refused as an upload would
//! be. Whatever becomes of it is told as the strategy's `last_build`, in the log, and where nothing came
//! of it by an alert. What runs is never stopped by anything that happens to files.
//!
//! What lies there when the host begins is not taken, whatever it is: an operator may have gone back from
//! it. It is told if it differs from what runs, and taken when it is touched.

mod follower;
mod place;

use crate::background::{Background, Stop};
use crate::handle::HostError;
use crate::host::HostHandle;
use crate::strategy::check_probation;
use engine::Probation;
use follower::Follower;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use watch::Hints;

/// Pause between looks where nothing hints at a change: there are folders of which nobody is told, and
/// links to those.
const PAUSE: Duration = Duration::from_secs(2);
/// Pause after a hint, so that a busy folder is not looked at all the time.
const BREATH: Duration = Duration::from_millis(20);
/// How soon the thread sees that it shall stop.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnNewBuild {
    /// It is kept, for somebody to look at.
    Admit,
    /// It trades in a shadow, in the place of a build that did.
    Shadow,
    /// It takes over, on probation if so wanted.
    Swap(Option<Probation>),
}

impl OnNewBuild {
    /// Whether that can be meant.
    ///
    /// # Errors
    /// [`HostError::Invalid`] names the field.
    pub fn check(&self) -> Result<(), HostError> {
        match self {
            Self::Swap(Some(probation)) => check_probation(probation),
            _ => Ok(()),
        }
    }
}

/// A file that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The strategy it is for.
    pub strategy: String,
    /// The file, below the plugin folder.
    pub plugin: PathBuf,
    /// What becomes of a new build.
    pub on_new_build: OnNewBuild,
}

/// What is watched, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginWatchConfig {
    /// The host's plugin folder. It need not be there.
    pub folder: PathBuf,
    /// The files.
    pub watched: Vec<Watched>,
    /// How long a file and its signature must have been the same.
    pub quiet: Duration,
    /// How long a signature that does not do may be followed by one that does.
    pub signature_wait: Duration,
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The plugin folder's name means nothing, or there is no thread.
    #[error("the plugin folder cannot be watched: {0}")]
    System(#[from] std::io::Error),
    /// What is wanted cannot be meant.
    #[error("strategy `{strategy}`: {reason}")]
    Meaning {
        /// Whose.
        strategy: String,
        /// The field, and what would do.
        reason: Box<HostError>,
    },
}

/// The thread that watches.
pub struct PluginWatch(Background);

impl PluginWatch {
    /// Begins; what lies there by now is known when this returns. Call it in the async runtime that serves
    /// the host, and once the strategies are there. It ends with the host at the latest.
    ///
    /// # Errors
    /// See [`WatchError`].
    pub fn begin(config: PluginWatchConfig, host: &HostHandle) -> Result<Self, WatchError> {
        for one in &config.watched {
            let strategy = &one.strategy;
            one.on_new_build
                .check()
                .map_err(|reason| WatchError::Meaning {
                    strategy: strategy.clone(),
                    reason: Box::new(reason),
                })?;
        }
        let folder = std::path::absolute(&config.folder)?;
        let (hints, failed) = Hints::new();
        if let Some(error) = failed {
            tracing::warn!(%error, "plugin files are looked at every {PAUSE:?}");
        }
        let mut watcher = Watcher {
            folder,
            hints,
            followers: Vec::new(),
            host: host.clone(),
            begun: Instant::now(),
        };
        watcher.listen(config.watched.iter().map(|one| &one.plugin));
        let runtime = tokio::runtime::Handle::current();
        for one in &config.watched {
            let follower = Follower::new(one, &watcher.folder, (&config, host, &runtime));
            watcher.followers.push(follower);
        }
        let thread = Background::begin("plugin-watch", move |stop| watcher.run(&stop))?;
        Ok(Self(thread))
    }

    /// Ends after what it is doing.
    pub fn end(self) {
        self.0.end();
    }
}

/// What the thread works with.
struct Watcher {
    folder: PathBuf,
    hints: Hints,
    followers: Vec<Follower>,
    host: HostHandle,
    /// The moment from which times of looks count.
    begun: Instant,
}

impl Watcher {
    fn run(mut self, stop: &Stop) {
        while !stop.is_asked() && self.host.ended().is_none() {
            let files: Vec<_> = self.followers.iter().map(Follower::file).collect();
            self.listen(files.iter());
            for follower in &mut self.followers {
                follower.look(self.begun.elapsed());
            }
            self.wait(stop);
        }
    }

    /// Listens to the folders that matter now.
    fn listen<'a>(&mut self, files: impl Iterator<Item = &'a PathBuf>) {
        let folders = files.map(|file| watch::folders_of(&self.folder, file));
        let folders: BTreeSet<PathBuf> = folders.flatten().collect();
        for error in self.hints.listen(&folders) {
            tracing::warn!(%error, "it is looked at every {PAUSE:?}");
        }
    }

    /// Waits until a look is worth while.
    fn wait(&self, stop: &Stop) {
        let looked = self.begun.elapsed();
        let due = self.followers.iter().filter_map(Follower::due).min();
        let due = due.unwrap_or(Duration::MAX);
        let until = due.clamp(looked + BREATH, looked + PAUSE);
        while !stop.is_asked() {
            let left = until.saturating_sub(self.begun.elapsed());
            if left.is_zero() {
                return;
            }
            if self.hints.wait(left.min(PATIENCE)) {
                return std::thread::sleep(BREATH);
            }
        }
    }
}
