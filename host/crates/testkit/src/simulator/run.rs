//! One run of a scenario: turns are taken, the host crashes and comes back, and everything is
//! checked all the time.

mod disturb;
mod outside;
mod recover;

use super::books::Books;
use super::dice::Dice;
use super::durable::Disk;
use super::faults::Fault;
use super::link::Link;
use super::market;
use super::scenario::{OPEN_NS, Scenario};
use super::setup::{HAND, VENUE, definitions, listings};
use super::strategies::Native;
use super::summary::Summary;
use super::trace::Trace;
use crate::venue::{FakeVenue, Moods};
use engine::{
    Command, Effect, Engine, Input, Journal, JournalHash, Sequenced, Staged, StepError, invariants,
};
use model::{InstrumentId, OrderChange, Outbound, StrategyId, Timestamp};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps between checks of the state in builds that do not check after each.
const STEPS_PER_CHECK: u64 = 16;

/// Turns between snapshots, on average.
const TURNS_PER_SNAPSHOT: u64 = 100;

/// A promise that a run broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which: an invariant's or promise's number, or a word.
    pub kind: String,
    /// What was found.
    pub detail: String,
    /// In which turn.
    pub turn: u64,
}

impl Violation {
    pub(super) fn new(kind: &str, detail: String) -> Self {
        Self {
            kind: kind.to_owned(),
            detail,
            turn: 0,
        }
    }

    pub(super) fn unless(
        kind: &str,
        holds: bool,
        detail: impl FnOnce() -> String,
    ) -> Result<(), Self> {
        if holds {
            Ok(())
        } else {
            Err(Self::new(kind, detail()))
        }
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "turn {}: {}: {}", self.turn, self.kind, self.detail)
    }
}

impl From<invariants::Violation> for Violation {
    fn from(broken: invariants::Violation) -> Self {
        Self::new(broken.invariant, broken.detail)
    }
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// In numbers, up to where it ended.
    pub summary: Summary,
    /// Why it ended early, if it did.
    pub violation: Option<Violation>,
    /// What happened, line by line, where that was asked for.
    pub trace: Vec<String>,
}

/// Runs a scenario to its end or to the first broken promise; a panic is one.
pub fn run(scenario: &Scenario) -> Outcome {
    observe(scenario, Trace::default())
}

/// Runs a scenario and tells what happens.
pub fn tell(scenario: &Scenario) -> Outcome {
    observe(scenario, Trace::listening())
}

fn observe(scenario: &Scenario, trace: Trace) -> Outcome {
    let turn = Cell::new(0);
    let mut day = Day::new(scenario, trace);
    let ended = catch_unwind(AssertUnwindSafe(|| day.pass(&turn)));
    let violation = match ended {
        Ok(Ok(())) => None,
        Ok(Err(violation)) => Some(violation),
        Err(panic) => Some(Violation::new("panic", words(panic.as_ref()))),
    };
    day.summary.orders = day.books.sent();
    day.summary.denied = day.books.denied;
    day.summary.fills = day.books.fills.len() as u64;
    Outcome {
        summary: day.summary,
        violation: violation.map(|violation| Violation {
            turn: turn.get(),
            ..violation
        }),
        trace: day.trace.lines(),
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a message").to_owned()
}

/// The state of a run.
struct Day<'a> {
    scenario: &'a Scenario,
    engine: Engine,
    disk: Disk,
    books: Books,
    /// The last commit: up to which sequence, and the journal's hash then.
    committed: (u64, JournalHash),
    summary: Summary,
    trace: Trace,
    disturbance: disturb::Disturbance,
    venue: FakeVenue,
    link: Link,
    /// What leaves with the next commit.
    outbox: Vec<Outbound>,
    /// The latest snapshot of the engine, and of which input.
    snapshot: Option<(u64, Vec<u8>)>,
}

