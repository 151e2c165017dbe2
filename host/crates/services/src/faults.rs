//! What becomes of strategies that break: who takes care of them, and how they come back.
//!
//! ```text
//! engine's thread ── Desk ──▶ thread "faults": notes the fault with its plugin (registry), which may put
//!                             that into quarantine; keeps a dead letter; starts the strategy again later
//! ```
//!
//! Nothing of this is decided in the engine: a start, a pause and a save are commands in the journal like
//! those of operators, so a replay does the same without asking anybody. Delays run on engine time as
//! this thread sees it, which is the clock's in a live run and the events' in a replay of files.

pub(crate) mod cost;
pub(crate) mod desk;
mod files;
mod letter;
mod watch;

use crate::host::HostConfig;
use crate::projection;
use crate::strategy::Strategies;
use crate::trader::Trader;
pub use cost::{Costs, Spread};
use desk::{Desk, DeskEnd};
pub(crate) use files::Letters;
use journal::Progress;
pub use letter::{DeadLetter, LetterError, Place, place_in};
use model::Duration;
pub use registry::QuarantineRule;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use watch::{JournalOnDisk, Watcher};

/// The folder of dead letters, below the data folder.
pub const DEAD_LETTERS: &str = "dead-letters";
/// Most restarts in a row that can be asked for.
const MOST_ATTEMPTS: u32 = 1_000;
/// Shortest and longest times that can be asked for.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// How a strategy that broke is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// How often in a row; then it stays in `ERROR`. From 1 to 1,000.
    pub attempts: u32,
    /// How long after the first fault.
    pub first_delay: Duration,
    /// By what each further delay is multiplied. From 1 to 10.
    pub factor: u32,
    /// The longest delay.
    pub longest_delay: Duration,
    /// After how long without a fault attempts are counted anew.
    pub forget_after: Duration,
}

impl Default for RestartPolicy {
    /// Three times, after 1 s, 2 s and 4 s; an hour without a fault is forgotten.
    fn default() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_secs(1),
            factor: 2,
            longest_delay: Duration::from_secs(300),
            forget_after: Duration::from_secs(3_600),
        }
    }
}

impl RestartPolicy {
    /// Whether that can be meant.
    ///
    /// # Errors
    /// The field at fault, and what would do.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let wrong = |field, reason: String| Err((field, reason));
        if !(1..=MOST_ATTEMPTS).contains(&self.attempts) {
            let reason = format!("give 1 to {MOST_ATTEMPTS}, or leave `restart` out");
            return wrong("attempts", reason);
        }
        if !(1..=10).contains(&self.factor) {
            return wrong("factor", "give 1 to 10".to_owned());
        }
        for (field, time) in [
            ("first_delay", self.first_delay),
            ("longest_delay", self.longest_delay),
            ("forget_after", self.forget_after),
        ] {
            if !(SHORTEST..=LONGEST).contains(&time) {
                return wrong(field, "give 100 ms to 30 days".to_owned());
            }
        }
        if self.longest_delay < self.first_delay {
            let reason = "it is shorter than `first_delay`".to_owned();
            return wrong("longest_delay", reason);
        }
        Ok(())
    }

    /// How long the restart of this number waits, counted from 1.
    pub fn delay(&self, attempt: u32) -> Duration {
        let grown = u64::from(self.factor).checked_pow(attempt.saturating_sub(1));
        let grown = grown.and_then(|factor| self.first_delay.nanos().checked_mul(factor));
        let delay = grown.map_or(Duration::MAX, Duration::from_nanos);
        delay.min(self.longest_delay)
    }
}

/// What events may cost a strategy: 99 % of those of a window must keep to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetPolicy {
    /// The most time, by the wall clock.
    pub time: Option<Duration>,
    /// The most fuel.
    pub fuel: Option<u64>,
    /// How many events a window has at least. From 100 to 100 million.
    pub window: u64,
    /// Whether a strategy that misses it is demoted: the version before takes over again where there is one
    /// at hand, else it is paused. If not, an alert is all.
    pub demote: bool,
}

impl BudgetPolicy {
    fn check(&self) -> Result<(), (&'static str, String)> {
        if self.time.is_none() && self.fuel.is_none() {
            return Err(("budget", "give `time`, `fuel` or both".to_owned()));
        }
        if self.time == Some(Duration::ZERO) || self.fuel == Some(0) {
            return Err(("budget", "give more than 0".to_owned()));
        }
        match (100..=100_000_000).contains(&self.window) {
            true => Ok(()),
            false => Err(("budget.window", "give 100 to 100000000 events".to_owned())),
        }
    }

    /// What of it some events missed, in words.
    pub fn missed(&self, costs: &Costs) -> Option<String> {
        let events = costs.measured;
        let over = |spent: Option<Spread>, most: Option<u64>| {
            let (spent, most) = spent.zip(most)?;
            (spent.p99 > most).then_some((spent.p99, most))
        };
        let time = over(costs.time_ns, self.time.map(Duration::nanos));
        let fuel = over(costs.fuel, self.fuel);
        let time = time.map(|(p99, most)| format!("{p99} ns of time, and may take {most}"));
        let fuel = fuel.map(|(p99, most)| format!("{p99} of fuel, and may take {most}"));
        let missed: Vec<_> = time.into_iter().chain(fuel).collect();
        (!missed.is_empty())
            .then(|| format!("99 % of {events} events took up to {}", missed.join("; ")))
    }
}

