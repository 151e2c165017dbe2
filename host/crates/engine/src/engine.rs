//! The engine: one synchronous step from an input to its effects.
//!
//! A step happens in this order: the input is journaled; whatever is due before it happens, each
//! at its own time; the exchange matches; strategies see the data; their orders pass the risk gate
//! and reach the exchange after its latency; and so on until nothing is left at that time.
//!
//! A finished bar tells what happened before its end: orders whose time ends with it still meet it.

mod alarms;
mod algorithms;
mod amend;
mod book_events;
mod booking;
mod canary;
mod commands;
mod contingency;
mod conversion;
mod custom_rules;
mod definitions;
mod dispatch;
mod execution;
mod feeds;
mod flatten;
mod flip;
mod hedging;
pub(crate) mod held;
mod judging;
mod left_open;
mod levels;
mod lifecycle;
mod liquidation;
mod margin;
mod market_data;
mod outside;
mod parents;
mod probation;
mod profit;
mod reckoning;
mod reports;
mod sessions;
mod settlement;
mod shadow;
mod signals;
mod snapshots;
mod split;
mod swap;
mod telling;
mod venue_models;

use crate::account::Account;
use crate::agenda::{Agenda, Due};
use crate::algorithms::{Algorithms, Custom};
use crate::effect::{Effect, Ignored, StrategyState};
use crate::exchange::{Exchange, Reports};
use crate::holdings::Holdings;
use crate::input::{
    AlgorithmConfig, Input, LimitScope, RuleConfig, Sequenced, StrategyConfig, TradingState,
};
use crate::journal::Journal;
use crate::journal::codec::fields;
use crate::legs::Legs;
use crate::listeners::{Listeners, Seat};
use crate::lists::{Happening, Lists};
use crate::market::Market;
use crate::orders::Orders;
use crate::outside::Outside;
use crate::risk::{self, LimitBook, Windows};
use crate::rules::Rules;
use crate::strategies::{Staged, Strategies};
use crate::underway::Underway;
use crate::valuation::ValuationError;
pub use flatten::{CODES as FLATTEN_CODES, TAG as FLATTEN_TAG};
pub(crate) use lifecycle::Past;
pub use liquidation::TAG as LIQUIDATION_TAG;
use model::{
    AccountId, AlgorithmEvent, AlgorithmId, DenyCode, Event, Fault, Intents, Money, Order, OrderId,
    PluginHash, RuleId, Strategy, StrategyId, Timestamp, VenueId, VenueModel,
};
pub use profit::Profit;
pub use shadow::Understudy;
pub use snapshots::{FORMAT as SNAPSHOT_FORMAT, SnapshotError, Unsaved};
use std::collections::VecDeque;

/// Why a step was refused. The engine is unchanged: the caller's sequencing is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Sequences must count up by one (invariant I10).
    #[error("expected sequence {expected}, got {got}")]
    Sequence {
        /// The next sequence.
        expected: u64,
        /// The one given.
        got: u64,
    },
    /// Engine time may not go back.
    #[error("time went back from {now} to {got}")]
    Time {
        /// Engine time.
        now: Timestamp,
        /// The time given.
        got: Timestamp,
    },
}

/// The deterministic core. It owns all trading state, and one thread owns it.
pub struct Engine {
    pub(crate) now: Timestamp,
    /// The time of the input being handled. What is meant for a venue outside leaves then, however
    /// much earlier in the step it was decided: its answer is awaited from then on.
    pub(crate) step_time: Timestamp,
    pub(crate) sequence: u64,
    /// Orders made by the current input.
    pub(crate) orders_made: u64,
    pub(crate) market: Market,
    pub(crate) venues: Vec<Exchange>,
    pub(crate) outside: Outside,
    pub(crate) accounts: Vec<Account>,
    pub(crate) strategies: Strategies,
    pub(crate) holdings: Holdings,
    /// What hedging accounts hold, position by position.
    pub(crate) legs: Legs,
    pub(crate) orders: Orders,
    pub(crate) limits: LimitBook,
    pub(crate) windows: Windows,
    /// What the gate remembers besides.
    pub(crate) memory: risk::Memory,
    agenda: Agenda,
    listeners: Vec<Listeners>,
    /// Market data that venues know and the host does not yet, by instrument.
    underway: Vec<Underway>,
    /// Whether any venue's data takes time to the host.
    delays_data: bool,
    /// Whether data is handled that its venue has matched with before.
    arriving: bool,
    /// Which accounts are called or being liquidated.
    margins: margin::Margins,
    /// Which broken strategies are to be flat; nothing between steps.
    flattening: flatten::Flattening,
    /// Orders the host holds back, by instrument.
    held: Vec<held::Held>,
    lists: Lists,
    /// What happened to orders of lists and was not followed up yet.
    happenings: VecDeque<(Order, Happening)>,
    reports: Reports,
    outbox: VecDeque<Told>,
    pub(crate) algorithms: Algorithms,
    rules: Rules,
    /// A custom part given to the engine before the definition that puts it to use.
    staged_custom: Option<Custom>,
    intents: Intents,
    effects: Vec<Effect>,
    journal: Journal,
    /// Whether the journal's disk takes records, as an input said. A commit that fails says so to
    /// its caller and not to the gate: a replay must judge as the run did.
    journal_writable: bool,
    last_execution: Vec<u64>,
    /// Models that wait for the definition of their venue, with its name.
    staged_models: Vec<(String, VenueModel)>,
    /// What the last `Command::Snapshot` saved, and at which input.
    parts: Option<snapshots::Parts>,
    /// Faults of a recorded run that a replay must repeat, by strategy and call.
    expected_faults: Vec<(Caller, u64, Fault)>,
}

