//! An engine with a sequence counter: how backtests and benches step it.

use crate::universe::Universe;
use engine::{
    Command, Custom, Definition, Effect, Engine, Input, Journal, Sequenced, Staged, StepError,
};
use model::{HistoryBlock, PluginHash, Strategy, StrategyId, Timestamp};
use store::MarketEvent;

/// An engine under the control of one loop.
pub struct Session {
    engine: Engine,
}

impl Session {
    /// A fresh engine that knows `universe` from `now` on.
    pub fn new(journal: Journal, universe: &Universe, now: Timestamp) -> Result<Self, StepError> {
        let mut session = Self {
            engine: Engine::new(journal),
        };
        for definition in universe.definitions() {
            session.define(definition.clone(), now)?;
        }
        Ok(session)
    }

    /// Defines one thing more.
    pub fn define(&mut self, definition: Definition, now: Timestamp) -> Result<(), StepError> {
        self.step(now, Input::Define(Box::new(definition)))
            .map(|_effects| ())
    }

    /// Defines an algorithm or a rule together with the plugin behind it; fails with the engine's
    /// reason where it takes none.
    pub fn define_custom(
        &mut self,
        definition: Definition,
        custom: Custom,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        self.engine.stage_custom(custom);
        let effects = self.step(now, Input::Define(Box::new(definition)))?;
        let refused = effects.iter().find_map(|effect| match effect {
            Effect::Ignored(why) => Some(why.to_string()),
            _ => None,
        });
        refused.map_or(Ok(()), |why| Err(anyhow::anyhow!(why)))
    }

    /// Starts a strategy with an instance.
    pub fn start(
        &mut self,
        strategy: StrategyId,
        plugin: PluginHash,
        parameters: &[(String, String)],
        instance: Box<dyn Strategy>,
        history: Vec<HistoryBlock>,
    ) -> Result<&[Effect], StepError> {
        // An unknown strategy gives the instance back, and the engine then refuses the command.
        let _unknown = self.engine.stage(strategy, Staged::Instance(instance));
        let parameters = parameters.to_vec();
        let command = Command::Start {
            strategy,
            plugin,
            parameters,
            state: None,
            history,
        };
        self.step(self.engine.now(), Input::Command(Box::new(command)))
    }

    /// Feeds one market event at its own time.
    #[inline]
    pub fn feed(&mut self, event: MarketEvent) -> Result<&[Effect], StepError> {
        let time = event.ts_init();
        let input = match event {
            MarketEvent::Quote(quote) => Input::Quote(quote),
            MarketEvent::Trade(trade) => Input::Trade(trade),
            MarketEvent::Bar(bar) => Input::Bar(bar),
        };
        self.step(time, input)
    }

    /// Steps the engine with the next sequence.
    #[inline]
    pub fn step(&mut self, time: Timestamp, input: Input) -> Result<&[Effect], StepError> {
        let sequence = self.engine.sequence() + 1;
        self.engine.step(Sequenced {
            sequence,
            time,
            input,
        })
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, to take apart.
    pub fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }
}
