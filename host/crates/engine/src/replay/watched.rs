//! A replay that also looks, now and then and at its end, whether the promises of the core hold. Builds for
//! release do not look while they trade.

use super::{ReplayError, Stepper};
use crate::engine::{Engine, StepError};
use crate::input::{Input, Sequenced};
use crate::invariants::{self, Violation};
use std::num::NonZeroU64;

/// How an engine is looked at between two steps.
pub type Look = fn(&Engine) -> Result<(), Violation>;

/// An engine that is looked at after every so many inputs.
pub struct Watched {
    engine: Engine,
    every: NonZeroU64,
    look: Look,
    looks: u64,
}

impl Watched {
    /// Looks for every invariant that a state can show. The engine's journal was made by
    /// [`Journal::repeating`](crate::Journal::repeating).
    pub fn new(engine: Engine, every: NonZeroU64) -> Self {
        Self::by(engine, every, invariants::check_all)
    }

    /// Looks in another way.
    pub fn by(engine: Engine, every: NonZeroU64, look: Look) -> Self {
        Self {
            engine,
            every,
            look,
            looks: 0,
        }
    }

    /// Looks once more, when all was stepped; says how often it was looked.
    ///
    /// # Errors
    /// [`ReplayError::Broken`].
    pub fn end(&mut self) -> Result<u64, ReplayError> {
        self.looks += 1;
        let looked = (self.look)(&self.engine);
        looked.map_err(|violation| ReplayError::Broken {
            sequence: self.engine.sequence(),
            violation,
        })?;
        Ok(self.looks)
    }
}

impl Stepper for Watched {
    fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    fn step(&mut self, input: Sequenced<Input>) -> Result<(), StepError> {
        self.engine.step(input).map(drop)
    }

    fn look(&mut self) -> Result<(), Violation> {
        if !self.engine.sequence().is_multiple_of(self.every.get()) {
            return Ok(());
        }
        self.looks += 1;
        (self.look)(&self.engine)
    }
}
