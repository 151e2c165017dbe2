//! Snapshots: taken between batches, so that each ends where a commit does, and written by a thread of
//! their own, which then looks whether the engine in them keeps its promises. They make coming back shorter and nothing else: a host without them steps its journal.

use super::Trader;
use super::memory::Memory;
use crate::outlet::Item;
use engine::journal::codec::Encode;
use engine::{Command, Effect, Engine, Input, LimitScope, Standing, TradingState, VenueEvent};
use journal::write_snapshot;
use model::{
    InstrumentId, Order, OrderChange, OrderUpdate, PositionChange, PositionUpdate, Rate, StrategyId,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

/// When the next snapshot is taken, and where it goes.
pub(crate) struct Snapshots {
    folder: PathBuf,
    /// Inputs between snapshots.
    every: u64,
    /// Not before this input.
    due: u64,
    writing: Option<JoinHandle<()>>,
    /// Whether it was said that none can be taken.
    refused: bool,
}

impl Snapshots {
    pub(crate) fn new(folder: PathBuf, every: u64, last: u64) -> Self {
        Self {
            folder,
            every,
            due: last.saturating_add(every),
            writing: None,
            refused: false,
        }
    }

    fn is_due(&self, sequence: u64) -> bool {
        let busy = self.writing.as_ref().is_some_and(|it| !it.is_finished());
        sequence >= self.due && !busy
    }
}

impl Trader {
    /// Takes snapshots from here on.
    pub(crate) fn keep_snapshots(&mut self, snapshots: Snapshots) {
        self.snapshots = Some(snapshots);
    }

    /// Takes a snapshot when it is time for one and the journal lasts.
    pub(super) fn snapshot_if_due(&mut self) {
        let sequence = self.engine.sequence();
        let Some(snapshots) = &mut self.snapshots else {
            return;
        };
        if self.stopping || !snapshots.is_due(sequence) || !self.engine.is_journal_writable() {
            return;
        }
        if let Err(why) = self.engine.can_snapshot() {
            if !std::mem::replace(&mut snapshots.refused, true) {
                tracing::warn!(%why, "no snapshot can be taken now; coming back takes longer");
            }
            // Soon again: most reasons pass.
            snapshots.due = sequence.saturating_add(snapshots.every / 16 + 1);
            return;
        }
        snapshots.refused = false;
        snapshots.due = sequence.saturating_add(snapshots.every);
        self.step(Input::Command(Box::new(Command::Snapshot)), None);
        self.commit();
        if self.engine.is_journal_writable() {
            self.write_snapshot();
        }
    }

    fn write_snapshot(&mut self) {
        let engine = match self.engine.snapshot_bytes() {
            Ok(bytes) => bytes,
            Err(why) => return tracing::warn!(%why, "no snapshot was taken"),
        };
        let mut bytes = Vec::with_capacity(engine.len() + 4_096);
        (&engine, &self.memory).encode(&mut bytes);
        let last = self.engine.sequence();
        let Some(snapshots) = &mut self.snapshots else {
            return;
        };
        let folder = snapshots.folder.clone();
        let promises = Arc::clone(&self.promises);
        let write = move || {
            match write_snapshot(&folder, last, &bytes) {
                Ok(()) => tracing::debug!(last, bytes = bytes.len(), "snapshot"),
                Err(error) => tracing::error!(%error, "a snapshot could not be written"),
            }
            promises.look_at_snapshot(last, &engine);
        };
        let thread = std::thread::Builder::new().name("snapshot".to_owned());
        match thread.spawn(write) {
            Ok(thread) => snapshots.writing = Some(thread),
            Err(error) => tracing::error!(%error, "a snapshot could not be written"),
        }
    }

    /// Waits for what is being written.
    pub(super) fn end_snapshots(&mut self) {
        let writing = self.snapshots.as_mut().and_then(|it| it.writing.take());
        if writing.is_some_and(|writing| writing.join().is_err()) {
            tracing::error!("the thread that writes a snapshot panicked");
        }
    }

    /// Goes on from a snapshot instead of from nothing, and shows readers what it holds.
    pub(crate) fn begin_from(&mut self, engine: Engine, memory: Memory) {
        (self.engine, self.memory) = (engine, memory);
        let (now, sequence) = (self.engine.now(), self.engine.sequence());
        let definitions = self.memory.definitions.iter();
        let defined = definitions.map(|one| Item::Defined(now, Box::new(one.clone())));
        self.items.extend(defined);
        let effects = standing(&self.engine);
        let effects = effects.into_iter();
        let effects = effects.map(|effect| Item::Effect(now, sequence, effect));
        self.items.extend(effects);
        let engine = &self.engine;
        let factors = scopes(engine).filter_map(|scope| {
            let factor = engine.limits().factor(scope);
            (factor.raw() != Rate::SCALE).then_some(Item::Scaled(scope, factor))
        });
        self.items.extend(factors);
        self.owing.extend(engine.accounts().map(|(id, _)| id));
        for (id, _) in engine.market().iter() {
            self.touched.push(id);
            self.sampler.note(id);
        }
    }
}

/// Every scope there is.
fn scopes(engine: &Engine) -> impl Iterator<Item = LimitScope> {
    let accounts = engine.accounts().map(|(id, _)| LimitScope::Account(id));
    let strategies = engine.strategies();
    let strategies = strategies.map(|(id, _)| LimitScope::Strategy(id));
    let instruments = engine.market().iter();
    let instruments = instruments.map(|(id, _)| LimitScope::Instrument(id));
    std::iter::once(LimitScope::Firm)
        .chain(accounts)
        .chain(strategies)
        .chain(instruments)
}

/// What readers would have been told of everything that stands.
fn standing(engine: &Engine) -> Vec<Effect> {
    let mut told = Vec::new();
    let algorithms = engine.algorithms();
    told.extend(algorithms.map(|(id, config)| Effect::Algorithm(id, config.clone())));
    let rules = engine.rules();
    told.extend(rules.map(|(id, config)| Effect::Rule(id, Some(config.clone()))));
    let states = engine.strategies().filter_map(|(id, _)| {
        let state = engine.strategy_state(id)?;
        Some(Effect::Strategy(id, state))
    });
    told.extend(states);
    for scope in scopes(engine) {
        let (state, killed) = (engine.state_of(scope), engine.is_scope_killed(scope));
        let firm = scope == LimitScope::Firm;
        if state != TradingState::Active {
            told.push(match firm {
                true => Effect::TradingState(state),
                false => Effect::ScopeState(scope, state),
            });
        }
        if killed {
            told.push(match firm {
                true => Effect::KillLatch(killed),
                false => Effect::ScopeKill(scope, killed),
            });
        }
    }
    let alerts = scopes(engine).flat_map(|scope| engine.alerts_of(scope));
    told.extend(alerts.map(Effect::Alert));
    let margins = engine.accounts().filter_map(|(id, _)| {
        let status = engine.margin(id)?;
        Some(Effect::Margin(id, status))
    });
    told.extend(margins);
    told.extend(at_venues(engine).map(Effect::Venue));
    // A holding may have had orders and no fill yet: nobody has heard of a position then.
    let traded = engine.holdings().iter().filter(|(_, _, holding)| {
        let untouched = model::PositionState::default();
        holding.position != untouched
    });
    told.extend(traded.map(|(strategy, instrument, holding)| {
        let sum = (strategy, instrument, None);
        Effect::Position(position(engine, sum, holding.position))
    }));
    told.extend(engine.legs().iter().map(|(strategy, instrument, id, leg)| {
        let one = (strategy, instrument, Some(id));
        Effect::Position(position(engine, one, leg.state))
    }));
    let orders = engine.orders().iter();
    told.extend(orders.map(|open| Effect::Order(update_of(engine, &open.order), open.order)));
    told.extend(in_doubt(engine).map(Effect::Venue));
    told
}

/// How things stand with venues outside: which are there, and which accounts agree with theirs.
fn at_venues(engine: &Engine) -> impl Iterator<Item = VenueEvent> {
    let connected = engine.venues_outside().filter(|(_, connected)| *connected);
    let connected = connected.map(|(id, _)| VenueEvent::Connected(id, true));
    let standings = engine.accounts().filter_map(|(id, _)| {
        let standing = engine.standing(id);
        (standing != Standing::Unknown).then_some(VenueEvent::Standing(id, standing))
    });
    connected.chain(standings)
}

/// Open orders whose state is not known; told when they are.
fn in_doubt(engine: &Engine) -> impl Iterator<Item = VenueEvent> {
    let orders = engine.orders().iter().map(|open| open.order.id);
    let doubtful = orders.filter(|id| engine.is_in_doubt(*id));
    doubtful.map(VenueEvent::InDoubt)
}

fn position(
    engine: &Engine,
    (strategy, instrument, position): (StrategyId, InstrumentId, Option<model::PositionId>),
    state: model::PositionState,
) -> PositionUpdate {
    PositionUpdate {
        strategy,
        instrument,
        position,
        state,
        change: PositionChange::default(),
        ts_event: engine.now(),
    }
}

/// An open order as it stands, as an update that changes nothing.
fn update_of(engine: &Engine, order: &Order) -> OrderUpdate {
    OrderUpdate {
        order: order.id,
        strategy: order.strategy,
        instrument: order.instrument,
        side: order.side,
        change: OrderChange::Accepted,
        status: order.status,
        filled: order.filled,
        quantity: order.quantity,
        ts_event: engine.now(),
    }
}
