//! The way to the engine thread: two bounded queues, so that a flood of market data cannot starve
//! commands.
//!
//! * `market`: public data. Live feeds [`Inbox::offer_market`]: above 80 % of the bound the queue is
//!   conflated (only the latest quote and the latest trade of each instrument stay), and what was
//!   dropped is counted. Feeds that must lose nothing [`Inbox::send_market`] and wait for room.
//! * `commands`: never dropped. [`Inbox::offer_command`] answers `Busy` when full;
//!   [`Inbox::send_command`], for the host's own workers, waits for room. [`Inbox::has_commands`] tells
//!   the engine thread during a batch that takes long.
//! * `urgent`: kills. They have a place of their own, so that a full queue of commands refuses none,
//!   and are handled before whatever else waits; [`Inbox::has_urgent`] lets the engine thread look
//!   between two inputs of a batch. When full, a kill waits already, and another says nothing new.

use crate::handle::HostError;
use crate::sync::lock;
use crate::trader::{Request, as_nanos};
use model::{Bar, InstrumentId, MarkPrice, Quote, Timestamp, Trade};
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::BookRow;

/// Kills that may wait at once.
const URGENT_BOUND: usize = 64;
/// Market inputs handed to the engine thread at once.
pub(crate) const MARKET_BATCH: usize = 256;
/// Commands handed to the engine thread at once.
const COMMAND_BATCH: usize = 64;

/// One public event on its way to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketInput {
    /// A new best bid or ask.
    Quote(Quote),
    /// A trade.
    Trade(Trade),
    /// A finished bar.
    Bar(Bar),
    /// The venue's mark price or the index behind a derivative.
    Mark(MarkPrice),
    /// A change of an order book. The engine is told of a batch when its last row comes, so none of them may be left
    /// out: only feeds that wait for room send them.
    Book(BookRow),
    /// Nothing but time, for replays: timers that are due come out.
    Clock(Timestamp),
}

impl MarketInput {
    /// The time it carries.
    pub const fn time(&self) -> Timestamp {
        match self {
            Self::Quote(quote) => quote.ts_init,
            Self::Trade(trade) => trade.ts_init,
            Self::Bar(bar) => bar.ts_init,
            Self::Mark(mark) => mark.ts_init,
            Self::Book(row) => row.ts_init,
            Self::Clock(time) => *time,
        }
    }

    /// What replaces it: a later input with the same key. `None` for what is never conflated.
    fn key(&self) -> Option<(u8, InstrumentId)> {
        match self {
            Self::Quote(quote) => Some((0, quote.instrument)),
            Self::Trade(trade) => Some((1, trade.instrument)),
            Self::Clock(_) => Some((2, InstrumentId::default())),
            // One that gives less than another does not replace it.
            Self::Mark(mark) => match (mark.mark, mark.index) {
                (Some(_), Some(_)) => Some((3, mark.instrument)),
                (Some(_), None) => Some((4, mark.instrument)),
                (None, _) => Some((5, mark.instrument)),
            },
            Self::Bar(_) | Self::Book(_) => None,
        }
    }
}

impl MarketInput {
    /// An event of a file as an input.
    pub const fn of(event: store::MarketEvent) -> Self {
        match event {
            store::MarketEvent::Quote(quote) => Self::Quote(quote),
            store::MarketEvent::Trade(trade) => Self::Trade(trade),
            store::MarketEvent::Bar(bar) => Self::Bar(bar),
            store::MarketEvent::Book(row) => Self::Book(row),
        }
    }
}

/// Public data that was handed to the engine since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarketCounts {
    /// Quotes.
    pub quotes: u64,
    /// Trades.
    pub trades: u64,
    /// Finished bars.
    pub bars: u64,
    /// Mark prices and indices.
    pub marks: u64,
    /// Batches of changes of order books.
    pub books: u64,
    /// The time that the latest of them carries.
    pub last: Option<Timestamp>,
}

impl MarketCounts {
    fn note(&mut self, input: &MarketInput) {
        let count = match input {
            MarketInput::Quote(_) => &mut self.quotes,
            MarketInput::Trade(_) => &mut self.trades,
            MarketInput::Bar(_) => &mut self.bars,
            MarketInput::Mark(_) => &mut self.marks,
            MarketInput::Book(row) if row.ends => &mut self.books,
            MarketInput::Book(_) | MarketInput::Clock(_) => return,
        };
        *count += 1;
        self.last = Some(input.time());
    }
}

/// The inbox was closed: the host is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

/// Both queues.
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrived: Condvar,
    room: Condvar,
    market_bound: usize,
    command_bound: usize,
    conflated: AtomicU64,
    urgent: AtomicBool,
    /// Whether commands wait; only ever changed under the lock.
    commands: AtomicBool,
    begun: Instant,
    /// When the engine's thread last asked for work, in nanoseconds after `begun`.
    asked_ns: AtomicU64,
}

