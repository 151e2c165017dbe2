//! The strategies' places: what runs in each, its state, its timers, its host-kept values.

use crate::agenda::Ticket;
use crate::canary::Share;
use crate::candidate::Candidate;
use crate::effect::StrategyState;
use crate::input::{Probation, StrategyConfig};
use crate::journal::codec::fields;
use crate::probation::OnProbation;
use crate::signals::KnownSignals;
use model::{
    Duration, Event, PluginHash, StartSnapshot, Strategy, StrategyId, Subscription, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Events that a strategy may get within [`BURST`] of engine time. One whose orders beget events
/// that beget orders without end is stopped here.
const MAX_EVENTS_PER_BURST: u64 = 20_000;
/// How much engine time must pass until a strategy may have as many events again.
const BURST: Duration = Duration::from_millis(1);
/// Events that one input may bring a strategy in all, timers of a long gap included.
const MAX_EVENTS_PER_INPUT: u64 = 1_000_000;
/// Orders that a strategy may make in one input, so that it leaves some ids to its neighbours.
const MAX_ORDERS_PER_INPUT: u64 = 1_024;
/// Timers a strategy may have set at once.
pub(crate) const MAX_TIMERS: usize = 1_024;
/// Bytes of values the host keeps for a strategy, keys included.
const MAX_VALUE_BYTES: usize = 1 << 20;

/// What an instance is made with, in order.
pub(crate) type Parameters = Vec<(String, String)>;

/// Values the host keeps for a strategy, by name. They outlive its instances.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    kept: BTreeMap<String, Vec<u8>>,
    bytes: usize,
}

impl Values {
    /// Keeps a value in place of an earlier one of that name. Fails when it makes too many bytes;
    /// it is kept all the same, for the caller to end whoever asked.
    pub(crate) fn insert(&mut self, key: String, value: Vec<u8>) -> Result<(), String> {
        self.remove(&key);
        self.bytes += key.len() + value.len();
        self.kept.insert(key, value);
        if self.bytes <= MAX_VALUE_BYTES {
            return Ok(());
        }
        Err(format!(
            "more than {MAX_VALUE_BYTES} bytes of host-kept values"
        ))
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(gone) = self.kept.remove(key) {
            self.bytes -= key.len() + gone.len();
        }
    }

    /// These values with `newer` on top, in which an empty one removes.
    pub(crate) fn updated(&self, newer: Values) -> Result<Values, String> {
        let mut updated = self.clone();
        newer.kept.keys().for_each(|key| updated.remove(key));
        let wanted = newer
            .kept
            .into_iter()
            .filter(|(_, value)| !value.is_empty());
        for (key, value) in wanted {
            updated.insert(key, value)?;
        }
        Ok(updated)
    }

    pub(crate) fn to_vec(&self) -> Vec<(String, Vec<u8>)> {
        let kept = self.kept.iter();
        kept.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// What a strategy has used up of what one input gives it.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    sequence: u64,
    since: Timestamp,
    events: u64,
    events_in_burst: u64,
    orders: u64,
}

impl Budget {
    /// Counts an event about to be told.
    pub(crate) fn take_event(&mut self, sequence: u64, now: Timestamp) -> Result<(), &'static str> {
        self.renew(sequence);
        if now.since(self.since) >= BURST {
            (self.since, self.events_in_burst) = (now, 0);
        }
        self.events += 1;
        self.events_in_burst += 1;
        if self.events_in_burst > MAX_EVENTS_PER_BURST {
            return Err("more than 20000 events from one input within a millisecond");
        }
        if self.events > MAX_EVENTS_PER_INPUT {
            return Err("more than 1000000 events from one input");
        }
        Ok(())
    }

    /// Counts orders about to be judged.
    pub(crate) fn take_orders(&mut self, sequence: u64, count: u64) -> Result<(), &'static str> {
        self.renew(sequence);
        self.orders += count;
        if self.orders > MAX_ORDERS_PER_INPUT {
            return Err("more than 1024 orders from one input");
        }
        Ok(())
    }

    fn renew(&mut self, sequence: u64) {
        if self.sequence != sequence {
            *self = Self {
                sequence,
                ..Self::default()
            };
        }
    }
}

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
    /// It broke while it caught up inline. It stays seated until the command that ends the swap:
    /// live, where it catches up elsewhere, its bars are made and journaled until then, and a
    /// replay must make the same ones.
    Broken,
}

/// A candidate with the name of its plugin.
pub(crate) struct Successor {
    pub(crate) plugin: PluginHash,
    pub(crate) parameters: Parameters,
    /// How it is watched once it has taken over.
    pub(crate) probation: Option<Probation>,
    /// What it takes over, where that is not all.
    pub(crate) share: Option<Share>,
    pub(crate) seat: CandidateSeat,
}

