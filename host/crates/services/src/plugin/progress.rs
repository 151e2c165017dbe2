//! How far a plugin is on its way into a host, told to whoever waits for it. Nothing depends on who listens.

use std::fmt;
use std::sync::Arc;

/// What was done with a plugin by now, or is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PluginStage {
    /// All of the request is here.
    Received,
    /// Its bytes were read, and its signature was checked.
    Read,
    /// It is a component that fits a world.
    Validated,
    /// It is being compiled.
    Compiling,
    /// It said what it is, and what events cost it was measured.
    Tried,
    /// It is kept, with its record.
    Stored,
}

impl PluginStage {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Read => "READ",
            Self::Validated => "VALIDATED",
            Self::Compiling => "COMPILING",
            Self::Tried => "TRIED",
            Self::Stored => "STORED",
        }
    }

    /// How much of the work is done by then, from 0 to 1, as a large component takes it: nearly all of the time
    /// goes to the compiler, which does not say how far it is.
    pub const fn share(self) -> f64 {
        match self {
            Self::Received => 0.05,
            Self::Read => 0.1,
            Self::Validated => 0.2,
            Self::Compiling => 0.25,
            Self::Tried => 0.9,
            Self::Stored => 0.95,
        }
    }
}

/// Who is told how far a plugin is; by default nobody. Cheap to clone.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(PluginStage) + Send + Sync>>);

impl Progress {
    /// Tells this function, which must not block.
    pub fn new(told: impl Fn(PluginStage) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// A plugin is so far.
    pub fn tell(&self, stage: PluginStage) {
        if let Some(told) = &self.0 {
            told(stage);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

/// What is asked is the same whoever listens.
impl PartialEq for Progress {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Progress {}
