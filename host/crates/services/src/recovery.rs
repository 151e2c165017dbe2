//! How a host comes back: its journal is stepped again through a fresh engine, plugins and all, and
//! must give the same records; then it goes on where the journal ends.
//!
//! What operators meant (paused, killed, limits, swaps) and what the simulated venue holds is engine
//! state, so it comes back by construction. What the engine does not hold is gathered on the way:
//! which plugin fills which strategy, what it saved last, and who ran when the last run was ended.

mod configuration;
mod plugins;
mod snapshot;

use crate::history::History;
use crate::inbox::MarketInput;
use crate::outlet::Item;
use crate::projection::{self, Shared};
use crate::strategy::Loaded;
use crate::trader::Trader;
use crate::view::PluginView;
pub(crate) use configuration::missing;
use engine::replay::Stepper;
use engine::{Command, Effect, Engine, Input, Sequenced, StepError, SwapStage};
use journal::{Cut, Folder, RepeatError, Repeated, SnapshotFile, repeat};
use model::StrategyId;
pub(crate) use plugins::KeptPlugins;
pub use snapshot::engine_of;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Inputs stepped before readers' model is brought up to date.
const SHOW_EVERY: u64 = 4_096;

/// What a host found in its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Inputs that came back: stepped again, or by a snapshot.
    pub inputs: u64,
    /// The last input of the snapshot that was begun from, if one was.
    pub snapshot: Option<u64>,
    /// Records compared.
    pub records: u64,
    /// Whether the run before ended by itself.
    pub sealed: bool,
    /// What its writer had not finished, and was cut off.
    pub cut: Option<Cut>,
    /// How long it took.
    pub took: Duration,
    /// Strategies that the end of the last run stopped and this one starts again; whether each was
    /// paused.
    pub going: Vec<(String, bool)>,
}

/// What was gathered beside the engine.
#[derive(Default)]
pub(crate) struct Known {
    /// Strategies' plugins, as they were made last.
    pub(crate) loaded: BTreeMap<StrategyId, Loaded>,
    /// Candidates that had begun to catch up.
    pub(crate) swaps: BTreeMap<StrategyId, (Loaded, PluginView)>,
}

/// A trader that is stepped through its past.
struct Steps<'a> {
    trader: &'a mut Trader,
    plugins: &'a KeptPlugins,
    history: &'a History,
    shared: &'a Shared,
    known: Known,
    shown: u64,
}

/// Whether a host could go on from a snapshot: what came after it, up to the input `until`, comes again.
///
/// # Errors
/// Why not.
pub(crate) fn try_snapshot(
    folder: &Path,
    snapshot: &SnapshotFile,
    plugins: &mut KeptPlugins,
    until: u64,
) -> Result<(), String> {
    snapshot::agrees(folder, snapshot, plugins, until)
}

/// Steps a trader with a fresh engine through everything a folder holds, or through what came after the
/// newest snapshot that can be begun from.
pub(crate) fn recover(
    folder: &Folder,
    trader: &mut Trader,
    plugins: &mut KeptPlugins,
    history: &History,
    shared: &Shared,
) -> Result<Past, RepeatError> {
    let begun = Instant::now();
    let mut known = Known::default();
    let snapshot = snapshot::begin(folder, trader, plugins, &mut known)?;
    let seen = plugins.clone();
    let mut steps = Steps {
        trader,
        plugins: &seen,
        history,
        shared,
        known,
        shown: 0,
    };
    steps.show();
    let repeated = repeat(folder.path(), &mut steps, plugins, Steps::show_now_and_then)?;
    steps.show();
    Ok(Past {
        repeated,
        known: steps.known,
        snapshot,
        took: begun.elapsed(),
    })
}

/// What came back.
pub(crate) struct Past {
    pub(crate) repeated: Repeated,
    pub(crate) known: Known,
    /// The last input of the snapshot that was begun from.
    pub(crate) snapshot: Option<u64>,
    pub(crate) took: Duration,
}