impl Successor {
    /// Whether it can no longer take over.
    pub(crate) fn is_broken(&self) -> bool {
        matches!(self.seat, CandidateSeat::Broken)
    }
}

/// One strategy.
pub(crate) struct Place {
    pub(crate) budget: Budget,
    pub(crate) state: StrategyState,
    pub(crate) plugin: Option<PluginHash>,
    /// What the instance was made with.
    pub(crate) parameters: Parameters,
    pub(crate) instance: Option<Box<dyn Strategy>>,
    pub(crate) successor: Option<Successor>,
    pub(crate) staged: Option<Staged>,
    /// The instance before the last swap, until somebody takes it away.
    pub(crate) retired: Option<Box<dyn Strategy>>,
    /// Callbacks made so far; names each outcome in the journal.
    pub(crate) calls: u64,
    pub(crate) timers: BTreeMap<u64, Ticket>,
    pub(crate) values: Values,
    /// Counts the instances that ran; a call that ends one tells by it that it did.
    pub(crate) tenure: u64,
    /// Ids given so far to muted orders of the instance.
    pub(crate) muted: u64,
    /// While the instance is watched: the one before.
    pub(crate) probation: Option<Box<OnProbation>>,
    /// The version that trades in a copy of the engine beside it, and what that was made with.
    pub(crate) shadow: Option<(PluginHash, Parameters)>,
    /// What it was told already.
    pub(crate) signals: KnownSignals,
}

impl Place {
    fn empty() -> Self {
        Self {
            budget: Budget::default(),
            state: StrategyState::Stopped,
            plugin: None,
            parameters: Parameters::new(),
            instance: None,
            successor: None,
            staged: None,
            retired: None,
            calls: 0,
            timers: BTreeMap::new(),
            values: Values::default(),
            tenure: 0,
            muted: 0,
            probation: None,
            shadow: None,
            signals: KnownSignals::default(),
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
    /// Those whose instance is watched.
    on_probation: BTreeSet<StrategyId>,
}

impl Strategies {
    pub(crate) fn add(&mut self, mut config: StrategyConfig) -> StrategyId {
        config.permissions = config.permissions.sorted();
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

    pub(crate) fn config_mut(&mut self, id: StrategyId) -> Option<&mut StrategyConfig> {
        self.configs.get_mut(id.index())
    }

    pub(crate) fn get(&self, id: StrategyId) -> Option<&Place> {
        self.places.get(id.index())
    }

    pub(crate) fn get_mut(&mut self, id: StrategyId) -> Option<&mut Place> {
        self.places.get_mut(id.index())
    }

    /// Watches the instance of a strategy.
    pub(crate) fn put_on_probation(&mut self, id: StrategyId, watched: OnProbation) {
        if let Some(place) = self.get_mut(id) {
            place.probation = Some(Box::new(watched));
            self.on_probation.insert(id);
        }
    }

    /// Watches it no more.
    pub(crate) fn take_probation(&mut self, id: StrategyId) -> Option<Box<OnProbation>> {
        self.on_probation.remove(&id);
        self.get_mut(id)?.probation.take()
    }

    /// Whether any instance is watched.
    #[inline]
    pub(crate) fn are_on_probation(&self) -> bool {
        !self.on_probation.is_empty()
    }

    /// The first strategy that is watched, or the first after another.
    pub(crate) fn first_on_probation(&self, after: Option<StrategyId>) -> Option<StrategyId> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.on_probation
            .range((after, Bound::Unbounded))
            .next()
            .copied()
    }

    /// Takes over what is behind ports.
    pub(crate) fn take_ports(&mut self, from: &mut Self) {
        for (own, other) in self.places.iter_mut().zip(&mut from.places) {
            own.instance = other.instance.take();
            own.successor = other.successor.take();
            own.staged = other.staged.take();
            own.retired = other.retired.take();
            if let (Some(own), Some(other)) = (&mut own.probation, &mut other.probation) {
                *own.warm.instance_mut() = other.warm.instance_mut().take();
            }
        }
    }

    /// All of them in the order of their handles.
    pub(crate) fn places(&self) -> impl Iterator<Item = (StrategyId, &Place)> {
        (0_u32..).map(StrategyId::new).zip(&self.places)
    }
}

fields! {
    Values { kept, bytes }
    Budget { sequence, since, events, events_in_burst, orders }
    Place {
        budget, state, plugin, parameters, calls, timers, values, tenure, muted, probation, shadow,
        signals,
    } - { instance, successor, staged, retired }
    Strategies { configs, places, on_probation }
}
