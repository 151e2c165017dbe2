//! The engine thread: the only one that owns the engine.
//!
//! It takes inputs in batches from the inbox, stamps each with the next sequence and a time that never goes back,
//! steps the engine, commits the journal, and only then lets anything out: effects to the projection, answers to
//! those who asked. When nothing comes it wakes for what is due. A journal that cannot be written stops trading
//! inside the engine (P29); the thread goes on, so that cancels and readers still work, and says so. Records wait
//! in memory meanwhile; when much waits, market data is not taken in any more, and when too much waits, kills alone
//! are.

mod batch;
mod faults;
mod finish;
mod latches;
pub(crate) mod memory;
mod outbound;
mod past;
mod request;
pub(crate) mod shadows;
pub(crate) mod snapshots;
mod stepped;
mod switch;
#[cfg(test)]
mod tests;
mod told;
mod versions;

use crate::clock::TimeSource;
use crate::faults::desk::DeskEnd;
use crate::inbox::{Inbox, MarketInput};
use crate::metrics::sampler::Sampler;
use crate::outlet::{Book, Item, Mark, Outlet};
use crate::promises::Promises;
use crate::strategy::versions::Versions;
use crate::trader::memory::{Memory, Noted};
use crate::trader::shadows::{NotBegun, ShadowBegun, Shadows};
use crate::trader::snapshots::Snapshots;
use crate::venue::Line;
use crate::view::EngineState;
use engine::journal::{Room, SinkError};
use engine::{
    Command, Definition, Effect, Engine, Ignored, Input, LimitScope, Sequenced, TradingState,
};
use journal::crash;
use model::{
    AccountId, Balance, CurrencyId, InstrumentId, Outbound, Timestamp, VenueId, VenueModel,
};
pub(crate) use request::{Request, StepRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, atomic::AtomicBool};
use std::time::{Duration, Instant};
pub(crate) use stepped::Stepped;
use store::BookBatches;
pub(crate) use switch::{SwitchAnswer, SwitchRequest};
use tokio::sync::oneshot;

/// Longest sleep when nothing is due sooner.
const IDLE: Duration = Duration::from_millis(10);
/// How long a batch of market data may wait for its commit, and commands for the batch.
const COMMIT_WITHIN: Duration = Duration::from_millis(5);
/// How often time is told to the engine when nothing else happens.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Inputs handled.
    pub sequence: u64,
    /// Hash over the whole journal.
    pub journal_hash: engine::JournalHash,
    /// Why the journal is not complete, if it is not.
    pub journal_error: Option<SinkError>,
}

/// Answers that wait for the journal.
enum Answer {
    Stepped(oneshot::Sender<Stepped>, Stepped),
    Switched(oneshot::Sender<SwitchAnswer>, SwitchAnswer),
    Obeyed(oneshot::Sender<()>),
    Shadowed(
        oneshot::Sender<Result<Box<ShadowBegun>, NotBegun>>,
        Result<Box<ShadowBegun>, NotBegun>,
    ),
}

/// The engine with everything its thread works with.
pub(crate) struct Trader {
    engine: Engine,
    time: TimeSource,
    inbox: Arc<Inbox>,
    outlet: Arc<Outlet>,
    journal_failed: Arc<AtomicBool>,
    killed: Arc<AtomicBool>,
    promises: Arc<Promises>,
    items: Vec<Item>,
    touched: Vec<InstrumentId>,
    /// Accounts whose locked money may have changed.
    owing: Vec<AccountId>,
    /// Balances as last told.
    told: BTreeMap<(AccountId, CurrencyId), Balance>,
    marks: Vec<(InstrumentId, Mark)>,
    /// Order books that changed.
    books: Vec<Book>,
    /// Instruments whose book is shown.
    booked: BTreeSet<InstrumentId>,
    /// The rows of a batch of an order book that have come.
    rows: BookBatches,
    answers: Vec<Answer>,
    /// The ways to venues outside.
    lines: BTreeMap<VenueId, Line>,
    /// Messages for them that wait for the journal.
    outbound: Vec<Outbound>,
    ignored: u64,
    stopping: bool,
    sampler: Sampler,
    memory: Memory,
    snapshots: Option<Snapshots>,
    shadows: Shadows,
    versions: Arc<Versions>,
    /// Where faults are told.
    faults: Option<DeskEnd>,
}

