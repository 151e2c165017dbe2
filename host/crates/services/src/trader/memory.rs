//! What a trader keeps beside its engine, so that a host can come back: what was defined, what stopped
//! strategies saved, and who ran when the last run was ended. It follows from the journal, or comes from
//! a snapshot.

use engine::journal::codec::{Decode, DecodeError, Encode};
use engine::{Command, Definition, Effect, Engine, Input, StrategyState};
use model::{SavedState, StrategyId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Memory {
    /// In order; shared with those who take care of faults.
    pub(crate) definitions: Arc<Vec<Definition>>,
    /// By strategies that were told to stop, or to save.
    pub(crate) saved: BTreeMap<StrategyId, SavedState>,
    /// Who ran when the last run was ended, and whether it was paused; started again, nobody is here.
    pub(crate) going: BTreeMap<StrategyId, bool>,
}

/// What of an input is remembered, if the engine takes it.
pub(super) enum Noted {
    Nothing,
    Defined(Box<Definition>),
    /// Whether it goes on from what it saved.
    Started(StrategyId, bool),
    Saved,
    RunEnded,
}

impl Noted {
    pub(super) fn of(input: &Input) -> Self {
        match input {
            Input::Define(definition) => Self::Defined(definition.clone()),
            Input::Command(command) => match &**command {
                Command::Start {
                    strategy, state, ..
                } => Self::Started(*strategy, state.is_some()),
                Command::Stop(_) | Command::Save(_) => Self::Saved,
                Command::EndRun => Self::RunEnded,
                _ => Self::Nothing,
            },
            _ => Self::Nothing,
        }
    }
}

impl Memory {
    pub(super) fn learn(&mut self, noted: Noted, effects: &[Effect], engine: &Engine) {
        match noted {
            Noted::Nothing => {}
            Noted::Defined(definition) => Arc::make_mut(&mut self.definitions).push(*definition),
            Noted::Started(strategy, restored) => {
                self.going.remove(&strategy);
                let broke = effects.iter().any(
                    |effect| matches!(effect, Effect::Fault(broken, _) if *broken == strategy),
                );
                // What began afresh is not given later what another saved. One that broke did not begin.
                if !restored && !broke {
                    self.saved.remove(&strategy);
                }
            }
            Noted::Saved => {
                let saved = effects.iter().filter_map(|effect| match effect {
                    Effect::Saved(strategy, state) => Some((*strategy, state.clone())),
                    _ => None,
                });
                self.saved.extend(saved);
            }
            Noted::RunEnded => {
                let plugged = engine.strategies().filter(|(_, config)| !config.manual);
                let live = plugged.filter_map(|(id, _)| match engine.strategy_state(id)? {
                    StrategyState::Running => Some((id, false)),
                    StrategyState::Paused => Some((id, true)),
                    _ => None,
                });
                self.going = live.collect();
            }
        }
    }

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
}

impl Encode for Memory {
    fn encode(&self, out: &mut Vec<u8>) {
        let Self {
            definitions,
            saved,
            going,
        } = self;
        (&**definitions, saved, going).encode(out);
    }
}

impl Decode for Memory {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (definitions, saved, going): (Vec<Definition>, _, _) = Decode::decode(from)?;
        Ok(Self {
            definitions: Arc::new(definitions),
            saved,
            going,
        })
    }
}