/// Whose call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Strategy(StrategyId),
    /// The version before the one that is on probation.
    Warm(StrategyId),
    /// The algorithm that works this order.
    Algorithm(OrderId),
    Rule(RuleId),
}

/// An event on its way to whom it concerns.
#[derive(Debug, Clone)]
enum Told {
    Strategy(StrategyId, Event),
    /// To a strategy's instance or the one beside it alone, with the tenure of the instance that ran.
    Seat(Seat, u64, Event),
    /// To the algorithm that works this order.
    Algorithm(OrderId, AlgorithmEvent),
}

impl Engine {
    /// An engine that knows nothing yet; the first sequence is 1.
    pub fn new(journal: Journal) -> Self {
        Self {
            now: Timestamp::ZERO,
            step_time: Timestamp::ZERO,
            sequence: 0,
            orders_made: 0,
            market: Market::default(),
            venues: Vec::new(),
            outside: Outside::default(),
            accounts: Vec::new(),
            strategies: Strategies::default(),
            holdings: Holdings::default(),
            legs: Legs::default(),
            orders: Orders::default(),
            limits: LimitBook::default(),
            windows: Windows::default(),
            memory: risk::Memory::default(),
            agenda: Agenda::default(),
            listeners: Vec::new(),
            underway: Vec::new(),
            delays_data: false,
            arriving: false,
            margins: margin::Margins::default(),
            flattening: flatten::Flattening::default(),
            held: Vec::new(),
            lists: Lists::default(),
            happenings: VecDeque::new(),
            reports: Reports::new(),
            outbox: VecDeque::new(),
            algorithms: Algorithms::default(),
            rules: Rules::default(),
            staged_custom: None,
            intents: Intents::default(),
            effects: Vec::new(),
            journal,
            journal_writable: true,
            last_execution: Vec::new(),
            staged_models: Vec::new(),
            parts: None,
            expected_faults: Vec::new(),
        }
    }

    /// Handles one input and returns what it changed. The effects stay until the next step.
    pub fn step(&mut self, input: Sequenced<Input>) -> Result<&[Effect], StepError> {
        self.begin(&input)?;
        self.journal.input(&input);
        self.step_time = input.time;
        if self.agenda.is_due(input.time) {
            let ends_bar = matches!(&input.input, Input::Bar(bar) if bar.ts_event == input.time);
            self.catch_up_to(input.time, ends_bar);
        }
        self.now = input.time;
        match input.input {
            Input::Clock => {}
            Input::Quote(ref quote) => self.on_quote(quote),
            Input::Trade(ref trade) => self.on_trade(trade),
            Input::Bar(ref bar) => self.on_bar(bar),
            Input::Mark(ref mark) => self.on_mark(mark),
            Input::Status(ref status) => self.on_status(status),
            Input::Book(update) => self.on_book(&update),
            Input::Lifecycle(event) => self.on_lifecycle(&event),
            Input::Define(definition) => self.define(*definition),
            Input::Command(command) => self.command(*command),
            Input::VenueReport(report) => self.on_venue_report(&report),
            Input::VenueSnapshot(snapshot) => self.on_venue_snapshot(&snapshot),
        }
        self.settle();
        self.watch_probations();
        debug_assert_eq!(crate::invariants::check(self), Ok(()));
        Ok(&self.effects)
    }

    fn begin(&mut self, input: &Sequenced<Input>) -> Result<(), StepError> {
        let expected = self.sequence + 1;
        if input.sequence != expected {
            return Err(StepError::Sequence {
                expected,
                got: input.sequence,
            });
        }
        if input.time < self.now {
            return Err(StepError::Time {
                now: self.now,
                got: input.time,
            });
        }
        self.sequence = expected;
        self.orders_made = 0;
        self.effects.clear();
        Ok(())
    }

