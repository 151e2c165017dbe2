//! The strategies' places: what runs in each, its state, its timers, its host-kept values.

use crate::agenda::Ticket;
use crate::candidate::Candidate;
use crate::effect::StrategyState;
use crate::input::StrategyConfig;
use model::{Event, PluginHash, StartSnapshot, Strategy, StrategyId, Subscription, Timestamp};
use std::collections::BTreeMap;

/// Passes a candidate's events to where it catches up, usually another thread.
pub trait Recorder: Send {
    /// The candidate starts from this.
    fn start(&mut self, now: Timestamp, snapshot: StartSnapshot);

    /// An event for the candidate. What cannot be passed on must make the swap fail later.
    fn record(&mut self, now: Timestamp, event: &Event);
}

/// An instance given to the engine before the input that puts it to use.
pub enum Staged {
    /// For a start, or for a candidate that catches up inline (backtest, replay).
    Instance(Box<dyn Strategy>),
    /// For a candidate that catches up elsewhere.
    Recorder {
        /// What the candidate asked for in `init`.
        declared: Vec<Subscription>,
        /// Where its events go.
        recorder: Box<dyn Recorder>,
    },
    /// A candidate that has caught up and may take over.
    CaughtUp(Box<Candidate>),
}

/// What sits in a candidate's seat.
pub(crate) enum CandidateSeat {
    Inline(Box<Candidate>),
    Recorder(Box<dyn Recorder>),
}

/// A candidate with the name of its plugin.
pub(crate) struct Successor {
    pub(crate) plugin: PluginHash,
    pub(crate) seat: CandidateSeat,
}

/// One strategy.
pub(crate) struct Place {
    pub(crate) state: StrategyState,
    pub(crate) plugin: Option<PluginHash>,
    pub(crate) instance: Option<Box<dyn Strategy>>,
    pub(crate) successor: Option<Successor>,
    pub(crate) staged: Option<Staged>,
    /// The instance before the last swap, until somebody takes it away.
    pub(crate) retired: Option<Box<dyn Strategy>>,
    /// Callbacks made so far; names each outcome in the journal.
    pub(crate) calls: u64,
    pub(crate) timers: BTreeMap<u64, Ticket>,
    pub(crate) values: BTreeMap<String, Vec<u8>>,
}

impl Place {
    fn empty() -> Self {
        Self {
            state: StrategyState::Stopped,
            plugin: None,
            instance: None,
            successor: None,
            staged: None,
            retired: None,
            calls: 0,
            timers: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    }

    /// Whether events reach it.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, StrategyState::Running | StrategyState::Paused)
    }
}

/// All strategies.
#[derive(Default)]
pub(crate) struct Strategies {
    configs: Vec<StrategyConfig>,
    places: Vec<Place>,
}

impl Strategies {
    pub(crate) fn add(&mut self, config: StrategyConfig) -> StrategyId {
        self.configs.push(config);
        self.places.push(Place::empty());
        // As many strategies as u32 counts would exhaust memory first.
        StrategyId::new(u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn configs(&self) -> &[StrategyConfig] {
        &self.configs
    }

    pub(crate) fn config(&self, id: StrategyId) -> Option<&StrategyConfig> {
        self.configs.get(id.index())
    }

    pub(crate) fn get(&self, id: StrategyId) -> Option<&Place> {
        self.places.get(id.index())
    }

    pub(crate) fn get_mut(&mut self, id: StrategyId) -> Option<&mut Place> {
        self.places.get_mut(id.index())
    }
}