struct State {
    urgent: VecDeque<Request>,
    market: VecDeque<MarketInput>,
    commands: VecDeque<Request>,
    /// Length at which the market queue is conflated next.
    conflate_at: usize,
    market_counts: MarketCounts,
    market_closed: bool,
    closed: bool,
}

impl Inbox {
    pub(crate) fn new(market_bound: usize, command_bound: usize) -> Self {
        let market_bound = market_bound.max(MARKET_BATCH);
        Self {
            state: Mutex::new(State {
                urgent: VecDeque::new(),
                market: VecDeque::new(),
                commands: VecDeque::new(),
                conflate_at: market_bound / 5 * 4,
                market_counts: MarketCounts::default(),
                market_closed: false,
                closed: false,
            }),
            arrived: Condvar::new(),
            room: Condvar::new(),
            market_bound,
            command_bound: command_bound.max(1),
            conflated: AtomicU64::new(0),
            urgent: AtomicBool::new(false),
            commands: AtomicBool::new(false),
            begun: Instant::now(),
            asked_ns: AtomicU64::new(0),
        }
    }

    /// Public events dropped because newer ones of their instrument were there.
    pub(crate) fn conflated(&self) -> u64 {
        self.conflated.load(Ordering::Relaxed)
    }

    /// How long ago the engine's thread last asked for work.
    pub(crate) fn quiet(&self) -> Duration {
        let asked = Duration::from_nanos(self.asked_ns.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(asked)
    }

    fn ask(&self) {
        let now = as_nanos(self.begun.elapsed());
        self.asked_ns.store(now, Ordering::Relaxed);
    }

    /// Most inputs that may wait: market data, commands.
    pub(crate) fn bounds(&self) -> (usize, usize) {
        (self.market_bound, self.command_bound)
    }

    /// Public data that came.
    pub(crate) fn market_counts(&self) -> MarketCounts {
        lock(&self.state).market_counts
    }

    /// Inputs waiting: market data, commands.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let state = lock(&self.state);
        let commands = state.commands.len() + state.urgent.len();
        (state.market.len(), commands)
    }

    /// Adds public data without waiting, conflating when the queue is nearly full.
    pub(crate) fn offer_market(&self, inputs: &[MarketInput]) -> Result<(), Closed> {
        let mut state = lock(&self.state);
        if state.market_closed {
            return Err(Closed);
        }
        for input in inputs {
            if state.market.len() >= state.conflate_at.min(self.market_bound) {
                let dropped = state.conflate(self.market_bound);
                self.conflated.fetch_add(dropped, Ordering::Relaxed);
            }
            state.market_counts.note(input);
            state.market.push_back(*input);
        }
        self.finish(state)
    }

    /// Adds public data in order, waiting for room; nothing is lost.
    pub(crate) fn send_market(&self, inputs: &[MarketInput]) -> Result<(), Closed> {
        for chunk in inputs.chunks(MARKET_BATCH) {
            let mut state = self.wait_for_room(|state| {
                state.market_closed || state.market.len() + chunk.len() <= self.market_bound
            });
            if state.market_closed {
                return Err(Closed);
            }
            for input in chunk {
                state.market_counts.note(input);
            }
            state.market.extend(chunk.iter().copied());
            self.finish(state)?;
        }
        Ok(())
    }

    /// Adds a command, or says that the queue is full.
    pub(crate) fn offer_command(&self, request: Request) -> Result<(), HostError> {
        let mut state = lock(&self.state);
        if !state.closed && state.commands.len() >= self.command_bound {
            return Err(HostError::Busy);
        }
        state.commands.push_back(request);
        self.commands.store(true, Ordering::Release);
        self.finish(state).map_err(|Closed| HostError::Stopped)
    }

    /// Adds a command, waiting for room.
    pub(crate) fn send_command(&self, request: Request) -> Result<(), HostError> {
        let mut state = self.wait_for_room(|state| state.commands.len() < self.command_bound);
        state.commands.push_back(request);
        self.commands.store(true, Ordering::Release);
        self.finish(state).map_err(|Closed| HostError::Stopped)
    }

    /// Adds what must overtake everything else, or says that too much of it waits.
    pub(crate) fn offer_urgent(&self, request: Request) -> Result<(), HostError> {
        let mut state = lock(&self.state);
        if !state.closed && state.urgent.len() >= URGENT_BOUND {
            return Err(HostError::Busy);
        }
        state.urgent.push_back(request);
        self.urgent.store(true, Ordering::Release);
        self.finish(state).map_err(|Closed| HostError::Stopped)
    }

