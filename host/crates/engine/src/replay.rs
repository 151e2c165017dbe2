//! Running a journal again: every input goes through a fresh engine, strategies and all, and every
//! byte the engine journals must be the byte that was journaled then.

mod watched;

use crate::algorithms::Custom;
use crate::engine::{Caller, Engine, StepError};
use crate::input::{
    AlgorithmConfig, Command, Definition, Input, Judged, Outcome, RuleConfig, Sequenced,
    VenueConfig, Worked,
};
use crate::invariants::Violation;
use crate::journal::reader::{ReadError, Reader, Record};
use crate::journal::{Journal, JournalHash};
use crate::probation::Probed;
use crate::strategies::Staged;
use model::{
    AlgorithmMaker, Fault, FaultKind, ModelKind, ModelSpec, PluginHash, PreTradeRule, Strategy,
    StrategyId, VenueModel,
};
use std::io::Read;
pub use watched::{Look, Watched};

/// Makes the instances and models a journal names, as they were made then.
pub trait Instances {
    /// A fresh instance of the plugin, made for `strategy` with these parameters.
    fn make(
        &mut self,
        engine: &Engine,
        strategy: StrategyId,
        plugin: PluginHash,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String>;

    /// A model that the definition of `venue` names. Without it the journal cannot be run again.
    fn make_model(
        &mut self,
        venue: &str,
        kind: ModelKind,
        spec: &ModelSpec,
    ) -> Result<VenueModel, String> {
        let _ = venue;
        let (kind, name) = (kind.name(), &spec.name);
        Err(format!("there is no {kind} model `{name}` here"))
    }

    /// What makes instances of an execution algorithm.
    fn algorithm(
        &mut self,
        engine: &Engine,
        config: &AlgorithmConfig,
    ) -> Result<Box<dyn AlgorithmMaker>, String> {
        let _ = engine;
        Err(format!("no algorithm {} here", config.name))
    }

    /// A fresh instance of a custom pre-trade rule.
    fn rule(
        &mut self,
        engine: &Engine,
        config: &RuleConfig,
    ) -> Result<Box<dyn PreTradeRule>, String> {
        let _ = engine;
        Err(format!("no rule {} here", config.name))
    }
}

/// What a replay found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Inputs stepped through.
    pub inputs: u64,
    /// Records compared.
    pub records: u64,
    /// The hash, equal to the journal's.
    pub hash: JournalHash,
    /// Whether the journal ends with a seal, that is, the run ended by itself.
    pub sealed: bool,
}

/// Why a replay failed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The engine refused an input that it took then.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A plugin could not be made.
    #[error("at sequence {sequence}: {reason}")]
    Plugin {
        /// The input that names it.
        sequence: u64,
        /// Why.
        reason: String,
    },
    /// A model of a venue could not be made.
    #[error("at sequence {sequence}: venue {venue}: {reason}")]
    Model {
        /// The input that names it.
        sequence: u64,
        /// The venue whose it is.
        venue: String,
        /// Why.
        reason: String,
    },
    /// The engine journaled something else than then.
    #[error("the run differs from the journal at sequence {sequence}")]
    Differs {
        /// The input that led to the first other record.
        sequence: u64,
    },
    /// A promise of the core does not hold. The run repeats it, so it did not hold then either.
    #[error("after the input {sequence}: {violation}")]
    Broken {
        /// The input after which it was found.
        sequence: u64,
        /// Which, and what was found.
        violation: Violation,
    },
    /// The seal does not match the records before it.
    #[error("the journal was altered: it is sealed with {sealed}, its records hash to {hash}")]
    Altered {
        /// The hash in the seal.
        sealed: JournalHash,
        /// The hash of the records.
        hash: JournalHash,
    },
}