/// What events cost the version of a strategy that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostView {
    /// The component.
    pub plugin: model::PluginHash,
    /// One event of so many is measured.
    pub every: u32,
    /// What they cost since the version was loaded.
    pub costs: Costs,
    /// What they may cost.
    pub budget: Option<BudgetPolicy>,
}

/// What is done for a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CarePolicy {
    /// How it is started again after a fault; only by an operator where there is none.
    pub restart: Option<RestartPolicy>,
    /// How often it saves its state while it runs, to be started again from there; else it starts from
    /// what it saved when it was stopped last.
    pub save_every: Option<Duration>,
    /// What its events may cost.
    pub budget: Option<BudgetPolicy>,
}

impl CarePolicy {
    /// Whether that can be meant.
    ///
    /// # Errors
    /// The field at fault, and what would do.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let within = |time: Duration| (Duration::from_secs(1)..=LONGEST).contains(&time);
        if self.save_every.is_some_and(|time| !within(time)) {
            return Err(("save_every", "give 1 s to 30 days".to_owned()));
        }
        self.budget.map_or(Ok(()), |budget| budget.check())?;
        self.restart.map_or(Ok(()), |policy| policy.check())
    }
}

/// How many dead letters are kept. The oldest go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterBounds {
    /// Most letters; none is kept where this is 0.
    pub count: usize,
    /// Most bytes of all of them.
    pub bytes: u64,
}

impl Default for LetterBounds {
    /// 256 letters, 64 MiB.
    fn default() -> Self {
        Self {
            count: 256,
            bytes: 64 << 20,
        }
    }
}

/// What becomes of strategies that break.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FaultSettings {
    /// By the name of the strategy.
    pub policies: BTreeMap<String, CarePolicy>,
    /// For all others.
    pub usual: CarePolicy,
    /// When a plugin goes into quarantine.
    pub quarantine: QuarantineRule,
    /// How many dead letters are kept.
    pub letters: LetterBounds,
}

impl FaultSettings {
    /// What is done for a strategy.
    pub fn of(&self, strategy: &str) -> CarePolicy {
        self.policies.get(strategy).copied().unwrap_or(self.usual)
    }
}

/// What a host's configuration says of it, until the host is there.
pub(crate) struct Care {
    settings: FaultSettings,
    letters: PathBuf,
    journal: Option<PathBuf>,
}

/// What a running host has of it.
pub(crate) struct Kept {
    pub(crate) letters: Arc<Letters>,
    pub(crate) settings: Arc<FaultSettings>,
}

impl Care {
    pub(crate) fn of(config: &HostConfig) -> Self {
        Self {
            settings: config.faults.clone(),
            letters: config.data_folder.join(DEAD_LETTERS),
            journal: config
                .journal
                .as_ref()
                .map(|journal| journal.folder.clone()),
        }
    }

    /// Begins to take care, of what broke before, too; readers see all that came back by then. The thread
    /// ends with the engine's.
    pub(crate) fn begin(
        self,
        strategies: &Arc<Strategies>,
        trader: &mut Trader,
        progress: Option<&Arc<Progress>>,
    ) -> std::io::Result<Kept> {
        projection::show_pending(&strategies.outlet, &strategies.shared);
        let letters = Arc::new(Letters::open(self.letters, self.settings.letters));
        let settings = Arc::new(self.settings);
        let desk = Arc::new(Desk::default());
        let journal = self.journal.zip(progress.map(Arc::clone));
        let watcher = Watcher::new(
            Arc::clone(strategies),
            Arc::clone(&settings),
            Arc::clone(&letters),
            journal.map(|(folder, progress)| JournalOnDisk { folder, progress }),
        );
        let taken = Arc::clone(&desk);
        let thread = std::thread::Builder::new().name("faults".to_owned());
        thread.spawn(move || watcher.run(&taken))?;
        trader.tell_faults(DeskEnd(desk));
        Ok(Kept { letters, settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_up_to_the_longest() {
        let policy = RestartPolicy {
            longest_delay: Duration::from_secs(5),
            ..RestartPolicy::default()
        };
        let seconds = |attempt| policy.delay(attempt).nanos() / 1_000_000_000;
        let delays: Vec<_> = [1, 2, 3, 4, 1_000].map(seconds).to_vec();
        assert_eq!(delays, [1, 2, 4, 5, 5]);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let usual = RestartPolicy::default();
        usual.check().unwrap();
        let field = |policy: RestartPolicy| policy.check().unwrap_err().0;
        let never = RestartPolicy {
            attempts: 0,
            ..usual
        };
        assert_eq!(field(never), "attempts");
        let at_once = RestartPolicy {
            first_delay: Duration::ZERO,
            ..usual
        };
        assert_eq!(field(at_once), "first_delay");
        let shrinking = RestartPolicy {
            longest_delay: Duration::from_millis(200),
            ..usual
        };
        assert_eq!(field(shrinking), "longest_delay");
        let care = CarePolicy {
            save_every: Some(Duration::from_millis(1)),
            ..CarePolicy::default()
        };
        assert_eq!(care.check().unwrap_err().0, "save_every");
    }
}
