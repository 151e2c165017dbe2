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
use crate::projection::{self, Shared};
use crate::strategy::versions::Version;
use crate::trader::Trader;
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
use store::BookRow;

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

/// What was gathered beside the engine: candidates that had begun to catch up.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) swaps: BTreeMap<StrategyId, Version>,
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
    let snapshot = snapshot::begin(folder, trader, plugins)?;
    let seen = plugins.clone();
    let mut steps = Steps {
        trader,
        plugins: &seen,
        history,
        shared,
        known: Known::default(),
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
        let made = match command {
            Command::Start { strategy, .. }
            | Command::SwapBegin { strategy, .. }
            | Command::CanaryBegin { strategy, .. } => self.plugins.made(*strategy),
            _ => None,
        };
        let stepped = self.trader.repeat(sequenced)?;
        if stepped.refusal().is_some() {
            return Ok(());
        }
        match command {
            Command::Start { strategy, .. } => {
                made.into_iter()
                    .for_each(|version| self.trader.started(*strategy, version));
            }
            Command::SwapBegin { strategy, .. } | Command::CanaryBegin { strategy, .. } => {
                let swaps = &mut self.known.swaps;
                swaps.extend(made.map(|version| (*strategy, version)));
            }
            Command::SwapAbort { strategy, .. } | Command::Stop(strategy) => {
                self.known.swaps.remove(strategy);
            }
            Command::SwapCommit(strategy) => self.take_over(*strategy, &stepped.effects),
            _ => {}
        }
        Ok(())
    }

    /// The candidate runs, if the engine had it.
    fn take_over(&mut self, strategy: StrategyId, effects: &[Effect]) {
        let committed = effects.iter().any(
            |effect| matches!(effect, Effect::Swap(id, SwapStage::Committed(_)) if *id == strategy),
        );
        let swapped = self.known.swaps.remove(&strategy);
        if let Some(version) = swapped.filter(|_| committed) {
            self.trader.took_over(strategy, version);
        }
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
            Input::Book(update) => {
                let rows = BookRow::of(update).into_iter().map(MarketInput::Book);
                self.history.record(&rows.collect::<Vec<_>>());
                None
            }
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

/// A version that came back by a snapshot may have forgotten what it did not save, and so may the one
/// before: there is nothing to go back to. Where both trade, the one that was trusted goes on alone.
pub(crate) fn end_probations(trader: &mut Trader) {
    let engine = trader.engine();
    let strategies = engine.strategies().map(|(id, _)| id);
    let watched = strategies.filter(|id| engine.probation(*id).is_some());
    let watched: Vec<StrategyId> = watched.collect();
    for strategy in watched {
        let reason = "the host came back by a snapshot".to_owned();
        let shares = trader.engine().canary(strategy).is_some();
        trader.command(match shares {
            true => Command::CanaryEnd { strategy, reason },
            false => Command::EndProbation { strategy, reason },
        });
    }
}

/// A shadow is not stepped again: what it had seen is gone.
pub(crate) fn end_shadows(trader: &mut Trader) {
    let engine = trader.engine();
    let strategies = engine.strategies().map(|(id, _)| id);
    let shadowed = strategies.filter(|id| engine.shadow(*id).is_some());
    let shadowed: Vec<StrategyId> = shadowed.collect();
    for strategy in shadowed {
        trader.end_shadow(strategy, "restart".to_owned());
    }
}