    /// Whether something urgent waits; cheap enough to ask before each input.
    pub(crate) fn has_urgent(&self) -> bool {
        self.urgent.load(Ordering::Acquire)
    }

    /// Whether commands wait; as cheap.
    pub(crate) fn has_commands(&self) -> bool {
        self.commands.load(Ordering::Acquire)
    }

    /// Takes a batch of commands, and leaves market data and what is urgent; waits up to `patience` for a
    /// command or a kill.
    pub(crate) fn take_commands(&self, patience: Duration, commands: &mut Vec<Request>) {
        self.ask();
        let state = lock(&self.state);
        let waited = self.arrived.wait_timeout_while(state, patience, |state| {
            state.urgent.is_empty() && state.commands.is_empty() && !state.closed
        });
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let count = state.commands.len().min(COMMAND_BATCH);
        commands.extend(state.commands.drain(..count));
        self.commands
            .store(!state.commands.is_empty(), Ordering::Release);
        drop(state);
        self.room.notify_all();
    }

    /// Waits up to `patience` for something urgent; tells whether somebody wants the end.
    pub(crate) fn wait_for_urgent(&self, patience: Duration) -> bool {
        self.ask();
        let state = lock(&self.state);
        let waited = self.arrived.wait_timeout_while(state, patience, |state| {
            state.urgent.is_empty() && !state.closed
        });
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let mut commands = state.commands.iter();
        commands.any(|request| matches!(request, Request::Shutdown))
    }

    /// Takes what is urgent and nothing else.
    pub(crate) fn take_urgent(&self) -> Vec<Request> {
        let mut state = lock(&self.state);
        self.urgent.store(false, Ordering::Release);
        state.urgent.drain(..).collect()
    }

