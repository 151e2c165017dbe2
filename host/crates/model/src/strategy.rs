//! The port behind which strategies live: events in, intents out, faults as values.
//!
//! The engine knows only this trait. `runtime` implements it with WebAssembly instances, the
//! program's bench with strategies compiled in, and tests with closures.

use crate::{
    AlgorithmCall, Amendment, Bar, BarSpec, BookView, CashFlow, InstrumentId, LifeEvent, Order,
    OrderId, OrderRequest, OrderUpdate, PositionUpdate, Quote, SignalEvent, Timestamp, Trade,
};
use std::sync::Arc;

/// What a strategy is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A new best bid or ask.
    Quote(Quote),
    /// A trade between others.
    Trade(Trade),
    /// A finished bar.
    Bar(Bar),
    /// The best levels of an order book changed; shared by all who asked for as many.
    Book(Arc<BookView>),
    /// An order book told of before is unknown from now on, until the next [`Event::Book`].
    BookLost(InstrumentId),
    /// A timer that is due.
    Timer {
        /// The strategy's own number for it.
        id: u64,
        /// When it was due.
        due: Timestamp,
    },
    /// One of its orders changed.
    Order(OrderUpdate),
    /// One of its positions changed.
    Position(PositionUpdate),
    /// One of its positions brought or cost money without a trade, or its account gave money of one
    /// currency for another. Only those are told that hear of it.
    CashFlow {
        /// What moved.
        flow: CashFlow,
        /// The currency's name: strategies have no handles of currencies.
        currency: Arc<str>,
    },
    /// Something happened to an instrument that it holds, has an open order on, or asked for data of.
    /// Only those are told that hear of it.
    Life {
        /// What happened.
        event: LifeEvent,
        /// The name of the currency that it pays, where it pays.
        currency: Option<Arc<str>>,
    },
    /// Somebody outside tells it something. Only those are told that hear of it.
    Signal(Arc<SignalEvent>),
}

/// What a strategy hears of besides what every one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hears {
    /// [`Event::CashFlow`].
    pub cash_flows: bool,
    /// [`Event::Life`].
    pub life_events: bool,
    /// [`Event::Signal`].
    pub signals: bool,
}

impl Hears {
    /// Everything.
    pub const ALL: Self = Self {
        cash_flows: true,
        life_events: true,
        signals: true,
    };

    /// Whether it is told of an event.
    pub const fn of(self, event: &Event) -> bool {
        match event {
            Event::CashFlow { .. } => self.cash_flows,
            Event::Life { .. } => self.life_events,
            Event::Signal(_) => self.signals,
            _ => true,
        }
    }
}

/// What a strategy wants to be told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// Every quote of an instrument.
    Quotes(InstrumentId),
    /// Every trade of an instrument.
    Trades(InstrumentId),
    /// Every bar made by a rule.
    Bars(InstrumentId, BarSpec),
    /// So many of the best levels a side, 1 to [`MAX_BOOK_DEPTH`](crate::MAX_BOOK_DEPTH), each time
    /// a batch changed any of them.
    Book(InstrumentId, u8),
}

/// How serious a line of a strategy's log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

/// What a strategy wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Send an order.
    Submit(OrderRequest),
    /// Send orders that depend on each other; all are taken or none. Their ids are consecutive.
    SubmitList(Vec<OrderRequest>),
    /// Hand an order to an execution algorithm, which sends it in parts.
    Work(OrderRequest, AlgorithmCall),
    /// Change one of its orders.
    Modify(Amendment),
    /// Withdraw one of its orders.
    Cancel(OrderId),
    /// Withdraw all its orders on an instrument.
    CancelAll(InstrumentId),
    /// Be told.
    Subscribe(Subscription),
    /// Be told no more.
    Unsubscribe(Subscription),
    /// Be woken at or after a moment; the same id again moves the timer.
    SetTimer {
        /// The strategy's own number for it.
        id: u64,
        /// When.
        due: Timestamp,
    },
    /// Not be woken.
    CancelTimer {
        /// The number given when it was set.
        id: u64,
    },
    /// Keep a value that outlives the instance.
    PutState {
        /// Its name.
        key: String,
        /// Its bytes; empty removes it.
        value: Vec<u8>,
    },
    /// Say something.
    Log {
        /// How serious.
        level: LogLevel,
        /// What.
        text: String,
    },
}

/// Collects what one call to a strategy wants done, and hands out order ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intents {
    now: Timestamp,
    next_order: Option<OrderId>,
    items: Vec<Intent>,
}

impl Intents {
    /// An empty collection for a call at `now` whose first order will be `first_order`.
    pub fn new(now: Timestamp, first_order: OrderId) -> Self {
        Self {
            now,
            next_order: Some(first_order),
            items: Vec::new(),
        }
    }

    /// Makes the collection ready for another call, keeping its memory. Without a first order the
    /// call can make none.
    pub fn reset(&mut self, now: Timestamp, first_order: impl Into<Option<OrderId>>) {
        self.now = now;
        self.next_order = first_order.into();
        self.items.clear();
    }