/// Steps a fresh engine through a journal and compares each record with those it makes.
///
/// # Errors
/// See [`ReplayError`]; the first difference, by the input that led to it.
pub fn verify<R: Read>(from: R, instances: &mut dyn Instances) -> Result<Replayed, ReplayError> {
    verify_on(from, &mut Engine::new(Journal::repeating()), instances)
}

/// The same on somebody who has a fresh engine and does more with it.
///
/// # Errors
/// See [`ReplayError`].
pub fn verify_on<R: Read>(
    from: R,
    on: &mut dyn Stepper,
    instances: &mut dyn Instances,
) -> Result<Replayed, ReplayError> {
    let mut reader = Reader::new(from)?;
    let mut replay = Replay::default();
    while let Some(record) = reader.next_record()? {
        replay.take(record, reader.last_frame(), on, instances)?;
    }
    let hash = replay.settle(on, instances)?;
    Ok(Replayed {
        inputs: on.engine().sequence(),
        records: reader.records(),
        hash,
        sealed: replay.is_sealed(),
    })
}

/// Stages what an input names (an instance, a custom part, models of a venue), for an engine that is
/// not the one of the run.
///
/// # Errors
/// [`ReplayError::Plugin`] and [`ReplayError::Model`]: it cannot be made.
pub fn stage(
    engine: &mut Engine,
    input: &Sequenced<Input>,
    instances: &mut dyn Instances,
) -> Result<(), ReplayError> {
    Stage { engine, instances }.stage(input)
}

/// What a replay steps: an engine, or somebody who has one and does more with what it says.
pub trait Stepper {
    /// The engine, whose journal was made by [`Journal::repeating`].
    fn engine(&mut self) -> &mut Engine;

    /// Steps it.
    ///
    /// # Errors
    /// What the engine refuses.
    fn step(&mut self, input: Sequenced<Input>) -> Result<(), StepError>;

    /// Looks, after a step, whether what must always hold does.
    ///
    /// # Errors
    /// What does not hold.
    fn look(&mut self) -> Result<(), Violation> {
        Ok(())
    }
}

impl Stepper for Engine {
    fn engine(&mut self) -> &mut Engine {
        self
    }

    fn step(&mut self, input: Sequenced<Input>) -> Result<(), StepError> {
        Engine::step(self, input).map(drop)
    }
}

/// A replay, record by record. It holds each input back until the records it led to are read,
/// because they may name a fault to repeat.
#[derive(Default)]
pub struct Replay {
    pending: Option<Sequenced<Input>>,
    sealed: bool,
}

impl Replay {
    /// Whether the last record was a seal.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Takes the next record, with the bytes of its frame.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn take(
        &mut self,
        record: Record,
        frame: &[u8],
        on: &mut dyn Stepper,
        instances: &mut dyn Instances,
    ) -> Result<(), ReplayError> {
        match record {
            Record::Input(input) => {
                self.step(on, instances)?;
                self.sealed = false;
                self.pending = Some(input);
            }
            Record::Seal(sealed) => {
                let hash = self.settle(on, instances)?;
                self.sealed = true;
                if sealed != hash {
                    return Err(ReplayError::Altered { sealed, hash });
                }
                return Ok(());
            }
            // The wall clock ended this call then; it must end the same call now.
            Record::Strategy(strategy, call, Outcome::Fault(fault)) => {
                expect(on.engine(), Caller::Strategy(strategy), call, fault);
            }
            Record::Algorithm(parent, call, Worked::Fault(fault)) => {
                expect(on.engine(), Caller::Algorithm(parent), call, fault);
            }
            Record::Rule(rule, call, _, Judged::Fault(fault)) => {
                expect(on.engine(), Caller::Rule(rule), call, fault);
            }
            Record::Probation(strategy, Probed::Broke(call, fault)) => {
                expect(on.engine(), Caller::Warm(strategy), call, fault);
            }
            Record::Model(broke) if broke.fault.kind == FaultKind::Deadline => {
                on.engine().expect_model_fault(broke);
            }
            _ => {}
        }
        on.engine().journal().expect(frame);
        Ok(())
    }

    /// Steps the input that was held back, since no more records of it come; returns the hash so far.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn settle(
        &mut self,
        on: &mut dyn Stepper,
        instances: &mut dyn Instances,
    ) -> Result<JournalHash, ReplayError> {
        self.step(on, instances)?;
        let sequence = on.engine().sequence();
        if on.engine().journal().is_as_expected() {
            Ok(on.engine().journal().hash())
        } else {
            Err(ReplayError::Differs { sequence })
        }
    }

    fn step(
        &mut self,
        on: &mut dyn Stepper,
        instances: &mut dyn Instances,
    ) -> Result<(), ReplayError> {
        let Some(input) = self.pending.take() else {
            return Ok(());
        };
        let sequence = input.sequence;
        let engine = on.engine();
        Stage { engine, instances }.stage(&input)?;
        on.step(input)?;
        if !on.engine().journal().is_as_expected() {
            return Err(ReplayError::Differs { sequence });
        }
        on.look().map_err(|violation| ReplayError::Broken {
            sequence,
            violation,
        })
    }
}

