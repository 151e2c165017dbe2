//! An engine with a sequence counter: how backtests and benches step it.

use engine::{
    Command, Custom, Definition, Effect, Engine, Input, Journal, Sequenced, Staged, StepError,
};
use model::{HistoryBlock, PluginHash, Strategy, StrategyId, Timestamp};
use services::venue_models::StagedModels;
use store::{BookBatches, BookRow, MarketEvent};

/// An engine under the control of one loop.
pub struct Session {
    engine: Engine,
    books: BookBatches,
}

impl Session {
    /// A fresh engine that knows `definitions` from `now` on, with the models that its venues name.
    /// Fails with the engine's reason where it does not take one.
    pub fn new(
        journal: Journal,
        definitions: Vec<Definition>,
        models: StagedModels,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let mut engine = Engine::new(journal);
        for (venue, model) in models {
            let staged = engine.stage_model(&venue, model);
            staged.map_err(|_| anyhow::anyhow!("venue {venue}: too many models"))?;
        }
        let mut session = Self {
            engine,
            books: BookBatches::default(),
        };
        for definition in definitions {
            session.define(definition, now)?;
        }
        Ok(session)
    }

    /// Defines one thing more; fails with the engine's reason where it does not take it.
    pub fn define(&mut self, definition: Definition, now: Timestamp) -> anyhow::Result<()> {
        let effects = self.step(now, Input::Define(Box::new(definition)))?;
        let refused = effects.iter().find_map(|effect| match effect {
            Effect::Ignored(why) => Some(why.to_string()),
            _ => None,
        });
        refused.map_or(Ok(()), |why| Err(anyhow::anyhow!(why)))
    }

    /// Defines an algorithm or a rule together with the plugin behind it; fails as [`Self::define`].
    pub fn define_custom(
        &mut self,
        definition: Definition,
        custom: Custom,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        self.engine.stage_custom(custom);
        self.define(definition, now)
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
            MarketEvent::Book(row) => return self.feed_row(&row),
        };
        self.step(time, input)
    }

    /// Of a batch of changes of a book the engine is told when the last row comes; rows before have no
    /// effects. Apart from the rest, which is small enough to be compiled into whoever feeds.
    #[inline(never)]
    fn feed_row(&mut self, row: &BookRow) -> Result<&[Effect], StepError> {
        match self.books.push(row) {
            Some(update) => self.step(row.ts_init, Input::Book(Box::new(update))),
            None => Ok(&[]),
        }
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