impl Trader {
    pub(crate) fn new(
        engine: Engine,
        time: TimeSource,
        inbox: Arc<Inbox>,
        outlet: Arc<Outlet>,
        journal_failed: Arc<AtomicBool>,
        sampler: Sampler,
    ) -> Self {
        Self {
            sampler,
            engine,
            time,
            inbox,
            outlet,
            journal_failed,
            killed: Arc::default(),
            promises: Arc::default(),
            items: Vec::new(),
            touched: Vec::new(),
            owing: Vec::new(),
            told: BTreeMap::new(),
            marks: Vec::new(),
            books: Vec::new(),
            booked: BTreeSet::new(),
            rows: BookBatches::default(),
            answers: Vec::new(),
            lines: BTreeMap::new(),
            outbound: Vec::new(),
            ignored: 0,
            stopping: false,
            memory: Memory::default(),
            snapshots: None,
            shadows: Shadows::default(),
            versions: Arc::default(),
            faults: None,
        }
    }

    /// Whether the firm's kill latch is set, for whoever must know without readers.
    pub(crate) fn killed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.killed)
    }

    /// Whether the engine keeps what it promises, as far as it was looked at.
    pub(crate) fn promises(&self) -> Arc<Promises> {
        Arc::clone(&self.promises)
    }

    /// Where its inputs come from.
    pub(crate) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    /// Sets up the engine before the thread begins. `begins_at` is its time, unless a clock tells.
    ///
    /// # Errors
    /// The first definition that contradicts itself or an earlier one.
    pub(crate) fn define(
        &mut self,
        definitions: Vec<Definition>,
        begins_at: Option<Timestamp>,
    ) -> Result<(), String> {
        if let Some(begins_at) = begins_at {
            let time = self.time.stamp(Some(begins_at), self.engine.now());
            self.advance(Input::Clock, time);
        }
        for definition in definitions {
            let stepped = self.step(Input::Define(Box::new(definition)), None);
            if let Some(Ignored::BadDefinition(reason)) = stepped.refusal() {
                return Err(reason.clone());
            }
        }
        self.let_out();
        Ok(())
    }

    /// Hands the engine a model before the definition of its venue.
    pub(crate) fn stage_model(&mut self, venue: &str, model: VenueModel) -> Result<(), String> {
        let staged = self.engine.stage_model(venue, model);
        staged.map_err(|_| format!("venue {venue}: too many models"))
    }

    /// Works until told to end, then ends the run in order.
    pub(crate) fn run(mut self) -> Ended {
        let (mut market, mut requests) = (Vec::new(), Vec::new());
        self.promises.look(&self.engine);
        self.items.push(Item::State(EngineState::Running));
        while !self.stopping {
            let room = self.engine.journal().room();
            match room {
                Room::Plenty => self.inbox.take(self.patience(), &mut market, &mut requests),
                Room::Little => self.inbox.take_commands(IDLE, &mut requests),
                Room::Gone => self.stopping |= self.inbox.wait_for_urgent(IDLE),
            }
            self.handle_all(&mut requests, COMMIT_WITHIN);
            self.work_off(&mut market, COMMIT_WITHIN);
            self.handle_urgent();
            if room == Room::Plenty {
                self.wake();
            }
            self.let_out();
        }
        self.finish()
    }

    /// How long nothing can become due.
    fn patience(&self) -> Duration {
        let (Some(clock), Some(due)) = (self.time.wall(), self.engine.next_due()) else {
            return IDLE;
        };
        Duration::from_nanos(due.since(clock.now()).nanos()).min(IDLE)
    }

    /// Tells the engine the time when something is due, and now and then anyway. In a replay time
    /// comes with the events only.
    fn wake(&mut self) {
        let Some(now) = self.time.wall().map(|clock| clock.now()) else {
            return;
        };
        let heartbeat = now.since(self.engine.now()).nanos() >= as_nanos(HEARTBEAT);
        if heartbeat || self.engine.next_due().is_some_and(|due| due <= now) {
            self.step(Input::Clock, None);
        }
    }

    fn handle(&mut self, request: Request) {
        match request {
            Request::Step(request) => self.handle_step(*request),
            Request::Switch(request) => self.switch(request),
            Request::Shadow(request) => self.begin_shadow(request),
            Request::Read(read) => read(&self.engine),
            Request::Tighten(scope, state) => self.tighten(scope, state),
            Request::Obey(named, reply) => self.obey_and_answer(&named, reply),
            Request::Attach(venue, line) => drop(self.lines.insert(venue, line)),
            Request::Shutdown => self.stopping = true,
        }
    }

    /// Decided here, where nobody can have set a stricter state in between.
    fn tighten(&mut self, scope: LimitScope, state: TradingState) {
        if self.engine.state_of(scope) < state {
            let command = Command::SetScopeState(scope, state);
            self.step(Input::Command(Box::new(command)), None);
        }
    }

    fn handle_step(&mut self, request: StepRequest) {
        let StepRequest {
            input,
            staged,
            custom,
            version,
            reply,
        } = request;
        if let Some(custom) = custom {
            self.engine.stage_custom(custom);
        }
        if let Some((strategy, staged)) = staged {
            // An unknown strategy is refused by the step, with a reason.
            let _unknown = self.engine.stage(strategy, staged);
        }
        let time = self.time.stamp(None, self.engine.now());
        let input = self.dated(input, time);
        let heard = matches!(input, Input::VenueReport(_) | Input::VenueSnapshot(_));
        let stepped = self.step(input, Some(time));
        if heard {
            outbound::at(crash::APPLIED);
        }
        if let (Some((strategy, version)), None) = (version, stepped.refusal()) {
            self.started(strategy, version);
        }
        self.answers.push(Answer::Stepped(reply, stepped));
    }

    fn on_market(&mut self, input: MarketInput) {
        let time = self.time.stamp(Some(input.time()), self.engine.now());
        // `ts_init` is engine time: what the journal says of a live run is when we saw it.
        let (input, instrument) = match input {
            MarketInput::Quote(mut quote) => {
                quote.ts_init = time;
                (Input::Quote(quote), quote.instrument)
            }
            MarketInput::Trade(mut trade) => {
                trade.ts_init = time;
                (Input::Trade(trade), trade.instrument)
            }
            MarketInput::Bar(mut bar) => {
                bar.ts_init = time;
                (Input::Bar(bar), bar.instrument)
            }
            MarketInput::Mark(mut mark) => {
                mark.ts_init = time;
                (Input::Mark(mark), mark.instrument)
            }
            MarketInput::Book(row) => {
                let Some(mut update) = self.rows.push(&row) else {
                    return;
                };
                update.ts_init = time;
                (Input::Book(Box::new(update)), row.instrument)
            }
            MarketInput::Clock(_) => {
                self.advance(Input::Clock, time);
                return;
            }
        };
        self.touched.push(instrument);
        self.advance(input, time);
        // Afterwards: a tick that this input ended does not have it.
        if self.engine.market().get(instrument).is_some() {
            self.sampler.note(instrument);
        }
    }

    /// Steps an input and copies what it changed. `time` is the clock's when not given.
    fn step(&mut self, input: Input, time: Option<Timestamp>) -> Stepped {
        let time = time.unwrap_or_else(|| self.time.stamp(None, self.engine.now()));
        let definition = match &input {
            Input::Define(definition) => Some(definition.clone()),
            _ => None,
        };
        let noted = Noted::of(&input);
        let scaled = match &input {
            Input::Command(command) => match **command {
                Command::ScaleLimits(scope, factor) => Some(Item::Scaled(scope, factor)),
                _ => None,
            },
            _ => None,
        };
        let begun = Instant::now();
        let from = self.items.len();
        let ignored = self.advance(input, time);
        let held_ns = as_nanos(begun.elapsed());
        let mut effects = ignored;
        for item in &self.items[from..] {
            if let Item::Effect(_, _, effect) = item {
                effects.push(effect.clone());
            }
        }
        let sequence = self.engine.sequence();
        let mut stepped = Stepped {
            sequence,
            effects,
            held_ns,
            defined: None,
        };
        if stepped.refusal().is_none() {
            self.memory.learn(noted, &stepped.effects, &self.engine);
        }
        self.items
            .extend(scaled.filter(|_| stepped.refusal().is_none()));
        if let Some(definition) = definition
            && stepped.refusal().is_none()
        {
            if matches!(*definition, Definition::Strategy(_)) {
                stepped.defined = self.engine.strategies().last().map(|(id, _)| id);
            }
            // Before its own effects, which may name what it defines.
            self.items.insert(from, Item::Defined(time, definition));
        }
        stepped
    }

    /// The one place where the engine is stepped. Returns the notices of inputs without effect.
    fn advance(&mut self, input: Input, time: Timestamp) -> Vec<Effect> {
        if self.sampler.is_due(time) {
            self.sample(time);
        }
        let sequence = self.engine.sequence() + 1;
        self.shadows.see(sequence, time, &input);
        let (mut ignored, mut retired, mut swapped) = (Vec::new(), Vec::new(), false);
        let from = self.items.len();
        match self.engine.step(Sequenced {
            sequence,
            time,
            input,
        }) {
            Ok(effects) => {
                for effect in effects {
                    self.shadows.tell(effect);
                    match effect {
                        Effect::Ignored(why) => {
                            tracing::debug!(sequence, %why, "input without effect");
                            ignored.push(effect.clone());
                            continue;
                        }
                        Effect::Strategy(strategy, _) | Effect::Fault(strategy, _) => {
                            retired.push(*strategy);
                        }
                        Effect::Swap(strategy, _) => {
                            retired.push(*strategy);
                            swapped = true;
                        }
                        Effect::ModelFault(broken) => {
                            let (model, fault) = (broken.model.name(), &broken.fault);
                            let instrument = broken.instrument.number();
                            tracing::error!(sequence, instrument, model, %fault, "a venue's model broke");
                        }
                        Effect::Order(_, order) => self.owing.push(order.account),
                        // A split moves the marks without any market data.
                        Effect::Lifecycle(event) => self.touched.push(event.instrument),
                        Effect::Outbound(message) => self.outbound.push(message.clone()),
                        Effect::Balance(account, currency, balance) => {
                            self.told.insert((*account, *currency), *balance);
                        }
                        _ => {}
                    }
                    self.items
                        .push(Item::Effect(time, sequence, effect.clone()));
                }
            }
            // Sequence and time are made right here, so this cannot happen; if it does, the input
            // is lost and nothing else.
            Err(error) => tracing::error!(%error, "the engine refused an input"),
        }
        self.post_faults(from);
        if swapped {
            self.follow_versions(from);
        }
        self.ignored += ignored.len() as u64;
        let retired = retired
            .into_iter()
            .filter_map(|id| self.engine.take_retired(id));
        self.items.extend(retired.map(Item::Retired));
        ignored
    }

    /// Ends a tick of engine time before an input of this time.
    fn sample(&mut self, time: Timestamp) {
        let (at, moved) = self.sampler.cut(time, self.engine.market());
        self.items.push(Item::Sample(at, moved));
    }
}

/// A length of time in nanoseconds; more than 584 years count as that.
pub(crate) fn as_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
