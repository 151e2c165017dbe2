//! How a host comes back: its journal is stepped again through a fresh engine, plugins and all, and
//! must give the same records; then it goes on where the journal ends.
//!
//! What operators meant (paused, killed, limits, swaps) and what the simulated venue holds is engine
//! state, so it comes back by construction. What the engine does not hold is gathered on the way:
//! which plugin fills which strategy, what it saved last, and who ran when the last run was ended.

mod configuration;
mod plugins;

use crate::history::History;
use crate::inbox::MarketInput;
use crate::outlet::Item;
use crate::projection::{self, Shared};
use crate::strategy::Loaded;
use crate::trader::Trader;
use crate::view::PluginView;
pub(crate) use configuration::missing;
use engine::replay::Stepper;
use engine::{
    Command, Definition, Effect, Engine, Input, Sequenced, StepError, StrategyState, SwapStage,
};
use journal::{Cut, Folder, RepeatError, Repeated, repeat};
use model::{SavedState, StrategyId};
pub(crate) use plugins::KeptPlugins;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Inputs stepped before readers' model is brought up to date.
const SHOW_EVERY: u64 = 4_096;

/// What a host found in its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Inputs stepped again.
    pub inputs: u64,
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
    /// What was defined, in order.
    pub(crate) definitions: Vec<Definition>,
    pub(crate) strategies: BTreeMap<StrategyId, KnownStrategy>,
    /// Candidates that had begun to catch up.
    pub(crate) swaps: BTreeMap<StrategyId, (Loaded, PluginView)>,
    /// Who ran when the last run was ended, and whether it was paused.
    going: BTreeMap<StrategyId, bool>,
}

/// What a strategy has outside of the engine.
#[derive(Default)]
pub(crate) struct KnownStrategy {
    pub(crate) loaded: Option<Loaded>,
    pub(crate) saved: Option<SavedState>,
}

/// A trader that is stepped through its past.
struct Past<'a> {
    trader: &'a mut Trader,
    plugins: &'a KeptPlugins,
    history: &'a History,
    shared: &'a Shared,
    known: Known,
    shown: u64,
}

/// Steps a trader with a fresh engine through everything a folder holds.
pub(crate) fn recover(
    folder: &Folder,
    trader: &mut Trader,
    plugins: &mut KeptPlugins,
    history: &History,
    shared: &Shared,
) -> Result<(Repeated, Known, Duration), RepeatError> {
    let begun = Instant::now();
    let seen = plugins.clone();
    let mut past = Past {
        trader,
        plugins: &seen,
        history,
        shared,
        known: Known::default(),
        shown: 0,
    };
    let repeated = repeat(folder.path(), &mut past, plugins, Past::show_now_and_then)?;
    past.show();
    let known = past.known;
    Ok((repeated, known, begun.elapsed()))
}

impl Known {
    /// Who is started again, by name: stopped by the end of the last run and by nobody since.
    pub(crate) fn going(&self, engine: &Engine) -> Vec<(String, bool)> {
        let strategies = engine.strategies();
        let going = strategies.filter_map(|(id, config)| {
            let paused = *self.going.get(&id)?;
            let stopped = engine.strategy_state(id) == Some(StrategyState::Stopped);
            stopped.then(|| (config.name.clone(), paused))
        });
        going.collect()
    }

    fn learn(&mut self, input: &Command, effects: &[Effect], engine: &Engine, made: Made) {
        let saved = effects.iter().rev().find_map(|effect| match effect {
            Effect::Saved(strategy, state) => Some((*strategy, state.clone())),
            _ => None,
        });
        if let (Command::Stop(_), Some((strategy, state))) = (input, saved) {
            self.strategies.entry(strategy).or_default().saved = Some(state);
        }
        match input {
            Command::Start { strategy, .. } => {
                self.going.remove(strategy);
                let place = self.strategies.entry(*strategy).or_default();
                place.loaded = made.map(|(loaded, _)| loaded);
            }
            Command::SwapBegin { strategy, .. } => {
                self.swaps.extend(made.map(|made| (*strategy, made)));
            }
            Command::SwapAbort { strategy, .. } | Command::Stop(strategy) => {
                self.swaps.remove(strategy);
            }
            Command::EndRun => {
                let plugged = engine.strategies().filter(|(_, config)| !config.manual);
                let live = plugged.filter_map(|(id, _)| match engine.strategy_state(id)? {
                    StrategyState::Running => Some((id, false)),
                    StrategyState::Paused => Some((id, true)),
                    _ => None,
                });
                self.going = live.collect();
            }
            _ => {}
        }
    }
}

/// An instance's plugin, as it was made.
type Made = Option<(Loaded, PluginView)>;

impl Past<'_> {
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
        self.known
            .learn(command, &stepped.effects, self.trader.engine(), begins);
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
        self.known.strategies.entry(strategy).or_default().loaded = Some(loaded);
        Some((strategy, view))
    }
}

impl Stepper for Past<'_> {
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
            Input::Define(definition) => {
                let definition = (**definition).clone();
                if self.trader.repeat(input)?.refusal().is_none() {
                    self.known.definitions.push(definition);
                }
                return Ok(());
            }
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
