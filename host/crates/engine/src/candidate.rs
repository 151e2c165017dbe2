//! A successor that catches up: it sees live events, but its orders are muted.
//!
//! A candidate is driven only by the events it is given and their times, so it ends in the same
//! state whether it runs on another thread beside the market or inline in a replay. Each order it
//! tries to send is denied to it as `MUTED`; its timers are kept here until it takes over.

use crate::journal::codec::fields;
use crate::strategies::{MAX_TIMERS, Values};
use model::{
    DenyCode, Event, Fault, FaultKind, Intent, Intents, OrderChange, OrderId, OrderRequest,
    OrderStatus, OrderUpdate, Quantity, StartSnapshot, Strategy, StrategyId, Subscription,
    Timestamp,
};
use std::collections::{BTreeMap, VecDeque};

/// Calls that one event may lead to through muted orders before the candidate counts as runaway.
const MAX_CALLS_PER_EVENT: usize = 1_000;
/// Subscriptions it may change while it catches up.
const MAX_CHANGED_SUBSCRIPTIONS: usize = 1_024;

/// A muted instance on its way to take over.
pub struct Candidate {
    strategy: StrategyId,
    /// Missing only while an engine is read from its bytes.
    instance: Option<Box<dyn Strategy>>,
    intents: Intents,
    muted_orders: u64,
    timers: BTreeMap<u64, Timestamp>,
    subscriptions: Vec<(Subscription, bool)>,
    values: Values,
}

/// What a candidate brings with it when it takes over.
pub(crate) struct Handover {
    pub(crate) instance: Option<Box<dyn Strategy>>,
    pub(crate) timers: BTreeMap<u64, Timestamp>,
    /// Subscriptions it changed since `init`, in order, and whether it wants each.
    pub(crate) subscriptions: Vec<(Subscription, bool)>,
    pub(crate) values: Values,
    /// Ids given to its muted orders.
    pub(crate) muted: u64,
}

impl Candidate {
    /// A candidate around a fresh instance.
    pub fn new(strategy: StrategyId, instance: Box<dyn Strategy>) -> Self {
        Self::warm(strategy, instance, BTreeMap::new(), 0)
    }

    /// One around an instance that ran, with the timers it had set and the ids its muted orders had.
    pub(crate) fn warm(
        strategy: StrategyId,
        instance: Box<dyn Strategy>,
        timers: BTreeMap<u64, Timestamp>,
        muted_orders: u64,
    ) -> Self {
        Self {
            strategy,
            instance: Some(instance),
            intents: Intents::default(),
            muted_orders,
            timers,
            subscriptions: Vec::new(),
            values: Values::default(),
        }
    }

    /// What the instance asked for in `init`.
    pub fn declared(&self) -> &[model::Subscription] {
        self.instance
            .as_ref()
            .map_or(&[], |instance| instance.declared())
    }

    /// What stands behind the port.
    pub(crate) fn instance_mut(&mut self) -> &mut Option<Box<dyn Strategy>> {
        &mut self.instance
    }

    /// Takes the changes of subscriptions that it wants since they were taken last.
    pub(crate) fn take_subscriptions(&mut self) -> Vec<(Subscription, bool)> {
        std::mem::take(&mut self.subscriptions)
    }

    /// Gives it the state of its predecessor.
    pub fn start(&mut self, now: Timestamp, snapshot: &StartSnapshot) -> Result<(), Fault> {
        self.intents.reset(now, OrderId::muted(self.muted_orders));
        if let Some(instance) = &mut self.instance {
            instance.start(snapshot, &mut self.intents)?;
        }
        self.settle(now)
    }

    /// Wakes the timers that are due and tells it what happened.
    pub fn handle(&mut self, now: Timestamp, event: &Event) -> Result<(), Fault> {
        self.advance(now)?;
        if !self.hears(event) {
            return Ok(());
        }
        self.call(now, event)?;
        self.settle(now)
    }

    /// Whether it is told of an event: whoever passes events on does not know what it hears of.
    pub(crate) fn hears(&self, event: &Event) -> bool {
        let instance = self.instance.as_ref();
        instance.is_some_and(|instance| instance.hears().of(event))
    }

    /// Whether it is told of signals.
    pub(crate) fn hears_signals(&self) -> bool {
        let instance = self.instance.as_ref();
        instance.is_some_and(|instance| instance.hears().signals)
    }

    /// Gives it the timers that somebody else kept for it.
    pub(crate) fn put_timers(&mut self, timers: BTreeMap<u64, Timestamp>) {
        self.timers = timers;
    }

    /// Wakes the timers that are due.
    pub fn advance(&mut self, now: Timestamp) -> Result<(), Fault> {
        while let Some((id, due)) = self.next_timer(now) {
            self.timers.remove(&id);
            self.call(due, &Event::Timer { id, due })?;
            self.settle(due)?;
        }
        Ok(())
    }

