//! Strategies made of closures, and what they saw.

use crate::world::{World, money};
use engine::{OrdersOnFault, StrategyConfig};
use model::{
    AccountId, Event, Fault, FaultKind, Hears, HistoryRequest, InstrumentId, Intent, Intents,
    Money, OrderChange, OrderId, OrderKind, OrderRequest, Quantity, SavedState, Side,
    StartSnapshot, Strategy, StrategyId, Subscription,
};
use std::sync::{Arc, Mutex};

/// What a script saw, readable while the engine owns the script.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    events: Arc<Mutex<Vec<Event>>>,
    starts: Arc<Mutex<Vec<StartSnapshot>>>,
}

impl Seen {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn starts(&self) -> Vec<StartSnapshot> {
        self.starts.lock().unwrap().clone()
    }

    /// The bid sizes of the quotes seen, where tests put a counter.
    pub(crate) fn counters(&self) -> Vec<u64> {
        let events = self.events();
        let quotes = events.iter().filter_map(|event| match event {
            Event::Quote(quote) => Some(quote.bid_size.raw() / Quantity::SCALE),
            _ => None,
        });
        quotes.collect()
    }

    /// Changes of orders seen.
    pub(crate) fn changes(&self) -> Vec<OrderChange> {
        let events = self.events();
        let changes = events.iter().filter_map(|event| match event {
            Event::Order(update) => Some(update.change),
            _ => None,
        });
        changes.collect()
    }

    /// Numbers and due times of the timers seen.
    pub(crate) fn timers(&self) -> Vec<(u64, u64)> {
        let events = self.events();
        let timers = events.iter().filter_map(|event| match event {
            Event::Timer { id, due } => Some((*id, due.nanos())),
            _ => None,
        });
        timers.collect()
    }
}

type OnStart = Box<dyn FnMut(&StartSnapshot, &mut Intents) -> Result<(), Fault> + Send>;
type OnEvent = Box<dyn FnMut(&Event, &mut Intents) -> Result<(), Fault> + Send>;
type OnStop = Box<dyn FnMut(&mut Intents) -> Result<(), Fault> + Send>;
type OnSave = Box<dyn FnMut() -> Result<SavedState, Fault> + Send>;

/// A strategy made of closures.
pub(crate) struct Script {
    declared: Vec<Subscription>,
    on_start: OnStart,
    on_event: OnEvent,
    on_stop: OnStop,
    on_save: OnSave,
    seen: Seen,
    remembers: bool,
    hears: Hears,
}

impl Script {
    pub(crate) fn new(declared: &[Subscription]) -> Self {
        Self {
            declared: declared.to_vec(),
            on_start: Box::new(|_, _| Ok(())),
            on_event: Box::new(|_, _| Ok(())),
            on_stop: Box::new(|_| Ok(())),
            on_save: Box::new(|| Ok(SavedState::default())),
            seen: Seen::default(),
            remembers: true,
            hears: Hears::default(),
        }
    }

    /// Hears of more than every strategy is told.
    pub(crate) fn hearing(mut self, hears: Hears) -> Self {
        self.hears = hears;
        self
    }

    /// Keeps nothing of what it sees; for long runs.
    pub(crate) fn forgetful(mut self) -> Self {
        self.remembers = false;
        self
    }

    pub(crate) fn start(
        mut self,
        act: impl FnMut(&StartSnapshot, &mut Intents) -> Result<(), Fault> + Send + 'static,
    ) -> Self {
        self.on_start = Box::new(act);
        self
    }

    pub(crate) fn event(
        mut self,
        act: impl FnMut(&Event, &mut Intents) -> Result<(), Fault> + Send + 'static,
    ) -> Self {
        self.on_event = Box::new(act);
        self
    }

    pub(crate) fn stop(
        mut self,
        act: impl FnMut(&mut Intents) -> Result<(), Fault> + Send + 'static,
    ) -> Self {
        self.on_stop = Box::new(act);
        self
    }

    pub(crate) fn save(
        mut self,
        act: impl FnMut() -> Result<SavedState, Fault> + Send + 'static,
    ) -> Self {
        self.on_save = Box::new(act);
        self
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    pub(crate) fn boxed(self) -> Box<dyn Strategy> {
        Box::new(self)
    }

    /// Adds a strategy of this name on an account and starts it with this script.
    pub(crate) fn run(
        self,
        world: &mut World,
        name: &str,
        account: AccountId,
    ) -> (StrategyId, Seen) {
        let seen = self.seen();
        let strategy = world.strategy(config(name, account));
        world.start(strategy, self.boxed());
        (strategy, seen)
    }
}

impl Strategy for Script {
    fn declared(&self) -> &[Subscription] {
        &self.declared
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &[]
    }

    fn hears(&self) -> Hears {
        self.hears
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        self.seen.starts.lock().unwrap().push(snapshot.clone());
        (self.on_start)(snapshot, out)
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        if self.remembers {
            self.seen.events.lock().unwrap().push(event.clone());
        }
        (self.on_event)(event, out)
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        (self.on_stop)(out)
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        (self.on_save)()
    }
}

pub(crate) fn config(name: &str, account: AccountId) -> StrategyConfig {
    StrategyConfig {
        name: name.to_owned(),
        account,
        on_fault: OrdersOnFault::Cancel,
        manual: false,
        permissions: engine::Permissions::ALL,
    }
}

pub(crate) fn trap() -> Fault {
    Fault {
        kind: FaultKind::Trap,
        message: "on purpose".to_owned(),
    }
}

/// Asks for an order without an intent number.
pub(crate) fn submit(
    out: &mut Intents,
    instrument: InstrumentId,
    side: Side,
    kind: OrderKind,
    units: i64,
) -> Option<OrderId> {
    let quantity = Quantity::whole(units).unwrap();
    out.submit(OrderRequest::new(instrument, side, kind, quantity))
}

pub(crate) fn market(
    out: &mut Intents,
    instrument: InstrumentId,
    side: Side,
    units: i64,
) -> Option<OrderId> {
    submit(out, instrument, side, OrderKind::Market, units)
}

pub(crate) fn timer(out: &mut Intents, id: u64, due: u64) {
    out.push(Intent::SetTimer {
        id,
        due: crate::world::at(due),
    });
}

/// The sum of amounts given as text.
pub(crate) fn sum(amounts: &[&str]) -> Money {
    amounts.iter().fold(Money::ZERO, |sum, text| {
        sum.checked_add(money(text)).unwrap()
    })
}
