//! Stepping what a journal says again, before the thread begins.

use super::memory::Memory;
use super::{Stepped, Trader};
use crate::outlet::Outlet;
use crate::plugin::Made;
use engine::journal::Sink;
use engine::{Command, Engine, Input, Sequenced, Staged, StepError, SwapTerms};
use model::{HistoryBlock, PluginHash, StrategyId};

impl Trader {
    /// The engine.
    pub(crate) fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// The last input.
    pub(crate) fn sequence(&self) -> u64 {
        self.engine.sequence()
    }

    /// What it keeps beside its engine.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Who is started again, by name.
    pub(crate) fn going(&self) -> Vec<(String, bool)> {
        self.memory.going(&self.engine)
    }

    /// Where its effects go.
    pub(crate) fn outlet(&self) -> &Outlet {
        &self.outlet
    }

    /// Steps a command or a definition of the journal at its own place.
    ///
    /// # Errors
    /// The place is not the next.
    pub(crate) fn repeat(&mut self, input: Sequenced<Input>) -> Result<Stepped, StepError> {
        self.is_next(&input)?;
        Ok(self.step(input.input, Some(input.time)))
    }

    /// Steps anything else of the journal.
    ///
    /// # Errors
    /// The place is not the next.
    pub(crate) fn repeat_market(&mut self, input: Sequenced<Input>) -> Result<(), StepError> {
        self.is_next(&input)?;
        let instrument = match &input.input {
            Input::Quote(quote) => Some(quote.instrument),
            Input::Trade(trade) => Some(trade.instrument),
            Input::Bar(bar) => Some(bar.instrument),
            Input::Mark(mark) => Some(mark.instrument),
            Input::Book(update) => Some(update.instrument),
            Input::Status(status) => Some(status.instrument),
            _ => None,
        };
        self.advance(input.input, input.time);
        if let Some(instrument) = instrument {
            self.touched.push(instrument);
            self.sampler.note(instrument);
        }
        Ok(())
    }

    fn is_next(&self, input: &Sequenced<Input>) -> Result<(), StepError> {
        let (expected, now) = (self.engine.sequence() + 1, self.engine.now());
        if input.sequence != expected {
            let got = input.sequence;
            return Err(StepError::Sequence { expected, got });
        }
        if input.time < now {
            let got = input.time;
            return Err(StepError::Time { now, got });
        }
        Ok(())
    }

    /// From here on what happens is new, and goes to `sink`. Messages that the past led to are not
    /// sent again: nobody knows which of them were.
    pub(crate) fn go_on(&mut self, sink: Box<dyn Sink>) {
        self.outbound.clear();
        self.engine.journal().go_on(sink);
    }

    /// Swaps a strategy's instance for one of the same plugin before the thread begins. Where that fails
    /// the instance goes on that is there.
    pub(crate) fn renew(
        &mut self,
        (strategy, plugin): (StrategyId, PluginHash),
        made: Made,
        history: Vec<HistoryBlock>,
    ) {
        // An unknown strategy is refused by the command.
        let _unknown = self.engine.stage(strategy, Staged::Instance(made.instance));
        let parameters = made.parameters;
        self.command(Command::SwapBegin {
            strategy,
            plugin,
            parameters,
            terms: SwapTerms::default(),
            history,
        });
        self.command(Command::SwapCommit(strategy));
    }

    /// Steps a command before the thread begins.
    pub(crate) fn command(&mut self, command: Command) {
        self.step(Input::Command(Box::new(command)), None);
    }
}