impl Known {
    fn learn(&mut self, input: &Command, made: Made) {
        match input {
            Command::Start { strategy, .. } => match made {
                Some((loaded, _)) => drop(self.loaded.insert(*strategy, loaded)),
                None => drop(self.loaded.remove(strategy)),
            },
            Command::SwapBegin { strategy, .. } => {
                self.swaps.extend(made.map(|made| (*strategy, made)));
            }
            Command::SwapAbort { strategy, .. } | Command::Stop(strategy) => {
                self.swaps.remove(strategy);
            }
            _ => {}
        }
    }
}

/// An instance's plugin, as it was made.
type Made = Option<(Loaded, PluginView)>;

impl Steps<'_> {
    fn show_now_and_then(&mut self) {
        if self.trader.sequence() >= self.shown + SHOW_EVERY {
            self.show();
        }
    }

    fn show(&mut self) {
        self.shown = self.trader.sequence();
        self.trader.show();
        projection::show_pending(self.trader.outlet(), self.shared);
    }

    fn command(&mut self, sequenced: Sequenced<Input>, command: &Command) -> Result<(), StepError> {
        let begins = match command {
            Command::Start { strategy, .. } | Command::SwapBegin { strategy, .. } => {
                self.plugins.made(*strategy)
            }
            _ => None,
        };
        let stepped = self.trader.repeat(sequenced)?;
        if stepped.refusal().is_some() {
            return Ok(());
        }
        let shown = match command {
            Command::Start { strategy, .. } => {
                begins.as_ref().map(|(_, view)| (*strategy, view.clone()))
            }
            Command::SwapCommit(strategy) => self.take_over(*strategy, &stepped.effects),
            _ => None,
        };
        if let Some((strategy, view)) = shown {
            self.trader.note_plugin(strategy, view);
        }
        self.known.learn(command, begins);
        Ok(())
    }

    /// The candidate runs, if the engine had it.
    fn take_over(
        &mut self,
        strategy: StrategyId,
        effects: &[Effect],
    ) -> Option<(StrategyId, PluginView)> {
        let (loaded, view) = self.known.swaps.remove(&strategy)?;
        let committed = effects.iter().any(
            |effect| matches!(effect, Effect::Swap(id, SwapStage::Committed(_)) if *id == strategy),
        );
        if !committed {
            return None;
        }
        self.known.loaded.insert(strategy, loaded);
        Some((strategy, view))
    }
}

impl Stepper for Steps<'_> {
    fn engine(&mut self) -> &mut Engine {
        self.trader.engine()
    }

    fn step(&mut self, input: Sequenced<Input>) -> Result<(), StepError> {
        let market = match &input.input {
            Input::Quote(quote) => Some(MarketInput::Quote(*quote)),
            Input::Trade(trade) => Some(MarketInput::Trade(*trade)),
            Input::Bar(bar) => Some(MarketInput::Bar(*bar)),
            Input::Command(command) => {
                let command = command.clone();
                return self.command(input, &command);
            }
            Input::Define(_) => return self.trader.repeat(input).map(drop),
            _ => None,
        };
        if let Some(market) = market {
            self.history.record(&[market]);
        }
        self.trader.repeat_market(input)
    }
}

/// A swap that had begun and will not be finished is given up: its worker is gone.
pub(crate) fn give_up_swaps(trader: &mut Trader, known: &Known) {
    for strategy in known.swaps.keys() {
        let reason = "the host ended before the candidate took over".to_owned();
        trader.command(Command::SwapAbort {
            strategy: *strategy,
            reason,
        });
    }
}

/// Puts what is shown of a strategy's plugin on its way to readers.
pub(crate) fn plugin_item(engine: &Engine, strategy: StrategyId, view: PluginView) -> Item {
    Item::Plugin(engine.now(), strategy, Box::new(view))
}
