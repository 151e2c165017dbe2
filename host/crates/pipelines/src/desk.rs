//! The desk: who may begin, approve, cancel and resume a run, how many are at work, and what of them is on
//! the disk. What a run does is its thread's business.

mod asking;

use crate::definition::Definition;
use crate::driver::{Halt, drive};
use crate::folder::{Folder, MOST_KEPT};
use crate::gate::Gate;
use crate::give_back::give_back;
use crate::live_run::{LiveRun, lock};
use crate::run::{Run, Stage, State};
pub(crate) use asking::{check_by, check_parameters};
use model::PluginHash;
use services::clock::{Clock, SystemClock};
use services::handle::{HostError, Queries};
use services::host::HostHandle;
use services::view::PipelineView;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

/// Runs that are at work at the same time.
const MOST_AT_WORK: usize = 4;

/// Where things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelinesConfig {
    /// The folder of the files, `STRATEGY.toml`. It need not be there.
    pub folder: PathBuf,
    /// The host's data folder.
    pub data_dir: PathBuf,
    /// This program, which checks and backtests as a child process.
    pub program: PathBuf,
}

/// What somebody wants to take through a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginRun {
    /// The component: its SHA-256, or the first digits of it.
    pub plugin: String,
    /// Parameters over those of the file.
    pub parameters: BTreeMap<String, String>,
    /// Who, as they say.
    pub by: String,
    /// Whether an older version than what runs or is approved will do.
    pub force: bool,
}

/// What somebody says about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who, as they say.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// Whether they might approve the component by themselves, too.
    pub may_approve_plugins: bool,
}

/// A pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineEntry {
    /// The strategy.
    pub strategy: String,
    /// Its file.
    pub file: PathBuf,
    /// The gates of the file; none where it cannot be used.
    pub stages: Vec<Stage>,
    /// Why the file cannot be used.
    pub error: Option<String>,
    /// The latest run.
    pub latest: Option<Run>,
}

/// The pipelines of a host. Cheap to clone. All calls may wait for the disk.
#[derive(Clone)]
pub struct Pipelines(Arc<Desk>);

/// What the desk and the threads of runs share.
pub(crate) struct Desk {
    pub(crate) host: HostHandle,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) config: PipelinesConfig,
    /// Whether the host ends.
    pub(crate) closing: AtomicBool,
    folder: Folder,
    known: Mutex<Known>,
    /// Told of each change of a run, under the lock of that run.
    watcher: OnceLock<Watcher>,
}

/// Whoever watches.
type Watcher = Box<dyn Fn(&Run) + Send + Sync>;

#[derive(Default)]
struct Known {
    runs: BTreeMap<String, BTreeMap<u64, Arc<LiveRun>>>,
    /// Of runs at work, and of some that have just ended.
    threads: Vec<JoinHandle<()>>,
}

fn now() -> u64 {
    SystemClock.now().nanos()
}

impl Pipelines {
    /// Takes over the runs of the data folder; what was at work when the host ended is interrupted. Call it
    /// in the async runtime that serves the host, and once the strategies are there.
    ///
    /// # Errors
    /// The data folder cannot be read or written; the reason names the file.
    pub fn begin(config: PipelinesConfig, host: &HostHandle) -> Result<Self, String> {
        let absolute = |path: &PathBuf| {
            std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let config = PipelinesConfig {
            folder: absolute(&config.folder)?,
            data_dir: absolute(&config.data_dir)?,
            program: absolute(&config.program)?,
        };
        let folder = Folder::open(config.data_dir.join("pipelines"))?;
        let mut known = Known::default();
        for (strategy, runs) in folder.runs()? {
            let mut live = BTreeMap::new();
            for (id, mut run) in runs {
                if !run.state.is_over() && run.state != State::Waiting {
                    run.interrupt(now());
                    folder.write(&run)?;
                }
                live.insert(id, Arc::new(LiveRun::new(run)));
            }
            known.runs.insert(strategy, live);
        }
        Ok(Self(Arc::new(Desk {
            host: host.clone(),
            runtime: tokio::runtime::Handle::current(),
            config,
            closing: AtomicBool::new(false),
            folder,
            known: Mutex::new(known),
            watcher: OnceLock::new(),
        })))
    }

    /// Has every change of a run from now on told, those of one run in the order in which they are made: the run as it
    /// is after it. How far a stage is is told in twentieths of the run, that a run is forgotten is not. It must be
    /// quick and ask nothing of pipelines. Who watches first goes on watching.
    pub fn watch(&self, tell: impl Fn(&Run) + Send + Sync + 'static) {
        let _the_first_stays = self.0.watcher.set(Box::new(tell));
    }

    /// Ends all runs that are at work; they can be resumed. Call it before the host ends, on a thread that
    /// may wait.
    pub fn end(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
        let threads = std::mem::take(&mut lock(&self.0.known).threads);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("the thread of a pipeline's run panicked");
            }
        }
    }
}

impl Known {
    /// Whether another run may be set to work.
    fn room(&mut self) -> Result<(), HostError> {
        self.threads.retain(|thread| !thread.is_finished());
        if self.threads.len() < MOST_AT_WORK {
            return Ok(());
        }
        Err(HostError::Conflict(format!(
            "{MOST_AT_WORK} runs of pipelines are at work, which is the most; wait for one, or cancel it"
        )))
    }

    fn find(&self, strategy: &str, id: u64) -> Result<Arc<LiveRun>, HostError> {
        let run = self.runs.get(strategy).and_then(|runs| runs.get(&id));
        run.cloned().ok_or_else(|| HostError::NotFound {
            what: "run",
            name: format!("{strategy}/{id}"),
        })
    }
}

