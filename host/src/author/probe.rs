//! An instance with somebody who writes down every call of it: what it was told, what it wanted, what
//! it took. The engine does not know.

use model::{
    Event, Fault, Hears, HistoryRequest, Intent, Intents, OrderId, SavedState, StartSnapshot,
    Strategy, Subscription, Timestamp,
};
use runtime::Instance;
use std::sync::{Arc, Mutex, PoisonError};

/// What an instance was told.
#[derive(Debug, Clone)]
pub(super) enum Told {
    Start(Box<StartSnapshot>),
    Event(Event),
    Stop,
    Save,
}

impl Told {
    /// What kind of call it is, in the words of the contract.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Stop => "stop",
            Self::Save => "save",
            Self::Event(event) => match event {
                Event::Quote(_) => "quote",
                Event::Trade(_) => "trade",
                Event::Bar(_) => "bar",
                Event::Book(_) => "book",
                Event::BookLost(_) => "book-lost",
                Event::Timer { .. } => "timer",
                Event::Order(_) => "order-event",
                Event::Position(_) => "position-event",
                Event::CashFlow { .. } => "cash-flow",
                Event::Life { .. } => "lifecycle",
                Event::Signal(_) => "signal",
            },
        }
    }
}

/// One call and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Which instance it was, counted from 0.
    pub(super) seat: u32,
    pub(super) told: Told,
    pub(super) now: Timestamp,
    /// The id that its first order would get.
    pub(super) first_order: Option<OrderId>,
    pub(super) intents: Vec<Intent>,
    pub(super) fuel: u64,
    pub(super) saved: Option<SavedState>,
}

/// Calls that were not looked at yet. The engine's thread and ours are one; the lock is for the port,
/// which must be able to move.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub(super) fn take(&self) -> Vec<Call> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *calls)
    }

    fn add(&self, call: Call) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
    }
}

/// The instance that is watched.
pub(super) struct Probe {
    pub(super) instance: Instance,
    pub(super) seat: u32,
    pub(super) calls: Calls,
}

impl Probe {
    fn watch(
        &mut self,
        told: Told,
        out: &mut Intents,
        act: impl FnOnce(&mut Instance, &mut Intents) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (before, first_order) = (out.items().len(), out.next_order());
        let done = act(&mut self.instance, out);
        self.calls.add(Call {
            seat: self.seat,
            told,
            now: out.now(),
            first_order,
            intents: out.items().iter().skip(before).cloned().collect(),
            fuel: self.instance.usage().last_call_fuel,
            saved: None,
        });
        done
    }
}

impl Strategy for Probe {
    fn declared(&self) -> &[Subscription] {
        self.instance.declared()
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        self.instance.history_requests()
    }

    fn hears(&self) -> Hears {
        self.instance.hears()
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        let told = Told::Start(Box::new(snapshot.clone()));
        self.watch(told, out, |instance, out| instance.start(snapshot, out))
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        let told = Told::Event(event.clone());
        self.watch(told, out, |instance, out| instance.handle(event, out))
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        self.watch(Told::Stop, out, |instance, out| instance.stop(out))
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        let saved = self.instance.save();
        self.calls.add(Call {
            seat: self.seat,
            told: Told::Save,
            now: Timestamp::ZERO,
            first_order: None,
            intents: Vec::new(),
            fuel: self.instance.usage().last_call_fuel,
            saved: saved.as_ref().ok().cloned(),
        });
        saved
    }

    fn fuel(&self) -> Option<u64> {
        self.instance.fuel()
    }
}