    fn wait_for_room(&self, is_room: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        while !state.closed && !is_room(&state) {
            state = self
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// Wakes the engine thread; what was added to a closed inbox is taken out again.
    fn finish(&self, mut state: MutexGuard<'_, State>) -> Result<(), Closed> {
        if state.closed {
            state.clear();
            return Err(Closed);
        }
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes what is there, at most one batch of each kind, and leaves what is urgent, for that is let out
    /// before commands are handled; waits up to `patience` for something.
    pub(crate) fn take(
        &self,
        patience: Duration,
        market: &mut Vec<MarketInput>,
        commands: &mut Vec<Request>,
    ) {
        self.ask();
        let mut state = lock(&self.state);
        if state.is_empty() && !patience.is_zero() {
            let waited = self
                .arrived
                .wait_timeout_while(state, patience, |s| s.is_empty());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let count = state.commands.len().min(COMMAND_BATCH);
        commands.extend(state.commands.drain(..count));
        self.commands
            .store(!state.commands.is_empty(), Ordering::Release);
        let count = state.market.len().min(MARKET_BATCH);
        market.extend(state.market.drain(..count));
        if state.market.is_empty() {
            state.conflate_at = self.market_bound / 5 * 4;
        }
        drop(state);
        self.room.notify_all();
    }

    /// Whether everything is refused.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// Refuses market data from now on; what waits is still handled.
    pub(crate) fn close_market(&self) {
        lock(&self.state).market_closed = true;
        self.room.notify_all();
    }

    /// Refuses everything from now on and drops what waits, whose askers are told `Stopped`.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        (state.market_closed, state.closed) = (true, true);
        state.clear();
        drop(state);
        self.room.notify_all();
        self.arrived.notify_all();
    }
}

impl State {
    fn is_empty(&self) -> bool {
        let waits = [self.market.len(), self.commands.len(), self.urgent.len()];
        waits == [0, 0, 0] && !self.closed
    }

    fn clear(&mut self) {
        self.market.clear();
        self.commands.clear();
        self.urgent.clear();
    }

    /// Keeps the latest input of each key, and everything without one as long as there is room.
    fn conflate(&mut self, bound: usize) -> u64 {
        let before = self.market.len();
        let mut seen = HashSet::new();
        let mut kept: VecDeque<MarketInput> = self
            .market
            .drain(..)
            .rev()
            .filter(|input| input.key().is_none_or(|key| seen.insert(key)))
            .collect();
        kept.make_contiguous().reverse();
        while kept.len() >= bound {
            kept.pop_front();
        }
        // A pass must free enough to be worth the next one.
        self.conflate_at = (bound / 5 * 4).max(kept.len() + bound / 10);
        self.market = kept;
        (before - self.market.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Price, Quantity};

    fn quote(instrument: u32, nanos: u64) -> MarketInput {
        let at = Timestamp::from_nanos(nanos);
        MarketInput::Quote(Quote {
            instrument: InstrumentId::new(instrument),
            bid: Price::from_raw(1),
            ask: Price::from_raw(2),
            bid_size: Quantity::ONE,
            ask_size: Quantity::ONE,
            ts_event: at,
            ts_init: at,
        })
    }

    fn drain(inbox: &Inbox) -> Vec<u64> {
        let (mut market, mut commands) = (Vec::new(), Vec::new());
        while inbox.waiting().0 > 0 {
            inbox.take(Duration::ZERO, &mut market, &mut commands);
        }
        market.iter().map(|input| input.time().nanos()).collect()
    }

    #[test]
    fn below_the_mark_nothing_is_lost() {
        let inbox = Inbox::new(1_000, 1);
        let inputs: Vec<_> = (0..800).map(|n| quote(0, n)).collect();
        inbox.offer_market(&inputs).unwrap();
        assert_eq!((drain(&inbox).len(), inbox.conflated()), (800, 0));
    }

    #[test]
    fn a_flood_keeps_the_latest_of_each_instrument_in_order() {
        let inbox = Inbox::new(1_000, 1);
        let inputs: Vec<_> = (0..10_000).map(|n| quote((n % 2) as u32, n)).collect();
        inbox.offer_market(&inputs).unwrap();
        let times = drain(&inbox);
        assert!(times.is_sorted() && times.len() <= 1_000);
        assert_eq!(times.last_chunk(), Some(&[9_998, 9_999]));
        assert_eq!(times.len() as u64 + inbox.conflated(), 10_000);
    }

    #[test]
    fn a_sender_that_waits_loses_nothing() {
        let inbox = Inbox::new(MARKET_BATCH, 1);
        let inputs: Vec<_> = (0..5_000).map(|n| quote(0, n)).collect();
        let got = std::thread::scope(|scope| {
            let sender = scope.spawn(|| inbox.send_market(&inputs));
            let mut got = Vec::new();
            while got.len() < inputs.len() {
                inbox.take(Duration::from_millis(10), &mut got, &mut Vec::new());
            }
            sender.join().unwrap().unwrap();
            got
        });
        assert_eq!((got == inputs, inbox.conflated()), (true, 0));
    }

    #[test]
    fn what_is_urgent_overtakes_a_full_queue_of_commands() {
        let inbox = Inbox::new(1_000, 1);
        inbox.offer_command(Request::Shutdown).unwrap();
        let full = inbox.offer_command(Request::Shutdown);
        assert_eq!(full, Err(HostError::Busy));
        assert!(!inbox.has_urgent());
        let kill = crate::trader::StepRequest::command(engine::Command::SetKillLatch(true)).0;
        inbox.offer_urgent(kill).unwrap();
        assert!(inbox.has_urgent());
        let mut commands = Vec::new();
        inbox.take(Duration::ZERO, &mut Vec::new(), &mut commands);
        inbox.take_commands(Duration::ZERO, &mut commands);
        assert!(matches!(commands[..], [Request::Shutdown]));
        assert!(inbox.has_urgent());
        assert!(matches!(inbox.take_urgent()[..], [Request::Step(_)]));
        assert!(!inbox.has_urgent() && inbox.take_urgent().is_empty());
    }

    #[test]
    fn whether_commands_wait_is_known_without_taking_them() {
        let inbox = Inbox::new(1_000, 2 * COMMAND_BATCH);
        assert!(!inbox.has_commands());
        for _ in 0..=COMMAND_BATCH {
            inbox.offer_command(Request::Shutdown).unwrap();
        }
        let mut commands = Vec::new();
        inbox.take_commands(Duration::ZERO, &mut commands);
        assert_eq!(
            (commands.len(), inbox.has_commands()),
            (COMMAND_BATCH, true)
        );
        inbox.take(Duration::ZERO, &mut Vec::new(), &mut commands);
        assert!(!inbox.has_commands());
    }

    #[test]
    fn whoever_asks_for_work_is_not_quiet() {
        let inbox = Inbox::new(1_000, 1);
        std::thread::sleep(Duration::from_millis(20));
        let before = inbox.quiet();
        assert!(before >= Duration::from_millis(20));
        let begun = Instant::now();
        inbox.take(Duration::ZERO, &mut Vec::new(), &mut Vec::new());
        let quiet = inbox.quiet();
        assert!(quiet <= begun.elapsed());
        assert_eq!(inbox.bounds(), (1_000, 1));
    }

    #[test]
    fn a_closed_inbox_refuses() {
        let inbox = Inbox::new(1_000, 1);
        inbox.close();
        assert_eq!(inbox.offer_market(&[quote(0, 1)]), Err(Closed));
        assert_eq!(inbox.send_market(&[quote(0, 1)]), Err(Closed));
        assert_eq!(inbox.waiting(), (0, 0));
    }
}