impl<'a> Day<'a> {
    fn new(scenario: &'a Scenario, trace: Trace) -> Self {
        let disk = Disk::new();
        let mut journal = Journal::with_sink(disk.sink());
        let committed = (0, journal.hash());
        // Nothing is in it yet, so this cannot fail.
        let _empty = journal.commit();
        Self {
            scenario,
            engine: Engine::new(journal),
            disk,
            books: Books::default(),
            committed,
            summary: Summary::default(),
            trace,
            disturbance: disturb::Disturbance::default(),
            venue: fake_venue(scenario),
            link: Link::new(scenario.seed, scenario.faults),
            outbox: Vec::new(),
            snapshot: None,
        }
    }

    fn pass(&mut self, turn: &Cell<u64>) -> Result<(), Violation> {
        self.begin()?;
        for number in &self.scenario.turns {
            turn.set(*number);
            self.turn(*number)?;
        }
        self.end()
    }

    fn begin(&mut self) -> Result<(), Violation> {
        let open = Timestamp::from_nanos(OPEN_NS);
        for definition in definitions(self.scenario.outside) {
            self.step(open, Input::Define(Box::new(definition)))?;
        }
        if self.scenario.outside {
            self.command(open, Command::SetVenueConnected(VENUE, true))?;
        }
        for number in &self.scenario.strategies {
            self.start(open, *number)?;
        }
        self.commit()
    }

    fn start(&mut self, time: Timestamp, number: u32) -> Result<(), Violation> {
        let strategy = StrategyId::new(number);
        let instance = Native::new(self.scenario, number);
        let staged = self
            .engine
            .stage(strategy, Staged::Instance(Box::new(instance)));
        Violation::unless("setup", staged.is_ok(), || format!("no strategy {number}"))?;
        self.command(
            time,
            Command::Start {
                strategy,
                plugin: Native::hash(number),
                parameters: Vec::new(),
                state: None,
                history: Vec::new(),
            },
        )
    }

    fn turn(&mut self, number: u64) -> Result<(), Violation> {
        let mut dice = Dice::of(&[self.scenario.seed, 0x7042, number]);
        let time = self.clock(&mut dice, number)?;
        self.venue_turn(&mut dice, number, time)?;
        self.market(&mut dice, number, time)?;
        self.disturb(&mut dice, time)?;
        if dice.chance(1, 2) {
            self.commit()?;
        }
        if Dice::of(&[self.scenario.seed, 0x5A47, number]).chance(1, TURNS_PER_SNAPSHOT) {
            self.take_snapshot(time)?;
        }
        if self.has(Fault::Crash) && dice.chance(1, self.scenario.turns_per_crash) {
            self.crash(&mut dice)?;
        }
        Ok(())
    }

    /// The market's time at a turn.
    fn market_time(&self, dice: &mut Dice, number: u64) -> Timestamp {
        let pace = self.scenario.turn_ns;
        Timestamp::from_nanos(OPEN_NS + (number + 1) * pace + dice.below(pace))
    }