    /// Lets everything happen that is due up to `until`, each at its own time. Before a bar that
    /// ends then, orders that end with it wait.
    fn catch_up_to(&mut self, until: Timestamp, ends_bar: bool) {
        let next = |agenda: &mut Agenda| match ends_bar {
            false => agenda.pop(until),
            true => agenda.pop_but_ends_at(until),
        };
        while let Some((at, due)) = next(&mut self.agenda) {
            self.now = self.now.max(at);
            match due {
                Due::Venue(command) => self.reach_venue(command),
                Due::Timer(strategy, id) => self.wake(strategy, id, at),
                Due::BarEnd(instrument, feed) => self.end_bar(instrument, feed),
                Due::Expiry(order) => self.expire(order),
                Due::AlgorithmTimer(parent, id) => self.wake_algorithm(parent, id, at),
                Due::Session(instrument) => self.turn_session(instrument, at, until),
                Due::Answer(order) => self.on_unanswered(order),
                Due::Reconcile(account) => self.on_reconcile_due(account),
                Due::Data(instrument) => self.receive_data(instrument),
                Due::Maturity(instrument) => self.mature(instrument),
                Due::Settlement(instrument) => self.settle_at_mark(instrument),
                Due::DayEnd(account) => self.end_day(account, at, until),
                Due::Grace(account) => self.end_grace(account),
                Due::ProbationEnd(strategy) => self.end_probation_in_time(strategy),
                Due::TimerBeside(strategy, id) => self.wake_beside(strategy, id, at),
                Due::CancelAgain(order, place) => self.cancel_left_open(order, place),
            }
            self.settle();
            self.watch_probations();
        }
    }

    /// Works off reports and the events they lead to until nothing is left at this time.
    #[inline]
    fn settle(&mut self) {
        if !self.is_settled() {
            self.work_off();
        }
    }

    /// Whether nothing is left, as it is after most of market data.
    #[inline]
    fn is_settled(&self) -> bool {
        self.reports.is_empty()
            && self.happenings.is_empty()
            && self.outbox.is_empty()
            && self.algorithms.touched.is_empty()
            && self.margins.due.is_empty()
            && self.flattening.is_over()
    }

    fn work_off(&mut self) {
        loop {
            if let Some(report) = self.reports.pop_front() {
                self.on_report(report);
            } else if self.follow_up() {
                // Other orders may have moved.
            } else if let Some(told) = self.outbox.pop_front() {
                match told {
                    Told::Strategy(strategy, event) => self.deliver_to(strategy, &event),
                    Told::Seat(seat, tenure, event) => self.tell_seat(seat, tenure, &event),
                    Told::Algorithm(parent, event) => self.tell_algorithm(parent, &event),
                }
            } else if !self.follow_parent() && !self.liquidate_next() && !self.flatten_next() {
                // No parent has ended with its last child, either, no account needs help, and nothing
                // of a broken strategy is to be closed.
                return;
            }
        }
    }

    /// Whether the journal's disk takes records, as the engine was told last.
    pub fn is_journal_writable(&self) -> bool {
        self.journal_writable
    }

    fn ignore(&mut self, why: Ignored) {
        self.effects.push(Effect::Ignored(why));
    }

    /// The id of the next order of the current input.
    fn next_order_id(&self) -> Option<OrderId> {
        OrderId::derive(self.sequence, self.orders_made)
    }

    /// Hands the engine an instance, before the input that puts it to use. Fails for an unknown
    /// strategy, giving the instance back.
    pub fn stage(&mut self, strategy: StrategyId, staged: Staged) -> Result<(), Staged> {
        match self.strategies.get_mut(strategy) {
            Some(place) => {
                place.staged = Some(staged);
                Ok(())
            }
            None => Err(staged),
        }
    }

    /// Hands the engine a custom part, before the definition that puts it to use.
    pub fn stage_custom(&mut self, custom: Custom) {
        self.staged_custom = Some(custom);
    }

    /// Makes a later call end in a fault whatever the instance does: for faults that the wall clock
    /// decided in the run that is being replayed.
    pub(crate) fn expect_fault(&mut self, caller: Caller, call: u64, fault: Fault) {
        self.expected_faults.push((caller, call, fault));
    }

    fn take_expected_fault(&mut self, caller: Caller, call: u64) -> Option<Fault> {
        let expected = &mut self.expected_faults;
        let index = expected
            .iter()
            .position(|(by, c, _)| (*by, *c) == (caller, call))?;
        Some(expected.swap_remove(index).2)
    }

    /// Takes away the instance that the last swap retired, to drop it on another thread.
    pub fn take_retired(&mut self, strategy: StrategyId) -> Option<Box<dyn Strategy>> {
        self.strategies.get_mut(strategy)?.retired.take()
    }

