//! Running a journal again: every input goes through a fresh engine, strategies and all, and every
//! byte the engine journals must be the byte that was journaled then.

use crate::algorithms::Custom;
use crate::engine::{Caller, Engine, StepError};
use crate::input::{
    AlgorithmConfig, Command, Definition, Input, Judged, Outcome, RuleConfig, Sequenced,
    VenueConfig, Worked,
};
use crate::journal::reader::{ReadError, Reader, Record};
use crate::journal::{Journal, JournalHash, MAGIC, Sink, SinkError};
use crate::strategies::Staged;
use model::{
    AlgorithmMaker, FaultKind, ModelKind, ModelSpec, PluginHash, PreTradeRule, Strategy,
    StrategyId, VenueModel,
};
use std::io::Read;

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

    /// A model that a venue's definition names. Without it the journal cannot be run again.
    fn make_model(&mut self, kind: ModelKind, spec: &ModelSpec) -> Result<VenueModel, String> {
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
        /// The input during or before which the first different byte was written, within a block.
        sequence: u64,
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

/// Steps a fresh engine through a journal and compares. `again` must give the same bytes anew.
pub fn verify<R: Read, S: Read + Send + 'static>(
    from: R,
    mut again: S,
    instances: &mut dyn Instances,
) -> Result<Replayed, ReplayError> {
    let mut reader = Reader::new(from)?;
    let mut magic = [0; MAGIC.len()];
    again
        .read_exact(&mut magic)
        .map_err(|_| ReadError::NotAJournal)?;
    let sink = Comparison {
        expected: again,
        buffer: Vec::new(),
    };
    let mut engine = Engine::new(Journal::with_sink(Box::new(sink)));
    let mut run = Run {
        engine: &mut engine,
        instances,
        pending: None,
    };
    let mut sealed = None;
    while let Some(record) = reader.next_record()? {
        match record {
            Record::Input(input) => run.input(input)?,
            Record::Strategy(strategy, call, Outcome::Fault(fault))
                if fault.kind == FaultKind::Deadline =>
            {
                // The wall clock ended this call then; it must end the same call now.
                let caller = Caller::Strategy(strategy);
                run.engine.expect_fault(caller, call, fault);
            }
            Record::Algorithm(parent, call, Worked::Fault(fault))
                if fault.kind == FaultKind::Deadline =>
            {
                let caller = Caller::Algorithm(parent);
                run.engine.expect_fault(caller, call, fault);
            }
            Record::Rule(rule, call, _, Judged::Fault(fault))
                if fault.kind == FaultKind::Deadline =>
            {
                let caller = Caller::Rule(rule);
                run.engine.expect_fault(caller, call, fault);
            }
            Record::Seal(hash) => sealed = Some(hash),
            _ => {}
        }
    }
    run.finish()?;
    finish(&mut engine, &reader, sealed)
}

fn finish<R: Read>(
    engine: &mut Engine,
    reader: &Reader<R>,
    sealed: Option<JournalHash>,
) -> Result<Replayed, ReplayError> {
    let hash = reader.hash();
    if let Some(sealed) = sealed.filter(|sealed| *sealed != hash) {
        return Err(ReplayError::Altered { sealed, hash });
    }
    let same = engine.journal().commit().is_ok() && engine.journal().hash() == hash;
    if !same {
        return Err(ReplayError::Differs {
            sequence: engine.sequence(),
        });
    }
    let (inputs, records) = (engine.sequence(), reader.records());
    Ok(Replayed {
        inputs,
        records,
        hash,
        sealed: sealed.is_some(),
    })
}

/// Holds each input back until the records it led to are read, because they may name a fault to
/// repeat.
struct Run<'a> {
    engine: &'a mut Engine,
    instances: &'a mut dyn Instances,
    pending: Option<Sequenced<Input>>,
}

impl Run<'_> {
    fn input(&mut self, input: Sequenced<Input>) -> Result<(), ReplayError> {
        self.finish()?;
        self.pending = Some(input);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReplayError> {
        let Some(input) = self.pending.take() else {
            return Ok(());
        };
        let sequence = input.sequence;
        self.stage(&input)?;
        self.engine.step(input)?;
        if self.engine.journal().is_writable() {
            Ok(())
        } else {
            Err(ReplayError::Differs { sequence })
        }
    }

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
}

impl Run<'_> {
    fn stage_models(&mut self, config: &VenueConfig, sequence: u64) -> Result<(), ReplayError> {
        let problem = |reason: String| ReplayError::Model {
            sequence,
            venue: config.name.clone(),
            reason,
        };
        for (kind, spec) in config.models.named() {
            let model = self.instances.make_model(kind, spec).map_err(problem)?;
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

/// A sink that compares instead of writing.
struct Comparison<S> {
    expected: S,
    buffer: Vec<u8>,
}

impl<S: Read + Send> Sink for Comparison<S> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.buffer.resize(bytes.len(), 0);
        let whole = self.expected.read_exact(&mut self.buffer).is_ok();
        if whole && self.buffer == bytes {
            Ok(())
        } else {
            Err(SinkError("different".to_owned()))
        }
    }
}