    fn market(&mut self, dice: &mut Dice, number: u64, time: Timestamp) -> Result<(), Violation> {
        let happened = self.market_time(dice, number);
        let events = self.events_of(dice, number);
        for _ in 0..events {
            let instrument = u32::try_from(dice.below(Scenario::INSTRUMENTS.into())).unwrap_or(0);
            if self.scenario.instruments.contains(&instrument) {
                self.event(dice, number, instrument, (happened, time))?;
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        dice: &mut Dice,
        number: u64,
        instrument: u32,
        (happened, time): (Timestamp, Timestamp),
    ) -> Result<(), Violation> {
        if self.has(Fault::ImpossibleData) && dice.chance(1, 60) {
            return self.see(time, market::impossible(dice, instrument, happened));
        }
        let late = self.has(Fault::ReorderedData) && dice.chance(1, 40);
        let happened = if late {
            happened.before(model::Duration::from_millis(dice.below(5_000)))
        } else {
            happened
        };
        let event = market::event(dice, self.scenario.seed, instrument, (number, happened));
        if self.has(Fault::DoubledData) && dice.chance(1, 40) {
            self.see(time, event.clone())?;
        }
        self.see(time, event)
    }

    fn see(&mut self, time: Timestamp, event: Input) -> Result<(), Violation> {
        self.summary.events += 1;
        let event = match event {
            Input::Quote(mut quote) => {
                quote.ts_init = time;
                Input::Quote(quote)
            }
            Input::Trade(mut trade) => {
                trade.ts_init = time;
                Input::Trade(trade)
            }
            other => other,
        };
        self.step(time, event)
    }

    fn command(&mut self, time: Timestamp, command: Command) -> Result<(), Violation> {
        self.step(time, Input::Command(Box::new(command)))
    }

    /// Steps the engine, never back in time, and takes in what came out.
    fn step(&mut self, time: Timestamp, input: Input) -> Result<(), Violation> {
        let sequence = self.engine.sequence() + 1;
        let time = time.max(self.engine.now());
        self.trace.input(time, &input);
        self.summary.inputs += 1;
        let stopped = self.nothing_may_leave();
        let input = Sequenced {
            sequence,
            time,
            input,
        };
        let effects = self.engine.step(input).map_err(refused)?;
        self.summary.most_effects = self.summary.most_effects.max(effects.len() as u64);
        let mut left = None;
        for effect in effects {
            self.trace.effect(time, effect);
            self.books.take(sequence, effect)?;
            if let Effect::Outbound(message) = effect {
                self.outbox.push(message.clone());
            }
            if let Effect::Order(update, _) = effect
                && update.change == OrderChange::Submitted
            {
                left = left.or(Some(update.order));
            }
        }
        if stopped && self.nothing_may_leave() {
            Violation::unless("I11", left.is_none(), || {
                format!("order {left:?} left while nothing may")
            })?;
        }
        let open = self.engine.orders().len() as u64;
        self.summary.most_open = self.summary.most_open.max(open);
        if !cfg!(debug_assertions) && sequence.is_multiple_of(STEPS_PER_CHECK) {
            invariants::check(&self.engine)?;
        }
        if !self.scenario.outside {
            // What a venue outside does on its own is within no limit.
            invariants::exposure_within_limits(&self.engine)?;
        }
        Ok(())
    }

    fn nothing_may_leave(&self) -> bool {
        self.engine.is_killed() || self.engine.trading_state() == engine::TradingState::Halted
    }

    /// Makes everything so far survive a crash.
    fn commit(&mut self) -> Result<(), Violation> {
        let journal = self.engine.journal();
        let written = journal.commit();
        let hash = journal.hash();
        Violation::unless("journal", written.is_ok(), || format!("{written:?}"))?;
        self.disk.sync();
        self.committed = (self.engine.sequence(), hash);
        self.let_out();
        Ok(())
    }

    fn end(&mut self) -> Result<(), Violation> {
        self.calm()?;
        self.commit()?;
        self.reconcile()?;
        invariants::check(&self.engine)?;
        self.books.agree_with(&self.engine)?;
        self.summary.hash = Some(self.engine.journal().hash());
        self.verify()
    }

    fn has(&self, fault: Fault) -> bool {
        self.scenario.faults.has(fault)
    }
}

fn fake_venue(scenario: &Scenario) -> FakeVenue {
    let moods = Moods {
        rejects: 2,
        update_rejects: 5,
    };
    let mut venue = FakeVenue::new(VENUE, scenario.seed, moods, &listings());
    venue.lie_from(scenario.venue_lies_from);
    venue
}

fn refused(error: StepError) -> Violation {
    Violation::new("I10", error.to_string())
}

/// All instruments there are.
fn all_instruments() -> impl Iterator<Item = InstrumentId> {
    (0..Scenario::INSTRUMENTS).map(InstrumentId::new)
}

/// The strategies that may be paused and stopped: all but the hand.
fn is_native(strategy: StrategyId) -> bool {
    strategy != HAND
}