impl Desk {
    /// Gives a run a thread.
    fn set_to_work(
        self: &Arc<Self>,
        known: &mut Known,
        live: &Arc<LiveRun>,
    ) -> Result<(), HostError> {
        if self.closing.load(Ordering::Relaxed) {
            return Err(HostError::Stopped);
        }
        let (desk, run) = (Arc::clone(self), Arc::clone(live));
        let thread = std::thread::Builder::new().name("pipeline".to_owned());
        let work = move || {
            let driven = catch_unwind(AssertUnwindSafe(|| drive(&desk, &run)));
            if driven.is_err() {
                let turn = run.shown().turn().unwrap_or(0);
                let reason = "its thread panicked; the host's log says where";
                desk.judged(&run, turn, Gate::broken(reason));
            }
        };
        match thread.spawn(work) {
            Ok(thread) => {
                known.threads.push(thread);
                Ok(())
            }
            Err(error) => {
                let gate = Gate::broken(format!("there is no thread for it: {error}"));
                let turn = live.shown().turn().unwrap_or(0);
                self.judged(live, turn, gate);
                Err(HostError::Busy)
            }
        }
    }

    /// Changes a run, has it on the disk, and tells readers; what cannot be written is not changed.
    pub(crate) fn keep(&self, live: &LiveRun, edit: impl FnOnce(&mut Run)) -> Result<(), String> {
        let run = live.edit_and_keep(edit, |run| {
            self.folder.write(run)?;
            self.tell_watcher(run);
            Ok(())
        })?;
        self.tell(&run);
        Ok(())
    }

    /// The same for who goes on whatever the disk says.
    fn note(&self, live: &LiveRun, edit: impl FnOnce(&mut Run)) {
        // The disk sees changes in the order in which they are made.
        let (run, written) = live.edit(|run| {
            edit(run);
            let written = self.folder.write(run);
            self.tell_watcher(run);
            (run.clone(), written)
        });
        if let Err(error) = written {
            tracing::error!(%error, "a pipeline's run is not on the disk as it is");
        }
        self.tell(&run);
    }

    /// Tells who watches that a run changed; its lock is held.
    pub(crate) fn tell_watcher(&self, run: &Run) {
        if let Some(watcher) = self.watcher.get() {
            watcher(run);
        }
    }

    fn tell(&self, run: &Run) {
        let Some(plugin) = PluginHash::parse(&run.plugin) else {
            return;
        };
        let told = PipelineView {
            time: self.host.engine().time,
            run: run.id,
            plugin,
            state: run.state.name(),
            stage: run.current().map_or("", |step| step.stage.name()),
            is_bad: run.state == State::Failed,
            verdict: run.verdict.clone(),
        };
        self.host.tell_pipeline(&run.strategy, told);
    }

    /// A stage begins.
    pub(crate) fn begun(&self, live: &LiveRun, turn: usize) {
        self.note(live, |run| run.begin(turn, now()));
    }

    /// A stage was judged.
    pub(crate) fn judged(&self, live: &LiveRun, turn: usize, gate: Gate) {
        self.note(live, |run| run.judge(turn, gate, now()));
    }

    /// A stage waits for people.
    pub(crate) fn waits(&self, live: &LiveRun, turn: usize, gate: Gate) {
        self.note(live, |run| run.wait(turn, gate));
        // Somebody may have wanted its end before it waited.
        if let Some(words) = live.asked_to_end() {
            self.note(live, |run| end_if_idle(run, &words));
        }
    }

    /// A stage stopped before its end.
    pub(crate) fn halted(&self, live: &LiveRun, halt: Halt) {
        match halt {
            Halt::Cancelled(words) => {
                let words = self.given_back(&live.shown(), words);
                self.note(live, |run| run.cancel(&words, now()));
            }
            Halt::Closing => self.note(live, |run| run.interrupt(now())),
        }
    }

    /// Gives back what a run began that people end; their words, and what came of that.
    fn given_back(&self, run: &Run, words: String) -> String {
        match give_back(self, run) {
            Some(said) => format!("{words}; {said}"),
            None => words,
        }
    }

    /// Removes the oldest runs that are over, where there are too many.
    fn prune(&self, known: &mut Known, strategy: &str) {
        let Some(runs) = known.runs.get_mut(strategy) else {
            return;
        };
        while runs.len() > MOST_KEPT {
            let mut over = runs.iter().filter(|(_, run)| run.shown().state.is_over());
            let Some(oldest) = over.next().map(|(id, _)| *id) else {
                return;
            };
            runs.remove(&oldest);
            self.folder.remove(strategy, oldest);
        }
    }

    /// The file of a strategy.
    fn file(&self, strategy: &str) -> PathBuf {
        self.config.folder.join(format!("{strategy}.toml"))
    }

    /// The pipeline of a strategy, and its text.
    fn definition(&self, strategy: &str) -> Result<(Definition, String), HostError> {
        check_name(strategy)?;
        let file = self.file(strategy);
        if !file.exists() {
            return Err(no_pipeline(strategy));
        }
        Definition::load(&file).map_err(|error| HostError::Conflict(error.to_string()))
    }
}

fn no_pipeline(strategy: &str) -> HostError {
    HostError::NotFound {
        what: "pipeline",
        name: strategy.to_owned(),
    }
}

/// Ends a run that nobody works on.
fn end_if_idle(run: &mut Run, words: &str) {
    if matches!(run.state, State::Waiting | State::Interrupted) {
        run.cancel(words, now());
    }
}

/// Names of strategies become names of files and folders.
fn check_name(strategy: &str) -> Result<(), HostError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_plain = !strategy.is_empty() && strategy.chars().all(plain);
    match is_plain && !strategy.starts_with('.') {
        true => Ok(()),
        false => Err(no_pipeline(strategy)),
    }
}