fn expect(engine: &mut Engine, caller: Caller, call: u64, fault: Fault) {
    if fault.kind == FaultKind::Deadline {
        engine.expect_fault(caller, call, fault);
    }
}

/// Makes what an input names before it is stepped.
struct Stage<'a> {
    engine: &'a mut Engine,
    instances: &'a mut dyn Instances,
}

impl Stage<'_> {
    fn stage(&mut self, input: &Sequenced<Input>) -> Result<(), ReplayError> {
        if let Input::Define(definition) = &input.input {
            if let Definition::Venue(config) = &**definition {
                return self.stage_models(config, input.sequence);
            }
            let staged = self.stage_custom(definition);
            return staged.map_err(|reason| ReplayError::Plugin {
                sequence: input.sequence,
                reason,
            });
        }
        let Input::Command(command) = &input.input else {
            return Ok(());
        };
        let (Command::Start {
            strategy,
            plugin,
            parameters,
            ..
        }
        | Command::SwapBegin {
            strategy,
            plugin,
            parameters,
            ..
        }
        | Command::CanaryBegin {
            strategy,
            plugin,
            parameters,
            ..
        }) = &**command
        else {
            return Ok(());
        };
        let made = self
            .instances
            .make(self.engine, *strategy, *plugin, parameters);
        let instance = made.map_err(|reason| ReplayError::Plugin {
            sequence: input.sequence,
            reason,
        })?;
        // An unknown strategy was refused then, and the engine will refuse it again.
        let _unknown = self.engine.stage(*strategy, Staged::Instance(instance));
        Ok(())
    }

    fn stage_models(&mut self, config: &VenueConfig, sequence: u64) -> Result<(), ReplayError> {
        let problem = |reason: String| ReplayError::Model {
            sequence,
            venue: config.name.clone(),
            reason,
        };
        for (kind, spec) in config.models.named() {
            let made = self.instances.make_model(&config.name, kind, spec);
            let model = made.map_err(problem)?;
            if model.kind() != kind {
                let reason = format!("`{}` is no {} model", spec.name, kind.name());
                return Err(problem(reason));
            }
            let staged = self.engine.stage_model(&config.name, model);
            staged.map_err(|_| problem("too many models wait to be used".to_owned()))?;
        }
        Ok(())
    }

    fn stage_custom(&mut self, definition: &Definition) -> Result<(), String> {
        let custom = match definition {
            Definition::Algorithm(config) => {
                Custom::Algorithm(self.instances.algorithm(self.engine, config)?)
            }
            Definition::Rule(config) => Custom::Rule(self.instances.rule(self.engine, config)?),
            _ => return Ok(()),
        };
        self.engine.stage_custom(custom);
        Ok(())
    }
}