    /// Takes away the running instance; for the end of a run, to look at its saved state.
    pub fn take_instance(&mut self, strategy: StrategyId) -> Option<Box<dyn Strategy>> {
        self.strategies.get_mut(strategy)?.instance.take()
    }

    /// When a timer, a bar, an order or a command is due next, if nothing else happens before.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    /// Engine time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The sequence of the last input.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Instruments and prices.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// Open orders.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Positions.
    pub fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    /// Positions of hedging accounts, each by itself.
    pub fn legs(&self) -> &Legs {
        &self.legs
    }

    /// Accounts in the order of their handles.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        (0_u32..).map(AccountId::new).zip(&self.accounts)
    }

    /// What an account is worth in its base currency at the latest marks; `None` when there is no
    /// such account.
    pub fn equity(&self, id: AccountId) -> Option<Result<Money, ValuationError>> {
        self.worth(id)
    }

    /// Strategies in the order of their handles.
    pub fn strategies(&self) -> impl Iterator<Item = (StrategyId, &StrategyConfig)> {
        (0_u32..)
            .map(StrategyId::new)
            .zip(self.strategies.configs())
    }

    /// Where a strategy is; `None` when there is no such strategy.
    pub fn strategy_state(&self, strategy: StrategyId) -> Option<StrategyState> {
        self.strategies.get(strategy).map(|place| place.state)
    }

    /// Which plugin runs.
    pub fn plugin(&self, strategy: StrategyId) -> Option<PluginHash> {
        self.strategies.get(strategy)?.plugin
    }

    /// What its instance was made with, in order.
    pub fn parameters(&self, strategy: StrategyId) -> &[(String, String)] {
        let place = self.strategies.get(strategy);
        place.map_or(&[], |place| place.parameters.as_slice())
    }

    /// Until when its version is watched, and the version to which it would go back.
    pub fn probation(&self, strategy: StrategyId) -> Option<(PluginHash, Timestamp)> {
        let watched = self.strategies.get(strategy)?.probation.as_ref()?;
        Some((watched.plugin, watched.until))
    }

    /// Which version trades beside it, in a copy of this engine.
    pub fn shadow(&self, strategy: StrategyId) -> Option<PluginHash> {
        let place = self.strategies.get(strategy)?;
        place.shadow.as_ref().map(|(plugin, _)| *plugin)
    }

    /// Algorithms that are defined, in the order of their handles.
    pub fn algorithms(&self) -> impl Iterator<Item = (AlgorithmId, &AlgorithmConfig)> {
        (0_u32..)
            .map(AlgorithmId::new)
            .zip(self.algorithms.configs())
    }

    /// Open children of an order that an algorithm works, oldest first.
    pub fn children(&self, parent: OrderId) -> &[OrderId] {
        self.algorithms.children(parent)
    }

    /// Custom rules that judge, in the order in which they are asked.
    pub fn rules(&self) -> impl Iterator<Item = (RuleId, &RuleConfig)> {
        self.rules.configs()
    }

    /// A venue's name.
    pub fn venue_name(&self, venue: VenueId) -> &str {
        self.venues
            .get(venue.index())
            .map_or("?", |venue| venue.config().name.as_str())
    }

    /// Whether orders of the firm may leave.
    pub fn trading_state(&self) -> TradingState {
        self.state_of(LimitScope::Firm)
    }

    /// Whether orders of a scope may leave: what was set, or what escalation made of it.
    pub fn state_of(&self, scope: LimitScope) -> TradingState {
        self.memory.levels.of(scope).state()
    }

    /// Whether the firm's kill latch is set.
    pub fn is_killed(&self) -> bool {
        self.is_scope_killed(LimitScope::Firm)
    }

    /// Whether a scope's own kill latch is set.
    pub fn is_scope_killed(&self, scope: LimitScope) -> bool {
        self.memory.levels.of(scope).killed
    }

    /// How many orders and changes were denied with a code.
    pub fn denials(&self, code: DenyCode) -> u64 {
        self.memory.denials(code)
    }

    /// Limits by scope.
    pub fn limits(&self) -> &LimitBook {
        &self.limits
    }

    /// The journal, to commit and to ask for its hash.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }
}

fields! {
    Engine {
        now, step_time, sequence, orders_made, market, venues, outside, accounts, strategies,
        holdings, legs, orders, limits, windows, memory, agenda, listeners, underway,
        delays_data, arriving, margins, held, lists, algorithms, rules, journal_writable,
        last_execution,
    } - {
        staged_custom, intents, effects, happenings, reports, outbox, staged_models,
        expected_faults, parts, journal, flattening,
    }
}