    pub(crate) fn into_handover(self) -> Handover {
        Handover {
            instance: self.instance,
            timers: self.timers,
            subscriptions: self.subscriptions,
            values: self.values,
            muted: self.muted_orders,
        }
    }

    fn next_timer(&self, now: Timestamp) -> Option<(u64, Timestamp)> {
        let due = self.timers.iter().filter(|(_, due)| **due <= now);
        due.min_by_key(|(id, due)| (**due, **id))
            .map(|(id, due)| (*id, *due))
    }

    fn call(&mut self, now: Timestamp, event: &Event) -> Result<(), Fault> {
        self.intents.reset(now, OrderId::muted(self.muted_orders));
        match &mut self.instance {
            Some(instance) => instance.handle(event, &mut self.intents),
            None => Ok(()),
        }
    }

    /// Takes in what the last call wanted, and answers its orders, until it wants nothing more.
    fn settle(&mut self, now: Timestamp) -> Result<(), Fault> {
        let mut pending = VecDeque::new();
        self.take_intents(&mut pending)?;
        for _ in 0..MAX_CALLS_PER_EVENT {
            let Some(order) = pending.pop_front() else {
                return Ok(());
            };
            self.call(now, &Event::Order(muted(self.strategy, &order, now)))?;
            self.take_intents(&mut pending)?;
        }
        bad_output(format!(
            "more than {MAX_CALLS_PER_EVENT} muted orders after one event"
        ))
    }

    fn take_intents(&mut self, orders: &mut VecDeque<OrderRequest>) -> Result<(), Fault> {
        let mut intents = std::mem::take(&mut self.intents);
        let taken = intents
            .drain()
            .try_for_each(|intent| self.take_in(intent, orders));
        self.intents = intents;
        taken
    }

    fn take_in(
        &mut self,
        intent: Intent,
        orders: &mut VecDeque<OrderRequest>,
    ) -> Result<(), Fault> {
        match intent {
            Intent::Submit(request) => {
                self.muted_orders += 1;
                orders.push_back(request);
            }
            Intent::Work(request, _) => {
                self.muted_orders += 1;
                orders.push_back(request);
            }
            Intent::SubmitList(requests) => {
                self.muted_orders += requests.len() as u64;
                orders.extend(requests);
            }
            Intent::Subscribe(wanted) => return self.change_subscription(wanted, true),
            Intent::Unsubscribe(unwanted) => return self.change_subscription(unwanted, false),
            Intent::SetTimer { id, due } => {
                self.timers.insert(id, due);
                if self.timers.len() > MAX_TIMERS {
                    return bad_output(format!("more than {MAX_TIMERS} timers"));
                }
            }
            Intent::CancelTimer { id } => {
                self.timers.remove(&id);
            }
            // An empty value is kept: it removes what the predecessor left.
            Intent::PutState { key, value } => {
                return self.values.insert(key, value).or_else(bad_output);
            }
            // The predecessor still owns the orders, and its log is the one that counts.
            Intent::Modify(_) | Intent::Cancel(_) | Intent::CancelAll(_) | Intent::Log { .. } => {}
        }
        Ok(())
    }

    /// Remembers the last word on each subscription.
    fn change_subscription(&mut self, about: Subscription, wanted: bool) -> Result<(), Fault> {
        self.subscriptions.retain(|(earlier, _)| *earlier != about);
        self.subscriptions.push((about, wanted));
        if self.subscriptions.len() > MAX_CHANGED_SUBSCRIPTIONS {
            return bad_output(format!(
                "more than {MAX_CHANGED_SUBSCRIPTIONS} subscriptions"
            ));
        }
        Ok(())
    }
}

fields! {
    Candidate { strategy, muted_orders, timers, subscriptions, values } - { instance, intents }
}

fn bad_output(message: String) -> Result<(), Fault> {
    let kind = FaultKind::BadOutput;
    Err(Fault { kind, message })
}

fn muted(strategy: StrategyId, order: &OrderRequest, now: Timestamp) -> OrderUpdate {
    denied(strategy, order, DenyCode::Muted, now)
}

/// The update that tells an asker of its refusal.
pub(crate) fn denied(
    strategy: StrategyId,
    request: &OrderRequest,
    code: DenyCode,
    ts_event: Timestamp,
) -> OrderUpdate {
    OrderUpdate {
        order: request.id,
        strategy,
        instrument: request.instrument,
        side: request.side,
        change: OrderChange::Denied(code),
        status: OrderStatus::Denied,
        filled: Quantity::ZERO,
        quantity: request.quantity,
        ts_event,
    }
}