    /// Engine time of the call: what a guest sees as "now".
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The id the next order would get; `None` once one input has made all it may.
    pub const fn next_order(&self) -> Option<OrderId> {
        self.next_order
    }

    /// Adds an order and returns its id; `None` once one input has made all it may.
    pub fn submit(&mut self, request: OrderRequest) -> Option<OrderId> {
        let id = self.next_order?;
        self.next_order = id.next();
        self.items
            .push(Intent::Submit(OrderRequest { id, ..request }));
        Some(id)
    }

    /// Adds a list of orders and returns the first one's id, the others' follow; `None` for an
    /// empty list, or when the input may not make so many.
    pub fn submit_list(&mut self, mut requests: Vec<OrderRequest>) -> Option<OrderId> {
        let (mut first, mut next) = (None, self.next_order);
        for request in &mut requests {
            request.id = next?;
            first = first.or(next);
            next = request.id.next();
        }
        let first = first?;
        self.next_order = next;
        self.items.push(Intent::SubmitList(requests));
        Some(first)
    }

    /// Adds an order for an execution algorithm to work, and returns its id; `None` once one input
    /// has made all it may.
    pub fn work(&mut self, request: OrderRequest, algorithm: AlgorithmCall) -> Option<OrderId> {
        let id = self.next_order?;
        self.next_order = id.next();
        let request = OrderRequest { id, ..request };
        self.items.push(Intent::Work(request, algorithm));
        Some(id)
    }

    /// Adds anything that is not an order.
    pub fn push(&mut self, intent: Intent) {
        self.items.push(intent);
    }

    /// What was asked for so far, in order.
    pub fn items(&self) -> &[Intent] {
        &self.items
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Takes what was asked for with its memory, which [`Self::reuse`] gives back.
    pub fn take(&mut self) -> Vec<Intent> {
        std::mem::take(&mut self.items)
    }

    /// Uses the memory of a list that is done for the next calls.
    pub fn reuse(&mut self, mut done: Vec<Intent>) {
        if self.items.is_empty() {
            done.clear();
            self.items = done;
        }
    }

    /// Takes what was asked for, leaving the memory in place.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Intent> {
        self.items.drain(..)
    }
}

/// Bars (or quotes, or trades) from before the start, asked for in `init`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Which bars.
    pub spec: BarSpec,
    /// How many of the latest ones.
    pub count: u32,
}

/// The answer to a [`HistoryRequest`]: oldest first, at most `count`, possibly fewer or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryBlock {
    /// What was asked.
    pub request: HistoryRequest,
    /// What there is.
    pub bars: Vec<Bar>,
}

/// Why a strategy starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartReason {
    /// For the first time, with nothing saved.
    Fresh,
    /// Again, from state it saved.
    Restored,
    /// As the successor of another version, catching up on live events.
    Swapped,
}

/// What a strategy learns when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartSnapshot {
    /// Why.
    pub reason: StartReason,
    /// State to load first, if any.
    pub state: Option<SavedState>,
    /// What its host-kept values are.
    pub values: Vec<(String, Vec<u8>)>,
    /// What it asked for in `init`.
    pub history: Vec<HistoryBlock>,
    /// Its positions.
    pub positions: Vec<PositionUpdate>,
    /// Its open orders.
    pub orders: Vec<Order>,
}

/// What `save` returns and `load` takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedState {
    /// The author's version of the format.
    pub version: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// How a strategy broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// It trapped: a panic, an illegal access, a stack overflow.
    Trap,
    /// It used up its fuel for the call.
    OutOfFuel,
    /// It ran longer than the wall clock allows.
    Deadline,
    /// It asked for more memory than it may have.
    Memory,
    /// It returned or asked for something outside the contract.
    BadOutput,
    /// It refused to start or to take over state.
    Refused,
}

impl FaultKind {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trap => "TRAP",
            Self::OutOfFuel => "OUT_OF_FUEL",
            Self::Deadline => "DEADLINE",
            Self::Memory => "MEMORY",
            Self::BadOutput => "BAD_OUTPUT",
            Self::Refused => "REFUSED",
        }
    }
}

/// A broken strategy: it is dropped, its host and neighbours go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", kind.name())]
pub struct Fault {
    /// How.
    pub kind: FaultKind,
    /// What it said, with the call it happened in.
    pub message: String,
}

/// A running strategy. Calls are synchronous and happen on the thread that owns the engine.
pub trait Strategy: Send {
    /// What it asked to be told about while it was being made.
    fn declared(&self) -> &[Subscription];

    /// What history it asked for while it was being made.
    fn history_requests(&self) -> &[HistoryRequest];

    /// What it hears of besides what every strategy is told; the same for its whole life.
    fn hears(&self) -> Hears {
        Hears::default()
    }

    /// Starts it, or lets it take over. Called once, before any event.
    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault>;

    /// Tells it what happened.
    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault>;

    /// Tells it that no more events come.
    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault>;

    /// Its state as bytes that `start` of a later instance takes.
    fn save(&mut self) -> Result<SavedState, Fault>;

    /// Fuel that the latest call took, where somebody counts it; equal on every machine.
    fn fuel(&self) -> Option<u64> {
        None
    }
}
